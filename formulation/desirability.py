"""Desirability: several objectives as one number, beside the Pareto front and never in its place.

Each objective gives 0 at its worst acceptable value, 1 at its ideal, and in between the normalised
value to the power of its weight. The overall desirability is the geometric mean, each with its
importance: one objective at 0 makes the whole 0, whatever the others are [1]_.

References
----------
.. [1] DerringerSuich1980
"""

from collections.abc import Mapping, Sequence
from math import exp, log

from formulation.targets import Objective


def desirability(objective: Objective, value: float) -> float:
    """Return how desirable a value is.

    Parameters
    ----------
    objective : Objective
        What is wanted, with its weight, [-].
    value : float
        Value of the endpoint, in its unit, [-].

    Returns
    -------
    float
        From 0 at the worst acceptable value and beyond to 1 at the ideal and beyond, [-].
    """
    share = min(max(objective.normalise(value), 0.0), 1.0)
    return float(share**objective.weight)


def overall_desirability(objectives: Sequence[Objective], values: Mapping[str, float]) -> float:
    """Return the desirability of all objectives together.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, with weights and importances, [-].
    values : mapping of str to float
        Values by endpoint key, each in its endpoint's unit, [-].

    Returns
    -------
    float
        Geometric mean weighted by importance, from 0 to 1, [-].

    References
    ----------
    .. [1] DerringerSuich1980
    """
    found = [(o.importance, desirability(o, values[o.endpoint])) for o in objectives]
    if any(share == 0 for _, share in found):
        return 0.0
    total = sum(importance for importance, _ in found)
    return exp(sum(importance * log(share) for importance, share in found) / total)
