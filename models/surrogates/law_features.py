"""What the body sees of a product: its law and its regimen, and nothing of the recipe behind them.

The simulator reads a design through its release law, its regimen and the osmoles that stay in the
bowel. So these features tell it whole but for the exact shape of liberation between the times they
hold, whatever the delivery system, in far fewer numbers than its recipe has.
"""

from collections.abc import Sequence
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from formulation.design import Design
from formulation.feature_words import BODY
from formulation.unabsorbed import unabsorbed_mosm_per_day
from models.release import Coat, ReleaseLaw

DOSE = f"{BODY}log_mmol_per_day"
"""Logarithm of the magnesium of a day, from which outputs for each unit of dose are scaled."""

BODY_TIMES_H = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24])
"""Times at which the fraction liberated in the body is a feature, [h]."""


def body_row(design: Design, law: ReleaseLaw) -> dict[str, float]:
    """Return what the body sees of a design.

    Parameters
    ----------
    design : Design
        A design, [-].
    law : ReleaseLaw
        Its law, [-].

    Returns
    -------
    dict of str to float
        The same names for every design of every system, [-].
    """
    intake = law.dose_mmol * design.regimen.units_per_intake
    coat = law.coat or Coat()
    row = {
        "log_mmol_per_day": log(intake * design.regimen.intakes_per_day),
        "log_mmol_per_intake": log(intake),
        "intakes_per_day": float(design.regimen.intakes_per_day),
        "with_meals": float(design.regimen.with_meals),
        "is_suspended": float(law.is_suspended),
        "residence_h": law.residence_h,
        "is_coated": float(law.coat is not None),
        "coat_threshold_ph": coat.threshold_ph,
        "coat_film_h": coat.film_h,
        "coat_lag_h": coat.lag_h,
        "coat_lag_cv": coat.lag_cv,
        "coat_failure": coat.failure,
        **_salts(law, design.regimen.units_per_intake),
        "log_unabsorbed_mosm_per_day": log1p(unabsorbed_mosm_per_day(design)),
    }
    liberated = law.liberated(BODY_TIMES_H, in_body=True)
    for time, fraction in zip(BODY_TIMES_H, liberated, strict=True):
        row[f"liberated_{time:g}h"] = float(fraction)
    return {f"{BODY}{name}": value for name, value in row.items()}


def body_columns(names: Sequence[str]) -> NDArray[np.bool_]:
    """Return which features are what the body sees; the others are the recipe and its bench curve.

    Parameters
    ----------
    names : sequence of str
        Names of features, [-].

    Returns
    -------
    ndarray of shape (n_features,)
        True for those of `body_row`, [-].
    """
    return np.array([name.startswith(BODY) for name in names])


def _salts(law: ReleaseLaw, units: int) -> dict[str, float]:
    """Return how the first and the last salt dissolve, and what all of an intake takes."""
    first, last = law.solids[0], law.solids[-1]
    row = {"second_share": last.dose_mmol / law.dose_mmol if len(law.solids) > 1 else 0.0}
    for prefix, solid in (("", first), ("second_", last)):
        row[f"{prefix}log_solubility_mmol_per_l"] = log(solid.solubility_mmol_per_l)
        row[f"{prefix}log_k_water_per_h"] = log(solid.k_water_per_h)
        row[f"{prefix}acid_demand_meq_per_mmol"] = solid.acid_demand_meq_per_mmol
        row[f"{prefix}predissolved"] = solid.predissolved
    solids = [(solid, solid.dose_mmol * units) for solid in law.solids]
    row["acid_meq_per_intake"] = sum(
        mmol * (1 - solid.predissolved) * solid.acid_demand_meq_per_mmol for solid, mmol in solids
    )
    row["mosm_per_intake"] = sum(mmol * solid.osmoles_per_mmol for solid, mmol in solids)
    return row
