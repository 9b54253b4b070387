"""Tables written for people: CSV and Excel, in which no text can be taken for a formula."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

from models.data.csv_text import COMMENT
from models.data.escaping import escaped
from models.data.workbooks import NOTES_SHEET

Cell = str | int | float | None
"""What a cell may hold; None for nothing."""

MAX_WIDTH = 60
"""Widest column, [-] (characters)."""


def csv_bytes(rows: Sequence[Sequence[Cell]], comments: Sequence[str] = ()) -> bytes:
    r"""Return rows as the bytes of a CSV file.

    Parameters
    ----------
    rows : sequence of sequence of str, int, float or None
        Header and rows, [-].
    comments : sequence of str, optional
        Lines above the header, without their mark, [-].

    Returns
    -------
    bytes
        UTF-8 text, [-].

    Examples
    --------
    >>> csv_bytes([["name", "x"], ["=1+1", -2]])
    b"name,x\n'=1+1,-2\n"
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([f"{COMMENT} {comment}"] for comment in comments)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def workbook_bytes(
    title: str, rows: Sequence[Sequence[Cell]], notes: Sequence[Sequence[Cell]] = ()
) -> bytes:
    """Return rows as the bytes of an Excel workbook.

    Parameters
    ----------
    title : str
        Name of the sheet, [-].
    rows : sequence of sequence of str, int, float or None
        Header and rows, [-].
    notes : sequence of sequence of str, int, float or None, optional
        Rows of a second sheet that explains them, and is passed over on import, [-].

    Returns
    -------
    bytes
        The workbook, [-].
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    page = book.active
    page.title = title
    sheets = [(page, rows)]
    if notes:
        sheets.append((book.create_sheet(NOTES_SHEET), notes))
    for page, lines in sheets:
        for line in lines:
            page.append([_cell(cell) for cell in line])
        for cell in page[1]:
            cell.font = Font(bold=True)
        page.freeze_panes = "A2"
        for index, cells in enumerate(page.columns, 1):
            longest = max(len(str(cell.value or "")) for cell in cells)
            page.column_dimensions[get_column_letter(index)].width = min(longest + 2, MAX_WIDTH)
            for cell in cells:
                cell.alignment = Alignment(wrap_text=longest > MAX_WIDTH, vertical="top")
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _cell(value: Cell) -> Cell:
    return (escaped(value.strip()) or None) if isinstance(value, str) else value
