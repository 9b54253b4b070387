"""Quantities in study files: text with a unit, read strictly and written back exactly.

Conversion is `formulation.units.to_unit`; before it sees a text, the form of number and unit is
checked here, because a study file may come from anybody. A unit that is no product of plain units,
such as ``mL/min/1.73m2``, is accepted as it is spelt.
"""

import re
from math import isfinite

from formulation.errors import InputError
from formulation.units import to_unit

MAX_QUANTITY_TEXT = 100
"""Longest text of a quantity, [-] (characters)."""

_NUMBER = r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.?nan|\.?inf(?:inity)?)"
_QUANTITY = re.compile(rf"({_NUMBER})\s*(.*)", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+(?![0-9,.])")
# Names joined by single operators: no power, bracket or second number ever reaches the parser.
_NAME = r"(?:[A-Za-zµμ°]+|%)"
_UNIT = re.compile(rf"(?:1/)?{_NAME}(?:[/*· ]{_NAME})*")
_PERCENT = re.compile(r"%|\bpercent\b|\bpct\b")
"""Percent of a percent is nobody's unit."""


def parse_quantity(text: str, unit: str) -> float:
    """Return the magnitude of a written quantity, its unit spelt out.

    Parameters
    ----------
    text : str
        A number and its unit, such as ``"0.25 g"``, [-].
    unit : str
        Unit wanted; "1" for a pure number, [-].

    Returns
    -------
    float
        Magnitude in `unit`, [-].

    Raises
    ------
    InputError
        The unit is missing, unknown or of another dimension, or the number is not finite.

    Examples
    --------
    >>> parse_quantity("0.25 g", "mg"), parse_quantity("85 mL/min/1.73 m2", "mL/min/1.73m2")
    (250.0, 85.0)
    """
    given = text.strip()
    shown = shown_unit(unit)
    if _COMMA.match(given) and len(given) <= MAX_QUANTITY_TEXT:
        raise InputError(
            f"{given!r} has a decimal comma; a value in {shown} is wanted.",
            hint=f"Write a point: '{given.replace(',', '.', 1)}'.",
        )
    match = _QUANTITY.fullmatch(given)
    if match is None or len(given) > MAX_QUANTITY_TEXT:
        raise InputError(
            f"{given[:80]!r} is not a number with a unit; a value in {shown} is wanted.",
            hint=f"Write it such as '5 {shown}'." if unit != "1" else "Write a number.",
        )
    number, written = match[1].lower(), match[2]
    if not written and unit != "1":
        hint = f"Write it as '{given} {shown}'"
        if unit == "percent" and number[0] in ".0123456789" and 0 < (share := float(number)) <= 1:
            hint += f", or as '{100 * share:.6g} %' if a share was meant"
        message = f"{given!r} has no unit; a value in {shown} is wanted."
        raise InputError(message, hint=f"{hint}.")
    value = float(number.replace(".n", "n").replace(".i", "i"))
    if not isfinite(value):
        raise InputError(f"{given!r} is not a finite number.", hint="Write a finite number.")
    if not written or _is_spelt(written, unit):
        return round(value, 12)
    refused = InputError(
        f"{given!r} is not {shown}." if unit == "1" else f"{given!r} is not a value in {shown}.",
        hint="Write the number alone." if unit == "1" else f"Write it in {shown}.",
    )
    if len(_PERCENT.findall(written)) > 1:
        raise refused
    if not _UNIT.fullmatch(written) or not (unit == "1" or _UNIT.fullmatch(unit)):
        raise refused
    if unit not in ("1", "percent"):
        return to_unit(f"{number} {written}", unit)
    try:
        return to_unit(f"{number} {written}", unit)
    except InputError:
        # The unit library would call these two units "1" and "percent".
        raise refused from None


def quantity_text(value: float, unit: str) -> str:
    """Return the shortest text that `parse_quantity` reads as exactly this value.

    Parameters
    ----------
    value : float
        A finite value, in `unit`, [-].
    unit : str
        Its unit, [-].

    Returns
    -------
    str
        Number and unit, [-].

    Examples
    --------
    >>> quantity_text(25.0, "percent"), quantity_text(0.1, "1")
    ('25 %', '0.1')
    """
    whole = float(value).is_integer() and abs(value) < 1e15
    number = str(int(value)) if whole else repr(float(value))
    return number if unit == "1" else f"{number} {shown_unit(unit)}"


def shown_unit(unit: str) -> str:
    """Return a unit as people write it.

    Parameters
    ----------
    unit : str
        Unit as the tables spell it, [-].

    Returns
    -------
    str
        Unit for study files and messages, [-].
    """
    return {"percent": "%", "1": "a pure number"}.get(unit, unit)


def _is_spelt(written: str, unit: str) -> bool:
    """Tell whether a unit is written as the tables spell it, so that nothing is converted."""
    given, names = written.replace(" ", "").replace("²", "2"), (unit, shown_unit(unit))
    if _UNIT.fullmatch(unit):
        return given in names
    return given.casefold() in {name.casefold() for name in names}
