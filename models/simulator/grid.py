"""The day that all subjects share: meals, intakes, and steps that are short after each of them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.regimen import Regimen
from models.absorption import _parameters as gut

HOURS = 24.0
"""Hours of a day, [h]."""

FIRST_STEP_H = 1 / 12
"""First step after a meal or an intake, [h]."""

AFTER_EATING_H, AFTER_FED_H = 0.25, 0.5
"""First step when a meal has been eaten, and when it no longer rules the stomach, [h]."""

GROWTH = 0.2
"""A step is at most this share of the time since the last event, [-]."""

LONGEST_STEP_H = 0.5
"""Longest step, [h]."""


@frozen(kw_only=True, eq=False)
class DayGrid:
    """Steps of a day, the same every day."""

    edges_h: FloatArray
    """Ends of the steps, of shape (n_steps + 1,), from 0 to 24, [h]."""

    fed: FloatArray
    """1 where a meal rules the stomach during a step, of shape (n_steps,), [-]."""

    eating: FloatArray
    """Share of a meal eaten in an hour of each step, of shape (n_steps,), [1/h]."""

    @property
    def steps_h(self) -> FloatArray:
        """Lengths of the steps, of shape (n_steps,), [h]."""
        return np.diff(self.edges_h)

    def step_at(self, time_h: float) -> int:
        """Return the step that starts at a time.

        Parameters
        ----------
        time_h : float
            An edge, such as a meal or an intake, [h].

        Returns
        -------
        int
            Step, [-].
        """
        return int(np.flatnonzero(np.abs(self.edges_h - time_h) < 1e-9)[0])


def intake_times_h(regimen: Regimen) -> tuple[float, ...]:
    """Return when the day's intakes happen.

    Parameters
    ----------
    regimen : Regimen
        How the product is taken, [-].

    Returns
    -------
    tuple of float
        Times within the simulated day, [h].
    """
    slots = gut.MEAL_TIMES_H if regimen.with_meals else gut.BETWEEN_MEALS_H
    chosen = {1: (0,), 2: (0, 2), 3: (0, 1, 2)}[regimen.intakes_per_day]
    return tuple(slots[k] for k in chosen)


def day_grid(meal_times_h: Sequence[float], intake_times_h: Sequence[float]) -> DayGrid:
    """Return the steps of a day.

    Parameters
    ----------
    meal_times_h : sequence of float
        When meals are eaten, [h].
    intake_times_h : sequence of float
        When products are taken, [h].

    Returns
    -------
    DayGrid
        Steps that begin at every meal and intake, [h].

    Raises
    ------
    InputError
        A time lies outside the day.
    """
    events = {*meal_times_h, *intake_times_h}
    if wrong := [t for t in events if not 0 <= t < HOURS]:
        raise InputError(f"Day: {wrong[0]:g} h is not a time of the day; give 0 to below 24 h.")
    firsts = {0.0: LONGEST_STEP_H}
    for lasts, first_h in ((gut.FED_HOURS, AFTER_FED_H), (gut.MEAL_LASTS, AFTER_EATING_H)):
        firsts |= {m + float(lasts): first_h for m in meal_times_h if m + float(lasts) < HOURS}
    firsts |= dict.fromkeys(events, FIRST_STEP_H)
    edges = [0.0]
    for start, end in pairwise([*sorted(firsts), HOURS]):
        edges += _graded(start, end, firsts[start])
    ends_h = np.array(edges)
    middles = (ends_h[1:] + ends_h[:-1]) / 2
    fed = sum(
        ((middles > m) & (middles < m + float(gut.FED_HOURS)) for m in meal_times_h),
        0 * middles > 1,
    )
    eats = sum(
        ((middles > m) & (middles < m + float(gut.MEAL_LASTS)) for m in meal_times_h),
        0 * middles > 1,
    )
    return DayGrid(
        edges_h=ends_h,
        fed=np.minimum(np.asarray(fed, dtype=float), 1.0),
        eating=np.asarray(eats, dtype=float) / float(gut.MEAL_LASTS),
    )


def _graded(start: float, end: float, first: float) -> list[float]:
    """Return the ends of steps from start to end, growing with the time since start."""
    steps: list[float] = []
    while sum(steps) < end - start - 1e-9:
        steps.append(min(max(first, GROWTH * sum(steps)), LONGEST_STEP_H))
    scale = (end - start) / sum(steps)
    return [*(start + np.cumsum(steps)[:-1] * scale), end]
