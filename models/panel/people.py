"""Who takes part in an experiment of the panel, what they eat and take, and what is read off."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.patients import get_patient_field, named_population
from models.population import Subjects, draw_subjects
from models.release import ReleaseLaw
from models.simulator.arms import Start, Taken
from models.simulator.blocks import Course
from models.simulator.numbers import subject_numbers
from models.simulator.run import follow
from models.simulator.settle import settle

MEALS_H = (1.0, 6.0, 12.0)
"""Breakfast, lunch and dinner of a day that the study does not describe, [h]."""

HOURS_PER_DAY = 24.0


@frozen(kw_only=True, eq=False)
class People:
    """Subjects at the beginning of an experiment."""

    subjects: Subjects
    """The people."""

    start: Start
    """Where they stand."""

    def __len__(self) -> int:
        return len(self.subjects)


def people(
    size: int, *, population: str = "healthy_adults", fields: Mapping[str, float] | None = None
) -> People:
    """Return subjects at the steady state of their ordinary diet.

    Parameters
    ----------
    size : int
        Subjects, [-].
    population : str, optional
        A population that comes with the product, [-].
    fields : mapping of str to float, optional
        Fields that are the same for all of them, each in its unit; a population that is offered no
        candidate, as in kidney failure, can be stated here, because no product is advised, [-].

    Returns
    -------
    People
        The same people for the same words, [-].
    """
    return _settled(size, population, tuple(sorted((fields or {}).items())))


@cache
def _settled(size: int, population: str, fields: tuple[tuple[str, float], ...]) -> People:
    subjects = with_fields(draw_subjects(named_population(population, size=size)), dict(fields))
    return People(subjects=subjects, start=settle(subjects, meal_times_h=MEALS_H))


def with_fields(subjects: Subjects, fields: Mapping[str, float]) -> Subjects:
    """Return the same people with some fields equal for all.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    fields : mapping of str to float
        Values by field, each in its unit, [-].

    Returns
    -------
    Subjects
        Changed people, [-].

    Raises
    ------
    InputError
        A value is not possible.
    """
    for name, value in fields.items():
        get_patient_field(name).check(value)
    stated = {name: np.full(len(subjects), value) for name, value in fields.items()}
    return evolve(subjects, values={**subjects.values, **stated})


def study_day(
    group: People,
    *,
    meal_times_h: tuple[float, ...],
    meal_mmol: float | None = None,
    fields: Mapping[str, float] | None = None,
) -> People:
    """Return people who come to a study day from their ordinary diet.

    Parameters
    ----------
    group : People
        People at their ordinary diet, [-].
    meal_times_h : tuple of float
        Meals of the study day, [h].
    meal_mmol : float, optional
        Magnesium of each of them; that of the ordinary day, spread over them, when left out,
        [mmol].
    fields : mapping of str to float, optional
        What else of their food is different that day, by patient field, [-].

    Returns
    -------
    People
        The same people with other meals, [-].
    """
    subjects = with_fields(group.subjects, fields or {})
    numbers = subject_numbers(subjects, len(meal_times_h))
    numbers["tubular"] = numbers["tubular"] * group.start.retention
    if meal_mmol is not None:
        numbers["meal"] = np.full(len(subjects), meal_mmol)
    start = evolve(group.start, numbers=numbers, meal_times_h=meal_times_h)
    return People(subjects=subjects, start=start)


@frozen(kw_only=True, eq=False)
class Followed:
    """Products and, last, the same people without any of them."""

    course: Course
    """What happened; the control arm is the last product."""

    def over_control(self, name: str) -> FloatArray:
        """Return a column of the day against the same day without a product.

        Parameters
        ----------
        name : str
            One of `models.simulator.engine.DAILY`, [-].

        Returns
        -------
        ndarray of shape (n_products, n_days, n_subjects)
            Difference, in the column's unit, [-].
        """
        column = self.course.day(name)
        found: FloatArray = column[:-1] - column[-1]
        return found

    def after(self, group: People) -> People:
        """Return the people as the first product leaves them, at the end of its last day.

        Parameters
        ----------
        group : People
            Who was followed, [-].

        Returns
        -------
        People
            The same people with stores and bowel as they then are; how far their uptake has
            adapted is forgotten, [-].
        """
        start = evolve(group.start, state=self.course.end[0])
        return People(subjects=group.subjects, start=start)

    def state_over_control(self, name: str, time_h: float) -> FloatArray:
        """Return a state at a time of the first day against that without a product.

        Parameters
        ----------
        name : str
            A state that is kept of every step, [-].
        time_h : float
            End of a step, [h].

        Returns
        -------
        ndarray of shape (n_products, n_subjects)
            Difference, in the state's unit, [-].
        """
        from models.simulator.arms import MODEL

        step = self.course.grid.step_at(time_h) - 1
        column = self.course.path[:, 0, step, MODEL.index(name)[0]]
        found: FloatArray = column[:-1] - column[-1]
        return found


def take(
    group: People,
    laws: Sequence[ReleaseLaw],
    *,
    times_h: Sequence[float],
    days: int,
    units: float = 1.0,
    dosed_days: int | None = None,
    keep_path: bool = False,
    adapts: bool = True,
) -> Followed:
    """Follow products in people, beside the same people without any.

    Parameters
    ----------
    group : People
        Who takes them, [-].
    laws : sequence of ReleaseLaw
        Law of one unit of each product, [-].
    times_h : sequence of float
        Clock times of the intakes, [h].
    days : int
        Days, [d].
    units : float, optional
        Units at each time, [-].
    dosed_days : int, optional
        Days on which it is taken, from the first; all when left out, [d].
    keep_path : bool, optional
        Whether every state after every step is kept, [-].
    adapts : bool, optional
        Whether the saturable uptake follows the body's need, [-].

    Returns
    -------
    Followed
        Every product, and the control, [-].

    Raises
    ------
    InputError
        The simulator lost magnesium on the way.
    """
    plan = np.zeros((days, len(times_h)))
    plan[: days if dosed_days is None else dosed_days] = units
    times = tuple(times_h)
    arms = [Taken(law=law, times_h=times, units=plan) for law in laws]
    control = Taken(law=laws[0], times_h=times, units=0 * plan)
    course = follow(
        [*arms, control],
        group.start,
        group.subjects,
        days=days,
        keep_path=keep_path,
        adapts=adapts,
    )
    if course.mass_error > MASS_TOLERANCE:
        raise InputError(
            f"Panel: {course.mass_error:.2g} of all magnesium is unaccounted for after {days} days;"
            f" at most {MASS_TOLERANCE:g} may be."
        )
    return Followed(course=course)


MASS_TOLERANCE = 1e-6
"""Share of magnesium that may be unaccounted for, [-]."""
