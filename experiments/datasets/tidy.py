"""Any table of a person's own, from its file to rows to learn from.

Column names are the person's own; a mapping file says what the header cannot. Everything wrong with
either file is reported at once, by line and column.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from experiments.config.mapping import TableMapping, load_mapping
from experiments.datasets.files import read_bytes
from formulation.errors import InputError, Problem
from models.learning.reading import read_tidy
from models.learning.table import TidyTable

T = TypeVar("T")


def load_tidy(
    path: Path,
    *,
    target: str = "",
    group: str = "",
    time: str = "",
    curve: str = "",
    mapping_path: Path | None = None,
    ignore: Sequence[str] = (),
    sheet: str = "",
    encoding: str = "",
) -> TidyTable:
    """Return the table in a file.

    Parameters
    ----------
    path : Path
        A CSV file or an Excel workbook, [-].
    target, group : str, optional
        Columns of the outcome and of what is never split; empty when the mapping says them, [-].
    time, curve : str, optional
        Columns of the time and of the series; empty when there is none or the mapping says it, [-].
    mapping_path : Path or None, optional
        A mapping file, [-].
    ignore : sequence of str, optional
        Columns that are not to be read, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        An 8-bit encoding of a text file, [-].

    Returns
    -------
    TidyTable
        Its rows; what was left out or taken for missing stands in its notes, [-].

    Raises
    ------
    InputError
        A file cannot be read, or something in one is wrong; every problem with its place.
    """
    problems: list[Problem] = []
    data = _attempt(lambda: read_bytes(path), problems)
    mapping = TableMapping()
    if mapping_path is not None:
        mapping = _attempt(lambda: load_mapping(mapping_path), problems) or mapping
    if problems or data is None:
        raise InputError.of(problems)
    named = {"target": target, "group": group, "time": time, "curve": curve}
    return tidy_of(data, str(path), mapping, ignore=ignore, sheet=sheet, encoding=encoding, **named)


def tidy_of(
    data: bytes,
    file: str,
    mapping: TableMapping,
    *,
    ignore: Sequence[str] = (),
    sheet: str = "",
    encoding: str = "",
    **named: str,
) -> TidyTable:
    """Return the table in the bytes of a file.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    mapping : TableMapping
        What is said of its columns, [-].
    ignore : sequence of str, optional
        Columns that are not to be read, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        An 8-bit encoding of a text file, [-].
    **named : str
        Columns by role, as given beside the mapping, [-].

    Returns
    -------
    TidyTable
        Its rows, [-].

    Raises
    ------
    InputError
        Something in it is wrong; every problem with its place.
    """
    found = read_tidy(
        data,
        file=file,
        mapping=mapping.columns,
        ignore=ignore,
        sheet=sheet,
        encoding=encoding,
        **named,
    )
    if found.table is None:
        raise InputError.of(found.problems)
    source = f"{file} ({mapping.source})" if mapping.source else file
    return evolve(found.table, source=source)


def _attempt(make: Callable[[], T], problems: list[Problem]) -> T | None:
    """Return what a function makes, or note what is wrong with its file."""
    try:
        return make()
    except InputError as error:
        problems.extend(error.problems)
        return None
