"""Which assumptions move the result most: one quantity at a time, in a few of the subjects.

With every quantity moved, the people are first brought to the steady state of their diet again:
the gut is run for some days, and the body is put in balance with what it then absorbs. So an
assumption that changes the diet's absorption as much as the product's counts for little.
Quantities of a product move its release law; those that the law does not rest on are left out.
"""

from typing import Any

import numpy as np
from attrs import evolve, frozen

from experiments.account.arms import first_start, first_subjects
from experiments.account.lever import Lever
from experiments.account.levers import LEVERS
from formulation.arrays import FloatArray
from formulation.units import MG_PER_MMOL
from models.disposition import _parameters as body
from models.disposition.kidney import filtered_at
from models.population import Subjects
from models.simulator.arms import MODEL, NOTHING_TAKEN, Start, Taken
from models.simulator.blocks import Course
from models.simulator.equations import POOLS
from models.simulator.run import follow

MOST_SUBJECTS = 32
"""Subjects in whom assumptions are moved, [-]."""

SETTLING_DAYS = 10
"""Days of the diet alone after a quantity was moved, [d]."""

UNMOVED = 0.01
"""A change below this share of the result is not worth a line, [-]."""


@frozen(kw_only=True)
class Effect:
    """The middle subject's result."""

    absorbed_mg_per_day: float
    """Absorbed increment, [mg/d]."""

    serum_mmol_per_l: float
    """Change of serum magnesium, [mmol/L]."""


@frozen(kw_only=True)
class Moved:
    """What one quantity does to the result."""

    lever: Lever
    """The quantity."""

    low: Effect | None
    """With its low value; None where a body would have no steady state."""

    high: Effect | None
    """With its high value, as `low`."""

    def swing(self, base: Effect) -> float:
        """Return the larger change of uptake and of serum, each over the unmoved result.

        Parameters
        ----------
        base : Effect
            With nothing moved, [-].

        Returns
        -------
        float
            Sum of both shares, [-].
        """
        found = [effect for effect in (self.low, self.high) if effect is not None]
        absorbed = [abs(e.absorbed_mg_per_day - base.absorbed_mg_per_day) for e in found]
        serum = [abs(e.serum_mmol_per_l - base.serum_mmol_per_l) for e in found]
        return max(absorbed, default=0.0) / max(abs(base.absorbed_mg_per_day), TINY) + max(
            serum, default=0.0
        ) / max(abs(base.serum_mmol_per_l), TINY)


TINY = 1e-9
"""A result below this is nothing, in any unit, [-]."""


class Tornado:
    """Assumptions moved one at a time in the same people, for one product after another.

    The people with a moved assumption, and their days without a product, are the same for every
    product, so they are found once.
    """

    def __init__(self, start: Start, subjects: Subjects) -> None:
        self.subjects = first_subjects(subjects, MOST_SUBJECTS)
        here = first_start(start, len(self.subjects))
        self._plain = here.numbers
        settled = resettled(here, self.subjects, here.numbers)
        self.start = here if settled is None else settled
        self._starts: dict[tuple[str, float], Start | None] = {}
        self._without: dict[tuple[int, tuple[float, ...], int], tuple[Start, Course]] = {}
        self._claimed: dict[str, FloatArray] = {}

    def of(self, taken: Taken, begun: Start | None = None) -> dict[str, Any]:
        """Return what each assumed or estimated quantity does to the result of a product.

        Parameters
        ----------
        taken : Taken
            The product and its schedule, [-].
        begun : Start, optional
            Where all people stood, with what claims about the product make of them, [-].

        Returns
        -------
        dict
            ``base`` and ``quantities``, the one that moves most first, as plain values, [-].
        """
        self._claimed = self._claimed_by(begun)
        base = self._effect(taken, self.start)
        found = []
        for lever in (lever for lever in LEVERS if lever.concerns(taken.law)):
            low, high = (self._at(lever, value, taken) for value in lever.ends)
            moved = Moved(lever=lever, low=low, high=high)
            if moved.swing(base) >= UNMOVED:
                found.append(moved)
        found.sort(key=lambda moved: -moved.swing(base))
        return {
            "n_subjects": len(self.subjects),
            "base": _effect_dict(base),
            "quantities": [_moved_dict(moved) for moved in found],
        }

    def _at(self, lever: Lever, value: float, taken: Taken) -> Effect | None:
        if lever.changed is not None:
            return self._effect(evolve(taken, law=lever.changed(taken.law, value)), self.start)
        moved = self._moved(lever, value)
        return None if moved is None else self._effect(taken, moved)

    def _moved(self, lever: Lever, value: float) -> Start | None:
        key, factor = (lever.title, value), value / lever.quantity.value
        if key not in self._starts:
            numbers = {
                name: x * factor if name in lever.numbers else x
                for name, x in self.start.numbers.items()
            }
            self._starts[key] = resettled(self.start, self.subjects, numbers)
        return self._starts[key]

    def _effect(self, taken: Taken, start: Start) -> Effect:
        days = len(taken.units)
        course = follow([taken], self._with_claims(start), self.subjects, days=days)
        control = self._control(taken, start, days)
        absorbed, serum = (
            course.day(name)[0, -1] - control.day(name)[0, -1]
            for name in ("absorbed", "serum_mean")
        )
        return Effect(
            absorbed_mg_per_day=MG_PER_MMOL * float(np.median(absorbed)),
            serum_mmol_per_l=float(np.median(serum)),
        )

    def _claimed_by(self, begun: Start | None) -> dict[str, FloatArray]:
        """Return the numbers that claims about the product change."""
        if begun is None:
            return {}
        numbers = {name: x[: len(self.subjects)] for name, x in begun.numbers.items()}
        return {name: x for name, x in numbers.items() if (x != self._plain[name]).any()}

    def _with_claims(self, start: Start) -> Start:
        """Return people with what the claims change, in proportion where there was something."""
        changed = dict(start.numbers)
        for name, claimed in self._claimed.items():
            plain = self._plain[name]
            share = np.divide(claimed, plain, out=np.ones_like(plain), where=plain != 0)
            changed[name] = np.where(plain != 0, changed[name] * share, claimed)
        return evolve(start, numbers=changed) if self._claimed else start

    def _control(self, taken: Taken, start: Start, days: int) -> Course:
        key = (id(start), taken.times_h, days)
        if key not in self._without:
            empty = follow([taken.emptied()], start, self.subjects, days=days)
            self._without[key] = (start, empty)
        return self._without[key][1]


def resettled(start: Start, subjects: Subjects, numbers: dict[str, FloatArray]) -> Start | None:
    """Return people with other numbers at the steady state of their diet.

    Parameters
    ----------
    start : Start
        Where they stand with the old numbers, [-].
    subjects : Subjects
        The people, [-].
    numbers : dict of str to ndarray of shape (n_subjects,)
        The new numbers by name, [-].

    Returns
    -------
    Start or None
        Where they stand then; None where somebody would absorb less than is secreted, [-].
    """
    moved = evolve(start, numbers=numbers)
    diet = follow([NOTHING_TAKEN], moved, subjects, days=SETTLING_DAYS, adapts=False)
    urine = diet.day("absorbed")[0, -1] / 24 - numbers["secretion"]
    if not (urine > 0).all():
        return None
    serum = filtered_at(urine, numbers["tubular"]) / numbers["filtration"]
    state = diet.end[0].copy()
    rows = dict(zip(MODEL.state_names, range(len(state)), strict=True))
    state[rows["E"]] = serum * numbers["volume"]
    for name, (_, suffix) in POOLS.items():
        over_fluid = numbers[f"into_{suffix}"] / numbers[f"from_{suffix}"]
        state[rows[name]] = state[rows["E"]] * over_fluid
    state[rows["R"]] = numbers["into_red"] * state[rows["E"]] * body.RED_CELL_HOURS
    return evolve(moved, state=state, serum=serum)


def _effect_dict(effect: Effect | None) -> dict[str, float] | None:
    if effect is None:
        return None
    return {
        "absorbed_increment": effect.absorbed_mg_per_day,
        "serum_change": effect.serum_mmol_per_l,
    }


def _moved_dict(moved: Moved) -> dict[str, Any]:
    quantity, (low, high) = moved.lever.quantity, moved.lever.ends
    return {
        "title": moved.lever.title,
        "value": quantity.value,
        "low": low,
        "high": high,
        "range_stated": quantity.low is not None and quantity.high is not None,
        "unit": quantity.unit,
        "basis": quantity.basis.value,
        "source": quantity.source,
        "note": quantity.note,
        "with_low": _effect_dict(moved.low),
        "with_high": _effect_dict(moved.high),
    }
