"""Level A relation of what is dissolved on the bench and what is absorbed in people.

Point by point [1]_: at each time of the dissolution curve, stretched by a time scale (time in
people = scale x time on the bench), the share absorbed is read by straight lines, never beyond its
last time. One straight line is fitted to all products together. Points at which either share lies
below 5 or above 95 % are left out: on the plateau they agree whatever the products are, and would
make the relation look better than it is.

Internal check: the line turns each product's curve into a share absorbed, that into a rate of
input, and one compartment with the product's own k into a concentration; its highest value and area
are compared with those observed. The area observed scales the curve, so its error tells how
complete the relation is, not how much of the dose is absorbed. The guideline wants at least two
products that release at different rates, mean absolute errors of at most 10 % and none above 15 %.
Products count as different here where two of them lie at least 10 percentage points apart at one
time on the bench, the 10 % that the guideline gives as an example; else there is no verdict. Nor
is there one where a bench curve was left while it rose, below 80 % and by more than a twentieth
since the reading before (recalled from guidance on modified release): beyond its last time no
absorption is predicted, so value and area come out too low.

A time scale that is looked for is the one whose line leaves the smallest share of the variance over
(for its degrees of freedom, and divided by the number of points), among those at which at least
half as many points count as at any other. It takes a degree of freedom from the standard errors,
which do not tell how sure the scale itself is.

Not covered: the external check with a product that was not fitted, levels B and C, a relation that
is no straight line, two compartments.

References
----------
.. [1] FDAIVIVC1997
"""

from collections.abc import Sequence
from itertools import combinations
from math import inf, sqrt

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.dissolution.convolution import predict_values
from models.dissolution.deconvolution import Absorbed
from models.dissolution.moments import check_curve

LOW, HIGH = 0.05, 0.95
"""Shares between which points count, [-]."""

MIN_POINTS = 3
"""Fewest points of a relation, [-]."""

MEAN_ERROR_PCT, SINGLE_ERROR_PCT = 10.0, 15.0
"""Highest mean and single absolute prediction error, [%]."""

MIN_PRODUCTS = 2
"""Products that release at different rates, [-]."""

MIN_GAP_PCT = 10.0
"""Gap at one bench time from which two products release at different rates, [% of label]."""

ENOUGH_DISSOLVED, STILL_RISING = 0.80, 0.05
"""Share of the label from which a bench curve may end, and rise since the reading before over that
reading above which one below it may not, [-] (assumed)."""

SCALES = (0.1, 10.0)
"""Between these a time scale is looked for, [-]."""

N_SCALES = 161
"""Scales from which the search sets out, as many in each decade, [-]."""

SCALE_EDGE = 0.01
"""A scale this near to an end of what was looked at, as a share, is none, [-]."""

POINTS_KEPT = 0.5
"""Share of the most points that must count at a scale, [-]."""


@frozen(kw_only=True, eq=False)
class Pair:
    """One product on the bench and in people."""

    name: str
    """Name of the product."""

    times_h: FloatArray
    """Times on the bench, of shape (n_times,), [h]."""

    dissolved: FloatArray
    """Share of the label dissolved, of shape (n_times,), [-]."""

    absorbed: Absorbed
    """Share absorbed in people."""

    values: FloatArray
    """What it was taken from, at the times of `absorbed`, of shape (n_values,), [any]."""


@frozen(kw_only=True)
class PredictionError:
    """How far the relation misses one product."""

    name: str
    """Name of the product."""

    cmax_observed: float
    """Highest value observed, in its unit."""

    cmax_predicted: float
    """Highest value predicted, in that unit."""

    cmax_pct: float
    """Error of the highest value, [%]."""

    auc_pct: float
    """Error of the area without end, [%]."""


@frozen(kw_only=True, eq=False)
class LevelA:
    """A level A relation with its figures."""

    slope: float
    """Share absorbed for a share dissolved, [-]."""

    intercept: float
    """Share absorbed where nothing is dissolved, [-]."""

    slope_error: float
    """Standard error of the slope, [-]."""

    intercept_error: float
    """Standard error of the intercept, [-]."""

    r2: float
    """Share of the variance that is told, [-]."""

    rmse: float
    """Root mean squared residual, [-]."""

    time_scale: float
    """Time in people over time on the bench, [-]."""

    scale_is_fitted: bool
    """Whether it was looked for."""

    points: tuple[tuple[str, float, float, float], ...]
    """Product, bench time [h], share dissolved and share absorbed of each point that counts."""

    n_left_out: int
    """Points of plateau and beginning, [-]."""

    errors: tuple[PredictionError, ...]
    """The internal check, a product each."""

    bench_gap_pct: float
    """Largest gap between two products at one bench time, [% of label]; 0 of one product."""

    left_early: tuple[str, ...]
    """Products whose bench curve was left while it rose."""

    @property
    def passes(self) -> bool | None:
        """Whether the internal check is passed; None where there is no verdict."""
        are_alike = len(self.errors) < MIN_PRODUCTS or self.bench_gap_pct < MIN_GAP_PCT
        if are_alike or self.left_early:
            return None
        columns = [[abs(e.cmax_pct) for e in self.errors], [abs(e.auc_pct) for e in self.errors]]
        return all(
            sum(c) / len(c) <= MEAN_ERROR_PCT and max(c) <= SINGLE_ERROR_PCT for c in columns
        )


def level_a(pairs: Sequence[Pair], *, time_scale: float | None = 1.0) -> LevelA:
    """Return the level A relation of products measured on the bench and in people.

    Parameters
    ----------
    pairs : sequence of Pair
        The products, [-].
    time_scale : float or None, optional
        Time in people over time on the bench; looked for when None, [-].

    Returns
    -------
    LevelA
        Line, figures and internal check, [-].

    Raises
    ------
    InputError
        There is no product, the scale is none or ends where it was looked for, or too few points
        count.
    """
    if not pairs:
        raise InputError("Level A: no product has both curves.")
    if time_scale is not None and not (np.isfinite(time_scale) and time_scale > 0):
        raise InputError(f"Level A: a time scale of {time_scale:g}; above 0 is wanted.")
    is_fitted = time_scale is None
    scale = _find_scale(pairs) if time_scale is None else time_scale
    points, n_all = _points(pairs, scale)
    if len(points) < MIN_POINTS:
        raise _too_few(len(points), n_all, MIN_POINTS)
    x, y = (np.array([p[i] for p in points]) for i in (2, 3))
    slope, intercept, left = _line(x, y)
    n, spread = x.size, float(((x - x.mean()) ** 2).sum())
    variance = left / (n - 2 - is_fitted)
    return LevelA(
        slope=slope,
        intercept=intercept,
        slope_error=sqrt(variance / spread),
        intercept_error=sqrt(variance * (1 / n + float(x.mean()) ** 2 / spread)),
        r2=1 - left / float(((y - y.mean()) ** 2).sum()),
        rmse=sqrt(left / n),
        time_scale=scale,
        scale_is_fitted=is_fitted,
        points=points,
        n_left_out=n_all - len(points),
        errors=tuple(_error(pair, slope, intercept, scale) for pair in pairs),
        bench_gap_pct=100 * max((_gap(*two) for two in combinations(pairs, 2)), default=0.0),
        left_early=tuple(pair.name for pair in pairs if _is_left_early(pair.dissolved)),
    )


def _is_left_early(dissolved: FloatArray) -> bool:
    last, before = float(dissolved[-1]), float(dissolved[-2])
    return last < ENOUGH_DISSOLVED and last > (1 + STILL_RISING) * before


def _too_few(n: int, n_all: int, wanted: int) -> InputError:
    return InputError(
        f"Level A: {n} of {n_all} points lie between {100 * LOW:g} and {100 * HIGH:g} % on both"
        f" sides; at least {wanted} are wanted.",
        hint="Sample more often while it dissolves, or state another time scale.",
    )


def _gap(first: Pair, second: Pair) -> float:
    """Return the largest gap of two products on the bench, read by straight lines, [-]."""
    last = min(float(first.times_h[-1]), float(second.times_h[-1]))
    times = np.union1d(first.times_h, second.times_h)
    times = times[times <= last]
    lines = []
    for pair in (first, second):
        bench, dissolved = check_curve(pair.times_h, pair.dissolved)
        if bench[0] > 0:
            bench, dissolved = np.insert(bench, 0, 0.0), np.insert(dissolved, 0, 0.0)
        lines.append(np.interp(times, bench, dissolved))
    return float(np.abs(lines[0] - lines[1]).max())


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Return slope, intercept and sum of squared residuals of the straight line."""
    around = x - x.mean()
    if not (spread := float((around**2).sum())) > 0 or not np.ptp(y) > 0:
        raise InputError("Level A: the points that count all have one share.")
    slope = float((around * (y - y.mean())).sum()) / spread
    intercept = float(y.mean()) - slope * float(x.mean())
    return slope, intercept, float(((y - intercept - slope * x) ** 2).sum())


def _points(
    pairs: Sequence[Pair], scale: float
) -> tuple[tuple[tuple[str, float, float, float], ...], int]:
    """Return the points that count, and how many there are in all."""
    kept, n_all = [], 0
    for pair in pairs:
        times, dissolved = check_curve(pair.times_h, pair.dissolved)
        there = scale * times
        inside = there <= pair.absorbed.times_h[-1]
        absorbed = np.interp(there, pair.absorbed.times_h, pair.absorbed.fraction)
        n_all += times.size
        counts = inside & (dissolved > LOW) & (dissolved < HIGH)
        counts &= (absorbed > LOW) & (absorbed < HIGH)
        shares = (x[counts].tolist() for x in (times, dissolved, absorbed))
        kept += [(pair.name, *p) for p in zip(*shares, strict=True)]
    return tuple(kept), n_all


def _find_scale(pairs: Sequence[Pair]) -> float:
    """Return the time scale whose line leaves the least over, or refuse one at an end."""
    from scipy.optimize import minimize_scalar

    grid = np.geomspace(*SCALES, N_SCALES)
    counts = [len(_points(pairs, scale)[0]) for scale in grid.tolist()]
    n_all = sum(pair.times_h.size for pair in pairs)
    # A scale takes a degree of freedom, so one point more than a line is wanted.
    wanted = max(MIN_POINTS + 1, POINTS_KEPT * max(counts))
    looked_at = grid[np.array(counts) >= wanted]
    if not looked_at.size:
        raise _too_few(max(counts), n_all, MIN_POINTS + 1)

    def left_over(log_scale: float) -> float:
        points, _ = _points(pairs, float(np.exp(log_scale)))
        return _left_over(points) if len(points) >= wanted else inf

    logs = np.log(looked_at)
    best = int(np.argmin([left_over(x) for x in logs]))
    edges = logs[max(best - 1, 0)], logs[min(best + 1, logs.size - 1)]
    found = minimize_scalar(left_over, bounds=edges, method="bounded", options={"xatol": 1e-10})
    scale = float(np.exp(found.x if found.fun < left_over(logs[best]) else logs[best]))
    low, high = float(looked_at[0]), float(looked_at[-1])
    if not low * (1 + SCALE_EDGE) < scale < high / (1 + SCALE_EDGE):
        raise InputError(
            f"Level A: the time scale that fits best is {scale:.4g}, at an end of {low:.4g} to"
            f" {high:.4g}, where it could be looked for, so the true one may lie beyond.",
            hint="Check the unit of time of both tables, or state the time scale.",
        )
    return scale


def _left_over(points: Sequence[tuple[str, float, float, float]]) -> float:
    """Return the share of the variance a line leaves, for its freedom, over the points, [-]."""
    x, y = (np.array([p[i] for p in points]) for i in (2, 3))
    if not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return inf
    left, n = _line(x, y)[2], x.size
    return left / (n - 3) * (n - 1) / float(((y - y.mean()) ** 2).sum()) / n


def _error(pair: Pair, slope: float, intercept: float, scale: float) -> PredictionError:
    """Return how far the line misses the values of one product."""
    absorbed = pair.absorbed
    bench = scale * pair.times_h
    shares = np.clip(intercept + slope * pair.dissolved, 0.0, None)
    if bench[0] > 0:
        bench, shares = np.insert(bench, 0, 0.0), np.insert(shares, 0, 0.0)
    shares[0] = 0.0
    # Input at an even rate between bench times; people are looked at when they were sampled.
    times = np.union1d(absorbed.times_h, bench)
    shown = predict_values(
        times,
        np.interp(times, bench, shares),
        k_per_h=absorbed.k_per_h,
        auc_inf=absorbed.auc_inf,
    )
    highest = float(shown[np.isin(times, absorbed.times_h)].max())
    observed = float(pair.values.max())
    return PredictionError(
        name=pair.name,
        cmax_observed=observed,
        cmax_predicted=highest,
        cmax_pct=100 * (highest - observed) / observed,
        auc_pct=100 * (float(shares[-1]) - 1),
    )
