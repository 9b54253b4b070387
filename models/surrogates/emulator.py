"""The surrogate of one delivery system: release curve and population percentiles with intervals.

Two Gaussian processes over standardised features, each feature with a length scale of its own,
emulate the simulator: one the bench curve, one the endpoints. What a laboratory measured is learnt
apart, as a discrepancy from the release law that is added (`models.surrogates.discrepancy`).
Intervals are calibrated by group, so a formulation never stands on both sides of a split:

* with at least `MIN_MEASURED_GROUPS` measured formulations, curves rest on those left out;
* with fewer, they are the posterior of the discrepancy, and called that;
* without any, and for endpoints always, they rest on held-out simulated designs, widened by a
  stated model error, and are called that.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.feature_words import feature_words
from formulation.profiles import MAX_FRACTION
from formulation.provenance import assumed
from models.chain import CURVE_TIMES_H, PERCENTILES
from models.learning.applicability import Applicability, learn_applicability
from models.surrogates.discrepancy import Discrepancy, Early, checked_early, fit_discrepancy
from models.surrogates.gaps import CURVE_MODEL_ERROR, MIN_MEASURED_GROUPS, NORMAL_90
from models.surrogates.measured import (
    LeftOut,
    early_factor,
    last_given,
    left_out,
    measured_factor,
    measured_metrics,
)
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, TrainingTable
from models.surrogates.validation import (
    CrossValidation,
    conformal,
    cross_validate,
    metrics,
    monotone,
    monotone_below,
    predict,
)

N_NEAREST = 3
"""Measured formulations that are named beside a design far from the training data, [-]."""

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
    """Half-width over the emulator's raw spread at each time, of shape (n_times,), [-]."""

    discrepancy_factor: FloatArray
    """Half-width over the spread of emulator and discrepancy at each time, of shape (n_times,)."""

    early_factor: FloatArray
    """The same once early points are known, of shape (n_times, n_times), [-]; a row for each time
    up to which they are."""

    endpoint_factor: FloatArray
    """Half-width over the raw spread of each endpoint, of shape (n_keys,), [-]."""

    curve_model_error: float
    """Model error stated for curves, [-]; the discrepancy starts from it with fewer than
    `MIN_MEASURED_GROUPS` measured formulations, and it is 0 when calibrated on measured ones."""

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
    """Fraction released, of shape (n, n_times), [-]; rising, within 0 to 1 or, where a laboratory
    measured, to `MAX_FRACTION`."""

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
    """Fitted scikit-learn pipeline for the curve of the law."""

    endpoint_model: Any
    """Fitted scikit-learn pipeline for the endpoints."""

    calibration: Calibration
    """How spreads become intervals."""

    applicability: Applicability
    """What lies far from the training data; its groups are keys of designs."""

    discrepancy: Discrepancy
    """What measured curves add to the law."""

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

    def predict(self, features: FloatArray, early: Early | None = None) -> Prediction:
        """Predict curves and endpoints with 90 % intervals.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features in the order of `feature_names`, [-].
        early : tuple of ndarray of shape (n_early,), optional
            Times [h] and fractions released [-] that were measured of this one formulation; the
            rest of its curve follows from them too.

        Returns
        -------
        Prediction
            Means and intervals, [-].

        Raises
        ------
        InputError
            Early points are not those of one formulation.
        """
        curve, low, high = self._curves(features, early)
        value, value_sd = predict(self.endpoint_model, features)
        error = np.array([float(ENDPOINT_MODEL_ERROR[k.split(".")[0]]) for k in ENDPOINT_KEYS])
        width = np.hypot(self.calibration.endpoint_factor * value_sd, error * np.abs(value))
        return Prediction(
            curve=curve,
            curve_lo90=low,
            curve_hi90=high,
            endpoints=_in_order(value),
            endpoints_lo90=_in_order(value - width),
            endpoints_hi90=_in_order(value + width),
        )

    def _curves(
        self, features: FloatArray, early: Early | None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        law, law_sd = predict(self.curve_model, features)
        law_half = self.calibration.curve_factor * law_sd
        if early is None and not self.discrepancy.n_groups:
            half = np.hypot(law_half, self.calibration.curve_model_error)
            return monotone(law), monotone(law - half), monotone(law + half)
        law = monotone(law)
        factor = self.calibration.discrepancy_factor
        if early is None:
            gap, gap_sd = self.discrepancy.predict(features, law)
        else:
            times_h, fraction = checked_early(features, early)
            gap, gap_sd = self.discrepancy.continued(features, law, times_h, fraction)
            factor = self.calibration.early_factor[last_given(CURVE_TIMES_H, times_h)]
        half = factor * np.hypot(law_half / NORMAL_90, gap_sd)
        low = monotone_below(law + gap - half, MAX_FRACTION)
        curve, high = (monotone(law + gap + end, MAX_FRACTION) for end in (0.0, half))
        return curve, low, high

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
    simulated, groups = table.features[:n], table.groups[:n]
    endpoint_model = _fitted(simulated, table.endpoints, seed)
    curve_model = _fitted(simulated, table.curves[:n], seed)
    endpoint_cv = cross_validate(endpoint_model, simulated, table.endpoints, groups)
    curve_cv = cross_validate(curve_model, simulated, table.curves[:n], groups)
    discrepancy = _discrepancy(table)
    curve_factor = conformal(curve_cv.ratio)
    measured_cv = _left_out(table, discrepancy, curve_model, curve_factor)
    surrogate = SystemSurrogate(
        system=table.system,
        feature_names=table.feature_names,
        curve_model=curve_model,
        endpoint_model=endpoint_model,
        calibration=_calibrate(table, curve_factor, measured_cv, endpoint_cv),
        applicability=_learn_applicability(table),
        discrepancy=discrepancy,
        measured_names=dict(table.measured_names),
    )
    found = {"curve": metrics(curve_cv)}
    if measured_cv is not None:
        found = {
            "curve": measured_metrics(measured_cv.found, CURVE_TIMES_H),
            "curve_of_law": found["curve"],
        }
    return surrogate, {
        **found,
        **{key: metrics(endpoint_cv.column(k)) for k, key in enumerate(ENDPOINT_KEYS)},
    }


def _discrepancy(table: TrainingTable) -> Discrepancy:
    """Return what measured rows add to the law, on the scale of everything simulated."""
    n = table.n_simulated
    spread = table.features[:n].std(axis=0)
    return fit_discrepancy(
        table.features[n:],
        table.gaps,
        table.curves[n:] - table.gaps,
        table.groups[n:],
        times_h=CURVE_TIMES_H,
        centre=table.features[:n].mean(axis=0),
        scale=np.where(spread > 0, spread, 1.0),
    )


def _left_out(
    table: TrainingTable, discrepancy: Discrepancy, curve_model: Any, curve_factor: FloatArray
) -> LeftOut | None:
    """Return each measured curve predicted unseen; None of fewer than two formulations."""
    n = table.n_simulated
    if table.n_measured_groups < 2:
        return None
    features = table.features[n:]
    law, law_sd = predict(curve_model, features)
    law, law_sd = monotone(law), curve_factor * law_sd / NORMAL_90
    return left_out(
        discrepancy, features, table.curves[n:], table.gaps, table.groups[n:], law, law_sd
    )


def _fitted(features: FloatArray, targets: FloatArray, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(1.0, (1e-2, 1e5)) * Matern(
        length_scale=np.full(features.shape[1], 3.0), length_scale_bounds=(1e-1, 1e3), nu=2.5
    ) + WhiteKernel(1e-4, (1e-12, 1e-1))
    process = GaussianProcessRegressor(
        kernel=kernel, alpha=1e-6, normalize_y=True, random_state=seed, copy_X_train=False
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


def _calibrate(
    table: TrainingTable,
    curve_factor: FloatArray,
    measured: LeftOut | None,
    endpoints: CrossValidation,
) -> Calibration:
    n, groups = table.n_simulated, table.n_measured_groups
    simulated = f"90 %: {n} simulated designs held out by group, plus a stated model error"
    curve_kind, error = simulated, float(CURVE_MODEL_ERROR)
    factor = np.full(len(CURVE_TIMES_H), NORMAL_90)
    early = np.tile(factor, (len(factor), 1))
    if measured is not None and groups >= MIN_MEASURED_GROUPS:
        curve_kind, error = f"90 %: {groups} measured formulations held out by group", 0.0
        factor = measured_factor(measured.found.ratio, groups)
        early = early_factor(measured.continued, factor, groups)
    elif groups:
        plural = "s" if groups > 1 else ""
        curve_kind = f"90 %: posterior of the discrepancy of {groups} measured formulation{plural}"
    return Calibration(
        curve_factor=curve_factor,
        discrepancy_factor=factor,
        early_factor=early,
        endpoint_factor=conformal(endpoints.ratio),
        curve_model_error=error,
        n_measured_groups=groups,
        curve_kind=curve_kind,
        endpoint_kind=simulated,
    )
