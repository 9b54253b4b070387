"""How much hypervolume a candidate is expected to add, and how probably it keeps to the limits.

Every outcome is minimised and the outcomes of a candidate are independent. The hypervolume that a
value ``y`` adds is the volume of the points above it that nothing on the front dominates, so its
expectation is the integral over these points of the product of ``P(y_j <= u_j)``. Against ``u_j``
that probability integrates to ``psi``, which gives a closed form for one and two objectives. For
more, the integral is a mean over quasi-random points, the same for all candidates.
"""

import numpy as np

from formulation.arrays import FloatArray

POINTS_LOG2 = 12
"""Quasi-random points of the integral for three objectives and more, a power of two, [-]."""

REACH = 2.0
"""Spreads below the mean of a candidate down to which that integral goes, [-]."""


def psi(at: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the integral of the normal distribution function up to a value.

    Parameters
    ----------
    at : ndarray of any shape
        The value, [-].
    mean, spread : ndarray that broadcasts with `at`
        Of the normal distribution, [-].

    Returns
    -------
    ndarray of the common shape
        Expected excess of the value over the variable, [-].
    """
    from scipy.special import ndtr

    z = (at - mean) / spread
    found: FloatArray = (at - mean) * ndtr(z) + spread * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return np.maximum(found, 0.0)


def expected_improvement(
    mean: FloatArray, spread: FloatArray, front: FloatArray, reference: FloatArray
) -> FloatArray:
    """Return the expected hypervolume that each candidate adds.

    Parameters
    ----------
    mean, spread : ndarray of shape (n, n_objectives)
        Of each candidate's outcomes, all minimised, [-].
    front : ndarray of shape (n_front, n_objectives)
        Outcomes that no other dominates, each better than the reference; may be empty, [-].
    reference : ndarray of shape (n_objectives,)
        From where hypervolume counts, [-].

    Returns
    -------
    ndarray of shape (n,)
        Expected improvement; exact for one and two objectives, [-].
    """
    if len(reference) == 1:
        best = min([float(reference[0]), *front[:, 0].tolist()])
        return psi(np.array(best), mean[:, 0], spread[:, 0])
    if len(reference) == 2:
        return _of_two(mean, spread, front, reference)
    return _of_many(mean, spread, front, reference)


def _of_two(
    mean: FloatArray, spread: FloatArray, front: FloatArray, reference: FloatArray
) -> FloatArray:
    """Sum over the strips between neighbours of the front."""
    ordered = front[np.argsort(front[:, 0])]
    ends = np.append(ordered[:, 0], reference[0])
    tops = np.concatenate([[reference[1]], ordered[:, 1]])
    up_to = psi(ends, mean[:, :1], spread[:, :1])
    widths = np.diff(up_to, axis=1, prepend=0.0)
    found: FloatArray = (widths * psi(tops, mean[:, 1:], spread[:, 1:])).sum(axis=1)
    return np.maximum(found, 0.0)


def _of_many(
    mean: FloatArray, spread: FloatArray, front: FloatArray, reference: FloatArray
) -> FloatArray:
    """Average over common quasi-random points that nothing on the front dominates."""
    from scipy.special import ndtr

    lowest = np.minimum((mean - REACH * spread).min(axis=0), reference)
    if len(front):
        # Far below the front there is next to no probability and much empty volume.
        best = front.min(axis=0)
        lowest = np.maximum(lowest, best - (reference - best))
    points = lowest + _quasi(len(reference)) * (reference - lowest)
    dominated = np.zeros(len(points), dtype=bool)
    for member in front:
        dominated |= (points >= member).all(axis=1)
    free = points[~dominated]
    chance = np.ones((len(mean), len(free)))
    for j in range(len(reference)):
        chance *= ndtr((free[:, j] - mean[:, j, None]) / spread[:, j, None])
    volume = float(np.prod(reference - lowest))
    found: FloatArray = volume * chance.sum(axis=1) / len(points)
    return found


def _quasi(n_objectives: int) -> FloatArray:
    from scipy.stats import qmc

    points: FloatArray = qmc.Sobol(n_objectives, scramble=True, rng=0).random_base2(POINTS_LOG2)
    return points


def probability_of_feasibility(mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the probability that every slack is zero or more.

    Parameters
    ----------
    mean, spread : ndarray of shape (n, n_limits)
        Of each candidate's slacks; no column where nothing is limited, [-].

    Returns
    -------
    ndarray of shape (n,)
        Probability, [-].
    """
    from scipy.special import ndtr

    found: FloatArray = np.prod(ndtr(mean / spread), axis=1)
    return found
