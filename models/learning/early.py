"""What early values of a curve say about its later ones, by the laws of release.

A curve whose first hours were measured is carried on four ways: held flat, as a power of time
(Korsmeyer and Peppas), to a plateau of one by first order, and by the square root of time
(Higuchi). None of them is believed; a learner sees all of them. They use the early values alone, so
nothing of what is to be predicted leaks in.
"""

import numpy as np

from formulation.arrays import FloatArray

N_EARLY = 7
"""Columns that early values give, [-]."""

_LEAST, _MOST = 1e-3, 1.3


def early_columns(early: FloatArray, at: FloatArray, time: FloatArray) -> FloatArray:
    """Return early values carried on to later times.

    Parameters
    ----------
    early : ndarray of shape (n, n_early)
        Early fractions of each row's curve; NaN where not measured, [-].
    at : ndarray of shape (n_early,)
        When they were measured, rising, in the unit of `time`, [-].
    time : ndarray of shape (n,)
        Time of each row, [-].

    Returns
    -------
    ndarray of shape (n, 7)
        Held flat, power law, its exponent, first order, its rate, square root of time, and the last
        slope, [-].
    """
    fraction = np.clip(early, _LEAST, _MOST)
    knots = np.concatenate([[0.0], at])
    held = [np.interp(t, knots, [0.0, *row]) for t, row in zip(time, fraction, strict=True)]
    later = np.maximum(time, 1e-9)
    log_at, log_early = np.log(at), np.log(fraction)
    away = log_at - log_at.mean()
    spread = float((away**2).sum())
    exponent = (log_early * away).sum(axis=1) / spread if spread > 0 else np.full(len(time), 0.5)
    level = log_early.mean(axis=1) - exponent * log_at.mean()
    power = np.clip(np.exp(level) * later**exponent, 0, _MOST)
    rate = -(np.log1p(-np.clip(fraction, 0, 0.99)) @ at) / float(at @ at)
    root = (fraction @ np.sqrt(at)) / float(at.sum())
    before = fraction[:, -2] if len(at) > 1 else np.zeros(len(time))
    last = at[-1] - (at[-2] if len(at) > 1 else 0.0)
    return np.column_stack(
        [
            *(np.asarray(held), power, exponent, 1 - np.exp(-rate * time), rate),
            *(np.clip(root * np.sqrt(time), 0, _MOST), (fraction[:, -1] - before) / last),
        ]
    )
