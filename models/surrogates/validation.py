"""Cross-validation by group, conformal factors and what is reported of them."""

from typing import Any

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.surrogates.process import fitted_process, kernel_of, predict_process

N_FOLDS = 5
FOLD_ITERATIONS = 8
COVERAGE = 0.9
BY_FOLD, BY_GROUP = "coverage90_by_fold", "coverage90_by_group"
"""Members of metrics that tell coverage apart, by fold in order or by formulation."""

MIN_SPREAD = 1e-6
"""Smallest raw spread, so that an error over it stays finite, in the output's unit."""


@frozen(kw_only=True, eq=False)
class CrossValidation:
    """Each row predicted by a fit that has not seen its group."""

    target: FloatArray
    """What was wanted, of shape (n, n_outputs)."""

    mean: FloatArray
    """Prediction, of shape (n, n_outputs)."""

    sd: FloatArray
    """Raw spread, of shape (n, n_outputs)."""

    folds: NDArray[np.int64]
    """Fold of each row, of shape (n,), [-]."""

    @property
    def ratio(self) -> FloatArray:
        """Error over raw spread, of shape (n, n_outputs), [-]."""
        return np.abs(self.target - self.mean) / self.sd

    def column(self, k: int) -> "CrossValidation":
        """Return the same for one output.

        Parameters
        ----------
        k : int
            Column, [-].

        Returns
        -------
        CrossValidation
            Of one output, [-].
        """
        return evolve(self, target=self.target[:, [k]], mean=self.mean[:, [k]], sd=self.sd[:, [k]])


def monotone(curves: FloatArray, top: float = 1.0) -> FloatArray:
    """Return curves that never fall and stay within 0 and the top.

    Parameters
    ----------
    curves : ndarray of shape (n, n_times)
        Raw predictions, [-].
    top : float, optional
        Most that may be released, [-].

    Returns
    -------
    ndarray of shape (n, n_times)
        Rising curves, [-].
    """
    return np.maximum.accumulate(np.clip(curves, 0.0, top), axis=1)


def monotone_below(curves: FloatArray, top: float = 1.0) -> FloatArray:
    """Return the highest curves that never fall and lie nowhere above others.

    As the lower end of an interval: a running maximum would carry one failure on to all later
    times.

    Parameters
    ----------
    curves : ndarray of shape (n, n_times)
        Raw lower ends, [-].
    top : float, optional
        Most that may be released, [-].

    Returns
    -------
    ndarray of shape (n, n_times)
        Rising curves within 0 and the top, [-].
    """
    return np.minimum.accumulate(np.clip(curves, 0.0, top)[:, ::-1], axis=1)[:, ::-1]


def predict(model: Any, features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return means and raw spreads of a fitted process.

    Parameters
    ----------
    model : Pipeline
        Scikit-learn pipeline that ends in a Gaussian process, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].

    Returns
    -------
    tuple of ndarray of shape (n, n_outputs)
        Means and spreads, in the outputs' units, [-].
    """
    mean, sd = predict_process(model, features)
    return mean, np.maximum(sd, MIN_SPREAD)


def cross_validate(
    model: Any,
    features: FloatArray,
    targets: FloatArray,
    groups: tuple[str, ...],
) -> CrossValidation:
    """Predict every row from a fit without its fold.

    The kernel of the whole fit is where each fold's own search begins; it stops after
    `FOLD_ITERATIONS`, long before it has forgotten the start.

    Parameters
    ----------
    model : Pipeline
        The fit on all rows, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].
    targets : ndarray of shape (n, n_outputs)
        What is wanted, [-].
    groups : tuple of str
        Formulation of each row; one stands in one fold only, [-].

    Returns
    -------
    CrossValidation
        Each row predicted unseen, [-].
    """
    from sklearn.model_selection import GroupKFold

    mean, sd = np.empty_like(targets), np.empty_like(targets)
    folds = np.zeros(len(features), dtype=int)
    n_folds = min(N_FOLDS, len(set(groups)))
    for k, (train, test) in enumerate(GroupKFold(n_folds).split(features, groups=groups)):
        folds[test] = k
        fold = fitted_process(
            features[train],
            targets[train],
            start=kernel_of(model),
            iterations=FOLD_ITERATIONS,
        )
        mean[test], sd[test] = predict(fold, features[test])
    return CrossValidation(target=targets, mean=mean, sd=sd, folds=folds)


def conformal(ratio: FloatArray) -> FloatArray:
    """Return the factor that covers 90 % of held-out rows, with the finite-sample correction.

    Parameters
    ----------
    ratio : ndarray of shape (n, n_outputs)
        Error over raw spread, [-].

    Returns
    -------
    ndarray of shape (n_outputs,)
        Half-width over raw spread, [-].
    """
    level = min(COVERAGE * (1 + 1 / len(ratio)), 1.0)
    factor: FloatArray = np.quantile(ratio, level, axis=0, method="higher")
    return factor


def metrics(found: CrossValidation) -> dict[str, Any]:
    """Return errors, and the coverage of intervals whose factor comes from the other folds.

    Parameters
    ----------
    found : CrossValidation
        Each row predicted unseen, [-].

    Returns
    -------
    dict
        MAE, RMSE and width in the outputs' unit, R2 and coverage; coverage of each fold under
        `BY_FOLD`, [-].
    """
    error = found.target - found.mean
    spread = float(((found.target - found.target.mean(axis=0)) ** 2).sum())
    covered, widths = [], []
    for fold in np.unique(found.folds):
        test = found.folds == fold
        half = conformal(found.ratio[~test]) * found.sd[test]
        covered.append(np.abs(error[test]) <= half + 1e-12)
        widths.append(2 * half)
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else 0.0,
        "coverage90": float(np.concatenate(covered).mean()),
        "width90": float(np.concatenate(widths).mean()),
        BY_FOLD: [float(part.mean()) for part in covered],
    }
