"""Timed-release tablet: a hypromellose matrix that swells, lets magnesium diffuse out and erodes.

A compressed matrix of salt, hypromellose of one grade, lactose or microcrystalline cellulose, and
magnesium stearate. Coats and ethylcellulose are not described yet.
"""

from collections.abc import Mapping
from math import log10

from formulation.delivery._base import Component, DeliverySystem, oral_features
from formulation.design import Design
from formulation.excipients import get_excipient
from formulation.parameters import ChoiceParameter, RealParameter
from formulation.provenance import Basis, Quantity

PRACTICE = "FormulationPractice"
GRADES = ("K100LV", "K4M", "K15M", "K100M")
"""Hypromellose grades on offer, thin to thick."""


def grade_viscosity_mpa_s(design: Design) -> float:
    """Return the nominal viscosity of the matrix polymer.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    float
        Viscosity of a 2 % solution at 20 degC, [mPa.s].
    """
    grade = str(design.process["hpmc_grade"])
    viscosity = get_excipient(f"hpmc_{grade.lower()}").viscosity_mpa_s
    assert viscosity is not None
    return viscosity


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a matrix tablet.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix, [-].
    """
    return {
        **oral_features(design),
        "hpmc_pct": design.share_pct("hpmc"),
        "log_viscosity_mpa_s": log10(grade_viscosity_mpa_s(design)),
        "lactose_pct": design.share_pct("lactose"),
        "magnesium_stearate_pct": design.share_pct("magnesium_stearate"),
        "compression_force_kn": float(design.process["compression_force_kn"]),
        "is_citrate": float(design.salt == "citrate"),
    }


TIMED_RELEASE = DeliverySystem(
    name="timed_release",
    title="Timed-release HPMC matrix tablet",
    route="oral",
    components=(
        Component(name="salt", role="magnesium salt", low_pct=20, high_pct=70, source=PRACTICE),
        Component(name="hpmc", role="matrix polymer", low_pct=20, high_pct=50, source=PRACTICE),
        Component(name="lactose", role="soluble filler", low_pct=0, high_pct=40, source=PRACTICE),
        Component(
            name="magnesium_stearate", role="lubricant", low_pct=0.25, high_pct=1.5, source=PRACTICE
        ),
        Component(name="mcc", role="insoluble filler", low_pct=5, high_pct=55, source=PRACTICE),
    ),
    process=(
        ChoiceParameter(name="hpmc_grade", choices=GRADES, source=PRACTICE),
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
"""The hypromellose matrix tablet."""
