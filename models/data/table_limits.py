"""What a laboratory's table may cost, and how one is refused that would cost more.

Each limit is far above what a bench writes in a year, and far below what would stop the machine.
"""

from collections.abc import Iterator, Sequence

from attrs import frozen

from formulation.errors import InputError, Problem

MAX_FILE_BYTES = 20_000_000
"""Largest file, [-] (bytes)."""

MAX_LINE_CHARS = 200_000
"""Longest line of a CSV file, [-] (characters)."""

MAX_ROWS = 100_000
"""Most rows under the header, [-]."""

MAX_COLUMNS = 500
"""Most columns, [-]."""

MAX_CELLS = 2_000_000
"""Most cells of all rows, counted up to the last filled one of each, [-]."""


@frozen(kw_only=True)
class Row:
    """One row of a table."""

    number: int
    """Line of the file or row of the sheet, from 1."""

    cells: tuple[str, ...]
    """Cells as text, without blanks around them; empty for nothing."""


def refusal(
    file: str, code: str, message: str, hint: str = "", *, rule: str = "", line: int | None = None
) -> InputError:
    """Return the error for a file that cannot be read any further.

    Parameters
    ----------
    file : str
        Name of the file, [-].
    code : str
        Stable name of the rule's family, [-].
    message : str
        What is wrong, [-].
    hint : str, optional
        What to do, [-].
    rule : str, optional
        The rule it breaks, [-].
    line : int or None, optional
        Line or row, from 1, [-].

    Returns
    -------
    InputError
        An error with one problem, [-].
    """
    column = None if line is None else 1
    problem = Problem(
        code=code, message=message, file=file, line=line, column=column, rule=rule, hint=hint
    )
    return InputError(message, problems=[problem])


def kept_rows(lines: Iterator[tuple[int, Sequence[str]]], file: str) -> tuple[Row, ...]:
    """Return the rows that are not empty, each up to its last filled cell.

    Parameters
    ----------
    lines : iterator of (int, sequence of str)
        Number and cells of every row, [-].
    file : str
        Name of the file, [-].

    Returns
    -------
    tuple of Row
        The header and at least one row, [-].

    Raises
    ------
    InputError
        There are too many rows, columns or cells, or none.
    """
    kept: list[Row] = []
    n_cells = 0
    for number, cells in lines:
        stripped = tuple(cell.strip() for cell in cells)
        filled = max((i for i, cell in enumerate(stripped, 1) if cell), default=0)
        if not filled:
            continue
        if filled > MAX_COLUMNS:
            raise too_many_columns(file, number, filled)
        kept.append(Row(number=number, cells=stripped[:filled]))
        n_cells += filled
        if len(kept) > MAX_ROWS + 1:
            raise too_many_rows(file)
        if n_cells > MAX_CELLS:
            raise too_many_cells(file)
    if not kept:
        raise refusal(file, "empty_file", "the file is empty.", "Give a header and rows.")
    if len(kept) == 1:
        message, hint = "there is a header, but no row below it.", "Add what was measured."
        raise refusal(file, "header_only", message, hint, line=kept[0].number)
    return tuple(kept)


def too_many_rows(file: str) -> InputError:
    """Return the error for a table that is too long.

    Parameters
    ----------
    file : str
        Name of the file, [-].

    Returns
    -------
    InputError
        The error, [-].
    """
    message = f"there are more than {MAX_ROWS:,} rows below the header."
    hint = "Split the file; clear rows far below the table."
    return refusal(file, "too_many_rows", message, hint, rule=f"at most {MAX_ROWS:,} rows")


def too_many_columns(file: str, row: int, n_columns: int) -> InputError:
    """Return the error for a row that is too wide.

    Parameters
    ----------
    file : str
        Name of the file, [-].
    row : int
        Number of the row, from 1, [-].
    n_columns : int
        Its columns, up to the last filled one, [-].

    Returns
    -------
    InputError
        The error, [-].
    """
    message = f"row {row:,} has {n_columns:,} columns; at most {MAX_COLUMNS:,} are read."
    hint = "Leave other columns out; clear cells far beside the table."
    return refusal(file, "too_many_columns", message, hint, rule=f"at most {MAX_COLUMNS:,} columns")


def too_many_cells(file: str) -> InputError:
    """Return the error for a table with too many cells.

    Parameters
    ----------
    file : str
        Name of the file, [-].

    Returns
    -------
    InputError
        The error, [-].
    """
    message = f"there are more than {MAX_CELLS:,} cells."
    hint = "Split the file, or leave other columns out."
    return refusal(file, "too_many_cells", message, hint, rule=f"at most {MAX_CELLS:,} cells")
