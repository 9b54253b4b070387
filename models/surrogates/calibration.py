"""How raw spreads of a surrogate become 90 % intervals, and the model error that is assumed."""

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.provenance import assumed
from models.chain import CURVE_TIMES_H
from models.surrogates.gaps import CURVE_MODEL_ERROR, MIN_MEASURED_GROUPS, NORMAL_90
from models.surrogates.measured import LeftOut, early_factor, measured_factor
from models.surrogates.table import ENDPOINT_KEYS, TrainingTable
from models.surrogates.validation import CrossValidation, conformal

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

ENDPOINT_BOUNDS = {
    "absorbed_increment": (-np.inf, np.inf),
    "soluble_unabsorbed_load": (0.0, np.inf),
    "peak_gut_load": (0.0, np.inf),
    "serum_change": (-np.inf, np.inf),
    "serum": (0.0, np.inf),
    "urine_change": (-np.inf, np.inf),
    "red_cell_change": (-100.0, np.inf),
    "muscle_change": (-100.0, np.inf),
    "laxation_risk": (0.0, 100.0),
}
"""Smallest and largest value that each endpoint can have, in its unit: amounts are not negative, a
chance is 0 to 100 %, nothing falls by more than all of it; other differences have no bound."""


def _nothing_measured() -> FloatArray:
    return np.full((len(ENDPOINT_KEYS), 2), np.nan)


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
    """Half-width over the raw spread of each endpoint as it is learnt, of shape (n_keys,), [-]."""

    curve_model_error: float
    """Model error stated for curves, [-]; the discrepancy starts from it with fewer than
    `MIN_MEASURED_GROUPS` measured formulations, and it is 0 when calibrated on measured ones."""

    n_measured_groups: int
    """Measured formulations behind it, [-]."""

    curve_kind: str
    """What the curve's interval is called."""

    endpoint_kind: str
    """What the endpoints' intervals are called."""

    measured_error: FloatArray = field(factory=_nothing_measured)
    """Model error below and above each endpoint that measured studies speak for, relative, of shape
    (n_keys, 2), [-]; nan where the stated one stands."""


def calibrated(
    table: TrainingTable,
    curve_factor: FloatArray,
    measured: LeftOut | None,
    endpoints: CrossValidation,
    measured_error: FloatArray | None = None,
) -> Calibration:
    """Return the calibration of a fit.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].
    curve_factor : ndarray of shape (n_times,)
        Half-width over the emulator's spread of curves, [-].
    measured : LeftOut or None
        Measured curves predicted unseen; None of fewer than two formulations, [-].
    endpoints : CrossValidation
        Endpoints predicted unseen, as they are learnt, [-].
    measured_error : ndarray of shape (n_keys, 2), optional
        Model error that measured studies give, relative, below and above; nan where the stated one
        stands, [-].

    Returns
    -------
    Calibration
        Factors, errors and the names of the intervals, [-].
    """
    if measured_error is None:
        measured_error = _nothing_measured()
    n, groups = table.n_simulated, table.n_measured_groups
    formulations = table.groups[n:]
    simulated = f"90 %: {n} simulated designs held out by group, plus a stated model error"
    curve_kind, error = simulated, float(CURVE_MODEL_ERROR)
    factor = np.full(len(CURVE_TIMES_H), NORMAL_90)
    early = np.tile(factor, (len(factor), 1))
    if measured is not None and groups >= MIN_MEASURED_GROUPS:
        curve_kind, error = f"90 %: {groups} measured formulations held out by group", 0.0
        factor = measured_factor(measured.found.ratio, formulations)
        early = early_factor(measured.continued, factor, formulations)
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
