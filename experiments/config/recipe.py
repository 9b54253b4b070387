"""What a product file says of its recipe: lots, amounts planned and weighed, process settings."""

from collections.abc import Mapping

from experiments.config.items import Item
from formulation.blends import SECOND_SHARE
from formulation.delivery import get_system
from formulation.design import SECOND_SALT
from formulation.errors import did_you_mean
from formulation.executed import MAX_TOLERANCE_PCT
from formulation.salts import Lot, make_lot, salts

FREE_PCT = 1.0
"""Share of the unit by which any component may be off its plan, however little of it is planned,
[%]."""


def read_lot(item: Item) -> Lot | None:
    """Return a salt as delivered, by name or with its stated content.

    Parameters
    ----------
    item : Item
        A name, or a mapping with ``name`` and ``mg_content``, [-].

    Returns
    -------
    Lot or None
        The lot; None after a refusal, [-].
    """
    if isinstance(item.node.value, dict):
        members = item.members(required=("name",), optional=("mg_content",))
    else:
        members = {"name": item}
    name = members["name"].name("Salt", salts()) if "name" in members else None
    stated = members.get("mg_content")
    content = None if stated is None else stated.quantity("percent")
    if name is None or (stated is not None and content is None):
        return None
    return (stated or item).attempt(lambda: make_lot(name, content))


def read_amounts(members: Mapping[str, Item]) -> dict[str, float]:
    """Return what one unit holds of each component.

    Parameters
    ----------
    members : mapping of str to Item
        Members of the product, [-].

    Returns
    -------
    dict of str to float
        Amounts that could be read, by component, [mg].
    """
    if "amounts" not in members:
        return {}
    item = members["amounts"]
    entries = item.entries()
    read = {name: entry.quantity("mg") for name, entry in entries.items()}
    wanted = [key for key in ("salt", SECOND_SALT) if key in members]
    for key in wanted if entries else ():
        if key not in entries:
            message = f"the amount of the {key.replace('_', ' ')} is missing."
            item.refuse("missing_key", message, hint=f"Add '{key}: ... mg'.")
    if SECOND_SALT in entries and SECOND_SALT not in members:
        message = "an amount is given for a second salt that is not named."
        hint = f"Add '{SECOND_SALT}: ...' to the product."
        entries[SECOND_SALT].refuse("missing_key", message, hint=hint, at_key=True)
    return _not_negative(entries, read)


def read_executed(
    item: Item | None, planned: Item | None, amounts: Mapping[str, float]
) -> dict[str, float] | None:
    """Return what was weighed of each component.

    Parameters
    ----------
    item : Item or None
        Executed amounts; None where they are not stated, [-].
    planned : Item or None
        Planned amounts, [-].
    amounts : mapping of str to float
        The same as `read_amounts` returned them, [mg].

    Returns
    -------
    dict of str to float or None
        Amounts by component; None where they are not stated, [mg].
    """
    if item is None or planned is None:
        return None
    entries, wanted = item.entries(), planned.entries()
    for name in [name for name in entries if name not in wanted]:
        message = f"{name!r} was not planned."
        hint = did_you_mean(name, wanted)
        entries.pop(name).refuse("unknown_key", message, hint=hint, at_key=True)
    if missing := [name for name in wanted if name not in entries]:
        message = f"the executed amount of {', '.join(missing)} is missing."
        hint = "State every component, also those that were weighed as planned."
        item.refuse("missing_key", message, rule="every planned component", hint=hint)
    read = {name: entry.quantity("mg") for name, entry in entries.items()}
    return _near_plan(entries, _not_negative(entries, read), amounts)


def _not_negative(
    entries: Mapping[str, Item], read: Mapping[str, float | None]
) -> dict[str, float]:
    """Refuse negative amounts, and return those that could be read."""
    found = {name: amount for name, amount in read.items() if amount is not None}
    for name, amount in found.items():
        if amount < 0:
            entries[name].refuse("out_of_range", f"{amount:g} mg is negative.", rule=">= 0 mg")
    return found


def _near_plan(
    entries: Mapping[str, Item], executed: dict[str, float], planned: Mapping[str, float]
) -> dict[str, float]:
    """Note what is no scatter around the plan but another product, and return the amounts."""
    spare = FREE_PCT / 100 * sum(planned.values())
    for name, amount in executed.items():
        most = max(MAX_TOLERANCE_PCT / 100 * planned.get(name, amount), spare)
        if abs(amount - planned.get(name, amount)) > most:
            entries[name].refuse(
                "out_of_range",
                f"{amount:g} mg was not executed for a plan of {planned[name]:g} mg.",
                rule=f"within {MAX_TOLERANCE_PCT:g} % of the plan, or {FREE_PCT:g} % of the unit",
                hint="Check the unit; plan another product if it was one.",
            )
    return executed


def read_process(item: Item | None, system: str | None) -> dict[str, float | str]:
    """Return process settings by name.

    Parameters
    ----------
    item : Item or None
        Their mapping; None where none is stated, [-].
    system : str or None
        Delivery system; None where it could not be read, [-].

    Returns
    -------
    dict
        Settings that could be read, each in its own unit, [-].
    """
    if item is None or system is None:
        return {}
    read = {name: _read_setting(entry, system, name) for name, entry in item.entries().items()}
    return {name: value for name, value in read.items() if value is not None}


def _read_setting(item: Item, system: str, name: str) -> float | str | None:
    """Return a process setting: a word for a choice, else a number in the setting's unit."""
    units = {**get_system(system).names(), SECOND_SHARE: "percent"}
    if name not in units:
        known = [key for key in units if "." not in key]
        message = f"setting {name!r} is not known to {system}."
        item.refuse("unknown_key", message, hint=did_you_mean(name, known), at_key=True)
        return None
    return item.quantity(units[name]) if units[name] else item.text(r"\S+", "one word") or None
