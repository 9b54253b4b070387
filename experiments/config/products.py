"""What may be made and taken, read from a study: systems, salts, dose and regimens."""

from collections.abc import Collection
from functools import partial
from itertools import product
from typing import TypeVar

from attrs import evolve

from experiments.config.fixing import SystemPart, check_fixed, read_fixed, refuse_excluded
from experiments.config.items import Item
from experiments.config.naming import is_elsewhere, refuse_no_ends, share_reason
from experiments.config.recipe import read_lot
from formulation.blends import SaltSource, single
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.limits import Limits
from formulation.regimen import MAX_INTAKES_PER_DAY, MAX_UNITS_PER_INTAKE, Regimen
from formulation.space import DesignSpace, DoseRange, Region, SystemSpace

T = TypeVar("T")

MAX_ELEMENTS = 50
"""Most elements of a list of systems, salts or settings, [-]."""

DEFAULT_UNITS_PER_INTAKE = (1, 2)
"""Units at one occasion when the study says nothing, [-]."""


def read_systems(item: Item, salt_names: Collection[str]) -> list[tuple[Item, SystemPart]]:
    """Return the delivery systems of a study, each with the item that states it.

    Parameters
    ----------
    item : Item
        The list of systems, [-].
    salt_names : collection of str
        Salts of the study, one of which a system may fix, [-].

    Returns
    -------
    list of tuple
        Those that could be read, [-].
    """
    found: dict[str, tuple[Item, SystemPart]] = {}
    for element in item.elements(most=MAX_ELEMENTS):
        part = _read_system(element, salt_names)
        if part is None:
            continue
        if part.system.name in found:
            element.refuse("duplicate", f"system {part.system.name!r} stands twice.")
        found[part.system.name] = (element, part)
    return list(found.values())


def read_sources(item: Item) -> tuple[SaltSource, ...]:
    """Return the salts of a study as delivered, single or mixed.

    Parameters
    ----------
    item : Item
        The list of salts, [-].

    Returns
    -------
    tuple of SaltSource
        Those that could be read, [-].
    """
    found: dict[str, SaltSource] = {}
    for element in item.elements(most=MAX_ELEMENTS):
        source = _read_source(element)
        if source is None:
            continue
        if source.name in found:
            element.refuse("duplicate", f"salt {source.name!r} stands twice.")
        found[source.name] = source
    return tuple(found.values())


def read_dose(item: Item, limits: Limits | None) -> DoseRange | None:
    """Return the dose range of a study, refusing what the jurisdiction does not allow.

    Parameters
    ----------
    item : Item
        Low and high end, [-].
    limits : Limits or None
        What the jurisdiction allows; None when it could not be read, [-].

    Returns
    -------
    DoseRange or None
        The range; None after a refusal, [-].
    """
    members = item.members(required=("low", "high"))
    ends = {key: member.quantity("mg/d") for key, member in members.items()}
    low, high = ends.get("low"), ends.get("high")
    if low is None or high is None:
        return None
    dose = item.attempt(lambda: DoseRange(low_mg_per_day=low, high_mg_per_day=high))
    if dose is None or limits is None:
        return dose
    most = limits.daily_supplemental.value
    if high > most:
        key = "low" if low > most else "high"
        members[key].refuse(
            "over_limit",
            f"{ends[key]:g} mg/d of elemental magnesium is over the limit of {most:g} mg/d for"
            f" supplements in {limits.jurisdiction} ({limits.daily_supplemental.source}).",
            rule=f"at most {most:g} mg/d in {limits.jurisdiction}",
            hint=f"Keep both ends of the dose at or below {most:g} mg/d.",
        )
        return None
    return dose


def read_regimens(item: Item | None, limits: Limits | None) -> tuple[Regimen, ...]:
    """Return every way of taking the product that a study considers.

    Parameters
    ----------
    item : Item or None
        Lists of counts and flags; None takes the defaults: 1 or 2 units, as many intakes as the
        jurisdiction allows, with meals and between them, [-].
    limits : Limits or None
        What the jurisdiction allows; None when it could not be read, [-].

    Returns
    -------
    tuple of Regimen
        All combinations; empty after a refusal, [-].
    """
    keys = ("units_per_intake", "intakes_per_day", "with_meals")
    members = {} if item is None else item.members(optional=keys)
    fewest = 1 if limits is None else int(limits.min_intakes.value)
    units = _read_counts(members.get(keys[0]), MAX_UNITS_PER_INTAKE) or DEFAULT_UNITS_PER_INTAKE
    every = tuple(range(fewest, MAX_INTAKES_PER_DAY + 1))
    intakes = _read_counts(members.get(keys[1]), MAX_INTAKES_PER_DAY) or every
    meals = _read_flags(members.get(keys[2])) or (True, False)
    if limits is not None and max(intakes) < fewest:
        members[keys[1]].refuse(
            "over_limit",
            f"{max(intakes)} intake a day is fewer than the {fewest} that"
            f" {limits.jurisdiction} asks for ({limits.min_intakes.source}).",
            rule=f"at least {fewest} intakes a day in {limits.jurisdiction}",
            hint=f"Add {fewest} or more.",
        )
        return ()
    return tuple(
        Regimen(units_per_intake=u, intakes_per_day=n, with_meals=m)
        for u, n, m in product(units, intakes, meals)
    )


def make_space(
    item: Item,
    systems: list[tuple[Item, SystemPart]],
    sources: tuple[SaltSource, ...],
    regimens: tuple[Regimen, ...],
    limits: Limits,
    dose: DoseRange,
    excluded: tuple[tuple[Item, Region], ...] = (),
) -> DesignSpace | None:
    """Return the design space of what was read.

    Parameters
    ----------
    item : Item
        The list of systems, blamed for an empty space, [-].
    systems : list of tuple
        What `read_systems` returned, [-].
    sources : tuple of SaltSource
        Salts as delivered, [-].
    regimens : tuple of Regimen
        Ways of taking it, [-].
    limits : Limits
        What the jurisdiction allows, [-].
    dose : DoseRange
        What the study asks for, [-].
    excluded : tuple of tuple, optional
        Regions from which no design is wanted, each with the item that states it, [-].

    Returns
    -------
    DesignSpace or None
        The space; None after a refusal, [-].
    """

    def space_of(part: SystemPart) -> SystemSpace:
        return SystemSpace(
            system=part.system,
            sources=part.salts_of(sources),
            regimens=regimens,
            limits=limits,
            dose=dose,
        )

    regions = tuple(region for _, region in excluded)
    spaces = []
    for element, part in systems:
        if part.fixed and not (
            check_fixed(element, part, space_of)
            and refuse_excluded(element, part, regions, [source.name for source in sources])
        ):
            continue
        space = space_of(part)
        if element.attempt(partial(_composed, space)) is not None:
            spaces.append(space)
    if len(spaces) < len(systems):
        return None
    whole = item.attempt(lambda: DesignSpace(spaces=tuple(spaces)))
    if whole is None or not excluded:
        return whole
    return excluded[0][0].attempt(lambda: DesignSpace(spaces=whole.spaces, excluded=regions))


def _composed(space: SystemSpace) -> SystemSpace:
    """Return a space once it is known that its composition is possible."""
    space.check_composition()
    return space


def _read_system(item: Item, salt_names: Collection[str]) -> SystemPart | None:
    known = [system.name for system in DELIVERY_SYSTEMS]
    if isinstance(item.node.value, dict):
        members = item.members(required=("name",), optional=("ranges", "choices", "fixed"))
    else:
        members = {"name": item}
    name = members["name"].name("Delivery system", known) if "name" in members else None
    if name is None:
        return None
    part = SystemPart(system=get_system(name))
    # Forms first, so that a range need only fit the forms that remain.
    for key, read in (("choices", _restricted), ("ranges", _narrowed)):
        for stated, member in members[key].entries().items() if key in members else ():
            part = read(part, stated, member) or part
    return read_fixed(part, members["fixed"], salt_names) if "fixed" in members else part


def _narrowed(part: SystemPart, name: str, item: Item) -> SystemPart | None:
    system = part.system
    if is_elsewhere(system, name, item):
        return None
    unit = system.names().get(name)
    if not unit:
        # An unknown name, or a choice: the domain says which.
        item.attempt(lambda: system.narrowed(name, 0.0, 1.0), at_key=True)
        return None
    members = item.members(optional=("low", "high"))
    why = share_reason(system, name)
    ends = {key: member.quantity(unit, why=why) for key, member in members.items()}
    if not ends and isinstance(item.node.value, dict):
        refuse_no_ends(item, unit)
    stated = {key: end for key, end in ends.items() if end is not None}
    if not stated or len(stated) < len(ends):
        return None
    narrower = item.attempt(lambda: system.narrowed(name, stated.get("low"), stated.get("high")))
    if narrower is None:
        return None
    return evolve(part, system=narrower, ranges={**part.ranges, name: stated})


def _restricted(part: SystemPart, name: str, item: Item) -> SystemPart | None:
    system = part.system
    if is_elsewhere(system, name, item):
        return None
    if system.names().get(name):
        message = f"{system.name}.{name} is a number, no choice."
        item.refuse("wrong_type", message, hint="Give it low and high under 'ranges'.", at_key=True)
        return None
    if name not in system.names():
        item.attempt(lambda: system.restricted(name, ("",)), at_key=True)
        return None
    known = system.settings(name)
    elements = item.elements(most=MAX_ELEMENTS)
    settings = [e.name(f"{name} setting", known) for e in elements]
    if not settings or None in settings:
        return None
    named = tuple(s for s in settings if s is not None)
    if len(set(named)) < len(named):
        item.refuse("duplicate", "a setting stands twice.", hint="Keep each once.")
        return None
    narrower = item.attempt(lambda: system.restricted(name, named))
    if narrower is None:
        return None
    return evolve(part, system=narrower, choices={**part.choices, name: list(named)})


def _read_source(item: Item) -> SaltSource | None:
    """Return one salt, or a mixture ``{mix: [first, second], second: {low: ..., high: ...}}``."""
    value = item.node.value
    if not (isinstance(value, dict) and ("mix" in value or "second" in value)):
        lot = read_lot(item)
        return None if lot is None else single(lot)
    members = item.members(required=("mix", "second"))
    if len(members) < 2:
        return None
    lots = [read_lot(element) for element in members["mix"].elements(most=2, least=2)]
    ends = members["second"].members(required=("low", "high"))
    shares = {key: member.quantity("percent") for key, member in ends.items()}
    low, high = shares.get("low"), shares.get("high")
    if not lots or None in lots or low is None or high is None:
        return None
    both = tuple(lot for lot in lots if lot is not None)
    return item.attempt(lambda: SaltSource(lots=both, low_pct=round(low), high_pct=round(high)))


def _read_counts(item: Item | None, most: int) -> tuple[int, ...]:
    if item is None:
        return ()
    counts = [element.whole(1, most) for element in item.elements(most=MAX_ELEMENTS)]
    return _once(item, tuple(c for c in counts if c is not None))


def _read_flags(item: Item | None) -> tuple[bool, ...]:
    if item is None:
        return ()
    flags = [element.flag() for element in item.elements(most=MAX_ELEMENTS)]
    return _once(item, tuple(f for f in flags if f is not None))


def _once(item: Item, values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) < len(values):
        item.refuse("duplicate", "a value stands twice.", hint="Keep each once.")
    return values
