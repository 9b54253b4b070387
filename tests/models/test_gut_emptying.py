"""What leaves the fasted stomach first: fluid, and what is suspended in it, before solids."""

import numpy as np
import pytest
from attrs import evolve

from formulation.delivery import Route
from models.absorption import _parameters as gut
from models.population import alike
from models.release import ReleaseLaw
from models.simulator.arms import MODEL, NOTHING_TAKEN, Taken
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.models.gut_products import OXIDE, solid

FASTED_H = 20.0
"""When it is swallowed, long after the last meal, [h]."""

DRY = ReleaseLaw(
    route=Route.ORAL,
    mechanism="dispersed",
    parameters={"k_pour_per_h": 60.0},
    solids=(solid(OXIDE),),
)
IN_WATER = evolve(DRY, is_suspended=True)


@pytest.fixture(scope="module")
def person():
    subjects = alike(1)
    return subjects, settle(subjects)


def _left_and_dissolved(person, law):
    """Return particles in the stomach after an hour, and all that dissolved by then, [mmol]."""
    subjects, start = person
    taken = Taken(law=law, times_h=(FASTED_H,), units=np.ones((1, 1)))
    course = follow([taken, taken.emptied()], start, subjects, days=1, keep_path=True)
    step = int(np.searchsorted(course.grid.edges_h, FASTED_H + 1.0)) - 1
    with_it, _ = course.path[:, 0, step, :, 0]
    particles = sum(with_it[MODEL.index(f"P1_{i}")[0]] for i in range(7))
    return with_it[MODEL.index("P1_0")[0]], law.dose_mmol - particles


def test_a_dry_powder_stays_in_the_fasted_stomach_longer_than_one_in_water(person):
    (dry, _), (wet, _) = (_left_and_dissolved(person, law) for law in (DRY, IN_WATER))
    assert dry > 2 * wet > 0


def test_oxide_that_stays_in_the_stomach_dissolves_more(person):
    (_, dry), (_, wet) = (_left_and_dissolved(person, law) for law in (DRY, IN_WATER))
    assert dry > 1.05 * wet


@pytest.mark.parametrize("acid", [1.0, 0.3])
def test_a_fasted_stomach_holds_its_resting_acid(acid):
    subjects = alike(1, acid_output_factor=acid)
    start = settle(subjects)
    course = follow([NOTHING_TAKEN], start, subjects, days=1, keep_path=True)
    before_breakfast = course.path[0, 0, 0, MODEL.index("H")[0], 0]
    assert before_breakfast == pytest.approx(float(gut.ACID_AT_REST) * acid, rel=0.15)
