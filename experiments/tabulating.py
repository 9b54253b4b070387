"""The use case: the front of a study as a file for other programs, in the format of its ending.

CSV and Excel are for spreadsheets: no text in them can be taken for a formula, see
`models.data.escaping`. JSON and Parquet hold every text as it is.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from experiments.listing import read_study
from experiments.reports.files import check_ending, check_place, write_file
from experiments.reports.front_column import CellKind, FrontColumn, sheet_rows
from experiments.reports.front_table import front_columns
from experiments.workspace import Workspace
from models.data.table_files import Cell, csv_bytes, sheets_bytes

SCHEMA, VERSION = "formulation/front-table", 1

WHAT, OPTION = "Table", "--output"
"""What is written and by which option, for messages."""

META_SHEET = "_meta"
"""Sheet that says where a table is from and what its columns mean."""

HEADER_WIDTH = 24
"""Characters from which on a header of the workbook is broken into lines, [-]."""

_DTYPES: Mapping[CellKind, str] = {
    "text": "string",
    "number": "Float64",
    "whole": "Int64",
    "yes_no": "boolean",
}
"""Types of pandas, each with a place for nothing."""

Columns = Sequence[FrontColumn]


def write_front(ref: str, workspace: Workspace, path: Path) -> Path:
    """Write the front of a study as a table.

    Parameters
    ----------
    ref : str
        Study: label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where the study is kept, [-].
    path : Path
        File to write, one of `FORMATS`; an older one is replaced as a whole, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        No such format is written, or the file cannot be.
    """
    check_ending(path, WHAT, FORMATS)
    check_place(path, WHAT, OPTION)
    content = front_bytes(read_study(ref, workspace), path.suffix)
    return write_file(path, content, WHAT, OPTION)


def front_bytes(document: Mapping[str, Any], ending: str) -> bytes:
    """Return the front of a study as the bytes of a table.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    ending : str
        One of `FORMATS`, in capitals or not, [-].

    Returns
    -------
    bytes
        The file, [-].
    """
    return FORMATS[ending.lower()](front_columns(document), facts_of(document))


def facts_of(document: Mapping[str, Any]) -> dict[str, str | int]:
    """Return where a table of the front is from, and how to read it.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    dict
        By name, [-].
    """
    study = document["study"]
    confirmed = next((c["confirmation"] for c in document["front"] if c["confirmation"]), None)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": study["label"],
        "study_name": study["name"],
        "study_id": study["id"],
        "config_sha256": study["config_sha256"],
        "code_sha256": study["code_sha256"],
        "state": study["state"],
        "created_utc": study["created_utc"],
        "trials": document["trials"],
        "seed": document["seed"],
        "candidates": len(document["front"]),
        "population": study["population"]["name"],
        "predicted_intervals": "; ".join(
            f"{model['system']}: {model['intervals']['endpoints']}" for model in document["models"]
        ),
        "confirmed_intervals": "" if confirmed is None else confirmed["kind"],
        "basis": "; ".join(f"{m['system']}: {m['headline']}" for m in document["models"]),
        "notice": "Predicted and confirmed values are computed; none of them was measured.",
    }


def _csv(columns: Columns, _: Mapping[str, str | int]) -> bytes:
    return csv_bytes(sheet_rows(columns), for_excel=True)


def _xlsx(columns: Columns, facts: Mapping[str, str | int]) -> bytes:
    meta: list[list[Cell]] = [["name", "value", "unit", "meaning"]]
    meta += [[name, value] for name, value in facts.items()]
    meta += [["column", c.header, c.unit, c.meaning] for c in columns]
    sheets = {f"Front {facts['study']}": sheet_rows(columns), META_SHEET: meta}
    return sheets_bytes(
        sheets, header_width=HEADER_WIDTH, decimals=[column.decimals for column in columns]
    )


def _json(columns: Columns, facts: Mapping[str, str | int]) -> bytes:
    heads = [
        {"header": c.header, "name": c.name, "unit": c.unit, "kind": c.kind, "meaning": c.meaning}
        for c in columns
    ]
    names = [column.header for column in columns]
    rows = zip(*(column.cells for column in columns), strict=True)
    document = {
        **facts,
        "columns": heads,
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
    }
    return (json.dumps(document, allow_nan=False, indent=2) + "\n").encode()


def _parquet(columns: Columns, facts: Mapping[str, str | int]) -> bytes:
    import pandas as pd

    series = {c.header: pd.array(list(c.cells), dtype=_DTYPES[c.kind]) for c in columns}
    table = pd.DataFrame(series)
    table.attrs.update(facts)
    buffer = BytesIO()
    table.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


FORMATS: Mapping[str, Callable[[Columns, Mapping[str, str | int]], bytes]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".json": _json,
    ".parquet": _parquet,
}
"""Formats by the ending of the file."""
