"""When a coated form opens in a subject, and where it then is.

A film opens in the first segment whose pH exceeds its threshold, once it has dissolved there, or
never; a rupturable coat after a lag that differs between units. Opening and place are joined only
so far: an open film is never in a segment above the one that opened it. An acrylic film that opens
above a pH of 5.5 can open in a stomach that hardly secretes acid.
"""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.absorption import _parameters as gut
from models.release import Coat
from models.release._base import LAG_SHIFTS
from models.release.vessel import film_opening_h

NEVER = -1.0
"""Lag of a form that does not open, [h]."""


@frozen(kw_only=True, eq=False)
class Opening:
    """When units open and where, in each subject."""

    lags_h: FloatArray
    """Of shape (n_branches, n_subjects), each branch an equal share of the units, [h]."""

    segment: NDArray[np.int64]
    """First segment in which an open film is found, of shape (n_subjects,); 0 without a film."""

    failure: float
    """Share of units that never open, [-]."""


def opening(coat: Coat | None, numbers: dict[str, FloatArray], ph_shift: FloatArray) -> Opening:
    """Return when the units of a product open.

    Parameters
    ----------
    coat : Coat or None
        What keeps the form closed, [-].
    numbers : dict of str to ndarray of shape (n_subjects,)
        Transit and acid of the subjects, by name in the flux list, [-].
    ph_shift : ndarray of shape (n_subjects,)
        How much less acid than usual a subject's bowel is, [-] (pH).

    Returns
    -------
    Opening
        Lags and places, [-].
    """
    n = len(ph_shift)
    nowhere = np.zeros(n, dtype=np.int64)
    if coat is None:
        return Opening(lags_h=np.zeros((1, n)), segment=nowhere, failure=0.0)
    if not coat.threshold_ph:
        shifts = np.array(LAG_SHIFTS) * coat.lag_cv * coat.lag_h
        hours = np.maximum(coat.lag_h + shifts, 0.0)
        lags = np.repeat(hours[:, None], n, axis=1)
        return Opening(lags_h=lags, segment=nowhere, failure=coat.failure)
    ph = segment_ph(ph_shift, numbers["acid_at_rest"])
    open_here = ph >= coat.threshold_ph
    opens = open_here.any(axis=0)
    segment = np.where(opens, open_here.argmax(axis=0), gut.COLON)
    there = np.where(opens, ph[segment, np.arange(n)], coat.threshold_ph)
    hours = _arrival_h(numbers)[segment, np.arange(n)] + film_opening_h(coat, there)
    lags = np.where(opens, hours, NEVER)[None]
    return Opening(lags_h=lags, segment=segment.astype(np.int64), failure=coat.failure)


def segment_ph(ph_shift: FloatArray, acid_at_rest: FloatArray) -> FloatArray:
    """Return the pH of each segment without a product.

    Parameters
    ----------
    ph_shift : ndarray of shape (n_subjects,)
        How much less acid than usual a subject's bowel is, [-] (pH).
    acid_at_rest : ndarray of shape (n_subjects,)
        Acid of the fasted stomach, [mEq].

    Returns
    -------
    ndarray of shape (7, n_subjects)
        pH; the stomach is the fasted one, [-].
    """
    ph: FloatArray = gut.BOWEL_PH[:, None] + ph_shift[None]
    resting = acid_at_rest / 1000 / gut.RESTING_VOLUME_L[gut.STOMACH]
    ph[gut.STOMACH] = np.minimum(-np.log10(np.maximum(resting, 1e-7)), 7.0)
    return ph


def _arrival_h(numbers: dict[str, FloatArray]) -> FloatArray:
    """Return when the middle of a solid reaches each segment, of shape (7, n), [h]."""
    stays = [1 / numbers["empty_fed"], *[1 / numbers["transit"]] * gut.N_SMALL_BOWEL]
    return np.vstack([np.zeros(len(stays[0])), np.cumsum(stays, axis=0)])
