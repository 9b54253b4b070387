"""When a coated form opens in a subject, and where it then is.

A film opens in the first segment whose pH exceeds its threshold, once it has dissolved there, or
never; a rupturable coat after a lag that differs between units. Opening and place are joined only
so far: an open film is never in a segment above the one that opened it. An acrylic film that opens
above a pH of 5.5 can open in a stomach that hardly secretes acid, sooner with a meal. The product
itself cannot open its own film by taking acid: a closed unit lets nothing go. So a rise of gastric
pH opens films early only where something taken beside the product causes it, which is not followed.
"""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.absorption import _parameters as gut
from models.gastric_ph import fasted_ph, fed_ph
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


def opening(
    coat: Coat | None, numbers: dict[str, FloatArray], ph_shift: FloatArray, *, with_meal: bool
) -> Opening:
    """Return when the units of a product open.

    Parameters
    ----------
    coat : Coat or None
        What keeps the form closed, [-].
    numbers : dict of str to ndarray of shape (n_subjects,)
        Transit and acid of the subjects, by name in the flux list, [-].
    ph_shift : ndarray of shape (n_subjects,)
        How much less acid than usual a subject's bowel is, [-] (pH).
    with_meal : bool
        Whether a meal rules the stomach when they are taken, [-].

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
    ph = segment_ph(ph_shift, numbers["acid_at_rest"], with_meal=with_meal)
    open_here = ph >= coat.threshold_ph
    open_here[gut.STOMACH] = ph[gut.STOMACH] > coat.threshold_ph  # 7 there means no acid is left
    opens = open_here.any(axis=0)
    segment = np.where(opens, open_here.argmax(axis=0), gut.COLON)
    there = np.where(opens, ph[segment, np.arange(n)], coat.threshold_ph)
    arrival_h = _arrival_h(numbers, with_meal=with_meal)[segment, np.arange(n)]
    hours = arrival_h + film_opening_h(coat, there)
    lags = np.where(opens, hours, NEVER)[None]
    return Opening(lags_h=lags, segment=segment.astype(np.int64), failure=coat.failure)


def segment_ph(ph_shift: FloatArray, acid_at_rest: FloatArray, *, with_meal: bool) -> FloatArray:
    """Return the pH of each segment without a product.

    Parameters
    ----------
    ph_shift : ndarray of shape (n_subjects,)
        How much less acid than usual a subject's bowel is, [-] (pH).
    acid_at_rest : ndarray of shape (n_subjects,)
        Acid of the fasted stomach, [mEq].
    with_meal : bool
        Whether a meal rules the stomach, [-].

    Returns
    -------
    ndarray of shape (7, n_subjects)
        pH, [-].
    """
    ph: FloatArray = gut.BOWEL_PH[:, None] + ph_shift[None]
    if with_meal:
        ph[gut.STOMACH] = fed_ph(acid_at_rest / float(gut.ACID_AT_REST))
    else:
        ph[gut.STOMACH] = fasted_ph(acid_at_rest)
    return ph


def _arrival_h(numbers: dict[str, FloatArray], *, with_meal: bool) -> FloatArray:
    """Return when the middle of a solid reaches each segment, of shape (7, n), [h]."""
    empties = numbers["empty_fed" if with_meal else "empty_solid"]
    stays = [1 / empties, *[1 / numbers["transit"]] * gut.N_SMALL_BOWEL]
    return np.vstack([np.zeros(len(stays[0])), np.cumsum(stays, axis=0)])
