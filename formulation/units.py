"""Units: parsed at the edge, plain floats in canonical units inside.

The canonical units are mg, mmol, mL, cm2, h and degC; the suffix of every float's name says which.
This is the only file that imports pint, and only when something is parsed.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from formulation.errors import InputError

if TYPE_CHECKING:
    from pint import UnitRegistry

MG_PER_MMOL = 24.305
"""Molar mass of magnesium, [mg/mmol] (IUPAC2021)."""

MINUTES_PER_HOUR = 60.0
"""Minutes in an hour, [min/h]."""

HOURS_PER_DAY = 24.0
"""Hours in a day, [h/d]."""


@cache
def _registry() -> "UnitRegistry[float]":
    from pint import UnitRegistry

    registry: UnitRegistry[float] = UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("mEq = mmol")
    registry.define("percent_ww = 0.01 = pct_ww")
    return registry


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

    try:
        quantity: Any = _registry().Quantity(text.replace("%", " percent"))
        if quantity.unitless and unit not in ("1", "percent"):
            raise InputError(
                f"{text!r} has no unit; a value in {unit} is wanted.",
                hint=f"Write it as '{text} {unit}'.",
            )
        magnitude = float(quantity.to(unit if unit != "1" else "").magnitude)
    except pint.UndefinedUnitError as error:
        raise InputError(f"{text!r}: {error}.", hint=f"Write it in {unit}.") from None
    except pint.DimensionalityError:
        raise InputError(
            f"{text!r} is not a value in {unit}.", hint=f"Write it in {unit}."
        ) from None
    except (AssertionError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{text!r} is not a number with a unit.", hint=f"Write it in {unit}."
        ) from None
    if magnitude != magnitude or magnitude in (float("inf"), float("-inf")):
        raise InputError(f"{text!r} is not a finite number.")
    return round(magnitude, 12)
