"""How two candidates of a study are compared: by which value, which interval, which merit.

The comparator of every study is the simplest product: a plain immediate-release tablet of a
soluble salt.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from formulation.targets import Goal, Objective

RELEVANT_SHARE = 0.05
"""Difference in an exact quantity that counts, as share of ideal minus worst, [-] (assumed)."""


def used_value(candidate: Mapping[str, Any], key: str) -> float:
    """Return the value a candidate is judged by: confirmed where it was, else predicted.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].
    key : str
        Endpoint key of an objective, [-].

    Returns
    -------
    float
        Value in the endpoint's unit, [-].
    """
    confirmation = candidate["confirmation"]
    values = candidate["objectives"] if confirmation is None else confirmation["values"]
    return float(values[key])


def widest_interval(candidate: Mapping[str, Any], key: str) -> tuple[float, float]:
    """Return the interval two candidates are compared by.

    The interval of a confirmation knows nothing of model error; that of the search does, so what
    both cover together decides.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].
    key : str
        Endpoint key of an objective, [-].

    Returns
    -------
    tuple of float
        Lower and upper end in the endpoint's unit, [-].
    """
    low, high = candidate["intervals"][key]
    confirmation = candidate["confirmation"]
    if confirmation is None:
        return low, high
    return min(low, confirmation["lo90"][key]), max(high, confirmation["hi90"][key])


def objectives_of(document: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Return the objectives of a document.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of Objective
        In the order of the study, [-].
    """
    return tuple(
        Objective(
            endpoint=o["key"],
            goal=Goal(o["goal"]),
            worst=o["worst"],
            ideal=o["ideal"],
            weight=o.get("weight", 1.0),
            importance=o.get("importance", 1.0),
        )
        for o in document["objectives"]
    )


def merit(objectives: Sequence[Objective], candidate: Mapping[str, Any]) -> tuple[float, float]:
    """Return what candidates are ranked by.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    candidate : mapping
        A member of the document's front, [-].

    Returns
    -------
    tuple of float
        Product of normalised objectives, none below 0, each to the power of its weight and
        importance; their sum, which decides between candidates without any product, [-].
    """
    scores = [max(o.normalise(used_value(candidate, o.endpoint)), 0.0) for o in objectives]
    powers = [o.weight * o.importance for o in objectives]
    return prod(x**p for x, p in zip(scores, powers, strict=True)), sum(scores)


def falls_short_in(
    objectives: Sequence[Objective], candidate: Mapping[str, Any], best: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the objectives in which a candidate is worse than another beyond the intervals.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    candidate : mapping
        The one in question, [-].
    best : mapping
        The one it is compared with, [-].

    Returns
    -------
    tuple of str
        Endpoint keys; none when it does as well, [-].
    """
    found = []
    for objective in objectives:
        key = objective.endpoint
        low, high = widest_interval(candidate, key)
        best_low, best_high = widest_interval(best, key)
        # An exact quantity has no interval; a small difference in it is no reason to choose.
        margin = RELEVANT_SHARE * abs(objective.ideal - objective.worst) if low == high else 0.0
        is_below = (
            high + margin < best_low
            if objective.goal is Goal.MAXIMISE
            else low - margin > best_high
        )
        if is_below:
            found.append(key)
    return tuple(found)


def search_kind(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    """Return what the predicted intervals of a candidate are called.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    candidate : mapping
        A member of its front, [-].

    Returns
    -------
    str
        The kind that the model card of its delivery system states, [-].
    """
    for model in document["models"]:
        if model["system"] == candidate["design"]["system"]:
            return str(model["intervals"]["endpoints"])
    return "90 %: of a kind not recorded, the model card is missing"
