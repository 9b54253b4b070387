"""The engine against an integrator of other people, on the five delivery systems.

SciPy's DOP853 at 1e-10 integrates the flux list in 24 subjects at once, restarted at every step,
with what the engine holds constant during a step. What a day of it costs is why most regimens are
slow tests.
"""

import numpy as np
import pytest
from attrs import evolve
from scipy.integrate import solve_ivp

from formulation.patients import named_population
from formulation.regimen import Regimen
from models.population import draw_subjects
from models.release import release_law
from models.simulator.arms import MODEL, taken_daily
from models.simulator.blocks import ADAPTATION_PER_DAY
from models.simulator.reference import forcing
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.families import gel, liposome, matrix, patch, solution, tablet

TOLERANCE = 1e-10
LAWS = [
    release_law(design)
    for design in (
        tablet(15.0),
        solution(),
        matrix(30.0, coat=("pulsatile_coat",), lag_h=3.0),
        liposome(6.0),
        gel(2.0),
        patch("microneedle"),
    )
]
COLUMNS = {
    "absorbed": 5e-4,
    "urine": 2e-4,
    "stool_dissolved": 2e-4,
    "stool_solid": 5e-4,
    "serum_hours": 5e-5,
    "E": 1e-4,
    "T": 5e-5,
    "K": 5e-5,
    "W": 1e-5,
    "B": 1e-5,
    "R": 1e-5,
}
"""Largest error of each column over its largest value, cumulative ones from the first intake."""


@pytest.fixture(scope="module")
def people():
    """Twenty-four adults at the steady state of their diet."""
    subjects = draw_subjects(named_population("healthy_adults", size=24))
    return subjects, settle(subjects)


def exact_path(regimen, start, subjects, days):
    """Return every state after every step, all products side by side in the last axis."""
    forced = [forcing(taken_daily(law, regimen, days), start, subjects, days=days) for law in LAWS]
    y = np.concatenate([f.state for f in forced], axis=1)
    parameters = np.concatenate([f.parameters for f in forced], axis=1)
    inputs = np.concatenate([f.inputs for f in forced], axis=3)
    reference, adaptation = np.tile(start.serum, len(LAWS)), np.ones(y.shape[1])
    hours, adapted = MODEL.index("serum_hours")[0], _input("adaptation")
    path = []
    for day in range(days):
        inputs[day, :, adapted] = adaptation
        before = y[hours].copy()
        for s, step_h in enumerate(forced[0].steps_h):
            y = exact(y, np.concatenate([parameters, inputs[day, s]]), step_h)
            path.append(y)
        mean = (y[hours] - before) / 24
        wanted = np.clip(reference / mean, 0.1, 3.0)
        adaptation = adaptation + ADAPTATION_PER_DAY * (wanted - adaptation)
    return np.array(path)


def _input(name):
    return [p.name for p in MODEL.inputs].index(name)


def exact(y, numbers, step_h):
    """Return the states after a step of constant inputs."""
    found = solve_ivp(
        lambda _, v: MODEL.derivative(v.reshape(y.shape), numbers).ravel(),
        (0.0, step_h),
        y.ravel(),
        method="DOP853",
        rtol=TOLERANCE,
        atol=TOLERANCE,
        first_step=step_h / 4,
    )
    assert found.success
    return found.y[:, -1].reshape(y.shape)


def errors(regimen, people, days, **how):
    """Return the worst error of each column over products, subjects and steps."""
    subjects, start = people
    path = exact_path(regimen, start, subjects, days)
    products = [taken_daily(law, regimen, days) for law in LAWS]
    course = follow(products, start, subjects, days=days, keep_path=True, **how)
    mine = course.path.transpose(1, 2, 3, 0, 4).reshape(path.shape)
    rows = MODEL.index(*COLUMNS)
    size = np.maximum(np.abs(path[:, rows]).max(axis=0), 1e-3)
    worst = np.abs(mine[:, rows] - path[:, rows]).max(axis=0) / size
    return dict(zip(COLUMNS, worst.max(axis=1), strict=True))


def regimens():
    """Return every number of intakes, with meals and between them; most of them slow."""
    found = []
    for intakes in (1, 2, 3):
        for with_meals in (True, False):
            regimen = Regimen(units_per_intake=1, intakes_per_day=intakes, with_meals=with_meals)
            slow = () if intakes == 2 else (pytest.mark.slow,)
            found.append(pytest.param(regimen, id=str(regimen), marks=slow))
    return found


@pytest.mark.parametrize("regimen", regimens())
def test_engine_agrees_with_an_adaptive_integrator(regimen, people):
    """Two days of every system lie within each column's bound of DOP853 at 1e-10."""
    found = errors(regimen, people, days=2)
    assert {name: e for name, e in found.items() if e > COLUMNS[name]} == {}


@pytest.mark.slow
def test_shorter_steps_come_closer_to_the_adaptive_integrator(people):
    """Each step taken in four parts leaves a tenth of the error at most."""
    regimen = Regimen(units_per_intake=3, intakes_per_day=2, with_meals=False)
    coarse = errors(regimen, people, days=2)
    fine = errors(regimen, people, days=2, refine=4)
    for name in ("absorbed", "urine", "E"):
        assert fine[name] < coarse[name] / 10, name


@pytest.mark.slow
def test_each_salt_is_integrated_within_a_thousandth(people):
    """Three units of any salt are absorbed as with steps a sixteenth as long, within 0.1 %."""
    subjects, start = people
    for law in (LAWS[0], LAWS[1]):
        for demand in (0.0, 2.0):
            for solubility in (0.12, 2.0, 20.0, 150.0, 5000.0):
                solid = evolve(
                    law.solids[0],
                    k_water_per_h=0.1 * solubility,
                    k_acid_l_per_mmol_h=2.0 if demand else 0.0,
                    acid_demand_meq_per_mmol=demand,
                    solubility_mmol_per_l=solubility,
                )
                salt = evolve(law, solids=(solid,))
                for with_meals in (True, False):
                    regimen = Regimen(units_per_intake=3, intakes_per_day=2, with_meals=with_meals)
                    taken = taken_daily(salt, regimen, 2)
                    mine = follow([taken], start, subjects, days=2, replay=False)
                    best = follow([taken], start, subjects, days=2, refine=16)
                    ratio = mine.day("absorbed") / best.day("absorbed")
                    assert np.abs(ratio - 1).max() < 1e-3, (demand, solubility, with_meals)
