"""One case as a folder of files, from which another tool can reproduce it without this program.

The case is one subject: the patient, or the one of a population whose uptake is the middle one. It
is followed once more, alone and step by step, with the product and without it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from attrs import frozen

from experiments.account.arms import Arm, one_subject
from experiments.reports.files import check_place, csv_text, unwritable
from experiments.simulation.document import Simulated
from experiments.simulation.readme import readme
from experiments.simulation.request import People
from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError
from formulation.patients import patient_fields
from formulation.units import MG_PER_MMOL
from models.population import Subjects
from models.simulator.arms import Start, Taken
from models.simulator.export import (
    MAX_DAYS,
    Case,
    adapted,
    case_of,
    case_tables,
    equation_tables,
    trajectory_table,
)
from models.simulator.run import follow
from models.simulator.sbml import sbml

WITH, WITHOUT = "with_product", "without_product"
"""Folders of the two arms."""

TOLD = ("Folder", "--export")
"""What an error calls the folder, and the option that names it."""

HOURS_PER_DAY = 24.0
"""Hours in a day, [h/d]."""


@frozen(kw_only=True, eq=False)
class Followed:
    """A case, and what the engine makes of it."""

    case: Case
    """What another tool is given."""

    path: FloatArray
    """Every state at every end of a step, the start first, (n_steps + 1, n_states), in its unit."""

    def last_day(self, name: str) -> float:
        """Return what a state gains in the last day.

        Parameters
        ----------
        name : str
            Name of a state or integral, [-].

        Returns
        -------
        float
            End less start of the day, in its unit, [-].
        """
        (column,) = self.case.model.index(name)
        begins = self.case.edges_h[-1] - HOURS_PER_DAY
        step = int(np.abs(self.case.edges_h - begins).argmin())
        return float(self.path[-1, column] - self.path[step, column])


def check_folder(path: Path, days: int) -> None:
    """Refuse a folder that could not be written, before anything is simulated.

    Parameters
    ----------
    path : Path
        Folder to write, [-].
    days : int
        Days that are simulated, [d].

    Raises
    ------
    InputError
        It is a file or holds something, nothing may be written there, or a case has not so many
        days.
    """
    if days > MAX_DAYS:
        raise InputError(
            f"Export: {days} days are too many for one case; days <= {MAX_DAYS}, while every red"
            " cell that leaves was made before.",
            hint=f"Give --days {MAX_DAYS} or fewer.",
        )
    if path.exists() and not path.is_dir():
        raise unwritable(path, *TOLD, "it is a file")
    if path.is_dir() and any(path.iterdir()):
        raise unwritable(path, *TOLD, "it is not empty, and nothing there is written over")
    check_place(path, *TOLD)


def write_case(simulated: Simulated, path: Path) -> Path:
    """Write one case of a simulation as a folder; it is there as a whole, or not at all.

    Parameters
    ----------
    simulated : Simulated
        What was run; of two products the first is exported, [-].
    path : Path
        Folder to write, [-].

    Returns
    -------
    Path
        The folder, [-].

    Raises
    ------
    InputError
        It cannot be written.
    """
    files = case_files(simulated)
    unfinished = path.absolute().with_name(f".{path.absolute().name}.{os.getpid()}")
    try:
        for name, text in files.items():
            file = unfinished / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise unwritable(path, *TOLD, error.strerror) from error
    return path


def case_files(simulated: Simulated) -> dict[str, str]:
    """Return the files of one case.

    Parameters
    ----------
    simulated : Simulated
        What was run, [-].

    Returns
    -------
    dict of str to str
        Text by the name within the folder, [-].
    """
    arm, days = simulated.arms[0], simulated.request.days
    number = middle_subject(arm)
    takes = {WITH: (arm.taken, arm.begun), WITHOUT: (arm.taken.emptied(), simulated.start)}
    followed = {}
    for name, (taken, start) in takes.items():
        person, here = one_subject(simulated.subjects, start, number)
        followed[name] = _follow(taken, here, person, days)
    files = {
        "README.txt": readme(simulated, number),
        **{f"equations/{name}": text for name, text in equation_tables().items()},
        "subject.csv": _subject_table(person, simulated.request.people),
        "intakes.csv": _intakes_table(arm.taken),
        "salts.csv": _salts_table(arm),
        "endpoints.csv": _endpoints_table(followed),
    }
    for name, found in followed.items():
        files[f"{name}/model.xml"] = sbml(found.case)
        files[f"{name}/trajectory.csv"] = trajectory_table(found.case, found.path[1:])
        files |= {f"{name}/{table}": text for table, text in case_tables(found.case).items()}
    return files


def middle_subject(arm: Arm) -> int:
    """Return the subject whose increment over the diet is nearest the median.

    Parameters
    ----------
    arm : Arm
        A product in the people, [-].

    Returns
    -------
    int
        Which of them, from 0; the first of several, [-].
    """
    increment = arm.values["absorbed_increment"]
    return int(np.abs(increment - np.median(increment)).argmin())


def _follow(taken: Taken, here: Start, person: Subjects, days: int) -> Followed:
    course = follow([taken], here, person, days=days, keep_path=True)
    levels = adapted(here, course)[:-1, 0]
    case = case_of(taken, here, person, subject=0, days=days, adaptation=levels)
    path = course.path[0, ..., 0].reshape(len(case.inputs), -1)
    return Followed(case=case, path=np.vstack([case.state, path]))


def _subject_table(person: Subjects, people: People) -> str:
    known = "stated" if people.is_patient else "drawn"
    rows = []
    for name, f in patient_fields().items():
        value = (name, f.title, float(person.values[name][0]), f.default.unit)
        if name in people.population.spreads:
            rows.append((*value, known, "", people.population.name))
        else:
            rows.append((*value, "default", f.default.basis.value, f.default.source))
    return csv_text(("field", "title", "value", "unit", "origin", "basis", "source"), rows)


def _intakes_table(taken: Taken) -> str:
    rows = [
        (day, HOURS_PER_DAY * day + time_h, float(units))
        for day, row in enumerate(taken.units)
        for time_h, units in zip(taken.times_h, row, strict=True)
    ]
    return csv_text(("day", "time_h", "units"), rows)


def _salts_table(arm: Arm) -> str:
    """Return the rows of the table of salt chemistry on which the product rests."""
    rows = read_rows(find_table("salt_chemistry", TABLES))
    mine = [row for row in rows if row["key"] in {p.salt for p in arm.product.design.parts}]
    return csv_text(tuple(rows[0]), [tuple(row.values()) for row in mine])


def _endpoints_table(followed: Mapping[str, Followed]) -> str:
    return csv_text(
        ("name", "unit", "value", "made_of"),
        [(name, unit, value, how) for name, unit, value, how in _endpoints(followed)],
    )


def _endpoints(followed: Mapping[str, Followed]) -> Iterator[tuple[str, str, float, str]]:
    """Yield numbers that are made of the trajectories alone."""
    made = followed[WITH], followed[WITHOUT]
    absorbed, urine, serum = (
        [f.last_day(name) for f in made] for name in ("absorbed", "urine", "serum_hours")
    )
    increment = MG_PER_MMOL * (absorbed[0] - absorbed[1])
    day, less = "gained on the last day", ", with the product less without it"
    yield "absorbed_increment", "mg/d", increment, f"{MG_PER_MMOL} * absorbed {day}{less}"
    yield "urine", "mmol/d", urine[0], f"urine {day}, with the product"
    yield "urine_change", "mmol/d", urine[0] - urine[1], f"urine {day}{less}"
    mean = [hours / HOURS_PER_DAY for hours in serum]
    yield "serum", "mmol/L", mean[0], f"serum_hours {day} / 24, with the product"
    yield "serum_change", "mmol/L", mean[0] - mean[1], f"serum_hours {day} / 24{less}"
