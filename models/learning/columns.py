"""Features taken apart into numbers and texts, from a table or from a plain array."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Texts = NDArray[np.str_]


@frozen(kw_only=True, eq=False)
class Columns:
    """Rows of features, numbers and texts apart."""

    number_names: tuple[str, ...]
    """Features that are numbers."""

    numbers: FloatArray
    """Of shape (n, n_numbers); NaN where missing."""

    text_names: tuple[str, ...]
    """Features that are texts."""

    texts: Texts
    """Of shape (n, n_texts); empty where missing."""


def is_table(features: Any) -> "TypeGuard[pd.DataFrame]":
    """Tell a table with named columns from a plain array.

    Parameters
    ----------
    features : DataFrame or ndarray of shape (n, n_features)
        Either, [-].

    Returns
    -------
    bool
        Whether it is a table, [-].
    """
    return hasattr(features, "columns")


def columns_of(
    features: "pd.DataFrame | FloatArray", names: Sequence[str] | None = None
) -> Columns:
    """Return features with numbers and texts apart.

    Parameters
    ----------
    features : DataFrame or ndarray of shape (n, n_features)
        Rows; an array holds numbers only, [-].
    names : sequence of str, optional
        Names of an array's columns, [-].

    Returns
    -------
    Columns
        The same rows, [-].

    Raises
    ------
    DataError
        An array comes without a name for each column, or a name stands twice.
    """
    if not is_table(features):
        array = np.asarray(features, dtype=float)
        if array.ndim != 2 or names is None or array.shape[1] != len(names):
            raise DataError(
                f"Features of shape {array.shape} with {0 if names is None else len(names)} names.",
                hint="Give a row for each design and a name for each column.",
            )
        _refuse_twice(names)
        empty = np.empty((len(array), 0), dtype=np.str_)
        return Columns(number_names=tuple(names), numbers=array, text_names=(), texts=empty)
    _refuse_twice(list(features.columns))
    is_number = {name: features[name].dtype.kind in "biuf" for name in features.columns}
    numbers = [name for name, number in is_number.items() if number]
    texts = [name for name, number in is_number.items() if not number]
    return Columns(
        number_names=tuple(numbers),
        numbers=features[numbers].to_numpy(dtype=float).reshape(len(features), -1),
        text_names=tuple(texts),
        texts=text_values(features, texts),
    )


def check_columns(features: "pd.DataFrame | FloatArray", wanted: Sequence[str | int]) -> None:
    """Refuse columns that rows do not have.

    Parameters
    ----------
    features : DataFrame or ndarray of shape (n, n_features)
        Rows, [-].
    wanted : sequence of str or int
        Names, or positions in an array, [-].

    Raises
    ------
    DataError
        One is unknown, or there is none.
    """
    known = list(features.columns) if is_table(features) else list(range(features.shape[1]))
    unknown = [str(column) for column in wanted if column not in known]
    if unknown or not wanted:
        raise DataError(
            f"Features: no column {', '.join(unknown) or 'is named'}.",
            hint=f"Columns are {', '.join(map(str, known))}.",
        )


def text_values(table: "pd.DataFrame", names: Sequence[str]) -> Texts:
    """Return text columns of a table.

    Parameters
    ----------
    table : DataFrame
        Rows, [-].
    names : sequence of str
        Columns to take; a number is written out, [-].

    Returns
    -------
    ndarray of shape (n, n_names)
        Texts, empty where missing, [-].
    """
    found = np.empty((len(table), len(names)), dtype=object)
    for j, name in enumerate(names):
        column = table[name]
        found[:, j] = np.where(column.isna(), "", column.astype(str))
    return found.astype(np.str_).reshape(len(table), len(names))


def _refuse_twice(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise DataError(f"Features: {', '.join(twice)} stands twice; names must differ.")
