"""For whom, read from a file: a population by name or with fields of its own, and its medicines.

Whoever is refused is refused where it stands, each reason on its own line, so that nobody has to
mend a file twice to learn that no candidate is offered.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from attrs import asdict

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from experiments.config.spec import MAX_SEED
from formulation.medicines import medication_flag
from formulation.patients import (
    EGFR,
    MAX_POPULATION,
    Population,
    Spread,
    get_patient_field,
    named_spreads,
)
from formulation.refusals import MIN_EGFR, REFUSED_CONDITIONS, check_condition, check_egfr

DEFAULT_SUBJECTS = 256
"""Subjects of a population when the study says nothing, [-]."""

MAX_MEDICATION = 50
"""Most medicines of one patient or population, [-]."""

MAX_NAME = 100
"""Longest name, [-] (characters)."""

NAME_PATTERN = rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{MAX_NAME - 1}}}"
NAME_RULE = (
    f"a name of up to {MAX_NAME} letters, digits, '-', '_' and '.', starting with a letter or digit"
)

OPTIONAL = ("size", "seed", "fields", "conditions", "medication")
"""Keys a population may leave out."""


def read_name(item: Item) -> str:
    """Return what a study, product, patient or population is called.

    Parameters
    ----------
    item : Item
        The name, [-].

    Returns
    -------
    str
        The name; empty after a refusal, [-].
    """
    return item.text(NAME_PATTERN, NAME_RULE, most=MAX_NAME)


def read_population(item: Item) -> Population | None:
    """Return the population of a study or of a file of its own.

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
        members = item.members(required=("name",), optional=OPTIONAL)
    else:
        members = {"name": item}
    fields = members["fields"].entries() if "fields" in members else {}
    name = _population_name(members.get("name"), is_new=bool(fields))
    own = named_spreads().get(name, {})
    read = {key: _read_spread(key, member, own.get(key)) for key, member in fields.items()}
    spreads = {**own, **{key: spread for key, spread in read.items() if spread is not None}}
    who = f"Population {name!r}"
    read_conditions(members.get("conditions"), who)
    refuse_egfr(fields.get(EGFR, item), spreads.get(EGFR), who)
    medication = read_medication(members.get("medication"))
    size = members["size"].whole(1, MAX_POPULATION) if "size" in members else DEFAULT_SUBJECTS
    seed = members["seed"].whole(0, MAX_SEED) if "seed" in members else 0
    if len(item.problems) > before or size is None or seed is None:
        return None
    return members.get("medication", item).attempt(
        lambda: Population(
            name=name,
            size=size,
            seed=seed,
            spreads={**flags_of(medication), **spreads},
            medication=medication,
        )
    )


def read_conditions(item: Item | None, who: str) -> None:
    """Refuse each condition that is stated, where it stands.

    Parameters
    ----------
    item : Item or None
        The list of conditions; None where none is stated, [-].
    who : str
        Whom they are true of, for the message, [-].
    """
    most = len(REFUSED_CONDITIONS)
    for element in item.elements(most=most, least=0) if item is not None else ():
        name = element.name("Condition", REFUSED_CONDITIONS)
        if name is not None:
            element.attempt(partial(check_condition, name, who))


def refuse_egfr(item: Item, spread: Spread | None, who: str) -> None:
    """Refuse a filtration rate for which nothing is offered, where it stands.

    Parameters
    ----------
    item : Item
        What states it, [-].
    spread : Spread or None
        Its spread; None where none is stated, [mL/min/1.73m2].
    who : str
        Whom it is true of, for the message, [-].
    """
    if spread is not None:
        item.attempt(partial(check_egfr, spread.low, who))


def read_medication(item: Item | None, stated: Collection[str] = ()) -> tuple[str, ...]:
    """Return medicines, refusing unknown ones and those that stand among the fields too.

    Parameters
    ----------
    item : Item or None
        The list of medicines; None where none is stated, [-].
    stated : collection of str, optional
        Fields that a medicine must not set, because they are stated, [-].

    Returns
    -------
    tuple of str
        Those that could be read, [-].
    """
    found = []
    for element in item.elements(most=MAX_MEDICATION, least=0) if item is not None else ():
        medicine = element.text(rule="the name of a medicine")
        if not medicine:
            continue
        before = len(element.problems)
        flag = element.attempt(partial(medication_flag, medicine))
        if flag in stated:
            element.refuse(
                "duplicate",
                f"{medicine} sets {flag}, which stands among the fields too.",
                rule="a fact is stated once",
                hint=f"Leave {flag} out of the fields.",
            )
        if len(element.problems) == before:
            found.append(medicine)
    return tuple(found)


def flags_of(medication: Collection[str]) -> dict[str, Spread]:
    """Return the fields that medicines set for everybody.

    Parameters
    ----------
    medication : collection of str
        Known medicines, [-].

    Returns
    -------
    dict of str to Spread
        By field; medicines that do not act on the body model set none, [-].
    """
    flags = (medication_flag(medicine) for medicine in medication)
    return {flag: exactly(1.0) for flag in flags if flag}


def exactly(value: float) -> Spread:
    """Return the spread of a field that does not vary.

    Parameters
    ----------
    value : float
        Its value, in the field's unit, [-].

    Returns
    -------
    Spread
        The same for everybody, [-].
    """
    return Spread(mean=value, sd=0.0, low=value, high=value)


def population_config(population: Population) -> dict[str, Any]:
    """Return a population as a study file writes it.

    Parameters
    ----------
    population : Population
        The population, [-].

    Returns
    -------
    dict
        Plain values; medicines only where some are stated, so that older studies keep their
        hash, [-].
    """
    fields = {}
    for name, spread in population.spreads.items():
        unit = get_patient_field(name).default.unit
        fields[name] = {key: quantity_text(x, unit) for key, x in asdict(spread).items()}
    return {
        "name": population.name,
        "size": population.size,
        "seed": population.seed,
        "fields": fields,
        # A population without medicines keeps the hash it had before they could be stated.
        **({"medication": list(population.medication)} if population.medication else {}),
    }


def _population_name(item: Item | None, *, is_new: bool) -> str:
    """Return a known name; a population with fields of its own may have a new one."""
    if item is None:
        return ""
    if is_new:
        return read_name(item)
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
        return exactly(value)
    keys = ("mean", "sd", "low", "high")
    free = ("low",) if name == EGFR else ()
    required = () if own else tuple(key for key in keys if key not in free)
    members = item.members(required=required, optional=keys if own else free)
    values: dict[str, float] = {} if own is None else asdict(own)
    for key, member in members.items():
        value = member.quantity(unit)
        if value is None:
            return None
        values[key] = value
        if key in ("low", "high"):
            member.attempt(partial(known.check, value, key))
    if name == EGFR and "low" not in members:
        values["low"] = _lowest_egfr(members, values)
    if len(values) < len(keys):
        return None
    return item.attempt(lambda: Spread(**values))


def _lowest_egfr(members: Mapping[str, Item], values: Mapping[str, float]) -> float:
    """Return where a spread without a low end is cut off: at the limit, unless less is stated."""
    stated = [values[key] for key in ("mean", "high") if key in members]
    return min([values.get("low", MIN_EGFR), *(x for x in stated if x < MIN_EGFR)])
