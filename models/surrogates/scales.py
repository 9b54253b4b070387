"""Scales on which endpoints are learnt: for each unit of dose, as odds, or as they are.

What is absorbed, and what rises with it, is nearly in proportion to the dose. A process that learns
the share has less to learn, and the dose itself is exact. A chance is learnt as log odds, with a
tenth of a percent on either side, so that none is outside 0 to 100 % and none is endless.
"""

from enum import StrEnum

import numpy as np

from formulation.arrays import FloatArray
from models.chain import PERCENTILES
from models.surrogates.table import LEARNT


class Scale(StrEnum):
    """How an endpoint is learnt."""

    PER_DOSE = "for each mmol of the daily dose"
    ODDS = "as log odds"
    PLAIN = "as it is"


SCALES = {
    "absorbed_increment": Scale.PER_DOSE,
    "soluble_unabsorbed_load": Scale.PLAIN,
    "peak_gut_load": Scale.PLAIN,
    "serum_change": Scale.PER_DOSE,
    "serum": Scale.PLAIN,
    "urine_change": Scale.PER_DOSE,
    "red_cell_change": Scale.PER_DOSE,
    "muscle_change": Scale.PER_DOSE,
    "laxation_risk": Scale.ODDS,
}
"""Scale of each learnt endpoint, chosen by cross-validation (`docs/emulator.json`)."""

_OF_COLUMN = np.array([SCALES[name] for name in LEARNT for _ in PERCENTILES])
_EDGE = 0.1
"""Added at either end of a chance, [%]."""

_WHOLE = 100.0


def to_learnt(endpoints: FloatArray, dose_mmol_per_day: FloatArray) -> FloatArray:
    """Return endpoints on the scales they are learnt on.

    Parameters
    ----------
    endpoints : ndarray of shape (n, n_keys)
        Values, each in its endpoint's unit, [-].
    dose_mmol_per_day : ndarray of shape (n,)
        Magnesium of a day, [mmol/d].

    Returns
    -------
    ndarray of shape (n, n_keys)
        The same on the scales of `SCALES`, [-].
    """
    learnt = endpoints.copy()
    shares, odds = _OF_COLUMN == Scale.PER_DOSE, _OF_COLUMN == Scale.ODDS
    learnt[:, shares] /= dose_mmol_per_day[:, None]
    learnt[:, odds] = np.log((endpoints[:, odds] + _EDGE) / (_WHOLE + _EDGE - endpoints[:, odds]))
    return learnt


def from_learnt(learnt: FloatArray, dose_mmol_per_day: FloatArray) -> FloatArray:
    """Return endpoints from the scales they are learnt on.

    Parameters
    ----------
    learnt : ndarray of shape (n, n_keys)
        Values on the scales of `SCALES`, [-].
    dose_mmol_per_day : ndarray of shape (n,)
        Magnesium of a day, [mmol/d].

    Returns
    -------
    ndarray of shape (n, n_keys)
        Each in its endpoint's unit; a chance within 0 to 100 %, [-].
    """
    endpoints = learnt.copy()
    shares, odds = _OF_COLUMN == Scale.PER_DOSE, _OF_COLUMN == Scale.ODDS
    endpoints[:, shares] *= dose_mmol_per_day[:, None]
    chance = (_WHOLE + 2 * _EDGE) / (1 + np.exp(-learnt[:, odds])) - _EDGE
    endpoints[:, odds] = np.clip(chance, 0.0, _WHOLE)
    return endpoints
