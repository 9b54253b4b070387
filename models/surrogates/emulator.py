"""The surrogate of one delivery system: release curve and population percentiles with intervals.

Two Gaussian processes over standardised features, each feature with a length scale of its own,
emulate the simulator: one the bench curve, from the recipe; one the endpoints, from what the body
sees of a product (its law and its regimen), on scales where they vary least. What a laboratory
measured is learnt apart, as a discrepancy from the release law that is added
(`models.surrogates.discrepancy`). Where families of learners err clearly less on formulations left
out, the best of them answers for whole curves instead (`models.surrogates.direct`).
Intervals are calibrated by group, so a formulation never stands on both sides of a split:

* with at least `MIN_MEASURED_GROUPS` measured formulations, curves rest on those left out;
* with fewer, they are the posterior of the discrepancy, and called that;
* without any, and for endpoints always, they rest on held-out simulated designs, widened by a
  stated model error, and are called that.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.profiles import MAX_FRACTION
from models.chain import CURVE_TIMES_H, PERCENTILES
from models.learning.applicability import Applicability
from models.surrogates.calibration import (
    ENDPOINT_BOUNDS,
    ENDPOINT_MODEL_ERROR,
    Calibration,
    calibrated,
)
from models.surrogates.curve_fit import curve_model, fit_curves
from models.surrogates.direct import FAMILIES, DirectCurve
from models.surrogates.discrepancy import Discrepancy, Early, checked_early
from models.surrogates.endpoint_fit import endpoint_model, fit_endpoints, in_units
from models.surrogates.gaps import NORMAL_90
from models.surrogates.law_features import DOSE, body_columns
from models.surrogates.measured import last_given, measured_metrics
from models.surrogates.measured_fit import fit_measured
from models.surrogates.reach import learn_reach
from models.surrogates.rows import ProcessFit
from models.surrogates.scales import from_learnt
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, TrainingTable
from models.surrogates.validation import (
    conformal,
    metrics,
    monotone,
    monotone_below,
    predict,
)

N_NEAREST = 3
"""Measured formulations that are named beside a design far from the training data, [-]."""


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

    direct: DirectCurve | None = None
    """The family that foretells whole curves better than law and discrepancy; None where none
    does."""

    measured_names: Mapping[str, str] = field(factory=dict)
    """What people call each measured formulation, by the key of its design."""

    @property
    def low(self) -> FloatArray:
        """Smallest training value of each feature of the recipe, of shape (n_recipe,)."""
        return self.applicability.rows.low

    @property
    def high(self) -> FloatArray:
        """Largest training value of each feature of the recipe, of shape (n_recipe,)."""
        return self.applicability.rows.high

    def predict(self, features: FloatArray, early: Early | None = None) -> Prediction:
        """Predict curves and endpoints with 90 % intervals.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features in the order of `feature_names`, [-].
        early : tuple of ndarray of shape (n_early,), optional
            Times [h] and fractions released [-] that were measured of this one formulation; the
            rest of its curve follows from them too, by law and discrepancy always.

        Returns
        -------
        Prediction
            Means and intervals, [-].

        Raises
        ------
        InputError
            Early points are not those of one formulation.
        """
        body = body_columns(self.feature_names)
        curve, low, high = self._curves(self._recipe(features), early)
        value, least, most = self._endpoints(features, features[:, body])
        return Prediction(
            curve=curve,
            curve_lo90=low,
            curve_hi90=high,
            endpoints=_in_order(value),
            endpoints_lo90=_in_order(least),
            endpoints_hi90=_in_order(most),
        )

    def _curves(
        self, features: FloatArray, early: Early | None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        if early is None and self.direct is not None:
            return self.direct.predict(features)
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

    def _endpoints(
        self, features: FloatArray, body: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return endpoints and the ends of their intervals, all within what each can be."""
        dose = np.exp(features[:, self.feature_names.index(DOSE)])
        learnt, spread = predict(self.endpoint_model, body)
        half = self.calibration.endpoint_factor * spread
        value, low, high = (from_learnt(learnt + x, dose) for x in (0.0 * half, -half, half))
        stated = np.array([float(ENDPOINT_MODEL_ERROR[k.split(".")[0]]) for k in ENDPOINT_KEYS])
        measured = self.calibration.measured_error
        error = np.where(np.isnan(measured), stated[:, None], measured)
        below = np.hypot(value - low, error[:, 0] * np.abs(value))
        above = np.hypot(high - value, error[:, 1] * np.abs(value))
        can_be = np.array([ENDPOINT_BOUNDS[k.split(".")[0]] for k in ENDPOINT_KEYS]).T
        least, middle, most = (np.clip(x, *can_be) for x in (value - below, value, value + above))
        return middle, least, most

    def reach(self, features: FloatArray) -> FloatArray:
        """Return how far designs lie from the training data.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features in the order of `feature_names`, [-].

        Returns
        -------
        ndarray of shape (n,)
            `models.learning.applicability.Assessment.reach`, [%].
        """
        return self.applicability.assess(self._recipe(features), 1).reach

    def _recipe(self, features: FloatArray) -> FloatArray:
        """Return the features of the recipe; what the body sees follows from them."""
        return features[:, ~body_columns(self.feature_names)]

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
        features = self._recipe(features)
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


def fit(
    table: TrainingTable,
    endpoints: ProcessFit | None = None,
    measured_error: FloatArray | None = None,
    curves: ProcessFit | None = None,
) -> tuple[SystemSurrogate, dict[str, Any]]:
    """Fit the surrogate of one system and cross-validate it by group.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    endpoints : ProcessFit, optional
        What the fit of the endpoints found on the same simulated rows before, [-].
    measured_error : ndarray of shape (n_keys, 2), optional
        Model error that measured studies give, relative, below and above the value; nan where the
        stated one stands, [-].
    curves : ProcessFit, optional
        What the fit of the law's curves found on the same simulated rows before, [-].

    Returns
    -------
    tuple of SystemSurrogate and dict
        The surrogate, and what cross-validation found, by output, [-].
    """
    law = fit_curves(table) if curves is None else curves
    of_law = curve_model(table, law.kernel)
    curve_factor = conformal(law.held_out.ratio)
    taught = fit_measured(table, of_law, curve_factor)
    ends = fit_endpoints(table) if endpoints is None else endpoints
    surrogate = SystemSurrogate(
        system=table.system,
        feature_names=table.feature_names,
        curve_model=of_law,
        endpoint_model=endpoint_model(table, ends.kernel),
        calibration=calibrated(
            table,
            curve_factor,
            taught.left_out,
            ends.held_out,
            measured_error,
        ),
        applicability=learn_reach(table),
        discrepancy=taught.discrepancy,
        direct=taught.trial.direct if taught.trial is not None else None,
        measured_names=dict(table.measured_names),
    )
    found = {"curve": metrics(law.held_out)}
    if taught.left_out is not None:
        served = taught.left_out.found if taught.trial is None else taught.trial.found
        found = {
            "curve": measured_metrics(served, CURVE_TIMES_H, table.groups[table.n_simulated :]),
            "curve_of_law": found["curve"],
        }
    if taught.trial is not None:
        found["curve"][FAMILIES] = taught.trial.as_dict()
    natural = in_units(table, ends.held_out)
    return surrogate, {
        **found,
        **{key: metrics(natural.column(k)) for k, key in enumerate(ENDPOINT_KEYS)},
    }
