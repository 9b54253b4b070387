"""Skin: magnesium that patches bring into the body in a day of steady wearing.

What a release law of a patch lets go has passed the skin, so it is counted as absorbed: there is
no gut, no saturable transport, and no diet to compete with. What stays in the patch when it is
taken off is not absorbed. Every patch starts on fresh skin with its lag anew, its pores open and
its current at the beginning; nothing is carried over from one patch to the next, so magnesium on
its way through the skin at the change is not counted. Subjects differ in how well intact skin lets
magnesium through, and neither in pores nor in what a current carries.

Whether skin lets an intact salt or complex through is not claimed: magnesium is counted as the ion.
The negative control is a magnesium cream that moved neither serum nor urine against placebo
(Kass2017); fluxes of excised pig skin say little more than the order of magnitude.
"""

from typing import Any

import numpy as np

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.errors import InputError
from models.release._base import ReleaseLaw
from models.release._mechanisms import LIBERATION

HOURS_PER_DAY = 24.0
"""Hours in a day, [h/d]."""


def passed_in_steps(
    law: ReleaseLaw, changes_per_day: int, edges_h: FloatArray, permeability: FloatArray
) -> FloatArray:
    """Return the magnesium that a patch brings through the skin in each step of a day.

    Each patch is worn until the next change; the first is put on at the start of the day.

    Parameters
    ----------
    law : ReleaseLaw
        Law of one patch, [-].
    changes_per_day : int
        Changes of the patch, [1/d].
    edges_h : ndarray of shape (n_steps + 1,)
        Ends of the steps, [h].
    permeability : ndarray of shape (n_subjects,)
        Permeability of each subject's intact skin over that of the ordinary skin, [-].

    Returns
    -------
    ndarray of shape (n_steps, n_subjects)
        Magnesium delivered, in a day at most the load of its patches, [mmol].

    Raises
    ------
    InputError
        The law is not one of the skin, or a permeability is negative or not finite.
    """
    if law.route is not Route.SKIN or law.mechanism != "membrane":
        raise InputError(
            f"Skin: a release law of route '{law.route}' and mechanism {law.mechanism!r} was given;"
            " only mechanism 'membrane' of route 'skin' says what passes.",
            hint="Follow an oral product as it is.",
        )
    if permeability.ndim != 1 or not (np.isfinite(permeability) & (permeability >= 0)).all():
        raise InputError(
            f"Skin: permeability of shape {permeability.shape} is impossible, or one of its values"
            " is; give each subject one finite factor, zero or more."
        )
    worn_h = HOURS_PER_DAY / changes_per_day
    patches, since_h = np.divmod(edges_h, worn_h)
    # The closed form works element by element, so one rate a subject may stand for the rate.
    p: dict[str, Any] = dict(law.parameters)
    p["k_skin_per_h"] = p["k_skin_per_h"] * permeability

    def through(hours: float) -> FloatArray:
        return LIBERATION[law.mechanism](p, np.full(permeability.shape, hours), True)

    whole = through(worn_h)
    total = np.array([n * whole + through(h) for n, h in zip(patches, since_h, strict=True)])
    return law.dose_mmol * np.diff(total, axis=0)
