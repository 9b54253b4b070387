"""Cells of a table read one by one, with everything that is wrong noted at its row and column."""

import re
from collections.abc import Mapping, Sequence

from attrs import Factory, define

from formulation.errors import Problem
from models.data.lab_tables import LabTable
from models.data.table_limits import Row

MAX_PROBLEMS = 100
"""Most problems that are listed one by one, [-]."""

_MARKS = (("\t", "tabs"), (";", "semicolons"), (",", "commas"))

_NUMBER_AND_UNIT = re.compile(r"[-+]?[0-9.,]+\s*[A-Za-zµμ%]+")


@define(kw_only=True)
class CellReader:
    """Reads the cells of one table, noting what is wrong with them."""

    table: LabTable
    """The table."""

    roles: Mapping[str, int]
    """Index of each column by its role, [-]."""

    problems: list[Problem] = Factory(list)
    """Everything wrong so far."""

    marks: set[str] = Factory(set)
    """Decimal marks seen so far."""

    def text(self, row: Row, column: int) -> str:
        """Return the text of a cell.

        Parameters
        ----------
        row : Row
            Its row, [-].
        column : int
            Index of its column, [-].

        Returns
        -------
        str
            Its content; empty for nothing, [-].
        """
        return row.cells[column] if column < len(row.cells) else ""

    def role_text(self, row: Row, role: str) -> str:
        """Return the text of the cell of a role.

        Parameters
        ----------
        row : Row
            Its row, [-].
        role : str
            Role of its column, [-].

        Returns
        -------
        str
            Its content; empty for nothing, or where there is no such column, [-].
        """
        return self.text(row, self.roles.get(role, len(row.cells)))

    def number(self, row: Row, column: int, what: str) -> float | None:
        """Return the number in a cell, or note why it is none.

        Parameters
        ----------
        row : Row
            Its row, [-].
        column : int
            Index of its column, [-].
        what : str
            What is wanted, for the message, [-].

        Returns
        -------
        float or None
            The number as it is written; None after a problem, [-].
        """
        text = self.text(row, column)
        value = self.table.number(text)
        if value is None:
            self._refuse_text(row, column, text, what)
            return None
        for mark in {",", "."} & set(text) - self.marks:
            self.marks.add(mark)
            if self.marks == {",", "."}:
                message = f"{text!r} has another decimal mark than the numbers before it."
                self.refuse(row, column, "mixed_marks", message, "Write all with one mark.")
        return value

    def is_misshapen(self, row: Row) -> bool:
        """Tell whether a row is not parted into cells as the header is, and note it.

        Parameters
        ----------
        row : Row
            A row, [-].

        Returns
        -------
        bool
            Whether it has, [-].
        """
        longest = len(self.table.header.cells)
        if len(row.cells) > longest:
            message = f"the row has {len(row.cells)} cells under {longest} column names."
            hint = "Put text that holds a separator in quotes."
            self.refuse(row, longest, "extra_cells", message, hint)
            return True
        other = next((name for mark, name in _MARKS if mark in row.cells[0]), "")
        if other and longest > 1 and not any(row.cells[1:]):
            message = f"the row is parted by {other}, the header is not."
            hint = "Write one separator in all lines."
            self.refuse(row, 0, "mixed_separators", message, hint)
            return True
        return False

    def refuse(self, row: Row, column: int, code: str, message: str, hint: str = "") -> None:
        """Note a problem at a cell.

        Parameters
        ----------
        row : Row
            Its row, [-].
        column : int
            Index of its column, [-].
        code : str
            Stable name of the rule's family, [-].
        message : str
            What is wrong, [-].
        hint : str, optional
            What to do, [-].
        """
        self.problems.append(self.table.problem(row, column, code, message, hint=hint))

    def _refuse_text(self, row: Row, column: int, text: str, what: str) -> None:
        code, hint = "not_a_number", "Leave the cell empty where nothing was measured."
        message = f"{text[:80]!r} is no number; a {what} is wanted."
        if not text:
            message, hint = f"the {what} is missing.", ""
        elif text.startswith("="):
            message = f"{text[:80]!r} is a formula without a stored value."
            hint = "Open the file in a spreadsheet, let it calculate, and save it."
        elif "," in text and not self.table.decimal_comma:
            hint = "A decimal comma needs semicolons or tabs between the columns."
        elif _NUMBER_AND_UNIT.fullmatch(text):
            code, hint = "mixed_units", "Write the unit once, in the header."
        self.refuse(row, column, code, message, hint)


def listed(problems: Sequence[Problem], file: str) -> tuple[Problem, ...]:
    """Return problems by row and column, the last of very many only counted.

    Parameters
    ----------
    problems : sequence of Problem
        Problems in any order, [-].
    file : str
        Name of the file, [-].

    Returns
    -------
    tuple of Problem
        At most `MAX_PROBLEMS`, and one that counts the others, [-].
    """
    ordered = sorted(problems, key=lambda p: (p.line or 0, p.column or 0))
    more = len(ordered) - MAX_PROBLEMS
    if more <= 0:
        return tuple(ordered)
    message = f"{more:,} more problems are not listed."
    return (*ordered[:MAX_PROBLEMS], Problem(code="more_problems", message=message, file=file))
