"""Time courses in people, of a tracer in plasma or of urinary excretion: one value a row.

A table has the columns ``product``, ``time [unit]`` and ``value [unit]``; the value may be called
by what it is (``concentration``, ``tracer``, ``excretion_rate``). One mean at a time is wanted, so
subjects are averaged before. The unit of the value is kept as it is written, for every number made
of it is a share. A column of serum or total magnesium is refused, because no share absorbed can be
told from it.
"""

from contextlib import suppress
from pathlib import PurePath

import numpy as np
from attrs import Factory, define, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError, Problem
from formulation.provenance import Origin
from formulation.units import to_unit
from models.data.cell_reader import CellReader, listed
from models.data.column_names import column_key, misspelt, name_and_unit, role_of
from models.data.curve_columns import SUFFIXES, time_scale
from models.data.lab_tables import LabTable, read_lab_table
from models.data.table_limits import Row

ROLES = {
    "product": "product formulation formulation_id recipe form",
    "time": "time t",
    "value": "value concentration conc tracer enrichment rate excretion_rate",
    "origin": "origin",
    "serum": "serum plasma serum_mg serum_magnesium plasma_magnesium total_magnesium",
}
"""Names each column may have, blanks in them written as ``_``."""

NEEDED = ("product", "time", "value")
"""Roles that every table has."""

RATES = ("mg/h", "mmol/h", "mEq/h")
"""Units a rate of excretion may be turned into: mass, amount and equivalents over time."""


@frozen(kw_only=True, eq=False)
class Course:
    """What was measured in people who took one product."""

    name: str
    """Name of the product."""

    times_h: FloatArray
    """Times, rising, of shape (n_times,), [h]."""

    values: FloatArray
    """One mean a time, of shape (n_times,), in `CourseFile.unit`."""

    origin: str = ""
    """What the file says its numbers are, such as ``simulated``; empty where it does not."""


@frozen(kw_only=True)
class CourseFile:
    """What a table holds."""

    courses: tuple[Course, ...] = ()
    """Products in the order of the file; all of them only when there is no problem."""

    unit: str = ""
    """Unit of the values, as it is written."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong, by row and column."""

    notes: tuple[str, ...] = ()
    """What was left out, in words."""

    form: str = ""
    """What the file is."""

    file: str = ""
    """Its name."""

    @property
    def stated(self) -> str:
        """Whose word the values are, in words: nothing here knows whether they were measured."""
        return f"as stated in {PurePath(self.file).name}"


def read_courses(data: bytes, *, file: str, is_rate: bool) -> CourseFile:
    """Return the time courses in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    is_rate : bool
        Whether the values are rates of excretion, whose unit is then held to that, [-].

    Returns
    -------
    CourseFile
        The courses, or everything that is wrong, [-].
    """
    table = read_lab_table(data, file=file)
    header = _Header(table=table, is_rate=is_rate)
    header.read()
    if header.problems:
        return CourseFile(problems=tuple(header.problems), form=table.form)
    reader = _Reader(header=header, cells=CellReader(table=table, roles=header.roles))
    for row in table.rows:
        reader.take(row)
    notes = [f"Columns that were not read: {', '.join(header.unread)}."] if header.unread else []
    if reader.n_blank:
        notes.append(f"Empty cells, taken as not measured: {reader.n_blank}.")
    return CourseFile(
        courses=tuple(_course(name, reader) for name in reader.values),
        unit=header.unit,
        problems=listed(reader.cells.problems, file),
        notes=tuple(notes),
        form=table.form,
        file=file,
    )


def _course(name: str, reader: "_Reader") -> Course:
    found = reader.values[name]
    times = sorted(found)
    return Course(
        name=name,
        times_h=np.array(times),
        values=np.array([found[time] for time in times]),
        origin=reader.origins.get(name, ""),
    )


def _is_rate(unit: str) -> bool:
    """Tell whether a unit is an amount over time."""
    for known in RATES:
        with suppress(InputError):
            to_unit(f"1 {unit}", known)
            return True
    return False


@define(kw_only=True)
class _Header:
    """What the columns mean, and what is wrong with them."""

    table: LabTable
    is_rate: bool
    roles: dict[str, int] = Factory(dict)
    unread: list[str] = Factory(list)
    problems: list[Problem] = Factory(list)
    factor: float = 1.0
    time_unit: str = ""
    unit: str = ""

    def read(self) -> None:
        cells = self.table.header.cells
        units: dict[str, str] = {}
        for index, cell in enumerate(cells):
            name, unit = name_and_unit(cell)
            stem, _, end = column_key(name).rpartition("_")
            if not unit and role_of(stem, ROLES) == "time" and end in SUFFIXES:
                name, unit = stem, SUFFIXES[end]
            role = role_of(name, ROLES)
            if role in self.roles:
                message = f"{cell!r} and {cells[self.roles[role]]!r} both are the {role}."
                self._refuse(index, "duplicate", message, "Keep one of them.")
            elif role:
                self.roles[role], units[role] = index, unit
            elif near := misspelt(name, ROLES):
                message = f"column {name!r} is not known."
                self._refuse(index, "unknown_column", message, f"Did you mean {near!r}?")
            else:
                self.unread.append(cell)
        if "serum" in self.roles:
            message = f"{cells[self.roles['serum']]!r} tells no share absorbed."
            hint = "Give a tracer, or urinary excretion above a day without the product."
            self._refuse(self.roles["serum"], "serum_magnesium", message, hint)
        for role in NEEDED:
            if role not in self.roles:
                message = f"no column is the {role}."
                self._refuse(0, "missing_column", message, f"Name one {role!r}.")
        self._read_units(units)

    def _read_units(self, units: dict[str, str]) -> None:
        for role in ("time", "value"):
            if role in self.roles and not units[role]:
                of_value = "excretion_rate [mg/h]" if self.is_rate else "value [nmol/L]"
                example = "time [h]" if role == "time" else of_value
                message, hint = f"the unit of the {role} is missing.", f"Write {example!r}."
                self._refuse(self.roles[role], "unit_missing", message, hint)
        if units.get("time"):
            try:
                scale = time_scale(units["time"])
                self.factor, self.time_unit = scale.factor, scale.unit
            except InputError as error:
                hint = error.problems[0].hint
                self._refuse(self.roles["time"], "unknown_unit", error.message, hint)
        self.unit = units.get("value", "")
        if self.is_rate and self.unit and not _is_rate(self.unit):
            message = f"{self.unit!r} is no unit of a rate of excretion."
            hint = "Write an amount over time: mg/h, mmol/h, mmol/d, µmol/min or mEq/d."
            self._refuse(self.roles["value"], "unknown_unit", message, hint)

    def _refuse(self, index: int, code: str, message: str, hint: str) -> None:
        self.problems.append(self.table.problem(self.table.header, index, code, message, hint=hint))


@define(kw_only=True)
class _Reader:
    """Reads the rows of one table."""

    header: _Header
    cells: CellReader
    values: dict[str, dict[float, float]] = Factory(dict)
    origins: dict[str, str] = Factory(dict)
    n_blank: int = 0

    def take(self, row: Row) -> None:
        if self.cells.is_misshapen(row):
            return
        roles, cells = self.header.roles, self.cells
        name = cells.role_text(row, "product")
        if not name:
            cells.refuse(row, roles["product"], "unknown_product", "the product is missing.")
            return
        if not cells.role_text(row, "value"):
            self.n_blank += 1
            return
        time = cells.number(row, roles["time"], "time")
        value = cells.number(row, roles["value"], "value")
        if time is None or value is None:
            return
        hours = round(time * self.header.factor, 9)
        known = self.values.setdefault(name, {})
        self._note_origin(row, name)
        if hours < 0:
            cells.refuse(row, roles["time"], "negative_time", f"time {time:g} is negative.")
        elif value < 0:
            message = f"{value:g} is below zero."
            hint = "Leave the cell empty where it lay below detection."
            cells.refuse(row, roles["value"], "negative_value", message, hint)
        elif hours in known:
            message = f"{name} already has a value at {time:g} {self.header.time_unit}."
            hint = "One mean a time: average the subjects first."
            cells.refuse(row, roles["time"], "duplicate_time", message, hint)
        else:
            known[hours] = value

    def _note_origin(self, row: Row, name: str) -> None:
        """Take up what a row says its number is; the rows of a course must agree."""
        text = self.cells.role_text(row, "origin").casefold()
        if not text:
            return
        column = self.header.roles["origin"]
        if text not in tuple(Origin):
            message = f"{text[:80]!r} is no origin of a number."
            hint = f"Write one of {', '.join(Origin)}, or leave it empty."
            self.cells.refuse(row, column, "unknown_origin", message, hint)
        elif (before := self.origins.setdefault(name, text)) != text:
            message = f"the row says {text}, others of {name} {before}."
            hint = "Give what was measured and what was not a product each."
            self.cells.refuse(row, column, "mixed_origins", message, hint)
