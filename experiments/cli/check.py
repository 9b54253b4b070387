"""``formulation check``: what a study file says, or everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines

if TYPE_CHECKING:
    from experiments.config import StudySpec
    from formulation.space import SystemSpace

SCHEMA, VERSION = "formulation/check", 1


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(check)


def check(
    file: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check a study file, and say what it asks for."""
    from experiments.config import load_study

    document = describe(load_study(file))
    if as_json:
        emit_json(document)
    else:
        emit_lines(_lines(document))


def describe(study: "StudySpec") -> dict[str, Any]:
    """Return what a study is, as the document of ``check --json``.

    Parameters
    ----------
    study : StudySpec
        A checked study, [-].

    Returns
    -------
    dict
        Systems with the salts and regimens that can be made, dose, population, aims, budget and
        warnings, [-].
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": study.name,
        "question": study.question,
        "sha256": study.sha256,
        "jurisdiction": study.jurisdiction,
        "systems": [_system(space) for space in study.space.spaces],
        **{key: study.config[key] for key in ("dose", "regimens")},
        "population": {
            "name": study.population.name,
            "size": study.population.size,
            "seed": study.population.seed,
            "stated_fields": list(study.population.spreads),
            "idle_fields": list(study.population.idle_fields),
        },
        **{key: study.config[key] for key in ("objectives", "limits", "budget")},
        "warnings": list(study.lot_warnings),
    }


def _system(space: "SystemSpace") -> dict[str, Any]:
    from formulation.parameters import ChoiceParameter

    system = space.system
    numbers = [p for p in system.process if not isinstance(p, ChoiceParameter)]
    choices = [p for p in system.process if isinstance(p, ChoiceParameter)]
    units = {
        **{component.name: "% w/w" for component in system.components},
        **{parameter.name: parameter.unit for parameter in numbers},
        "unit_mass": "mg",
        "elemental_mg_per_unit": "mg",
    }
    ranges = {}
    for name, unit in units.items():
        low, high = system.range_of(name)
        ranges[name] = {"low": low, "high": high, "unit": unit}
    return {
        "name": system.name,
        "title": system.title,
        "ranges": ranges,
        "choices": {parameter.name: list(parameter.choices) for parameter in choices},
        "salts": [
            {
                "name": lot.salt.key,
                "mg_content_pct": lot.mg_pct,
                "regimens": list(space.options.get(lot.salt.key, ())),
                "regimens_asked": len(space.regimens),
            }
            for lot in space.lots
        ],
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"Study         {document['study']} ({document['sha256'][:12]})"
    if document["question"]:
        yield f"Question      {document['question']}"
    dose, budget = document["dose"], document["budget"]
    yield f"Jurisdiction  {document['jurisdiction']}"
    yield f"Dose          {dose['low']} to {dose['high']} of elemental magnesium"
    yield from _regimen_lines(document["regimens"])
    for system in document["systems"]:
        yield from _system_lines(system)
    yield from _population_lines(document["population"])
    for aim in document["objectives"]:
        yield (
            f"Objective     {aim['goal']} {aim['endpoint']}, from {aim['worst']} at worst"
            f" to {aim['ideal']} at best"
        )
    for limit in document["limits"]:
        ends = (
            f"{word} {limit[k]}" for k, word in (("low", "from"), ("high", "up to")) if k in limit
        )
        yield f"Limit         {limit['endpoint']} {' '.join(ends)}"
    yield (
        f"Budget        {budget['trials']} trials in batches of {budget['batch']} by"
        f" {budget['strategy']}, seed {budget['seed']};"
        f" front confirmed for {budget['confirm_subjects']} subjects"
    )
    yield from (f"Warning       {warning}" for warning in document["warnings"])


def _regimen_lines(regimens: dict[str, list[Any]]) -> Iterator[str]:
    units = " or ".join(map(str, regimens["units_per_intake"]))
    intakes = " or ".join(map(str, regimens["intakes_per_day"]))
    meals = " or ".join("with meals" if m else "between meals" for m in regimens["with_meals"])
    yield f"Taken         {units} units at once, {intakes} times a day, {meals}"


def _system_lines(system: dict[str, Any]) -> Iterator[str]:
    yield f"System        {system['name']}: {system['title']}"
    for name, ends in system["ranges"].items():
        yield f"                {name} {ends['low']:g} to {ends['high']:g} {ends['unit']}"
    for name, settings in system["choices"].items():
        yield f"                {name} {', '.join(settings)}"
    for salt in system["salts"]:
        n, asked = len(salt["regimens"]), salt["regimens_asked"]
        made = f"fits {n} of {asked} regimens" if n else "left out: fits no regimen at this dose"
        yield f"                salt {salt['name']} ({salt['mg_content_pct']:g} % Mg) {made}"


def _population_lines(population: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Population    {population['name']}: {population['size']} subjects,"
        f" seed {population['seed']}"
    )
    if population["idle_fields"]:
        idle = ", ".join(population["idle_fields"])
        yield f"                stated without effect on this version's body model: {idle}"
