"""The unit of every expression of the flux list, worked out from the units of what it names.

Amounts may only be added to amounts of the same unit, so whoever asks for the unit of a rate also
learns whether its equation is sound. Meals are counted, and a count has no unit.
"""

import ast
from collections.abc import Mapping
from fractions import Fraction

from formulation.errors import InputError, UnknownNameError
from models.simulator._constants import CONSTANT_UNITS
from models.simulator.fluxes import FluxModel

BASES = ("mmol", "mEq", "mOsm", "L", "h")
"""Units of which all others are made; charges and osmoles are told apart from moles."""

COUNTED = ("-", "1", "meals")
"""Units of pure numbers."""

Dimension = tuple[Fraction, ...]
"""Powers of the bases."""

PURE: Dimension = (Fraction(0),) * len(BASES)
"""Dimension of a number without a unit."""


def dimension(unit: str) -> Dimension:
    """Return the powers of the bases in a unit.

    Parameters
    ----------
    unit : str
        Such as ``mmol*h/L``, [-].

    Returns
    -------
    tuple of Fraction
        Powers in the order of `BASES`, [-].

    Raises
    ------
    UnknownNameError
        A part of it is no base.

    Examples
    --------
    >>> unit_of(dimension("L/mEq/h"))
    'L/mEq/h'
    """
    powers = dict.fromkeys(BASES, Fraction(0))
    for place, group in enumerate(unit.split("/")):
        for part in group.split("*"):
            if part in powers:
                powers[part] += -1 if place else 1
            elif part not in COUNTED:
                raise UnknownNameError(f"Part of the unit {unit!r}", part, powers)
    return tuple(powers.values())


def unit_of(found: Dimension) -> str:
    """Return the unit of a dimension.

    Parameters
    ----------
    found : tuple of Fraction
        Powers in the order of `BASES`, [-].

    Returns
    -------
    str
        The unit, ``-`` for a pure number, [-].

    Raises
    ------
    InputError
        A power is no whole number.
    """
    if any(power.denominator != 1 for power in found):
        raise InputError(f"Unit: the powers {[str(p) for p in found]} of {BASES} are not whole.")
    above = [b for b, power in zip(BASES, found, strict=True) for _ in range(max(int(power), 0))]
    below = [b for b, power in zip(BASES, found, strict=True) for _ in range(max(-int(power), 0))]
    if not above and not below:
        return "-"
    return "/".join(["*".join(above) or "1", *below])


def units(model: FluxModel) -> dict[str, str]:
    """Return the unit of everything a flux model names.

    Parameters
    ----------
    model : FluxModel
        The equations, [-].

    Returns
    -------
    dict of str to str
        By name: states, parameters, inputs, constants, definitions, fluxes (per hour) and
        integrals, [-].

    Raises
    ------
    InputError
        An expression adds what has different units.
    """
    known = {s.name: dimension(s.unit) for s in model.states}
    known |= {p.name: dimension(p.unit) for p in (*model.parameters, *model.inputs)}
    known |= {name: dimension(CONSTANT_UNITS.get(name, "-")) for name in model.constants}
    for name, text in model.definitions.items():
        known[name] = _of(text, known)
    for flux in model.fluxes:
        known[flux.name] = _of(flux.rate, known)
    per_hour = dimension("h")
    for name, text in model.integrals.items():
        known[name] = _times(_of(text, known), per_hour, 1)
    told = {name: unit_of(found) for name, found in known.items()}
    return told | {s.name: s.unit for s in model.states}


def _of(text: str, known: Mapping[str, Dimension]) -> Dimension:
    return _node(ast.parse(text, mode="eval").body, known, text)


def _node(node: ast.expr, known: Mapping[str, Dimension], text: str) -> Dimension:
    match node:
        case ast.Name(id=name):
            return known[name]
        case ast.Constant():
            return PURE
        case ast.UnaryOp(operand=operand):
            return _node(operand, known, text)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inside]):
            return tuple(power / 2 for power in _node(inside, known, text))
        case ast.Call(func=ast.Name(id="ramp"), args=[inside, width]):
            return _node(ast.BinOp(left=inside, op=ast.Add(), right=width), known, text)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return tuple(power * x for x in _node(base, known, text))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _times(_node(left, known, text), _node(right, known, text), 1)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _times(_node(left, known, text), _node(right, known, text), -1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            first, second = _node(left, known, text), _node(right, known, text)
            if first != second:
                raise InputError(
                    f"Expression {text!r}: {ast.unparse(node)!r} adds {unit_of(first)} and"
                    f" {unit_of(second)}."
                )
            return first
        case _:
            raise InputError(f"Expression {text!r}: {ast.unparse(node)!r} has no unit.")


def _times(first: Dimension, second: Dimension, power: int) -> Dimension:
    return tuple(a + power * b for a, b in zip(first, second, strict=True))
