"""Records to rows and back; JSON in text columns, finite numbers only."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import AttrsInstance, asdict
from sqlalchemy import Row, Table

from formulation.errors import DataError

R = TypeVar("R")


def now_utc() -> str:
    """Return the time now as it is stored.

    Returns
    -------
    str
        ISO-8601 in UTC, to the millisecond, [-].
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def to_text(value: object, owner: str, column: str) -> str:
    """Return a value as JSON text.

    Parameters
    ----------
    value : object
        Plain dicts, lists, texts, whole and finite numbers, [-].
    owner : str
        Object it belongs to, for the message, [-].
    column : str
        Name of the value in that object, [-].

    Returns
    -------
    str
        JSON, keys in the order given, [-].

    Raises
    ------
    DataError
        A number is NaN or infinite, or something is not plain JSON.
    """
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        raise DataError(
            f"{owner}: {column} {value!r} holds a number that is not finite; none is ever stored.",
            hint="Store the result as failed, with the reason in words.",
        ) from None
    except TypeError as error:
        raise DataError(
            f"{owner}: {column} {value!r} is not plain JSON ({error}).",
            hint="Turn arrays and dates into lists, numbers and texts before storing.",
        ) from None


def to_row(table: Table, record: AttrsInstance, owner: str) -> dict[str, Any]:
    """Return a record as values of the columns that the table has.

    Parameters
    ----------
    table : Table
        Table the row is for, [-].
    record : attrs instance
        Record whose fields are named as the columns, [-].
    owner : str
        Name of the record, for messages, [-].

    Returns
    -------
    dict
        Value by column, [-].
    """
    values = asdict(record, recurse=False)
    return {
        name: to_text(value, owner, name) if table.c[name].info.get("json") else value
        for name, value in values.items()
        if name in table.c
    }


def from_row(table: Table, row: "Row[Any]", make: Callable[..., R]) -> R:
    """Return the record of a row.

    Parameters
    ----------
    table : Table
        Table the row comes from, [-].
    row : Row
        Row with the columns of the table or some of them, [-].
    make : callable
        Class of the record, [-].

    Returns
    -------
    object
        The record, [-].
    """
    fields: dict[str, Any] = {
        name: json.loads(value) if table.c[name].info.get("json") else value
        for name, value in row._asdict().items()
    }
    return make(**fields)
