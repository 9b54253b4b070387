"""Immediate-release tablet: disintegrates, then the salt's particles dissolve. The comparator.

A compressed tablet of salt, microcrystalline cellulose, povidone, croscarmellose and magnesium
stearate. Film coats, capsules, effervescent tablets and solutions are not described yet.
"""

from collections.abc import Mapping

from formulation.delivery._base import Component, DeliverySystem, oral_features
from formulation.design import Design
from formulation.parameters import RealParameter
from formulation.provenance import Basis, Quantity

PRACTICE = "FormulationPractice"


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a tablet.

    Parameters
    ----------
    design : Design
        An immediate-release design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix, [-].
    """
    return {
        **oral_features(design),
        "croscarmellose_pct": design.share_pct("croscarmellose"),
        "povidone_pct": design.share_pct("povidone"),
        "magnesium_stearate_pct": design.share_pct("magnesium_stearate"),
        "compression_force_kn": float(design.process["compression_force_kn"]),
    }


IMMEDIATE_RELEASE = DeliverySystem(
    name="immediate_release",
    title="Immediate-release tablet",
    route="oral",
    components=(
        Component(name="salt", role="magnesium salt", low_pct=40, high_pct=85, source=PRACTICE),
        Component(name="povidone", role="binder", low_pct=1, high_pct=5, source=PRACTICE),
        Component(
            name="croscarmellose", role="superdisintegrant", low_pct=1, high_pct=8, source=PRACTICE
        ),
        Component(
            name="magnesium_stearate", role="lubricant", low_pct=0.25, high_pct=1.5, source=PRACTICE
        ),
        Component(name="mcc", role="filler", low_pct=10, high_pct=55, source=PRACTICE),
    ),
    process=(
        RealParameter(
            name="compression_force_kn", unit="kN", low=5, high=30, step=0.5, source=PRACTICE
        ),
    ),
    unit_mass_mg=Quantity(
        value=1000,
        unit="mg",
        low=300,
        high=1600,
        basis=Basis.ASSUMED,
        source=PRACTICE,
        note="what most adults will swallow",
    ),
    elemental_mg_per_unit=Quantity(
        value=100, unit="mg", low=50, high=250, basis=Basis.MEASURED, source="EFSA2016"
    ),
    features=features,
)
"""The immediate-release tablet."""
