"""Units: parsed at the edge, plain floats in canonical units inside.

The canonical units are mg, mmol, mL, cm2, h and degC; the suffix of every float's name says which.
This is the only file that imports pint, and only when something is parsed.
"""

import re
from functools import cache
from math import isfinite
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

from formulation.errors import InputError

if TYPE_CHECKING:
    from pint import UnitRegistry

MG_PER_MMOL = 24.305
"""Molar mass of magnesium, [mg/mmol] (IUPAC2021)."""

MINUTES_PER_HOUR = 60.0
"""Minutes in an hour, [min/h]."""

_SHOWN = {"percent": " %", "1": "", "-": "", "": ""}
"""How messages write units that are no word."""

_WRITTEN = re.compile(
    r"\s*([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?))\s*(|(?:1/)?[a-zµμ°Å].*?)\s*",
    re.IGNORECASE,
)
"""A number, then a unit or nothing."""

_PARSER_ERRORS = (
    *(TokenError, AssertionError, AttributeError),
    *(ValueError, TypeError, ArithmeticError),
)
"""What pint's parser lets through besides its own errors."""


@cache
def _registry() -> "UnitRegistry[float]":
    from pint import UnitRegistry

    registry: UnitRegistry[float] = UnitRegistry(autoconvert_offset_to_baseunit=True)
    # An equivalent is a mole over the charge, which the text does not tell: 1 mmol of Mg is 2 mEq.
    registry.define("mEq = [equivalent]")
    registry.define("square_centimetre = cm ** 2 = cm2")
    registry.define("percent_ww = 0.01 = pct_ww")
    return registry


def with_unit(value: float, unit: str) -> str:
    """Return a value with its unit, as messages write it.

    Parameters
    ----------
    value : float
        The value, in `unit`, [-].
    unit : str
        Its unit as the tables spell it; "1" for a pure number, [-].

    Returns
    -------
    str
        Number and unit, [-].

    Examples
    --------
    >>> with_unit(12.5, "percent"), with_unit(3.0, "1"), with_unit(250.0, "mg/d")
    ('12.5 %', '3', '250 mg/d')
    """
    return f"{value:g}{shown_after(unit)}"


def shown_after(unit: str) -> str:
    """Return a unit as messages write it behind a number.

    Parameters
    ----------
    unit : str
        Unit as the tables spell it; "1" for a pure number, [-].

    Returns
    -------
    str
        A space and the unit; nothing of a pure number, [-].

    Examples
    --------
    >>> shown_after("percent"), shown_after("1"), shown_after("mg/d")
    (' %', '', ' mg/d')
    """
    return _SHOWN.get(unit, f" {unit}")


def to_unit(text: str, unit: str) -> float:
    """Return the magnitude of a written quantity in the unit asked for.

    Parameters
    ----------
    text : str
        A number and its unit, such as ``"0.25 g"``, [-].
    unit : str
        Unit wanted, [-].

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
    >>> to_unit("0.25 g", "mg")
    250.0
    """
    import pint

    written = _WRITTEN.fullmatch(text.replace("%", " percent"))
    if written is None:
        raise InputError(f"{text!r} is not a number with a unit.", hint=f"Write it in {unit}.")
    number, of_unit = float(written[1]), written[2]
    if not of_unit and unit != "1":
        raise InputError(
            f"{text!r} has no unit; a value in {unit} is wanted.",
            hint=f"Write it as '{text} {unit}'.",
        )
    try:
        quantity: Any = _registry().Quantity(number, of_unit)
        magnitude = float(quantity.to(unit if unit != "1" else "").magnitude)
    except pint.DimensionalityError:
        raise InputError(
            f"{text!r} is not a value in {unit}.", hint=f"Write it in {unit}."
        ) from None
    except (pint.PintError, *_PARSER_ERRORS) as error:
        raise InputError(
            f"{text!r}: {of_unit!r} is no unit ({error}).", hint=f"Write it in {unit}."
        ) from None
    if not isfinite(magnitude):
        raise InputError(f"{text!r} is not a finite number.")
    return round(magnitude, 12)
