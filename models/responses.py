"""What a product changes in each subject: the product against the same days without it.

Both are followed from the steady state of the diet for six weeks, on the same steps, so a product
without magnesium changes nothing, bit by bit. Amounts are those of the last day.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.tolerance import laxation_probability, magnesium_equivalent_mmol
from formulation.unabsorbed import other_solutes
from formulation.units import MG_PER_MMOL
from models.population import Subjects
from models.release import release_law
from models.simulator.arms import Start, Taken, taken_daily
from models.simulator.blocks import Course
from models.simulator.run import follow
from models.simulator.settle import SERUM, settle

DAYS = 42
"""Days a product is taken before its endpoints are read, [d]."""

LANES = 4096
"""Products times subjects followed at once, so that what is kept of every day stays small, [-]."""

KEPT = 6
"""Starts and control days kept, so that a search does not settle its people anew, [-]."""


@frozen(kw_only=True, eq=False)
class SubjectResponses:
    """Population endpoints of every design in every subject."""

    values: Mapping[str, FloatArray]
    """By endpoint name, each of shape (n_designs, n_subjects), in the endpoint's unit."""

    mass_balance_error: float
    """Greatest share of all magnesium that is unaccounted for, [-]."""


@frozen(kw_only=True, eq=False)
class Followed:
    """Designs that were followed together, with everything of which only endpoints are kept."""

    rows: tuple[int, ...]
    """Places of the designs among all that were asked for."""

    taken: tuple[Taken, ...]
    """The same as the simulator takes them."""

    start: Start
    """Where the subjects stood before."""

    subjects: Subjects
    """The people."""

    course: Course
    """What happened with each of them."""

    control: Course
    """What happened on the same days without any."""

    values: Mapping[str, FloatArray]
    """Population endpoints, each of shape (n_rows, n_subjects), in the endpoint's unit."""


Watch = Callable[[Followed], None]
"""What is told of designs while their days are still at hand."""


def simulate_responses(
    designs: Sequence[Design],
    subjects: Subjects,
    *,
    days: int = DAYS,
    threads: int = 1,
    watch: Watch | None = None,
) -> SubjectResponses:
    """Follow every subject with every design, and without.

    Parameters
    ----------
    designs : sequence of Design
        Designs of any system, [-].
    subjects : Subjects
        The people, the same for every design, [-].
    days : int, optional
        Days the product is taken, [d].
    threads : int, optional
        Threads; the result is the same, [-].
    watch : callable, optional
        Told of each group of designs that were followed together, [-].

    Returns
    -------
    SubjectResponses
        Responses of shape (n_designs, n_subjects), [-].
    """
    start = settled(subjects, threads=threads)
    products = [taken_daily(release_law(d), d.regimen, days) for d in designs]
    rows_at: dict[tuple[float, ...], list[int]] = {}
    for row, product in enumerate(products):
        rows_at.setdefault(product.times_h, []).append(row)
    found: dict[str, FloatArray] = {}
    errors = [0.0]
    solutes = other_solutes(designs, subjects.values)
    chunk = max(LANES // len(subjects), 1)
    for rows in rows_at.values():
        control = without(products[rows[0]], start, subjects, threads=threads)
        for first in range(0, len(rows), chunk):
            mine = rows[first : first + chunk]
            taken = [products[k] for k in mine]
            course = follow(taken, start, subjects, days=days, threads=threads)
            errors += [control.mass_error, course.mass_error]
            dose = np.array([[designs[k].elemental_mg_per_day] for k in mine])
            values_of = responses(course, control, dose, solutes[mine])
            if watch is not None:
                watch(
                    Followed(
                        rows=tuple(mine),
                        taken=tuple(taken),
                        start=start,
                        subjects=subjects,
                        course=course,
                        control=control,
                        values=values_of,
                    )
                )
            for name, values in values_of.items():
                whole = found.setdefault(name, np.empty((len(designs), len(subjects))))
                whole[mine] = values
    return SubjectResponses(values=found, mass_balance_error=max(errors))


def responses(
    course: Course,
    control: Course,
    dose_mg_per_day: FloatArray,
    other_mosm_per_day: FloatArray,
) -> dict[str, FloatArray]:
    """Return the population endpoints of the last day.

    Parameters
    ----------
    course : Course
        Products taken, [-].
    control : Course
        The same subjects and days without one, [-].
    dose_mg_per_day : ndarray of shape (n_products, 1)
        Elemental magnesium a day, [mg/d].
    other_mosm_per_day : ndarray of shape (n_products, n_subjects)
        Osmoles beside magnesium that stay in the bowel, of `other_solutes`, [mOsm/d].

    Returns
    -------
    dict of str to ndarray of shape (n_products, n_subjects)
        By endpoint name, in the endpoint's unit, [-].
    """

    def last(name: str) -> FloatArray:
        return course.day(name)[:, -1]

    def change(name: str) -> FloatArray:
        return last(name) - control.day(name)[:, -1]

    absorbed = change("absorbed") * MG_PER_MMOL
    load = change("stool_dissolved")
    return {
        "absorbed_increment": absorbed,
        "fraction_absorbed": 100 * absorbed / dose_mg_per_day,
        "soluble_unabsorbed_load": load,
        "peak_gut_load": last("upper_load"),
        "serum_change": change("serum_mean"),
        "serum": last("serum_mean"),
        "urine_change": change("urine"),
        "red_cell_change": 100 * change("red_cells") / control.day("red_cells")[:, -1],
        "muscle_change": 100 * change("muscle") / control.day("muscle")[:, -1],
        "laxation_risk": 100 * _laxation(course, load, other_mosm_per_day),
    }


def _laxation(course: Course, load: FloatArray, other_mosm_per_day: FloatArray) -> FloatArray:
    """Return the chance of loose stools, [-]."""
    soluble = np.maximum(load, 0.0) + magnesium_equivalent_mmol(other_mosm_per_day)
    return laxation_probability(soluble, soluble / course.intakes_per_day)


def without(product: Taken, start: Start, subjects: Subjects, *, threads: int = 1) -> Course:
    """Return the same days on the same steps with nothing in the product.

    Parameters
    ----------
    product : Taken
        Gives clock times and days, [-].
    start : Start
        Where the subjects stand, [-].
    subjects : Subjects
        The people, [-].
    threads : int, optional
        Threads; the result is the same, [-].

    Returns
    -------
    Course
        The control arm, [-].
    """
    days = len(product.units)
    key = (id(start), product.times_h, days)
    if key not in _CONTROLS:
        course = follow([product.emptied()], start, subjects, days=days, threads=threads)
        _keep(_CONTROLS, key, (start, course))
    return _CONTROLS[key][1]


def settled(subjects: Subjects, *, threads: int = 1) -> Start:
    """Return the steady state of a population's diet, kept while the same subjects are asked for.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    threads : int, optional
        Threads; the result is the same, [-].

    Returns
    -------
    Start
        Where they stand, [-].
    """
    values = sorted(subjects.values.items())
    # Whether a serum is stated decides the kidney, even one that is the default.
    key = (SERUM in subjects.population.spreads, *((name, x.tobytes()) for name, x in values))
    if key not in _STARTS:
        _keep(_STARTS, key, settle(subjects, threads=threads))
    return _STARTS[key]


_STARTS: dict[tuple[object, ...], Start] = {}
_CONTROLS: dict[tuple[int, tuple[float, ...], int], tuple[Start, Course]] = {}
"""Control days, beside the start that their key names, so that no id is used anew."""

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


def _keep(shelf: dict[_Key, _Kept], key: _Key, value: _Kept) -> None:
    """Put a value on a shelf that forgets the oldest."""
    shelf[key] = value
    while len(shelf) > KEPT:
        del shelf[next(iter(shelf))]
