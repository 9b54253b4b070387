"""The covariance of measured minus law, and the sizes in it.

A gap between a laboratory's curve and the law varies over designs, over the logarithm of time, and
over how far the law's curve has come: what a closed coat lets through says little of what follows
once it has opened, and tablets that are slower than their law fall back most in the middle. Over
time and level it is a few components of a smooth process that vanishes at the start; over designs
each component has a part that all share, a part of every design's own, and one of each batch.
"""

import numpy as np
from attrs import asdict, evolve, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.provenance import assumed

NORMAL_90 = 1.6448536269514722
"""Standard deviations in the half-width of a 90 % interval of a normal, [-]."""

MIN_MEASURED_GROUPS = 8
"""Measured formulations from which intervals rest on them alone, [-]."""

N_COMPONENTS = 8
"""Components over time and level; with the stated lengths they hold 97 % of the variance, [-]."""

LEVELS = np.linspace(0.0, 1.0, 4)
"""Levels of the law's curve over which the components are chosen, [-]."""

MAX_SEARCHED = 48
"""Most curves in the search for sizes; more would take minutes and say the same, [-]."""

WIDER = np.geomspace(1.0, 8.0, 13)
"""Factors by which few curves may raise the stated size of a gap, [-]."""

LABORATORY_ERROR = assumed(0.03, "1", "between units and days of one formulation, 90 % half-width")
CURVE_MODEL_ERROR = assumed(0.10, "1", "how far a real curve may lie from the assumed law")
SHARED = assumed(0.6, "1", "share of the variance of the model error that all designs have alike")
BATCH = assumed(0.5, "1", "share of the variance of the laboratory error that lasts a whole curve")
LENGTH = assumed(1.0, "1", "distance over which designs differ, over the root of the features")
TIME_LENGTH = assumed(1.0, "1", "distance over which a gap lasts, in the logarithm of time")
LEVEL_LENGTH = assumed(0.4, "1", "distance over which a gap lasts, in the level of the law's curve")
TIME_OFFSET_H = assumed(0.5, "h", "added to time before its logarithm is taken")
START_H = assumed(0.1, "h", "time in which half of a gap has opened")
BROAD = assumed(1.0, "1", "spread of the normal around the stated sizes and lengths, logarithm")
SEARCH_STEPS = 15
"""Most quasi-Newton steps of the search for sizes, [-]."""


@frozen(kw_only=True)
class Sizes:
    """Hyperparameters of the process."""

    shared: float
    """Standard deviation of the shared offset, [-]."""

    own: float
    """Standard deviation of what is a design's own, [-]."""

    length: float
    """Length over standardised features, over the root of their number, [-]."""

    time_length: float
    """Length over the logarithm of time, [-]."""

    level_length: float
    """Length over the level of the law's curve, [-]."""


_MODEL_SD = float(CURVE_MODEL_ERROR) / NORMAL_90
_LABORATORY_SD = float(LABORATORY_ERROR) / NORMAL_90
BATCH_SD = _LABORATORY_SD * float(BATCH) ** 0.5
READING_SD = _LABORATORY_SD * (1 - float(BATCH)) ** 0.5

STATED = Sizes(
    shared=_MODEL_SD * float(SHARED) ** 0.5,
    own=_MODEL_SD * (1 - float(SHARED)) ** 0.5,
    length=float(LENGTH),
    time_length=float(TIME_LENGTH),
    level_length=float(LEVEL_LENGTH),
)
"""Sizes before anything was measured."""


@frozen(kw_only=True, eq=False)
class Readings:
    """Measured gaps, one after the other."""

    inputs: FloatArray
    """Standardised features of the curves, of shape (n_curves, n_features), [-]."""

    owner: NDArray[np.int64]
    """Curve of each reading, of shape (n_readings,), [-]."""

    time_h: FloatArray
    """Time of each, of shape (n_readings,), [h]."""

    level: FloatArray
    """Level of the law's curve at each, of shape (n_readings,), [-]."""

    gap: FloatArray
    """Measured less law of each, of shape (n_readings,), [-]."""

    grid_h: FloatArray
    """Common times, of shape (n_times,), [h]."""

    def basis(self, sizes: Sizes) -> FloatArray:
        """Return the components in each reading.

        Parameters
        ----------
        sizes : Sizes
            Hyperparameters, [-].

        Returns
        -------
        ndarray of shape (n_readings, n_components)
            Components, [-].
        """
        return components(self.grid_h, self.time_h, self.level, sizes)

    def first(self, n_curves: int) -> "Readings":
        """Return the readings of the first curves.

        Parameters
        ----------
        n_curves : int
            Most curves, [-].

        Returns
        -------
        Readings
            Their readings, [-].
        """
        kept = self.owner < n_curves
        rows = {name: getattr(self, name)[kept] for name in ("owner", "time_h", "level", "gap")}
        return evolve(self, inputs=self.inputs[:n_curves], **rows)


def read(inputs: FloatArray, curves: FloatArray, law: FloatArray, grid_h: FloatArray) -> Readings:
    """Return the readings of measured curves.

    Parameters
    ----------
    inputs : ndarray of shape (n_curves, n_features)
        Standardised features, [-].
    curves : ndarray of shape (n_curves, n_times)
        Measured less law, NaN where nothing was read, [-].
    law : ndarray of shape (n_curves, n_times)
        Curves of the law, [-].
    grid_h : ndarray of shape (n_times,)
        Common times, [h].

    Returns
    -------
    Readings
        One after the other, curve by curve, [-].
    """
    owner, place = np.nonzero(np.isfinite(curves))
    return Readings(
        inputs=inputs,
        owner=owner,
        time_h=grid_h[place],
        level=law[owner, place],
        gap=curves[owner, place],
        grid_h=grid_h,
    )


def components(
    grid_h: FloatArray, times_h: FloatArray, level: FloatArray, sizes: Sizes
) -> FloatArray:
    """Return components at times and levels, those of largest variance on the grid last.

    Parameters
    ----------
    grid_h : ndarray of shape (n_grid,)
        Times that choose the components, [h].
    times_h : ndarray of shape (n,)
        Times from the start, [h].
    level : ndarray of shape (n,)
        Level of the law's curve at each, [-].
    sizes : Sizes
        Hyperparameters, [-].

    Returns
    -------
    ndarray of shape (n, n_components)
        Each with a variance of one, [-].
    """
    hours, levels = np.repeat(grid_h, len(LEVELS)), np.tile(LEVELS, len(grid_h))
    size, vectors = np.linalg.eigh(_over_time(hours, levels, hours, levels, sizes))
    keep = slice(-min(N_COMPONENTS, len(hours)), None)
    found: FloatArray = _over_time(times_h, level, hours, levels, sizes) @ vectors[:, keep]
    found /= np.sqrt(np.maximum(size[keep], 1e-9))
    return found


def _over_time(
    left_h: FloatArray,
    left_level: FloatArray,
    right_h: FloatArray,
    right_level: FloatArray,
    sizes: Sizes,
) -> FloatArray:
    """Return the correlation of a gap between readings; it opens from nothing at the start."""
    offset, start = float(TIME_OFFSET_H), float(START_H)
    apart = (np.log(left_h + offset)[:, None] - np.log(right_h + offset)) / sizes.time_length
    higher = (left_level[:, None] - right_level) / sizes.level_length
    opened = (left_h / (left_h + start))[:, None] * (right_h / (right_h + start))
    found: FloatArray = opened * np.exp(-0.5 * (apart**2 + higher**2))
    return found


def likeness(left: FloatArray, right: FloatArray, sizes: Sizes) -> FloatArray:
    """Return the covariance of a component between designs, batches apart.

    Parameters
    ----------
    left : ndarray of shape (n_left, n_features)
        Standardised features, [-].
    right : ndarray of shape (n_right, n_features)
        Standardised features, [-].
    sizes : Sizes
        Hyperparameters, [-].

    Returns
    -------
    ndarray of shape (n_left, n_right)
        Covariances: the shared part, and a Matern 5/2 of the own part, [-].
    """
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    distance = np.sqrt(np.maximum(squares, 0.0) * 5 / max(left.shape[1], 1)) / sizes.length
    matern = (1 + distance + distance**2 / 3) * np.exp(-distance)
    found: FloatArray = sizes.shared**2 + sizes.own**2 * matern
    return found


def covariance_of(
    inputs: FloatArray, owner: NDArray[np.int64], basis: FloatArray, sizes: Sizes
) -> FloatArray:
    """Return the covariance of readings.

    Parameters
    ----------
    inputs : ndarray of shape (n_curves, n_features)
        Standardised features of the curves, [-].
    owner : ndarray of shape (n_readings,)
        Curve of each reading, [-].
    basis : ndarray of shape (n_readings, n_components)
        Components in each reading, [-].
    sizes : Sizes
        Hyperparameters, [-].

    Returns
    -------
    ndarray of shape (n_readings, n_readings)
        With batches and noise, [-].
    """
    between = likeness(inputs, inputs, sizes) + BATCH_SD**2 * np.eye(len(inputs))
    found: FloatArray = between[np.ix_(owner, owner)] * (basis @ basis.T)
    found[np.diag_indices_from(found)] += READING_SD**2
    return found


def likeliest(readings: Readings, start: Sizes, steps: int) -> Sizes:
    """Return the sizes of the highest marginal likelihood under the broad normal.

    Parameters
    ----------
    readings : Readings
        Measured gaps, [-].
    start : Sizes
        Where the search begins, [-].
    steps : int
        Most steps of it, [-].

    Returns
    -------
    Sizes
        Hyperparameters, [-].
    """
    from scipy.optimize import minimize

    names = tuple(asdict(STATED))
    stated = np.log([getattr(STATED, name) for name in names])

    few = readings.first(MAX_SEARCHED)

    def loss(theta: FloatArray) -> float:
        sizes = Sizes(**dict(zip(names, np.exp(theta).tolist(), strict=True)))
        far = (((theta - stated) / float(BROAD)) ** 2).sum()
        return _unlikely(few, sizes) + 0.5 * float(far)

    first = np.log([getattr(start, name) for name in names])
    bounds = [(middle - 3, middle + 3) for middle in stated]
    found = minimize(loss, first, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return Sizes(**dict(zip(names, np.exp(found.x).tolist(), strict=True)))


def widened(readings: Readings, n_groups: int) -> Sizes:
    """Return the stated sizes, larger where few curves already lie further out than stated.

    The factor is the one of `WIDER` of the highest marginal likelihood under the broad normal.

    Parameters
    ----------
    readings : Readings
        Measured gaps, perhaps none, [-].
    n_groups : int
        Formulations among them, [-].

    Returns
    -------
    Sizes
        Hyperparameters, [-].
    """
    if not n_groups:
        return STATED
    sizes = [evolve(STATED, shared=STATED.shared * f, own=STATED.own * f) for f in WIDER]
    far = 0.5 * (np.log(WIDER) / float(BROAD)) ** 2
    losses = [_unlikely(readings, size) for size in sizes] + far
    return sizes[int(np.argmin(losses))]


def _unlikely(readings: Readings, sizes: Sizes) -> float:
    """Return the negative logarithm of the marginal likelihood, but for a constant."""
    from scipy.linalg import cho_factor, cho_solve

    covariance = covariance_of(readings.inputs, readings.owner, readings.basis(sizes), sizes)
    factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
    fit = readings.gap @ cho_solve(factor, readings.gap, check_finite=False)
    return float(0.5 * fit + np.log(np.diag(factor[0])).sum())
