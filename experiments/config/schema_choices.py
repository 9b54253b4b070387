"""Schemas of what a study fixes, excludes and was told could not be made, and of its budget."""

from collections.abc import Mapping

from experiments.config.excluding import MAX_EXCLUDED
from experiments.config.product import MAX_PRODUCTS
from experiments.config.schema_terms import (
    Schema,
    ends,
    keys,
    one_of,
    quantity,
    some,
    text,
    whole,
)
from experiments.config.spec import BUDGET_RANGES, MODES, STRATEGIES
from formulation.delivery import DELIVERY_SYSTEMS, DeliverySystem
from formulation.regions import SALT
from formulation.salts import salts


def fixed_values(system: DeliverySystem, ranges: Mapping[str, Schema]) -> Schema:
    """Return what a study may fix in a system.

    Parameters
    ----------
    system : DeliverySystem
        The system, [-].
    ranges : mapping of str to dict
        Schema of the range of each number, by name, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    members: dict[str, Schema] = {}
    for name, unit in system.names().items():
        if unit:
            members[name] = quantity(unit, ranges[name]["description"])
        else:
            members[name] = one_of(system.settings(name), name)
    members[SALT] = {"anyOf": [_salt(), members[SALT]]}
    return keys(members, description="Values that every design of this system has.")


def excluded_regions() -> Schema:
    """Return the list of regions from which no design is wanted.

    Returns
    -------
    dict
        The schema, [-].
    """
    regions = {"anyOf": [_region(system) for system in DELIVERY_SYSTEMS]}
    return some(regions, "Regions from which no design is wanted.", MAX_EXCLUDED, least=0)


def unmade() -> Schema:
    """Return the list of products that a laboratory could not make.

    Returns
    -------
    dict
        The schema, [-].
    """
    product = {
        "anyOf": [
            text("A product file, beside this one.", pattern=r"\.ya?ml$"),
            {"$ref": "#/$defs/product"},
        ]
    }
    members = {"product": product, "because": text("Why it could not be made.", minLength=1)}
    entry = keys(members, required=tuple(members))
    return some(entry, "What a laboratory could not make.", MAX_PRODUCTS, least=0)


def budget() -> Schema:
    """Return the budget of a study.

    Returns
    -------
    dict
        The schema, [-].
    """
    counts = {name: whole(low, high, name) for name, (low, high) in BUDGET_RANGES.items()}
    stagnation = {
        "trials": whole(1, BUDGET_RANGES["trials"][1], "Last trials that are looked at."),
        "gain": quantity("percent", "Least gain of hypervolume over them, of what it is now."),
    }
    members = {
        **counts,
        "strategy": one_of(STRATEGIES, "How designs are proposed."),
        "wall_time": quantity("s", "How long one run may search, in s, min, h or d."),
        "stagnation": keys(stagnation, required=tuple(stagnation), description="When it ends."),
        "ask_seconds": quantity("s", "Above it model_based goes on with a cheaper rung."),
        "mode": one_of(MODES, "By whole batches, or a design whenever a worker is free."),
    }
    return keys(members, description="How long it searches.")


def _region(system: DeliverySystem) -> Schema:
    conditions: dict[str, Schema] = {}
    for name, unit in system.names().items():
        known = one_of(system.settings(name)) if not unit else {}
        conditions[name] = (
            ends("Excluded from low to high, both included.", unit)
            if unit
            else {"anyOf": [known, some(known, f"Settings of {name}.")]}
        )
    conditions[SALT] = {"anyOf": [conditions[SALT], _salt(), some(_salt(), "Salts.")]}
    members = {
        "system": {"const": system.name, "description": system.title},
        "when": {**keys(conditions, description="All must hold."), "minProperties": 1},
        "because": text("Why.", minLength=1),
    }
    return keys(members, required=tuple(members))


def _salt() -> Schema:
    # Of a mixture the two names are joined by a plus, which no list can hold in advance.
    name = "|".join(key for key, salt in salts().items() if salt.is_designable)
    return text("A salt of the study.", pattern=rf"^({name})(\+({name}))?$")
