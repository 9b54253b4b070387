"""The compiled step: that it is the method it says, and agrees with one that can be read."""

from hashlib import sha256
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from formulation.patients import named_population
from formulation.regimen import Regimen
from models.population import draw_subjects
from models.release import release_law
from models.simulator import _kernel, codegen, engine
from models.simulator.arms import taken_daily
from models.simulator.codegen import END, GAMMA, STAGES, kernel
from models.simulator.engine import L
from models.simulator.equations import colon_and_body, flux_model, upper_gut
from models.simulator.fluxes import Flux, FluxModel, Parameter, State
from models.simulator.reference import Forcing, forcing, given_back, jacobian, step
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.families import tablet

STEPS = {
    "whole": (flux_model(), _kernel.step_whole),
    "upper": (upper_gut(), _kernel.step_upper),
    "lower": (colon_and_body(), _kernel.step_lower),
}
MOST = {"H": 12.0, "M": 2.0, "P": 20.0, "S": 20.0, "D": 20.0, "E": 12.0, "T": 90.0, "W": 300.0}
"""Largest amounts tried, by first letter of the state."""


@pytest.fixture(scope="module")
def day():
    """Sixteen adults who take a tablet twice in one day."""
    subjects = draw_subjects(named_population("healthy_adults", size=L))
    start = settle(subjects)
    taken = taken_daily(
        release_law(tablet(15.0)),
        Regimen(units_per_intake=2, intakes_per_day=2, with_meals=True),
        1,
    )
    return taken, start, subjects, forcing(taken, start, subjects, days=1)


def random_case(model: FluxModel, day: Forcing, seed: int):
    """Return states, numbers and a step that could occur, some of them zero."""
    rng = np.random.default_rng(seed)
    most = np.array([MOST.get(name[0], 200.0) for name in model.state_names])
    y = most[:, None] * rng.uniform(0, 1, (len(most), L)) * 10 ** rng.uniform(-4, 0, (len(most), 1))
    y *= rng.uniform(size=y.shape) > 0.1
    parameters = day.parameters * rng.uniform(0.5, 2.0, day.parameters.shape)
    highest = {"fed": 1.0, "eating": 3.0, "adaptation": 2.0}
    inputs = np.array(
        [highest.get(p.name, 1.0) * rng.uniform(0, 1, L) for p in model.inputs],
    )
    return y, parameters, inputs, float(rng.uniform(0.01, 1.0))


@pytest.mark.parametrize("part", STEPS)
@pytest.mark.parametrize("seed", range(20))
def test_compiled_step_is_the_reference_step(day, part, seed):
    """Compiled and plain steps agree to 1e-12 of the largest amount from any state."""
    model, compiled = STEPS[part]
    y, parameters, inputs, step_h = random_case(model, day[3], seed)
    moved = y.ravel().copy()
    compiled(moved, parameters.ravel().copy(), inputs.ravel().copy(), step_h)
    plain = step(model, y, np.concatenate([parameters, inputs]), step_h)
    assert np.abs(moved.reshape(y.shape) - plain).max() < 1e-12 * np.abs(plain).max()


def test_a_day_of_the_engine_is_a_day_of_reference_steps(day):
    """The engine's path through a day is that of the plain steps under the same forcing."""
    taken, start, subjects, forced = day
    course = follow([taken], start, subjects, days=1, keep_path=True, adapts=False)
    y = forced.state
    for s, step_h in enumerate(forced.steps_h):
        y = step(flux_model(), y, np.concatenate([forced.parameters, forced.inputs[0, s]]), step_h)
        assert np.abs(course.path[0, 0, s] - y).max() < 1e-12 * np.abs(y).max()
    assert np.abs(course.end[0] - y).max() < 1e-12 * np.abs(y).max()


def test_derivatives_by_complex_numbers_are_those_by_differences(day):
    """The Jacobian agrees with central differences to what differences can tell."""
    model = flux_model()
    y, parameters, inputs, _ = random_case(model, day[3], 3)
    y += 0.1
    numbers = np.concatenate([parameters, inputs])
    slopes = jacobian(model, y, numbers)
    for k in range(len(y)):
        more, less = y.copy(), y.copy()
        more[k] += 1e-5
        less[k] -= 1e-5
        by_difference = (model.derivative(more, numbers) - model.derivative(less, numbers)) / 2e-5
        assert np.allclose(slopes[:, :, k].T, by_difference, rtol=1e-5, atol=1e-5)


def test_what_a_step_took_too_much_is_given_back_by_its_neighbour():
    """No state that can be overdrawn stays below zero, and no magnesium appears."""
    model = flux_model()
    y = np.zeros((len(model.state_names), 2))
    particles, dissolved = model.index("P1_2", "D2")
    y[particles], y[dissolved] = (-0.25, 0.5), (1.0, 1.0)
    back = given_back(model, y)
    assert list(back[particles]) == [0.0, 0.5]
    assert list(back[dissolved]) == [0.75, 1.0]


# The method itself, on models small enough to be run as plain Python.


def in_python(model: FluxModel):
    """Return the step that the generator writes for one lane, not compiled."""
    space = {"njit": lambda **_: lambda function: function, "sqrt": sqrt}
    exec(kernel("small", model, lanes=1), space)
    return space["small"]


def small_model(**rates: str) -> FluxModel:
    """Return fluxes between amounts a, b and c."""
    return FluxModel(
        states=tuple(State(name=name, unit="mmol", title=name) for name in "abc"),
        parameters=(Parameter(name="k", unit="1/h", title="rate"),),
        inputs=(),
        constants={},
        definitions={},
        fluxes=tuple(Flux(name, name[0], name[-1], rate) for name, rate in rates.items()),
    )


def error_of(model: FluxModel, n_steps: int, exact: np.ndarray) -> float:
    """Return the error after two hours in so many steps."""
    take, y = in_python(model), [2.0, 1.0, 0.5]
    for _ in range(n_steps):
        take(y, [0.7], [], 2.0 / n_steps)
    return float(np.abs(np.array(y) - exact).max())


def test_method_is_of_order_four():
    """Halving the step of a smooth problem divides the error by sixteen."""
    model = small_model(a_to_b="k * a * b / (1 + a)", b_to_c="sqrt(1 + b) * b", c_to_a="k * c")
    exact = solve_ivp(
        lambda _, y: model.derivative(y, np.array([0.7])),
        (0, 2),
        [2.0, 1.0, 0.5],
        method="DOP853",
        rtol=1e-13,
        atol=1e-14,
    ).y[:, -1]
    errors = [error_of(model, n, exact) for n in (16, 32, 64, 128)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders.min() > 3.8
    assert orders.max() < 4.4


def test_method_forgets_what_is_infinitely_fast():
    """R(inf) is 0 to the five digits of gamma: a step of an arbitrarily fast process ends it."""
    take = in_python(small_model(a_to_b="k * a"))
    left = []
    for rate in (1e6, 1e9, 1e12):
        y = [1.0, 0.0, 0.0]
        take(y, [rate], [], 1.0)
        left.append(abs(y[0]))
    assert max(left) < 2e-5


def test_coefficients_meet_the_conditions_of_order_four():
    """The published coefficients, undone from their short form, meet all eight conditions."""
    gammas, alphas, b = long_form()
    beta = alphas + gammas
    a, by_row = alphas.sum(axis=1), (beta - GAMMA * np.eye(4)).sum(axis=1)
    strict = beta - GAMMA * np.eye(4)
    g = GAMMA
    for found, wanted in (
        (b.sum(), 1),
        (b @ by_row, 1 / 2 - g),
        (b @ a**2, 1 / 3),
        (b @ strict @ by_row, 1 / 6 - g + g**2),
        (b @ a**3, 1 / 4),
        (b @ (a * (alphas @ by_row)), 1 / 8 - g / 3),
        (b @ strict @ a**2, 1 / 12 - g / 3),
        (b @ strict @ strict @ by_row, 1 / 24 - g / 2 + 3 * g**2 / 2 - g**3),
    ):
        assert found == pytest.approx(wanted, abs=1e-10)


def long_form() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return gamma, alpha and b from the form without products of matrix and vector."""
    c, a = np.zeros((4, 4)), np.zeros((4, 4))
    for i, stage in enumerate(STAGES):
        for j, weight in stage["c"].items():
            c[i, j - 1] = weight
        # A stage without new rates stands where the one before it stands.
        place = stage["y"] if stage["fresh"] else STAGES[i - 1]["y"]
        for j, weight in place.items():
            a[i, j - 1] = weight
    gammas = np.linalg.inv(np.eye(4) / GAMMA - c)
    m = np.array([END[j] for j in range(1, 5)])
    return gammas, a @ gammas, m @ gammas


# What is written is what is meant.


def test_kernel_on_disk_is_what_the_generator_writes():
    """The compiled steps were written from the equations as they stand: run `make kernel`."""
    assert Path(_kernel.__file__).read_text(encoding="utf-8") == codegen.kernel_module()


def test_engine_carries_the_fingerprint_of_the_kernel():
    """A new kernel changes a line of the engine, so that nothing compiled before it is used."""
    text = Path(_kernel.__file__).read_bytes()
    assert sha256(text).hexdigest()[:16] == engine.KERNEL
