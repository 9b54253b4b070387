"""One case of the simulator for other people's tools: its numbers, and all of it as tables.

A case is one subject who takes one product, for some days: every state at the start, every number,
and what the engine holds constant during each step. The adaptation of the uptake stays as it was at
the start, or is given day by day. `models.simulator.sbml` writes a case as SBML.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import astuple, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.disposition import _parameters as body
from models.population import Subjects
from models.simulator.arms import Start, Taken
from models.simulator.blocks import ADAPTATION_PER_DAY, Course
from models.simulator.dimensions import units
from models.simulator.equations import flux_model
from models.simulator.fluxes import FluxModel
from models.simulator.reference import forcing
from models.simulator.sources import origins

MAX_DAYS = round(body.RED_CELL_HOURS / 24)
"""Most days of a case, [d]: red cells that leave later were made during it."""

LEAST_ADAPTED, MOST_ADAPTED = 0.1, 3.0
"""Ends between which the uptake adapts, as the engine holds them, [-]."""


@frozen(kw_only=True, eq=False)
class Case:
    """One subject, one product, some days, step by step."""

    model: FluxModel
    """States and fluxes."""

    edges_h: FloatArray
    """Ends of the steps from the first day on, of shape (n_steps + 1,), [h]."""

    state: FloatArray
    """Every state at the start, of shape (n_states,)."""

    parameters: FloatArray
    """Numbers of subject and product, of shape (n_parameters,)."""

    inputs: FloatArray
    """What holds during each step, of shape (n_steps, n_inputs)."""


def adapted(start: Start, course: Course) -> FloatArray:
    """Return how far the saturable uptake had adapted at the start of each day, and at the end.

    Parameters
    ----------
    start : Start
        Where the subjects stood, [-].
    course : Course
        What happened to them with one product, [-].

    Returns
    -------
    ndarray of shape (n_days + 1, n_subjects)
        Capacity against that at the start, [-].
    """
    serum = course.day("serum_mean")[0]
    levels = [np.ones(serum.shape[1])]
    for mean in serum:
        wanted = np.clip(start.serum[: len(mean)] / mean, LEAST_ADAPTED, MOST_ADAPTED)
        levels.append(levels[-1] + ADAPTATION_PER_DAY * (wanted - levels[-1]))
    return np.array(levels)


def case_of(
    taken: Taken,
    start: Start,
    subjects: Subjects,
    *,
    subject: int,
    days: int = 1,
    adaptation: FloatArray | None = None,
) -> Case:
    """Return one subject of a course as a case.

    Parameters
    ----------
    taken : Taken
        Product and schedule, [-].
    start : Start
        Where the subjects stand, [-].
    subjects : Subjects
        The people, [-].
    subject : int
        Which of them, from 0, [-].
    days : int, optional
        Days, [d].
    adaptation : ndarray of shape (n_days,), optional
        Saturable capacity on each day against that at the start; as at the start when left out,
        [-].

    Returns
    -------
    Case
        Start, numbers and forcing, [-].

    Raises
    ------
    InputError
        There is no such subject, the schedule has another number of days, or there are too many.
    """
    if not 0 <= subject < len(subjects):
        raise InputError(f"Case: subject {subject} is none of the {len(subjects)} there are.")
    if len(taken.units) != days:
        raise InputError(f"Case: units for {len(taken.units)} days, but {days} days.")
    if days > MAX_DAYS:
        raise InputError(f"Case: {days} days are too many; a case has at most {MAX_DAYS}.")
    found = forcing(taken, start, subjects, days=days)
    model = flux_model()
    inputs = found.inputs[..., subject].copy()
    if adaptation is not None:
        inputs[:, :, [p.name for p in model.inputs].index("adaptation")] = adaptation[:, None]
    steps_h = np.tile(found.steps_h, days)
    return Case(
        model=model,
        edges_h=np.concatenate([[0.0], np.cumsum(steps_h)]),
        state=found.state[:, subject],
        parameters=found.parameters[:, subject],
        inputs=inputs.reshape(len(steps_h), -1),
    )


def equation_tables() -> dict[str, str]:
    """Return the equations as tables: every flux, definition, integral, constant and input.

    Returns
    -------
    dict of str to str
        Text of each table by the name of its file, [-].
    """
    m, unit, origin = flux_model(), units(flux_model()), origins()
    of_state = {s.name: s.unit for s in m.states}
    return {
        "fluxes.csv": _table(
            ("name", "source", "target", "rate", "unit", "takes", "takes_per_unit", "takes_unit"),
            (
                (
                    *(f.name, f.source, f.target, f.rate, f"{of_state[f.source or f.target]}/h"),
                    *(f.takes, f.takes_per_unit, f"{of_state[f.takes]}/h" if f.takes else ""),
                )
                for f in m.fluxes
            ),
        ),
        "definitions.csv": _table(
            ("name", "unit", "expression"),
            ((n, unit[n], text) for n, text in m.definitions.items()),
        ),
        "integrals.csv": _table(
            ("name", "unit", "rate"), ((n, unit[n], text) for n, text in m.integrals.items())
        ),
        "constants.csv": _table(
            ("name", "unit", "value", *ORIGIN),
            ((n, unit[n], value, *astuple(origin[n])) for n, value in m.constants.items()),
        ),
        "inputs.csv": _table(
            ("name", "unit", "title", *ORIGIN),
            ((p.name, p.unit, p.title, *astuple(origin[p.name])) for p in m.inputs),
        ),
    }


def case_tables(case: Case) -> dict[str, str]:
    """Return the numbers of a case as tables: where it starts, its parameters, and its inputs.

    Parameters
    ----------
    case : Case
        What is exported, [-].

    Returns
    -------
    dict of str to str
        Text of each table by the name of its file, [-].
    """
    m, unit, origin = case.model, units(case.model), origins()
    values = dict(zip(m.state_names, case.state, strict=True))
    numbers = zip(m.parameters, case.parameters, strict=True)
    return {
        "states.csv": _table(
            ("name", "unit", "title", "value", "spills_to", "counts"),
            (
                *(
                    (s.name, s.unit, s.title, values[s.name], s.spills_to, s.counts)
                    for s in m.states
                ),
                *((n, unit[n], f"integral of {n}", values[n], "", False) for n in m.integrals),
            ),
        ),
        "parameters.csv": _table(
            ("name", "unit", "title", "value", *ORIGIN),
            ((p.name, p.unit, p.title, v, *astuple(origin[p.name])) for p, v in numbers),
        ),
        "forcing.csv": _table(
            ("from_h", "to_h", *(p.name for p in m.inputs)),
            ((*ends, *row) for ends, row in zip(pairwise(case.edges_h), case.inputs, strict=True)),
        ),
    }


def trajectory_table(case: Case, path: FloatArray) -> str:
    """Return what the engine makes of a case as a table.

    Parameters
    ----------
    case : Case
        What was followed, [-].
    path : ndarray of shape (n_steps, n_states)
        Every state after every step, each in its unit, [-].

    Returns
    -------
    str
        Text of the table, the start first, [-].
    """
    rows = np.column_stack([case.edges_h, np.vstack([case.state, path])])
    return _table(("time_h", *case.model.state_names), rows.tolist())


ORIGIN = ("made_of", "basis", "source")
"""Columns that say where a number comes from."""


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([float(x) if isinstance(x, np.floating) else x for x in row] for row in rows)
    return text.getvalue()
