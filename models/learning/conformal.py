"""90 % intervals that hold for groups never seen.

What is calibrated on are errors of predictions whose group was left out of the fit. Half-widths
follow the size that errors have at such a prediction and time: a forest learns it from the errors
of other groups, drawn towards their mean. Calibrated by row instead, as is usual, neighbours of the
same curve stand on both sides and the interval comes out a third as wide as it must be.
With few groups what is held varies much; the count behind an interval stands beside it.
"""

from typing import Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from models.learning.table import Labels

COVERAGE = 0.9
"""Share of values an interval is to hold, [-]."""

TOWARDS_MEAN = 0.3
"""Share of the mean error in every half-width, [-]; the rest follows the prediction."""

FEW_ROWS = 100
"""Rows below which every half-width is the same, [-]."""

N_FOLDS = 5
_TREES = 100


@frozen(kw_only=True, eq=False)
class Intervals:
    """How predictions become intervals."""

    factor: float
    """Half-width over the local size of errors, [-]."""

    mean_error: float
    """Mean absolute error on groups left out, in the target's unit."""

    scale: Any
    """Fitted forest for the size of errors; None where it is the same everywhere."""

    low: float
    """Least a value can be, in the target's unit; minus infinity when unbounded."""

    high: float
    """Most a value can be, in the target's unit; infinity when unbounded."""

    n_groups: int
    """Groups it rests on, [-]."""

    def around(
        self, prediction: FloatArray, time: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the ends of 90 % intervals.

        Parameters
        ----------
        prediction : ndarray of shape (n,)
            Predictions, [unit of the target].
        time : ndarray of shape (n,) or None
            Their times, in the unit of the table's, [-].

        Returns
        -------
        tuple of ndarray of shape (n,)
            Lower and upper ends, [unit of the target].
        """
        half = self.factor * _size(self.scale, self.mean_error, prediction, time)
        low = np.clip(prediction - half, self.low, self.high)
        return low, np.clip(prediction + half, self.low, self.high)


def calibrate(
    prediction: FloatArray,
    target: FloatArray,
    groups: Labels,
    time: FloatArray | None,
    *,
    least: float = -np.inf,
    most: float = np.inf,
    seed: int = 0,
) -> Intervals:
    """Calibrate intervals on predictions of groups that were left out.

    Parameters
    ----------
    prediction : ndarray of shape (n,)
        Each row predicted by a fit without its group, [unit of the target].
    target : ndarray of shape (n,)
        What was measured, [unit of the target].
    groups : ndarray of shape (n,)
        Group of each row, [-].
    time : ndarray of shape (n,) or None
        Time of each row, [-].
    least, most : float, optional
        What a value can be at least and at most, [unit of the target].
    seed : int, optional
        Seed of the forest, [-].

    Returns
    -------
    Intervals
        Intervals for new groups, [-].
    """
    from sklearn.model_selection import GroupKFold

    error = np.abs(target - prediction)
    n_groups = len(np.unique(groups))
    mean = max(float(error.mean()), 1e-12)
    size = np.full(len(error), mean)
    scale = None
    if len(error) >= FEW_ROWS and n_groups >= N_FOLDS:
        for train, test in GroupKFold(N_FOLDS).split(error, groups=groups):
            part = _fitted(prediction[train], _of(time, train), error[train], seed)
            size[test] = _size(part, mean, prediction[test], _of(time, test))
        scale = _fitted(prediction, time, error, seed)
    level = min(COVERAGE * (1 + 1 / len(error)), 1.0)
    return Intervals(
        factor=float(np.quantile(error / size, level, method="higher")),
        mean_error=mean,
        scale=scale,
        low=least,
        high=most,
        n_groups=n_groups,
    )


def _fitted(prediction: FloatArray, time: FloatArray | None, error: FloatArray, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    leaf = int(np.clip(len(error) // 30, 10, 100))
    forest = RandomForestRegressor(_TREES, min_samples_leaf=leaf, random_state=seed)
    return forest.fit(_seen(prediction, time), error)


def _size(scale: Any, mean: float, prediction: FloatArray, time: FloatArray | None) -> FloatArray:
    if scale is None:
        return np.full(len(prediction), mean)
    local: FloatArray = scale.predict(_seen(prediction, time))
    return TOWARDS_MEAN * mean + (1 - TOWARDS_MEAN) * local


def _seen(prediction: FloatArray, time: FloatArray | None) -> FloatArray:
    return np.column_stack([prediction] if time is None else [prediction, np.log1p(time)])


def _of(time: FloatArray | None, rows: Any) -> FloatArray | None:
    return None if time is None else time[rows]
