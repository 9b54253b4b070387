"""A model of one table: rows in, values out; release curves come out as curves.

A release curve starts at 0, never falls, and may end on a plateau below 1 or, by assay, somewhat
above. The learner is asked on one grid of times whatever the question was, its answer is made
monotone by isotonic regression, and times between are interpolated: so the same curve comes out
whichever times are asked for. A hard monotone constraint inside the learner costs accuracy, because
curves that were observed for long are the slow ones.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.early import N_EARLY, early_columns
from models.learning.encoding import TableEncoder, is_text
from models.learning.families import FAMILIES, Layout
from models.learning.shape import Shape, shaped
from models.learning.table import TidyTable

SAME = 1e-6
"""Difference, of a column's largest value, below which two numbers are the same, [-]."""

N_GRID = 48
"""Times of the grid at most, [-]."""

Together = Literal["mean", "median"]
"""How what several members predict becomes one prediction."""


@frozen(kw_only=True, eq=False)
class CurveModel:
    """Fitted members whose mean or median is the prediction."""

    members: tuple[str, ...]
    """Families, by name."""

    estimators: tuple[object, ...]
    """The fitted estimator of each."""

    encoder: TableEncoder
    """From columns to the matrix."""

    shape: Shape
    """Whether release curves come out."""

    grid: FloatArray
    """Times at which release curves are predicted, of shape (n_grid,), rising from 0."""

    early: tuple[str, ...] = ()
    """Columns that are early values of the same curve."""

    early_at: FloatArray = field(factory=lambda: np.zeros(0))
    """When they were measured, of shape (n_early,), in the unit of time."""

    together: Together = "mean"
    """How the members become one."""

    def predict(self, table: TidyTable) -> FloatArray:
        """Return the prediction of every row.

        Parameters
        ----------
        table : TidyTable
            Rows with the columns that were learnt; their target is not looked at, [-].

        Returns
        -------
        ndarray of shape (n,)
            Prediction, [unit of the target].
        """
        if not self.shape.is_release:
            matrix = self._matrix(table)
            return put_together(self._raw(matrix), self.together)
        curves, curve = self.predict_curves(table)
        return self.at_times(curves, curve, table)

    def predict_curves(self, table: TidyTable) -> tuple[FloatArray, NDArray[np.int64]]:
        """Return each release curve of a table on the grid, and which one each row belongs to.

        Parameters
        ----------
        table : TidyTable
            Rows with the columns that were learnt, [-].

        Returns
        -------
        tuple of ndarray of shape (n_curves, n_grid) and (n,)
            Released at `grid`, [unit of the target], and number of the curve of each row, [-].
        """
        _, first, curve = np.unique(table.curve, return_index=True, return_inverse=True)
        return self.predict_grid(table.rows(first)), curve

    def predict_grid(self, table: TidyTable) -> FloatArray:
        """Return whole release curves, one for each row.

        Parameters
        ----------
        table : TidyTable
            One row for each curve; its time is not looked at, [-].

        Returns
        -------
        ndarray of shape (n, n_grid)
            Released at `grid` from 0, never falling, [unit of the target].
        """
        n, k = len(table), len(self.grid)
        matrix = self._matrix(table.rows(np.repeat(np.arange(n), k)), np.tile(self.grid, n))
        raw = self._raw(matrix).reshape(len(self.estimators), n, k)
        return put_together(shaped(raw, self.shape.most), self.together)

    def at_times(
        self, curves: FloatArray, curve: NDArray[np.int64], table: TidyTable
    ) -> FloatArray:
        """Return curves on the grid at the times of a table's rows.

        Parameters
        ----------
        curves : ndarray of shape (n_curves, n_grid)
            Values at `grid`, [any].
        curve : ndarray of shape (n,)
            Which curve each row belongs to, [-].
        table : TidyTable
            The rows, [-].

        Returns
        -------
        ndarray of shape (n,)
            Values, interpolated, [same as given].
        """
        assert table.time is not None
        found = np.empty(len(table))
        for k, values in enumerate(curves):
            own = curve == k
            found[own] = np.interp(table.time[own], self.grid, values)
        return found

    def _raw(self, matrix: FloatArray) -> FloatArray:
        return np.array([e.predict(matrix) for e in self.estimators])  # type: ignore[attr-defined]

    def _matrix(self, table: TidyTable, time: FloatArray | None = None) -> FloatArray:
        return matrix_of(table, self.encoder, self.early, self.early_at, self.shape.full, time=time)


def fit_members(
    table: TidyTable, families: Sequence[str], shape: Shape, seed: int = 0
) -> dict[str, CurveModel]:
    """Fit each family alone on every row of a table.

    Parameters
    ----------
    table : TidyTable
        Rows to learn from, [-].
    families : sequence of str
        Names of families, [-].
    shape : Shape
        What is known of the target, [-].
    seed : int, optional
        Seed of the learners, [-].

    Returns
    -------
    dict of str to CurveModel
        Model of each family, [-].
    """
    if shape.is_release and (moving := moving_columns(table)):
        raise DataError(
            f"Table {table.source!r}: {', '.join(map(repr, moving))} change along a curve.",
            hint="Leave them out, or ask for no release curve.",
        )
    early, at = early_of(table)
    encoder = TableEncoder().fit(table.features.drop(columns=list(early)))
    matrix = matrix_of(table, encoder, early, at, shape.full)
    layout = Layout(n_rows=len(table), n_moving=_n_moving(table, early), full=shape.full)
    by_name = {family.name: family for family in FAMILIES}
    return {
        name: CurveModel(
            members=(name,),
            estimators=(by_name[name].build(layout, seed).fit(matrix, table.target),),
            encoder=encoder,
            shape=shape,
            grid=grid_of(table),
            early=early,
            early_at=at,
        )
        for name in families
    }


def joined(models: Sequence[CurveModel], together: Together = "mean") -> CurveModel:
    """Return one model of several that were fitted on the same table.

    Parameters
    ----------
    models : sequence of CurveModel
        At least one, [-].
    together : {"mean", "median"}, optional
        How they become one, [-].

    Returns
    -------
    CurveModel
        Their members together, [-].
    """
    return evolve(
        models[0],
        members=tuple(name for model in models for name in model.members),
        estimators=tuple(e for model in models for e in model.estimators),
        together=together,
    )


def put_together(predictions: FloatArray, together: Together) -> FloatArray:
    """Return one prediction from those of several members; rising curves stay rising.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, ...)
        What each member predicts, [any].
    together : {"mean", "median"}
        How, [-].

    Returns
    -------
    ndarray of shape (...)
        Prediction, [same as given].
    """
    found: FloatArray = (np.mean if together == "mean" else np.median)(predictions, axis=0)
    return found


def early_of(table: TidyTable) -> tuple[tuple[str, ...], FloatArray]:
    """Return the early columns of a table by their times.

    Parameters
    ----------
    table : TidyTable
        A table, [-].

    Returns
    -------
    tuple of tuple of str and ndarray of shape (n_early,)
        Names, and times in the unit of the table's, [-].
    """
    ordered = sorted(table.early.items(), key=lambda item: item[1])
    return tuple(name for name, _ in ordered), np.array([at for _, at in ordered], dtype=float)


def moving_columns(table: TidyTable) -> tuple[str, ...]:
    """Return the features that change along a curve, which a whole curve cannot be asked by.

    A value that is missing in some of its rows does not change.

    Parameters
    ----------
    table : TidyTable
        A table, [-].

    Returns
    -------
    tuple of str
        Their names, [-].
    """
    _, curve = np.unique(table.curve, return_inverse=True)
    found = []
    for name in table.features.columns:
        column = table.features[name]
        if is_text(column):
            known = column.astype(str).to_numpy() != ""
            is_moving = bool((column[known].groupby(curve[known]).nunique() > 1).any())
        else:
            values = column.to_numpy(float)
            low, high = np.full(table.n_curves, np.inf), np.full(table.n_curves, -np.inf)
            np.fmin.at(low, curve, values)
            np.fmax.at(high, curve, values)
            largest = float(np.nanmax(np.abs(values), initial=0.0))
            is_moving = bool((high - low > SAME * largest).any())
        if is_moving:
            found.append(str(name))
    return tuple(found)


def grid_of(table: TidyTable) -> FloatArray:
    """Return the times at which curves are predicted: as many where more was measured.

    Parameters
    ----------
    table : TidyTable
        Rows to learn from, [-].

    Returns
    -------
    ndarray of shape (n_grid,)
        Times from 0, rising, in the unit of the table's; empty without time, [-].
    """
    if table.time is None:
        return np.zeros(0)
    quantiles = np.quantile(table.time, np.linspace(0, 1, N_GRID))
    return np.union1d([0.0], np.maximum(quantiles, 0.0))


def matrix_of(
    table: TidyTable,
    encoder: TableEncoder,
    early: Sequence[str],
    early_at: FloatArray,
    full: float,
    *,
    time: FloatArray | None = None,
) -> FloatArray:
    """Return the matrix of a table: time, what early values say, and the encoded features.

    Parameters
    ----------
    table : TidyTable
        A table, [-].
    encoder : TableEncoder
        Fitted on the features without the early ones, [-].
    early : sequence of str
        Early columns by their times, [-].
    early_at : ndarray of shape (n_early,)
        Their times, in the unit of the table's, [-].
    full : float
        Everything released, [unit of the target].
    time : ndarray of shape (n,), optional
        Other times than the table's own, [-].

    Returns
    -------
    ndarray of shape (n, n_encoded)
        The matrix, NaN where something is missing, [-].
    """
    when = table.time if time is None else time
    parts = [] if when is None else [when, np.log1p(np.maximum(when, 0.0))]
    if early and when is not None:
        values = table.features[list(early)].to_numpy(float)
        parts += [early_columns(values / full, early_at, when), values]
    matrix = np.column_stack([*parts, encoder.transform(table.features)])
    return matrix if matrix.shape[1] else np.zeros((len(table), 1))


def _n_moving(table: TidyTable, early: Sequence[str]) -> int:
    """Return how many of the matrix' first columns change along a curve."""
    if table.time is None:
        return 0
    return 2 + (N_EARLY if early else 0)
