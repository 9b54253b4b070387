"""The arms of a simulation: a product in the people, against the same days without it."""

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen

from experiments.config.product import Product
from formulation.arrays import FloatArray
from formulation.claims import Claim, acting
from formulation.unabsorbed import other_solutes
from models.population import Subjects
from models.release import release_law
from models.responses import Followed, responses
from models.simulator.arms import Start, Taken, taken_daily
from models.simulator.blocks import Course
from models.simulator.equations import ABSORBING
from models.simulator.export import adapted
from models.simulator.run import follow
from models.simulator.settle import unsettled


@frozen(kw_only=True, eq=False)
class Arm:
    """One product in the people."""

    product: Product
    """What is taken."""

    taken: Taken
    """The same as the simulator takes it."""

    begun: Start
    """Where the people stood, with what claims about the product make of them from its first day
    on."""

    course: Course
    """What happens with it."""

    control: Course
    """What happens without it."""

    values: dict[str, FloatArray]
    """Population endpoints of the last day, each of shape (n_subjects,), in its unit."""

    other_mosm_per_day: FloatArray
    """Osmoles beside magnesium that loose stools count, of shape (n_subjects,), [mOsm/d]."""


def run_arm(
    product: Product, start: Start, subjects: Subjects, days: int, claims: Sequence[Claim] = ()
) -> Arm:
    """Follow the people with a product and without it.

    Parameters
    ----------
    product : Product
        What is taken, [-].
    start : Start
        Where the subjects stand, settled with the claims about people alone, [-].
    subjects : Subjects
        The people, [-].
    days : int
        Days it is taken, [d].
    claims : sequence of Claim, optional
        Claims that are switched on; those about products act with such a product alone, [-].

    Returns
    -------
    Arm
        Both courses and the endpoints of the last day, [-].
    """
    design = product.design
    now = acting(claims, design)
    begun = start if now == acting(claims, None) else start_with(start, subjects, now)
    taken = taken_daily(release_law(design), design.regimen, days)
    course = follow([taken], begun, subjects, days=days)
    control = follow([taken.emptied()], start, subjects, days=days)
    other = other_solutes([design], subjects.values, now)
    found = responses(course, control, np.array([[design.elemental_mg_per_day]]), other)
    return Arm(
        product=product,
        taken=taken,
        begun=begun,
        course=course,
        control=control,
        values={name: rows[0] for name, rows in found.items()},
        other_mosm_per_day=other[0],
    )


def start_with(start: Start, subjects: Subjects, claims: Sequence[Claim] = ()) -> Start:
    """Return the same bodies in people whose fields have changed since they were settled.

    What is taken beside a product changes fields on its first day, not before; so every amount in
    the body is that of the old fields, and what moves it follows the new ones.

    Parameters
    ----------
    start : Start
        Where they stand, settled with the old fields, [-].
    subjects : Subjects
        The same people with the new fields, [-].
    claims : sequence of Claim, optional
        Claims that are switched on from now on, [-].

    Returns
    -------
    Start
        The same state; numbers of the new fields, the same bits where nothing changed, [-].
    """
    meal, times_h = start.numbers["meal"], start.meal_times_h
    fresh = unsettled(
        subjects,
        meal_mmol=meal,
        meal_times_h=times_h,
        claims=claims,
        retention=start.retention,
    )
    return evolve(start, numbers=fresh.numbers)


def arms_of(followed: Followed, products: Sequence[Product]) -> list[Arm]:
    """Return products that were followed together as arms of their own.

    Parameters
    ----------
    followed : Followed
        Products in the people, [-].
    products : sequence of Product
        All products, of which `followed` holds some, [-].

    Returns
    -------
    list of Arm
        One a row of `followed`, [-].
    """
    values = followed.subjects.values
    return [
        Arm(
            product=products[row],
            taken=followed.taken[k],
            begun=followed.start,
            course=_only(followed.course, k),
            control=followed.control,
            values={name: rows[k] for name, rows in followed.values.items()},
            other_mosm_per_day=other_solutes([products[row].design], values)[0],
        )
        for k, row in enumerate(followed.rows)
    ]


def _only(course: Course, k: int) -> Course:
    """Return what happened with one of several products."""
    one = slice(k, k + 1)
    return evolve(course, daily=course.daily[one], end=course.end[one], path=course.path[one])


def first_subjects(subjects: Subjects, n: int) -> Subjects:
    """Return the first of some subjects; fewer where there are not so many.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    n : int
        How many at most, [-].

    Returns
    -------
    Subjects
        The same people, in the same order, [-].
    """
    size = min(n, len(subjects))
    return Subjects(
        population=evolve(subjects.population, size=size),
        values={name: x[:size] for name, x in subjects.values.items()},
    )


def first_start(start: Start, n: int) -> Start:
    """Return where the first subjects stand.

    Parameters
    ----------
    start : Start
        Where all stand, [-].
    n : int
        How many, [-].

    Returns
    -------
    Start
        The same for fewer, [-].
    """
    numbers = {name: x[:n] for name, x in start.numbers.items()}
    return evolve(start, state=start.state[:, :n], numbers=numbers, serum=start.serum[:n])


def one_subject(subjects: Subjects, start: Start, subject: int) -> tuple[Subjects, Start]:
    """Return one of some subjects alone, and where that one stands.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    start : Start
        Where they stand, [-].
    subject : int
        Which of them, from 0, [-].

    Returns
    -------
    tuple of Subjects and Start
        A population of one, [-].
    """
    one = slice(subject, subject + 1)
    person = Subjects(
        population=evolve(subjects.population, size=1),
        values={name: x[one] for name, x in subjects.values.items()},
    )
    numbers = {name: x[one] for name, x in start.numbers.items()}
    here = evolve(start, state=start.state[:, one], numbers=numbers, serum=start.serum[one])
    return person, here


def start_after(start: Start, course: Course, n: int) -> Start:
    """Return the first subjects as a course left them, with their uptake as it adapted.

    Parameters
    ----------
    start : Start
        Where all stood before it, [-].
    course : Course
        What happened, of one product, [-].
    n : int
        How many, [-].

    Returns
    -------
    Start
        From which a course whose uptake does not adapt goes on as it was, [-].
    """
    first = first_start(start, n)
    level = adapted(start, course)[-1, :n]
    capacity = {f"vmax{i}": first.numbers[f"vmax{i}"] * level for i in ABSORBING}
    return evolve(first, state=course.end[0][:, :n], numbers={**first.numbers, **capacity})
