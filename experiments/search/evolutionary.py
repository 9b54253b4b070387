"""Evolution in feasible coordinates, for surrogates that answer ten thousand designs and more.

Generations follow from trial numbers: `GENERATION` trials are one, the first is stratified over
systems and salts. The parents of a batch are the best designs of every generation that is complete
before it, ranked as in NSGA-II (Deb 2002): acceptable ones before others, by non-dominated fronts,
then by crowding distance; others by how far they miss limits and worst acceptable values. Children
answer the questions of `DesignSpace.draw` with their parents' answers, crossed and mutated, so each
obeys every rule.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from experiments.config.spec import GENERATION
from experiments.search.front import normalised
from experiments.search.makeable import Neighbours
from experiments.search.strategy import (
    Observation,
    Proposal,
    Reach,
    known_keys,
    next_number,
    penalties,
    penalty_text,
    within,
)
from experiments.search.stratified import stratified
from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.space import DesignSpace, Picker
from formulation.targets import Objective

PARENTS = 48
"""Most parents of a generation, [-]."""

CROSSED = 0.9
"""Chance that a child has two parents, [-]."""

SPREAD_OF_CROSSING, SPREAD_OF_MUTATION = 2.0, 5.0
"""Distribution indices of simulated binary crossing and polynomial mutation, [-]; the smaller, the
wider. On a small study of two systems they beat the usual 15 and 20 over five seeds."""

_STREAM = 2
"""Tells the random numbers of children from those of other strategies."""

Answers = Mapping[str, str | float]


@frozen(kw_only=True)
class EvolutionaryStrategy:
    """Non-dominated sorting, crossing and mutation in feasible coordinates."""

    space: DesignSpace
    """What may be made."""

    objectives: tuple[Objective, ...]
    """What is wanted."""

    reach: Reach | None = None
    """Where extrapolation is penalised, how far designs lie from the training data."""

    @property
    def name(self) -> str:
        """Name with its settings."""
        return (
            f"evolutionary(generation={GENERATION}, parents={PARENTS}, crossed={CROSSED:g},"
            f" spread={SPREAD_OF_CROSSING:g}/{SPREAD_OF_MUTATION:g}{penalty_text(self.reach)})"
        )

    def propose(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        n: int,
        seed: int,
    ) -> list[Proposal]:
        """Return n designs: stratified in the first generation, then children of the best."""
        first = next_number(history, pending)
        complete = first - first % GENERATION
        known = known_keys(history, pending)
        # What a generation knows does not depend on how it is cut into batches.
        told = [o for o in history if o.number < complete or not o.is_own]
        neighbours = Neighbours(space=self.space, history=told)
        parents: list[Answers] | None = None
        proposals = []
        for number in range(first, first + n):
            if not complete:
                design, rung = neighbours.started(number, seed), "stratified"
            else:
                if parents is None:
                    best = self._best([o for o in history if o.number < complete])
                    parents = [self.space.encode(o.design) for o in best]
                child = self._child(parents, number, seed)
                design, rung = neighbours.chosen(child, known), "evolutionary"
            known.add(design.key)
            proposals.append(Proposal(design=design, rung=rung))
        return proposals

    def _best(self, history: Sequence[Observation]) -> list[Observation]:
        """Return the parents, best first; designs without a value are none."""
        seen = [o for o in within(self.space, history) if o.values]
        scores = normalised(self.objectives, [o.values for o in seen])
        scores -= penalties(self.reach, [o.design for o in seen])[:, None]
        # Worse than the worst acceptable is a miss as well; beyond the ideal nothing is gained.
        missed = _missed(seen) + np.maximum(-scores, 0.0).sum(axis=1)
        order = ranked(np.minimum(scores, 1.0), missed)
        return [seen[k] for k in order[:PARENTS]]

    def _child(self, parents: Sequence[Answers], number: int, seed: int) -> Callable[[int], Design]:
        """Return what draws a child of the parents, another one at each attempt."""
        rng = np.random.default_rng([seed, _STREAM, number])

        def draw(attempt: int) -> Design:
            if not parents:
                return stratified(self.space, number, seed, attempt)
            return self.space.draw(offspring(parents, rng))

        return draw


def ranked(scores: FloatArray, missed: FloatArray) -> NDArray[np.int64]:
    """Return designs in the order in which they become parents.

    Parameters
    ----------
    scores : ndarray of shape (n, n_objectives)
        Normalised values, greater is better, [-].
    missed : ndarray of shape (n,)
        How far a design misses its limits; 0 where it meets all, [-].

    Returns
    -------
    ndarray of shape (n,)
        Positions, best first, [-].
    """
    from moocore import pareto_rank

    if len(scores) == 0:
        return np.zeros(0, dtype=np.int64)
    meets = missed <= 0
    front = np.zeros(len(scores), dtype=np.int64)
    crowding = np.zeros(len(scores))
    if meets.any():
        front[meets] = pareto_rank(-scores[meets])
        for rank in np.unique(front[meets]):
            mine = meets & (front == rank)
            crowding[mine] = _crowding(scores[mine])
    return np.lexsort((-crowding, front, missed))


def offspring(parents: Sequence[Answers], rng: np.random.Generator) -> Picker:
    """Return a picker that answers as a child of some parents, in any space of questions.

    Parameters
    ----------
    parents : sequence of mapping
        Answers of the parents, best first, [-].
    rng : numpy.random.Generator
        Source of randomness, [-].

    Returns
    -------
    callable
        Answers each question, [-].
    """
    mine, other = _chosen(len(parents), rng)
    return _Mutating(_crossed(parents[mine], parents[other], rng), rng)


def _missed(seen: Sequence[Observation]) -> FloatArray:
    """Return by how much limits are missed, each over the largest miss of all."""
    names = sorted({name for o in seen for name in o.slacks})
    short = np.array([[max(-o.slacks.get(name, 0.0), 0.0) for name in names] for o in seen])
    if not short.size:
        return np.zeros(len(seen))
    largest = short.max(axis=0)
    total: FloatArray = (short / np.where(largest > 0, largest, 1.0)).sum(axis=1)
    return total


def _crowding(scores: FloatArray) -> FloatArray:
    """Return the distance between the neighbours of each design along a front."""
    found = np.zeros(len(scores))
    for column in scores.T:
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        span = ordered[-1] - ordered[0]
        gap = np.full(len(order), np.inf)
        if span > 0:
            gap[1:-1] = (ordered[2:] - ordered[:-2]) / span
        found[order] += gap
    return found


def _chosen(n: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return two parents, each the better of two drawn at random."""
    first, second = rng.integers(n, size=(2, 2)).min(axis=1).tolist()
    return first, second


def _crossed(first: Answers, second: Answers, rng: np.random.Generator) -> Answers:
    """Return the first parent's answers, crossed with those of a second of the same system."""
    if first.get("system") != second.get("system") or rng.random() >= CROSSED:
        return first
    # What only one of them was asked goes along, for the form that the child may take.
    child = {**second, **first}
    for name, mine in first.items():
        other = second.get(name, mine)
        if isinstance(mine, str) or isinstance(other, str):
            child[name] = mine if rng.random() < 0.5 else other
        elif rng.random() < 0.5:
            u = rng.random()
            power = 1 / (SPREAD_OF_CROSSING + 1)
            beta = (2 * u) ** power if u <= 0.5 else (1 / (2 * (1 - u))) ** power
            child[name] = min(max(0.5 * ((1 + beta) * mine + (1 - beta) * other), 0.0), 1.0)
    return child


class _Mutating:
    """Answers questions as a child does: its own answer, changed once in a child on average."""

    def __init__(self, answers: Answers, rng: np.random.Generator) -> None:
        self._answers, self._rng = answers, rng
        self._rate = 1.0 / len(answers)

    def __call__(self, name: str, choices: tuple[str, ...] | None) -> str | float:
        rng, mine = self._rng, self._answers.get(name)
        if choices is not None:
            if mine not in choices or rng.random() < self._rate:
                return choices[int(rng.integers(len(choices)))]
            return str(mine)
        if mine is None:
            return float(rng.random())
        return _moved(float(mine), rng) if rng.random() < self._rate else float(mine)


def _moved(u: float, rng: np.random.Generator) -> float:
    """Return a number between 0 and 1 moved by polynomial mutation."""
    r, power = rng.random(), 1 / (SPREAD_OF_MUTATION + 1)
    if r < 0.5:
        step = (2 * r + (1 - 2 * r) * (1 - u) ** (1 / power)) ** power - 1
    else:
        step = 1 - (2 * (1 - r) + (2 * r - 1) * u ** (1 / power)) ** power
    return float(min(max(u + step, 0.0), 1.0))
