"""The report page of the qualification: one HTML file that needs nothing else, misses first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.qualification.picture import drawn, picture
from experiments.qualification.tables import (
    calibrated_table,
    controls_table,
    experiments_table,
    rows_table,
    scores_table,
)
from experiments.reports.files import write_file
from experiments.reports.html import filled, png_uri

TEMPLATE = "qualification.html.j2"


def write_page(document: Mapping[str, Any], path: Path) -> Path:
    """Write the qualification as one HTML file.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].
    path : Path
        File to write, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written.
    """
    return write_file(path, page(document), "Page", "--report")


def page(document: Mapping[str, Any]) -> str:
    """Return the page as text.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    shown = drawn(document)
    tables = {
        "rows": rows_table(document),
        "scores": scores_table(document),
        "controls": controls_table(document),
        "experiments": experiments_table(document),
        "calibrated": calibrated_table(document),
    }
    values = {
        "summary": document["summary"],
        "sentence": sentence(document),
        "picture": png_uri(picture(document)),
        "alt": f"Predicted against published for {len(shown)} rows, and their ratios, worst first.",
        "left_out": [row["id"] for row in document["rows"] if row not in shown],
        "tables": tables,
    }
    return filled("experiments.qualification", TEMPLATE, values)


def sentence(document: Mapping[str, Any]) -> str:
    """Return the result in one sentence, misses first.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    str
        A sentence, [-].
    """
    counts = document["summary"]["verdicts"]
    text = (
        f"Of {document['summary']['rows']} rows, {counts['outside']} lie outside what is accepted,"
        f" {counts['inside']} inside, and {counts['not computable']} cannot be computed"
    )
    held = document["summary"]["by_role"].get("held_out")
    if held:
        computable = held["outside"] + held["inside"]
        text += f"; of the held-out rows, {held['outside']} of {computable} lie outside"
    return text + "."
