"""What one compartment shows of a share absorbed over time, the inverse of Wagner and Nelson."""

import numpy as np

from formulation.arrays import FloatArray
from models.dissolution.moments import check_curve


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
