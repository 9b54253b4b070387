"""Partial dependence: the mean prediction over one feature, with units and a band.

Every row is given the same value of the feature and keeps all else; the mean of the predictions
stands against the value. Where features go together (a level and the force it needs), some of those
rows are such as nobody would make: it says what the model uses, not what would happen.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.columns import check_columns, is_table

if TYPE_CHECKING:
    import pandas as pd

N_POINTS = 21
"""Values of a number at which its partial dependence is told, [-]."""

INNER = (0.05, 0.95)
"""Quantiles of a number between which its partial dependence is told, [-]."""

MOST_ROWS = 256
"""Rows over which a partial dependence is averaged, [-]."""

Rows = Any
"""A DataFrame, or an ndarray of shape (n, n_features)."""


@frozen(kw_only=True, eq=False)
class Dependence:
    """The mean prediction when one feature is given the same value in every row."""

    feature: str
    """The feature."""

    unit: str
    """Unit of the feature; empty for a text or without one."""

    values: tuple[float, ...] | tuple[str, ...]
    """Its values: numbers rising over the inner 90 %, or every level of a text."""

    mean: FloatArray
    """Mean prediction, of shape (n_values,), in `target_unit`."""

    low: FloatArray
    """Lower end of the band, of shape (n_values,), in `target_unit`."""

    high: FloatArray
    """Upper end of the band, of shape (n_values,), in `target_unit`."""

    band: str
    """What the band is."""

    target_unit: str
    """Unit of the predictions."""

    n_rows: int
    """Rows that were averaged, [-]."""

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON.

        Returns
        -------
        dict
            By the names of the fields, [-].
        """
        arrays = {name: getattr(self, name).tolist() for name in ("mean", "low", "high")}
        names = ("feature", "unit", "band", "target_unit", "n_rows")
        return {**{n: getattr(self, n) for n in names}, "values": list(self.values), **arrays}


def partial_dependence(
    predict: Callable[[Rows], FloatArray],
    features: "pd.DataFrame | FloatArray",
    feature: str | int,
    *,
    interval: Callable[[Rows], tuple[FloatArray, FloatArray]] | None = None,
    unit: str = "",
    target_unit: str = "",
    n_points: int = N_POINTS,
) -> Dependence:
    """Return the mean prediction over one feature, all else as it is in the rows.

    Parameters
    ----------
    predict : callable
        From rows to predictions of shape (n,), in `target_unit`, [-].
    features : DataFrame or ndarray of shape (n, n_features)
        Rows to average over; at most `MOST_ROWS` of them, evenly spaced, are taken, [-].
    feature : str or int
        Column; of an array its position, [-].
    interval : callable, optional
        From rows to lower and upper ends of shape (n,), whose means become the band. Without it
        the band holds 90 % of the rows' own predictions, [-].
    unit, target_unit : str, optional
        Units of the feature and of the predictions, [-].
    n_points : int, optional
        Values of a number, fewer where it has fewer, [-].

    Returns
    -------
    Dependence
        Means with a band, [-].

    Raises
    ------
    DataError
        The feature is unknown or has no value.
    """
    check_columns(features, [feature])
    rows = _some(features)
    values = _grid(features, feature, n_points)
    means, lows, highs = [], [], []
    for value in values:
        same = _with(rows, feature, value)
        found = np.asarray(predict(same), dtype=float).reshape(len(rows))
        ends = np.quantile(found, INNER) if interval is None else _mean_ends(interval(same))
        means.append(float(found.mean()))
        lows.append(float(ends[0]))
        highs.append(float(ends[1]))
    return Dependence(
        feature=str(feature),
        unit=unit,
        values=values,
        mean=np.array(means),
        low=np.array(lows),
        high=np.array(highs),
        band="mean 90 % interval of the predictions"
        if interval is not None
        else "90 % of the rows' own predictions",
        target_unit=target_unit,
        n_rows=len(rows),
    )


def _with(rows: Rows, column: Any, value: float | str) -> Rows:
    same = rows.copy()
    if is_table(same):
        same[column] = value
    else:
        same[:, column] = value
    return same


def _some(features: Rows) -> Rows:
    n = len(features)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_ROWS)).round().astype(int))
    return features.iloc[chosen].reset_index(drop=True) if is_table(features) else features[chosen]


def _grid(features: Rows, column: Any, n_points: int) -> tuple[float, ...] | tuple[str, ...]:
    """Return the values of a feature: levels of a text, or numbers over the inner 90 %."""
    series = features[column] if is_table(features) else features[:, column]
    if is_table(features) and series.dtype.kind not in "biuf":
        levels = tuple(sorted(str(x) for x in series.dropna().unique() if str(x)))
        if not levels:
            raise DataError(f"Explanation: feature {column!r} has no value.")
        return levels
    numbers = np.asarray(series, dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        raise DataError(f"Explanation: feature {column!r} has no value.")
    low, high = np.quantile(numbers, INNER)
    inner = np.unique(numbers[(low <= numbers) & (numbers <= high)])
    if len(inner) <= n_points:
        return tuple(inner.tolist())
    return tuple(np.linspace(low, high, n_points).tolist())


def _mean_ends(ends: tuple[FloatArray, FloatArray]) -> tuple[float, float]:
    return float(np.mean(ends[0])), float(np.mean(ends[1]))
