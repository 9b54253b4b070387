"""Cramps a week after some weeks, in people chosen because they have many.

An endpoint of claims only: no flux of the body reads or makes a cramp. Who is chosen for having
many has fewer afterwards, whatever is taken: regression to the mean and the placebo together, as
the placebo arm of one trial shows. That acts in every arm alike; only the claim that magnesium
lowers the frequency, where it is switched on, tells arms apart.
"""

import numpy as np

from formulation.arrays import FloatArray
from formulation.claims import Claim
from formulation.modulators import Target
from formulation.provenance import Basis, Quantity

_TRIAL = (
    "placebo arm of 46: 8.51 (SD 5.20) a week before and 5.48 (4.93) after, change SD 4.53, which"
    " gives a correlation of 0.60 between before and after"
)

CRAMPS_KEPT = Quantity(
    value=0.57, unit="1", basis=Basis.ESTIMATED, source="RoguinMaor2017", note=_TRIAL
)
"""Slope of the frequency after on that before, in a placebo arm."""

CRAMPS_LEFT = Quantity(
    value=0.63, unit="1/week", basis=Basis.ESTIMATED, source="RoguinMaor2017", note=_TRIAL
)
"""Frequency after of somebody who had none before, by the same line."""

CRAMPS_FIELD = "cramps_per_week"
"""Patient field that holds the frequency before."""


def expected_cramps(before: FloatArray, claims: tuple[Claim, ...] = ()) -> FloatArray:
    """Return how many cramps each person may expect after some weeks in an arm of a trial.

    Parameters
    ----------
    before : ndarray of shape (n_subjects,)
        Counted in the run-in, [1/week].
    claims : tuple of Claim, optional
        Claims that are switched on in this arm, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Expected frequency; of somebody without cramps none, [1/week].

    References
    ----------
    .. [1] RoguinMaor2017

    Examples
    --------
    >>> expected_cramps(np.array([0.0, 4.0, 8.51])).round(2)
    array([0.  , 2.91, 5.48])
    """
    after = np.where(before > 0, CRAMPS_LEFT.value + CRAMPS_KEPT.value * before, 0.0)
    for claim in claims:
        if claim.target is Target.CRAMPS:
            after = claim.applied(after, {CRAMPS_FIELD: before})
    return np.asarray(after, dtype=np.float64)
