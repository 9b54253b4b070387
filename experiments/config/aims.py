"""For whom and towards what, read from a study: population, objectives, limits and budget."""

from collections.abc import Mapping
from functools import partial

from attrs import asdict

from experiments.config.items import Item
from experiments.config.spec import BUDGET_RANGES, MAX_SEED, STRATEGIES, Budget
from formulation.patients import (
    MAX_POPULATION,
    REFUSED_CONDITIONS,
    Population,
    Spread,
    get_patient_field,
    named_spreads,
)
from formulation.targets import Goal, Objective, OutcomeLimit, endpoint_key, get_endpoint

MAX_OBJECTIVES = 10
"""Most objectives of one study, [-]."""

MAX_LIMITS = 50
"""Most limits on outcomes of one study, [-]."""

DEFAULT_SUBJECTS = 256
"""Subjects of a population when the study says nothing, [-]."""

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
NAME_RULE = "a name of up to 100 letters, digits, '-', '_' and '.', starting with a letter or digit"


def read_population(item: Item) -> Population | None:
    """Return the population of a study.

    Parameters
    ----------
    item : Item
        The name of one that comes with the product, or a mapping, [-].

    Returns
    -------
    Population or None
        The population; None after a refusal, [-].
    """
    before = len(item.problems)
    if isinstance(item.node.value, dict):
        members = item.members(
            required=("name",), optional=("size", "seed", "fields", "conditions")
        )
    else:
        members = {"name": item}
    fields = members["fields"].entries() if "fields" in members else {}
    name = _population_name(members.get("name"), is_new=bool(fields))
    own = named_spreads().get(name, {})
    spreads = {key: _read_spread(key, member, own.get(key)) for key, member in fields.items()}
    conditions = members["conditions"].elements(most=20, least=0) if "conditions" in members else []
    named = [c.name("Condition", REFUSED_CONDITIONS) for c in conditions]
    size = members["size"].whole(1, MAX_POPULATION) if "size" in members else DEFAULT_SUBJECTS
    seed = members["seed"].whole(0, MAX_SEED) if "seed" in members else 0
    if len(item.problems) > before or size is None or seed is None:
        return None
    stated = {key: spread for key, spread in spreads.items() if spread is not None}
    return _blamed(members, fields, item).attempt(
        lambda: Population(
            name=name,
            size=size,
            seed=seed,
            spreads={**own, **stated},
            conditions=tuple(c for c in named if c is not None),
        )
    )


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
    members = item.members(optional=(*BUDGET_RANGES, "strategy"))
    values = asdict(Budget())
    for key, member in members.items():
        if key == "strategy":
            values[key] = member.name("Strategy", STRATEGIES)
        else:
            values[key] = member.whole(*BUDGET_RANGES[key])
    return None if None in values.values() else Budget(**values)


def _population_name(item: Item | None, *, is_new: bool) -> str:
    """Return a known name; a population with fields of its own may have a new one."""
    if item is None:
        return ""
    if is_new:
        return item.text(NAME_PATTERN, NAME_RULE)
    return item.name("Population", named_spreads()) or ""


def _read_spread(name: str, item: Item, own: Spread | None) -> Spread | None:
    """Return the spread of a field; one value is the same for everybody."""
    known = item.attempt(lambda: get_patient_field(name), at_key=True)
    if known is None:
        return None
    unit = known.default.unit
    if not isinstance(item.node.value, dict):
        value = item.quantity(unit)
        if value is None:
            return None
        item.attempt(partial(known.check, value))
        return Spread(mean=value, sd=0.0, low=value, high=value)
    keys = ("mean", "sd", "low", "high")
    members = item.members(required=() if own else keys, optional=keys if own else ())
    values: dict[str, float] = {} if own is None else asdict(own)
    for key, member in members.items():
        value = member.quantity(unit)
        if value is None:
            return None
        values[key] = value
        if key in ("low", "high"):
            member.attempt(partial(known.check, value, key))
    if len(values) < len(keys):
        return None
    return item.attempt(lambda: Spread(**values))


def _blamed(members: Mapping[str, Item], fields: Mapping[str, Item], item: Item) -> Item:
    """Return the item that a refusal of the whole population points at."""
    conditions = members.get("conditions")
    if conditions is not None and conditions.node.value:
        return conditions
    return fields.get("egfr_ml_min", item)


def _read_objective(item: Item) -> Objective | None:
    members = item.members(required=("endpoint", "goal", "worst", "ideal"))
    endpoint = _read_endpoint(members.get("endpoint"))
    goal = members["goal"].name("Goal", [g.value for g in Goal]) if "goal" in members else None
    ends = _read_ends(members, ("worst", "ideal"), endpoint)
    if endpoint is None or goal is None or ends is None or len(ends) < 2:
        return None
    return item.attempt(lambda: Objective(endpoint=endpoint, goal=Goal(goal), **ends))


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
    unit = get_endpoint(endpoint).unit
    read = {key: members[key].quantity(unit) for key in keys if key in members}
    found = {key: value for key, value in read.items() if value is not None}
    return found if len(found) == len(read) else None
