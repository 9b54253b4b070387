"""Following products in subjects, day after day."""

from collections.abc import Sequence

import numpy as np

from formulation.errors import InputError
from models.population import Subjects
from models.simulator.arms import NOTHING_TAKEN, Start, Taken
from models.simulator.blocks import Course, Job
from models.simulator.grid import day_grid

MAX_DAYS = 3650
REPLAY_TOLERANCE = 1e-4
"""Most that a replayed day may miss of a day's uptake before everything is integrated, [-]."""


def follow(
    products: Sequence[Taken],
    start: Start,
    subjects: Subjects,
    *,
    days: int,
    replay: bool = True,
    keep_path: bool = False,
    adapts: bool = True,
    refine: int = 1,
    threads: int = 1,
) -> Course:
    """Follow products in the same subjects for days.

    Parameters
    ----------
    products : sequence of Taken
        Products, all with the same clock times, [-].
    start : Start
        Where the subjects stand, [-].
    subjects : Subjects
        The people, [-].
    days : int
        Days, [d].
    replay : bool, optional
        Whether days that are all alike may be replayed, [-].
    keep_path : bool, optional
        Whether every state after every step is kept; nothing is replayed then, [-].
    adapts : bool, optional
        Whether saturable uptake follows the body's need, [-].
    refine : int, optional
        Parts in which each step is taken, what is let go being the same; more than 1 is never
        replayed, [-].
    threads : int, optional
        Threads over which blocks are spread; the result is the same, [-].

    Returns
    -------
    Course
        Daily amounts and the end, [-].

    Raises
    ------
    InputError
        There is no product, days are impossible, or the clock times differ.
    """
    times = _check(products, days)
    grid = day_grid(start.meal_times_h, times)
    alike = (
        all(taken.repeats for taken in products)
        and days > MIN_REPLAYED
        and not keep_path
        and refine == 1
    )
    job = Job(products, start, subjects, grid, days, keep_path, adapts, refine)
    rows = list(range(len(products)))
    missed = [0.0] * len(products)
    if replay and alike:
        missed = job.run(job.repeating, rows, threads)
        rows = [k for k in rows if missed[k] > REPLAY_TOLERANCE]
    if rows:
        job.run(job.whole, rows, threads)
    return job.course(max([0.0, *(m for k, m in enumerate(missed) if k not in rows)]))


MIN_REPLAYED = 3
"""Fewer days than this are never replayed, [d]."""


def _check(products: Sequence[Taken], days: int) -> tuple[float, ...]:
    if not products:
        raise InputError("Simulator: no product was given; use NOTHING_TAKEN for the diet alone.")
    if not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        raise InputError(f"Simulator: {days!r} days are impossible; give 1 to {MAX_DAYS:,}.")
    times = products[0].times_h
    for taken in products:
        if taken.times_h != times:
            raise InputError("Simulator: products with different clock times were given together.")
        if sorted(set(taken.times_h)) != list(taken.times_h):
            raise InputError(
                f"Simulator: intakes at {taken.times_h} h overlap or are not in order."
            )
        if not (np.isfinite(taken.units).all() and (taken.units >= 0).all()):
            raise InputError("Simulator: units taken must be finite numbers, zero or more.")
        if taken is not NOTHING_TAKEN and len(taken.units) != days:
            raise InputError(f"Simulator: units for {len(taken.units)} days, but {days} days.")
    return times
