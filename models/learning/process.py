"""A Gaussian process for small tables, with a length scale for each feature."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from formulation.arrays import FloatArray

MAX_ROWS_FITTED = 300
"""Rows the length scales are found on; more cost minutes and change little, [-]."""

MAX_STEPS = 25
"""Quasi-Newton steps of that search, [-]."""


class ScaledProcess(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Impute, standardise, and fit a Gaussian process with a Matern 5/2 kernel."""

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, x: FloatArray, y: FloatArray) -> "ScaledProcess":
        """Fit length scales on some of the rows, then the process on all.

        Parameters
        ----------
        x : ndarray of shape (n, n_features)
            Features, NaN where missing, [-].
        y : ndarray of shape (n,)
            Target, [unit of the target].

        Returns
        -------
        ScaledProcess
            Itself, [-].
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.scaler_ = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
        )
        z = self.scaler_.fit_transform(x)
        kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(
            length_scale=np.full(z.shape[1], 3.0), length_scale_bounds=(2e-1, 1e3), nu=2.5
        ) + WhiteKernel(1e-2, (1e-6, 1.0))
        rng = np.random.default_rng(self.random_state)
        some = np.sort(rng.permutation(len(z))[:MAX_ROWS_FITTED])
        with warnings.catch_warnings():
            # A feature that does not matter ends at the longest scale.
            warnings.filterwarnings("ignore", category=ConvergenceWarning)
            found = GaussianProcessRegressor(
                kernel, normalize_y=True, optimizer=_few_steps, random_state=self.random_state
            ).fit(z[some], y[some])
            self.process_ = GaussianProcessRegressor(
                found.kernel_, normalize_y=True, optimizer=None, copy_X_train=False
            ).fit(z, y)
        return self

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the mean.

        Parameters
        ----------
        x : ndarray of shape (n, n_features)
            Features, NaN where missing, [-].

        Returns
        -------
        ndarray of shape (n,)
            Mean, [unit of the target].
        """
        mean: FloatArray = self.process_.predict(self.scaler_.transform(x))
        return mean


def _few_steps(objective: Any, start: FloatArray, bounds: FloatArray) -> tuple[Any, float]:
    """Return hyperparameters a few quasi-Newton steps from the start, as scikit-learn asks."""
    from scipy.optimize import minimize

    found = minimize(
        objective,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=bounds.tolist(),
        options={"maxiter": MAX_STEPS},
    )
    return found.x, float(found.fun)
