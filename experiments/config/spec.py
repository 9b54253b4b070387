"""A study as its file states it: what is searched, for whom, towards what, and for how long."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import field, frozen

from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.executed import Tolerances
from formulation.patients import MAX_POPULATION, Population
from formulation.quality_attributes import ProfileTarget
from formulation.similarity import ReferenceRelease
from formulation.space import DesignSpace
from formulation.targets import Objective, OutcomeLimit

STRATEGIES = ("tpe", "model_based", "evolutionary", "random")
"""Search strategies a study may name: for some hundred evaluations, for costly ones, for ten
thousand and more, to compare."""

REPORT, PENALISE, FORBID = EXTRAPOLATION = ("report", "penalise", "forbid")
"""What a study does with designs far from what its surrogates were fitted on: says so beside them;
also lets the search rank them lower; makes them infeasible."""

REPRODUCIBLE, ASYNCHRONOUS = MODES = ("reproducible", "asynchronous")
"""How a search goes on: by whole batches, so that a seed gives the same trials everywhere; or with
another design whenever a worker is free, so that none waits for the slowest of a batch."""

MAX_SEED = 2**32 - 1
"""Largest seed, [-]."""

BUDGET_RANGES: Mapping[str, tuple[int, int]] = {
    "trials": (1, 100_000),
    "batch": (1, 256),
    "seed": (0, MAX_SEED),
    "confirm_subjects": (256, MAX_POPULATION),
}
"""Least and most of each count of a budget, [-]."""


GENERATION = 96
"""Trials of one generation of the evolutionary search, [-]."""

MAX_SECONDS = 30 * 24 * 3600
"""Longest time that a budget may state, [s]."""

LADDER = "model_based"
"""The strategy with a cheaper rung, which a time for each ask may choose."""


@frozen(kw_only=True)
class Stagnation:
    """When the front of a search no longer grows enough to go on.

    Raises
    ------
    InputError
        The trials or the gain are not possible.
    """

    trials: int
    """Last trials that are looked at, [-]."""

    gain_pct: float
    """Least gain of hypervolume over them, of what it is now, [%]."""

    def __attrs_post_init__(self) -> None:
        if not (self.trials >= 1 and 0 < self.gain_pct <= 100):
            raise InputError(
                f"Stagnation by less than {self.gain_pct:g} % in {self.trials} trials is"
                " impossible; a gain above 0 and at most 100 %, and 1 trial or more, are wanted."
            )


@frozen(kw_only=True)
class Budget:
    """How long a study searches, and how its front is confirmed.

    Raises
    ------
    InputError
        A count lies outside `BUDGET_RANGES`, or the strategy or the mode is unknown.
    """

    trials: int = 240
    """Designs to evaluate, [-]."""

    batch: int = 16
    """Designs proposed at once, [-]."""

    seed: int = 1
    """Seed of the search, [-]."""

    strategy: str = "tpe"
    """How designs are proposed, one of `STRATEGIES`."""

    confirm_subjects: int = 256
    """Subjects for whom the front is confirmed, [-]."""

    stagnation: Stagnation | None = None
    """When the search ends before its trials are done; None for never."""

    wall_time_s: float | None = None
    """How long one run may search, [s]; None for as long as it takes."""

    ask_seconds: float | None = None
    """Time for each proposal above which the next ones come from a cheaper rung, [s]; then they
    depend on the speed of this machine. None for whatever it takes."""

    mode: str = REPRODUCIBLE
    """How it goes on, one of `MODES`."""

    def __attrs_post_init__(self) -> None:
        for name, (low, high) in BUDGET_RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InputError(
                    f"Budget {name} is {value!r}; a whole number from {low:,} to {high:,}"
                    " is wanted."
                )
        if self.strategy not in STRATEGIES:
            raise UnknownNameError("Strategy", self.strategy, STRATEGIES)
        if self.mode not in MODES:
            raise UnknownNameError("Mode", self.mode, MODES)
        if self.ask_seconds is not None and self.strategy != LADDER:
            raise InputError(
                f"Budget ask_seconds is {self.ask_seconds:g} s, but {self.strategy} has no cheaper"
                " rung to go to.",
                hint=f"Leave it out, or take 'strategy: {LADDER}'.",
            )

    @property
    def skips_generations(self) -> bool:
        """Whether a batch holds more than a generation, whose parents would be out of date."""
        return self.strategy == "evolutionary" and self.batch > GENERATION

    @property
    def is_asynchronous(self) -> bool:
        """Whether another design is proposed whenever a worker is free."""
        return self.mode == ASYNCHRONOUS

    @property
    def depends_on_speed(self) -> bool:
        """Whether proposals depend on how fast machine and evaluations are, beside the seed."""
        return self.is_asynchronous or self.ask_seconds is not None


@frozen(kw_only=True)
class Unmade:
    """A product that a laboratory could not make."""

    product: str
    """Name of the product."""

    design: Design
    """Its recipe."""

    because: str
    """Why it could not be made, in the laboratory's words."""


@frozen(kw_only=True)
class StudySpec:
    """One study, checked. Two are equal when their `config` is."""

    name: str
    """Name of the study."""

    project: str = ""
    """What it belongs to, by which the tracking groups studies; empty for itself alone."""

    question: str
    """The question it answers, in words; may be empty."""

    jurisdiction: str
    """Whose limits on supplements hold."""

    space: DesignSpace = field(eq=False, repr=False)
    """What may be made and taken."""

    population: Population = field(eq=False)
    """For whom."""

    objectives: tuple[Objective, ...]
    """What is to be made as good as possible."""

    limits: tuple[OutcomeLimit, ...]
    """What must not be missed; may be empty."""

    budget: Budget
    """How long to search."""

    profile: tuple[ProfileTarget, ...] = ()
    """What the product must satisfy besides; empty for the usual ranges of its systems."""

    not_makeable: tuple[Unmade, ...] = ()
    """What a laboratory could not make; the search learns from it."""

    extrapolation: str = REPORT
    """What is done with designs far from the training data, one of `EXTRAPOLATION`."""

    tolerances: Tolerances | None = None
    """How far from the plan designs may be executed; None where no worst case is asked for."""

    reference: ReferenceRelease | None = None
    """The release profile that products should resemble; None without one."""

    text: str = field(eq=False, repr=False)
    """The file as it was written; empty for a study rebuilt from its `config`."""

    config: dict[str, Any] = field(repr=False)
    """The study as plain data with every default and spread written out; itself a study file."""

    @property
    def sha256(self) -> str:
        """Hash of `config`: comments, order of keys and choice of units do not change it."""
        text = json.dumps(self.config, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return sha256(text.encode()).hexdigest()

    @property
    def lot_warnings(self) -> tuple[str, ...]:
        """What assays far above a salt's formula mean."""
        lots = (lot for s in self.space.spaces for source in s.sources for lot in source.lots)
        return tuple(dict.fromkeys(lot.warning for lot in lots if lot.warning))
