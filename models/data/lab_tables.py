"""A laboratory's table, CSV or Excel, from bytes to cells that know where they stand.

A text cell that a spreadsheet would take for a formula is written with an apostrophe before it; on
the way in the apostrophe goes. A decimal comma is read only where no comma separates cells. Macros,
links and styles are not looked at.
"""

import re
from io import BytesIO
from math import isfinite
from zipfile import is_zipfile

from attrs import evolve, field, frozen

from formulation.errors import Problem
from models.data.csv_text import read_csv
from models.data.escaping import unescaped
from models.data.table_limits import MAX_FILE_BYTES as MAX_FILE_BYTES
from models.data.table_limits import Row as Row
from models.data.table_limits import refusal
from models.data.workbooks import read_workbook

_POINT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]{1,3})?")


@frozen(kw_only=True)
class LabTable:
    """The header and the rows of a table, empty rows left out."""

    file: str
    """File, as the user named it."""

    form: str
    """What it was, such as ``CSV, semicolon, utf-8``."""

    header: Row
    """Names of the columns."""

    rows: tuple[Row, ...] = field(repr=False)
    """Everything below the header."""

    decimal_comma: bool = False
    """Whether a comma may be a decimal mark."""

    sheet: str = ""
    """Sheet of a workbook; empty for CSV."""

    def number(self, text: str) -> float | None:
        """Return the text of a cell as a number.

        Parameters
        ----------
        text : str
            Content of a cell, [-].

        Returns
        -------
        float or None
            The number; None when it is not one, or not finite, [-].
        """
        if self.decimal_comma and _COMMA.fullmatch(text):
            text = text.replace(",", ".")
        value = float(text) if _POINT.fullmatch(text) else float("nan")
        return value if isfinite(value) else None

    def problem(self, row: Row, column: int, code: str, message: str, *, hint: str = "") -> Problem:
        """Return a problem at one cell.

        Parameters
        ----------
        row : Row
            Row of the cell, [-].
        column : int
            Index of the cell, from 0, [-].
        code : str
            Stable name of the rule's family, [-].
        message : str
            What is wrong, [-].
        hint : str, optional
            What to do, [-].

        Returns
        -------
        Problem
            The problem, its pointer the cell in Excel and the column's name in CSV, [-].
        """
        names = self.header.cells
        name = names[column] if column < len(names) else f"column {column + 1}"
        pointer = f"{self.sheet}!{cell_name(row.number, column)}" if self.sheet else name
        return Problem(
            code=code,
            message=message,
            pointer=pointer,
            file=self.file,
            line=row.number,
            column=column + 1,
            value=row.cells[column][:200] if column < len(row.cells) else None,
            hint=hint,
        )


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell as Excel shows it.

    Parameters
    ----------
    row : int
        Row, from 1, [-].
    column : int
        Column, from 0, [-].

    Returns
    -------
    str
        Letters and row, [-].

    Examples
    --------
    >>> cell_name(7, 2), cell_name(1, 27)
    ('C7', 'AB1')
    """
    letters, rest = "", column + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        letters = chr(ord("A") + last) + letters
    return f"{letters}{row}"


def read_lab_table(data: bytes, *, file: str, sheet: str = "", encoding: str = "") -> LabTable:
    """Return the table in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    sheet : str, optional
        Sheet of a workbook; may be left out when there is only one, [-].
    encoding : str, optional
        Encoding of a CSV file; empty for UTF-8, or UTF-16 with its mark, [-].

    Returns
    -------
    LabTable
        Header and rows, [-].

    Raises
    ------
    InputError
        It is empty, too large, no text, no workbook, or has no such sheet.
    """
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has {len(data):,} bytes; at most {MAX_FILE_BYTES:,} are read."
        hint, rule = "Split it, or leave other columns out.", f"at most {MAX_FILE_BYTES:,} bytes"
        raise refusal(file, "too_large", message, hint, rule=rule)
    if is_zipfile(BytesIO(data)):
        if encoding:
            message = "an encoding was given, but this is an Excel workbook."
            raise refusal(file, "wrong_encoding", message, "Leave --encoding out.")
        (header, *rows), name = read_workbook(data, file=file, sheet=sheet)
        return _lab_table(file, "Excel workbook", header, rows, sheet=name)
    if data[:4] in (b"\xd0\xcf\x11\xe0", b"PK\x03\x04"):
        message = "this is an old, encrypted or damaged Excel file."
        raise refusal(file, "unreadable_file", message, "Save it as .xlsx without a password.")
    if sheet:
        message = f"sheet {sheet!r} was asked for, but this is no Excel workbook."
        raise refusal(file, "no_workbook", message, "Leave --sheet out.")
    found = read_csv(data, file=file, encoding=encoding)
    header, *rows = found.rows
    return _lab_table(file, found.form, header, rows, decimal_comma=found.delimiter != ",")


def _lab_table(
    file: str,
    form: str,
    header: Row,
    rows: list[Row],
    *,
    sheet: str = "",
    decimal_comma: bool = False,
) -> LabTable:
    header, *below = (evolve(r, cells=tuple(map(unescaped, r.cells))) for r in (header, *rows))
    return LabTable(
        file=file,
        form=form,
        header=header,
        rows=tuple(below),
        sheet=sheet,
        decimal_comma=decimal_comma,
    )
