"""Which columns of a table can teach anything, and why the others are left out.

Left out are columns that are empty or constant, number the rows, say the target or the time again,
or are names in disguise: text of very many levels. Whatever is left out is said.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from attrs import field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.learning.cells import CellColumn
from models.learning.table import Labels

MAX_LEVELS = 50
"""Most different texts of a column, [-]; with more it names things rather than describes them."""

_SAME = 1e-9
"""Share of its spread by which a copy may differ from the target, [-]; rounding only."""


@frozen(kw_only=True, eq=False)
class Kept:
    """The rows that stay, and what their outcome is."""

    rows: NDArray[np.bool_]
    """Which rows of the file stay, of shape (n_rows,)."""

    target: FloatArray
    """What was measured, of shape (n_rows,)."""

    time: FloatArray | None
    """When, of shape (n_rows,); None for a table without times."""


@frozen(kw_only=True, eq=False)
class Features:
    """What there is to learn from."""

    frame: pd.DataFrame = field(repr=False)
    """Columns of float or text."""

    notes: tuple[str, ...]
    """What was left out, and why."""


def choose_features(columns: Sequence[CellColumn], kept: Kept) -> Features:
    """Return the columns that can teach anything.

    Parameters
    ----------
    columns : sequence of CellColumn
        Everything that was read beside target, time, group and curve, [-].
    kept : Kept
        Rows that stay, [-].

    Returns
    -------
    Features
        Their cells in the rows that stay, and what was left out, [-].
    """
    found: dict[str, FloatArray | list[str]] = {}
    left: dict[str, list[str]] = {}
    for column in columns:
        cells = _cells(column, kept.rows)
        if reason := _useless(column, cells, kept):
            left.setdefault(reason, []).append(column.name)
        else:
            found[column.name] = cells
    return Features(
        frame=pd.DataFrame(found, index=range(len(kept.target[kept.rows]))),
        notes=tuple(_notes(left)),
    )


def curves_of(features: pd.DataFrame, group: Labels) -> Labels:
    """Return one label for all rows of the same group and the same features.

    Parameters
    ----------
    features : DataFrame
        Features of shape (n, n_features), [-].
    group : ndarray of shape (n,)
        Group of each row, [-].

    Returns
    -------
    ndarray of shape (n,)
        Labels, counted within each group where it has several, [-].
    """
    columns = [pd.factorize(group)[0]]
    columns += [_codes(features[name]) for name in features]
    seen: dict[str, dict[tuple[int, ...], int]] = {}
    labels = []
    for name, row in zip(group, zip(*columns, strict=True), strict=True):
        within = seen.setdefault(str(name), {})
        labels.append((str(name), within.setdefault(row, len(within) + 1)))
    return np.array([f"{name} ({n})" if len(seen[name]) > 1 else name for name, n in labels])


def _codes(values: "pd.Series[Any]") -> NDArray[np.intp]:
    """Return a number for each value; numbers that differ by the last bits only are the same."""
    codes: NDArray[np.intp]
    codes, levels = pd.factorize(values)
    if values.dtype == float:
        written = np.array([f"{level:.9g}" for level in levels], dtype=object)
        same: NDArray[np.intp] = np.append(pd.factorize(written)[0], -1)
        codes = same[codes]  # the last is that of a missing value
    return codes


def _cells(column: CellColumn, rows: NDArray[np.bool_]) -> FloatArray | list[str]:
    if column.numbers is not None:
        return column.numbers[rows]
    return [text for text, stays in zip(column.texts, rows, strict=True) if stays]


def _useless(column: CellColumn, cells: FloatArray | list[str], kept: Kept) -> str:
    """Return why a column is left out; empty when it stays."""
    if column.numbers is not None and _is_counter(column.numbers):
        return "numbers the rows"
    codes, levels = pd.factorize(np.asarray(cells))
    has_text = column.numbers is None
    missing = int(np.sum(codes < 0)) if not has_text else sum(not text for text in cells)
    n_levels = len(levels) - (has_text and missing > 0)
    if not n_levels:
        return "empty"
    if n_levels == 1 and not missing:
        return "the same in every row"
    if has_text and n_levels > MAX_LEVELS:
        return f"text of more than {MAX_LEVELS} levels"
    if not has_text and not missing and _is_copy(np.asarray(cells), kept.target[kept.rows]):
        return "the target again"
    if kept.time is not None and not missing and _says_time(codes, kept.time[kept.rows]):
        return "the time again"
    return ""


def _is_counter(numbers: FloatArray) -> bool:
    """Tell whether a column counts the rows of the file, from 0 or from 1."""
    first = numbers.min() if len(numbers) > 1 else np.nan
    return first in (0.0, 1.0) and np.array_equal(numbers, first + np.arange(len(numbers)))


def _is_copy(numbers: FloatArray, target: FloatArray) -> bool:
    """Tell whether a column is the target, be it in another unit."""
    x, y = numbers - numbers.mean(), target - target.mean()
    slope = float(x @ y) / float(x @ x)
    return slope != 0 and float(np.abs(y - slope * x).max()) <= _SAME * float(np.ptp(target))


def _says_time(codes: NDArray[np.intp], time: FloatArray) -> bool:
    """Tell whether every value stands at one time and every time has one value."""
    times = pd.factorize(time)[0]
    n = len(set(times.tolist()))
    pairs = set(zip(codes.tolist(), times.tolist(), strict=True))
    return len(set(codes.tolist())) == n == len(pairs) and 2 * n <= len(time)


def _notes(left: dict[str, list[str]]) -> Iterator[str]:
    for reason, names in left.items():
        yield f"Left out, {reason}: {', '.join(repr(name) for name in names)}."
