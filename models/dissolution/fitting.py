"""Fits of the kinetic models to one curve: least squares, how sure, how they rank, what is refused.

Time 0 is left out: every model is zero there. Each model is fitted from several starts, once as it
is and once with a lag before which nothing is released, the lag between each two neighbouring
times apart because the fit has a kink at every time. Nothing is drawn at random, so the same curve
gives the same fit.

AIC = n ln(RSS / n) + 2 p and AICc = AIC + 2 p (p + 1) / (n - p - 1) [1]_ [2]_, with p the
parameters of the curve; the variance of the residuals is not counted among them, as usual in this
field. They compare models on the same times alone, so fits to all times and to those up to 60 %
rank apart. A lower one says that a curve is told better for its number of parameters; it proves no
mechanism. R2 is 1 - RSS / SS about the mean, adjusted R2 is 1 - (1 - R2) (n - 1) / (n - p).
Standard errors are those of the linearised model, with RSS / (n - p) for the variance; residuals of
a cumulative curve hang together, so they are too small rather than too large. A parameter at the
edge of what is allowed, or a lag at one of the times, has none; nor do parameters whose effects
cannot be told apart; each says which it is.

Times up to a lag tell nothing of the curve behind it, however many there are: behind the lag as
many times are wanted as its other parameters need without one. A fit that goes through every point
leaves no residuals, so it has neither standard errors nor criteria and is not ranked.

References
----------
.. [1] Akaike1974
.. [2] HurvichTsai1989
"""

from collections.abc import Callable, Sequence
from math import inf, log
from typing import Any

import numpy as np

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.dissolution.fits import (
    EXACT,
    INSEPARABLE,
    ON_EDGE,
    CurveFits,
    Estimate,
    Fit,
    NotFitted,
    curve_values,
    fit_name,
)
from models.dissolution.kinetics import (
    ALL_TIMES,
    EARLY_PCT,
    EARLY_TIMES,
    KINETIC_MODELS,
    LAG,
    KineticModel,
)
from models.dissolution.moments import check_curve

SPARE_POINTS = 2
"""Times that a fit needs beyond its parameters, for AICc to exist, [-]."""

ROUNDING_PCT = 1e-6
"""Root mean square of residuals below which a fit is exact: values have six decimals, [%]."""

EDGE = 1e-7
"""A parameter this near to the edge of what is allowed, as a share, lies on it, [-]."""

LAG_EDGE = 1e-5
"""A lag this near to a time, as a share of it, lies at its kink, [-]."""

TOGETHER = 1e-7
"""Parameters whose effects are one but for this share cannot be told apart, [-]."""

ROUGH, FINE = (1e-3, 15), (1e-15, 200)
"""Tolerance and most evaluations of every start, and of the few that are run to the end, [-]."""

N_ENDED = 3
"""Starts that are run to the end, the lowest first, [-]."""

CLOSE_AICC = 2.0
"""Fits whose AICc lies this near to the lowest are told as well by the curve, [-]."""


def fit_kinetics(
    times_h: FloatArray,
    released_pct: FloatArray,
    *,
    weights: FloatArray | None = None,
    models: Sequence[KineticModel] = KINETIC_MODELS,
) -> CurveFits:
    """Fit kinetic models to a curve, without and with a lag.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising; time 0 is left out, [h].
    released_pct : ndarray of shape (n_times,)
        Released by then, [%].
    weights : ndarray of shape (n_times,), optional
        Weight of each squared residual, scaled to a mean of one; all alike when absent, [-].
    models : sequence of KineticModel, optional
        Which models, [-].

    Returns
    -------
    CurveFits
        Fits with their criteria, and what was refused, [-].

    Raises
    ------
    InputError
        It is no curve, nothing is released, or a weight is not above zero.
    """
    times, released = check_curve(times_h, released_pct)
    weight = _weights(times, weights)
    later = times > 0
    times, released, weight = times[later], released[later], weight[later]
    if not released.max() > 0:
        raise InputError("Kinetic fit of a curve of which nothing is released.")
    fits: list[Fit] = []
    refused: list[NotFitted] = []
    for which in (ALL_TIMES, EARLY_TIMES):
        is_over = np.cumsum(released > EARLY_PCT) > 0
        kept = ~is_over if which == EARLY_TIMES else np.full(times.size, True)
        found: list[Fit] = []
        for model in (m for m in models if which in m.ranges):
            for has_lag in (False, True):
                fit = _fit(model, has_lag, which, times[kept], released[kept], weight[kept])
                (found if isinstance(fit, Fit) else refused).append(fit)  # type: ignore[arg-type]
        # Exact fits have no criterion; they come first, in the order of the models.
        fits += sorted(found, key=lambda fit: -inf if fit.aicc is None else fit.aicc)
    return CurveFits(fits=tuple(fits), refused=tuple(refused), weighted=weights is not None)


def _weights(times: FloatArray, weights: FloatArray | None) -> FloatArray:
    if weights is None:
        return np.ones(times.size)
    found = np.asarray(weights, dtype=float)
    later = times > 0
    if found.shape != times.shape or not (np.isfinite(found[later]) & (found[later] > 0)).all():
        raise InputError(
            "Kinetic fit: every time needs a weight above zero.",
            hint="A standard deviation of zero or none gives no weight; fit without weights.",
        )
    return found / float(found[later].mean())


def _fit(
    model: KineticModel,
    has_lag: bool,
    which: str,
    times: FloatArray,
    released: FloatArray,
    weight: FloatArray,
) -> Fit | NotFitted:
    """Return the best fit of one model, or why there is none."""
    n, p = times.size, len(model.parameters) + has_lag

    def refuse(reason: str) -> NotFitted:
        name, title = fit_name(model, has_lag)
        return NotFitted(name=name, title=title, times=which, reason=reason)

    if n < p + SPARE_POINTS:
        return refuse(f"{n} of the {p + SPARE_POINTS} times it needs above 0 h, {which}")
    if not released.max() > 0:
        return refuse(f"nothing is released, {which}")
    solved = _best(model, has_lag, times, released, weight)
    if solved is None:
        return refuse("no start converged")
    theta, jacobian, on_edge = solved
    if has_lag and (reason := _lag_flaw(model, theta[-1], times, which)):
        return refuse(reason)
    residuals = curve_values(model, has_lag, times, theta) - released
    rss = float((weight * residuals**2).sum())
    center = float((weight * released).sum() / weight.sum())
    total = float((weight * (released - center) ** 2).sum())
    r2 = 1 - rss / total if total > 0 else None
    is_exact = rss / n <= ROUNDING_PCT**2
    aic = None if is_exact else n * log(rss / n) + 2 * p
    errors = [(None, EXACT)] * p if is_exact else _errors(jacobian, on_edge, rss / (n - p))
    return Fit(
        model=model,
        has_lag=has_lag,
        times=which,
        n_points=n,
        estimates=_estimates(model, theta, errors),
        rss=rss,
        r2=r2,
        r2_adjusted=None if r2 is None else 1 - (1 - r2) * (n - 1) / (n - p),
        aic=aic,
        aicc=None if aic is None else aic + 2 * p * (p + 1) / (n - p - 1),
    )


def _lag_flaw(model: KineticModel, lag: float, times: FloatArray, which: str) -> str:
    """Return why a lag makes no fit of its own; empty where it does."""
    if lag <= LAG_EDGE * times[0]:
        return "the best lag is 0 h, so it is the fit without one"
    n_behind = int((times > lag * (1 + LAG_EDGE)).sum())
    if n_behind < (wanted := len(model.parameters) + SPARE_POINTS):
        return f"{n_behind} of the {wanted} times it needs lie behind a lag of {lag:.3g} h, {which}"
    return ""


def _estimates(
    model: KineticModel, theta: FloatArray, errors: Sequence[tuple[float | None, str]]
) -> tuple[Estimate, ...]:
    """Return the parameters with their standard errors; one more than the model has is the lag."""
    names = [*((q.name, q.unit) for q in model.parameters), (LAG, "h")]
    return tuple(
        Estimate(name=name, unit=unit, value=value, standard_error=error, without_error=why)
        for (name, unit), value, (error, why) in zip(names, theta.tolist(), errors, strict=False)
    )


def _best(
    model: KineticModel, has_lag: bool, times: FloatArray, released: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray, Any] | None:
    """Return parameters, slopes and what lies on an edge, of the lowest sum of squares."""
    root = np.sqrt(weight)

    def residuals(theta: Any) -> Any:
        return root * (curve_values(model, has_lag, times, theta) - released)

    rough: list[Any] = []
    for start, low, high in _beginnings(model, has_lag, times, released):
        if has_lag and rough:
            # Nothing is released up to the lag, which alone may cost more than the best fit.
            missed = times <= low[-1]
            if (weight * released**2)[missed].sum() / 2 >= min(r[0].cost for r in rough):
                continue
        inside = np.clip(start, low + 1e-12, np.maximum(high - 1e-12, low + 1e-12))
        rough.append((_solve(residuals, inside, low, high, ROUGH), low, high))
    rough.sort(key=lambda r: float(r[0].cost))
    ended = [
        (_solve(residuals, found.x, low, high, FINE), low, high)
        for found, low, high in rough[:N_ENDED]
    ]
    if not ended:
        return None
    found, low, high = min(ended, key=lambda r: float(r[0].cost))
    width = EDGE * np.maximum(np.abs(found.x), 1e-3)
    is_low, is_high = found.x - low < width, high - found.x < width
    theta = np.where(is_low, low, np.where(is_high, high, found.x))
    on_edge = is_low | is_high
    if has_lag:
        # The fit has a kink at every time: no slope tells how sure a lag near one is.
        on_edge[-1] |= bool((np.abs(times - theta[-1]) <= LAG_EDGE * times).any())
    return theta, found.jac, on_edge


def _solve(
    residuals: Callable[[Any], Any],
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    how: tuple[float, int],
) -> Any:
    """Return what least squares come to from one start."""
    from scipy.optimize import least_squares

    tolerance, most = how
    inside = np.clip(start, np.nextafter(low, np.inf), np.nextafter(high, -np.inf))
    return least_squares(
        residuals,
        inside,
        jac="cs",
        bounds=(low, high),
        x_scale=np.maximum(np.abs(inside), 1e-6),
        xtol=tolerance,
        ftol=tolerance,
        gtol=tolerance,
        max_nfev=most,
    )


def _beginnings(
    model: KineticModel, has_lag: bool, times: FloatArray, released: FloatArray
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """Return every start of a fit with the edges of its parameters."""
    low = np.array([q.low for q in model.parameters])
    high = np.array([q.high for q in model.parameters])
    if not has_lag:
        return [(np.array(s), low, high) for s in model.starts(times, released)]
    found = []
    edges = [0.0, *times.tolist()]
    # Behind the lag as many times are left as the other parameters need without one.
    for i in range(times.size - len(model.parameters) - SPARE_POINTS + 1):
        middle = (edges[i] + edges[i + 1]) / 2
        for start in model.starts(times[i:] - middle, released[i:]):
            bounds = np.append(low, edges[i]), np.append(high, edges[i + 1])
            found.append((np.array([*start, middle]), *bounds))
    return found


def _errors(jacobian: FloatArray, on_edge: Any, variance: float) -> list[tuple[float | None, str]]:
    """Return the standard error of each parameter, or why there is none."""
    free = np.flatnonzero(~on_edge)
    errors: list[tuple[float | None, str]] = [
        (None, ON_EDGE if is_edge else INSEPARABLE) for is_edge in on_edge
    ]
    slopes = jacobian[:, free]
    scale = np.linalg.norm(slopes, axis=0)
    if not free.size or not (scale > 0).all():
        return errors
    # Scaled columns, so that what hangs together is told whatever the units.
    _, sizes, turned = np.linalg.svd(slopes / scale, full_matrices=False)
    if sizes.size < free.size or sizes[-1] < TOGETHER * sizes[0]:
        return errors
    spread = np.sqrt(variance * ((turned.T / sizes) ** 2).sum(axis=1)) / scale
    for index, value in zip(free, spread.tolist(), strict=True):
        errors[index] = value, ""
    return errors
