"""How much of a salt's dissolved magnesium its own anion leaves free."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError
from models.absorption.speciation.equilibrium import speciate
from models.absorption.speciation.thermodynamics import BODY_C, GUT_IONIC_STRENGTH

ANIONS_OF_SALTS: Mapping[str, tuple[str, float]] = {
    "acetate": ("acetate", 2.0),
    "aspartate": ("aspartate", 2.0),
    "bisglycinate": ("glycinate", 2.0),
    "citrate": ("citrate", 2 / 3),
    "citrate_nonahydrate": ("citrate", 2 / 3),
    "gluconate": ("gluconate", 2.0),
    "gluconate_anhydrous": ("gluconate", 2.0),
    "hydrogen_citrate": ("citrate", 1.0),
    "lactate": ("lactate", 2.0),
    "malate": ("malate", 1.0),
    "sulfate": ("sulfate", 1.0),
    "sulfate_anhydrous": ("sulfate", 1.0),
    "triglycinate": ("glycinate", 3.0),
}
"""Anion of a salt and how many come with one magnesium."""

UNBOUND_SALTS = (
    *("oxide", "hydroxide", "carbonate", "hydroxycarbonate", "chloride", "chloride_anhydrous"),
    *("acetyl_taurate", "orotate", "pidolate", "taurate", "threonate"),
)
"""Salts whose magnesium is all free: the anion is spent by acid or binds nothing, or, in the
second line, nobody here knows its constant and it is assumed to bind nothing."""


def free_share(
    salt: str,
    dissolved_mmol_per_l: ArrayLike,
    ph: ArrayLike,
    *,
    calcium_mmol_per_l: ArrayLike = 0.0,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> FloatArray:
    """Return the free share of a salt's dissolved magnesium, beside its own anion only.

    Parameters
    ----------
    salt : str
        Key of the salt in `formulation.salts`, [-].
    dissolved_mmol_per_l : ndarray of shape (...)
        Dissolved magnesium, the anion in the salt's proportion, [mmol/L].
    ph : ndarray of shape (...)
        pH, [-].
    calcium_mmol_per_l : ndarray of shape (...), optional
        Total calcium that competes, [mmol/L].
    ionic_strength : float, optional
        Of the fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    ndarray of shape (...)
        Free magnesium with its hydroxide over dissolved, 1 at infinite dilution, [-].

    Raises
    ------
    InputError
        The salt is unknown, an amount is not above 0, or the pH is outside 0 to 14.
    """
    known = {**dict.fromkeys(UNBOUND_SALTS, ("", 0.0)), **ANIONS_OF_SALTS}
    if salt not in known:
        raise UnknownNameError("Salt", salt, known)
    anion, per_mg = known[salt]
    dissolved = np.asarray(dissolved_mmol_per_l, dtype=float)
    if not (dissolved > 0).all():
        raise InputError(
            f"Free share of {salt!r}: dissolved magnesium of {np.min(dissolved):g} mmol/L; a share"
            " needs an amount above 0.",
            hint="Take the share only where something is dissolved.",
        )
    totals: dict[str, ArrayLike] = {"Mg": dissolved, "Ca": calcium_mmol_per_l}
    if anion:
        totals[anion] = dissolved * per_mg
    fluid = speciate(totals, ph, ionic_strength=ionic_strength, temperature_c=temperature_c)
    free = fluid.free_mg_mmol_per_l + fluid.complexes_mmol_per_l["hydroxide"]
    return free / fluid.totals_mmol_per_l["Mg"]
