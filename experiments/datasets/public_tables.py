"""How a published table is made from the files it was published in, and what tells it is right.

The same table may lie in a workbook, or in a text file with other line ends or more digits. So a
table is known by what it says: the hash is of its cells, numbers to 12 significant digits.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from io import StringIO

from attrs import field, frozen

from formulation.errors import DataError
from models.data.lab_tables import LabTable

_RECORD = re.compile(r"([0-9]+)\.+csv")


@frozen(kw_only=True)
class CellTable:
    """A table as cells, each as it was written."""

    header: tuple[str, ...]
    """Names of the columns."""

    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    """Cells of each row, as many as there are columns."""

    @property
    def content(self) -> bytes:
        """The table as CSV."""
        return _csv([self.header, *self.rows])

    @property
    def sha256(self) -> str:
        """Hash of what it says, whatever the spelling of its numbers."""
        return sha256(_csv([self.header, *(map(_plain, row) for row in self.rows)])).hexdigest()


def cells_of(table: LabTable) -> CellTable:
    """Return a table without empty columns that have no name.

    Parameters
    ----------
    table : LabTable
        A table as it was read, [-].

    Returns
    -------
    CellTable
        The same cells, [-].
    """
    n = max(len(table.header.cells), *(len(row.cells) for row in table.rows))
    header, *rows = ([*r.cells, *[""] * (n - len(r.cells))] for r in (table.header, *table.rows))
    return CellTable(header=tuple(header), rows=tuple(map(tuple, rows)))


def as_published(tables: Sequence[LabTable]) -> CellTable:
    """Return the only table as it is.

    Parameters
    ----------
    tables : sequence of LabTable
        One table, [-].

    Returns
    -------
    CellTable
        Its cells, [-].
    """
    (table,) = tables
    return cells_of(table)


def join_liposomes(tables: Sequence[LabTable]) -> CellTable:
    """Return the points of the release curves, each with formulation, test and lipids.

    Parameters
    ----------
    tables : sequence of LabTable
        Digitised curves, whose file's name holds the number of the test; tests with formulation and
        drug; and tests with the weighted properties of their lipids, [-].

    Returns
    -------
    CellTable
        A row a point, in the order of the curves, [-].

    Raises
    ------
    DataError
        A column is missing, or a curve has no test.
    """
    curves, tests, lipids = map(cells_of, tables)
    known = _by_test(tests, [name for name in tests.header if name not in ("", "IVR_ID")])
    weighted = ("weighted_Mw", "weighted_Tm")
    fats = _by_test(lipids, weighted)
    at = _index(curves, "file_name")
    rows = []
    for row in curves.rows:
        match = _RECORD.search(row[at])
        test = _plain(match[1]) if match else ""
        if test not in known or test not in fats:
            raise DataError(f"Curve {row[at]!r} has no test among the published ones.")
        rows.append((*row, test, *known[test], *fats[test]))
    names = [name for name in tests.header if name not in ("", "IVR_ID")]
    return CellTable(header=(*curves.header, "IVR_ID", *names, *weighted), rows=tuple(rows))


def _by_test(table: CellTable, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    test, columns = _index(table, "IVR_ID"), [_index(table, name) for name in names]
    return {_plain(row[test]): tuple(row[i] for i in columns) for row in table.rows}


def _index(table: CellTable, name: str) -> int:
    if name not in table.header:
        raise DataError(
            f"A published file has no column {name!r}; it is not the one that is known."
        )
    return table.header.index(name)


def _plain(cell: str) -> str:
    """Return a number in one spelling; any other text as it is."""
    try:
        return f"{float(cell):.12g}"
    except ValueError:
        return cell


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
