"""Tables written for people: CSV and Excel, in which no text can be taken for a formula."""

import csv
import re
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from math import ceil
from typing import TYPE_CHECKING

from models.data.csv_text import COMMENT
from models.data.escaping import escaped, holdable
from models.data.workbooks import NOTES_SHEET

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | None
"""What a cell may hold; None for nothing."""

MAX_WIDTH = 60
"""Widest column, [-] (characters)."""

LINE_PT = 15.0
"""Height of a line of the header, [pt]."""

MAX_TITLE = 31
"""Longest name of a sheet that Excel opens, [-] (characters)."""

BOM = "\ufeff"
"""Tells Excel that a CSV file is UTF-8."""

_NO_TITLE = re.compile(r"[:\\/?*\[\]\x00-\x1f]")


def csv_bytes(
    rows: Sequence[Sequence[Cell]], comments: Sequence[str] = (), *, for_excel: bool = False
) -> bytes:
    r"""Return rows as the bytes of a CSV file.

    Parameters
    ----------
    rows : sequence of sequence of str, int, float or None
        Header and rows, [-].
    comments : sequence of str, optional
        Lines above the header, without their mark, [-].
    for_excel : bool, optional
        Whether it begins with the mark by which Excel knows UTF-8, [-].

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
    text.write(BOM if for_excel else "")
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
    return sheets_bytes({title: rows, **({NOTES_SHEET: notes} if notes else {})})


def sheets_bytes(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    *,
    header_width: int = MAX_WIDTH,
    decimals: Sequence[int | None] = (),
) -> bytes:
    """Return several tables as the bytes of an Excel workbook, one a sheet, headers held in sight.

    Parameters
    ----------
    sheets : mapping of str to sequence of sequence of str, int, float or None
        Header and rows by the name of the sheet, [-].
    header_width : int, optional
        Characters from which on a header is broken into lines, [-].
    decimals : sequence of int or None, optional
        Decimals shown in each column of the first sheet, which hides no digit from who looks into
        the cell; None for as many as there are, [-].

    Returns
    -------
    bytes
        The workbook, [-].
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(sheet_title(title))
        for line in rows:
            page.append([_cell(cell) for cell in line])
        _set_out(page, header_width)
    first = book.worksheets[0]
    for column, places in zip(first.iter_cols(min_row=2), decimals, strict=False):
        for cell in column if places is not None else ():
            cell.number_format = f"0.{'0' * places}" if places else "0"
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def sheet_title(title: str) -> str:
    """Return a name that Excel accepts for a sheet.

    Parameters
    ----------
    title : str
        Any name, [-].

    Returns
    -------
    str
        The name without what may not stand in it, at most `MAX_TITLE` long, [-].

    Examples
    --------
    >>> sheet_title("front: S001/2?")
    'front_ S001_2_'
    """
    return _NO_TITLE.sub("_", holdable(title)).strip("' ")[:MAX_TITLE].strip("' ") or "sheet"


def _set_out(page: "Worksheet", header_width: int) -> None:
    """Give columns their widths, wrap what is too long, hold the header in sight."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    page.freeze_panes = "A2"
    lines = 1
    for index, cells in enumerate(page.columns, 1):
        head = len(str(cells[0].value or ""))
        longest = max((_shown(cell.value) for cell in cells[1:]), default=0)
        width = min(max(longest, min(head, header_width)) + 2, MAX_WIDTH)
        lines = max(lines, ceil(1.2 * head / width))
        page.column_dimensions[get_column_letter(index)].width = width
        for cell in cells[1:]:
            cell.alignment = Alignment(wrap_text=longest > MAX_WIDTH, vertical="top")
        cells[0].font = Font(bold=True)
        cells[0].alignment = Alignment(wrap_text=head > header_width, vertical="top")
    if lines > 1:
        page.row_dimensions[1].height = LINE_PT * lines


def _shown(value: Cell) -> int:
    """Return how many characters of a cell are seen."""
    return len(f"{value:.6g}" if isinstance(value, float) else str(value or ""))


def _cell(value: Cell) -> Cell:
    return (escaped(holdable(value.strip())) or None) if isinstance(value, str) else value
