"""What the rows of a curve say of its vessel: read, converted, and held against each other.

A cell that is left empty says nothing; the cells of one curve that say something must agree. What
the user states beside the file must agree with it too.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Factory, define, field

from formulation.errors import InputError
from formulation.profiles import MAX_RPM, MEDIA
from formulation.units import to_unit
from models.data.lab_tables import LabTable
from models.data.table_limits import Row
from models.data.vessels import (
    MAX_VOLUME_L,
    Conditions,
    find_apparatus,
    find_medium,
    has_ph,
    medium_of_ph,
)

FIELDS = {
    "medium": "medium",
    "ph": "ph",
    "apparatus": "apparatus",
    "rpm": "rpm",
    "temperature": "temperature_c",
    "volume": "volume_l",
    "source": "source",
}
"""Field of `Conditions` that a column of each role fills."""

UNITS = {
    "temperature": {
        **dict.fromkeys(("c", "°c", "degc", "celsius"), "degC"),
        **dict.fromkeys(("k", "kelvin"), "K"),
        **dict.fromkeys(("f", "°f", "degf"), "degF"),
    },
    "volume": {"ml": "mL", "l": "L", "cm3": "cm3", "cl": "cL", "dl": "dL"},
}
"""Units that such a column may be in, by what is written."""

BOUNDS = {
    "ph": (0.0, 14.0, ""),
    "rpm": (0.0, MAX_RPM, " 1/min"),
    "temperature": (0.0, 100.0, " degC"),
    "volume": (0.0, MAX_VOLUME_L, " L"),
}
"""What is possible on a bench: above the first, or equal to it for pH and temperature, [-]."""

OPTIONS = ("medium", "apparatus", "rpm")
"""What a user may state beside the file."""

CurveKey = tuple[str, str]
"""Product and batch."""


@define(kw_only=True)
class ConditionReader:
    """Reads the vessels of one table's curves, telling what is wrong by row and column."""

    table: LabTable = field()
    roles: Mapping[str, int]
    units: Mapping[str, str]
    stated: Conditions
    refuse: Callable[[Row, int, str, str, str], None]
    found: dict[CurveKey, dict[str, tuple[Any, Row]]] = Factory(dict)
    _read: dict[tuple[str, str], Any] = Factory(dict)

    def note(self, row: Row, key: CurveKey) -> None:
        """Take up what a row says of the vessel of its curve.

        Parameters
        ----------
        row : Row
            A row, [-].
        key : tuple of str
            Product and batch of its curve, [-].
        """
        known = self.found.setdefault(key, {})
        for role in FIELDS:
            text = self._cell(row, role)
            value = self._value(row, role, text) if text else None
            if value is None:
                continue
            before, first = known.setdefault(role, (value, row))
            if before != value:
                message = (
                    f"{text[:80]!r} is another {role} than in row {first.number} of the same curve."
                )
                hint = "One curve, one vessel: give each its own batch, or a file of its own."
                self.refuse(row, self.roles[role], "mixed_conditions", message, hint)

    def conditions(self, key: CurveKey) -> Conditions:
        """Return what is stated of a curve's vessel, once all its rows were noted.

        Parameters
        ----------
        key : tuple of str
            Product and batch, [-].

        Returns
        -------
        Conditions
            What its rows say, [-].
        """
        known = self.found.get(key, {})
        own = Conditions(**{FIELDS[role]: value for role, (value, _) in known.items()})
        for role in OPTIONS:
            said = getattr(self.stated, role)
            if role in known and said not in (None, known[role][0]):
                self._refuse_option(role, said, *known[role])
        if "ph" in known:
            self._check_ph(own.over(self.stated).medium, *known["ph"])
        return own

    def _refuse_option(self, role: str, said: object, value: object, row: Row) -> None:
        def name(x: object) -> str:
            if role == "medium":
                return MEDIA[str(x)].name
            return f"{x:g}" if isinstance(x, float) else str(x)

        message = f"the file says {name(value)}, but --{role} says {name(said)}."
        self.refuse(row, self.roles[role], "mixed_conditions", message, f"Leave --{role} out.")

    def _check_ph(self, medium: str | None, ph: float, row: Row) -> None:
        if medium is None and medium_of_ph(ph) is None:
            message = f"pH {ph:g} names no medium of ours, and no medium is given."
            hint = f"Name one of {', '.join(MEDIA)} in a column 'medium', or with --medium."
            self.refuse(row, self.roles["ph"], "unknown_medium", message, hint)
        elif medium is not None and not has_ph(medium, ph):
            message = f"pH {ph:g} is not that of {MEDIA[medium].name} ({MEDIA[medium].ph:g})."
            self.refuse(row, self.roles["ph"], "mixed_conditions", message, "Mend one of them.")

    def _value(self, row: Row, role: str, text: str) -> Any:
        """Return what a cell says; None after a problem. Equal cells are converted once."""
        if (role, text) in self._read:
            return self._read[role, text]
        try:
            value = self._converted(role, text)
        except InputError as error:
            code = "out_of_range" if role in BOUNDS else f"unknown_{role}"
            self.refuse(row, self.roles[role], code, error.message, error.problems[0].hint)
            return None
        self._read[role, text] = value
        return value

    def _converted(self, role: str, text: str) -> Any:
        if role == "source":
            return text
        if role in ("medium", "apparatus"):
            return find_medium(text) if role == "medium" else find_apparatus(text)
        number = self.table.number(text)
        if number is None:
            raise InputError(f"{text[:80]!r} is no number; a {role} is wanted.")
        value = number
        if role in self.units:
            wanted = "degC" if role == "temperature" else "L"
            value = round(to_unit(f"{number!r} {self.units[role]}", wanted), 9)
        low, high, unit = BOUNDS[role]
        may_be_low = role in ("ph", "temperature")
        if not (low < value <= high or (may_be_low and value == low)):
            raise InputError(
                f"{role} {value:g}{unit} is impossible; it must lie between {low:g} and {high:g}.",
                hint="Check the number and its unit.",
            )
        return value

    def _cell(self, row: Row, role: str) -> str:
        column = self.roles.get(role, len(row.cells))
        return row.cells[column] if column < len(row.cells) else ""
