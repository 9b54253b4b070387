"""The surrogate of one delivery system: release curve and population percentiles with intervals.

Two Gaussian processes over standardised features, each feature with a length scale of its own: one
for the curve, one for the endpoints.
Intervals are calibrated by group, so a formulation never stands on both sides of a split:

* with at least `MIN_MEASURED_GROUPS` measured formulations, on the residuals of measured ones left
  out of the fit;
* below that, on held-out simulated designs, widened by a stated model error, and called that.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.feature_words import feature_words
from formulation.provenance import assumed
from models.chain import PERCENTILES
from models.learning.applicability import Applicability, learn_applicability
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, TrainingTable
from models.surrogates.validation import (
    CrossValidation,
    conformal,
    cross_validate,
    metrics,
    predict,
)

NORMAL_90 = 1.6448536269514722
"""Standard deviations in the half-width of a 90 % interval of a normal, [-]."""

N_NEAREST = 3
"""Measured formulations that are named beside a design far from the training data, [-]."""

MIN_MEASURED_GROUPS = 8
"""Measured formulations from which intervals rest on them alone, [-]."""


LABORATORY_ERROR = assumed(0.03, "1", "between units and days of one formulation, 90 % half-width")
CURVE_MODEL_ERROR = assumed(0.10, "1", "how far a real curve may lie from the assumed law")
ENDPOINT_MODEL_ERROR = {
    "absorbed_increment": assumed(
        0.25, "1", "relative; the kernel misses the phytate-free meal of Bohn 2004 by 13 to 26 %"
    ),
    "soluble_unabsorbed_load": assumed(0.25, "1", "relative; as the absorbed amount"),
    "peak_gut_load": assumed(0.30, "1", "relative; emptying differs between publications"),
    "serum_change": assumed(0.40, "1", "relative; splay and threshold are uncertain"),
    "serum": assumed(0.05, "1", "relative; width of published reference means"),
    "urine_change": assumed(0.25, "1", "relative; as the absorbed amount"),
    "red_cell_change": assumed(0.40, "1", "relative; as the serum that the cells are made in"),
    "muscle_change": assumed(0.60, "1", "relative; sizes and turnover of the pool are assumed"),
    "laxation_risk": assumed(0.60, "1", "relative; the curve of loose stools is assumed"),
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

    curve_model: Any
    """Fitted scikit-learn pipeline for the curve."""

    endpoint_model: Any
    """Fitted scikit-learn pipeline for the endpoints."""

    calibration: Calibration
    """How spreads become intervals."""

    applicability: Applicability
    """What lies far from the training data; its groups are keys of designs."""

    measured_names: Mapping[str, str] = field(factory=dict)
    """What people call each measured formulation, by the key of its design."""

    @property
    def low(self) -> FloatArray:
        """Smallest training value of each feature, of shape (n_features,)."""
        return self.applicability.rows.low

    @property
    def high(self) -> FloatArray:
        """Largest training value of each feature, of shape (n_features,)."""
        return self.applicability.rows.high

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
        curve, curve_sd = predict(self.curve_model, features)
        half = np.hypot(
            self.calibration.curve_factor * curve_sd, self.calibration.curve_model_error
        )
        value, value_sd = predict(self.endpoint_model, features)
        error = np.array([float(ENDPOINT_MODEL_ERROR[k.split(".")[0]]) for k in ENDPOINT_KEYS])
        width = np.hypot(self.calibration.endpoint_factor * value_sd, error * np.abs(value))
        return Prediction(
            curve=monotone(curve),
            curve_lo90=monotone(curve - half),
            curve_hi90=monotone(curve + half),
            endpoints=_in_order(value),
            endpoints_lo90=_in_order(value - width),
            endpoints_hi90=_in_order(value + width),
        )

    def extrapolations(self, row: FloatArray) -> tuple[str, ...]:
        """Say in what a design lies outside the training data.

        Parameters
        ----------
        row : ndarray of shape (n_features,)
            Features of one design, [-].

        Returns
        -------
        tuple of str
            One sentence a feature, or one on the whole, and what lies nearest; none inside, [-].
        """
        return self.outside(row[None])[1][0]

    def outside(self, features: FloatArray) -> tuple[FloatArray, tuple[tuple[str, ...], ...]]:
        """Say how far designs lie from the training data, and in what.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features in the order of `feature_names`, [-].

        Returns
        -------
        tuple of ndarray of shape (n,) and tuple
            `models.learning.applicability.Assessment.reach`, [%]; sentences of each design, [-].
        """
        space, named = self.applicability, self.measured_names
        found = space.assess(features, N_NEAREST if named else 1, among=named or None)
        what = "measured formulations" if named else "simulated design"
        told = space.sentences(features, found)
        return found.reach, tuple(
            (*said, space.nearest_words(found, k, what, named)) if said else ()
            for k, said in enumerate(told)
        )


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


def _in_order(endpoints: FloatArray) -> FloatArray:
    """Return percentiles of which none crosses another: each endpoint's, sorted."""
    by_endpoint = endpoints.reshape(len(endpoints), len(LEARNT), len(PERCENTILES))
    return np.sort(by_endpoint, axis=2).reshape(endpoints.shape)


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
    endpoint_model = _fitted(table.features[:n], table.endpoints, seed)
    curve_model = _fitted(table.features, table.curves, seed, noise)
    endpoint_cv = cross_validate(
        endpoint_model, table.features[:n], table.endpoints, table.groups[:n]
    )
    curve_cv = cross_validate(curve_model, table.features, table.curves, table.groups, noise)
    calibration = _calibrate(table, curve_cv, endpoint_cv)
    surrogate = SystemSurrogate(
        system=table.system,
        feature_names=table.feature_names,
        curve_model=curve_model,
        endpoint_model=endpoint_model,
        calibration=calibration,
        applicability=_learn_applicability(table),
        measured_names=dict(table.measured_names),
    )
    return surrogate, {
        "curve": metrics(curve_cv),
        **{key: metrics(endpoint_cv.column(k)) for k, key in enumerate(ENDPOINT_KEYS)},
    }


def _fitted(
    features: FloatArray, targets: FloatArray, seed: int, noise: FloatArray | float = 1e-6
) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(1.0, (1e-2, 1e5)) * Matern(
        length_scale=np.full(features.shape[1], 3.0), length_scale_bounds=(1e-1, 1e3), nu=2.5
    ) + WhiteKernel(1e-4, (1e-12, 1e-1))
    process = GaussianProcessRegressor(
        kernel=kernel, alpha=noise, normalize_y=True, random_state=seed, copy_X_train=False
    )
    with warnings.catch_warnings():
        # A feature that does not matter ends at the longest scale, equations at no noise.
        warnings.filterwarnings("ignore", "The optimal value found for", ConvergenceWarning)
        return make_pipeline(StandardScaler(), process).fit(features, targets)


def _learn_applicability(table: TrainingTable) -> Applicability:
    words = {name: feature_words(table.system, name) for name in table.feature_names}
    return learn_applicability(
        table.features,
        table.groups,
        names=table.feature_names,
        titles={name: found.title for name, found in words.items()},
        units={name: found.unit for name, found in words.items() if found.unit},
    )


def _noise(table: TrainingTable) -> FloatArray:
    """Return the noise of each row in units of the curves' spread, squared.

    Where nothing was measured the process interpolates the simulator; beside measured rows the
    simulated ones carry the stated model error, so a laboratory's curve outweighs them.
    """
    if not table.n_measured:
        return np.full(len(table.features), 1e-6)
    spread = NORMAL_90 * max(float(table.curves.std()), 1e-3)
    noise = np.full(len(table.features), (float(LABORATORY_ERROR) / spread) ** 2)
    noise[: table.n_simulated] = (float(CURVE_MODEL_ERROR) / spread) ** 2
    return noise


def _calibrate(
    table: TrainingTable, curve: CrossValidation, endpoints: CrossValidation
) -> Calibration:
    n, groups = table.n_simulated, table.n_measured_groups
    by_laboratory = groups >= MIN_MEASURED_GROUPS
    rows = slice(n, None) if by_laboratory else slice(0, n)
    simulated = f"90 %: {n} simulated designs held out by group, plus a stated model error"
    return Calibration(
        curve_factor=conformal(curve.ratio[rows]),
        endpoint_factor=conformal(endpoints.ratio),
        curve_model_error=0.0 if by_laboratory else float(CURVE_MODEL_ERROR),
        n_measured_groups=groups,
        curve_kind=f"90 %: {groups} measured formulations held out by group"
        if by_laboratory
        else simulated,
        endpoint_kind=simulated,
    )
