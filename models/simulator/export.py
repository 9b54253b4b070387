"""One case of the simulator for other people's tools: its numbers, and all of it as tables.

A case is one subject who takes one product, for some days: every state at the start, every number,
and what the engine holds constant during each step. The adaptation of the uptake stays as it was at
the start. `models.simulator.sbml` writes a case as SBML.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.population import Subjects
from models.simulator.arms import Start, Taken
from models.simulator.equations import flux_model
from models.simulator.fluxes import FluxModel
from models.simulator.reference import forcing


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


def case_of(taken: Taken, start: Start, subjects: Subjects, *, subject: int, days: int = 1) -> Case:
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

    Returns
    -------
    Case
        Start, numbers and forcing, [-].

    Raises
    ------
    InputError
        There is no such subject, or the schedule has another number of days.
    """
    if not 0 <= subject < len(subjects):
        raise InputError(f"Case: subject {subject} is none of the {len(subjects)} there are.")
    if len(taken.units) != days:
        raise InputError(f"Case: units for {len(taken.units)} days, but {days} days.")
    found = forcing(taken, start, subjects, days=days)
    steps_h = np.tile(found.steps_h, days)
    return Case(
        model=flux_model(),
        edges_h=np.concatenate([[0.0], np.cumsum(steps_h)]),
        state=found.state[:, subject],
        parameters=found.parameters[:, subject],
        inputs=found.inputs[..., subject].reshape(len(steps_h), -1),
    )


def csv_tables(case: Case) -> dict[str, str]:
    """Return a case as tables.

    Parameters
    ----------
    case : Case
        What is exported, [-].

    Returns
    -------
    dict of str to str
        Text of each table by the name of its file, [-].
    """
    m = case.model
    values = dict(zip(m.state_names, case.state, strict=True))
    numbers = zip(m.parameters, case.parameters, strict=True)
    return {
        "states.csv": _table(
            ("name", "unit", "title", "value", "spills_to", "counts"),
            ((s.name, s.unit, s.title, values[s.name], s.spills_to, s.counts) for s in m.states),
        ),
        "integrals.csv": _table(
            ("name", "rate", "value"), ((n, text, values[n]) for n, text in m.integrals.items())
        ),
        "parameters.csv": _table(
            ("name", "unit", "title", "value"), ((p.name, p.unit, p.title, v) for p, v in numbers)
        ),
        "constants.csv": _table(("name", "value"), m.constants.items()),
        "definitions.csv": _table(("name", "expression"), m.definitions.items()),
        "fluxes.csv": _table(
            ("name", "source", "target", "rate", "takes", "takes_per_unit"),
            ((f.name, f.source, f.target, f.rate, f.takes, f.takes_per_unit) for f in m.fluxes),
        ),
        "inputs.csv": _table(
            ("name", "unit", "title"), ((p.name, p.unit, p.title) for p in m.inputs)
        ),
        "forcing.csv": _table(
            ("from_h", "to_h", *(p.name for p in m.inputs)),
            ((*ends, *row) for ends, row in zip(pairwise(case.edges_h), case.inputs, strict=True)),
        ),
    }


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([float(x) if isinstance(x, np.floating) else x for x in row] for row in rows)
    return text.getvalue()
