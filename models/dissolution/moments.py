"""Numbers of one dissolution curve that need no model: mean dissolution time and efficiency.

Both take the curve as straight lines from (0, 0) through its points [1]_, and both count only what
was released by the last time: a curve that goes on rising has a longer mean dissolution time than
is given here. The efficiency is the area under the curve as a share of the area of complete release
at once [2]_.
"""

import numpy as np

from formulation.arrays import FloatArray
from formulation.errors import InputError


def mean_dissolution_time(times_h: FloatArray, released_pct: FloatArray) -> float:
    """Return the mean time at which what is released by the last time is released.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising; (0, 0) is added when it is not among them, [h].
    released_pct : ndarray of shape (n_times,)
        Released by then, [%].

    Returns
    -------
    float
        Mean dissolution time, [h].

    Raises
    ------
    InputError
        It is no curve, falls, or nothing is released.

    References
    ----------
    .. [1] Costa2001

    Examples
    --------
    >>> mean_dissolution_time(np.array([1.0, 2.0]), np.array([60.0, 80.0]))
    0.75
    """
    times, released = _from_zero(times_h, released_pct)
    steps = np.diff(released)
    if (steps < 0).any():
        raise InputError(
            "Mean dissolution time of a curve that falls with time.",
            hint="Release is cumulative; check the values.",
        )
    if not released[-1] > 0:
        raise InputError("Mean dissolution time of a curve of which nothing is released.")
    middle = (times[1:] + times[:-1]) / 2
    return float((middle * steps).sum() / released[-1])


def dissolution_efficiency(times_h: FloatArray, released_pct: FloatArray) -> float:
    """Return the area under a curve up to its last time as a share of complete release at once.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising; (0, 0) is added when it is not among them, [h].
    released_pct : ndarray of shape (n_times,)
        Released by then, [%].

    Returns
    -------
    float
        Dissolution efficiency, [%].

    Raises
    ------
    InputError
        It is no curve.

    References
    ----------
    .. [2] Khan1975

    Examples
    --------
    >>> dissolution_efficiency(np.array([1.0, 2.0]), np.array([60.0, 80.0]))
    50.0
    """
    times, released = _from_zero(times_h, released_pct)
    return float(np.trapezoid(released, times) / times[-1])


def _from_zero(times_h: FloatArray, released_pct: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a curve that begins at (0, 0)."""
    times, released = check_curve(times_h, released_pct)
    if times[0] > 0:
        times, released = np.insert(times, 0, 0.0), np.insert(released, 0, 0.0)
    return times, released


def check_curve(times_h: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return times and values as arrays, or say why they are no curve.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, [h].
    values : ndarray of shape (n_times,)
        One value a time, [any].

    Returns
    -------
    tuple of ndarray
        Both, of shape (n_times,), [h] and [any].

    Raises
    ------
    InputError
        Shapes differ, a number is missing, or the times do not rise from zero or later.
    """
    times, found = np.asarray(times_h, dtype=float), np.asarray(values, dtype=float)
    if times.ndim != 1 or times.shape != found.shape or times.size == 0:
        raise InputError(f"Curve: times {times.shape} and values {found.shape} must match.")
    if not (np.isfinite(times).all() and np.isfinite(found).all()):
        raise InputError("Curve: a time or value is missing; none is left out unseen.")
    if times[0] < 0 or (np.diff(times) <= 0).any() or times[-1] <= 0:
        raise InputError("Curve: the times must rise, from 0 h or later.")
    return times, found
