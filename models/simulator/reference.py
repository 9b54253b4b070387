"""The engine's step in NumPy, written to be read, and what a product meets step by step.

Nothing here is compiled or generated: rates come from the flux list itself, their derivatives from
complex numbers, and each linear system is solved as it stands. Tests hold the compiled steps
against it; it is some thousand times slower. `forcing` says what the engine holds constant during
each step, for integrators of other people.
"""

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from models.population import Subjects
from models.simulator.arms import Start, Taken
from models.simulator.blocks import Job
from models.simulator.codegen import LANES as L
from models.simulator.equations import flux_model
from models.simulator.fluxes import FluxModel
from models.simulator.grid import day_grid

TINY = 1e-30
"""Imaginary part of a differentiation by complex numbers; its square vanishes, [-]."""

GAMMA = 0.57282
A21, A31, A32 = 2.0, 1.867943637803922, 0.2344449711399156
C21, C31, C32 = -7.13761503641231, 2.580708087951457, 0.6515950076447975
C41, C42, C43 = -2.137148994382534, -0.3214669691237626, -0.6949742501781779
B1, B2, B3, B4 = 2.255570073418735, 0.2870493262186792, 0.435317943184018, 1.093502252409163
"""The L-stable method of order 4 with four stages and three rates (HairerWanner1996)."""


def jacobian(model: FluxModel, y: FloatArray, numbers: FloatArray) -> FloatArray:
    """Return how the change of every state depends on every state.

    Parameters
    ----------
    model : FluxModel
        States and fluxes, [-].
    y : ndarray of shape (n_states, n_lanes)
        Amounts, each in its state's unit, [-].
    numbers : ndarray of shape (n_numbers, n_lanes)
        Parameters, then inputs, [-].

    Returns
    -------
    ndarray of shape (n_lanes, n_states, n_states)
        Derivatives, changes by row, states by column, [1/h].
    """
    n = len(y)
    moved = y[:, None, :] + 1j * TINY * np.eye(n)[:, :, None]
    slopes: FloatArray = model.derivative(moved, numbers[:, None, :]).imag / TINY
    return slopes.transpose(2, 0, 1)


def step(model: FluxModel, y: FloatArray, numbers: FloatArray, step_h: float) -> FloatArray:
    """Return the states at the end of one step of the engine's method.

    Parameters
    ----------
    model : FluxModel
        States and fluxes, [-].
    y : ndarray of shape (n_states, n_lanes)
        Amounts at the start of the step, each in its state's unit, [-].
    numbers : ndarray of shape (n_numbers, n_lanes)
        Parameters, then inputs, [-].
    step_h : float
        Length of the step, [h].

    Returns
    -------
    ndarray of shape (n_states, n_lanes)
        Amounts at its end, each in its state's unit, [-].
    """
    matrix = np.eye(len(y)) / (GAMMA * step_h) - jacobian(model, y, numbers)

    def rates(at: FloatArray) -> FloatArray:
        return model.derivative(at, numbers)

    def solved(known: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.solve(matrix, known.T[:, :, None])[:, :, 0].T, dtype=float)

    k1 = solved(rates(y))
    k2 = solved(rates(y + A21 * k1) + C21 * k1 / step_h)
    third = rates(y + A31 * k1 + A32 * k2)
    k3 = solved(third + (C31 * k1 + C32 * k2) / step_h)
    k4 = solved(third + (C41 * k1 + C42 * k2 + C43 * k3) / step_h)
    return given_back(model, y + B1 * k1 + B2 * k2 + B3 * k3 + B4 * k4)


def given_back(model: FluxModel, y: FloatArray) -> FloatArray:
    """Return the states after each gave back what a step took too much from its neighbour above.

    Parameters
    ----------
    model : FluxModel
        States, and which one gives back to which, [-].
    y : ndarray of shape (n_states, n_lanes)
        Amounts, each in its state's unit, [-].

    Returns
    -------
    ndarray of shape (n_states, n_lanes)
        Amounts; their sum is the same where both are magnesium, [-].
    """
    y = y.copy()
    names = model.state_names
    for state in model.states:
        if not state.spills_to:
            continue
        row = names.index(state.name)
        lacking = np.minimum(y[row], 0.0)
        y[row] -= lacking
        if state.spills_to in names:
            y[names.index(state.spills_to)] += lacking
    return y


@frozen(kw_only=True, eq=False)
class Forcing:
    """A product in subjects: where they stand, their numbers, and the inputs of every step."""

    steps_h: FloatArray
    """Lengths of the steps of a day, of shape (n_steps,), [h]."""

    state: FloatArray
    """Every state at the start, of shape (n_states, n_subjects)."""

    parameters: FloatArray
    """Parameters of subject and product, of shape (n_parameters, n_subjects)."""

    inputs: FloatArray
    """What holds during each step, of shape (n_days, n_steps, n_inputs, n_subjects); the uptake as
    adapted as at the start, and red cells leaving as they do in the first 120 days."""


def forcing(taken: Taken, start: Start, subjects: Subjects, *, days: int) -> Forcing:
    """Return what the engine holds constant during each step of a course.

    Parameters
    ----------
    taken : Taken
        Product and schedule, [-].
    start : Start
        Where the subjects stand, [-].
    subjects : Subjects
        The people, [-].
    days : int
        Days, at most 120, [d].

    Returns
    -------
    Forcing
        Start, parameters and inputs of every step, [-].
    """
    grid = day_grid(start.meal_times_h, taken.times_h)
    job = Job([taken], start, subjects, grid, days, False, False, 1)
    parts = [_of_block(job, block, days) for block in range(job.blocks)]
    state, parameters, inputs = (np.concatenate(x, axis=-1) for x in zip(*parts, strict=True))
    n = len(subjects)
    return Forcing(
        steps_h=grid.steps_h,
        state=state[..., :n],
        parameters=parameters[..., :n],
        inputs=inputs[..., :n],
    )


def _of_block(job: Job, block: int, days: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return start, parameters and inputs of one block of lanes."""
    y, p, tails, units, skin, _, red = job.prepare(0, block)
    steps_h = job.grid.steps_h
    n = len(steps_h)
    shape = (days, n, L)
    now = np.einsum("dj,jsm->dsm", units, tails[:, :n])
    now[1:] += np.einsum("dj,jsm->dsm", units[:-1], tails[:, n:])
    let_go = (now / steps_h[:, None]).reshape(days, n, -1, L)
    by_name = {
        "fed": np.broadcast_to(job.grid.fed[:, None], shape),
        "eating": np.broadcast_to(job.grid.eating[:, None], shape),
        "adaptation": np.ones(shape),
        "skin": np.broadcast_to(skin, shape),
        "red_leaving": np.broadcast_to(red[:days, None], shape),
        **{f"let_go{i}": let_go[:, :, i] for i in range(let_go.shape[2])},
    }
    inputs = np.stack([by_name[p.name] for p in flux_model().inputs], axis=2)
    return y.reshape(-1, L).copy(), p.reshape(-1, L), inputs
