"""A release law whose parameters are learnt from the design, and what it leaves over.

Each curve is fitted with a law of two or three parameters; trees learn the parameters from what
does not change along a curve; more trees learn what is left, from designs whose law was predicted
without them (not without their group, so that what is left looks a little smaller than it is).
Laws:

* Weibull: plateau × (1 − exp(−(t/scale)^shape)) [Langenbucher1972]_
* Peppas-Sahlin: k1 t^m + k2 t^(2m) with m = 0.45 of a cylinder, time over the longest seen
  [PeppasSahlin1989]_

What a law says after its own last time is not bounded here; the curve's shape is seen to later.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from formulation.arrays import FloatArray

CYLINDER = 0.45
"""Exponent of Fickian release from a cylinder, [-]."""

RIDGE = 1e-3
"""Pull of a curve's parameters towards their start, so that one point still gives all, [-]."""

N_FOLDS = 5
_RESIDUAL_TREES = 100
_LEAST_TIME = 1e-9


class ParametricCurve(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A law with learnt parameters plus a learnt residual."""

    def __init__(
        self, law: str = "weibull", n_moving: int = 2, full: float = 1.0, random_state: int = 0
    ) -> None:
        self.law = law
        self.n_moving = n_moving
        self.full = full
        self.random_state = random_state

    def fit(self, x: FloatArray, y: FloatArray) -> "ParametricCurve":
        """Fit a law to each curve, trees to its parameters, and trees to what is left.

        Parameters
        ----------
        x : ndarray of shape (n, n_features)
            Time first; columns from `n_moving` on do not change along a curve, [-].
        y : ndarray of shape (n,)
            Released; `full` is everything, [unit of the target].

        Returns
        -------
        ParametricCurve
            Itself, [-].
        """
        still, curve = _curves(self._still(x))
        self.longest_ = float(x[:, 0].max()) or 1.0
        fitted = [
            self._fitted(x[curve == k, 0], y[curve == k] / self.full) for k in range(len(still))
        ]
        parameters = np.array(fitted)
        unseen = self._unseen(still, parameters)
        prior = self._curve(unseen[curve], x[:, 0])
        self.parameters_ = self._trees().fit(still, parameters)
        self.residual_ = self._trees().fit(np.column_stack([x, prior]), y - prior)
        return self

    def predict(self, x: FloatArray) -> FloatArray:
        """Return law plus residual.

        Parameters
        ----------
        x : ndarray of shape (n, n_features)
            As in `fit`, [-].

        Returns
        -------
        ndarray of shape (n,)
            Released, [unit of the target].
        """
        prior = self._curve(self.parameters_.predict(self._still(x)), x[:, 0])
        left: FloatArray = self.residual_.predict(np.column_stack([x, prior]))
        return prior + left

    def _still(self, x: FloatArray) -> FloatArray:
        """Return what does not change along a curve; one column at least."""
        still = x[:, self.n_moving :]
        return still if still.shape[1] else np.zeros((len(x), 1))

    def _unseen(self, still: FloatArray, parameters: FloatArray) -> FloatArray:
        """Return the parameters of each curve as trees give them that have not seen it."""
        from sklearn.model_selection import KFold

        if len(still) < N_FOLDS:
            return parameters
        found = np.empty_like(parameters)
        folds = KFold(N_FOLDS, shuffle=True, random_state=self.random_state)
        for train, test in folds.split(still):
            found[test] = self._trees().fit(still[train], parameters[train]).predict(still[test])
        return found

    def _trees(self) -> Any:
        from sklearn.ensemble import ExtraTreesRegressor

        return ExtraTreesRegressor(
            _RESIDUAL_TREES, min_samples_leaf=2, max_features=0.5, random_state=self.random_state
        )

    def _fitted(self, time: FloatArray, fraction: FloatArray) -> FloatArray:
        """Return the parameters of one curve, on scales without bounds."""
        if self.law == "weibull":
            return _weibull_fit(time, fraction, self.longest_)
        powers = _powers(time / self.longest_)
        # A little ridge, so that one point still gives two parameters.
        weights = powers.T @ powers + RIDGE * np.eye(2)
        return np.asarray(np.linalg.solve(weights, powers.T @ fraction), dtype=np.float64)

    def _curve(self, parameters: FloatArray, time: FloatArray) -> FloatArray:
        """Return the law's release, in the unit of the target."""
        if self.law == "weibull":
            return self.full * _weibull(parameters.T, time)
        released: FloatArray = (_powers(time / self.longest_) * parameters).sum(axis=1)
        return self.full * released


def _curves(still: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return what each curve is made of and which curve each row belongs to."""
    filled = np.nan_to_num(still, nan=-9.9e99)
    _, first, curve = np.unique(filled, axis=0, return_index=True, return_inverse=True)
    return still[first], curve.ravel()


def _powers(time: FloatArray) -> FloatArray:
    return np.column_stack([time**CYLINDER, time ** (2 * CYLINDER)])


def _weibull(parameters: FloatArray, time: FloatArray) -> FloatArray:
    plateau, log_scale, log_shape = parameters
    powered = np.exp(np.exp(log_shape) * (np.log(np.maximum(time, _LEAST_TIME)) - log_scale))
    released: FloatArray = plateau * -np.expm1(-np.minimum(powered, 50.0))
    return released


def _weibull_fit(time: FloatArray, fraction: FloatArray, longest: float) -> FloatArray:
    """Return plateau, log scale and log shape; a little ridge keeps short curves near the start."""
    from scipy.optimize import least_squares

    start = np.array([np.clip(fraction.max(), 0.2, 1.0), np.log(longest / 4), 0.0])
    low = [0.05, np.log(longest) - 12, np.log(0.2)]
    high = [1.2, np.log(longest) + 3, np.log(4.0)]

    def misses(parameters: FloatArray) -> FloatArray:
        away = np.sqrt(RIDGE) * (parameters - start)
        return np.concatenate([_weibull(parameters, time) - fraction, away])

    found = least_squares(misses, start, bounds=(low, high), max_nfev=60)
    return np.asarray(found.x, dtype=np.float64)
