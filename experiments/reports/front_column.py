"""One column of the front as a table: name, unit, meaning, and a cell for each candidate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from models.data.table_files import Cell as SheetCell

Cell = str | int | float | bool | None
"""What a cell may hold; None for nothing."""

CellKind = Literal["text", "number", "whole", "yes_no"]

Candidate = Mapping[str, Any]


@frozen(kw_only=True)
class FrontColumn:
    """One column."""

    name: str
    """What it holds, for programs."""

    unit: str
    """Unit of its values; ``-`` of a pure number, a name or a verdict."""

    kind: CellKind
    """What its cells are."""

    meaning: str
    """What it holds, for people."""

    cells: tuple[Cell, ...]
    """One a candidate."""

    decimals: int | None = None
    """How many decimals a program may show; None where that is left to it."""

    @property
    def header(self) -> str:
        """Name and unit, such as ``salt [mg]``."""
        return f"{self.name} [{self.unit}]"


def column_of(
    front: Sequence[Candidate],
    name: str,
    unit: str,
    kind: CellKind,
    meaning: str,
    cell: Callable[[Candidate], Cell],
    decimals: int | None = None,
) -> FrontColumn:
    """Return a column with the cell of every candidate.

    Parameters
    ----------
    front : sequence of mapping
        Candidates, [-].
    name, unit : str
        What it holds and in which unit, [-].
    kind : str
        What its cells are, [-].
    meaning : str
        What it holds, for people, [-].
    cell : callable
        The cell of a candidate, [-].
    decimals : int, optional
        How many a program may show, [-].

    Returns
    -------
    FrontColumn
        The column, [-].
    """
    cells = tuple(cell(candidate) for candidate in front)
    return FrontColumn(
        name=name, unit=unit, kind=kind, meaning=meaning, cells=cells, decimals=decimals
    )


def sheet_rows(columns: Sequence[FrontColumn]) -> list[list[SheetCell]]:
    """Return columns as the rows of a spreadsheet.

    Parameters
    ----------
    columns : sequence of FrontColumn
        The columns, [-].

    Returns
    -------
    list of list
        Headers, and a row for each candidate; yes and no in words, [-].
    """
    cells = (column.cells for column in columns)
    body = [[_shown(cell) for cell in row] for row in zip(*cells, strict=True)]
    return [[column.header for column in columns], *body]


def _shown(cell: Cell) -> SheetCell:
    return ("yes" if cell else "no") if isinstance(cell, bool) else cell
