"""Study files: read, checked as a whole, and written back as plain data.

Everything wrong with a file is reported at once, each problem with its line and column. What a
study leaves out is filled in here and then stands in its `StudySpec.config`, so that a study that
is taken up again later does not depend on the default values of that day.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from experiments.config.aims import (
    limit_config,
    objective_config,
    read_budget,
    read_limits,
    read_objectives,
)
from experiments.config.documents import Node, node_of, parse
from experiments.config.excluding import read_excluded
from experiments.config.files import read_text
from experiments.config.items import Item
from experiments.config.judging import (
    read_reference,
    read_robustness,
    reference_config,
    refuse_unjudged,
    robustness_config,
)
from experiments.config.kinds import STUDY, of_kind
from experiments.config.makeable import read_unmade, unmade_config
from experiments.config.patient import read_people
from experiments.config.people import population_config, read_name
from experiments.config.products import (
    make_space,
    read_dose,
    read_regimens,
    read_sources,
    read_systems,
)
from experiments.config.profile import profile_config, read_profile, refuse_unpriced
from experiments.config.refusing import by_line, error_of
from experiments.config.space_config import Made, space_config
from experiments.config.spec import EXTRAPOLATION, REPORT, StudySpec
from experiments.config.stops import budget_config, refuse_skipping
from formulation.errors import InputError, Problem
from formulation.limits import Limits, all_limits, get_limits
from formulation.targets import Objective

REQUIRED = ("study", "jurisdiction", "systems", "salts", "dose", "population", "objectives")
"""Keys every study file has."""

OPTIONAL = (
    *(
        "project",
        "question",
        "regimens",
        "exclude",
        "not_makeable",
        "limits",
        "profile",
        "extrapolation",
    ),
    *("robustness", "reference_release", "budget"),
)
"""Keys a study file may leave out."""


def load_study(source: Path | str, *, file: str = "study") -> StudySpec:
    """Return the study of a file or of a text.

    A population that stands in a file of its own becomes part of the study: its hash names the
    people, and nobody reads that file again.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, which can name no other file, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    StudySpec
        The checked study, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that no candidate is offered to this population.
    """
    folder = None
    if isinstance(source, Path):
        file, folder, source = str(source), source.parent, read_text(source)
    root = of_kind(parse(source, file), STUDY, file)
    study = _study(root, file=file, text=source, folder=folder)
    # A stored study that was run so is still read, continued and repeated.
    refuse_skipping(study.budget, Item(node=root, file=file, problems=[]))
    _refuse_label(study.name, Item(node=root, file=file, problems=[]))
    return study


def _refuse_label(name: str, study: Item) -> None:
    """Refuse a name that would be taken for the number of another study."""
    if re.fullmatch(r"[Ss]\d+", name):
        item = study.entries()["study"]
        item.refuse(
            "wrong_value",
            f"{name!r} is how studies are numbered, so it would name another one.",
            rule="no S and a number",
            hint="Choose another name, such as 'tablets-2'.",
        )
        raise InputError.of(study.problems)


def study_from_config(config: Mapping[str, Any], *, text: str = "") -> StudySpec:
    """Return the study of plain data, such as the `StudySpec.config` of another.

    Parameters
    ----------
    config : mapping
        The content of a study file, [-].
    text : str, optional
        The file it came from, [-].

    Returns
    -------
    StudySpec
        The checked study, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that no candidate is offered to this population.
    """
    return _study(node_of(config), file="", text=text)


def objectives_of_config(config: Mapping[str, Any]) -> tuple[Objective, ...] | None:
    """Return the objectives of a stored study, without what it may make.

    Parameters
    ----------
    config : mapping
        The `StudySpec.config` of a study, [-].

    Returns
    -------
    tuple of Objective or None
        In the order of the study; None of a study whose objectives this version cannot read, [-].
    """
    problems: list[Problem] = []
    node = node_of(config.get("objectives"))
    found = read_objectives(Item(node=node, file="", problems=problems))
    return None if problems else found


def with_budget(study: StudySpec, **changes: int | str | None) -> StudySpec:
    """Return a study with another budget, as flags of the command line ask for it.

    Parameters
    ----------
    study : StudySpec
        The study, [-].
    **changes : int, str or None
        Fields of `Budget` that change; None keeps the study's own, [-].

    Returns
    -------
    StudySpec
        The same study, with its `config` and hash following the new budget, [-].

    Raises
    ------
    InputError
        A value is not possible.
    """
    values: dict[str, Any] = {k: value for k, value in changes.items() if value is not None}
    budget = evolve(study.budget, **values)
    if values:
        refuse_skipping(budget)
    return evolve(study, budget=budget, config={**study.config, "budget": budget_config(budget)})


def _study(root: Node, *, file: str, text: str, folder: Path | None = None) -> StudySpec:
    problems: list[Problem] = []
    item = Item(node=root, file=file, problems=problems)
    study = _read(item, text, folder)
    if problems:
        raise error_of(sorted(problems, key=lambda p: (p.file != file, *by_line(p))))
    assert study is not None
    return study


def _read(item: Item, text: str, folder: Path | None) -> StudySpec | None:
    members = item.members(REQUIRED, OPTIONAL)
    name = read_name(members["study"]) if "study" in members else ""
    project = read_name(members["project"]) if "project" in members else ""
    question = members["question"].text() if "question" in members else ""
    limits = _read_jurisdiction(members.get("jurisdiction"))
    product = _read_space(item, members, limits)
    population = read_people(members["population"], folder) if "population" in members else None
    objectives = read_objectives(members["objectives"]) if "objectives" in members else ()
    outcomes = read_limits(members.get("limits"))
    profile = read_profile(members.get("profile"))
    unmade = read_unmade(members.get("not_makeable"), folder)
    extrapolation = _read_extrapolation(members.get("extrapolation"))
    tolerances = read_robustness(members.get("robustness"))
    reference = read_reference(members.get("reference_release"))
    budget = read_budget(members.get("budget"))
    if not item.problems:
        refuse_unjudged(item, members, objectives, outcomes)
    for key, aims in (("objectives", objectives), ("limits", outcomes)):
        if product is not None and aims:
            refuse_unpriced(members[key], aims, product.space)
    if item.problems or None in (limits, product, population, budget):
        return None
    assert limits is not None
    assert product is not None
    assert population is not None
    assert budget is not None
    study = StudySpec(
        name=name,
        project=project,
        question=question,
        jurisdiction=limits.jurisdiction,
        space=product.space,
        population=population,
        objectives=objectives,
        limits=outcomes,
        budget=budget,
        profile=profile,
        not_makeable=unmade,
        extrapolation=extrapolation or REPORT,
        tolerances=tolerances,
        reference=reference,
        text=text,
        config={},
    )
    return evolve(study, config=_config(study, product, extrapolation))


def _config(study: StudySpec, made: Made, extrapolation: str | None) -> dict[str, Any]:
    """Return a study as plain data, with its extrapolation only where that is stated."""
    return {
        "study": study.name,
        "question": study.question,
        "jurisdiction": study.jurisdiction,
        **space_config(made),
        "population": population_config(study.population),
        "objectives": [objective_config(o) for o in study.objectives],
        "limits": [limit_config(limit) for limit in study.limits],
        # A study without a profile keeps the hash it had before there were profiles.
        **({"profile": profile_config(study.profile)} if study.profile else {}),
        # Nor do those that leave these keys out change theirs.
        **({"project": study.project} if study.project else {}),
        **({"not_makeable": [unmade_config(u) for u in study.not_makeable]}
           if study.not_makeable else {}),
        **({"extrapolation": extrapolation} if extrapolation else {}),
        **({"robustness": robustness_config(study.tolerances)} if study.tolerances else {}),
        **({"reference_release": reference_config(study.reference)} if study.reference else {}),
        "budget": budget_config(study.budget),
    }  # fmt: skip


def _read_jurisdiction(item: Item | None) -> Limits | None:
    if item is None:
        return None
    name = item.name("Jurisdiction", all_limits())
    return None if name is None else get_limits(name)


def _read_extrapolation(item: Item | None) -> str | None:
    """Return what is stated; None when nothing is."""
    return None if item is None else item.name("Extrapolation", EXTRAPOLATION)


def _read_space(item: Item, members: Mapping[str, Item], limits: Limits | None) -> Made | None:
    before = len(item.problems)
    sources = read_sources(members["salts"]) if "salts" in members else ()
    names = [source.name for source in sources]
    systems = read_systems(members["systems"], names) if "systems" in members else []
    excluded = read_excluded(
        members.get("exclude"), [part.system.name for _, part in systems], names
    )
    dose = read_dose(members["dose"], limits) if "dose" in members else None
    regimens = read_regimens(members.get("regimens"), limits)
    if len(item.problems) > before or limits is None or dose is None:
        return None
    if not (systems and sources and regimens):
        return None
    space = make_space(members["systems"], systems, sources, regimens, limits, dose, excluded)
    return None if space is None else Made(space, [part for _, part in systems], sources)
