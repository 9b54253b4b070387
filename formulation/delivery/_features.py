"""What several systems share: features of salts and regimens, densities."""

from math import log10

from formulation.design import Design
from formulation.provenance import assumed
from formulation.salts import get_salt

MG_PER_G = 1000.0
"""Milligrams in a gram, [mg/g]."""

TABLET_DENSITY = assumed(1.3, "g/mL", "compressed tablet", 1.1, 1.6)
"""Mass over the volume of a compressed tablet, [g/mL]."""


def salt_features(design: Design) -> dict[str, float]:
    """Return what surrogates may know of the salts of a design.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    dict of str to float
        Chemistry of the first salt and of the second, which repeats the first in a single salt,
        with the second's share of the magnesium, [-].
    """
    first, last = design.parts[0], design.parts[-1]
    share = last.elemental_mg / design.elemental_mg_per_unit if design.second_salt else 0.0
    features = {"second_share_of_mg": share}
    for prefix, part in (("", first), ("second_", last)):
        salt = get_salt(part.salt)
        assert salt.solubility is not None
        assert salt.acid_demand is not None
        features[f"{prefix}log_solubility_mmol_per_l"] = log10(salt.solubility.value)
        features[f"{prefix}acid_demand_meq_per_mmol"] = salt.acid_demand.value
    return features


def oral_features(design: Design) -> dict[str, float]:
    """Return the features every oral system shares.

    Parameters
    ----------
    design : Design
        The design, [-].

    Returns
    -------
    dict of str to float
        Dose, regimen and salt chemistry by name, unit as suffix, [-].
    """
    return {
        "dose_mmol": design.mmol_per_intake,
        "intakes_per_day": float(design.regimen.intakes_per_day),
        "with_meals": float(design.regimen.with_meals),
        **salt_features(design),
        "mg_content_pct": 100 * design.elemental_mg_per_unit / design.salt_mass_mg,
        "unit_mass_mg": design.unit_mass_mg,
        "salt_pct": design.share_pct("salt"),
    }
