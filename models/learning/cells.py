"""The cells of one column, as numbers or as text, and what was missing or in the way.

The cells decide what the column is, unless somebody said it. Nothing is turned into a number or
into nothing unseen: each mark of a missing value is counted, each text among numbers refused.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import Problem
from models.data.lab_tables import LabTable, Row
from models.learning.column_use import ColumnUse

MISSING = ("na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "-", "–", "—", "?", "unknown")
"""Usual marks of a missing value, whatever their case."""

LARGEST = 1e30
"""Largest number that is learnt from, [-]; beyond it trees see none."""

MOSTLY = 0.95
"""Share of numbers from which a text among them is taken for a mistake, [-]."""


@frozen(kw_only=True)
class CellColumn:
    """One column as it was read."""

    name: str
    """Name in the header."""

    numbers: FloatArray | None = None
    """Numbers of shape (n_rows,), NaN where missing; None for a column of text."""

    texts: tuple[str, ...] = field(default=(), repr=False)
    """Text of each row, empty where missing; empty for a column of numbers."""

    problems: tuple[Problem, ...] = ()
    """Cells that cannot be read."""

    notes: tuple[str, ...] = ()
    """What was taken for missing."""


def read_cells(table: LabTable, index: int, use: ColumnUse, *, numeric: bool) -> CellColumn:
    """Return a column of a table.

    Parameters
    ----------
    table : LabTable
        The table, [-].
    index : int
        Index of the column, from 0, [-].
    use : ColumnUse
        What a mapping says of it, [-].
    numeric : bool
        Whether only numbers will do, [-].

    Returns
    -------
    CellColumn
        Numbers or text, [-].
    """
    cells = [row.cells[index] if index < len(row.cells) else "" for row in table.rows]
    counts = Counter(cells)
    marks = {text: n for text, n in counts.items() if text.casefold() in MISSING}
    values = {text: table.number(text) for text in counts if text and text not in marks}
    words = {text for text, value in values.items() if value is None and not _is_endless(text)}
    name = table.header.cells[index]
    notes = [_missing_note(name, marks)] if marks else []
    if not numeric and not _is_numeric(counts, values, words, use):
        gone = {*marks, ""}
        texts = tuple("" if cell in gone else cell for cell in cells)
        return CellColumn(name=name, texts=texts, notes=tuple(notes))
    if words and use.read_as == "number":
        notes.append(_missing_note(name, {word: counts[word] for word in sorted(words)}))
        words = set()
    wrong = {text for text, value in values.items() if value is None and _is_endless(text)}
    wrong |= words | {t for t, v in values.items() if v is not None and not _is_within(v, use)}
    problems = [
        _cell_problem(table, row, index, cell, use, values[cell])
        for row, cell in zip(table.rows, cells, strict=True)
        if cell in wrong
    ]
    read = {text: np.nan if value is None else value for text, value in values.items()}
    numbers = np.array([read.get(cell, np.nan) for cell in cells], dtype=float)
    return CellColumn(name=name, numbers=numbers, problems=tuple(problems), notes=tuple(notes))


def _is_numeric(
    counts: Mapping[str, int],
    values: Mapping[str, float | None],
    words: set[str],
    use: ColumnUse,
) -> bool:
    if use.read_as:
        return use.read_as == "number"
    filled = sum(counts[text] for text in values)
    if words and {v for v in values.values() if v is not None} == {0.0}:
        return False  # the zeros say 'none of these names'
    return filled - sum(counts[word] for word in words) >= MOSTLY * filled


def _is_endless(text: str) -> bool:
    """Tell whether a text is a number that is not finite, or too large for one."""
    try:
        return abs(float(text)) > LARGEST
    except ValueError:
        return False


def _is_within(value: float, use: ColumnUse) -> bool:
    return use.low <= value <= use.high


def _cell_problem(
    table: LabTable, row: Row, index: int, cell: str, use: ColumnUse, value: float | None
) -> Problem:
    if value is not None:
        message = f"{cell} is outside {use.low:g} to {use.high:g} {use.unit}".rstrip() + "."
        hint = "Correct it, or the range in the mapping."
        return table.problem(row, index, "out_of_range", message, hint=hint)
    if _is_endless(cell):
        message = f"{cell[:40]!r} is no finite number."
        return table.problem(row, index, "not_a_number", message, hint="Leave the cell empty.")
    message = f"{cell[:40]!r} stands in a column of numbers."
    hint = "Correct it, or say 'as: number' (it is missing) or 'as: text' in the mapping."
    return table.problem(row, index, "not_a_number", message, hint=hint)


def _missing_note(name: str, marks: Mapping[str, int]) -> str:
    listed = list(marks.items())
    said = ", ".join(f"{mark!r} ({n:,})" for mark, n in listed[:5])
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return f"Column {name!r}: {said}{more} read as missing."
