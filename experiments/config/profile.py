"""The target product profile of a study, and aims that need prices nobody knows."""

from collections.abc import Iterable, Mapping
from functools import partial

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from formulation.attributes import unpriced_in
from formulation.quality_attributes import (
    ProfileTarget,
    profile_key,
    profile_possible,
    profile_unit,
)
from formulation.space import DesignSpace
from formulation.targets import Objective, OutcomeLimit, get_endpoint

MAX_PROFILE = 50
"""Most attributes of one profile, [-]."""

ENDS = ("low", "high")


def read_profile(item: Item | None) -> tuple[ProfileTarget, ...]:
    """Return the target product profile of a study.

    Parameters
    ----------
    item : Item or None
        The list of attributes with their bounds, empty for the usual ranges; None for a study
        without, [-].

    Returns
    -------
    tuple of ProfileTarget
        Those that could be read; an attribute that is not predicted is kept like any other, [-].
    """
    found: dict[str, ProfileTarget] = {}
    for element in item.elements(most=MAX_PROFILE, least=0) if item is not None else ():
        target = _read_target(element)
        if target is None:
            continue
        if target.attribute in found:
            element.refuse("duplicate", f"attribute {target.attribute!r} stands twice.")
        found[target.attribute] = target
    return tuple(found.values())


def profile_config(profile: Iterable[ProfileTarget]) -> list[dict[str, str]]:
    """Return a profile as a study file states it.

    Parameters
    ----------
    profile : iterable of ProfileTarget
        The profile, [-].

    Returns
    -------
    list of dict
        Plain data with units, [-].
    """
    return [_target_config(target) for target in profile]


def refuse_unpriced(
    item: Item, aims: Iterable[Objective | OutcomeLimit], space: DesignSpace
) -> None:
    """Note every objective or limit on a cost that some designs of the space do not have.

    Parameters
    ----------
    item : Item
        The list the aims were read from, [-].
    aims : iterable of Objective or OutcomeLimit
        What was read, [-].
    space : DesignSpace
        What may be made, [-].
    """
    costs = {aim.endpoint for aim in aims if get_endpoint(aim.endpoint).needs_prices}
    missing = unpriced_of(space) if costs else {}
    for system, names in missing.items():
        item.refuse(
            "unknown_price",
            f"{', '.join(sorted(costs))} cannot be asked for: of {system} the price of"
            f" {', '.join(names)} is unknown.",
            rule="a cost is asked for only where every ingredient has a price",
            hint="Leave these ingredients out under 'choices', or drop the aim;"
            " the report still shows the cost of designs without them.",
        )


def unpriced_of(space: DesignSpace) -> dict[str, tuple[str, ...]]:
    """Return the ingredients of unknown price that a study may use.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].

    Returns
    -------
    dict of str to tuple of str
        By delivery system; systems where all prices are known are left out, [-].
    """
    found = {}
    for part in space.spaces:
        salts = [lot.salt.key for source in part.sources for lot in source.lots]
        names = [name for form in part.system.forms for name in unpriced_in(form, salts)]
        if names:
            found[part.name] = tuple(dict.fromkeys(names))
    return found


def _read_target(item: Item) -> ProfileTarget | None:
    members = item.members(required=("attribute",), optional=ENDS)
    named = members.get("attribute")
    if named is None or not (name := named.text(rule="the name of an attribute")):
        return None
    key = named.attempt(partial(profile_key, name))
    if key is None:
        return None
    ends = _read_ends(members, key)
    if ends is None:
        return None
    return item.attempt(lambda: ProfileTarget(attribute=key, **ends))


def _read_ends(members: Mapping[str, Item], attribute: str) -> dict[str, float] | None:
    """Return the bounds in the attribute's unit; None when one could not be read."""
    unit, possible = profile_unit(attribute), profile_possible(attribute)
    read = {
        key: members[key].possible_quantity(unit, possible, attribute)
        for key in ENDS
        if key in members
    }
    found = {key: value for key, value in read.items() if value is not None}
    return found if len(found) == len(read) else None


def _target_config(target: ProfileTarget) -> dict[str, str]:
    unit = profile_unit(target.attribute)
    ends = {"low": target.low, "high": target.high}
    stated = {key: quantity_text(x, unit) for key, x in ends.items() if x is not None}
    return {"attribute": target.attribute, **stated}
