"""The terms of which the JSON Schemas of study and product files are made."""

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.config.products import MAX_ELEMENTS
from experiments.config.quantities import MAX_QUANTITY_TEXT, shown_unit

Schema = dict[str, Any]

_NUMBER = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_UNIT = r"\s*(1/)?[A-Za-z%\u00b5\u03bc\u00b0].*"
_QUANTITY, _PURE = "#/$defs/quantity", "#/$defs/number"


def definitions() -> Schema:
    """Return the parts to which the others refer.

    Returns
    -------
    dict
        Content of ``$defs``, [-].
    """
    told = {"type": "string", "maxLength": MAX_QUANTITY_TEXT}
    a_value = {"anyOf": [{"$ref": _QUANTITY}, {"$ref": _PURE}]}
    bounds = dict.fromkeys(("low", "high"), a_value)
    return {
        "quantity": {
            **told,
            "pattern": rf"^\s*[-+]?{_NUMBER}{_UNIT}$",
            "description": "A number with its unit, such as 250 mg/d.",
        },
        "amount": {
            **told,
            "pattern": rf"^\s*\+?{_NUMBER}{_UNIT}$",
            "description": "Mass in one unit, zero or more, such as 620 mg or 0.2 g.",
        },
        "number": {
            "anyOf": [{"type": "number"}, {**told, "pattern": rf"^\s*[-+]?{_NUMBER}.*$"}],
            "description": "A pure number.",
        },
        "ends": {**keys({key: {"$ref": _QUANTITY} for key in bounds}), "minProperties": 1},
        "numbers": {**keys({key: {"$ref": _PURE} for key in bounds}), "minProperties": 1},
        "spread": {**keys({"mean": a_value, "sd": a_value, **bounds}), "minProperties": 1},
    }


def keys(
    members: Mapping[str, Any], *, required: Iterable[str] = (), description: str = ""
) -> Schema:
    """Return a mapping that has only known keys.

    Parameters
    ----------
    members : mapping
        Schema by key, [-].
    required : iterable of str, optional
        Keys it must have, [-].
    description : str, optional
        What an editor shows, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    found: Schema = {"type": "object", "properties": dict(members), "additionalProperties": False}
    if names := list(required):
        found["required"] = names
    return {**found, **_told(description)}


def some(items: Schema, description: str, most: int = MAX_ELEMENTS, *, least: int = 1) -> Schema:
    """Return a list.

    Parameters
    ----------
    items : dict
        Schema of an element, [-].
    description : str
        What an editor shows, [-].
    most, least : int, optional
        Most and fewest elements, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    counts = {"minItems": least, "maxItems": most}
    return {"type": "array", "items": items, **counts, **_told(description)}


def one_of(names: Iterable[str], description: str = "") -> Schema:
    """Return a choice out of several names.

    Parameters
    ----------
    names : iterable of str
        The names, [-].
    description : str, optional
        What an editor shows, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    return {"type": "string", "enum": list(names), **_told(description)}


def text(description: str, **rules: Any) -> Schema:
    """Return a text.

    Parameters
    ----------
    description : str
        What an editor shows, [-].
    **rules : str or int
        Keywords such as ``pattern``, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    return {"type": "string", **rules, **_told(description)}


def whole(low: int, high: int, description: str) -> Schema:
    """Return a whole number.

    Parameters
    ----------
    low, high : int
        Its ends, [-].
    description : str
        What an editor shows, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    return {"type": "integer", "minimum": low, "maximum": high, **_told(description)}


def quantity(unit: str, description: str) -> Schema:
    """Return a value with its unit, or a pure number where there is none.

    Parameters
    ----------
    unit : str
        Unit as the tables spell it; "1" for a pure number, [-].
    description : str
        What an editor shows, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    reference = _PURE if unit == "1" else _QUANTITY
    return {"$ref": reference, **_told(f"{description} [{shown_unit(unit)}]")}


def any_quantity(description: str) -> Schema:
    """Return a value whose unit follows from the endpoint it belongs to.

    Parameters
    ----------
    description : str
        What an editor shows, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    return {
        "anyOf": [{"$ref": _QUANTITY}, {"$ref": _PURE}],
        **_told(f"{description} In the unit of the endpoint; a pure number has none."),
    }


def ends(description: str, unit: str, *, required: Iterable[str] = ()) -> Schema:
    """Return a range with a low end, a high end or both.

    Parameters
    ----------
    description : str
        What an editor shows, [-].
    unit : str
        Unit as the tables spell it; "1" for pure numbers, [-].
    required : iterable of str, optional
        Ends it must have, [-].

    Returns
    -------
    dict
        The schema, [-].
    """
    reference = "#/$defs/numbers" if unit == "1" else "#/$defs/ends"
    must = {"required": list(required)} if required else {}
    return {"$ref": reference, **must, **_told(description)}


def an_end() -> Schema:
    """Return that a low or a high end has to be given.

    Returns
    -------
    dict
        The keywords to add to a mapping, [-].
    """
    return {"anyOf": [{"required": ["low"]}, {"required": ["high"]}]}


def _told(description: str) -> Schema:
    return {"description": description} if description else {}
