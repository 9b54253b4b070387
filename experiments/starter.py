"""The use case of ``formulation init``: a first study file, built from what the domain offers.

Nothing of it is a frozen copy: the systems and salts are those of the domain, and dose and regimens
follow from what the systems can be made with, as checking the very text tells.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from attrs import evolve, frozen

from experiments.config import StudySpec, load_study
from experiments.config.files import refuse_file
from formulation.delivery import DELIVERY_SYSTEMS, DeliverySystem, get_system
from formulation.errors import InputError
from formulation.limits import Limits, get_limits
from formulation.regimen import MAX_INTAKES_PER_DAY
from formulation.salts import salts

DEFAULT_FILE = Path("study.yaml")
DEFAULT_JURISDICTION = "EU"

LADDER = ((0.6, 2), (0.6, 4), (0.2, 4), (0.04, 6), (0.002, 6))
"""Least dose as a share of what a day allows, and most units at one occasion; the first with which
every system can make something is taken, so that strong systems are not asked for weak doses."""

IDEAL_SHARE = 0.12
"""Absorbed increment that is called ideal, as a share of what a day allows, [-]."""


_TEMPLATE = """\
# A study file: what may be made, for whom, and what is wanted. Every quantity carries its unit.

# Name of the study, and the question it answers in your words.
study: my-study
question: Which product brings the most magnesium in the fewest units?
# What MLflow shows it under, together with other studies; left out, it stands by itself.
project: my-project

# Whose limits on supplements hold: at most {high:g} mg/d of magnesium in {jurisdiction}.
jurisdiction: {jurisdiction}

# Delivery systems; `formulation check` shows the ranges of each, which a study may narrow.
systems:
{systems}

# Salts; with the assay of your lot as {{name: citrate, mg_content: 16 %}}.
salts: [{salts}]

# Elemental magnesium a day.
dose: {{low: {low:g} mg/d, high: {high:g} mg/d}}

# How it may be taken: units at one occasion, occasions a day; every combination is considered.
regimens: {{units_per_intake: {units}, intakes_per_day: {intakes}, with_meals: [true, false]}}

# For whom; `formulation data show populations` lists the others.
population: healthy_adults

# What is made better, from a worst acceptable to an ideal value; of people .p50, or .p05 and .p95.
objectives:
  - {{endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: {ideal:g} mg/d}}
  - {{endpoint: units_per_day, goal: minimise, worst: {most_per_day} 1/d, ideal: 1 1/d}}

# What a design must keep to; one that misses is kept as infeasible, with the reason.
limits:
  - {{endpoint: soluble_unabsorbed_load.p95, high: 9 mmol/d}}
  - {{endpoint: peak_gut_load.p95, high: 10.5 mmol}}

# What a product must satisfy besides, as in [{{attribute: unit_volume_ml, high: 1.2 mL}}]; an empty
# list takes the usual ranges, which `formulation data show quality_attributes` lists.
profile: []

# What is done with designs far from what the surrogates were fitted on: `report` says so beside
# them, `penalise` also ranks them lower while searching, `forbid` makes them infeasible.
extrapolation: report
# What is not wanted, as in [{{system: transdermal, when: {{salt: chloride}}, because: it itches}}].
exclude: []
# Recipes that a laboratory could not make, as in [{{product: tried.yaml, because: it sticks}}].
not_makeable: []
# How far from the plan a product may be executed, as in {{weighing: 1 %}}; .worst_case reads it.
robustness: {{}}
# A release profile to resemble, as in [{{time: 1 h, released: 25 %}}, ...]; predicted_f2 reads it.
reference_release: []

# How many designs to evaluate, and from which seed.
budget: {{trials: 240, seed: 1}}
"""


@frozen(kw_only=True)
class Start:
    """What a starter study asks for."""

    systems: tuple[DeliverySystem, ...]
    """Delivery systems."""

    limits: Limits
    """What the jurisdiction allows."""

    salts: tuple[str, ...]
    """Keys of the salts."""

    least_share: float
    """Least dose as a share of what a day allows, [-]."""

    most_units: int
    """Most units at one occasion, [-]."""

    @property
    def most_mg_per_day(self) -> float:
        """Most elemental magnesium a day, [mg/d]."""
        return self.limits.daily_supplemental.value

    @property
    def least_mg_per_day(self) -> float:
        """Least elemental magnesium a day, [mg/d]."""
        return float(f"{self.least_share * self.most_mg_per_day:.2g}")

    @property
    def intakes(self) -> list[int]:
        """Occasions a day that the jurisdiction allows, [1/d]."""
        return list(range(int(self.limits.min_intakes.value), MAX_INTAKES_PER_DAY + 1))


def choose_systems(names: Sequence[str]) -> tuple[DeliverySystem, ...]:
    """Return the delivery systems of these names, each once.

    Parameters
    ----------
    names : sequence of str
        Names; none for every system of the product, [-].

    Returns
    -------
    tuple of DeliverySystem
        The systems in the order given, [-].

    Raises
    ------
    UnknownNameError
        A system is not known.
    """
    return tuple(get_system(name) for name in dict.fromkeys(names)) or DELIVERY_SYSTEMS


def plan_start(systems: Sequence[DeliverySystem], limits: Limits) -> Start:
    """Return the first dose and regimens with which every system can make something.

    Parameters
    ----------
    systems : sequence of DeliverySystem
        Delivery systems of the product, at least one, [-].
    limits : Limits
        What the jurisdiction allows, [-].

    Returns
    -------
    Start
        What the study file will ask for, [-].

    Raises
    ------
    InputError
        A system can make nothing, not even with the widest dose and regimens; it is named.
    """
    designable = tuple(salt.key for salt in salts().values() if salt.is_designable)
    idle: list[str] = []
    for least_share, most_units in LADDER:
        start = Start(
            systems=tuple(systems),
            limits=limits,
            salts=designable,
            least_share=least_share,
            most_units=most_units,
        )
        made = _salts_by_system(start)
        idle = [system.name for system in systems if not made.get(system.name)]
        if not idle:
            used = {salt for found in made.values() for salt in found}
            return evolve(start, salts=tuple(key for key in designable if key in used))
    raise InputError(
        f"Delivery system {' and '.join(map(repr, idle))} cannot stand in a study for"
        f" {limits.jurisdiction}: with doses of {start.least_mg_per_day:g} to"
        f" {start.most_mg_per_day:g} mg/d of elemental magnesium, in up to {start.most_units} units"
        f" {MAX_INTAKES_PER_DAY} times a day, nothing can be made.",
        hint="Name the other systems with --system, or try another --jurisdiction.",
    )


def starter_text(start: Start) -> str:
    """Return the study file, with a comment on each key.

    Parameters
    ----------
    start : Start
        What it asks for, [-].

    Returns
    -------
    str
        YAML text, [-].
    """
    return _TEMPLATE.format(
        systems="\n".join(_system_lines(start.systems)),
        jurisdiction=start.limits.jurisdiction,
        salts=", ".join(start.salts),
        low=start.least_mg_per_day,
        high=start.most_mg_per_day,
        units=list(range(1, start.most_units + 1)),
        intakes=start.intakes,
        ideal=float(f"{IDEAL_SHARE * start.most_mg_per_day:.1g}"),
        most_per_day=start.most_units * max(start.intakes),
    )


def write_starter(path: Path, names: Sequence[str], jurisdiction: str) -> StudySpec:
    """Write a starter study file; nothing that exists is ever replaced.

    Parameters
    ----------
    path : Path
        File to write, [-].
    names : sequence of str
        Delivery systems; none for every one of the product, [-].
    jurisdiction : str
        ``EU`` or ``US``, [-].

    Returns
    -------
    StudySpec
        The study as the file states it, [-].

    Raises
    ------
    InputError
        The file exists or cannot be written, or a name or combination is not possible.
    """
    _refuse_place(path)
    text = starter_text(plan_start(choose_systems(names), get_limits(jurisdiction)))
    study = load_study(text, file=str(path))
    try:
        _publish(path, text)
    except FileExistsError:
        _refuse_existing(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refuse_file(
            str(path),
            "unwritable_file",
            f"the file cannot be written: {reason}.",
            hint="Name a file in a folder that you may write to.",
        )
    return study


def _salts_by_system(start: Start) -> dict[str, tuple[str, ...]]:
    """Return the salts that each system can be made with; none where nothing can be made."""
    try:
        space = load_study(starter_text(start)).space
    except InputError as error:
        if any(problem.pointer != "systems" for problem in error.problems):
            raise  # a fault of the text, not of what can be made
        return {}
    return {part.name: tuple(part.options) for part in space.spaces}


def _system_lines(systems: Sequence[DeliverySystem]) -> list[str]:
    width = max(len(system.name) for system in systems)
    return [f"  - {system.name:<{width}}   # {system.title}" for system in systems]


def _refuse_place(path: Path) -> None:
    """Say early and plainly what a failing link would say in words of the system."""
    if os.path.isdir(path):
        refuse_file(str(path), "unwritable_file", "this is a directory.", hint="Name a file in it.")
    if os.path.lexists(path):
        _refuse_existing(path)
    if not os.path.isdir(path.parent):
        refuse_file(
            str(path),
            "unwritable_file",
            f"its folder {path.parent} does not exist.",
            hint="Make the folder first.",
        )


def _refuse_existing(path: Path) -> None:
    refuse_file(
        str(path),
        "file_exists",
        "the file exists and is never replaced.",
        hint="Name another file, or move this one away.",
    )


def _publish(path: Path, text: str) -> None:
    """Write beside the place and link into it: whole or not at all, and never over another."""
    draft = path.parent / f".starter-{uuid4().hex}"
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
