"""What a study leaves out: excluded regions, read and written.

``exclude`` lists regions from which no design is wanted, each with its reason.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

from experiments.config.items import Item
from experiments.config.naming import refuse_no_ends, share_reason
from experiments.config.quantities import quantity_text
from formulation.delivery import DeliverySystem, get_system
from formulation.regions import SALT, Interval, Region, check_condition

MAX_EXCLUDED = 50
"""Most excluded regions of a study, and most settings of a condition, [-]."""


def read_excluded(
    item: Item | None, systems: Collection[str], salts: Collection[str]
) -> tuple[tuple[Item, Region], ...]:
    """Return the regions that a study excludes, each with the item that states it.

    Parameters
    ----------
    item : Item or None
        The list of regions; None where nothing is excluded, [-].
    systems : collection of str
        Delivery systems of the study, [-].
    salts : collection of str
        Salts of the study, [-].

    Returns
    -------
    tuple of tuple
        Those that could be read, [-].
    """
    elements = [] if item is None else item.elements(most=MAX_EXCLUDED, least=0)
    read = [(element, _read_region(element, systems, salts)) for element in elements]
    return tuple((element, region) for element, region in read if region is not None)


def excluded_config(region: Region) -> dict[str, Any]:
    """Return a region as a study file writes it.

    Parameters
    ----------
    region : Region
        The region, [-].

    Returns
    -------
    dict
        System, conditions and reason, [-].
    """
    when: dict[str, Any] = {}
    for name, wanted in region.when.items():
        if isinstance(wanted, Interval):
            ends = {"low": wanted.low, "high": wanted.high}
            when[name] = {
                k: quantity_text(x, wanted.unit) for k, x in ends.items() if abs(x) < float("inf")
            }
        else:
            when[name] = list(wanted)
    return {"system": region.system, "when": when, "because": region.because}


def _read_region(item: Item, systems: Collection[str], salts: Collection[str]) -> Region | None:
    before = len(item.problems)
    members = item.members(required=("system", "when", "because"))
    name = members["system"].name("System of the study", systems) if "system" in members else None
    because = (
        members["because"].text(r".*\S.*", "a reason in words") if "because" in members else ""
    )
    if name is None or "when" not in members:
        return None
    system, when = get_system(name), {}
    for key, entry in members["when"].entries().items():
        if key != SALT and key not in system.names():
            # The domain names the nearest that it knows.
            entry.attempt(partial(check_condition, system, key, ()), at_key=True)
            continue
        wanted = _read_condition(system, key, entry, salts)
        if wanted is not None:
            when[key] = wanted
            entry.attempt(partial(check_condition, system, key, wanted))
    if len(item.problems) > before:
        return None
    return members["when"].attempt(lambda: Region(system=name, when=when, because=because))


def _read_condition(
    system: DeliverySystem, name: str, item: Item, salts: Collection[str]
) -> Interval | tuple[str, ...] | None:
    if isinstance(item.node.value, dict):
        unit = system.names().get(name) or "1"
        why = share_reason(system, name)
        members = item.members(optional=("low", "high"))
        ends = {key: member.quantity(unit, why=why) for key, member in members.items()}
        stated = {key: end for key, end in ends.items() if end is not None}
        if not ends:
            refuse_no_ends(item, unit)
        if not stated or len(stated) < len(ends):
            return None
        return item.attempt(lambda: Interval(**stated, unit=unit))
    several = isinstance(item.node.value, tuple)
    elements = item.elements(most=MAX_EXCLUDED) if several else (item,)
    rule = "one setting" if several else "low and high, or settings"
    if name == SALT:
        found = [element.name("Salt of the study", salts) for element in elements]
        texts = [text or "" for text in found]
    else:
        texts = [element.text(rule=rule) for element in elements]
    return tuple(texts) if texts and all(texts) else None
