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

from collections.abc import Sequence
from typing import Any

import numpy as np

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.errors import InputError
from formulation.regimen import Regimen
from models.release._base import ReleaseLaw
from models.release._mechanisms import LIBERATION

HOURS_PER_DAY = 24.0
"""Hours in a day, [h/d]."""


def delivered_mmol_per_day(
    laws: Sequence[ReleaseLaw], regimens: Sequence[Regimen], permeability: FloatArray
) -> FloatArray:
    """Return the magnesium that patches bring through the skin in a day.

    Each patch is worn until the next change.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Law of one patch of each product, [-].
    regimens : sequence of Regimen
        Patches at once and changes a day of each product, [-].
    permeability : ndarray of shape (n_subjects,)
        Permeability of each subject's intact skin over that of the ordinary skin, [-].

    Returns
    -------
    ndarray of shape (n_products, n_subjects)
        Magnesium delivered, at most the load of the day's patches, [mmol/d].

    Raises
    ------
    InputError
        Laws and regimens differ in number, a law is not one of the skin, or a permeability is
        negative or not finite.
    """
    if len(laws) != len(regimens):
        raise InputError(
            f"Skin: {len(laws)} release laws and {len(regimens)} regimens were given; each patch"
            " needs one of both."
        )
    if permeability.ndim != 1 or not (np.isfinite(permeability) & (permeability >= 0)).all():
        raise InputError(
            f"Skin: permeability of shape {permeability.shape} is impossible, or one of its values"
            " is; give each subject one finite factor, zero or more."
        )
    delivered = np.empty((len(laws), len(permeability)))
    for row, law, regimen in zip(delivered, laws, regimens, strict=True):
        row[:] = law.dose_mmol * regimen.units_per_day * _passed(law, regimen, permeability)
    return delivered


def _passed(law: ReleaseLaw, regimen: Regimen, permeability: FloatArray) -> FloatArray:
    """Return the share of a patch that passed each subject's skin when it is taken off."""
    if law.route is not Route.SKIN or law.mechanism != "membrane":
        raise InputError(
            f"Skin: a release law of route '{law.route}' and mechanism {law.mechanism!r} was given;"
            " only mechanism 'membrane' of route 'skin' says what passes.",
            hint="Simulate an oral product with models.absorption.gut.",
        )
    worn_h = np.full(permeability.shape, HOURS_PER_DAY / regimen.intakes_per_day)
    # The closed form works element by element, so one rate a subject may stand for the rate.
    p: dict[str, Any] = dict(law.parameters)
    p["k_skin_per_h"] = p["k_skin_per_h"] * permeability
    return LIBERATION[law.mechanism](p, worn_h, True)
