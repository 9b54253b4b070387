"""``formulation check``: what a study file says, or everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines

if TYPE_CHECKING:
    from experiments.config import StudySpec
    from formulation.delivery import Form
    from formulation.space import SystemSpace

SCHEMA, VERSION = "formulation/check", 2
MOST_SETTINGS = 8
"""Settings of one choice that are listed, [-]."""

EXTRAPOLATION_WORDS = {
    "report": "said beside designs far from what the surrogates were fitted on",
    "penalise": "designs far from what the surrogates were fitted on rank lower in the search",
    "forbid": "designs far from what the surrogates were fitted on are infeasible",
}
"""What is done with extrapolation, by the study's key."""

WORST_WORDS = (
    "worst is no limit: a design may be worse; the hypervolume is counted from there to best"
)
"""What the two ends of an objective are, and are not."""

LEFT_OUT = "left out: fits no regimen at this dose"
"""What is said of a salt that cannot be made into anything."""


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
        Systems with the salts and regimens that can be made, dose, population, aims, how values are
        judged, budget and warnings, [-].
    """
    from experiments.config.decided import decided
    from experiments.readings import judging_of, judging_words

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
            "is_one_person": study.population.is_alike,
            "medication": list(study.population.medication),
            "stated_fields": list(study.population.spreads),
            "idle_fields": list(study.population.idle_fields),
        },
        **{key: study.config[key] for key in ("objectives", "limits", "budget")},
        "profile": study.config.get("profile", []),
        "extrapolation": study.extrapolation,
        "judging": judging_words((*study.objectives, *study.limits), judging_of(study)),
        **decided(study),
        "warnings": list(study.lot_warnings),
    }


def _system(space: "SystemSpace") -> dict[str, Any]:
    return {
        "name": space.name,
        "title": space.system.title,
        "forms": [
            {
                "name": form.name,
                "title": form.title,
                "ranges": {
                    name: {"low": low, "high": high, "unit": _shown(unit, name, form)}
                    for name, (low, high, unit) in form.ranges().items()
                },
                "choices": {name: list(known) for name, known in form.choices().items()},
            }
            for form in space.system.forms
        ],
        "salts": [
            {
                "name": source.name,
                "mg_content_pct": [lot.mg_pct for lot in source.lots],
                "forms": list(space.options.get(source.name, ())),
                "regimens": list(space.regimens_for(source.name)),
                "regimens_asked": len(space.regimens),
            }
            for source in space.sources
        ],
    }


def _shown(unit: str, name: str, form: "Form") -> str:
    return "% w/w" if name in {c.name for c in form.components} else unit


def _lines(document: dict[str, Any]) -> Iterator[str]:
    from experiments.reports.choices_made import choices_made

    yield f"Study         {document['study']} ({document['sha256'][:12]})"
    if document["question"]:
        yield f"Question      {document['question']}"
    dose, budget = document["dose"], document["budget"]
    is_one = document["population"]["is_one_person"]
    who = "that person" if is_one else f"{budget['confirm_subjects']} subjects"
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
    yield f"                {WORST_WORDS}"
    for limit in document["limits"]:
        yield f"Limit         {limit['endpoint']} {_ends(limit)}"
    for target in document["profile"]:
        yield f"Profile       {target['attribute']} {_ends(target)}"
    if not document["profile"]:
        yield "Profile       the usual ranges (formulation data show quality_attributes)"
    yield f"Extrapolation {EXTRAPOLATION_WORDS[document['extrapolation']]}"
    yield from (f"Judged        {sentence}" for sentence in document["judging"])
    yield (
        f"Budget        {budget['trials']} trials in batches of {budget['batch']} by"
        f" {budget['strategy']}, seed {budget['seed']};"
        f" front confirmed for {who}"
    )
    yield from _stop_lines(budget)
    yield from (f"Decided       {line}" for line in choices_made(document))
    yield from (f"Warning       {warning}" for warning in document["warnings"])


def _stop_lines(budget: dict[str, Any]) -> Iterator[str]:
    from experiments.config.spec import ASYNCHRONOUS
    from experiments.reports.choices_made import ASYNCHRONOUS_WORDS

    if rule := budget.get("stagnation"):
        yield (
            f"Ends earlier  when the hypervolume rose by less than {rule['gain']} over the last"
            f" {rule['trials']} trials"
        )
    if "wall_time" in budget:
        yield f"Ends earlier  after {budget['wall_time']} of searching, to be resumed"
    if "ask_seconds" in budget:
        yield (
            f"Ask           a cheaper rung after more than {budget['ask_seconds']} for a proposal;"
            " then proposals depend on this machine's speed"
        )
    if budget.get("mode") == ASYNCHRONOUS:
        yield f"Asynchronous  {ASYNCHRONOUS_WORDS}; {budget['batch']} trials only pace the progress"


def _ends(bounds: dict[str, Any]) -> str:
    named = (("low", "from"), ("high", "up to"))
    return " ".join(f"{word} {bounds[key]}" for key, word in named if key in bounds)


def _regimen_lines(regimens: dict[str, list[Any]]) -> Iterator[str]:
    counts, intakes = regimens["units_per_intake"], regimens["intakes_per_day"]
    units = f"{' or '.join(map(str, counts))} unit{'' if counts == [1] else 's'} at once"
    often = "once" if intakes == [1] else f"{' or '.join(map(str, intakes))} times"
    meals = " or ".join("with meals" if m else "between meals" for m in regimens["with_meals"])
    yield f"Taken         {units}, {often} a day, {meals}"


def _system_lines(system: dict[str, Any]) -> Iterator[str]:
    yield f"System        {system['name']}: {system['title']}"
    for form in system["forms"]:
        yield f"  {form['name']}"
        for name, ends in form["ranges"].items():
            yield f"                {name} {ends['low']:g} to {ends['high']:g} {ends['unit']}"
        for name, settings in form["choices"].items():
            yield f"                {name} {_some(settings)}"
    yield "  salts"
    for salt in system["salts"]:
        n, asked = len(salt["regimens"]), salt["regimens_asked"]
        forms = f" as {', '.join(salt['forms'])}" if len(system["forms"]) > 1 else ""
        made = f"fits {n} of {asked} regimens{forms}" if n else LEFT_OUT
        content = " and ".join(f"{pct:g}" for pct in salt["mg_content_pct"])
        yield f"                {salt['name']} ({content} % Mg) {made}"


def _some(settings: list[str]) -> str:
    shown = ", ".join(settings[:MOST_SETTINGS])
    more = len(settings) - MOST_SETTINGS
    return f"{shown} and {more} more" if more > 0 else shown


def _population_lines(population: dict[str, Any]) -> Iterator[str]:
    if population["is_one_person"]:
        yield f"Population    {population['name']}: one person, whose own values percentiles are"
    else:
        yield (
            f"Population    {population['name']}: {population['size']} subjects,"
            f" seed {population['seed']}"
        )
    if population["medication"]:
        yield f"                all take {', '.join(population['medication'])}"
    if population["idle_fields"]:
        idle = ", ".join(population["idle_fields"])
        yield f"                stated without effect on this version's body model: {idle}"
