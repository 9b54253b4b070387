"""A day step by step: every state and every flux, in a few of the subjects.

For fluxes the course is taken up where it ended and goes on for some days, so that what a form and
the colon hold from the days before is there: a day that is like the one before, even after a short
course. Serum is that of the last day itself.
"""

from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from experiments.account.arms import Arm, first_start, first_subjects, start_after
from formulation.arrays import FloatArray
from models.population import Subjects
from models.simulator.arms import MODEL, Start, Taken
from models.simulator.blocks import Course
from models.simulator.reference import forcing
from models.simulator.run import follow

MOST_SUBJECTS = 64
"""Most subjects followed step by step, [-]."""

LEAD_DAYS = 5
"""Days before the one that is told, [d]."""


@frozen(kw_only=True, eq=False)
class Day:
    """A day of some subjects, step by step."""

    hours: FloatArray
    """Ends of the steps, of shape (n_steps + 1,), [h]."""

    state: FloatArray
    """Every state at them, of shape (n_steps + 1, n_states, n_subjects), in its unit."""

    rates: Mapping[str, FloatArray]
    """Mean of every flux and definition in each step, of shape (n_steps, n_subjects), per hour."""

    given_mmol: FloatArray
    """What the product lets go into the gut in the day, of shape (n_subjects,), [mmol]."""

    def of(self, name: str) -> FloatArray:
        """Return one state through the day.

        Parameters
        ----------
        name : str
            Name of the state, [-].

        Returns
        -------
        ndarray of shape (n_steps + 1, n_subjects)
            Its values, in its unit, [-].
        """
        return self.state[:, MODEL.index(name)[0]]

    def gained(self, name: str) -> FloatArray:
        """Return what a state gains in the day.

        Parameters
        ----------
        name : str
            Name of the state, [-].

        Returns
        -------
        ndarray of shape (n_subjects,)
            End minus start, in its unit, [-].
        """
        path = self.of(name)
        return np.asarray(path[-1] - path[0])

    def moved(self, *names: str) -> FloatArray:
        """Return what fluxes move in the day, by the rule of the trapezium.

        Parameters
        ----------
        *names : str
            Names of fluxes, [-].

        Returns
        -------
        ndarray of shape (n_subjects,)
            Their sum, [mmol].
        """
        steps_h = np.diff(self.hours)
        rate = sum(np.broadcast_to(self.rates[n], self._shape) for n in names)
        return np.asarray(steps_h @ rate)

    @property
    def _shape(self) -> tuple[int, int]:
        return (len(self.hours) - 1, self.state.shape[2])


@frozen(kw_only=True, eq=False)
class DayPair:
    """A day with a product and without it, in the same subjects."""

    subjects: Subjects
    """Who."""

    product: Day
    """With it."""

    control: Day
    """Without it."""

    @property
    def hours(self) -> FloatArray:
        """Ends of the steps, of shape (n_steps + 1,), [h]."""
        return self.product.hours


@frozen(kw_only=True, eq=False)
class Detail(DayPair):
    """The same with serum through the last day of the course itself."""

    serum: FloatArray
    """Serum magnesium through the last day with the product, of shape (n_steps + 1, n_subjects),
    [mmol/L]."""

    serum_control: FloatArray
    """The same without it, [mmol/L]."""


def days_of(arm: Arm, start: Start, subjects: Subjects) -> DayPair:
    """Return a day of an arm step by step, with the product and without it.

    Parameters
    ----------
    arm : Arm
        A product in the people, [-].
    start : Start
        Where the people stood before it, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    DayPair
        A day of the first subjects, [-].
    """
    few = first_subjects(subjects, MOST_SUBJECTS)
    return DayPair(
        subjects=few,
        product=_day(arm.taken, arm.begun, arm.course, few),
        control=_day(arm.taken.emptied(), start, arm.control, few),
    )


def detail_of(arm: Arm, start: Start, subjects: Subjects) -> Detail:
    """Return a day of an arm step by step.

    Parameters
    ----------
    arm : Arm
        A product in the people, [-].
    start : Start
        Where the people stood before it, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    Detail
        A day of the first subjects, [-].
    """
    pair = days_of(arm, start, subjects)
    return Detail(
        subjects=pair.subjects,
        product=pair.product,
        control=pair.control,
        serum=_serum(arm.taken, arm.begun, pair.subjects),
        serum_control=_serum(arm.taken.emptied(), start, pair.subjects),
    )


def _serum(taken: Taken, start: Start, subjects: Subjects) -> FloatArray:
    """Return serum magnesium through the last day, of shape (n_steps + 1, n_subjects)."""
    now, last = first_start(start, len(subjects)), min(len(taken.units), LEAD_DAYS + 1)
    if before := len(taken.units) - last:
        course = follow([_for(taken, before)], now, subjects, days=before)
        now = start_after(now, course, len(subjects))
    path = follow([_for(taken, last)], now, subjects, days=last, keep_path=True, adapts=False).path
    steps = np.concatenate([now.state[None], *path[0]])[-path.shape[2] - 1 :]
    return np.asarray(steps[:, MODEL.index("E")[0]] / now.numbers["volume"])


def _for(taken: Taken, days: int) -> Taken:
    return evolve(taken, units=np.repeat(taken.units[:1], days, axis=0))


def _day(taken: Taken, start: Start, course: Course, subjects: Subjects) -> Day:
    now = start_after(start, course, len(subjects))
    days = LEAD_DAYS + 1
    taken = _for(taken, days)
    path = follow([taken], now, subjects, days=days, keep_path=True, adapts=False).path[0]
    state = np.concatenate([path[-2, -1:], path[-1]])
    held = forcing(taken, now, subjects, days=days)
    inputs = held.inputs[-1]
    numbers = np.concatenate(
        [np.broadcast_to(held.parameters, (len(inputs), *held.parameters.shape)), inputs], axis=1
    ).transpose(1, 0, 2)
    ends = state.transpose(1, 0, 2)
    before, after = (MODEL.rates(y, numbers) for y in (ends[:, :-1], ends[:, 1:]))
    return Day(
        hours=np.concatenate([[0.0], np.cumsum(held.steps_h)]),
        state=state,
        rates={name: (before[name] + after[name]) / 2 for name in before},
        given_mmol=_given(held.steps_h, dict(zip(MODEL.number_names, numbers, strict=True))),
    )


def _given(steps_h: FloatArray, by_name: Mapping[str, FloatArray]) -> FloatArray:
    """Return what a day's intakes let go into the gut, of shape (n_subjects,), [mmol]."""
    per_unit = sum(x for name, x in by_name.items() if name.startswith("solid"))
    whole = per_unit + by_name["liquid"]
    let_go = sum(x for name, x in by_name.items() if name.startswith("let_go"))
    return np.asarray(steps_h @ (let_go * whole))
