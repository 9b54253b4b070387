"""Words that the commands about bench curves share: labelled lines, times, options of a table."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.data.unit_curves import UnitCurveFile

LABEL = 11
"""Width of the words in front of a line, [-] (characters)."""

Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Encoding of a CSV file, such as cp1252.")
]
TimeUnit = Annotated[str, typer.Option("--time-unit", help="Unit of the times: h, min, s or d.")]
ReleasedUnit = Annotated[
    str, typer.Option("--released-unit", help="Unit of the release: % or fraction.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def labelled(label: str, text: str, width: int) -> list[str]:
    """Return a text with a word in front of it, wrapped.

    Parameters
    ----------
    label : str
        The word, [-].
    text : str
        The text, [-].
    width : int
        Characters of a line, [-].

    Returns
    -------
    list of str
        Lines, [-].
    """
    indent = " " * LABEL
    return wrap(text, width, initial_indent=label.ljust(LABEL), subsequent_indent=indent)


def file_lines(read: "UnitCurveFile", width: int) -> Iterator[str]:
    """Yield how a table was read.

    Parameters
    ----------
    read : UnitCurveFile
        The table, [-].
    width : int
        Characters of a line, [-].

    Yields
    ------
    str
        One line, [-].
    """
    yield from labelled("File", f"{read.stated}; {read.form}", width)
    for text in read.notes:
        yield from labelled("Note", text, width)


def time_text(hours: float) -> str:
    """Return a time in minutes below one hour, and in hours from there on.

    Parameters
    ----------
    hours : float
        Time, [h].

    Returns
    -------
    str
        Three digits and the unit, [-].

    Examples
    --------
    >>> time_text(0.25), time_text(1.5)
    ('15 min', '1.5 h')
    """
    return f"{hours:.3g} h" if hours >= 1 else f"{60 * hours:.3g} min"
