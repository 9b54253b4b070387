"""Percentiles between subjects, as plain values."""

import numpy as np

from formulation.arrays import FloatArray

PERCENTILES = {"p05": 5.0, "p50": 50.0, "p95": 95.0}
"""Percentiles of a band, [%]."""


def bands(values: FloatArray) -> dict[str, list[float]]:
    """Return the percentiles of some values between subjects.

    Parameters
    ----------
    values : ndarray of shape (..., n_subjects)
        Values, in any unit, [-].

    Returns
    -------
    dict of str to list
        By percentile, of the shape without subjects, [-].
    """
    found = np.percentile(values, list(PERCENTILES.values()), axis=-1)
    return dict(zip(PERCENTILES, found.tolist(), strict=True))
