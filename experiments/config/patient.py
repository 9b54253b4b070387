"""Patient and population files: for whom a product is simulated, outside a study.

A patient file states what is known of one person; a population file holds the same ``population``
as a study would. What a patient file leaves out keeps its default, but for the filtration rate:
it decides whether anything may be offered at all, so nobody else fills it in.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from experiments.config.aims import NAME_PATTERN, NAME_RULE, read_population
from experiments.config.documents import parse
from experiments.config.files import read_text
from experiments.config.items import Item
from formulation.errors import InputError, Problem, RefusedError
from formulation.medicines import medication_flag
from formulation.patients import (
    MIN_EGFR,
    REFUSED_CONDITIONS,
    Population,
    Spread,
    get_patient_field,
)

REQUIRED = ("patient", "fields")
"""Keys every patient file has."""

OPTIONAL = ("conditions", "medication")
"""Keys a patient file may leave out."""

REQUIRED_FIELD = "egfr_ml_min"
"""Field every patient file states."""

MAX_MEDICATION = 50
"""Most medicines of one patient, [-]."""


def read_patient(source: Path | str, *, file: str = "patient") -> Population:
    """Return the patient of a file or of a text as a population of one.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    Population
        One subject whose fields do not vary, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that no candidate is offered to this patient.
    """
    return _load(source, file, _read_patient)


def read_population_file(source: Path | str, *, file: str = "population") -> Population:
    """Return the population of a file or of a text.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    Population
        The checked population, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that no candidate is offered to these people.
    """
    return _load(source, file, _read_population)


def _load(source: Path | str, file: str, read: Callable[[Item], Population | None]) -> Population:
    if isinstance(source, Path):
        file, source = str(source), read_text(source)
    problems: list[Problem] = []
    found = read(Item(node=parse(source, file), file=file, problems=problems))
    if problems:
        ordered = sorted(problems, key=lambda p: (p.line or 0, p.column or 0))
        is_refusal = all(p.code == RefusedError.code for p in problems)
        raise (RefusedError if is_refusal else InputError).of(ordered)
    assert found is not None
    return found


def _read_population(root: Item) -> Population | None:
    members = root.members(required=("population",))
    return read_population(members["population"]) if "population" in members else None


def _read_patient(root: Item) -> Population | None:
    members = root.members(REQUIRED, OPTIONAL)
    name = members["patient"].text(NAME_PATTERN, NAME_RULE) if "patient" in members else ""
    stated = members["fields"].entries() if "fields" in members else {}
    spreads = _read_fields(members.get("fields"), stated)
    conditions = _read_conditions(members.get("conditions"))
    medication = _read_medication(members.get("medication"), stated)
    if root.problems:
        return None
    flags = (medication_flag(medicine) for medicine in medication)
    return _blamed(members, stated, spreads, root).attempt(
        lambda: Population(
            name=name,
            size=1,
            spreads={**spreads, **{flag: _exactly(1.0) for flag in flags if flag}},
            conditions=conditions,
            medication=medication,
        )
    )


def _read_fields(item: Item | None, stated: Mapping[str, Item]) -> dict[str, Spread]:
    if item is not None and isinstance(item.node.value, dict) and REQUIRED_FIELD not in stated:
        known = get_patient_field(REQUIRED_FIELD)
        item.refuse(
            "missing_key",
            f"{REQUIRED_FIELD} is missing; it decides whether a candidate may be offered.",
            rule=f"{REQUIRED_FIELD} is required",
            hint=f"Add '{REQUIRED_FIELD}: ... {known.default.unit}'.",
        )
    read = {name: _read_value(name, entry) for name, entry in stated.items()}
    return {name: _exactly(value) for name, value in read.items() if value is not None}


def _read_value(name: str, item: Item) -> float | None:
    known = item.attempt(lambda: get_patient_field(name), at_key=True)
    if known is None:
        return None
    value = item.quantity(known.default.unit)
    if value is not None:
        item.attempt(partial(known.check, value))
    return value


def _read_conditions(item: Item | None) -> tuple[str, ...]:
    if item is None:
        return ()
    elements = item.elements(most=len(REFUSED_CONDITIONS), least=0)
    named = [element.name("Condition", REFUSED_CONDITIONS) for element in elements]
    return tuple(name for name in named if name is not None)


def _read_medication(item: Item | None, stated: Mapping[str, Item]) -> tuple[str, ...]:
    """Return the medicines, refusing unknown ones and those that the fields contradict."""
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


def _exactly(value: float) -> Spread:
    return Spread(mean=value, sd=0.0, low=value, high=value)


def _blamed(
    members: Mapping[str, Item],
    stated: Mapping[str, Item],
    spreads: Mapping[str, Spread],
    root: Item,
) -> Item:
    """Return the item that a refusal of the whole patient points at."""
    conditions = members.get("conditions")
    if conditions is not None and conditions.node.value:
        return conditions
    if spreads[REQUIRED_FIELD].low < MIN_EGFR:
        return stated[REQUIRED_FIELD]
    return stated.get("acid_output_factor", root)
