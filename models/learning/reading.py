"""Any table of somebody's own, from bytes to rows to learn from.

The user says which column is the target, the group and, where there is one, the time; every other
column is a feature, of numbers or of text as its cells tell. Nothing is filled in. Rows without an
outcome and rows that stand twice are left out; whatever is left out is counted and said. Whatever
cannot be read is a problem with its row and column, and then there is no table.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from formulation.errors import InputError, Problem
from models.data.lab_tables import LabTable, read_lab_table
from models.learning.cells import MISSING, CellColumn, read_cells
from models.learning.column_use import ColumnUse, Roles, resolve_roles
from models.learning.feature_columns import Features, Kept, choose_features, curves_of
from models.learning.table import Labels, TidyTable

MAX_PROBLEMS = 100
"""Most problems that are listed, [-]; more are only counted."""

MIN_ROWS = 20
"""Fewest rows that can be learnt from, [-]."""

MIN_GROUPS = 3
"""Fewest groups of which some can be held out, [-]."""

_NO_MAPPING: Mapping[str, ColumnUse] = MappingProxyType({})


@frozen(kw_only=True)
class TidyFile:
    """A table as it was read; with problems there is none."""

    table: TidyTable | None = None
    """The rows to learn from."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong, by row and column."""

    notes: tuple[str, ...] = ()
    """What was left out or taken for missing, in words."""


def read_tidy(
    data: bytes,
    *,
    file: str,
    target: str = "",
    group: str = "",
    time: str = "",
    curve: str = "",
    mapping: Mapping[str, ColumnUse] = _NO_MAPPING,
    ignore: Sequence[str] = (),
    sheet: str = "",
    encoding: str = "",
) -> TidyFile:
    """Return the table in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    target, group : str, optional
        Columns of the outcome and of what is never split; empty when the mapping says them, [-].
    time, curve : str, optional
        Columns of the time and of the series; empty when there is none or the mapping says it, [-].
    mapping : mapping of str to ColumnUse, optional
        What is said of columns, by name, [-].
    ignore : sequence of str, optional
        Columns that are not to be read, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        An 8-bit encoding of a text file, [-].

    Returns
    -------
    TidyFile
        The table, or everything that is wrong, [-].
    """
    try:
        table = read_lab_table(data, file=file, sheet=sheet, encoding=encoding)
    except InputError as error:
        return TidyFile(problems=tuple(evolve(p, file=file) for p in error.problems))
    named = {"target": target, "group": group, "time": time, "curve": curve}
    return read_tidy_cells(table, named=named, mapping=mapping, ignore=ignore)


def read_tidy_cells(
    table: LabTable,
    *,
    named: Mapping[str, str],
    mapping: Mapping[str, ColumnUse] = _NO_MAPPING,
    ignore: Sequence[str] = (),
) -> TidyFile:
    """Return the table in cells that were read already.

    Parameters
    ----------
    table : LabTable
        Header and rows, [-].
    named : mapping of str to str
        Column by role, empty when it is not given, [-].
    mapping : mapping of str to ColumnUse, optional
        What is said of columns, by name, [-].
    ignore : sequence of str, optional
        Columns that are not to be read, [-].

    Returns
    -------
    TidyFile
        The table, or everything that is wrong, [-].
    """
    file = table.file
    table, wrong, notes = _with_names(table)
    roles, unclear = resolve_roles(table, named=named, mapping=mapping, ignore=ignore)
    if wrong or roles is None:
        return TidyFile(problems=_listed((*wrong, *unclear), file))
    reader = _Reader(table=table, roles=roles, notes=list(notes))
    found = reader.tidy()
    if reader.problems:
        return TidyFile(problems=_listed(reader.problems, file), notes=tuple(reader.notes))
    return TidyFile(table=found, notes=tuple(reader.notes))


def _with_names(table: LabTable) -> tuple[LabTable, list[Problem], list[str]]:
    """Return the table without unnamed columns that are empty or count the rows."""
    names = list(table.header.cells)
    names += [""] * (max(len(row.cells) for row in table.rows) - len(names))
    problems, gone = [], []
    for index, name in enumerate(names):
        if name and names.index(name) < index:
            message, hint = f"column {name!r} stands twice.", "Give each column its own name."
            problems.append(table.problem(table.header, index, "duplicate", message, hint=hint))
        if name:
            continue
        cells = [row.cells[index] if index < len(row.cells) else "" for row in table.rows]
        if cells == [str(i) for i in range(len(cells))] or not any(cells):
            gone.append(index)
            continue
        first = next(row for row, cell in zip(table.rows, cells, strict=True) if cell)
        message = f"column {index + 1} has cells, but no name."
        hint = "Name it in the header; text that holds a separator belongs in quotes."
        problems.append(table.problem(first, index, "missing_name", message, hint=hint))
    if not gone:
        return table, problems, []
    stays = [i for i in range(len(names)) if i not in gone]
    rows = tuple(
        evolve(row, cells=tuple(row.cells[i] for i in stays if i < len(row.cells)))
        for row in table.rows
    )
    header = evolve(table.header, cells=tuple(names[i] for i in stays))
    note = "Left out, without a name and empty or a count of the rows: column "
    note += ", ".join(str(i + 1) for i in gone) + "."
    return evolve(table, header=header, rows=rows), problems, [note]


@frozen(kw_only=True)
class _Reader:
    """Reads the rows of one table, noting what is wrong and what is left out."""

    table: LabTable
    roles: Roles
    notes: list[str]
    problems: list[Problem] = field(factory=list)

    def tidy(self) -> TidyTable | None:
        """Return the table; None when something is wrong."""
        roles = self.roles
        target = self._read(roles.target, numeric=True)
        time = None if roles.time is None else self._read(roles.time, numeric=True)
        features = [self._read(i, numeric=i in roles.early) for i in roles.features]
        self._refuse_negative(time)
        kept = self._kept(target, time)
        group = self._labels(roles.groups, "group", kept.rows)
        curve = () if roles.curve is None else (roles.curve,)
        given = self._labels(curve, "curve", kept.rows) if curve and time else None
        if self.problems:
            return None
        chosen = choose_features(features, kept)
        self.notes.extend(chosen.notes)
        self._check_size(int(kept.rows.sum()), group, chosen)
        if self.problems:
            return None
        table = self._assemble(kept, group, chosen, given)
        return evolve(table, notes=tuple(self.notes))

    def _assemble(
        self, kept: Kept, group: Labels, chosen: Features, given: Labels | None
    ) -> TidyTable:
        roles, names = self.roles, self.table.header.cells
        units = {names[i]: use.unit for i, use in roles.uses.items() if use.unit}
        early = {names[i]: at for i, at in roles.early.items()}
        return TidyTable(
            features=chosen.frame,
            target=kept.target[kept.rows],
            group=group,
            curve=self._curves(kept, group, chosen, given),
            time=None if kept.time is None else kept.time[kept.rows],
            early={name: at for name, at in early.items() if name in chosen.frame},
            target_name=names[roles.target],
            time_name="" if roles.time is None else names[roles.time],
            group_name=" + ".join(names[i] for i in roles.groups),
            units=units,
            source=self.table.file,
        )

    def _read(self, index: int, *, numeric: bool) -> CellColumn:
        use = self.roles.uses.get(index, ColumnUse())
        column = read_cells(self.table, index, use, numeric=numeric)
        self.problems.extend(column.problems)
        self.notes.extend(column.notes)
        return column

    def _refuse_negative(self, time: CellColumn | None) -> None:
        if time is None or time.numbers is None or self.roles.time is None:
            return
        for row, value in zip(self.table.rows, time.numbers, strict=True):
            if value < 0:
                message = f"the time {value:g} is negative."
                hint = "Count from the start of the test."
                self.problems.append(
                    self.table.problem(row, self.roles.time, "negative_time", message, hint=hint)
                )

    def _kept(self, target: CellColumn, time: CellColumn | None) -> Kept:
        """Return the rows with an outcome that do not stand above already."""
        rows = np.ones(len(self.table.rows), dtype=bool)
        for what, column in (("target", target), ("time", time)):
            if column is not None and column.numbers is not None:
                lacks = rows & np.isnan(column.numbers)
                self._leave_out(rows, lacks, f"without {what}")
        seen: set[tuple[str, ...]] = set()
        again = np.zeros(len(rows), dtype=bool)
        for i, row in enumerate(self.table.rows):
            again[i] = row.cells in seen
            seen.add(row.cells)
        self._leave_out(rows, rows & again, "that repeat an earlier row in every cell")
        outcome = target.numbers if target.numbers is not None else np.full(len(rows), np.nan)
        return Kept(rows=rows, target=outcome, time=None if time is None else time.numbers)

    def _leave_out(self, rows: NDArray[np.bool_], gone: NDArray[np.bool_], why: str) -> None:
        if n := int(gone.sum()):
            self.notes.append(f"Left out, {why}: {n:,} row{'s' if n > 1 else ''}.")
            rows &= ~gone

    def _labels(self, columns: Sequence[int], what: str, rows: NDArray[np.bool_]) -> Labels:
        """Return the labels of the rows that stay; a missing one is a problem."""
        labels = []
        for row, stays in zip(self.table.rows, rows, strict=True):
            parts = [row.cells[i] if i < len(row.cells) else "" for i in columns]
            labels.append(" | ".join(parts))
            for i, part in zip(columns, parts, strict=True):
                if stays and (not part or part.casefold() in MISSING):
                    message = f"the {what} is missing."
                    hint = f"Say which {what} the row belongs to, or leave the row out."
                    self.problems.append(
                        self.table.problem(row, i, "missing_value", message, hint=hint)
                    )
        return np.array(labels)[rows]

    def _curves(self, kept: Kept, group: Labels, chosen: Features, given: Labels | None) -> Labels:
        if kept.time is None:
            numbers = [row.number for row in self.table.rows]
            return np.array([f"row {n}" for n in np.array(numbers)[kept.rows]])
        if given is not None:
            pairs = set(zip(given.tolist(), group.tolist(), strict=True))
            if len(pairs) == len(set(given.tolist())):
                return given
            self.notes.append("Curves are counted anew in each group: a label stands in several.")
            return np.array([f"{g} / {c}" for g, c in zip(group, given, strict=True)])
        curves = curves_of(chosen.frame, group)
        n = len(np.unique(curves))
        self.notes.append(f"Curves, told by group and features: {n:,}.")
        if 2 * n > len(curves):
            self.notes.append(
                "Most curves have a single time: name the curves with --curve, or ignore the"
                " columns that change with time."
            )
        return curves

    def _check_size(self, n: int, group: Labels, chosen: Features) -> None:
        if n < MIN_ROWS:
            message = f"{n} rows are left; at least {MIN_ROWS} are needed."
            self._refuse("too_few_rows", message, "Bring more rows.")
        if n and (n_groups := len(np.unique(group))) < MIN_GROUPS:
            message = f"there are {n_groups} groups; at least {MIN_GROUPS} are needed."
            hint = "Name the column that tells formulations, or drugs, apart."
            self._refuse("too_few_groups", message, hint)
        if not len(chosen.frame.columns) and self.roles.time is None:
            message = "no column is left to learn from."
            self._refuse("no_features", message, "Bring columns that describe what was made.")

    def _refuse(self, code: str, message: str, hint: str) -> None:
        said = " ".join(note for note in self.notes if note.startswith("Left out"))
        message = f"{message} {said}".rstrip()
        self.problems.append(Problem(code=code, message=message, file=self.table.file, hint=hint))


def _listed(problems: Sequence[Problem], file: str) -> tuple[Problem, ...]:
    """Return problems by row and column, the last of very many only counted."""
    ordered = sorted(problems, key=lambda p: (p.line or 0, p.column or 0))
    more = len(ordered) - MAX_PROBLEMS
    if more <= 0:
        return tuple(ordered)
    message = f"{more:,} more problems are not listed."
    return (*ordered[:MAX_PROBLEMS], Problem(code="more_problems", message=message, file=file))
