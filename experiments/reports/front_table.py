"""The front of a study as one table for other programs: a row a candidate, a unit in every header.

Nothing is rounded. A cell is empty where a candidate has no such component, setting or value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from experiments.objective import EXTRAPOLATION
from experiments.reports.answers import answer
from experiments.reports.front_column import Candidate, Cell, CellKind, FrontColumn, column_of
from experiments.reports.process_words import setting_name
from experiments.reports.wording import (
    endpoint_title,
    form_title,
    limit_key,
    limit_text,
    unit_of,
    unit_text,
)
from formulation.blends import SECOND_SHARE
from formulation.delivery import FORM, get_system
from formulation.targets import Scope, get_endpoint
from models.learning.applicability import FAR_PCT

HOLDS, MISSED = "holds", "missed"
"""What is said of a limit."""

MASS_DECIMALS, SETTING_DECIMALS, SHARE_DECIMALS = 1, 2, 3
"""Decimals of masses, of settings and of shares where a program shows fewer than there are, [-]."""

LO, HI = "lo90", "hi90"
_SALT = "Magnesium salt"

NamedCells = tuple[str, str, Callable[[Candidate], Cell]]
"""Name, meaning and how the cell of a candidate is found."""


def front_columns(document: Mapping[str, Any]) -> tuple[FrontColumn, ...]:
    """Return the front of a study as columns.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of FrontColumn
        Names, recipe, process, regimen, objectives, limits, verdicts, where it is from; without
        cells where there is no candidate, [-].
    """
    front = document["front"]
    best = answer(document).label
    return (
        *_identity(front),
        column_of(
            front,
            "recommended",
            "-",
            "yes_no",
            "Whether the answer of the study names it",
            lambda c: c["label"] == best,
        ),
        *_recipe(front),
        *_process(front),
        *_regimen(front),
        *(c for o in document["objectives"] for c in _objective(front, o)),
        *(c for name in document["limits"] for c in _limit(front, name)),
        *_verdicts(front),
        *_whence(document),
    )


def _inside(group: str, key: str) -> Callable[[Candidate], Cell]:
    """Return how a cell is found in one part of a candidate."""
    return lambda candidate: candidate[group].get(key)


def _integrated(part: str, key: str) -> Callable[[Candidate], Cell]:
    """Return how a cell is found in a confirmation, empty before."""
    return lambda candidate: (candidate["confirmation"] or {part: {}})[part].get(key)


def _always(value: Cell) -> Callable[[Candidate], Cell]:
    return lambda _: value


def _identity(front: Sequence[Candidate]) -> Iterator[FrontColumn]:
    texts: tuple[NamedCells, ...] = (
        ("candidate", "Label of the candidate in its study", lambda c: c["label"]),
        ("title", "What a person calls it", lambda c: c["title"]),
        ("system", "Delivery system", lambda c: c["design"]["system"]),
        ("form", "Form of the delivery system", lambda c: form_title(c["design"])),
        ("salt name", _SALT, lambda c: c["design"]["salt"]),
        ("second salt name", "Second salt of a mixture", lambda c: _second(c, "second_salt")),
    )
    for name, meaning, cell in texts:
        yield column_of(front, name, "-", "text", meaning, cell)
    contents: tuple[NamedCells, ...] = (
        ("salt Mg", "Elemental Mg of the salt's lot", lambda c: c["design"]["salt_mg_pct"]),
        ("second salt Mg", "The same of a second salt", lambda c: _second(c, "second_mg_pct")),
    )
    for name, meaning, cell in contents:
        yield column_of(front, name, "% w/w", "number", meaning, cell)


def _second(candidate: Candidate, key: str) -> Cell:
    design = candidate["design"]
    return design.get(key) if design.get("second_salt") else None


def _recipe(front: Sequence[Candidate]) -> Iterator[FrontColumn]:
    masses: tuple[NamedCells, ...] = (
        ("unit mass", "Mass of one unit", lambda c: c["unit_mass_mg"]),
        ("elemental Mg", "Elemental Mg in one unit", lambda c: c["elemental_mg_per_unit"]),
    )
    for name, meaning, cell in masses:
        yield column_of(front, name, "mg", "number", meaning, cell, MASS_DECIMALS)
    for part in dict.fromkeys(name for c in front for name in c["recipe_mg"]):
        meaning = f"Mass of {part.replace('_', ' ')} in one unit"
        yield column_of(front, part, "mg", "number", meaning, _inside("recipe_mg", part), 1)


def _process(front: Sequence[Candidate]) -> Iterator[FrontColumn]:
    """Yield one column a setting; what two systems measure otherwise has one for each unit."""
    found: dict[tuple[str, str], CellKind] = {}
    for candidate in front:
        for name, value in candidate["process"].items():
            if name != FORM:
                unit = _unit_of_setting(candidate, name)
                found[name, unit] = "text" if isinstance(value, str) else "number"
    for (name, unit), kind in found.items():

        def cell(candidate: Candidate, name: str = name, unit: str = unit) -> Cell:
            has_it = name in candidate["process"] and _unit_of_setting(candidate, name) == unit
            return candidate["process"][name] if has_it else None

        plain = "second salt share" if name == SECOND_SHARE else setting_name(name, unit)
        yield column_of(front, plain, unit, kind, f"Process: {plain}", cell, SETTING_DECIMALS)


def _unit_of_setting(candidate: Candidate, name: str) -> str:
    if name == SECOND_SHARE:
        return "%"
    unit = get_system(candidate["design"]["system"]).names().get(name, "")
    return "-" if unit in ("", "1") else unit_text(unit)


def _regimen(front: Sequence[Candidate]) -> Iterator[FrontColumn]:
    def taken(key: str) -> Callable[[Candidate], Cell]:
        return lambda c: c["design"]["regimen"][key]

    yield column_of(
        front, "units per intake", "-", "whole", "Units at one occasion", taken("units_per_intake")
    )
    yield column_of(
        front, "intakes per day", "1/d", "whole", "Occasions a day", taken("intakes_per_day")
    )
    yield column_of(
        front, "with meals", "-", "yes_no", "With the meals of the day", taken("with_meals")
    )
    yield column_of(
        front, "taken", "-", "text", "How it is taken, in words", lambda c: c["regimen"]
    )


def _objective(front: Sequence[Candidate], objective: Mapping[str, Any]) -> Iterator[FrontColumn]:
    key = objective["key"]
    what = f"{endpoint_title(key)}, {objective['goal']}d"
    yield from _values(front, key, key, what)
    yield from _confirmed(front, key, key, what)


def _limit(front: Sequence[Candidate], name: str) -> Iterator[FrontColumn]:
    """Yield what a limit is on, its verdict, and both when every subject was integrated."""
    key, words = limit_key(name), f"Limit: {limit_text(name)}"
    of = f"limit {name}"
    if key == EXTRAPOLATION:
        # Kept as the room to the limit alone, and without meaning for who was fitted on nothing.
        yield column_of(front, of, "%", "number", words, lambda c: FAR_PCT - c["limits"][name], 1)
    else:
        yield from _values(front, of, key, words)
        yield from _confirmed(front, of, key, words)
    yield column_of(
        front,
        f"{of} verdict",
        "-",
        "text",
        f"{words}; as predicted",
        lambda c: _verdict(c["limits"].get(name)),
    )
    yield column_of(
        front,
        f"{of} confirmed verdict",
        "-",
        "text",
        f"{words}; with every subject integrated",
        lambda c: _verdict((c["confirmation"] or {"limits": {}})["limits"].get(name)),
    )


def _verdict(slack: float | None) -> Cell:
    if slack is None:
        return None
    return HOLDS if slack >= 0 else MISSED


def _values(front: Sequence[Candidate], name: str, key: str, meaning: str) -> Iterator[FrontColumn]:
    cells: tuple[NamedCells, ...] = (
        ("", "as the search predicted it", lambda c: c["values"].get(key)),
        (f" {LO}", "lower end of its 90 % interval", lambda c: c["intervals"][key][0]),
        (f" {HI}", "upper end of its 90 % interval", lambda c: c["intervals"][key][1]),
    )
    for suffix, words, cell in cells:
        yield _endpoint(front, f"{name}{suffix}", key, f"{meaning}; {words}", cell)


def _confirmed(
    front: Sequence[Candidate], name: str, key: str, meaning: str
) -> Iterator[FrontColumn]:
    """Yield the same with every subject integrated; what is exact arithmetic needs nobody."""
    if get_endpoint(key).scope is Scope.RECIPE:
        return
    for suffix, part, words in (
        ("", "values", ""),
        (f" {LO}", LO, ", lower end of its 90 % interval"),
        (f" {HI}", HI, ", upper end of its 90 % interval"),
    ):
        yield _endpoint(
            front,
            f"{name} confirmed{suffix}",
            key,
            f"{meaning}; with every subject integrated{words}",
            _integrated(part, key),
        )


def _endpoint(
    front: Sequence[Candidate],
    name: str,
    key: str,
    meaning: str,
    cell: Callable[[Candidate], Cell],
) -> FrontColumn:
    unit = unit_of(key)
    return column_of(
        front,
        name,
        "-" if unit == "1" else unit,
        "number",
        meaning,
        cell,
        get_endpoint(key).decimals,
    )


def _verdicts(front: Sequence[Candidate]) -> Iterator[FrontColumn]:
    def confirmed(key: str) -> Callable[[Candidate], Cell]:
        return lambda c: None if c["confirmation"] is None else c["confirmation"][key]

    for kind in ("predicted", "confirmed"):
        yield column_of(
            front,
            f"desirability {kind}",
            "-",
            "number",
            f"Geometric mean over the objectives, 0 to 1, {kind}",
            _inside("desirability", kind),
            SHARE_DECIMALS,
        )
    yield column_of(
        front,
        "confirmed",
        "-",
        "yes_no",
        "Whether every limit holds with every subject integrated; empty before",
        confirmed("is_confirmed"),
    )
    yield column_of(
        front,
        "risk",
        "-",
        "text",
        "Class of the risk in these people; a candidate that is refused is not offered",
        _risk,
    )
    yield column_of(
        front, "subjects", "-", "whole", "Subjects integrated for that", confirmed("n_subjects")
    )
    yield column_of(
        front, "origin", "-", "text", "Where the predicted numbers are from", lambda c: c["origin"]
    )
    yield column_of(
        front,
        "confirmed origin",
        "-",
        "text",
        "Where the confirmed numbers are from",
        confirmed("origin"),
    )
    yield column_of(
        front,
        "confirmed interval",
        "-",
        "text",
        "What the confirmed intervals are",
        confirmed("kind"),
    )
    yield column_of(front, "remarks", "-", "text", "Warnings, remarks, limits missed", _remarks)


def _risk(candidate: Candidate) -> Cell:
    account = candidate["account"]
    return None if account is None else str(account["risk"]["class"])


def _remarks(candidate: Candidate) -> Cell:
    missed = (candidate["confirmation"] or {"reasons": []})["reasons"]
    texts = [*candidate["warnings"], *candidate["remarks"]]
    return "; ".join([*texts, *(f"at confirmation: {text}" for text in missed)])


def _whence(document: Mapping[str, Any]) -> Iterator[FrontColumn]:
    front, study = document["front"], document["study"]
    for name, key, meaning in (
        ("study", "label", "Label of the study in its store"),
        ("study name", "name", "Name of the study"),
        ("study id", "id", "The study's uuid"),
        ("config sha256", "config_sha256", "SHA-256 of the study file's content"),
    ):
        yield column_of(front, name, "-", "text", meaning, _always(study[key]))
    yield column_of(
        front, "design key", "-", "text", "SHA-256 of the design", lambda c: c["design_key"]
    )
