"""The design space of a study: what may be made and taken, valid by construction.

One space holds several delivery systems. `DesignSpace.draw` walks the tree of choices once, asking
a picker for each; sampling, decoding and every search strategy are pickers. A recipe drawn this
way is a point of the system's polytope rounded to the balance, so it never breaks an input rule.
Where a study excludes regions, answers that lead into one are moved out of it, in bounded tries
that follow from the answers alone, so that all answers still make valid designs.
`DesignSpace.violations` judges any design, drawn or written by hand, in words.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from attrs import define, field

from formulation.attributes import HIGH_IN_SODIUM, sodium_mg_per_day
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.excipients import Severity, incompatibilities
from formulation.regions import Region
from formulation.rules import Violation, present, salts_of
from formulation.system_space import Picker, SystemSpace
from formulation.violations import DoseRange, product_violations

__all__ = [
    "DesignSpace",
    "DoseRange",
    "Picker",
    "Region",
    "SystemSpace",
    "Violation",
    "product_violations",
    "warnings",
]

WITNESS_TRIES = 2000
"""Random designs of a system among which one that is not excluded is looked for, [-]."""

REDRAWS = 64
"""Random designs drawn anew before one is moved out of an excluded region, [-]."""

NEAR, FAR = 24, 24
"""Tries to move a design out: first what the regions are about, then everything, [-]."""


@define(kw_only=True)
class DesignSpace:
    """The designs of a study: several systems, each with salts and regimens.

    Raises
    ------
    InputError
        Nothing can be made in any of the systems, or what is excluded leaves nothing of one; the
        message says why for each.
    """

    spaces: tuple[SystemSpace, ...]
    """One space for each delivery system."""

    excluded: tuple[Region, ...] = ()
    """Regions from which no design is wanted."""

    _witnesses: dict[str, Design] = field(factory=dict, init=False, repr=False, eq=False)
    """A design outside of what is excluded, of each system that something is excluded of."""

    def __attrs_post_init__(self) -> None:
        if not any(space.options for space in self.spaces):
            for space in self.spaces:
                space.check_composition()
            raise InputError(
                "The design space is empty: " + " ".join(s.why_empty() for s in self.spaces),
                hint="Widen the dose, the regimens, the unit mass or the salts.",
            )
        for name in self.systems:
            if regions := self._regions(name):
                self._witnesses[name] = _witness(self.space_of(name), regions)

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems with which something can be made."""
        return tuple(space.name for space in self.spaces if space.options)

    def space_of(self, system: str) -> SystemSpace:
        """Return the space of one system.

        Parameters
        ----------
        system : str
            Name of the system, [-].

        Returns
        -------
        SystemSpace
            Its space, [-].

        Raises
        ------
        UnknownNameError
            The study does not use that system.
        """
        for space in self.spaces:
            if space.name == system:
                return space
        raise UnknownNameError("Delivery system", system, (s.name for s in self.spaces))

    def draw(self, pick: Picker) -> Design:
        """Walk the tree of choices and return the design they make.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        return self.draw_in(str(pick("system", self.systems)), pick)

    def draw_in(self, system: str, pick: Picker) -> Design:
        """Walk the choices of one system and return the design they make.

        Parameters
        ----------
        system : str
            Name of the system, [-].
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design; what the answers make, or one near it where that is excluded, [-].
        """
        space, regions = self.space_of(system), self._regions(system)
        if not regions:
            return space.draw(pick)
        answers: dict[str, str | float] = {}

        def noting(name: str, choices: tuple[str, ...] | None) -> str | float:
            answers[name] = pick(name, choices)
            return answers[name]

        design = space.draw(noting)
        if not _lies_in(regions, design):
            return design
        rng = np.random.default_rng(int(design.key[:16], 16))
        about = frozenset(name.rpartition(".")[2] for region in regions for name in region.when)
        for k in range(NEAR + FAR):
            # Of every second try the choices too.
            moving = _Moving(answers, about if k < NEAR else None, rng, turns_choices=k % 2 == 1)
            moved = space.draw(moving)
            if not _lies_in(regions, moved):
                return moved
        return self._witnesses[system]

    def sample(self, n: int, rng: np.random.Generator) -> list[Design]:
        """Return random designs, uniform in the feasible coordinates.

        Parameters
        ----------
        n : int
            How many, [-].
        rng : numpy.random.Generator
            Source of randomness, [-].

        Returns
        -------
        list of Design
            Valid designs; of a system with excluded regions those that rejection leaves, [-].
        """

        def pick(_: str, choices: tuple[str, ...] | None) -> str | float:
            return rng.random() if choices is None else choices[rng.integers(len(choices))]

        return [self._sampled(pick) for _ in range(n)]

    def _sampled(self, pick: Picker) -> Design:
        system = str(pick("system", self.systems))
        regions = self._regions(system)
        for _ in range(REDRAWS if regions else 0):
            design = self.space_of(system).draw(pick)
            if not _lies_in(regions, design):
                return design
        return self.draw_in(system, pick)

    def _regions(self, system: str) -> tuple[Region, ...]:
        return tuple(region for region in self.excluded if region.system == system)

    def encode(self, design: Design) -> dict[str, str | float]:
        """Return the answers that `decode` needs to make this design again.

        Parameters
        ----------
        design : Design
            A valid design, [-].

        Returns
        -------
        dict
            Answers by question, [-].
        """
        return {"system": design.system, **self.space_of(design.system).encode(design)}

    def decode(self, answers: Mapping[str, str | float]) -> Design:
        """Return the design that these answers make.

        Parameters
        ----------
        answers : mapping
            What `encode` returned, or numbers between 0 and 1 and valid choices, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        return self.draw(lambda name, _: answers[name])

    def violations(self, design: Design) -> tuple[Violation, ...]:
        """Return every input rule a design breaks.

        Parameters
        ----------
        design : Design
            Any design, [-].

        Returns
        -------
        tuple of Violation
            Empty for a valid design, [-].
        """
        broken = self.space_of(design.system).violations(design)
        inside = (r.violation(design) for r in self._regions(design.system) if r.holds(design))
        return (*broken, *inside)


def warnings(design: Design) -> tuple[str, ...]:
    """Return what a valid design deserves to be warned of.

    Parameters
    ----------
    design : Design
        A design, [-].

    Returns
    -------
    tuple of str
        Sentences, [-].
    """
    found, salts = present(design), salts_of(design)
    return (
        *(
            f"{rule.message} {rule.hint}"
            for rule in incompatibilities()
            if rule.severity is Severity.WARNING and rule.applies(salts, found, design.process)
        ),
        *_sodium_warning(design),
    )


def _sodium_warning(design: Design) -> tuple[str, ...]:
    sodium, high = sodium_mg_per_day(design), HIGH_IN_SODIUM.value
    if sodium < high:
        return ()
    return (
        f"It brings {sodium:.0f} mg of sodium a day; from {high:.0f} mg on a medicine is called"
        f" high in sodium ({HIGH_IN_SODIUM.source}, recalled). Mind it in people with high blood"
        " pressure, weak heart or kidneys.",
    )


class _Moving:
    """Answers as before but for what is moved, which is answered at random, as what is new is."""

    def __init__(
        self,
        answers: Mapping[str, str | float],
        moved: frozenset[str] | None,
        rng: np.random.Generator,
        *,
        turns_choices: bool,
    ) -> None:
        """Take names of what is moved, the last piece of a question's; None for everything."""
        self._answers, self._moved, self._rng = answers, moved, rng
        self._turns_choices = turns_choices

    def __call__(self, name: str, choices: tuple[str, ...] | None) -> str | float:
        before = self._answers.get(name)
        is_moved = self._moved is None or name.rpartition(".")[2] in self._moved
        if choices is None:
            return float(self._rng.random()) if before is None or is_moved else float(before)
        if before not in choices or (is_moved and self._turns_choices):
            return choices[int(self._rng.integers(len(choices)))]
        return str(before)


def _lies_in(regions: tuple[Region, ...], design: Design) -> bool:
    return any(region.holds(design) for region in regions)


def _witness(space: SystemSpace, regions: tuple[Region, ...]) -> Design:
    """Return a design outside of regions, or refuse them."""
    rng = np.random.default_rng(0)
    for _ in range(WITNESS_TRIES):
        design = space.draw(_Moving({}, None, rng, turns_choices=True))
        if not _lies_in(regions, design):
            return design
    told = "; ".join(f"{region.text} ({region.because})" for region in regions)
    raise InputError(
        f"{space.name}: what is excluded leaves nothing: each of {WITNESS_TRIES} random designs"
        f" lies in one of {len(regions)} regions: {told}.",
        hint="Exclude less, or leave the system out of the study.",
    )
