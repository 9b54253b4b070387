"""What the fields of several records share: copies of what is given, whole numbers in range."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import Attribute

from formulation.errors import DataError

MAX_INTEGER = 2**63 - 1
"""Largest whole number a database column holds."""


def numbers(values: Mapping[str, float]) -> dict[str, float]:
    """Return numbers by name as a dict of their own.

    Parameters
    ----------
    values : mapping
        Number by name, each in the unit its name stands for, [-].

    Returns
    -------
    dict
        A copy, [-].
    """
    return dict(values)


def json_object(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of JSON as a dict of its own.

    Parameters
    ----------
    values : mapping
        Plain JSON data by key, [-].

    Returns
    -------
    dict
        A copy, [-].
    """
    return dict(values)


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Return texts as a tuple.

    Parameters
    ----------
    values : iterable of str
        Texts in order, [-].

    Returns
    -------
    tuple of str
        The same texts, [-].
    """
    return tuple(values)


def points(values: Iterable[float]) -> list[float]:
    """Return one axis of a curve as a list of its own.

    Parameters
    ----------
    values : iterable of float
        Numbers in order, shape (n_points,), in the unit of the axis, [-].

    Returns
    -------
    list of float
        A copy, shape (n_points,), [-].
    """
    return list(values)


def storable(instance: object, attribute: "Attribute[int]", value: int) -> None:
    """Refuse a whole number that would not come back from its column as it was given.

    Parameters
    ----------
    instance : object
        Record that is made, [-].
    attribute : Attribute
        Its field, [-].
    value : int
        Number given, [-].

    Raises
    ------
    DataError
        The number is negative or too large.
    """
    if not 0 <= value <= MAX_INTEGER:
        raise DataError(
            f"{type(instance).__name__}: {attribute.name} {value} cannot be stored; "
            f"a whole number from 0 to {MAX_INTEGER} is wanted."
        )
