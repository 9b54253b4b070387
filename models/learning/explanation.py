"""What drives a prediction: permutation importance by group (`dependence` says in which direction).

Rows of one group (a formulation, all the times of its curve) are no independent witnesses. So the
features of whole groups change places, never those of single rows: every row of a group takes the
features of the same other group. What the predictions lose is the importance, in the target's unit.
Features that answer one question may change places together. Where features go together (a level
and the force it needs), rows are made that nobody would make; importance then says what the model
uses, not what would happen.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.columns import check_columns, is_table

if TYPE_CHECKING:
    import pandas as pd

N_REPEATS = 5
"""Times that groups change places for each feature, [-]."""

Rows = Any
"""A DataFrame, or an ndarray of shape (n, n_features)."""

Predict = Callable[[Rows], FloatArray]
"""From rows to predictions of shape (n,) or (n, n_outputs), in the target's unit."""


@frozen(kw_only=True, eq=False)
class Importance:
    """What predictions lose when features change places between groups."""

    parts: tuple[str, ...]
    """What changed places: features, or questions of several; the most important first."""

    increase: FloatArray
    """Mean increase of the mean absolute error, of shape (n_parts, n_outputs), in `unit`."""

    spread: FloatArray
    """Standard deviation between repeats, of shape (n_parts, n_outputs), in `unit`."""

    error: FloatArray
    """Mean absolute error with everything in its place, of shape (n_outputs,), in `unit`."""

    unit: str
    """Unit of the target."""

    n_groups: int
    """Groups that changed places, [-]."""

    n_repeats: int
    """Times they did for each part, [-]."""

    def of_output(self, k: int) -> list[dict[str, Any]]:
        """Return the parts by their importance to one output.

        Parameters
        ----------
        k : int
            Output, [-].

        Returns
        -------
        list of dict
            Part, increase and spread, JSON-able, the most important first, [-].
        """
        order = np.argsort(-self.increase[:, k], kind="stable").tolist()
        return [
            {
                "part": self.parts[j],
                "increase": float(self.increase[j, k]),
                "spread": float(self.spread[j, k]),
            }
            for j in order
        ]


def permutation_importance(
    predict: Predict,
    features: "pd.DataFrame | FloatArray",
    target: FloatArray,
    groups: Sequence[str],
    *,
    parts: Mapping[str, Sequence[str | int]] | None = None,
    unit: str = "",
    n_repeats: int = N_REPEATS,
    seed: int = 0,
) -> Importance:
    """Return how much predictions lose when features change places between groups.

    Parameters
    ----------
    predict : callable
        From rows to predictions of shape (n,) or (n, n_outputs), in the target's unit, [-].
    features : DataFrame or ndarray of shape (n, n_features)
        Rows of known outcome; what is in no part, such as the time, stays where it is, [-].
    target : ndarray of shape (n,) or (n, n_outputs)
        What came out, in `unit`, [-].
    groups : sequence of str
        Group of each row, such as its formulation, [-].
    parts : mapping of str to sequence, optional
        Columns that change places together, by what people call them; each column alone when left
        out. Columns of an array are positions, [-].
    unit : str, optional
        Unit of the target, [-].
    n_repeats : int, optional
        Times that groups change places for each part, [-].
    seed : int, optional
        Seed of the places, [-].

    Returns
    -------
    Importance
        The most important part first, by its mean share of the outputs' spread, [-].

    Raises
    ------
    DataError
        There are fewer than two groups, or a column is unknown.
    """
    chosen = _parts(features, parts)
    labels, group = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    if len(labels) < 2 or len(group) != len(features):
        raise DataError(
            f"Importance: {len(features)} rows with {len(group)} group labels, {len(labels)} of"
            " them different.",
            hint="Give each row its group; features change places between two groups at least.",
        )
    wanted = _columns(np.asarray(target, dtype=float))
    error = np.abs(_columns(predict(features)) - wanted).mean(axis=0)
    rng = np.random.default_rng(seed)
    donors = [_donors(group, len(labels), rng) for _ in range(n_repeats)]
    lost = np.empty((len(chosen), n_repeats, wanted.shape[1]))
    for j, columns in enumerate(chosen.values()):
        for k, rows in enumerate(donors):
            moved = _columns(predict(_moved(features, columns, rows)))
            lost[j, k] = np.abs(moved - wanted).mean(axis=0) - error
    increase = lost.mean(axis=1)
    scale = np.where(wanted.std(axis=0) > 0, wanted.std(axis=0), 1.0)
    order = np.argsort(-(increase / scale).mean(axis=1), kind="stable")
    return Importance(
        parts=tuple(np.array(list(chosen), dtype=object)[order].tolist()),
        increase=increase[order],
        spread=lost.std(axis=1, ddof=1 if n_repeats > 1 else 0)[order],
        error=error,
        unit=unit,
        n_groups=len(labels),
        n_repeats=n_repeats,
    )


def _parts(features: Rows, parts: Mapping[str, Sequence[str | int]] | None) -> dict[str, list[Any]]:
    """Return the columns of each part, all of them known; each column alone without parts."""
    if parts is None:
        known = features.columns if is_table(features) else range(features.shape[1])
        return {str(column): [column] for column in known}
    for columns in parts.values():
        check_columns(features, columns)
    return {name: list(columns) for name, columns in parts.items()}


def _donors(group: NDArray[np.int64], n_groups: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which row each row takes its features from: one other group for a whole group.

    Rows of a group stay in their order; a donor with fewer rows begins again.
    """
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=n_groups)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.repeat(starts, counts)
    # A cycle through all groups in random order, so that none keeps its own features.
    cycle = rng.permutation(n_groups)
    donor = np.empty(n_groups, dtype=np.int64)
    donor[cycle] = np.roll(cycle, 1)
    mine = donor[group]
    rows: NDArray[np.int64] = order[starts[mine] + place % counts[mine]]
    return rows


def _moved(features: Rows, columns: Sequence[Any], rows: NDArray[np.int64]) -> Rows:
    moved = features.copy()
    if is_table(features):
        for name in columns:
            moved[name] = features[name].to_numpy()[rows]
    else:
        moved[:, columns] = features[np.ix_(rows, np.asarray(columns))]
    return moved


def _columns(values: FloatArray) -> FloatArray:
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array
