"""Similarity of two dissolution profiles: f1, f2, and f2's lower bound where one is predicted.

f1 is the summed gap as a share of the reference [1]_, so it depends on which one that is. f2 counts
the squared gaps at common times [1]_; at most one time lies after 85 % of both profiles, and at
least three are wanted [2]_. A predicted curve has an interval at each time: the lower bound takes
it everywhere at the end that is further from the reference. Measured f2 has rules on units and
scatter besides (`models.dissolution.eligibility`), which a prediction cannot meet.
"""

from math import log10, sqrt

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError

FULL_PCT = 85.0
"""Released share after which one time of both profiles counts, [% of label]."""

MIN_TIMES = 3
"""Fewest common times, [-]."""

MAX_REFERENCE_H = 24.0
"""Latest time of a reference, that up to which release is predicted, [h]."""

MAX_RELEASED_PCT = 110.0
"""Most that a reference may have released, an assay above label included, [% of label]."""


def _numbers(values: object) -> tuple[float, ...]:
    return tuple(float(value) for value in values)  # type: ignore[attr-defined]


@frozen(kw_only=True)
class ReferenceRelease:
    """The release profile a product should resemble.

    Raises
    ------
    InputError
        There are fewer than three times, they do not increase, a value is impossible or falls, or
        more than one time lies after 85 %.
    """

    times_h: tuple[float, ...] = field(converter=_numbers)
    """Times from the start, [h]."""

    released_pct: tuple[float, ...] = field(converter=_numbers)
    """Released by then, [% of label]."""

    def __attrs_post_init__(self) -> None:
        times, released = np.array(self.times_h), np.array(self.released_pct)
        n = times.size
        if n != released.size or n < MIN_TIMES:
            raise InputError(
                f"Reference release: {n} times; f2 needs at least {MIN_TIMES}.",
                hint="Give more points, none of them at time 0.",
            )
        if not (times[0] > 0 and (np.diff(times) > 0).all() and times[-1] <= MAX_REFERENCE_H):
            raise InputError(
                f"Reference release: the times {', '.join(f'{t:g}' for t in times)} h do not"
                f" increase from above 0 to at most {MAX_REFERENCE_H:g} h.",
                hint="Sort them, and leave time 0 out.",
            )
        if not (released.min() >= 0 and released.max() <= MAX_RELEASED_PCT):
            raise InputError(
                f"Reference release: {released.min():g} to {released.max():g} % of label; 0 to"
                f" {MAX_RELEASED_PCT:g} % is possible."
            )
        if (np.diff(released) < 0).any():
            raise InputError("Reference release: what is released falls with time.")
        if (after := int((released > FULL_PCT).sum())) > 1:
            raise InputError(
                f"Reference release: {after} points lie after {FULL_PCT:g} %; f2 takes one.",
                hint="Leave the later ones out.",
            )


def f1(reference: FloatArray, test: FloatArray) -> float:
    """Difference factor of two dissolution profiles.

    Parameters
    ----------
    reference, test : ndarray of shape (n_times,)
        Dissolved at common times, n_times >= 3, [%].

    Returns
    -------
    float
        f1, 0 for identical profiles; up to 15 counts as similar, [%].

    Raises
    ------
    InputError
        Shapes differ, fewer than three times, a value is not finite, or the reference is zero.

    References
    ----------
    .. [1] MooreFlanner1996

    Examples
    --------
    >>> f1(np.array([20.0, 50.0, 80.0]), np.array([30.0, 60.0, 85.0]))
    16.666666666666664
    """
    first, second = _pair("f1", reference, test)
    if not (total := float(first.sum())) > 0:
        raise InputError("f1 of a reference of which nothing is released; it is a share of that.")
    return 100.0 * float(np.abs(first - second).sum()) / total


def f2(reference: FloatArray, test: FloatArray) -> float:
    """Similarity factor of two dissolution profiles.

    Parameters
    ----------
    reference, test : ndarray of shape (n_times,)
        Dissolved at common times, n_times >= 3, [%].

    Returns
    -------
    float
        f2, 100 for identical profiles; 50 or more counts as similar, [-].

    Raises
    ------
    InputError
        Shapes differ, fewer than three times, or a value is not finite.

    References
    ----------
    .. [1] MooreFlanner1996
    .. [2] FDADissolution1997

    Examples
    --------
    >>> f2(np.array([20.0, 50.0, 80.0]), np.array([20.0, 50.0, 80.0]))
    100.0
    >>> round(f2(np.array([20.0, 50.0, 80.0]), np.array([30.0, 60.0, 90.0])), 1)
    49.9
    """
    first, second = _pair("f2", reference, test)
    gap = float(np.mean((first - second) ** 2))
    return 50.0 * log10(100.0 / sqrt(1.0 + gap))


def f2_lower_bound(reference: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Return the f2 of a predicted profile, nowhere nearer to the reference than its interval.

    Parameters
    ----------
    reference : ndarray of shape (n_times,)
        Dissolved at common times, n_times >= 3, [%].
    low, high : ndarray of shape (n_times,)
        Ends of the predicted interval at the same times, [%].

    Returns
    -------
    float
        f2 with the further end at every time, at most that of any profile inside the interval, [-].

    Examples
    --------
    >>> low, high = np.array([10.0, 45.0, 75.0]), np.array([25.0, 60.0, 82.0])
    >>> round(f2_lower_bound(np.array([20.0, 50.0, 80.0]), low, high), 1)
    53.0
    """
    first, least, most = (np.asarray(x, dtype=float) for x in (reference, low, high))
    further = np.where(np.abs(least - first) > np.abs(most - first), least, most)
    return f2(first, further)


def _pair(what: str, reference: FloatArray, test: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two profiles as arrays, or say why there is no such factor of them."""
    first, second = np.asarray(reference, dtype=float), np.asarray(test, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or first.size < MIN_TIMES:
        raise InputError(
            f"{what} of profiles of shape {first.shape} and {second.shape}: common times are"
            f" wanted, at least {MIN_TIMES}."
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError(f"{what} of profiles with missing values: none is left out unseen.")
    return first, second
