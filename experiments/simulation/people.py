"""Every subject on a line: who it is, and each endpoint of each product."""

from pathlib import Path

import numpy as np

from experiments.reports.files import check_file, csv_text, write_file
from experiments.simulation.document import Simulated
from experiments.simulation.endpoints import Endpoint, endpoints
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
        Subject from 0, product, patient fields, endpoints; the unit stands in each heading. What
        only a part of the subjects is followed for is empty in the others, [-].
    """
    people, n = simulated.subjects, len(simulated.subjects)
    fields = patient_fields()
    heads = [f"{name} [{f.default.unit}]" for name, f in fields.items()]
    covariates = [people.values[name].tolist() for name in fields]
    rows, titles = [], []
    for arm, detail in zip(simulated.arms, simulated.details, strict=True):
        found = endpoints(arm, simulated.start, people, detail)
        titles = [f"{e.name} [{e.unit}]" for e in found]
        cells = zip(*covariates, *(_of_everybody(e, n) for e in found), strict=True)
        rows += [(k, arm.product.name, *row) for k, row in enumerate(cells)]
    return csv_text(("subject", "product", *heads, *titles), rows)


def _of_everybody(endpoint: Endpoint, n: int) -> list[float | str]:
    values: list[float | str] = np.asarray(endpoint.values).tolist()
    return values + [""] * (n - len(values))
