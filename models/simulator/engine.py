"""The compiled engine: blocks of lanes through days of steps.

A lane is one product in one subject. Lanes of a block are integrated together, each block on its
own, so the result does not depend on how blocks are spread over threads. `run_whole` integrates
everything at every step, for any schedule. `run_repeating` knows that stomach and small bowel
forget a day's intakes within the next one and get nothing back from the body: it integrates them
for two days, twice, and replays what they pass on to colon and body. The saturable uptake adapts
slowly, so what is passed on is interpolated between two levels of it; one more day of stomach and
small bowel at the end measures the error of both.
"""

import numpy as np
from numba import njit

from models.simulator._kernel import step_lower, step_upper, step_whole
from models.simulator.codegen import LANES as L
from models.simulator.equations import colon_and_body, flux_model, upper_gut

KERNEL = "ce24b3ac4c667257"
"""Fingerprint of the steps compiled in, written by the generator."""

_WHOLE, _UPPER, _LOWER = flux_model(), upper_gut(), colon_and_body()
N_WHOLE, N_UPPER, N_LOWER = (len(m.state_names) for m in (_WHOLE, _UPPER, _LOWER))
N_PARAMETERS = len(_WHOLE.parameters)
N_INPUTS, N_FED = len(_WHOLE.inputs), len(_LOWER.inputs) - len(_WHOLE.inputs)

DAILY = (
    "absorbed",
    "urine",
    "stool_dissolved",
    "stool_solid",
    "serum_mean",
    "serum_max",
    "serum_max_h",
    "serum_min",
    "extracellular",
    "red_cells",
    "leukocytes",
    "soft_tissue",
    "muscle",
    "bone",
    "upper_load",
    "colon_load",
)
"""What is kept of every day; amounts of the day, ends of the day, or extremes of the day."""

N_DAILY = len(DAILY)
RED_CELL_DAYS = 120
RELEASE_STEP_H = 0.05
"""Spacing of a liberation curve, and first step of a form on its way, [h]."""

RELEASE_GROWTH = 0.1
"""Longest step of a form on its way, over the time since it was open in everybody, [-]."""

LEVELS = (1.0, 0.95, 0.85)
"""Saturable capacities at which a day is kept for replay; between them a parabola, [-]."""


def _at(model: object, *names: str) -> tuple[int, ...]:
    return tuple(model.index(*names))  # type: ignore[attr-defined]


_E, _R, _K, _T, _W, _B = _WHOLE.index("E", "R", "K", "T", "W", "B")
_URINE, _STOOL_D, _STOOL_S = _WHOLE.index("urine", "stool_dissolved", "stool_solid")
_ABSORBED, _HOURS = _WHOLE.index("absorbed", "serum_hours")
_D = np.array(_WHOLE.index(*(f"D{i}" for i in range(7))))
_UD = np.array(_UPPER.index(*(f"D{i}" for i in range(6))))
_NUMBERS = _WHOLE.number_names
_VOLUME, _INTO_RED = _NUMBERS.index("volume"), _NUMBERS.index("into_red")
_EMPTY_SOLID, _EMPTY_FED = _NUMBERS.index("empty_solid"), _NUMBERS.index("empty_fed")
_TRANSIT, _COLON = _NUMBERS.index("transit"), _NUMBERS.index("colon_transit")
_FED, _EATING, _ADAPT, _SKIN, _RED, _LET_GO = 0, 1, 2, 3, 4, 5

UPPER_IN_WHOLE = np.array(
    [_WHOLE.state_names.index(n) if n in _WHOLE.state_names else -1 for n in _UPPER.state_names]
)
"""Row of the whole model for each state of the upper gut, -1 for what is collected."""

LOWER_IN_WHOLE = np.array(_WHOLE.index(*_LOWER.state_names))
"""Row of the whole model for each state of colon and body."""

FLOWS = np.array([_UPPER.state_names.index(f"out_{p.name[3:]}") for p in _LOWER.inputs[N_INPUTS:]])
"""Row of the upper gut that collects what each feed of colon and body receives."""

UPPER_AMOUNTS = np.array(
    [k for k, s in enumerate(_UPPER.states) if s.counts and UPPER_IN_WHOLE[k] >= 0]
)
"""States of the upper gut that hold magnesium."""

FLOW_AMOUNTS = np.array([f for f, row in enumerate(FLOWS) if _UPPER.states[row].counts])
"""Feeds that carry magnesium."""

_FLOW_E = [p.name for p in _LOWER.inputs[N_INPUTS:]].index("in_E")


@njit(cache=True, error_model="numpy", nogil=True)
def expose(tail, curve, start, steps_h, fed, p, first, residence_h, lags_h, opens):
    """Add where a form lets its particles go, from an intake to the end of the next day.

    Parameters
    ----------
    tail : ndarray of shape (2 n_steps, 7 L)
        Share of an intake by step of two days and place, added to, [-].
    curve : ndarray of shape (n_times,)
        Share liberated since the form opened, every `RELEASE_STEP_H`, [-].
    start : int
        Step of the intake, [-].
    steps_h : ndarray of shape (n_steps,)
        Steps of a day, [h].
    fed : ndarray of shape (n_steps,)
        1 while a meal rules the stomach, [-].
    p : ndarray of shape (n_parameters L,)
        Numbers of the lanes, [-].
    first : int
        Segment where the form is put, [-].
    residence_h : float
        Mean time it adheres there, [h].
    lags_h : ndarray of shape (n_branches, L)
        When it opens, -1 for never, [h].
    opens : ndarray of shape (L,)
        First segment in which its film is open, 0 without a film, [-].
    """
    n = len(steps_h)
    w = np.zeros((8, L))
    stuck, leaving = 0.0, 0.0
    if residence_h > 0:
        stuck = 1.0
    else:
        w[first] = 1.0
    middle = np.zeros((8, L))
    share = np.zeros(L)
    k = np.zeros((7, L))
    since = 0.0
    n_branches = len(lags_h)
    all_open = lags_h.max()
    for g in range(start, 2 * n):
        h, meal = steps_h[g % n], fed[g % n]
        longest = max(RELEASE_STEP_H, RELEASE_GROWTH * (since - all_open))
        parts = int(np.ceil(h / longest - 1e-9))
        dt = h / parts
        for lane in range(L):
            fasted = p[_EMPTY_SOLID * L + lane]
            k[0, lane] = dt * (fasted + meal * (p[_EMPTY_FED * L + lane] - fasted))
            k[6, lane] = dt * p[_COLON * L + lane]
            for i in range(1, 6):
                k[i, lane] = dt * p[_TRANSIT * L + lane]
        for _ in range(parts):
            if residence_h > 0:
                leaving = stuck * -np.expm1(-dt / residence_h)
                stuck -= leaving
            for lane in range(L):
                came = leaving if first == 0 else 0.0
                for i in range(7):
                    old = w[i, lane]
                    new = (old * (1 - k[i, lane] / 2) + came) / (1 + k[i, lane] / 2)
                    came = k[i, lane] * (old + new) / 2
                    w[i, lane] = new
                    middle[i, lane] = (old + new) / 2
                middle[7, lane] = w[7, lane] + came / 2
                w[7, lane] += came
                middle[first, lane] += stuck + leaving / 2
            for lane in range(L):
                share[lane] = 0.0
                for b in range(n_branches):
                    lag = lags_h[b, lane]
                    if lag >= 0 and since + dt > lag:
                        after = _read(curve, since + dt - lag)
                        before = _read(curve, since - lag) if since > lag else 0.0
                        share[lane] += (after - before) / n_branches
            for lane in range(L):
                if opens[lane] > 0:
                    there = middle[7, lane]
                    for i in range(opens[lane], 7):
                        there += middle[i, lane]
                    for i in range(7):
                        if i < opens[lane]:
                            middle[i, lane] = 0.0
                        else:
                            middle[i, lane] /= max(there, 1e-9)
                for i in range(7):
                    tail[g, i * L + lane] += share[lane] * middle[i, lane]
            since += dt


@njit(cache=True, error_model="numpy", inline="always")
def _read(curve, time_h):
    """Return a liberation curve at a time."""
    x = time_h / RELEASE_STEP_H
    k = int(x)
    if k >= len(curve) - 1:
        return curve[-1]
    return curve[k] + (x - k) * (curve[k + 1] - curve[k])


@njit(cache=True, error_model="numpy")
def _let_go(x, tails, units, day, step, n, h):
    """Put into the inputs what all intakes of this day and the last one let go in a step."""
    for m in range(7 * L):
        x[_LET_GO * L + m] = 0.0
    for j in range(len(tails)):
        now, before = units[day, j] / h, (units[day - 1, j] / h if day > 0 else 0.0)
        for m in range(7 * L):
            x[_LET_GO * L + m] += now * tails[j, step, m] + before * tails[j, n + step, m]


@njit(cache=True, error_model="numpy")
def _close_day(y, out, day, was, adaptation, reference, rate, red, p):
    """Keep the day, let the uptake adapt, and remember the cells made."""
    for lane in range(L):
        mean = (y[_HOURS * L + lane] - was[4, lane]) / 24.0
        out[day, 0 * L + lane] = y[_ABSORBED * L + lane] - was[0, lane]
        out[day, 1 * L + lane] = y[_URINE * L + lane] - was[1, lane]
        out[day, 2 * L + lane] = y[_STOOL_D * L + lane] - was[2, lane]
        out[day, 3 * L + lane] = y[_STOOL_S * L + lane] - was[3, lane]
        out[day, 4 * L + lane] = mean
        out[day, 8 * L + lane] = y[_E * L + lane]
        out[day, 9 * L + lane] = y[_R * L + lane]
        out[day, 10 * L + lane] = y[_K * L + lane]
        out[day, 11 * L + lane] = y[_T * L + lane]
        out[day, 12 * L + lane] = y[_W * L + lane]
        out[day, 13 * L + lane] = y[_B * L + lane]
        wanted = min(max(reference[lane] / max(mean, 1e-9), 0.1), 3.0)
        adaptation[lane] += rate * (wanted - adaptation[lane])
        made = mean * p[_VOLUME * L + lane] * p[_INTO_RED * L + lane]
        red[day + RED_CELL_DAYS, lane] = made


@njit(cache=True, error_model="numpy")
def _open_day(y, was):
    for lane in range(L):
        was[0, lane] = y[_ABSORBED * L + lane]
        was[1, lane] = y[_URINE * L + lane]
        was[2, lane] = y[_STOOL_D * L + lane]
        was[3, lane] = y[_STOOL_S * L + lane]
        was[4, lane] = y[_HOURS * L + lane]


@njit(cache=True, error_model="numpy")
def _extremes(y, volume, out, day, time_h, first):
    """Keep the greatest and least serum of a day, and the greatest load of the colon."""
    for lane in range(L):
        serum = y[_E * L + lane] / volume[lane]
        if first or serum > out[day, 5 * L + lane]:
            out[day, 5 * L + lane] = serum
            out[day, 6 * L + lane] = time_h
        if first or serum < out[day, 7 * L + lane]:
            out[day, 7 * L + lane] = serum
        colon = y[_D[6] * L + lane]
        if first or colon > out[day, 15 * L + lane]:
            out[day, 15 * L + lane] = colon


@njit(cache=True, error_model="numpy", nogil=True)
def run_whole(
    y, p, tails, units, steps_h, fed, eating, skin, reference, red, rate, out, path, parts
):
    """Integrate a block for days, every step of the whole model.

    Parameters
    ----------
    y : ndarray of shape (n_states L,)
        State, changed in place, [-].
    p : ndarray of shape (n_parameters L,)
        Numbers of the lanes, [-].
    tails : ndarray of shape (n_slots, 2 n_steps, 7 L)
        What an intake of each slot lets go, by step of two days and place, [-].
    units : ndarray of shape (n_days, n_slots)
        Units taken, [-].
    steps_h : ndarray of shape (n_steps,)
        Steps of a day, [h].
    fed : ndarray of shape (n_steps,)
        1 while a meal rules the stomach, [-].
    eating : ndarray of shape (n_steps,)
        Share of a meal eaten in an hour, [1/h].
    skin : ndarray of shape (n_steps, L)
        What passes the skin, [mmol/h].
    reference : ndarray of shape (L,)
        Serum at which the uptake does not adapt, [mmol/L].
    red : ndarray of shape (120 + n_days, L)
        What goes into new red cells in an hour of each day, filled as days go by, [mmol/h].
    rate : float
        Adaptation of a day, [-].
    out : ndarray of shape (n_days, n_daily L)
        What is kept of every day, filled, [-].
    path : ndarray of shape (n_days or 0, n_steps, n_states L)
        Takes every state after every step where it is not empty, [-].
    parts : int
        Equal parts in which each step is taken, [-].
    """
    n = len(steps_h)
    x = np.zeros(N_INPUTS * L)
    was = np.zeros((5, L))
    adaptation = np.ones(L)
    volume = p[_VOLUME * L : (_VOLUME + 1) * L].copy()
    for day in range(len(units)):
        _open_day(y, was)
        time_h = 0.0
        for lane in range(L):
            x[_ADAPT * L + lane] = adaptation[lane]
            x[_RED * L + lane] = red[day, lane]
            out[day, 14 * L + lane] = 0.0
        for s in range(n):
            for lane in range(L):
                x[_FED * L + lane] = fed[s]
                x[_EATING * L + lane] = eating[s]
                x[_SKIN * L + lane] = skin[s, lane]
            _let_go(x, tails, units, day, s, n, steps_h[s])
            for _ in range(parts):
                step_whole(y, p, x, steps_h[s] / parts)
            time_h += steps_h[s]
            _extremes(y, volume, out, day, time_h, s == 0)
            for lane in range(L):
                load = 0.0
                for i in range(6):
                    load += y[_D[i] * L + lane]
                out[day, 14 * L + lane] = max(out[day, 14 * L + lane], load)
            if len(path):
                path[day, s] = y
        _close_day(y, out, day, was, adaptation, reference, rate, red, p)


@njit(cache=True, error_model="numpy")
def _upper_day(u, p, tails, units, day, steps_h, fed, eating, adaptation, flows, peak):
    """Integrate stomach and small bowel for a day, and keep what they pass on in each step."""
    n = len(steps_h)
    x = np.zeros(N_INPUTS * L)
    x[_ADAPT * L : (_ADAPT + 1) * L] = adaptation
    for s in range(n):
        for lane in range(L):
            x[_FED * L + lane] = fed[s]
            x[_EATING * L + lane] = eating[s]
        _let_go(x, tails, units, day, s, n, steps_h[s])
        for f in range(N_FED):
            for lane in range(L):
                flows[s, f * L + lane] = -u[FLOWS[f] * L + lane]
        step_upper(u, p, x, steps_h[s])
        for f in range(N_FED):
            for lane in range(L):
                flows[s, f * L + lane] += u[FLOWS[f] * L + lane]
        for lane in range(L):
            load = 0.0
            for i in range(6):
                load += u[_UD[i] * L + lane]
            peak[lane] = max(peak[lane], load)


@njit(cache=True, error_model="numpy")
def _pass_on_all(flows, before, after):
    """Scale what a day passes on so that it leaves as much behind as it found."""
    for lane in range(L):
        left, passed = 0.0, 0.0
        for k in UPPER_AMOUNTS:
            left += after[k * L + lane] - before[k * L + lane]
        for f in FLOW_AMOUNTS:
            for s in range(len(flows)):
                passed += flows[s, f * L + lane]
        scale = 1.0 + left / max(passed, 1e-12)
        for f in FLOW_AMOUNTS:
            for s in range(len(flows)):
                flows[s, f * L + lane] *= scale


@njit(cache=True, error_model="numpy")
def _weigh(adaptation, weights):
    """Set the weights of the three levels' days in the parabola through them (Lagrange)."""
    a, b, c = LEVELS
    for lane in range(L):
        m = adaptation[lane]
        weights[0, lane] = (m - b) * (m - c) / ((a - b) * (a - c))
        weights[1, lane] = (m - a) * (m - c) / ((b - a) * (b - c))
        weights[2, lane] = (m - a) * (m - b) / ((c - a) * (c - b))


@njit(cache=True, error_model="numpy", inline="always")
def _replayed(flows, s, at, weights, lane):
    """Return what is passed on in a step at the present level of saturable capacity."""
    found = weights[0, lane] * flows[1, s, at]
    return found + weights[1, lane] * flows[2, s, at] + weights[2, lane] * flows[3, s, at]


@njit(cache=True, error_model="numpy", inline="always")
def _passed(flows, day, s, at, weights):
    """Return what is passed on in a step of a day."""
    return flows[0, s, at] if day == 0 else _replayed(flows, s, at, weights, at % L)


@njit(cache=True, error_model="numpy", nogil=True)
def run_repeating(
    y, p, tails, units, steps_h, coarse, fed, eating, skin, reference, red, rate, out, is_checked
):
    """Integrate a block for days that are all alike.

    Parameters
    ----------
    y : ndarray of shape (n_states L,)
        State, changed in place, [-].
    p : ndarray of shape (n_parameters L,)
        Numbers of the lanes, [-].
    tails : ndarray of shape (n_slots, 2 n_steps, 7 L)
        What an intake of each slot lets go, by step of two days and place, [-].
    units : ndarray of shape (n_days, n_slots)
        Units taken, [-].
    steps_h : ndarray of shape (n_steps,)
        Steps of a day, [h].
    coarse : ndarray of shape (n_coarse + 1,)
        Steps at which coarser ones begin, [-].
    fed : ndarray of shape (n_steps,)
        1 while a meal rules the stomach, [-].
    eating : ndarray of shape (n_steps,)
        Share of a meal eaten in an hour, [1/h].
    skin : ndarray of shape (n_steps, L)
        What passes the skin, [mmol/h].
    reference : ndarray of shape (L,)
        Serum at which the uptake does not adapt, [mmol/L].
    red : ndarray of shape (120 + n_days, L)
        What goes into new red cells in an hour of each day, filled as days go by, [mmol/h].
    rate : float
        Adaptation of a day, [-].
    out : ndarray of shape (n_days, n_daily L)
        What is kept of every day, filled, [-].
    is_checked : bool
        Whether it is measured what replay misses, [-].

    Returns
    -------
    float
        Greatest share of the last day's uptake that replay misses; 0 where not measured, [-].
    """
    n, n_days = len(steps_h), len(units)
    u = np.zeros(N_UPPER * L)
    for k in range(N_UPPER):
        if UPPER_IN_WHOLE[k] >= 0:
            u[k * L : (k + 1) * L] = y[UPPER_IN_WHOLE[k] * L : (UPPER_IN_WHOLE[k] + 1) * L]
    flows = np.zeros((5, n, N_FED * L))
    peak = np.zeros((5, L))
    level = np.ones(L)
    _upper_day(u, p, tails, units, 0, steps_h, fed, eating, level, flows[0], peak[0])
    kept = u.copy()
    for k in range(3):
        u[:] = kept
        level[:] = LEVELS[k]
        # The first of two days brings what is left over from the day before to another level.
        for _ in range(1 if k == 0 else 2):
            found = u.copy()
            flow, most = flows[k + 1], peak[k + 1]
            _upper_day(u, p, tails, units, 1, steps_h, fed, eating, level, flow, most)
        _pass_on_all(flows[k + 1], found, u)
        if k == 0:
            last = u.copy()
    z = np.zeros(N_LOWER * L)
    for k in range(N_LOWER):
        z[k * L : (k + 1) * L] = y[LOWER_IN_WHOLE[k] * L : (LOWER_IN_WHOLE[k] + 1) * L]
    x = np.zeros((N_INPUTS + N_FED) * L)
    was = np.zeros((5, L))
    adaptation, before, weights = np.ones(L), np.ones(L), np.zeros((3, L))
    volume = p[_VOLUME * L : (_VOLUME + 1) * L].copy()
    n_coarse = len(coarse) - 1
    late = np.zeros((2, len(tails), n, L))
    for j in range(len(tails)):
        for s in range(n):
            late[0, j, s] = tails[j, s, 6 * L :]
            late[1, j, s] = tails[j, n + s, 6 * L :]
    worn = skin * steps_h.reshape(n, 1)
    hours = np.zeros(n_coarse)
    coarse_flows = np.zeros((4, n_coarse, N_FED * L))
    coarse_late = np.zeros((2, len(tails), n_coarse, L))
    coarse_worn = np.zeros((n_coarse, L))
    for c in range(n_coarse):
        for s in range(coarse[c], coarse[c + 1]):
            hours[c] += steps_h[s]
            coarse_worn[c] += worn[s]
            for k in range(4):
                coarse_flows[k, c] += flows[k, s]
            for j in range(len(tails)):
                coarse_late[0, j, c] += late[0, j, s]
                coarse_late[1, j, c] += late[1, j, s]
    up, lean = np.zeros(L), np.zeros(N_FED * L)
    for day in range(n_days):
        for k in range(N_LOWER):
            y[LOWER_IN_WHOLE[k] * L : (LOWER_IN_WHOLE[k] + 1) * L] = z[k * L : (k + 1) * L]
        _open_day(y, was)
        before[:] = adaptation
        _weigh(adaptation, weights)
        for lane in range(L):
            x[_ADAPT * L + lane] = adaptation[lane]
            x[_RED * L + lane] = red[day, lane]
            up[lane] = 0.0
        is_fine = day >= n_days - 2
        if is_fine:
            passed, brought, through, spans = flows, late, worn, steps_h
        else:
            passed, brought, through, spans = coarse_flows, coarse_late, coarse_worn, hours
        time_h = 0.0
        for c in range(len(spans)):
            h = spans[c]
            for at in range(N_FED * L):
                amount = _passed(passed, day, c, at, weights)
                x[N_INPUTS * L + at] = amount / h
                if at // L == _FLOW_E:
                    up[at % L] += amount
            for lane in range(L):
                x[_SKIN * L + lane] = through[c, lane] / h
                x[(_LET_GO + 6) * L + lane] = 0.0
                for j in range(len(tails)):
                    share = units[day, j] * brought[0, j, c, lane]
                    if day > 0:
                        share += units[day - 1, j] * brought[1, j, c, lane]
                    x[(_LET_GO + 6) * L + lane] += share / h
            if is_fine and 0 < c < len(spans) - 1:
                # Two halves, one with more and one with less, as the steps beside have it.
                apart = (spans[c - 1] + spans[c + 1]) / 2 + h
                for at in range(N_FED * L):
                    later = _passed(passed, day, c + 1, at, weights) / spans[c + 1]
                    sooner = _passed(passed, day, c - 1, at, weights) / spans[c - 1]
                    most = abs(x[N_INPUTS * L + at])
                    lean[at] = min(max((later - sooner) / apart * h / 4, -most), most)
                    x[N_INPUTS * L + at] -= lean[at]
                step_lower(z, p, x, h / 2)
                for at in range(N_FED * L):
                    x[N_INPUTS * L + at] += 2 * lean[at]
                step_lower(z, p, x, h / 2)
            else:
                step_lower(z, p, x, h)
            time_h += h
            for k in range(N_LOWER):
                y[LOWER_IN_WHOLE[k] * L : (LOWER_IN_WHOLE[k] + 1) * L] = z[k * L : (k + 1) * L]
            _extremes(y, volume, out, day, time_h, c == 0)
        _close_day(y, out, day, was, adaptation, reference, rate, red, p)
        for lane in range(L):
            out[day, 0 * L + lane] += up[lane]
            out[day, 14 * L + lane] = peak[min(day, 1), lane]
    for _ in range(2 if is_checked else 0):
        _upper_day(last, p, tails, units, 1, steps_h, fed, eating, before, flows[4], peak[4])
    for k in range(N_UPPER):
        if UPPER_IN_WHOLE[k] >= 0:
            y[UPPER_IN_WHOLE[k] * L : (UPPER_IN_WHOLE[k] + 1) * L] = kept[k * L : (k + 1) * L]
    worst = 0.0
    for lane in range(L if is_checked else 0):
        replayed, again = 0.0, 0.0
        for s in range(n):
            replayed += _replayed(flows, s, _FLOW_E * L + lane, weights, lane)
            again += flows[4, s, _FLOW_E * L + lane]
        worst = max(worst, abs(again / max(replayed, 1e-12) - 1.0))
    return worst
