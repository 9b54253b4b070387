"""Towards what, read from a study: objectives, limits and budget."""

from collections.abc import Mapping
from typing import Any

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from experiments.config.spec import BUDGET_RANGES, STRATEGIES, Budget
from experiments.config.stops import STOPS, read_stop, refuse_endless
from formulation.targets import Goal, Objective, OutcomeLimit, endpoint_key, get_endpoint

MAX_OBJECTIVES = 10
"""Most objectives of one study, [-]."""

MAX_LIMITS = 50
"""Most limits on outcomes of one study, [-]."""

COUNTS_FOR = ("weight", "importance")
"""Keys of an objective that its desirability reads; pure numbers."""

RESTS_ON = {"ask_seconds": "strategy", "stagnation": "trials"}
"""Keys of a budget that are judged beside another."""


def read_objectives(item: Item) -> tuple[Objective, ...]:
    """Return the objectives of a study.

    Parameters
    ----------
    item : Item
        The list of objectives, [-].

    Returns
    -------
    tuple of Objective
        Those that could be read, [-].
    """
    found: dict[str, Objective] = {}
    for element in item.elements(most=MAX_OBJECTIVES):
        objective = _read_objective(element)
        if objective is None:
            continue
        if objective.endpoint in found:
            element.refuse("duplicate", f"endpoint {objective.endpoint!r} stands twice.")
        found[objective.endpoint] = objective
    return tuple(found.values())


def read_limits(item: Item | None) -> tuple[OutcomeLimit, ...]:
    """Return the limits on outcomes of a study.

    Parameters
    ----------
    item : Item or None
        The list of limits; None for a study without, [-].

    Returns
    -------
    tuple of OutcomeLimit
        Those that could be read, [-].
    """
    found: dict[str, OutcomeLimit] = {}
    for element in item.elements(most=MAX_LIMITS, least=0) if item is not None else ():
        limit = _read_limit(element)
        if limit is None:
            continue
        if limit.name in found:
            element.refuse("duplicate", f"limit {limit.name!r} stands twice.")
        found[limit.name] = limit
    return tuple(found.values())


def read_budget(item: Item | None) -> Budget | None:
    """Return the budget of a study.

    Parameters
    ----------
    item : Item or None
        Counts, seed and strategy; what is not given keeps the defaults of `Budget`, [-].

    Returns
    -------
    Budget or None
        The budget; None after a refusal, [-].
    """
    if item is None:
        return Budget()
    values: dict[str, Any] = {}
    for key, member in item.members(optional=(*BUDGET_RANGES, "strategy", *STOPS)).items():
        if key in STOPS:
            field, value = read_stop(key, member)
            values[field] = value
        elif key == "strategy":
            values[key] = member.name("Strategy", STRATEGIES)
        else:
            values[key] = member.whole(*BUDGET_RANGES[key])
    read = {key: value for key, value in values.items() if value is not None}
    # What could not be read is told already; a rule that rests on it cannot be judged.
    for key, other in RESTS_ON.items():
        if other in values and other not in read:
            read.pop(key, None)
    budget = item.attempt(lambda: Budget(**read))
    # A study that is stored, or that a flag cut short, is taken as it is.
    if budget is not None and "stagnation" in read and item.file:
        refuse_endless(item.entries()["stagnation"], budget)
    return budget if len(read) == len(values) else None


def objective_config(objective: Objective) -> dict[str, Any]:
    """Return an objective as the plain data of a study.

    Parameters
    ----------
    objective : Objective
        The objective, [-].

    Returns
    -------
    dict
        As a study file states it, [-].
    """
    unit = get_endpoint(objective.endpoint).unit
    return {
        "endpoint": objective.endpoint,
        "goal": objective.goal.value,
        "worst": quantity_text(objective.worst, unit),
        "ideal": quantity_text(objective.ideal, unit),
        # Objectives of weight and importance 1 keep the hash they had before there were any.
        **{key: x for key in COUNTS_FOR if (x := getattr(objective, key)) != 1},
    }


def limit_config(limit: OutcomeLimit) -> dict[str, Any]:
    """Return a limit on an outcome as the plain data of a study.

    Parameters
    ----------
    limit : OutcomeLimit
        The limit, [-].

    Returns
    -------
    dict
        As a study file states it, [-].
    """
    unit = get_endpoint(limit.endpoint).unit
    ends = {"low": limit.low, "high": limit.high}
    stated = {key: quantity_text(x, unit) for key, x in ends.items() if x is not None}
    return {"endpoint": limit.endpoint, **stated}


def _read_objective(item: Item) -> Objective | None:
    members = item.members(required=("endpoint", "goal", "worst", "ideal"), optional=COUNTS_FOR)
    endpoint = _read_endpoint(members.get("endpoint"))
    goal = members["goal"].name("Goal", [g.value for g in Goal]) if "goal" in members else None
    ends = _read_ends(members, ("worst", "ideal"), endpoint)
    counts = {key: members[key].quantity("1") for key in COUNTS_FOR if key in members}
    stated = {key: value for key, value in counts.items() if value is not None}
    if endpoint is None or goal is None or ends is None or len(ends) < 2:
        return None
    made = item.attempt(lambda: Objective(endpoint=endpoint, goal=Goal(goal), **ends, **stated))
    return made if stated == counts else None


def _read_limit(item: Item) -> OutcomeLimit | None:
    members = item.members(required=("endpoint",), optional=("low", "high"))
    endpoint = _read_endpoint(members.get("endpoint"))
    ends = _read_ends(members, ("low", "high"), endpoint)
    if endpoint is None or ends is None:
        return None
    return item.attempt(lambda: OutcomeLimit(endpoint=endpoint, **ends))


def _read_endpoint(item: Item | None) -> str | None:
    if item is None or not (name := item.text(rule="the name of an endpoint")):
        return None
    return item.attempt(lambda: endpoint_key(name))


def _read_ends(
    members: Mapping[str, Item], keys: tuple[str, str], endpoint: str | None
) -> dict[str, float] | None:
    """Return the stated values in the endpoint's unit; None when one could not be read."""
    if endpoint is None:
        return None
    known = get_endpoint(endpoint)
    read = {
        key: members[key].possible_quantity(known.unit, known.possible, endpoint)
        for key in keys
        if key in members
    }
    found = {key: value for key, value in read.items() if value is not None}
    return found if len(found) == len(read) else None
