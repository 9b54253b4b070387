"""What all strategies share: a trial as they see it, a proposal, and the promise they keep.

``propose(history, pending, n, seed)`` gives the same designs for the same arguments, so a history
rebuilt from the store goes on exactly where it stopped. Every strategy answers the questions of
`DesignSpace.draw`, so it can only propose designs that obey every input rule.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.space import DesignSpace

PENALTY = 0.25
"""What a reach of 100 % takes from each normalised objective when extrapolation is penalised: a
quarter of the way between worst acceptable and ideal, [-]."""

Reach = Callable[[Sequence[Design]], FloatArray]
"""How far designs lie from the training data, [%]; pure, so a history alone decides."""

Pending = Sequence[tuple[int, Design]]
"""Trials under way: number and design of each."""

MOST_REDRAWS = 8
"""Attempts to avoid a design that is already known, [-]."""


@frozen(kw_only=True)
class Observation:
    """One finished trial, as a strategy sees it."""

    number: int
    """Trial number."""

    design: Design
    """What was evaluated."""

    values: Mapping[str, float]
    """Endpoint values; empty for what could not be evaluated, or not be made."""

    slacks: Mapping[str, float]
    """Distance to each limit; below zero it is missed."""

    is_own: bool = True
    """Whether this search proposed it; what it was told of may lie outside of its space."""

    is_lost: bool = False
    """Whether it was lost with its workers: it counts and is known, but teaches nothing."""

    @property
    def is_trial(self) -> bool:
        """Whether it counts as a trial; being told what could not be made replaces none."""
        return self.is_own or bool(self.values)

    @property
    def is_feasible(self) -> bool:
        """Whether it has values and meets every limit."""
        return bool(self.values) and all(slack >= 0 for slack in self.slacks.values())


@frozen(kw_only=True)
class Proposal:
    """One design to try."""

    design: Design
    """A valid design."""

    rung: str
    """Which rung of the strategy proposed it."""


class Strategy(Protocol):
    """Proposes designs from history alone."""

    @property
    def name(self) -> str:
        """Name with its settings, as stored."""

    def propose(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        n: int,
        seed: int,
    ) -> list[Proposal]:
        """Return n valid designs, the same for the same arguments.

        Parameters
        ----------
        history : sequence of Observation
            Finished trials, [-].
        pending : sequence of tuple
            Trials under way with their designs, [-].
        n : int
            How many to propose, [-].
        seed : int
            Seed of the study, [-].

        Returns
        -------
        list of Proposal
            Valid designs, none of them known already if it can be helped, [-].
        """


def penalties(reach: Reach | None, designs: Sequence[Design]) -> FloatArray:
    """Return what is taken from each normalised objective of designs far from the training data.

    Parameters
    ----------
    reach : callable or None
        How far designs lie from the training data, [%]; None where nothing is taken.
    designs : sequence of Design
        Designs, [-].

    Returns
    -------
    ndarray of shape (n_designs,)
        Penalties, [-].
    """
    if reach is None or not designs:
        return np.zeros(len(designs))
    return PENALTY * reach(designs) / 100


def penalty_text(reach: Reach | None) -> str:
    """Return what a strategy's name says of a penalty.

    Parameters
    ----------
    reach : callable or None
        As for `penalties`, [%].

    Returns
    -------
    str
        Empty where nothing is taken, [-].
    """
    return "" if reach is None else f", extrapolation penalised by {PENALTY:g}"


def next_number(history: Sequence[Observation], pending: Sequence[tuple[int, Design]]) -> int:
    """Return the number of the next trial.

    Parameters
    ----------
    history : sequence of Observation
        What is known, [-].
    pending : sequence of tuple
        Trials under way with their designs, [-].

    Returns
    -------
    int
        How many trials there are, those told of with values among them, [-].
    """
    return sum(o.is_trial for o in history) + len(pending)


def known_keys(history: Sequence[Observation], pending: Sequence[tuple[int, Design]]) -> set[str]:
    """Return the keys of every design that was tried or is under way.

    Parameters
    ----------
    history : sequence of Observation
        Finished trials, [-].
    pending : sequence of tuple
        Trials under way with their designs, [-].

    Returns
    -------
    set of str
        Keys, [-].
    """
    return {o.design.key for o in history} | {design.key for _, design in pending}


def within(space: DesignSpace, history: Sequence[Observation]) -> list[Observation]:
    """Return the observations that teach something and whose design the space can draw again.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].
    history : sequence of Observation
        Finished trials, and what the search was told of, [-].

    Returns
    -------
    list of Observation
        Of the search itself all that were not lost, of the others those that break no rule, [-].
    """
    return [
        o
        for o in history
        if not o.is_lost
        and (o.is_own or (o.design.system in space.systems and not space.violations(o.design)))
    ]
