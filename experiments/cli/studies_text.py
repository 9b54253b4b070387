"""How the studies of a workspace are listed in a terminal."""

from datetime import datetime
from typing import Any

from experiments.cli.output import table_lines
from experiments.config.spec import ASYNCHRONOUS
from experiments.reports.choices_made import ASYNCHRONOUS_WORDS

LONGEST_NAME = 48
"""Longest name of a study in a table, [-] (characters)."""


def cut(text: str, most: int) -> str:
    """Return a text that is not too long, and shows where it was cut.

    Parameters
    ----------
    text : str
        Any text, [-].
    most : int
        Most characters, [-].

    Returns
    -------
    str
        The text, or its beginning with an ellipsis, [-].

    Examples
    --------
    >>> cut("magnesium", 9), cut("magnesium", 5)
    ('magnesium', 'magn…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def studies_lines(studies: list[dict[str, Any]], width: int, absent: str = "") -> list[str]:
    """Return one line for each stored study.

    Parameters
    ----------
    studies : list of dict
        What `experiments.listing.list_studies` returned, [-].
    width : int
        Characters of a line, [-].
    absent : str, optional
        Said of a workspace that is not there, [-].

    Returns
    -------
    list of str
        Lines, [-].
    """
    rows = []
    for study in studies:
        state = study["state"]
        if state == "interrupted":
            state = f"stopped; formulation resume {study['label']}"
        rows.append(
            [
                study["label"],
                cut(study["name"], LONGEST_NAME),
                f"{study['done']}/{study['budget']}",
                str(study["feasible"]),
                local_time(study["updated_utc"]),
                state,
            ]
        )
    if not rows:
        return [f"no study yet{absent}; start one with: formulation run STUDY.yaml"]
    titles = ["study", "name", "trials", "feasible", "updated", "state"]
    early = [
        f"{study['label']} stopped because {stopped['because']}"
        for study in studies
        if (stopped := study.get("stopped")) and study["done"] < study["budget"]
    ]
    speedy = [
        f"{study['label']} is asynchronous: {ASYNCHRONOUS_WORDS}"
        for study in studies
        if study.get("mode") == ASYNCHRONOUS
    ]
    again = [
        f"{study['label']} repeats {study['repeats']}" for study in studies if study.get("repeats")
    ]
    return [*table_lines(titles, rows, width), *again, *early, *speedy]


def local_time(utc: str) -> str:
    """Return a stored time in local time with its offset.

    Parameters
    ----------
    utc : str
        ISO-8601 in UTC, [-].

    Returns
    -------
    str
        Minutes are enough for people, [-].
    """
    return datetime.fromisoformat(utc).astimezone().strftime("%Y-%m-%d %H:%M %z")
