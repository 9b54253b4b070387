"""The surrogate of one delivery system: release curve and population percentiles with intervals.

Two Gaussian processes over standardised features: one for the curve, one for the endpoints.
Intervals are calibrated by group, so a formulation never stands on both sides of a split:

* with at least `MIN_MEASURED_GROUPS` measured formulations, on the residuals of measured ones left
  out of the fit;
* below that, on held-out simulated designs, widened by a stated model error, and called that.
"""

from typing import Any

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.provenance import Basis, Quantity
from models.surrogates.table import ENDPOINT_KEYS, TrainingTable

MIN_MEASURED_GROUPS = 8
"""Measured formulations from which intervals rest on them alone, [-]."""

N_FOLDS = 5
COVERAGE = 0.9
MIN_SPREAD = 1e-6


def _stated(value: float, unit: str, note: str) -> Quantity:
    return Quantity(
        value=value, unit=unit, basis=Basis.ASSUMED, source="ProductAssumption", note=note
    )


CURVE_MODEL_ERROR = _stated(0.10, "1", "how far a real curve may lie from the assumed law")
ENDPOINT_MODEL_ERROR = {
    "absorbed_increment": _stated(
        0.25, "1", "relative; the kernel misses the phytate-free meal of Bohn 2004 by 13 to 26 %"
    ),
    "soluble_unabsorbed_load": _stated(0.25, "1", "relative; as the absorbed amount"),
    "peak_gut_load": _stated(0.30, "1", "relative; emptying differs between publications"),
    "serum_change": _stated(0.40, "1", "relative; splay and threshold are uncertain"),
    "serum": _stated(0.05, "1", "relative; width of published reference means"),
}
"""Half-width of the 90 % model error by endpoint, relative to its value."""


@frozen(kw_only=True, eq=False)
class Calibration:
    """How raw spreads become 90 % intervals."""

    curve_factor: FloatArray
    """Half-width over the raw spread at each time, of shape (n_times,), [-]."""

    endpoint_factor: FloatArray
    """Half-width over the raw spread of each endpoint, of shape (n_keys,), [-]."""

    curve_model_error: float
    """Model error added to curves, [-]; 0 when calibrated on measured formulations."""

    n_measured_groups: int
    """Measured formulations behind it, [-]."""

    curve_kind: str
    """What the curve's interval is called."""

    endpoint_kind: str
    """What the endpoints' intervals are called."""


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


@frozen(kw_only=True, eq=False)
class Prediction:
    """Predictions for several designs."""

    curve: FloatArray
    """Fraction released, of shape (n, n_times), [-]; rising, within 0 to 1."""

    curve_lo90: FloatArray
    """Lower end, of shape (n, n_times), [-]."""

    curve_hi90: FloatArray
    """Upper end, of shape (n, n_times), [-]."""

    endpoints: FloatArray
    """Of shape (n, n_keys), in each endpoint's unit."""

    endpoints_lo90: FloatArray
    """Lower end, of shape (n, n_keys)."""

    endpoints_hi90: FloatArray
    """Upper end, of shape (n, n_keys)."""


@frozen(kw_only=True, eq=False)
class SystemSurrogate:
    """A fitted surrogate of one delivery system in one population."""

    system: str
    """Delivery system."""

    feature_names: tuple[str, ...]
    """Columns of the features."""

    low: FloatArray
    """Smallest training value of each feature, of shape (n_features,)."""

    high: FloatArray
    """Largest training value of each feature, of shape (n_features,)."""

    curve_model: Any
    """Fitted scikit-learn pipeline for the curve."""

    endpoint_model: Any
    """Fitted scikit-learn pipeline for the endpoints."""

    calibration: Calibration
    """How spreads become intervals."""

    def predict(self, features: FloatArray) -> Prediction:
        """Predict curves and endpoints with 90 % intervals.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features in the order of `feature_names`, [-].

        Returns
        -------
        Prediction
            Means and intervals, [-].
        """
        curve, curve_sd = _predict(self.curve_model, features)
        half = np.hypot(
            self.calibration.curve_factor * curve_sd, self.calibration.curve_model_error
        )
        value, value_sd = _predict(self.endpoint_model, features)
        error = np.array([float(ENDPOINT_MODEL_ERROR[k.split(".")[0]]) for k in ENDPOINT_KEYS])
        width = np.hypot(self.calibration.endpoint_factor * value_sd, error * np.abs(value))
        return Prediction(
            curve=monotone(curve),
            curve_lo90=monotone(curve - half),
            curve_hi90=monotone(curve + half),
            endpoints=value,
            endpoints_lo90=value - width,
            endpoints_hi90=value + width,
        )

    def extrapolations(self, row: FloatArray) -> tuple[str, ...]:
        """Say in which features a design lies outside the training data.

        Parameters
        ----------
        row : ndarray of shape (n_features,)
            Features of one design, [-].

        Returns
        -------
        tuple of str
            One sentence a feature, [-].
        """
        slack = 1e-9 + 0.02 * (self.high - self.low)
        found = []
        for k, name in enumerate(self.feature_names):
            if row[k] > self.high[k] + slack[k]:
                found.append(f"extrapolating in {name} ({row[k]:.4g} > {self.high[k]:.4g})")
            elif row[k] < self.low[k] - slack[k]:
                found.append(f"extrapolating in {name} ({row[k]:.4g} < {self.low[k]:.4g})")
        return tuple(found)


def monotone(curves: FloatArray) -> FloatArray:
    """Return curves that never fall and stay within 0 to 1.

    Parameters
    ----------
    curves : ndarray of shape (n, n_times)
        Raw predictions, [-].

    Returns
    -------
    ndarray of shape (n, n_times)
        Rising curves, [-].
    """
    return np.maximum.accumulate(np.clip(curves, 0.0, 1.0), axis=1)


def fit(table: TrainingTable, seed: int = 0) -> tuple[SystemSurrogate, dict[str, Any]]:
    """Fit the surrogate of one system and cross-validate it by group.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    seed : int, optional
        Seed of the optimiser's restarts, [-].

    Returns
    -------
    tuple of SystemSurrogate and dict
        The surrogate, and what cross-validation found, by output, [-].
    """
    n = table.n_simulated
    noise = _noise(table)
    endpoint_model = _gaussian_process(seed).fit(table.features[:n], table.endpoints)
    curve_model = _gaussian_process(seed, noise).fit(table.features, table.curves)
    endpoint_cv = _cross_validate(
        endpoint_model, table.features[:n], table.endpoints, table.groups[:n]
    )
    curve_cv = _cross_validate(curve_model, table.features, table.curves, table.groups, noise)
    calibration = _calibrate(table, curve_cv, endpoint_cv)
    surrogate = SystemSurrogate(
        system=table.system,
        feature_names=table.feature_names,
        low=table.features.min(axis=0),
        high=table.features.max(axis=0),
        curve_model=curve_model,
        endpoint_model=endpoint_model,
        calibration=calibration,
    )
    return surrogate, {
        "curve": _metrics(curve_cv),
        **{key: _metrics(endpoint_cv.column(k)) for k, key in enumerate(ENDPOINT_KEYS)},
    }


def _gaussian_process(seed: int, noise: FloatArray | float = 1e-6) -> Any:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(1.0, (1e-2, 1e5)) * Matern(
        length_scale=3.0, length_scale_bounds=(1e-1, 1e3), nu=2.5
    ) + WhiteKernel(1e-4, (1e-12, 1e-1))
    return make_pipeline(
        StandardScaler(),
        GaussianProcessRegressor(
            kernel=kernel, alpha=noise, normalize_y=True, random_state=seed, copy_X_train=False
        ),
    )


def _noise(table: TrainingTable) -> FloatArray:
    """Return the noise of each row in units of the curves' spread, squared.

    Where nothing was measured the process interpolates the simulator; beside measured rows the
    simulated ones carry the stated model error, so a laboratory's curve outweighs them.
    """
    noise = np.full(len(table.features), 1e-6)
    if table.n_measured:
        spread = max(float(table.curves.std()), 1e-3)
        sd = float(CURVE_MODEL_ERROR) / 1.645 / spread
        noise[: table.n_simulated] = sd**2
    return noise


def _predict(model: Any, features: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, sd = model.predict(features, return_std=True)
    return mean, np.maximum(sd, MIN_SPREAD)


def _cross_validate(
    model: Any,
    features: FloatArray,
    targets: FloatArray,
    groups: tuple[str, ...],
    noise: FloatArray | None = None,
) -> CrossValidation:
    """Predict every row from a fit without its fold; kernel kept, a group in one fold only."""
    from sklearn.base import clone
    from sklearn.model_selection import GroupKFold

    mean, sd = np.empty_like(targets), np.empty_like(targets)
    folds = np.zeros(len(features), dtype=int)
    n_folds = min(N_FOLDS, len(set(groups)))
    for k, (train, test) in enumerate(GroupKFold(n_folds).split(features, groups=groups)):
        folds[test] = k
        fold = clone(model)
        process = fold[-1]
        process.set_params(kernel=model[-1].kernel_, optimizer=None)
        if noise is not None:
            process.set_params(alpha=noise[train])
        fold.fit(features[train], targets[train])
        mean[test], sd[test] = _predict(fold, features[test])
    return CrossValidation(target=targets, mean=mean, sd=sd, folds=folds)


def _calibrate(
    table: TrainingTable, curve: CrossValidation, endpoints: CrossValidation
) -> Calibration:
    n, groups = table.n_simulated, table.n_measured_groups
    by_laboratory = groups >= MIN_MEASURED_GROUPS
    rows = slice(n, None) if by_laboratory else slice(0, n)
    simulated = f"90 %: {n} simulated designs held out by group, plus a stated model error"
    return Calibration(
        curve_factor=_conformal(curve.ratio[rows]),
        endpoint_factor=_conformal(endpoints.ratio),
        curve_model_error=0.0 if by_laboratory else float(CURVE_MODEL_ERROR),
        n_measured_groups=groups,
        curve_kind=f"90 %: {groups} measured formulations held out by group"
        if by_laboratory
        else simulated,
        endpoint_kind=simulated,
    )


def _conformal(ratio: FloatArray) -> FloatArray:
    """Return the factor that covers 90 % of held-out rows, with the finite-sample correction."""
    level = min(COVERAGE * (1 + 1 / len(ratio)), 1.0)
    factor: FloatArray = np.quantile(ratio, level, axis=0, method="higher")
    return factor


def _metrics(found: CrossValidation) -> dict[str, float]:
    error = found.target - found.mean
    spread = float(((found.target - found.target.mean(axis=0)) ** 2).sum())
    covered, widths = [], []
    for fold in np.unique(found.folds):
        test = found.folds == fold
        half = _conformal(found.ratio[~test]) * found.sd[test]
        covered.append(np.abs(error[test]) <= half + 1e-12)
        widths.append(2 * half)
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else 0.0,
        "coverage90": float(np.concatenate(covered).mean()),
        "width90": float(np.concatenate(widths).mean()),
    }
