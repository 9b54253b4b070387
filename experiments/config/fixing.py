"""What a study fixes, read and written, and held against what it excludes.

``fixed`` of a system answers "what if HPMC is 20 %": every design of that system has the value.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from attrs import evolve, field, frozen

from experiments.config.items import Item
from experiments.config.naming import is_elsewhere, share_reason
from experiments.config.quantities import quantity_text
from formulation.blends import SaltSource
from formulation.delivery import FORM, DeliverySystem, get_system
from formulation.errors import InputError
from formulation.fixing import fixed
from formulation.regions import SALT, Interval, Region
from formulation.space import SystemSpace


@frozen(kw_only=True)
class SystemPart:
    """A delivery system as a study narrows it."""

    system: DeliverySystem
    """The narrower system."""

    ranges: dict[str, dict[str, float]] = field(factory=dict)
    """Ends of the ranges the study states, in the unit of each, by name."""

    choices: dict[str, list[str]] = field(factory=dict)
    """Settings the study states, by choice."""

    fixed: dict[str, float | str] = field(factory=dict)
    """Values the study fixes, in the unit of each, by name."""

    free: DeliverySystem | None = field(default=None, eq=False, repr=False)
    """The system before anything was fixed; None where nothing is."""

    def salts_of(self, sources: tuple[SaltSource, ...]) -> tuple[SaltSource, ...]:
        """Return the salts this system may be made with: all of the study, or the one fixed."""
        salt = self.fixed.get(SALT)
        return tuple(s for s in sources if s.name == salt) if isinstance(salt, str) else sources


def read_fixed(part: SystemPart, item: Item, salt_names: Collection[str]) -> SystemPart:
    """Return a system with what a study fixes in it.

    Parameters
    ----------
    part : SystemPart
        The system as the study narrows it, [-].
    item : Item
        Values by name, [-].
    salt_names : collection of str
        Salts of the study, [-].

    Returns
    -------
    SystemPart
        The system in which they hold, as far as they could be read, [-].
    """
    narrowed = evolve(part, free=part.system)
    # The form first: it decides what else there is.
    for name, entry in sorted(item.entries().items(), key=lambda stated: stated[0] != FORM):
        system = narrowed.system
        if is_elsewhere(system, name, entry):
            continue
        value = _read_value(part.system, name, entry, salt_names)
        if value is None:
            continue
        if not _is_salt(name, value):
            found = entry.attempt(partial(fixed, system, name, value))
            if found is None:
                continue
            system = found
        narrowed = evolve(narrowed, system=system, fixed={**narrowed.fixed, name: value})
    return narrowed


def check_fixed(
    item: Item, part: SystemPart, space_of: Callable[[SystemPart], SystemSpace]
) -> bool:
    """Refuse fixed values with which nothing can be made, naming those that conflict.

    Parameters
    ----------
    item : Item
        The system of the study, [-].
    part : SystemPart
        The same, read, [-].
    space_of : callable
        Returns what the study can make with a system, [-].

    Returns
    -------
    bool
        False after a refusal, [-].
    """
    reason = _why_nothing(space_of(part))
    if not reason or _why_nothing(space_of(_fixing_only(part, {}))):
        # Something can be made, or the fault lies elsewhere and is told there.
        return True
    conflict = dict(part.fixed)
    for name in part.fixed:
        fewer = {n: v for n, v in conflict.items() if n != name}
        if fewer and _why_nothing(space_of(_fixing_only(part, fewer))):
            conflict = fewer
    told = " with ".join(f"{n} {t}" for n, t in fixed_config(part.system.name, conflict).items())
    blamed = item.entries()["fixed"].entries()[next(iter(conflict))]
    blamed.refuse(
        "conflict",
        f"{part.system.name}: nothing can be made with {told}"
        f"{'' if len(conflict) > 1 else ' under the dose, regimens and ranges of the study'}:"
        f" {reason}",
        rule="a fixed value leaves something to make",
        hint="Fix fewer of them, or other values.",
    )
    return False


def refuse_excluded(
    item: Item, part: SystemPart, regions: Collection[Region], salt_names: Collection[str]
) -> bool:
    """Refuse fixed values that lie within an excluded region, whose ends count as inside.

    A fixed amount stands for a narrow band, of which a region that ends in it would leave a part.

    Parameters
    ----------
    item : Item
        The system of the study, [-].
    part : SystemPart
        The same, read, [-].
    regions : collection of Region
        What the study excludes, [-].
    salt_names : collection of str
        Salts of the study, [-].

    Returns
    -------
    bool
        False after a refusal, [-].
    """
    salts = set(salt_names) if SALT not in part.fixed else {part.fixed[SALT]}
    for region in regions:
        if region.system != part.system.name:
            continue
        held = [_held_by(part, name, wanted, salts) for name, wanted in region.when.items()]
        blamed = [name for name in held if name]
        if None in held or not blamed:
            continue
        told = " with ".join(
            f"{n} {t}" for n, t in fixed_config(part.system.name, part.fixed).items() if n in blamed
        )
        item.entries()["fixed"].entries()[blamed[0]].refuse(
            "conflict",
            f"{told} lies in what the study excludes, {region.text}: {region.because}",
            rule="a fixed value lies outside of every excluded region; its ends are inside",
            hint="Fix another value, or exclude less.",
        )
        return False
    return True


def fixed_config(system: str, values: Mapping[str, float | str]) -> dict[str, str]:
    """Return fixed values as a study file writes them.

    Parameters
    ----------
    system : str
        Name of the delivery system, [-].
    values : mapping
        Values by name, [-].

    Returns
    -------
    dict of str to str
        Texts by name, [-].
    """
    units = get_system(system).names()
    return {
        name: value if isinstance(value, str) else quantity_text(value, units[name])
        for name, value in values.items()
    }


def _read_value(
    system: DeliverySystem, name: str, entry: Item, salt_names: Collection[str]
) -> float | str | None:
    if name == SALT and entry.node.text in salt_names:
        return entry.node.text
    if name == SALT and entry.node.text[:1].isalpha():
        return entry.name("Salt of the study", salt_names)
    unit = system.names().get(name)
    if unit is None:
        # The domain names the nearest that it knows.
        entry.attempt(lambda: fixed(system, name, 0.0), at_key=True)
        return None
    if not unit:
        return entry.text(rule="one setting") or None
    value = entry.quantity(unit, why=share_reason(system, name))
    if value is not None and value < 0:
        entry.refuse("out_of_range", f"{entry.node.text} is below 0.", hint="0 leaves it out.")
        return None
    return value


def _held_by(
    part: SystemPart, name: str, wanted: Interval | tuple[str, ...], salts: Collection[object]
) -> str | None:
    """Return by which fixed value every design of a system meets a condition.

    Empty where no fixed value is needed; None where some design may not meet it.
    """
    where, _, bare = name.rpartition(".")
    if where and {form.name for form in part.system.forms} != {where}:
        return None
    if name == SALT and not isinstance(wanted, Interval):
        return (SALT if SALT in part.fixed else "") if set(wanted) >= set(salts) else None
    for fixed_name, value in part.fixed.items():
        if fixed_name.rpartition(".")[2] != bare or _is_salt(bare, value):
            continue
        if isinstance(wanted, Interval):
            is_met = not isinstance(value, str) and wanted.low <= value <= wanted.high
        else:
            is_met = value in wanted
        if is_met:
            return fixed_name
    return None


def _is_salt(name: str, value: float | str) -> bool:
    return name == SALT and isinstance(value, str)


def _fixing_only(part: SystemPart, values: Mapping[str, float | str]) -> SystemPart:
    system = part.free or part.system
    for name, value in values.items():
        if not _is_salt(name, value):
            system = fixed(system, name, value)
    return evolve(part, system=system, fixed=dict(values))


def _why_nothing(space: SystemSpace) -> str:
    """Return why nothing can be made; empty when something can."""
    if space.options:
        return ""
    try:
        space.check_composition()
    except InputError as error:
        return error.message
    return space.why_empty()
