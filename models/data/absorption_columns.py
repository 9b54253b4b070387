"""What the columns of a table of absorption data mean.

The unit of the dose stands in its header. The unit of the value stands in a column of its own,
because a table may hold several endpoints; or in the header, when there is only one.
"""

from collections.abc import Callable

from attrs import field, frozen

from formulation.errors import InputError, Problem
from models.data.absorption_units import unit_factor
from models.data.column_names import misspelt, name_and_unit, role_of
from models.data.lab_tables import LabTable

ROLES = {
    "product": "product form formulation",
    "dose": "dose elemental_dose",
    "intakes": "intakes_per_day times_a_day times_per_day",
    "meals": "with_meals",
    "population": "population",
    "endpoint": "endpoint",
    "value": "value mean",
    "unit": "unit",
    "sd": "sd",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "n": "n",
    "design": "design trial_design",
    "source": "source",
}
"""Names each column may have, blanks in them written as ``_``."""

Refuse = Callable[[int, str, str, str], None]
"""Notes a problem of a column: its index, code, message and hint."""

OPTIONAL = ("unit", "sd", "ci_low", "ci_high")
"""Roles a table may leave out."""


@frozen(kw_only=True)
class AbsorptionColumns:
    """Where everything stands in a table of absorption data."""

    roles: dict[str, int]
    """Index of each column by role, [-]."""

    dose_factor: float
    """Turns a dose into [mg/d]."""

    value_unit: str = ""
    """Unit of all values; empty where each row says its own."""

    unread: tuple[str, ...] = field(factory=tuple)
    """Columns that mean nothing here."""


def read_absorption_columns(
    table: LabTable,
) -> tuple[AbsorptionColumns | None, tuple[Problem, ...]]:
    """Return what the columns of a table of absorption data mean.

    Parameters
    ----------
    table : LabTable
        The table, [-].

    Returns
    -------
    tuple
        The columns, or None when something is wrong; and everything wrong, [-].
    """
    problems: list[Problem] = []

    def refuse(index: int, code: str, message: str, hint: str) -> None:
        problems.append(table.problem(table.header, index, code, message, hint=hint))

    roles: dict[str, int] = {}
    units: dict[str, str] = {}
    unread = []
    for index, cell in enumerate(table.header.cells):
        name, unit = name_and_unit(cell)
        role = role_of(name, ROLES)
        if role in roles:
            message = f"{cell!r} and {table.header.cells[roles[role]]!r} both are the {role}."
            refuse(index, "duplicate", message, "Keep one of them.")
        elif role:
            roles[role], units[role] = index, unit
        elif near := misspelt(name, ROLES):
            message, hint = f"column {name!r} is not known.", f"Did you mean {near!r}?"
            refuse(index, "unknown_column", message, hint)
        elif name:
            unread.append(name)
    for role in ROLES:
        if role not in roles and role not in OPTIONAL:
            names = ROLES[role].split()
            refuse(0, "missing_column", f"no column is the {role}.", f"Name one {names[0]!r}.")
    if ("ci_low" in roles) != ("ci_high" in roles):
        only = "ci_low" if "ci_low" in roles else "ci_high"
        message = "an interval has two ends, and one column of them is missing."
        refuse(roles[only], "missing_column", message, "Give ci_low and ci_high, or neither.")
    factor = _dose_factor(roles, units, refuse) if "dose" in roles else 0.0
    if "value" in roles and ("unit" in roles) == bool(units["value"]):
        message = "the unit of the value is missing."
        if units["value"]:
            message = "the unit of the value stands in its header and in a column of its own."
        refuse(roles["value"], "unit_missing", message, "Give it in a column 'unit' alone.")
    if problems:
        return None, tuple(problems)
    return (
        AbsorptionColumns(
            roles=roles, dose_factor=factor, value_unit=units["value"], unread=tuple(unread)
        ),
        (),
    )


def _dose_factor(roles: dict[str, int], units: dict[str, str], refuse: Refuse) -> float:
    """Return what turns a dose into mg a day; 0 after a problem."""
    written = units["dose"]
    if not written:
        message, hint = "the unit of the dose is missing.", "Write 'dose [mg/d]': elemental, a day."
        refuse(roles["dose"], "unit_missing", message, hint)
        return 0.0
    try:
        return unit_factor(written, "mg/d")
    except InputError as error:
        refuse(roles["dose"], "unknown_unit", error.message, error.problems[0].hint)
        return 0.0
