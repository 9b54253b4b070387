"""Gower's distance between new rows and training rows of numbers and texts.

The mean over the features of how much two rows differ: a number as a share of its range in the
training data, a text as 0 or 1. Outside the range a number counts for more than 1. What is missing
is a value of its own: 0 beside another missing one, 1 beside any other. Features count alike,
whether or not they matter to the outcome.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.columns import Columns, columns_of, is_table, text_values

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 0.02
"""How far past its range a number may lie before it counts as outside, as a share of it, [-]."""

MOST_CELLS = 2_000_000
"""Distances that are held at once, [-]."""

MISSING, UNSEEN = -1, -2
"""Codes of a text that is missing, and of one that no training row has."""

Codes = NDArray[np.int64]


@frozen(kw_only=True, eq=False)
class MixedRows:
    """Training rows of numbers and texts."""

    numbers: tuple[str, ...]
    """Features that are numbers."""

    values: FloatArray
    """Their values, of shape (n_rows, n_numbers), each in its unit; NaN where missing."""

    texts: tuple[str, ...]
    """Features that are texts."""

    codes: Codes
    """Level of each text, of shape (n_rows, n_texts); `MISSING` where missing."""

    levels: tuple[tuple[str, ...], ...]
    """Levels that each text has in the rows, sorted."""

    def __attrs_post_init__(self) -> None:
        n = len(self.values)
        shapes = (
            ("values", self.values.shape, (n, len(self.numbers))),
            ("codes", self.codes.shape, (n, len(self.texts))),
            ("levels", (len(self.levels),), (len(self.texts),)),
        )
        for name, found, wanted in shapes:
            if found != wanted:
                raise DataError(f"Training rows: {name} of shape {found}, not {wanted}.")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    @cached_property
    def low(self) -> FloatArray:
        """Smallest value of each number, of shape (n_numbers,); NaN without any."""
        low: FloatArray = np.fmin.reduce(self.values, axis=0)
        return low

    @cached_property
    def high(self) -> FloatArray:
        """Largest value of each number, of shape (n_numbers,); NaN without any."""
        high: FloatArray = np.fmax.reduce(self.values, axis=0)
        return high

    def read(self, features: "pd.DataFrame | FloatArray") -> Columns:
        """Return new rows with the columns of these, in their order.

        Parameters
        ----------
        features : DataFrame or ndarray of shape (n, n_features)
            New rows; an array holds the numbers in their order, [-].

        Returns
        -------
        Columns
            The same rows, [-].

        Raises
        ------
        DataError
            A column is missing or of another kind, or an array has another number of columns.
        """
        if not is_table(features):
            if self.texts:
                raise DataError(
                    f"Features as an array have no {', '.join(self.texts)}.",
                    hint="Give a table; an array holds numbers only.",
                )
            return columns_of(features, self.numbers)
        if lacking := sorted({*self.numbers, *self.texts} - set(features.columns)):
            raise DataError(
                f"Features lack {', '.join(lacking)}.", hint="Give every column that was learnt."
            )
        try:
            numbers = features[list(self.numbers)].to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"A feature that was a number is a text: {error}.",
                hint=f"Numbers are {', '.join(self.numbers)}.",
            ) from error
        return Columns(
            number_names=self.numbers,
            numbers=numbers.reshape(len(features), -1),
            text_names=self.texts,
            texts=text_values(features, self.texts),
        )

    def distances(self, numbers: FloatArray, codes: Codes) -> Iterator[tuple[slice, FloatArray]]:
        """Yield new rows by the chunk with their distances to every row.

        Parameters
        ----------
        numbers : ndarray of shape (n, n_numbers)
            Numbers of the new rows, each in its unit, [-].
        codes : ndarray of shape (n, n_texts)
            Their texts as `encode` gives them, [-].

        Yields
        ------
        tuple of slice and ndarray of shape (n_chunk, n_rows)
            Which of the new rows, and their distances, [-].
        """
        from scipy.spatial.distance import cdist

        known, new = self._scaled(self.values), self._scaled(numbers)
        is_full = ~(np.isnan(known).any(axis=0) | np.isnan(new).any(axis=0))
        n_features = max(len(self.numbers) + len(self.texts), 1)
        step = max(MOST_CELLS // max(len(known), 1), 1)
        for start in range(0, len(new), step):
            part = slice(start, start + step)
            cells = cdist(new[part][:, is_full], known[:, is_full], "cityblock")
            for j in np.flatnonzero(~is_full).tolist():
                gap = np.abs(new[part, j, None] - known[None, :, j])
                one_missing = np.isnan(new[part, j, None]) != np.isnan(known[None, :, j])
                cells += np.where(np.isnan(gap), one_missing, gap)
            for j in range(len(self.texts)):
                cells += codes[part, j, None] != self.codes[None, :, j]
            yield part, cells / n_features

    def past(self, numbers: FloatArray) -> FloatArray:
        """Return how far new numbers lie past the range of each.

        Parameters
        ----------
        numbers : ndarray of shape (n, n_numbers)
            Numbers of the new rows, each in its unit, [-].

        Returns
        -------
        ndarray of shape (n, n_numbers)
            As a share of the range, below it negative; 0 inside, infinite where a range has no
            width, and where a number is missing, or there, and never was in training, [-].
        """
        span = self.high - self.low
        slack = TOLERANCE * span + 1e-9
        side = (numbers > self.high + slack) * 1.0 - (numbers < self.low - slack) * 1.0
        end = np.where(side > 0, self.high, self.low)
        size = np.full(numbers.shape, np.inf)
        np.divide(
            np.abs(numbers - end), span, out=size, where=np.broadcast_to(span > 0, size.shape)
        )
        past = np.where(side == 0, 0.0, np.where(side > 0, size, -size))
        never_missing = np.isnan(numbers) & ~np.isnan(self.values).any(axis=0)
        never_there = ~np.isnan(numbers) & np.isnan(self.low)
        return np.where(never_missing | never_there, np.inf, past)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as arrays and lists of text.

        Returns
        -------
        dict
            What `from_dict` takes, [-].
        """
        return {
            "numbers": list(self.numbers),
            "values": self.values,
            "texts": list(self.texts),
            "codes": self.codes,
            "levels": [list(levels) for levels in self.levels],
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> "MixedRows":
        """Return what was saved.

        Parameters
        ----------
        state : mapping
            What `as_dict` returned; arrays may be nested lists, None for a missing number, [-].

        Returns
        -------
        MixedRows
            The same rows, [-].
        """
        n = len(state["values"])
        return cls(
            numbers=tuple(state["numbers"]),
            values=np.asarray(state["values"], dtype=float).reshape(n, len(state["numbers"])),
            texts=tuple(state["texts"]),
            codes=np.asarray(state["codes"], dtype=np.int64).reshape(n, len(state["texts"])),
            levels=tuple(tuple(levels) for levels in state["levels"]),
        )

    def _scaled(self, numbers: FloatArray) -> FloatArray:
        """Return numbers as shares of their ranges; one that never varied as 0, or 1 elsewhere."""
        span = self.high - self.low
        share = (numbers - self.low) / np.where(span > 0, span, 1.0)
        differs = np.where(np.isnan(share), np.nan, np.abs(share) > 1e-9)
        scaled = np.where(span > 0, share, differs)
        return np.where(np.isnan(self.low) & ~np.isnan(numbers), 0.0, scaled)


def encode(texts: NDArray[np.str_], levels: Sequence[Sequence[str]]) -> Codes:
    """Return texts as positions among the levels of each column.

    Parameters
    ----------
    texts : ndarray of shape (n, n_texts)
        Texts, empty where missing, [-].
    levels : sequence of sequence of str
        Levels of each column, [-].

    Returns
    -------
    ndarray of shape (n, n_texts)
        Positions, `MISSING` or `UNSEEN`, [-].
    """
    codes = np.full(texts.shape, UNSEEN, dtype=np.int64)
    for j, known in enumerate(levels):
        column = texts[:, j]
        for code, level in enumerate(known):
            codes[column == level, j] = code
        codes[column == "", j] = MISSING
    return codes


def smallest(cells: FloatArray, n: int) -> NDArray[np.int64]:
    """Return where the smallest of each row stand.

    Parameters
    ----------
    cells : ndarray of shape (n_rows, n_columns)
        Such as distances, [-].
    n : int
        How many, at most `n_columns`, [-].

    Returns
    -------
    ndarray of shape (n_rows, n)
        Columns, the smallest first, of equals the first, [-].
    """
    found: NDArray[np.int64]
    if n == 1:
        found = cells.argmin(axis=1)[:, None]
        return found
    chosen = np.sort(np.argpartition(cells, max(n - 1, 0), axis=1)[:, :n], axis=1)
    order = np.argsort(np.take_along_axis(cells, chosen, axis=1), axis=1, kind="stable")
    found = np.take_along_axis(chosen, order, axis=1)
    return found
