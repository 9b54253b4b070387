"""The front of a study and its hypervolume, between worst acceptable and ideal values."""

from collections.abc import Mapping, Sequence

import numpy as np

from formulation.arrays import FloatArray
from formulation.targets import Objective


def normalised(
    objectives: Sequence[Objective], values: Sequence[Mapping[str, float]]
) -> FloatArray:
    """Return objective values between 0 (worst acceptable) and 1 (ideal), not clipped.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    values : sequence of mapping
        Endpoint values of each design, [-].

    Returns
    -------
    ndarray of shape (n_designs, n_objectives)
        Normalised values, greater is better, [-].
    """
    rows = [[o.normalise(row[o.endpoint]) for o in objectives] for row in values]
    return np.array(rows, dtype=float).reshape(len(values), len(objectives))


def front_indices(scores: FloatArray) -> list[int]:
    """Return which designs no other design beats.

    Parameters
    ----------
    scores : ndarray of shape (n_designs, n_objectives)
        Normalised values, greater is better, [-].

    Returns
    -------
    list of int
        Positions of the non-dominated designs, the first of equals only, [-].
    """
    from moocore import is_nondominated

    if len(scores) == 0:
        return []
    return [int(k) for k in np.flatnonzero(is_nondominated(-scores, keep_weakly=False))]


def hypervolume(scores: FloatArray) -> float:
    """Return the share of the box between worst and ideal that is dominated.

    Parameters
    ----------
    scores : ndarray of shape (n_designs, n_objectives)
        Normalised values, greater is better; beyond the box they count as its edge, [-].

    Returns
    -------
    float
        Between 0 and 1, [-].
    """
    from moocore import hypervolume as dominated

    if len(scores) == 0:
        return 0.0
    return float(dominated(1.0 - np.clip(scores, 0.0, 1.0), ref=np.ones(scores.shape[1])))


def spread_indices(scores: FloatArray, n: int) -> list[int]:
    """Return designs that lie far from each other, beginning with the first.

    Parameters
    ----------
    scores : ndarray of shape (n_designs, n_objectives)
        Normalised values, [-].
    n : int
        Most designs, [-].

    Returns
    -------
    list of int
        Positions in rising order; all of them when there are no more than asked for, [-].
    """
    if len(scores) <= n:
        return list(range(len(scores)))
    chosen = [0]
    nearest = np.linalg.norm(scores - scores[0], axis=1)
    while len(chosen) < n:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(scores - scores[chosen[-1]], axis=1))
    return sorted(chosen)
