"""How well a table can be learnt: grouped, nested cross-validation, and what to compare it with.

The family is chosen and the interval calibrated inside each training part, on groups of its own; a
test group is seen by nothing before it is scored. Beside it stands the error of a model without
features: the mean of the training rows at about the same time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.selection import learn
from models.learning.shape import Shape, shape_of
from models.learning.table import Labels, TidyTable

N_FOLDS = 10
"""Folds by group, unless asked otherwise, [-]."""

FEW_GROUPS = 10
"""Groups below which a remark says that intervals rest on few, [-]."""

_TIME_BINS = 12


@frozen(kw_only=True, eq=False)
class FoldResult:
    """What came out for the rows of one fold."""

    fold: int
    """Number of the fold, from 0, [-]."""

    rows: NDArray[np.int64]
    """Rows of the table that were scored, of shape (n_test,), [-]."""

    prediction: FloatArray
    """Prediction of each, of shape (n_test,), in the target's unit."""

    low: FloatArray
    """Lower end of its interval, of shape (n_test,), in the target's unit."""

    high: FloatArray
    """Upper end, of shape (n_test,), in the target's unit."""

    baseline: FloatArray
    """Mean of the training rows about that time, of shape (n_test,), in the target's unit."""

    chosen: str
    """Family that was kept."""

    tried: Mapping[str, float]
    """Inner error of each family, in the target's unit."""


@frozen(kw_only=True, eq=False)
class Evaluation:
    """Every row predicted unseen."""

    table: TidyTable
    """What was learnt from."""

    results: tuple[FoldResult, ...]
    """Results by fold."""

    shape: Shape
    """What was known of the target."""

    seed: int
    """Seed of folds and learners, [-]."""

    families: tuple[str, ...] = field(factory=tuple)
    """Families asked for; empty for all that suit."""

    def document(self) -> dict[str, Any]:
        """Return the scores as plain JSON.

        Returns
        -------
        dict
            Metrics over all rows, by fold and by group, and the table of families, [-].
        """
        table = self.table
        everything = _Scored.of(table, self.results)
        folds = [
            {
                "fold": r.fold,
                "groups": len(np.unique(table.group[r.rows])),
                "family": r.chosen,
                **_Scored.of(table, [r]).metrics(),
            }
            for r in self.results
        ]
        return {
            "rows": len(table),
            "curves": table.n_curves,
            "group": table.group_name,
            "n_groups": table.n_groups,
            "target": table.target_name,
            "unit": table.units.get(table.target_name, ""),
            "time": table.time_name,
            "features": [str(name) for name in table.features.columns],
            "protocol": f"{len(self.results)} folds by {table.group_name}; family and interval"
            " are decided inside each training part, by group",
            "metrics": everything.metrics(),
            "by_group": everything.by_group_metrics(),
            "folds": folds,
            "groups": everything.groups(),
            "families": self._families(),
            "shape": self.shape.note,
            "seed": self.seed,
            "source": table.source,
            "notes": [*table.notes, *self._remarks(everything.metrics())],
        }

    def _remarks(self, metrics: Mapping[str, float]) -> Iterator[str]:
        """Yield what a reader of the scores must know."""
        table = self.table
        if table.early:
            names = ", ".join(table.early)
            yield (
                f"Early values of the curve that is predicted are inputs ({names}): a forecast of"
                " its rest, not of a new recipe; see the error after them."
            )
        if np.ptp(table.target) == 0:
            yield "The target is the same in every row; there is nothing to learn."
        elif metrics["mae"] >= metrics["mae_without_features"]:
            yield "No skill: the mean without any feature errs no more."
        if table.n_groups < FEW_GROUPS:
            yield f"{table.n_groups} groups only: what the interval holds may be far from 90 %."

    def _families(self) -> list[dict[str, Any]]:
        names = list(dict.fromkeys(name for r in self.results for name in r.tried))
        rows = [
            {
                "family": name,
                "inner_mae": float(np.mean([r.tried[name] for r in self.results])),
                "kept_in_folds": sum(r.chosen == name for r in self.results),
            }
            for name in names
        ]
        return sorted(rows, key=lambda row: row["inner_mae"])


def group_folds(table: TidyTable, n_folds: int, seed: int) -> list[tuple[Any, Any]]:
    """Return training and test rows by fold; a group never stands in two folds.

    Parameters
    ----------
    table : TidyTable
        A table, [-].
    n_folds : int
        Folds; as many as there are groups at most, [-].
    seed : int
        Which groups go together, [-].

    Returns
    -------
    list of tuple of ndarray
        Training and test rows, [-].

    Raises
    ------
    DataError
        There are fewer than two folds or groups.
    """
    from sklearn.model_selection import GroupKFold

    n = min(n_folds, table.n_groups)
    if n < 2:
        raise DataError(
            f"Table {table.source!r}: {table.n_groups} groups in {n_folds} folds cannot be split.",
            hint="Give at least two groups and two folds.",
        )
    splitter = GroupKFold(n, shuffle=True, random_state=seed)
    return list(splitter.split(table.target, groups=table.group))


def evaluate_fold(
    table: TidyTable,
    fold: int,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    *,
    families: Sequence[str] = (),
    shape: Shape | None = None,
    seed: int = 0,
) -> FoldResult:
    """Learn from some rows and predict others.

    Parameters
    ----------
    table : TidyTable
        All rows, [-].
    fold : int
        Number of the fold, [-].
    train, test : ndarray of shape (n_train,) and (n_test,)
        Rows, of different groups, [-].
    families : sequence of str, optional
        Families to try; all that suit when empty, [-].
    shape : Shape, optional
        What is known of the target, [-].
    seed : int, optional
        Seed of the learners, [-].

    Returns
    -------
    FoldResult
        Predictions with intervals, [-].
    """
    known, unseen = table.rows(train), table.rows(test)
    shape = shape_of(known) if shape is None else shape
    learnt = learn(known, families=families, shape=shape, seed=seed)
    prediction, low, high = learnt.predict(unseen)
    return FoldResult(
        fold=fold,
        rows=test,
        prediction=prediction,
        low=low,
        high=high,
        baseline=_without_features(known, unseen),
        chosen=learnt.chosen,
        tried=learnt.tried,
    )


@frozen(kw_only=True, eq=False)
class _Scored:
    """Rows with what was predicted of them."""

    target: FloatArray
    prediction: FloatArray
    low: FloatArray
    high: FloatArray
    baseline: FloatArray
    is_later: NDArray[np.bool_]
    group: Labels
    curve: Labels

    @classmethod
    def of(cls, table: TidyTable, results: Sequence[FoldResult]) -> "_Scored":
        rows = np.concatenate([r.rows for r in results])
        return cls(
            target=table.target[rows],
            prediction=np.concatenate([r.prediction for r in results]),
            low=np.concatenate([r.low for r in results]),
            high=np.concatenate([r.high for r in results]),
            baseline=np.concatenate([r.baseline for r in results]),
            is_later=np.ones(len(rows), dtype=bool)
            if table.time is None
            else table.time[rows] > max(table.early.values(), default=-np.inf),
            group=table.group[rows],
            curve=table.curve[rows],
        )

    def metrics(self) -> dict[str, float]:
        error = self.target - self.prediction
        spread = float(((self.target - self.target.mean()) ** 2).sum())
        return {
            "rows": len(error),
            "mae": float(np.abs(error).mean()),
            "rmse": float(np.sqrt((error**2).mean())),
            "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else 0.0,
            "coverage90": float(self._held().mean()),
            "width90": float((self.high - self.low).mean()),
            "mae_after_early": float(np.abs(error[self.is_later]).mean())
            if self.is_later.any()
            else 0.0,
            "mae_by_curve": float(self._means(self.curve, np.abs(error)).mean()),
            "mae_without_features": float(np.abs(self.target - self.baseline).mean()),
        }

    def by_group_metrics(self) -> dict[str, float]:
        coverage = self._means(self.group, self._held().astype(float))
        return {
            "mae": float(self._means(self.group, np.abs(self.target - self.prediction)).mean()),
            "coverage90_mean": float(coverage.mean()),
            "coverage90_least": float(coverage.min()),
            "groups_covered_half": float((coverage >= 0.5).mean()),
        }

    def groups(self) -> list[dict[str, Any]]:
        names, index, counts = np.unique(self.group, return_inverse=True, return_counts=True)
        error = np.bincount(index, np.abs(self.target - self.prediction)) / counts
        held = np.bincount(index, self._held()) / counts
        width = np.bincount(index, self.high - self.low) / counts
        return [
            {
                "group": str(name),
                "rows": int(n),
                "mae": float(e),
                "coverage90": float(c),
                "width90": float(w),
            }
            for name, n, e, c, w in zip(names, counts, error, held, width, strict=True)
        ]

    def _held(self) -> NDArray[np.bool_]:
        slack = 1e-9 * max(1.0, float(np.abs(self.target).max()))
        return (self.target >= self.low - slack) & (self.target <= self.high + slack)

    @staticmethod
    def _means(labels: Labels, values: FloatArray) -> FloatArray:
        _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
        means: FloatArray = np.bincount(index, values) / counts
        return means


def _without_features(known: TidyTable, unseen: TidyTable) -> FloatArray:
    """Return the mean of the known rows about the time of each unseen one."""
    if known.time is None or unseen.time is None:
        return np.full(len(unseen), known.target.mean())
    edges = np.unique(np.quantile(known.time, np.linspace(0, 1, _TIME_BINS + 1)))[1:-1]
    mine, theirs = np.digitize(known.time, edges), np.digitize(unseen.time, edges)
    overall = float(known.target.mean())
    means = [
        float(known.target[mine == k].mean()) if np.any(mine == k) else overall
        for k in range(len(edges) + 1)
    ]
    return np.asarray(means)[theirs]
