"""A mapping file: what the columns of somebody's table are, with units, and where it comes from.

It says only what the table's header cannot: roles, units, how cells are read, the range in which a
number is possible. Columns keep the names their owner gave them.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from experiments.config.documents import parse
from experiments.config.files import read_text, refuse_file
from experiments.config.items import Item
from experiments.config.quantities import parse_quantity
from formulation.errors import InputError, Problem
from formulation.units import to_unit
from models.learning.column_use import FORMS, ROLES, ColumnUse

SHARES = ("fraction", "%", "percent", "1", "-")
"""Units of a share or a pure number, which convert to no other unit."""

COLUMN_KEYS = ("role", "unit", "as", "at", "range", "feature")
TEXTS = ("source", "licence", "citation")

_NAME = r"[A-Za-zµμ°%]+(?:(?:\^|\*\*)?[1-9]|[²³])?"
_UNIT = re.compile(rf"(?:1/)?{_NAME}(?:[/*· ]{_NAME})*")
_POWER = re.compile(r"(?<=[A-Za-zµμ])(?:\^|\*\*)?([1-9])")
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?"
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})")


@frozen(kw_only=True)
class TableMapping:
    """What is said of a table."""

    columns: Mapping[str, ColumnUse] = field(factory=dict)
    """What is said of its columns, by name."""

    source: str = ""
    """Where it comes from."""

    licence: str = ""
    """Under which terms."""

    citation: str = ""
    """What to cite."""


def load_mapping(path: Path) -> TableMapping:
    """Return the mapping in a file.

    Parameters
    ----------
    path : Path
        A YAML file, [-].

    Returns
    -------
    TableMapping
        What it says, [-].

    Raises
    ------
    InputError
        Something is wrong; every problem with its line and column.
    """
    return read_mapping(read_text(path), str(path))


def read_mapping(text: str, file: str) -> TableMapping:
    """Return the mapping in a YAML text.

    Parameters
    ----------
    text : str
        The text, [-].
    file : str
        Its name, for messages, [-].

    Returns
    -------
    TableMapping
        What it says, [-].

    Raises
    ------
    InputError
        Something is wrong; every problem with its line and column.
    """
    if not text.strip():
        hint = "Write 'columns:' and under it what each column is."
        refuse_file(file, "empty_file", "the mapping file is empty.", hint=hint)
    problems: list[Problem] = []
    item = Item(node=parse(text, file), file=file, problems=problems)
    members = item.members(required=("columns",), optional=TEXTS)
    stated = members["columns"].entries() if "columns" in members else {}
    columns = {name: _read_use(entry) for name, entry in stated.items()}
    said = {key: members[key].text() for key in TEXTS if key in members}
    if problems:
        raise InputError.of(problems)
    return TableMapping(columns=columns, **said)


def _read_use(item: Item) -> ColumnUse:
    members = item.members(optional=COLUMN_KEYS)
    role = _one_of(members.get("role"), "Role", ROLES)
    unit = members["unit"].text() if "unit" in members else ""
    if unit:
        members["unit"].attempt(lambda: _check_unit(unit, is_time=role == "time"))
    at = members["at"].text() if "at" in members else ""
    if at:
        members["at"].attempt(lambda: parse_quantity(at, "h"))
    if role == "early" and "at" not in members:
        message = "when the early value was read is missing."
        item.refuse("missing_key", message, rule="at is required", hint="Add 'at: 0.25 d'.")
    is_other = role != "early" and (role or "role" not in members)
    if is_other and "at" in members:
        hint = "Say 'role: early', or leave 'at' out."
        members["at"].refuse("contradiction", "only an early value has a time.", hint=hint)
    known = members["feature"].flag() if "feature" in members else False
    if known and role != "group":
        hint = "Say 'role: group', or leave 'feature' out."
        members["feature"].refuse("contradiction", "other columns are features anyway.", hint=hint)
    low, high = _read_range(members.get("range"))
    place = item.key_place or item.node.place
    return ColumnUse(
        role=role,
        unit=unit,
        read_as=_one_of(members.get("as"), "Form", FORMS),
        at=at,
        low=low,
        high=high,
        is_known=bool(known),
        file=item.file,
        line=place.line,
        column=place.column,
    )


def _one_of(item: Item | None, kind: str, known: tuple[str, ...]) -> str:
    return "" if item is None else item.name(kind, known) or ""


def _read_range(item: Item | None) -> tuple[float, float]:
    """Return the ends of a range, without bounds where none is written."""
    endless = (-float("inf"), float("inf"))
    if item is None:
        return endless
    match = _RANGE.fullmatch(item.text(_RANGE.pattern, "two numbers such as '0 to 14'"))
    if match is None:
        return endless
    low, high = float(match[1]), float(match[2])
    if low > high:
        item.refuse("out_of_range", f"{low:g} lies above {high:g}.", hint="Write the lower first.")
    return low, high


def _check_unit(text: str, *, is_time: bool) -> None:
    """Refuse what is no unit, or none of time; a unit that is a share is one by its name."""
    if is_time:
        parse_quantity(f"1 {text}", "h")
        return
    if text in SHARES:
        return
    plain = _POWER.sub(r"**\1", text).replace("²", "**2").replace("³", "**3")
    if not _UNIT.fullmatch(text):
        hint = "Write units joined by '/' or '*', such as mg/mL."
        raise InputError(f"{text[:40]!r} is no unit.", hint=hint)
    plain = plain.replace("%", "percent")
    try:
        to_unit(f"1 {plain}", plain)
    except InputError:
        hint = "Write it such as mg, g/mol, h, d, degC, %, fraction; leave it out if it has none."
        raise InputError(f"{text[:40]!r} is no unit that is known.", hint=hint) from None
