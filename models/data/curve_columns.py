"""What the columns of a table of release curves mean, and in which unit each is written.

Long form: ``product, time [min], released [%]`` and, where there are any, ``batch``, ``replicate``
or ``sd, n``, and what the vessel was. Wide form: the time first, then one column for each product,
or for each replicate as ``product/replicate``. A unit stands in brackets behind the name, at its
end as in ``time_min``, or is given for the whole file; one that is missing, or stated twice and
differently, is refused.
"""

import re
from collections.abc import Sequence

from attrs import field, frozen

from formulation.errors import InputError, Problem
from formulation.units import MG_PER_MMOL, to_unit
from models.data.column_names import column_key, misspelt, name_and_unit, role_of
from models.data.curve_conditions import UNITS
from models.data.lab_tables import LabTable

ROLES = {
    "product": "product formulation formulation_id recipe",
    "batch": "batch lot",
    "replicate": "replicate unit vessel",
    "time": "time t",
    "released": "released release dissolved fraction mg percent_released fraction_released",
    "sd": "sd",
    "n": "n",
    "medium": "medium",
    "ph": "ph",
    "apparatus": "apparatus",
    "rpm": "rpm speed",
    "temperature": "temperature",
    "volume": "volume",
    "source": "source",
    "origin": "origin",
}
"""Names a column of the long form may have, blanks in them written as ``_``."""

SUFFIXES = {
    **{name: name for name in ("h", "min", "s", "d", "mg", "fraction")},
    **dict.fromkeys(("hrs", "hours"), "h"),
    **dict.fromkeys(("pct", "percent"), "%"),
    **{name: name for name in ("g", "ug", "mmol", "c", "k", "ml", "l")},
}
"""Ends of a column's name that say its unit."""

WITH_UNITS = ("time", "released", "sd", *UNITS)
"""Roles of columns that have a unit."""

OWN_UNITS = {
    "fraction": "fraction",
    "fraction_released": "fraction",
    "percent_released": "%",
    "mg": "mg",
}
"""Names that are a unit themselves."""

TIMES_HINT = "Write min (minutes), h (hours), s (seconds) or d (days)."
"""What to write as a unit of time."""

RELEASE_HINT = "Write %, fraction or mg."
"""What to write as a unit of what was released."""

_SPELLINGS = {
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("sec", "secs", "seconds"), "s"),
    **dict.fromkeys(("day", "days"), "d"),
}
_MOLES = {"mmol": 1.0, **dict.fromkeys(("umol", "µmol", "μmol"), 1e-3)}
_SHARES = {
    **dict.fromkeys(("%", "percent", "pct", "% of label", "% label"), "%"),
    **dict.fromkeys(("fraction", "1", "-"), "fraction"),
}
_PLAIN_UNIT = re.compile(r"[A-Za-zµμ]{1,12}")


@frozen(kw_only=True)
class Scale:
    """A unit as it was read, and what turns it into ours."""

    unit: str
    """Unit, in one spelling."""

    factor: float
    """Our unit for one of it: [h] for a time; [-] or, for a mass, [mg] for what was released."""

    is_mass: bool = False
    """Whether it is a mass of magnesium, to be divided by the product's label."""


@frozen(kw_only=True)
class Columns:
    """Where everything stands in a table."""

    is_wide: bool
    """Whether each product has a column of its own."""

    time: int
    """Index of the times, [-]."""

    time_scale: Scale
    """Unit of the times."""

    released_scale: Scale
    """Unit of what was released, one for the whole file."""

    roles: dict[str, int] = field(factory=dict)
    """Index of each column of the long form by role, [-]."""

    units: dict[str, str] = field(factory=dict)
    """Unit of the columns that say what the vessel was, by role."""

    curves: dict[int, tuple[str, str]] = field(factory=dict)
    """Product and replicate of each column of the wide form."""

    unread: tuple[str, ...] = ()
    """Columns that mean nothing here."""


def read_columns(
    table: LabTable, *, time_unit: str = "", released_unit: str = ""
) -> tuple[Columns | None, tuple[Problem, ...]]:
    """Return what the columns of a table mean.

    Parameters
    ----------
    table : LabTable
        A table of release curves, [-].
    time_unit, released_unit : str, optional
        Units given for the whole file; empty when the header says them, [-].

    Returns
    -------
    tuple
        The columns, or None when something is wrong; and everything wrong, [-].
    """
    reading = _Reading(table=table)
    named = [_parted(cell) for cell in table.header.cells]
    roles: dict[str, int] = {}
    for index, (name, _) in enumerate(named):
        role = _role(name)
        if role in roles:
            other = table.header.cells[roles[role]]
            message = f"{table.header.cells[index]!r} and {other!r} both are the {role}."
            reading.refuse(index, "duplicate", message, hint="Keep one of them.")
        elif role:
            roles[role] = index
    is_wide = "product" not in roles
    if is_wide:
        columns = reading.wide(named, time_unit, released_unit)
    else:
        columns = reading.long(named, roles, time_unit, released_unit)
    return (None if reading.problems else columns), tuple(reading.problems)


@frozen(kw_only=True)
class _Reading:
    """One header being read, with what is wrong so far."""

    table: LabTable
    """The table."""

    problems: list[Problem] = field(factory=list)
    """Everything wrong with its header."""

    def refuse(self, index: int, code: str, message: str, *, hint: str = "") -> None:
        self.problems.append(self.table.problem(self.table.header, index, code, message, hint=hint))

    def long(
        self,
        named: Sequence[tuple[str, str]],
        roles: dict[str, int],
        time_unit: str,
        released_unit: str,
    ) -> Columns | None:
        for role in ("time", "released"):
            if role not in roles:
                message = f"no column is the {role}."
                self.refuse(0, "missing_column", message, hint=f"Name one '{role} [unit]'.")
        unread = [i for i in range(len(named)) if i not in roles.values()]
        for index in unread:
            self._refuse_misspelt(index, named[index][0])
        if not {"time", "released"} <= set(roles):
            return None
        time = self._scale(roles["time"], named[roles["time"]][1], time_unit, "time")
        # A standard deviation without a unit of its own is in that of the mean.
        spread = [roles["sd"]] if "sd" in roles and named[roles["sd"]][1] else []
        released = self._common_scale([roles["released"], *spread], named, released_unit)
        units = {
            role: self._vessel_unit(roles[role], named, role) for role in UNITS if role in roles
        }
        if time is None or released is None:
            return None
        return Columns(
            is_wide=False,
            time=roles["time"],
            time_scale=time,
            released_scale=released,
            roles=roles,
            units=units,
            unread=tuple(named[i][0] for i in unread if named[i][0]),
        )

    def wide(
        self, named: Sequence[tuple[str, str]], time_unit: str, released_unit: str
    ) -> Columns | None:
        if _role(named[0][0]) != "time" or len(named) < 2:
            message = "neither a column 'product' nor a first column 'time' was found."
            hint = "Write product, time, released; or the time and a column for each product."
            self.refuse(0, "missing_column", message, hint=hint)
            return None
        curves: dict[int, tuple[str, str]] = {}
        for index, (name, _) in enumerate(named[1:], 1):
            product, _, replicate = name.partition("/")
            key = (product.strip(), replicate.strip())
            if key in curves.values():
                hint = "Write 'product/replicate' for replicates."
                self.refuse(index, "duplicate", f"column {name!r} stands twice.", hint=hint)
            curves[index] = key
        time = self._scale(0, named[0][1], time_unit, "time")
        released = self._common_scale(list(curves), named, released_unit)
        if time is None or released is None:
            return None
        return Columns(
            is_wide=True, time=0, time_scale=time, released_scale=released, curves=curves
        )

    def _common_scale(
        self, indices: Sequence[int], named: Sequence[tuple[str, str]], given: str
    ) -> Scale | None:
        """Return the one unit of several columns."""
        scales: list[Scale] = []
        for index in indices:
            scale = self._scale(index, named[index][1], given, "released")
            if scale is None:
                return None
            if scales and scale.unit != scales[0].unit:
                message = f"a column in {scale.unit} stands beside one in {scales[0].unit}."
                self.refuse(index, "mixed_units", message, hint="Write all of them in one unit.")
            scales.append(scale)
        return scales[0]

    def _scale(self, index: int, written: str, given: str, what: str) -> Scale | None:
        """Return the unit of a column, or note that it is missing, unknown or contradicted."""
        option = f"--{what}-unit"
        if not written and not given:
            example = "time [min]" if what == "time" else "released [%]"
            hint = f"Write it in brackets behind the name, such as '{example}', or give {option}."
            self.refuse(index, "unit_missing", f"the unit of the {what} is missing.", hint=hint)
            return None
        make = time_scale if what == "time" else _released_scale
        try:
            scales = [make(text) for text in (written, given) if text]
        except InputError as error:
            self.refuse(index, "unknown_unit", error.message, hint=error.problems[0].hint)
            return None
        if scales[0].unit != scales[-1].unit:
            message = f"the header says {scales[0].unit}, but {option} says {scales[-1].unit}."
            self.refuse(index, "mixed_units", message, hint="Leave one of them out.")
            return None
        return scales[0]

    def _vessel_unit(self, index: int, named: Sequence[tuple[str, str]], role: str) -> str:
        """Return the unit of a temperature or volume; empty after a problem."""
        written, known = named[index][1], UNITS[role]
        if not written:
            hint = f"Write it in brackets behind the name, such as '{role} [{next(iter(known))}]'."
            self.refuse(index, "unit_missing", f"the unit of the {role} is missing.", hint=hint)
        elif written.casefold() not in known:
            message = f"{written!r} is no unit of a {role}."
            hint = f"Write one of {', '.join(dict.fromkeys(known.values()))}."
            self.refuse(index, "unknown_unit", message, hint=hint)
        return known.get(written.casefold(), "")

    def _refuse_misspelt(self, index: int, name: str) -> None:
        """Refuse a column that is nearly one of ours; others are left unread."""
        near = misspelt(name, ROLES)
        if near:
            hint = f"Did you mean {near!r}?"
            self.refuse(index, "unknown_column", f"column {name!r} is not known.", hint=hint)


def _parted(cell: str) -> tuple[str, str]:
    """Return the name and the unit of a column; the unit is empty when the header has none."""
    name, unit = name_and_unit(cell)
    if unit:
        return name, unit
    name = column_key(cell)
    if name in OWN_UNITS:
        return cell, OWN_UNITS[name]
    stem, _, end = name.rpartition("_")
    if end in SUFFIXES and _role(stem) in WITH_UNITS:
        return cell[: len(stem)], SUFFIXES[end]
    return cell, ""


def _role(name: str) -> str:
    return role_of(name, ROLES)


def time_scale(text: str) -> Scale:
    """Return a unit of time.

    Parameters
    ----------
    text : str
        As it is written, [-].

    Returns
    -------
    Scale
        The unit and its factor, [-].

    Raises
    ------
    InputError
        It is no unit of time.
    """
    unit = _SPELLINGS.get(text.casefold(), text.casefold())
    try:
        factor = to_unit(f"1 {unit}", "h") if _PLAIN_UNIT.fullmatch(unit) else 0.0
    except InputError:
        factor = 0.0
    if not factor:
        raise InputError(f"{text!r} is no unit of time.", hint=TIMES_HINT)
    # Of a smaller unit many make an hour: their number is exact where its inverse is rounded.
    return Scale(unit=unit, factor=factor if factor >= 1 else 1 / to_unit("1 h", unit))


def _released_scale(text: str) -> Scale:
    share = _SHARES.get(text.casefold())
    if share:
        return Scale(unit=share, factor=0.01 if share == "%" else 1.0)
    if text in _MOLES:
        return Scale(unit=text, factor=_MOLES[text] * MG_PER_MMOL, is_mass=True)
    if not _PLAIN_UNIT.fullmatch(text):
        raise InputError(f"{text!r} is no unit of release.", hint=RELEASE_HINT)
    try:
        factor = to_unit(f"1 {text}", "mg")
    except InputError:
        raise InputError(f"{text!r} is no unit of release.", hint=RELEASE_HINT) from None
    return Scale(unit=text, factor=factor, is_mass=True)
