"""Patient and population files: for whom a product is simulated, outside a study.

A patient file states what is known of one person; a population file holds the same ``population``
as a study would. What a patient file leaves out keeps its default, but for the filtration rate:
it decides whether anything may be offered at all, so nobody else fills it in.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from experiments.config.beside import FILE_ENDINGS, root_beside
from experiments.config.documents import parse
from experiments.config.files import read_text
from experiments.config.items import Item
from experiments.config.people import (
    exactly,
    flags_of,
    read_conditions,
    read_medication,
    read_name,
    read_population,
    refuse_egfr,
)
from experiments.config.refusing import by_line, error_of
from formulation.errors import Problem
from formulation.patients import EGFR, Population, Spread, get_patient_field

REQUIRED = ("patient", "fields")
"""Keys every patient file has."""

OPTIONAL = ("conditions", "medication")
"""Keys a patient file may leave out."""


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
        raise error_of(sorted(problems, key=by_line))
    assert found is not None
    return found


def read_people(item: Item, folder: Path | None) -> Population | None:
    """Return for whom a study is: by name, by a mapping, or by a file of its own.

    Parameters
    ----------
    item : Item
        What the study says; a text that ends like a file names one, [-].
    folder : Path or None
        Folder that a file is looked for from; None for a study that is no file itself, [-].

    Returns
    -------
    Population or None
        The content of the file, one subject for a patient; None after a refusal, [-].
    """
    named = item.node.text
    if not (isinstance(item.node.value, str) and named.endswith(FILE_ENDINGS)):
        return read_population(item)
    inside = root_beside(item, folder)
    if inside is None:
        return None
    is_patient = isinstance(inside.node.value, dict) and "patient" in inside.node.value
    return (_read_patient if is_patient else _read_population)(inside)


def _read_population(root: Item) -> Population | None:
    members = root.members(required=("population",))
    return read_population(members["population"]) if "population" in members else None


def _read_patient(root: Item) -> Population | None:
    before = len(root.problems)
    members = root.members(REQUIRED, OPTIONAL)
    name = read_name(members["patient"]) if "patient" in members else ""
    stated = members["fields"].entries() if "fields" in members else {}
    spreads = _read_fields(members.get("fields"), stated)
    who = f"Patient {name!r}"
    read_conditions(members.get("conditions"), who)
    refuse_egfr(stated.get(EGFR, root), spreads.get(EGFR), who)
    medication = read_medication(members.get("medication"), stated)
    if len(root.problems) > before:
        return None
    return stated.get("acid_output_factor", root).attempt(
        lambda: Population(
            name=name,
            size=1,
            spreads={**spreads, **flags_of(medication)},
            medication=medication,
        )
    )


def _read_fields(item: Item | None, stated: Mapping[str, Item]) -> dict[str, Spread]:
    if item is not None and isinstance(item.node.value, dict) and EGFR not in stated:
        known = get_patient_field(EGFR)
        item.refuse(
            "missing_key",
            f"{EGFR} is missing; it decides whether a candidate may be offered.",
            rule=f"{EGFR} is required",
            hint=f"Add '{EGFR}: ... {known.default.unit}'.",
        )
    read = {name: _read_value(name, entry) for name, entry in stated.items()}
    return {name: exactly(value) for name, value in read.items() if value is not None}


def _read_value(name: str, item: Item) -> float | None:
    known = item.attempt(lambda: get_patient_field(name), at_key=True)
    if known is None:
        return None
    value = item.quantity(known.default.unit)
    if value is not None:
        item.attempt(partial(known.check, value))
    return value
