"""What is executed instead of a plan: weighing, process and batches scatter around it.

Nobody weighs, presses or buys exactly what a recipe says. A neighbour of a design is one way in
which it may be executed: every mass, every setting of the process and the magnesium content of
every lot lies anywhere within a tolerance, each on its own. A unit is filled by mass, so what was
weighed wrongly changes shares, not the mass of the unit. Neighbours are off the balance grid and
may leave the ranges of a study by as much as the tolerance: that is what executed means.

The draws follow from the seed, the number of the draw and the name of what scatters alone. So they
are the same for every design, on every machine and in every order: designs are compared under the
same accidents.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import ceil

import numpy as np
from attrs import evolve, field, frozen

from formulation.arrays import FloatArray
from formulation.blends import SECOND_SHARE
from formulation.design import Design
from formulation.errors import InputError, Problem

MAX_TOLERANCE_PCT = 20.0
"""Largest tolerance; beyond it a neighbour is another product, [%]."""

DRAW_RANGE = (1, 256)
"""Fewest and most neighbours of a design, [-]."""

_LOT = "mg_content of "
"""Begins the name under which the content of a lot is drawn."""


@frozen(kw_only=True)
class Tolerances:
    """How far from the plan a design may be executed, and what is made of it.

    Raises
    ------
    InputError
        Nothing scatters, a tolerance is impossible, or the draws or the share are.
    """

    weighing_pct: float = 0.0
    """Half-width of what is weighed of each component, [%] of its mass."""

    process_pct: float = 0.0
    """Half-width of each process setting and size, [%] of its value."""

    batch_pct: float = 0.0
    """Half-width of the magnesium content of each lot, [%] of the content."""

    draws: int = 16
    """Neighbours of each design, [-]."""

    share_pct: float = 100.0
    """Share of plan and neighbours whose value is at least as good as the worst case, [%]."""

    _drawn: dict[tuple[int, str], FloatArray] = field(
        factory=dict, init=False, repr=False, eq=False
    )

    def __attrs_post_init__(self) -> None:
        stated = {"weighing": self.weighing_pct, "process": self.process_pct}
        stated["batch"] = self.batch_pct
        wrong = [
            (
                f"{name} {pct:g} % is not between 0 and {MAX_TOLERANCE_PCT:g} %.",
                "Beyond that it is another product, not a tolerance.",
            )
            for name, pct in stated.items()
            if not 0 <= pct <= MAX_TOLERANCE_PCT
        ]
        if not any(stated.values()):
            hint = "Give weighing, process or batch, such as 'weighing: 1 %'."
            wrong.append(("nothing scatters.", hint))
        low, high = DRAW_RANGE
        if not low <= self.draws <= high:
            message = f"{self.draws} draws; {low} to {high} are wanted."
            wrong.append((message, "Leave draws out for the usual number."))
        if not 50 <= self.share_pct <= 100:
            message = f"a share of {self.share_pct:g} % is not between 50 and 100 %."
            wrong.append((message, "Leave share out for 100 %, the worst of all."))
        if wrong:
            raise InputError.of(
                Problem(code=InputError.code, message=f"Robustness: {message}", hint=hint)
                for message, hint in wrong
            )

    @property
    def rank(self) -> int:
        """Which of plan and neighbours, from the best as 0, the worst case is."""
        return ceil(round(self.share_pct / 100 * (self.draws + 1), 9)) - 1

    def factors(self, seed: int, name: str, pct: float) -> FloatArray:
        """Return by how much one thing is off in each draw.

        Parameters
        ----------
        seed : int
            Seed of the study, [-].
        name : str
            What scatters, [-].
        pct : float
            Half-width of its scatter, [%].

        Returns
        -------
        ndarray of shape (draws,)
            Factors, uniform within the tolerance, [-].
        """
        if (seed, name) not in self._drawn:
            digest = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
            rng = np.random.default_rng([seed, digest])
            self._drawn[seed, name] = rng.uniform(-1.0, 1.0, self.draws)
        return 1.0 + pct / 100 * self._drawn[seed, name]


def neighbours(design: Design, tolerances: Tolerances, seed: int) -> tuple[Design, ...]:
    """Return designs as which a plan may be executed.

    Parameters
    ----------
    design : Design
        The plan, [-].
    tolerances : Tolerances
        How far from it, [-].
    seed : int
        Seed of the study, [-].

    Returns
    -------
    tuple of Design
        As many as there are draws, each with the unit mass of the plan, [-].
    """
    weighed = {
        name: mg * tolerances.factors(seed, name, tolerances.weighing_pct)
        for name, mg in design.amounts_mg.items()
    }
    # A unit is filled by mass: the shares are off, the mass is not.
    filled = design.unit_mass_mg / np.sum(list(weighed.values()), axis=0)
    settings = {
        name: value * tolerances.factors(seed, name, tolerances.process_pct)
        for name, value in design.process.items()
        if not isinstance(value, str) and name != SECOND_SHARE
    }
    first, second = (
        content * tolerances.factors(seed, f"{_LOT}{salt}", tolerances.batch_pct)
        for salt, content in (
            (design.salt, design.salt_mg_pct),
            (design.second_salt, design.second_mg_pct),
        )
    )
    return tuple(
        evolve(
            design,
            amounts_mg={name: mg[k] * filled[k] for name, mg in weighed.items()},
            process={**design.process, **_of(settings, k)},
            salt_mg_pct=first[k],
            second_mg_pct=second[k],
        )
        for k in range(tolerances.draws)
    )


def _of(settings: Mapping[str, FloatArray], k: int) -> dict[str, float]:
    return {name: float(values[k]) for name, values in settings.items()}
