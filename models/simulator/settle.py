"""The steady state of a diet, from which every product is followed."""

from collections.abc import Sequence

import numpy as np
from attrs import evolve

from formulation.arrays import FloatArray
from formulation.claims import Claim
from formulation.errors import InputError
from models.absorption import _parameters as gut
from models.disposition import _parameters as body
from models.disposition.kidney import filtered_at, tubular_for
from models.population import Subjects
from models.simulator.arms import MODEL, NOTHING_TAKEN, Start
from models.simulator.blocks import Course
from models.simulator.numbers import (
    CALIBRATED,
    Transport,
    subject_numbers,
)
from models.simulator.run import follow


def settle(
    subjects: Subjects,
    *,
    meal_times_h: tuple[float, ...] = gut.MEAL_TIMES_H,
    dissolved_meal_mmol: float | None = None,
    transport: Transport = CALIBRATED,
    claims: Sequence[Claim] = (),
    threads: int = 1,
) -> Start:
    """Return subjects at the steady state of their diet.

    Gut and colon are run until a day is like the last one; the serum then is the one at which the
    kidney excretes what is absorbed, and every pool is in balance with it. Where the population
    states its serum, the tubular maximum is the one at which the kidney excretes what is absorbed
    at that serum, within limits: it stands for whatever made the serum so, medicines included.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    meal_times_h : tuple of float, optional
        When meals are eaten, [h].
    dissolved_meal_mmol : float, optional
        Magnesium of each meal; that of the subject's diet when left out, [mmol].
    transport : Transport, optional
        Transport constants, [-].
    claims : sequence of Claim, optional
        Claims that are switched on, [-].
    threads : int, optional
        Threads over which blocks are spread; the result is the same, [-].

    Returns
    -------
    Start
        State, numbers and serum, [-].

    Raises
    ------
    InputError
        Somebody absorbs less than is secreted into the bowel, so there is no steady state.
    """
    numbers = subject_numbers(subjects, len(meal_times_h), transport, claims)
    meal = numbers["meal"]
    if dissolved_meal_mmol is not None:
        meal = np.full(len(subjects), dissolved_meal_mmol)
    start = unsettled(
        subjects, meal_mmol=meal, meal_times_h=meal_times_h, transport=transport, claims=claims
    )
    bowel = [k for name, k in _POSITIONS.items() if name[0] in "HMPDS" and name[-1].isdigit()]
    for _ in range(2):
        ends = [start.state]
        for days in (SETTLING_DAYS, 1, 1):
            now = evolve(start, state=ends[-1])
            ends.append(_diet(now, subjects, days, threads).end[0])
        state = ends[-1].copy()
        state[bowel] = _limit(*(end[bowel] for end in ends[-3:]))
        start = evolve(start, state=state)
    numbers = start.numbers
    day = _diet(start, subjects, 1, threads)
    target = day.day("absorbed")[0, 0] / 24 - numbers["secretion"]
    _check_balance(target, numbers["secretion"])
    uneven = np.zeros(len(subjects))
    stated = subjects.values[SERUM] if SERUM in subjects.population.spreads else None
    for _ in range(3):
        if stated is not None:
            start = _with_serum(start, stated, target - uneven)
        start = _in_balance(start, target - uneven)
        course = _diet(start, subjects, WAVE_DAYS, threads)
        uneven = uneven + course.day("urine")[0, -1] / 24 - target
        start = _on_the_wave(start, course)
    return start


_POSITIONS = dict(zip(MODEL.state_names, range(len(MODEL.state_names)), strict=True))
"""Row of each state."""

WAVE_DAYS = 5
"""Days in which the fluid and what exchanges fast with it take up the wave of the meals, [d]."""


def unsettled(
    subjects: Subjects,
    *,
    meal_mmol: FloatArray,
    meal_times_h: tuple[float, ...],
    transport: Transport = CALIBRATED,
    claims: Sequence[Claim] = (),
    retention: FloatArray | None = None,
) -> Start:
    """Return subjects with an empty gut and an ordinary serum, in balance with nothing.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    meal_mmol : ndarray of shape (n_subjects,)
        Magnesium of each meal, [mmol].
    meal_times_h : tuple of float
        When meals are eaten, [h].
    transport : Transport, optional
        Transport constants, [-].
    claims : sequence of Claim, optional
        Claims that are switched on, [-].
    retention : ndarray of shape (n_subjects,), optional
        Tubular maximum over the usual one, as a stated serum decided it before; 1 when left out,
        [-].

    Returns
    -------
    Start
        State and numbers, [-].
    """
    numbers = subject_numbers(subjects, len(meal_times_h), transport, claims)
    numbers["meal"] = np.asarray(meal_mmol, dtype=float)
    if retention is None:
        retention = np.ones(len(subjects))
    numbers["tubular"] = numbers["tubular"] * retention
    state = np.zeros((len(MODEL.state_names), len(subjects)))
    state[_POSITIONS["H"]] = numbers["acid_at_rest"]
    state[_POSITIONS["E"]] = GUESS_MMOL_PER_L * numbers["volume"]
    return Start(
        state=state,
        numbers=numbers,
        meal_times_h=meal_times_h,
        serum=np.full(len(subjects), GUESS_MMOL_PER_L),
        retention=retention,
    )


def _diet(start: Start, subjects: Subjects, days: int, threads: int) -> Course:
    """Follow the diet alone, with channels that do not adapt."""
    return follow([NOTHING_TAKEN], start, subjects, days=days, threads=threads, adapts=False)


def _limit(first: FloatArray, second: FloatArray, third: FloatArray) -> FloatArray:
    """Return where a geometric sequence of three ends (Aitken)."""
    step, last = second - first, third - second
    ratio = np.clip(np.divide(last, step, out=np.zeros_like(step), where=step != 0), 0.0, 0.99)
    limit: FloatArray = np.maximum(third + last * ratio / (1 - ratio), 0.0)
    return limit


GUESS_MMOL_PER_L = 0.85
"""Serum while gut and colon settle; they do not feel it, [mmol/L]."""

SETTLING_DAYS = 6


def _check_balance(urine: FloatArray, secretion: FloatArray) -> None:
    if not (urine > 0).all():
        worst = int(urine.argmin())
        raise InputError(
            f"Steady state: somebody absorbs {24 * (urine + secretion)[worst]:.3g} mmol of"
            f" magnesium a day and secretes {24 * secretion[worst]:.3g}; such a body has no steady"
            " state.",
            hint="Raise the diet, or whatever keeps this population from absorbing it.",
        )


def _in_balance(start: Start, urine: FloatArray) -> Start:
    """Return the start with the body in balance with so much urine, [mmol/h]."""
    p = start.numbers
    filtered = filtered_at(np.maximum(urine, 1e-9), p["tubular"])
    serum = filtered / p["filtration"]
    state = start.state.copy()
    state[_POSITIONS["E"]] = serum * p["volume"]
    state[_POSITIONS["T"]] = _pool(start, "soft", serum)
    return _with_slow_pools(evolve(start, state=state), serum)


def _with_serum(start: Start, serum: FloatArray, urine: FloatArray) -> Start:
    """Return the start with kidneys that keep a stated serum at so much urine, [mmol/h]."""
    p = start.numbers
    usual = p["tubular"] / start.retention
    wanted = tubular_for(p["filtration"] * serum, urine) / usual
    retention = np.clip(wanted, LEAST_RETENTION, MOST_RETENTION)
    numbers = {**p, "tubular": retention * usual}
    return evolve(start, numbers=numbers, retention=retention)


SERUM = "baseline_serum_mmol_per_l"
"""Patient field that decides the kidney where a population states it."""

LEAST_RETENTION, MOST_RETENTION = 0.5, 1.5
"""Tubular maximum that a stated serum may ask for, over the usual one; where diet and serum do not
go together, the serum is the one at this end, [-]."""


def kept_kidneys(start: Start) -> tuple[str, ...]:
    """Return in words whose stated serum does not go with diet and kidney.

    Parameters
    ----------
    start : Start
        Where people stand, [-].

    Returns
    -------
    tuple of str
        One sentence part, or nothing where everybody has the stated serum, [-].
    """
    ends = (start.retention == LEAST_RETENTION) | (start.retention == MOST_RETENTION)
    if not ends.any():
        return ()
    n, all_of_them = int(ends.sum()), len(ends)
    return (f"tubular maximum that the stated serum asks for, in {n} of {all_of_them} people",)


def _on_the_wave(start: Start, course: Course) -> Start:
    """Return the start with what exchanges fast where the meals of these days left it."""
    state = start.state.copy()
    for name in ("E", "T"):
        state[_POSITIONS[name]] = course.end[0, _POSITIONS[name]]
    return _with_slow_pools(evolve(start, state=state), course.day("serum_mean")[0, -1])


def _with_slow_pools(start: Start, serum: FloatArray) -> Start:
    """Return the start with every slow pool in balance with a mean serum, [mmol/L]."""
    state = start.state.copy()
    for name, suffix in (("W", "muscle"), ("B", "bone"), ("K", "leukocyte")):
        state[_POSITIONS[name]] = _pool(start, suffix, serum)
    fluid = serum * start.numbers["volume"]
    state[_POSITIONS["R"]] = start.numbers["into_red"] * fluid * body.RED_CELL_HOURS
    for name in ("stool_dissolved", "stool_solid", "urine", "absorbed", "serum_hours"):
        state[_POSITIONS[name]] = 0.0
    return evolve(start, state=state, serum=serum)


def _pool(start: Start, suffix: str, serum: FloatArray) -> FloatArray:
    p = start.numbers
    held: FloatArray = serum * p["volume"] * p[f"into_{suffix}"] / p[f"from_{suffix}"]
    return held
