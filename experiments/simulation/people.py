"""Every subject on a line: who it is, and each endpoint of each product."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.account.arms import Arm
from experiments.account.detail import Detail
from experiments.account.ledger import losses, uptake
from experiments.reports.files import check_file, csv_text, write_file
from experiments.simulation.document import Simulated
from experiments.simulation.endpoints import endpoints
from formulation.arrays import FloatArray
from formulation.patients import patient_fields

TOLD = ("Table", "--subjects")
"""What an error calls the file, and the option that names it."""


def check_table(path: Path) -> None:
    """Refuse a table that could not be written, before anything is simulated.

    Parameters
    ----------
    path : Path
        File to write, [-].

    Raises
    ------
    InputError
        It is a folder, or nothing may be written where it would stand.
    """
    check_file(path, *TOLD)


def write_subjects(simulated: Simulated, path: Path) -> Path:
    """Write a line for every subject and product.

    Parameters
    ----------
    simulated : Simulated
        What was run, [-].
    path : Path
        File to write (CSV); an older one is replaced as a whole, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written.
    """
    return write_file(path, subjects_text(simulated), *TOLD)


def subjects_text(simulated: Simulated) -> str:
    """Return a line for every subject and product as comma-separated text.

    Parameters
    ----------
    simulated : Simulated
        What was run, [-].

    Returns
    -------
    str
        Subject from 0, product, patient fields, endpoints, what each segment takes up by each
        route, and what is lost to what; the unit stands in each heading. What only a part of the
        subjects is followed for is empty in the others, [-].
    """
    people, n = simulated.subjects, len(simulated.subjects)
    fields = {f"{k} [{f.default.unit}]": people.values[k] for k, f in patient_fields().items()}
    arms = [
        {"product": [arm.product.name] * n}
        | {
            head: values.tolist()
            for head, values in (fields | _told(arm, detail, simulated)).items()
        }
        for arm, detail in zip(simulated.arms, simulated.details, strict=True)
    ]
    heads = list(dict.fromkeys(head for columns in arms for head in columns))
    rows = (
        (k, *(_cell(columns.get(head, []), k) for head in heads))
        for columns in arms
        for k in range(n)
    )
    return csv_text(("subject", *heads), rows)


def _told(arm: Arm, detail: Detail, simulated: Simulated) -> dict[str, FloatArray]:
    """Return what is told of each subject by heading; some only of the first subjects."""
    found = endpoints(arm, simulated.start, simulated.subjects, detail)
    columns = {f"{e.name} [{e.unit}]": e.values for e in found}
    for u in uptake(detail):
        columns[f"absorbed_{u.place.replace(' ', '_')}_{u.route} [mg/d]"] = u.mg_per_day
    for name, amount in losses(detail, arm.taken).items():
        columns[f"lost_to_{name} [mg/d]"] = amount
    return columns


def _cell(column: Sequence[Any], subject: int) -> Any:
    return column[subject] if subject < len(column) else ""
