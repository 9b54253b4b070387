"""Interval of f2 by resampling units: percentiles, and bias-corrected and accelerated.

Units of each product are drawn with replacement, reference and test in turn, at times that were
chosen once on the observed means [1]_. Where products are alike, f2 of resampled means lies below
f2 of the means, because scatter adds to the squared gap; the second interval corrects for that,
with the acceleration from leaving each unit out once [2]_. Units are taken as independent: that
several may come from one batch or one run of the vessel is not modelled.
"""

from math import sqrt
from statistics import NormalDist

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.similarity import MIN_TIMES, f2

N_DRAWS = 5000
"""Resampled pairs of means, [-]."""

MIN_DRAWS, MAX_DRAWS = 100, 200_000
"""Fewest and most draws that may be asked for, [-]."""

CONFIDENCE = 0.90
"""Confidence of both intervals; the lower end alone is a bound of 95 %, [-]."""

MIN_UNITS = 3
"""Fewest units of a product that are resampled, [-]."""


@frozen(kw_only=True)
class F2Interval:
    """f2 of two sets of units, with its intervals."""

    f2: float
    """f2 of the means, [-]."""

    percentile: tuple[float, float]
    """Ends of the interval by percentiles, [-]."""

    bca: tuple[float, float] | None
    """Ends of the bias-corrected and accelerated interval, [-]; None where there is none."""

    bca_reason: str
    """Why there is none; empty otherwise."""

    confidence: float
    """Confidence of both, [-]."""

    n_draws: int
    """Resampled pairs, [-]."""

    n_units: tuple[int, int]
    """Units of reference and test, [-]."""

    seed: int
    """Seed of the draws, [-]."""


def bootstrap_f2(
    reference: FloatArray,
    test: FloatArray,
    *,
    seed: int,
    n_draws: int = N_DRAWS,
    confidence: float = CONFIDENCE,
) -> F2Interval:
    """Return f2 of two products with its intervals over their units.

    Parameters
    ----------
    reference, test : ndarray of shape (n_units, n_times)
        Dissolved by each unit at the times that count, n_times >= 3, [%].
    seed : int
        Seed of the draws, [-].
    n_draws : int, optional
        Resampled pairs, [-].
    confidence : float, optional
        Confidence of the intervals, [-].

    Returns
    -------
    F2Interval
        f2 and its intervals, [-].

    Raises
    ------
    InputError
        The times differ or are too few, a value is missing, or there are too few units or draws.

    References
    ----------
    .. [1] Shah1998
    .. [2] EfronTibshirani1993
    """
    first, second = (np.asarray(x, dtype=float) for x in (reference, test))
    _check(first, second, n_draws, confidence)
    rng = np.random.default_rng(seed)
    sizes = len(first), len(second)
    means = np.empty((2, n_draws, first.shape[1]))
    for draw in range(n_draws):
        for which, units in enumerate((first, second)):
            picked = rng.integers(0, len(units), size=len(units))
            means[which, draw] = units[picked].mean(axis=0)
    found = _f2_of(*means)
    observed = f2(first.mean(axis=0), second.mean(axis=0))
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    levels, reason = _bca_levels(first, second, observed, found, tails)
    return F2Interval(
        f2=observed,
        percentile=_quantiles(found, tails),
        bca=None if levels is None else _quantiles(found, levels),
        bca_reason=reason,
        confidence=confidence,
        n_draws=n_draws,
        n_units=sizes,
        seed=seed,
    )


def _check(first: FloatArray, second: FloatArray, n_draws: int, confidence: float) -> None:
    for name, units in (("reference", first), ("test", second)):
        if units.ndim != 2 or units.shape[1] < MIN_TIMES or units.shape[1] != first.shape[-1]:
            raise InputError(
                f"Bootstrap of f2: the {name} has shape {units.shape}; units and common times are"
                f" wanted, at least {MIN_TIMES}."
            )
        if len(units) < MIN_UNITS:
            raise InputError(
                f"Bootstrap of f2: {len(units)} unit(s) of the {name}; at least {MIN_UNITS} are"
                " wanted.",
                hint="Give the value of every unit, not their mean.",
            )
        if not np.isfinite(units).all():
            raise InputError(f"Bootstrap of f2: a unit of the {name} lacks a value.")
    if not (MIN_DRAWS <= n_draws <= MAX_DRAWS and 0.5 <= confidence < 1):
        raise InputError(
            f"Bootstrap of f2: {n_draws} draws at a confidence of {confidence:g}; {MIN_DRAWS} to"
            f" {MAX_DRAWS:,} draws and 0.5 to below 1 are possible."
        )


def _f2_of(reference: FloatArray, test: FloatArray) -> FloatArray:
    """Return f2 of many pairs of means, of shape (n_pairs, n_times) each."""
    gap = ((reference - test) ** 2).mean(axis=1)
    return np.asarray(50.0 * np.log10(100.0 / np.sqrt(1.0 + gap)))


def _quantiles(found: FloatArray, levels: tuple[float, float]) -> tuple[float, float]:
    low, high = np.quantile(found, levels).tolist()
    return low, high


def _bca_levels(
    first: FloatArray,
    second: FloatArray,
    observed: float,
    found: FloatArray,
    tails: tuple[float, float],
) -> tuple[tuple[float, float] | None, str]:
    """Return the levels at which the corrected interval ends, or why there are none."""
    below = float((found < observed).mean())
    if not 0 < below < 1:
        side = "below" if below else "not below"
        return None, f"every resampled f2 lies {side} the observed one, so no bias can be told"
    normal = NormalDist()
    bias, pull = normal.inv_cdf(below), _acceleration(first, second)

    def level(tail: float) -> float:
        shifted = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + shifted / (1 - pull * shifted))

    return (level(tails[0]), level(tails[1])), ""


def _acceleration(first: FloatArray, second: FloatArray) -> float:
    """Return the acceleration of two samples, from leaving each unit out once."""
    cubes = squares = 0.0
    for i, units in enumerate((first, second)):
        n = len(units)
        without = (units.sum(axis=0) - units) / (n - 1)
        other = np.broadcast_to((second, first)[i].mean(axis=0), without.shape)
        left = _f2_of(without, other)
        influence = (n - 1) * (left.mean() - left) / n
        cubes += float((influence**3).sum())
        squares += float((influence**2).sum())
    return cubes / (6 * sqrt(squares) ** 3) if squares > 0 else 0.0
