"""A laboratory's table, CSV or Excel, from bytes to cells that know where they stand.

Nothing is guessed silently: the encoding must be UTF-8, or UTF-16 with its mark; the delimiter is
the one that cuts the header into most cells; a decimal comma is read only where no comma separates
cells. A workbook is measured before it is unpacked. Macros, links and styles are not looked at.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from itertools import zip_longest
from math import isfinite
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from attrs import field, frozen

from formulation.errors import InputError, Problem, UnknownNameError

MAX_FILE_BYTES = 20_000_000
"""Largest file, [-] (bytes)."""

MAX_UNPACKED_BYTES = 100_000_000
"""Most that all parts of a workbook may unpack to, [-] (bytes)."""

MAX_ROWS = 100_000
"""Most rows under the header, [-]."""

MAX_COLUMNS = 500
"""Most columns, [-]."""

DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma"}
"""What may separate cells, the surest first."""

_POINT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@frozen(kw_only=True)
class Row:
    """One row of a table."""

    number: int
    """Line of the file or row of the sheet, from 1."""

    cells: tuple[str, ...]
    """Cells as text, without blanks around them; empty for nothing."""


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


def read_lab_table(data: bytes, *, file: str, sheet: str = "") -> LabTable:
    """Return the table in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    sheet : str, optional
        Sheet of a workbook; may be left out when there is only one, [-].

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
        raise _refusal(file, "too_large", message, "Split it, or leave other columns out.")
    if is_zipfile(BytesIO(data)):
        return _read_workbook(data, file, sheet)
    if data[:4] in (b"\xd0\xcf\x11\xe0", b"PK\x03\x04"):
        message = "this is an old, encrypted or damaged Excel file."
        raise _refusal(file, "unreadable_file", message, "Save it as .xlsx without a password.")
    if sheet:
        message = f"sheet {sheet!r} was asked for, but this is no Excel workbook."
        raise _refusal(file, "no_workbook", message, "Leave --sheet out.")
    return _read_csv(data, file)


def _read_csv(data: bytes, file: str) -> LabTable:
    text, encoding = _decode(data, file)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d), [])))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)

    def lines() -> Iterator[tuple[int, Sequence[str]]]:
        start = 1
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1

    try:
        header, rows = _header_and_rows(lines(), file)
    except csv.Error as error:
        message = f"line {reader.line_num} is no CSV: {error}."
        raise _refusal(file, "not_text", message, "Save it again as CSV.") from None
    return LabTable(
        file=file,
        form=f"CSV, {DELIMITERS[delimiter]}, {encoding}",
        header=header,
        rows=rows,
        decimal_comma=delimiter != ",",
    )


def _decode(data: bytes, file: str) -> tuple[str, str]:
    """Return the text and its encoding; other 8-bit encodings cannot be told apart."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is no {encoding} text; this may be Latin-1 or Windows-1252."
        raise _refusal(file, "not_text", message, "Save it as 'CSV UTF-8'.", line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "a NUL byte was found; this is a binary file, or UTF-16 without its mark."
        raise _refusal(file, "not_text", message, "Save it as 'CSV UTF-8'.", line=line)
    return text, encoding.removesuffix("-sig")


def _read_workbook(data: bytes, file: str, sheet: str) -> LabTable:
    _check_archive(data, file)
    values, name = _sheet_cells(data, file, sheet, cached=False)
    if any(isinstance(cell, str) and cell.startswith("=") for row in values for cell in row):
        written, (values, _) = values, _sheet_cells(data, file, name, cached=True)
        # A formula that was never calculated keeps its text, so that it is found as no number.
        values = [
            [w if v is None else v for v, w in zip_longest(*pair)]
            for pair in zip_longest(values, written, fillvalue=())
        ]
    header, rows = _header_and_rows(enumerate((list(map(_cell_text, r)) for r in values), 1), file)
    return LabTable(file=file, form="Excel workbook", header=header, rows=rows, sheet=name)


def _check_archive(data: bytes, file: str) -> None:
    """Refuse a workbook that would unpack to too much; a part never yields more than it states."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
            names = archive.namelist()
    except BadZipFile as error:
        raise _refusal(file, "unreadable_file", f"the archive is damaged: {error}.") from None
    if size > MAX_UNPACKED_BYTES:
        message = f"it would unpack to {size:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read."
        raise _refusal(file, "too_large", message, "Save only the sheet with the curves.")
    if "xl/workbook.xml" not in names:
        message = "this archive is no .xlsx workbook."
        raise _refusal(file, "unreadable_file", message, "Give a CSV file or an .xlsx workbook.")


def _sheet_cells(
    data: bytes, file: str, sheet: str, *, cached: bool
) -> tuple[list[list[Any]], str]:
    """Return the cells of a sheet, as they were calculated or as they were written."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    damaged = (InvalidFileException, BadZipFile, KeyError, ValueError, SyntaxError, TypeError)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=cached, keep_links=False)
        names = [page.title for page in book.worksheets]
        name = _chosen_sheet(file, sheet, names)
        page = next(page for page in book.worksheets if page.title == name)
        rows = page.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1, values_only=True)
        cells = [_filled(row) for row in rows]
        reach = page.max_row or 0
        book.close()
    except damaged as error:
        if isinstance(error, InputError):
            raise
        raise _refusal(file, "unreadable_file", f"the workbook is damaged: {error}.") from None
    if reach > MAX_ROWS + 1:
        raise _too_many_rows(file)
    return cells, name


def _chosen_sheet(file: str, sheet: str, names: list[str]) -> str:
    if sheet and sheet not in names:
        raise UnknownNameError(f"{file}: sheet", sheet, names)
    if not sheet and len(names) != 1:
        message = f"the workbook has {len(names)} sheets: {', '.join(names)}."
        raise _refusal(file, "sheet_missing", message, "Name one with --sheet.")
    return sheet or names[0]


def _filled(row: Sequence[Any]) -> list[Any]:
    """Return a row up to its last filled cell."""
    return list(row[: max((i for i, cell in enumerate(row, 1) if cell is not None), default=0)])


def _cell_text(value: object) -> str:
    """Return a cell of a workbook as text; a whole number without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return "" if value is None else str(value)


def _header_and_rows(
    lines: Iterator[tuple[int, Sequence[str]]], file: str
) -> tuple[Row, tuple[Row, ...]]:
    kept: list[Row] = []
    for number, cells in lines:
        stripped = tuple(cell.strip() for cell in cells)
        if not any(stripped):
            continue
        filled = max(i for i, cell in enumerate(stripped, 1) if cell)
        if filled > MAX_COLUMNS:
            message = f"row {number} has {filled:,} columns; at most {MAX_COLUMNS:,} are read."
            raise _refusal(file, "too_many_columns", message, "Leave other columns out.")
        kept.append(Row(number=number, cells=stripped[:filled]))
        if len(kept) > MAX_ROWS + 1:
            raise _too_many_rows(file)
    if not kept:
        raise _refusal(file, "empty_file", "the file is empty.", "Give a header and rows.")
    if len(kept) == 1:
        message = "there is a header, but no row below it."
        raise _refusal(
            file, "header_only", message, "Add the measured points.", line=kept[0].number
        )
    return kept[0], tuple(kept[1:])


def _too_many_rows(file: str) -> InputError:
    message = f"there are more than {MAX_ROWS:,} rows below the header."
    return _refusal(file, "too_many_rows", message, "Split the file.")


def _refusal(
    file: str, code: str, message: str, hint: str = "", *, line: int | None = None
) -> InputError:
    """Return the error for a file that cannot be read any further."""
    column = None if line is None else 1
    problem = Problem(code=code, message=message, file=file, line=line, column=column, hint=hint)
    return InputError(message, problems=[problem])
