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

Not covered: the external check with a product that was not fitted, levels B and C, a relation that
is no straight line, two compartments.

References
----------
.. [1] FDAIVIVC1997
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
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

SCALES = (0.1, 10.0)
"""Between these a time scale is looked for, [-]."""


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

    @property
    def passes(self) -> bool | None:
        """Whether the internal check is passed; None for too few products."""
        if len(self.errors) < MIN_PRODUCTS:
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
        There is no product, the scale is none, or too few points count.
    """
    if not pairs:
        raise InputError("Level A: no product has both curves.")
    if time_scale is not None and not (np.isfinite(time_scale) and time_scale > 0):
        raise InputError(f"Level A: a time scale of {time_scale:g}; above 0 is wanted.")
    scale = _find_scale(pairs) if time_scale is None else time_scale
    points, n_all = _points(pairs, scale)
    if len(points) < MIN_POINTS:
        raise InputError(
            f"Level A: {len(points)} of {n_all} points lie between {100 * LOW:g} and"
            f" {100 * HIGH:g} % on both sides; at least {MIN_POINTS} are wanted.",
            hint="Sample more often while it dissolves, or state another time scale.",
        )
    x, y = (np.array([p[i] for p in points]) for i in (2, 3))
    slope, intercept, left = _line(x, y)
    n, spread = x.size, float(((x - x.mean()) ** 2).sum())
    variance = left / (n - 2)
    return LevelA(
        slope=slope,
        intercept=intercept,
        slope_error=sqrt(variance / spread),
        intercept_error=sqrt(variance * (1 / n + float(x.mean()) ** 2 / spread)),
        r2=1 - left / float(((y - y.mean()) ** 2).sum()),
        rmse=sqrt(left / n),
        time_scale=scale,
        scale_is_fitted=time_scale is None,
        points=points,
        n_left_out=n_all - len(points),
        errors=tuple(_error(pair, slope, intercept, scale) for pair in pairs),
    )


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
    """Return the time scale at which the shares themselves lie nearest to each other."""
    from scipy.optimize import minimize_scalar

    def gap(log_scale: float) -> float:
        squares = n = 0.0
        for pair in pairs:
            there = np.exp(log_scale) * pair.times_h
            absorbed = np.interp(there, pair.absorbed.times_h, pair.absorbed.fraction)
            squares += float(((absorbed - pair.dissolved) ** 2).sum())
            n += there.size
        return squares / n

    grid = np.linspace(np.log(SCALES[0]), np.log(SCALES[1]), 81)
    best = int(np.argmin([gap(g) for g in grid]))
    edges = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(gap, bounds=edges, method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x))


def predict_values(
    times_h: FloatArray, fraction: FloatArray, *, k_per_h: float, auc_inf: float
) -> FloatArray:
    """Return the concentration that one compartment shows of a share absorbed over time.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising from zero, [h].
    fraction : ndarray of shape (n_times,)
        Share absorbed by then; it enters at an even rate between two times, [-].
    k_per_h : float
        Rate constant of elimination, [1/h].
    auc_inf : float
        Area without end of all that is absorbed, [value h].

    Returns
    -------
    ndarray of shape (n_times,)
        Concentration, in the unit of the area's value, [any].
    """
    times, shares = check_curve(times_h, fraction)
    values = np.zeros(times.size)
    for i in range(1, times.size):
        step = float(times[i] - times[i - 1])
        kept = np.exp(-k_per_h * step)
        rate = k_per_h * auc_inf * float(shares[i] - shares[i - 1]) / step
        values[i] = values[i - 1] * kept + rate / k_per_h * (1 - kept)
    return values


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
