"""The surrogate of one delivery system: release curve and population percentiles with intervals.

Two Gaussian processes over standardised features, each feature with a length scale of its own: one
for the curve, from the recipe; one for the endpoints, from what the body sees of a product (its law
and its regimen), on scales where they vary least.
Intervals are calibrated by group, so a formulation never stands on both sides of a split:

* with at least `MIN_MEASURED_GROUPS` measured formulations, on the residuals of measured ones left
  out of the fit;
* below that, on held-out simulated designs, widened by a stated model error, and called that.
"""

from typing import Any

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.provenance import assumed
from models.chain import PERCENTILES
from models.surrogates.endpoint_fit import endpoint_model, fit_endpoints, in_units
from models.surrogates.law_features import DOSE, body_columns
from models.surrogates.process import fitted_process
from models.surrogates.rows import EndpointFit
from models.surrogates.scales import from_learnt
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


def _nothing_measured() -> FloatArray:
    return np.full((len(ENDPOINT_KEYS), 2), np.nan)


@frozen(kw_only=True, eq=False)
class Calibration:
    """How raw spreads become 90 % intervals."""

    curve_factor: FloatArray
    """Half-width over the raw spread at each time, of shape (n_times,), [-]."""

    endpoint_factor: FloatArray
    """Half-width over the raw spread of each endpoint as it is learnt, of shape (n_keys,), [-]."""

    curve_model_error: float
    """Model error added to curves, [-]; 0 when calibrated on measured formulations."""

    n_measured_groups: int
    """Measured formulations behind it, [-]."""

    curve_kind: str
    """What the curve's interval is called."""

    endpoint_kind: str
    """What the endpoints' intervals are called."""

    measured_error: FloatArray = field(factory=_nothing_measured)
    """Model error below and above each endpoint that measured studies speak for, relative, of shape
    (n_keys, 2), [-]; nan where the stated one stands."""


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
        body = body_columns(self.feature_names)
        curve, curve_sd = predict(self.curve_model, features[:, ~body])
        half = np.hypot(
            self.calibration.curve_factor * curve_sd, self.calibration.curve_model_error
        )
        value, below, above = self._endpoints(features, features[:, body])
        return Prediction(
            curve=monotone(curve),
            curve_lo90=monotone(curve - half),
            curve_hi90=monotone(curve + half),
            endpoints=_in_order(value),
            endpoints_lo90=_in_order(value - below),
            endpoints_hi90=_in_order(value + above),
        )

    def _endpoints(
        self, features: FloatArray, body: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return endpoints, and how far their intervals reach below and above."""
        dose = np.exp(features[:, self.feature_names.index(DOSE)])
        learnt, spread = predict(self.endpoint_model, body)
        half = self.calibration.endpoint_factor * spread
        value, low, high = (from_learnt(learnt + x, dose) for x in (0.0 * half, -half, half))
        stated = np.array([float(ENDPOINT_MODEL_ERROR[k.split(".")[0]]) for k in ENDPOINT_KEYS])
        measured = self.calibration.measured_error
        error = np.where(np.isnan(measured), stated[:, None], measured)
        below = np.hypot(value - low, error[:, 0] * np.abs(value))
        above = np.hypot(high - value, error[:, 1] * np.abs(value))
        return value, below, above

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
        recipe = ~body_columns(self.feature_names)
        for k, name in enumerate(self.feature_names):
            if not recipe[k]:
                continue
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


def _in_order(endpoints: FloatArray) -> FloatArray:
    """Return percentiles of which none crosses another: each endpoint's, sorted."""
    by_endpoint = endpoints.reshape(len(endpoints), len(LEARNT), len(PERCENTILES))
    return np.sort(by_endpoint, axis=2).reshape(endpoints.shape)


def fit(
    table: TrainingTable,
    endpoints: EndpointFit | None = None,
    measured_error: FloatArray | None = None,
) -> tuple[SystemSurrogate, dict[str, Any]]:
    """Fit the surrogate of one system and cross-validate it by group.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    endpoints : EndpointFit, optional
        What the fit of the endpoints found on the same simulated rows before, [-].
    measured_error : ndarray of shape (n_keys, 2), optional
        Model error that measured studies give, relative, below and above the value; nan where the
        stated one stands, [-].

    Returns
    -------
    tuple of SystemSurrogate and dict
        The surrogate, and what cross-validation found, by output, [-].
    """
    body = body_columns(table.feature_names)
    noise = _noise(table)
    curve_model = fitted_process(table.features[:, ~body], table.curves, noise=noise)
    curve_cv = cross_validate(
        curve_model, table.features[:, ~body], table.curves, table.groups, noise
    )
    found = fit_endpoints(table) if endpoints is None else endpoints
    surrogate = SystemSurrogate(
        system=table.system,
        feature_names=table.feature_names,
        low=table.features.min(axis=0),
        high=table.features.max(axis=0),
        curve_model=curve_model,
        endpoint_model=endpoint_model(table, found.kernel),
        calibration=_calibrate(
            table,
            curve_cv,
            found.held_out,
            _nothing_measured() if measured_error is None else measured_error,
        ),
    )
    natural = in_units(table, found.held_out)
    return surrogate, {
        "curve": metrics(curve_cv),
        **{key: metrics(natural.column(k)) for k, key in enumerate(ENDPOINT_KEYS)},
    }


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
    table: TrainingTable,
    curve: CrossValidation,
    endpoints: CrossValidation,
    measured_error: FloatArray,
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
        endpoint_kind=simulated + _spoken_for(measured_error),
        measured_error=measured_error,
    )


def _spoken_for(measured_error: FloatArray) -> str:
    """Say for which endpoints measured studies give the model error."""
    if np.isnan(measured_error).all():
        return ""
    keys = zip(ENDPOINT_KEYS, ~np.isnan(measured_error[:, 0]), strict=True)
    names = dict.fromkeys(key.split(".")[0] for key, speaks in keys if speaks)
    return f" (of {', '.join(names)}: that of measured studies)"
