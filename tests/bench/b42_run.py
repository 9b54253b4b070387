"""Runs B42 with compiled steps: any schedule, and a repeating one by replaying a day.

The driver for any schedule takes a list of steps with what is swallowed before each. The driver for
a repeating one integrates stomach and small bowel for two days and replays what the second passes
on into colon and body, with longer steps. Lanes are subjects, in blocks of 16.
"""

import time

import numpy as np
from attrs import frozen
from numba import njit

from models.simulator.codegen import LANES as L
from tests.bench.b42 import AMOUNTS, DAYS, DENSE_H, DOSE_MMOL, PUBLISHED, b42, lower, upper
from tests.bench.b42_kernel import step_b42, step_b42_lower, step_b42_upper

_WHOLE, _UPPER, _LOWER = b42(), upper(), lower()
N, N_UPPER, N_LOWER = (len(m.state_names) for m in (_WHOLE, _UPPER, _LOWER))
FED = tuple(_UPPER.state_names.index(f"out_{p.name[3:]}") for p in _LOWER.inputs)
N_FED = len(FED)
N_DENSE = round(24 / DENSE_H)
IN_PUBLISHED = [_WHOLE.state_names.index(name) for name in PUBLISHED]
N_ABOVE = AMOUNTS.index("colon")


@frozen(kw_only=True, eq=False)
class Schedule:
    """Steps one after another, for any schedule."""

    steps_h: np.ndarray
    """Lengths, [h]."""

    doses_mmol: np.ndarray
    """What is swallowed before each step, [mmol]."""

    row: np.ndarray
    """Row of the output that takes the state after each step, or -1."""


def graded_h(first_h: float, growth: float, longest_h: float) -> np.ndarray:
    """Return the steps of a day: short after the dose, then longer."""
    steps: list[float] = []
    while sum(steps) < 24 - 1e-9:
        steps.append(min(max(first_h, growth * sum(steps)), longest_h))
    return np.array(steps) * 24 / sum(steps)


DENSE_DAY_H = np.concatenate([np.full(4, 1 / 16), np.full(10, 1 / 8), np.full(N_DENSE - 6, 0.25)])
"""Steps of the first day, which meet every quarter of an hour, [h]."""


ANY_STEPS_H = graded_h(0.1, 0.2, 1.0)
"""Steps of a day for any schedule, [h]."""

FINE_STEPS_H = graded_h(0.1, 0.15, 1.0)
"""Steps of stomach and small bowel on the day that is replayed, [h]."""


def longer_steps(fine_h: np.ndarray) -> np.ndarray:
    """Return the steps at which longer ones of replayed days begin, and the end of the last."""
    edges, found = np.concatenate([[0.0], np.cumsum(fine_h)]), [0]
    for k in range(1, len(edges)):
        wanted = min(max(1.0, 0.3 * edges[found[-1]]), 4.0)
        if edges[k] - edges[found[-1]] >= wanted - 1e-9 or k == len(fine_h):
            found.append(k)
    return np.array(found)


def daily_schedule(steps_h: np.ndarray, days: int = DAYS) -> Schedule:
    """Return the published problem as a schedule: a dose at the start of each day."""
    steps = np.concatenate([DENSE_DAY_H, *[steps_h] * (days - 1)])
    doses, row = np.zeros(len(steps)), np.full(len(steps), -1)
    starts = np.concatenate([[0], len(DENSE_DAY_H) + len(steps_h) * np.arange(days - 1)])
    doses[starts] = DOSE_MMOL
    row[: len(DENSE_DAY_H)] = dense_rows()
    row[starts[2:] - 1] = N_DENSE + np.arange(days - 2)
    row[-1] = N_DENSE + days - 2
    return Schedule(steps_h=steps, doses_mmol=doses, row=row)


def dense_rows() -> np.ndarray:
    """Return the row of the output for each step of the first day, or -1."""
    ends = np.cumsum(DENSE_DAY_H) / DENSE_H
    whole = np.abs(ends - np.round(ends)) < 1e-9
    return np.where(whole, np.round(ends).astype(np.int64) - 1, -1)


@njit(cache=True, error_model="numpy", nogil=True)
def any_schedule(y, p, steps_h, doses, row, out):
    """Move blocks through every step of a schedule: y (n_blocks, n_states L)."""
    x = np.zeros(0)
    for b in range(len(y)):
        for s in range(len(steps_h)):
            if doses[s] > 0:
                for lane in range(L):
                    y[b, lane] += doses[s]
            step_b42(y[b], p[b], x, steps_h[s])
            if row[s] >= 0:
                out[b, row[s]] = y[b]


@njit(cache=True, error_model="numpy")
def _upper_day(u, p, steps_h, dose, flows):
    """Integrate stomach and small bowel for a day; keep what they pass on per hour."""
    x = np.zeros(0)
    for lane in range(L):
        u[lane] += dose
    for s in range(len(steps_h)):
        for f in range(N_FED):
            for lane in range(L):
                u[FED[f] * L + lane] = 0.0
        step_b42_upper(u, p, x, steps_h[s])
        for f in range(N_FED):
            for lane in range(L):
                flows[s, f * L + lane] = u[FED[f] * L + lane] / steps_h[s]


@njit(cache=True, error_model="numpy", nogil=True)
def repeating(y, p, dose, days, dense_h, row, fine_h, coarse, out):
    """Move blocks through days that are all alike.

    `coarse` are the steps of `fine_h` at which the longer steps of replayed days begin.
    """
    first = np.zeros((len(dense_h), N_FED * L))
    fine = np.zeros((len(fine_h), N_FED * L))
    mean = np.zeros((len(coarse) - 1, N_FED * L))
    longer = np.zeros(len(coarse) - 1)
    u = np.zeros(N_UPPER * L)
    for b in range(len(y)):
        u[: N_ABOVE * L] = y[b, : N_ABOVE * L]
        z = y[b, N_ABOVE * L :]
        _upper_day(u, p[b], dense_h, dose, first)
        _upper_day(u, p[b], fine_h, dose, fine)
        for c in range(len(longer)):
            longer[c] = 0.0
            mean[c] = 0.0
            for s in range(coarse[c], coarse[c + 1]):
                longer[c] += fine_h[s]
                for m in range(N_FED * L):
                    mean[c, m] += fine[s, m] * fine_h[s]
            for m in range(N_FED * L):
                mean[c, m] /= longer[c]
        for s in range(len(dense_h)):
            step_b42_lower(z, p[b], first[s], dense_h[s])
            if row[s] >= 0:
                out[b, row[s]] = y[b]
        for day in range(days - 1):
            for c in range(len(longer)):
                step_b42_lower(z, p[b], mean[c], longer[c])
            out[b, N_DENSE + day] = y[b]


def blocks(values: np.ndarray) -> np.ndarray:
    """Return values of subjects in blocks of lanes: (n, subjects) to (n_blocks, n L)."""
    n = values.shape[1]
    lanes = np.minimum(np.arange(-(-n // L) * L), n - 1)
    return np.ascontiguousarray(
        values[:, lanes].reshape(len(values), -1, L).transpose(1, 0, 2)
    ).reshape(-1, len(values) * L)


def published(out: np.ndarray, n: int) -> np.ndarray:
    """Return outputs as (n_outputs, published states, subjects)."""
    rows = out.reshape(len(out), out.shape[1], N, L).transpose(1, 2, 0, 3)
    return rows.reshape(out.shape[1], N, -1)[:, IN_PUBLISHED, :n]


def run_any(parameters: np.ndarray, begin: np.ndarray) -> tuple[np.ndarray, float]:
    """Return outputs of the driver for any schedule, and its CPU seconds."""
    plan, y, p = daily_schedule(ANY_STEPS_H), blocks(begin), blocks(parameters)
    out = np.empty((len(y), N_DENSE + DAYS - 1, N * L))
    begun = time.process_time()
    any_schedule(y, p, plan.steps_h, plan.doses_mmol, plan.row, out)
    return published(out, parameters.shape[1]), time.process_time() - begun


def run_repeating(parameters: np.ndarray, begin: np.ndarray) -> tuple[np.ndarray, float]:
    """Return outputs of the driver for a repeating schedule, and its CPU seconds."""
    y, p, coarse = blocks(begin), blocks(parameters), longer_steps(FINE_STEPS_H)
    out = np.empty((len(y), N_DENSE + DAYS - 1, N * L))
    begun = time.process_time()
    repeating(y, p, DOSE_MMOL, DAYS, DENSE_DAY_H, dense_rows(), FINE_STEPS_H, coarse, out)
    return published(out, parameters.shape[1]), time.process_time() - begun
