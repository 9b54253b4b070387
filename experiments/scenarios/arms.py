"""Every arm of a scenario in its people, against the placebo arm in the same people.

People stand at the steady state of their diet, without co-factors. On the first day each arm's
co-factors shift their fields, the product is taken, and both act until the last day. Changes are
against the placebo arm on the same days and steps, which takes what the scenario says it takes.
"""

from collections.abc import Mapping

import numpy as np
from attrs import define, evolve, field, frozen

from experiments.account.arms import Arm, start_with
from experiments.config.product import DEFAULT_REGIMEN
from experiments.config.scenario_spec import CRAMPS, Scenario, ScenarioArm, Who
from formulation.arrays import FloatArray
from formulation.claims import acting
from formulation.cofactors import shifted
from formulation.cramps import CRAMPS_FIELD, expected_cramps
from formulation.modulators import clippings
from formulation.patients import Population
from formulation.unabsorbed import other_solutes
from models.population import Subjects, draw_subjects
from models.release import release_law
from models.responses import responses
from models.simulator.arms import NOTHING_TAKEN, Start, Taken, taken_daily
from models.simulator.blocks import Course
from models.simulator.run import follow
from models.simulator.settle import settle


@frozen(kw_only=True, eq=False)
class Followed:
    """One arm in its people."""

    arm: ScenarioArm
    """What is taken."""

    who: Who
    """Who takes it."""

    subjects: Subjects
    """The people, with what the co-factors make of them."""

    taken: Taken
    """The product as the simulator takes it; an empty one for none."""

    begun: Start
    """Where they stood, with what co-factors and claims make of them from the first day on."""

    course: Course
    """What happens in the arm."""

    control: Course
    """What happens in the placebo arm, in the same people on the same steps."""

    values: Mapping[str, FloatArray]
    """Endpoints of the last day by name, each of shape (n_subjects,), in its unit."""

    other_mosm_per_day: FloatArray
    """Osmoles beside magnesium that loose stools count, of shape (n_subjects,), [mOsm/d]."""

    held: tuple[str, ...]
    """What was kept at an end, in words."""

    def as_arm(self) -> Arm | None:
        """Return the arm as a simulation knows it; None without a product."""
        if self.arm.product is None:
            return None
        return Arm(
            product=self.arm.product,
            taken=self.taken,
            begun=self.begun,
            course=self.course,
            control=self.control,
            values=dict(self.values),
            other_mosm_per_day=self.other_mosm_per_day,
        )


def follow_arms(scenario: Scenario) -> dict[str, Followed]:
    """Follow every arm of a scenario whose people are offered something.

    Parameters
    ----------
    scenario : Scenario
        The scenario, [-].

    Returns
    -------
    dict of str to Followed
        By name of the arm, the placebo arm first, [-].

    Raises
    ------
    InputError
        Somebody absorbs less than is secreted into the bowel, so there is no steady state.
    """
    runner = _Runner(scenario)
    arms = (scenario.placebo, *scenario.arms)
    return {
        arm.name: runner.run(arm, population)
        for arm in arms
        if (population := scenario.who_takes(arm).population) is not None
    }


@define(eq=False)
class _Runner:
    """Follows arms; people and placebo arms that arms share are followed once."""

    scenario: Scenario
    starts: list[tuple[Population, Subjects, Start]] = field(factory=list)
    placebos: list[tuple[Start, tuple[float, ...], Course]] = field(factory=list)

    def run(self, arm: ScenarioArm, population: Population) -> Followed:
        """Follow one arm."""
        days, design = self.scenario.days, arm.product.design if arm.product else None
        claims = acting((*self.scenario.claims, *arm.claims), design)
        before, start = self._people(population)
        subjects, kept = _taking(before, arm)
        taken = _taken(arm, days)
        now = start_with(start, subjects, claims)
        course = follow([taken], now, subjects, days=days)
        control = self._placebo(taken, before, start)
        other = other_solutes([design], subjects.values, claims)
        values = responses(course, control, np.array([[_dose(arm)]]), other)
        clipped = (str(clipping) for clipping in clippings(subjects.values, claims))
        return Followed(
            arm=arm,
            who=self.scenario.who_takes(arm),
            subjects=subjects,
            taken=taken,
            begun=now,
            course=course,
            control=control,
            values=self._told(arm, {name: rows[0] for name, rows in values.items()}, before),
            other_mosm_per_day=other[0],
            held=(*kept, *clipped),
        )

    def _people(self, population: Population) -> tuple[Subjects, Start]:
        for known, subjects, start in self.starts:
            if known == population:
                return subjects, start
        subjects = draw_subjects(population)
        start = settle(subjects, claims=acting(self.scenario.claims, None))
        self.starts.append((population, subjects, start))
        return subjects, start

    def _placebo(self, taken: Taken, before: Subjects, start: Start) -> Course:
        for known, times_h, course in self.placebos:
            if known is start and times_h == taken.times_h:
                return course
        subjects, _ = _taking(before, self.scenario.placebo)
        now = start_with(start, subjects, acting(self.scenario.claims, None))
        course = follow([taken.emptied()], now, subjects, days=self.scenario.days)
        self.placebos.append((start, taken.times_h, course))
        return course

    def _told(
        self, arm: ScenarioArm, found: dict[str, FloatArray], before: Subjects
    ) -> dict[str, FloatArray]:
        """Return the endpoints that are told of an arm."""
        if not self.scenario.has_share_of_dose(arm):
            del found["fraction_absorbed"]
        if self.scenario.tells_cramps:
            claims = (*self.scenario.claims, *arm.claims)
            found[CRAMPS] = expected_cramps(before.values[CRAMPS_FIELD], claims)
        return found


def _dose(arm: ScenarioArm) -> float:
    """Return the dose that shares are told of, one where there is none, [mg/d]."""
    return 1.0 if arm.product is None else arm.product.design.elemental_mg_per_day


def _taking(before: Subjects, arm: ScenarioArm) -> tuple[Subjects, tuple[str, ...]]:
    values, held = shifted(before.values, arm.doses)
    return evolve(before, values=values), held


def _taken(arm: ScenarioArm, days: int) -> Taken:
    if arm.product is None:
        return taken_daily(NOTHING_TAKEN.law, DEFAULT_REGIMEN, days).emptied()
    design = arm.product.design
    return taken_daily(release_law(design), design.regimen, days)
