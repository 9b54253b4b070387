"""Timed release: a matrix tablet, alone or under a coat that opens at a pH or after a lag.

The matrix is hypromellose, which swells, lets magnesium diffuse out and erodes, or ethylcellulose,
which stays and lets it diffuse out. Methacrylic films open in the duodenum (pH 5.5), the ileum (6)
or towards the colon (7); a rupturable coat opens after a lag. A core that is alkaline needs a
sub-coat under a methacrylic film.
"""

from collections.abc import Mapping
from math import log10, pi

from formulation.delivery._base import (
    Component,
    DeliverySystem,
    Form,
    Route,
    Selection,
    some_of,
)
from formulation.delivery._features import MG_PER_G, TABLET_DENSITY, oral_features
from formulation.design import Design
from formulation.excipients import get_excipient
from formulation.parameters import ChoiceParameter, RealParameter
from formulation.provenance import assumed

PRACTICE = "FormulationPractice"
GRADES: Mapping[str, tuple[str, ...]] = {
    "hpmc": ("K100LV", "K4M", "K15M", "K100M"),
    "ethylcellulose": ("10cps", "100cps"),
}
"""Grades on offer by matrix polymer, thin to thick."""

ENTERIC_PH: Mapping[str, float] = {
    "enteric_l100_55": 5.5,
    "enteric_l100": 6.0,
    "enteric_s100": 7.0,
}
"""pH above which a methacrylic film dissolves (delivery_ranges), [-]."""

PULSATILE = "pulsatile_coat"
COATS: tuple[tuple[str, ...], ...] = (
    (),
    *((film,) for film in ENTERIC_PH),
    *(("sub_coat", film) for film in ENTERIC_PH),
    (PULSATILE,),
)
SALTING_OUT = ("citrate", "hydrogen_citrate", "sulfate", "sulfate_anhydrous")
"""Salts whose anion takes the water from hypromellose, in the law and in the warnings alike."""

FILLERS = ("mcc", "lactose", "dicalcium_phosphate")
LUBRICANTS = ("magnesium_stearate", "sodium_stearyl_fumarate")
TABLET_SHAPE = 1.3
"""Surface of a tablet over that of a sphere of its volume (assumed), [-]."""


def grade_viscosity_mpa_s(design: Design) -> float:
    """Return the nominal viscosity of the matrix polymer.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    float
        Viscosity of a 2 % solution (hypromellose) or a 5 % one (ethylcellulose), [mPa.s].
    """
    polymer = polymer_of(design)
    grade = str(design.process[f"{polymer}_grade"]).lower()
    viscosity = get_excipient(f"{polymer}_{grade}").viscosity_mpa_s
    assert viscosity is not None
    return viscosity


def polymer_of(design: Design) -> str:
    """Return the matrix polymer of a design.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    str
        ``hpmc`` or ``ethylcellulose``, [-].
    """
    return next(polymer for polymer in GRADES if polymer in design.amounts_mg)


def enteric_film(design: Design) -> str:
    """Return the methacrylic film of a design; empty without one.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    str
        Excipient key, [-].
    """
    return next((film for film in ENTERIC_PH if film in design.amounts_mg), "")


def coat_mg_per_cm2(design: Design, coat: str) -> float:
    """Return the level of a coat on the surface of its core.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].
    coat : str
        Component, [-].

    Returns
    -------
    float
        Mass of coat over the core's surface, [mg/cm^2].
    """
    mass = design.amounts_mg.get(coat, 0.0)
    volume_cm3 = (design.unit_mass_mg - mass) / float(TABLET_DENSITY) / MG_PER_G
    surface_cm2: float = TABLET_SHAPE * (36 * pi * volume_cm3**2) ** (1 / 3)
    return mass / surface_cm2


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a timed-release unit.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix, [-].
    """
    polymer, film = polymer_of(design), enteric_film(design)
    salting_out_mg = sum(part.mass_mg for part in design.parts if part.salt in SALTING_OUT)
    shares = (*GRADES, *FILLERS[1:], *LUBRICANTS, *ENTERIC_PH, "sub_coat", PULSATILE)
    return {
        **oral_features(design),
        "is_ethylcellulose": float(polymer == "ethylcellulose"),
        "log_viscosity_mpa_s": log10(grade_viscosity_mpa_s(design)),
        **{f"{name}_pct": design.share_pct(name) for name in shares},
        "film_ph": ENTERIC_PH.get(film, 0.0),
        "film_mg_per_cm2": coat_mg_per_cm2(design, film) if film else 0.0,
        "coat_lag_h": float(design.process.get("coat_lag_h", 0.0)),
        "compression_force_kn": float(design.process["compression_force_kn"]),
        "salting_out_share": salting_out_mg / design.salt_mass_mg,
    }


def _part(name: str, role: str, low: float, high: float) -> Component:
    return Component(name=name, role=role, low_pct=low, high_pct=high, source=PRACTICE)


def _matrix(polymer: str, title: str, low: float, high: float) -> Form:
    """Return the matrix of one polymer: it decides the levels and the grade."""
    return Form(
        name=f"{polymer}_matrix",
        title=title,
        route=Route.ORAL,
        components=(
            _part("salt", "magnesium salt", 20, 70),
            _part(polymer, "matrix polymer", low, high),
            *(_part(name, "lubricant", 0.25, 1.5) for name in LUBRICANTS),
            _part("sub_coat", "sub-coat", 2, 5),
            *(_part(film, "enteric film", 2, 6) for film in ENTERIC_PH),
            _part(PULSATILE, "pulsatile coat", 5, 20),
            *(_part(name, "filler", 3, 55) for name in FILLERS),
        ),
        selections=(
            Selection(name="lubricant", choices=some_of(LUBRICANTS, 1, 1)),
            Selection(name="coat", choices=COATS),
            Selection(name="fillers", choices=some_of(FILLERS, 1, 2)),
        ),
        process=(
            ChoiceParameter(name=f"{polymer}_grade", choices=GRADES[polymer], source=PRACTICE),
            RealParameter(
                name="compression_force_kn", unit="kN", low=5, high=30, step=0.5, source=PRACTICE
            ),
            RealParameter(
                name="coat_lag_h",
                unit="h",
                low=1,
                high=6,
                step=0.5,
                source=PRACTICE,
                when={"coat": (PULSATILE,)},
            ),
        ),
        unit_mass_mg=assumed(
            1000, "mg", "what most adults will swallow", 300, 1600, source=PRACTICE
        ),
        elemental_mg_per_unit=assumed(
            100,
            "mg",
            "at most 250 mg at one occasion (EFSA2016); below the low end it is no product here",
            50,
            250,
            source=PRACTICE,
        ),
    )


TIMED_RELEASE = DeliverySystem(
    name="timed_release",
    title="Timed release: matrix tablet, plain or coated",
    forms=(
        _matrix("hpmc", "Hypromellose matrix tablet", 20, 50),
        _matrix("ethylcellulose", "Ethylcellulose matrix tablet", 10, 40),
    ),
    features=features,
)
"""The matrix tablets, with every coat."""
