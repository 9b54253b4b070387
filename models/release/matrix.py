"""Matrix tablets: hypromellose swells and erodes, ethylcellulose stays; a coat keeps them closed.

Liberation follows Peppas and Sahlin, ``F = k1 t^m + k2 t^(2m)``. With its plateau the reference
matrix (35 % K4M, no lactose) reproduces the 21.1 % at 1 h and 76.2 % at 12 h of a soluble drug in a
K-series matrix (Kraisit2019); how polymer, viscosity, filler, loading and anion move the two
constants is assumed. Two cliffs are described: a soluble salt percolates through the matrix above
about 60 %, and citrate and sulfate salt the polymer out when there is too little of it. An
ethylcellulose matrix follows the square root of time (assumed throughout).
"""

from math import exp, log

from formulation.delivery import Route
from formulation.delivery.timed_release import (
    ENTERIC_PH,
    PULSATILE,
    SALTING_OUT,
    coat_mg_per_cm2,
    enteric_film,
    grade_viscosity_mpa_s,
    polymer_of,
)
from formulation.design import Design
from formulation.provenance import Basis, Quantity, assumed
from formulation.salts import get_salt
from models.release._base import Coat, ReleaseLaw, solids_of

EXPONENT = assumed(0.45, "1", "swelling cylinder")
K_DIFFUSION = Quantity(
    value=0.1988,
    unit="1/h^0.45",
    basis=Basis.ESTIMATED,
    source="Kraisit2019",
    note="with the relaxation constant from releases at 1 h and 12 h, over the plateau",
)
K_RELAXATION = Quantity(
    value=0.0190,
    unit="1/h^0.9",
    basis=Basis.ESTIMATED,
    source="Kraisit2019",
    note="with the diffusion constant from releases at 1 h and 12 h, over the plateau",
)
REFERENCE_HPMC = assumed(35.0, "percent", "polymer level of the reference matrix")
REFERENCE_VISCOSITY = assumed(4000.0, "mPa.s", "K4M")
DIFFUSION_ON_HPMC = assumed(-1.0, "1", "exponent of polymer level on diffusion")
DIFFUSION_ON_VISCOSITY = assumed(-0.08, "1", "exponent of viscosity on diffusion")
RELAXATION_ON_HPMC = assumed(-1.5, "1", "exponent of polymer level on erosion")
RELAXATION_ON_VISCOSITY = assumed(-0.35, "1", "exponent of viscosity on erosion")
LACTOSE_EFFECT = assumed(0.6, "1", "relative gain of diffusion at 100 % soluble filler")
HALF_SOLUBILITY = assumed(50.0, "mmol/L", "below it, little can diffuse as dissolved salt")
PERCOLATION_PCT = assumed(60.0, "percent", "soluble salt above this rarely holds")
PERCOLATION_WIDTH_PCT = assumed(4.0, "percent", "width of the percolation cliff")
PERCOLATION_GAIN = assumed(3.0, "1", "speed-up beyond percolation")
SALTING_OUT_HPMC_PCT = dict.fromkeys(
    SALTING_OUT, assumed(30.0, "percent", "polymer below which such an anion prevents hydration")
)
SALTING_OUT_WIDTH_PCT = assumed(2.0, "percent", "width of the hydration cliff")
SALTING_OUT_GAIN = assumed(4.0, "1", "speed-up of a matrix that does not hydrate")
PLATEAU = assumed(0.97, "1", "of the dose; the rest a matrix keeps for good", 0.85, 1.0)
EC_EXPONENT = assumed(0.5, "1", "Higuchi: a matrix that stays")
EC_DIFFUSION = assumed(0.32, "1/h^0.5", "soluble salt in 20 % of 10 cps: half in about three hours")
EC_REFERENCE_PCT = assumed(20.0, "percent", "polymer level of the reference matrix")
EC_ON_POLYMER = assumed(-0.9, "1", "exponent of polymer level")
EC_ON_VISCOSITY = assumed(-0.10, "1", "exponent of viscosity, against 10 mPa.s")
EC_FORCE = assumed(-0.2, "1", "exponent of compression force, against 15 kN: fewer pores")
FILM_TIME = assumed(0.5, "h", "5 mg/cm2 of film dissolve in half an hour, half a pH above")
FILM_LEVEL = assumed(5.0, "mg/cm^2", "level of an ordinary enteric film (delivery_ranges)")
FILM_FAILURE = assumed(0.02, "1", "share of films that never open", 0.005, 0.1)
LAG_CV = assumed(0.2, "1", "spread of a rupturable coat's lag between units")
LAG_FAILURE = assumed(0.05, "1", "share of rupturable coats that never open", 0.01, 0.15)


def matrix_law(design: Design) -> ReleaseLaw:
    """Return the law of a matrix tablet, plain or coated.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    ReleaseLaw
        Swelling or inert matrix with plateau, behind its coat, [-].

    References
    ----------
    .. [1] PeppasSahlin1989 (key in formulation/sources.bib)
    """
    rates = _hypromellose if polymer_of(design) == "hpmc" else _ethylcellulose
    return ReleaseLaw(
        route=Route.ORAL,
        mechanism="swelling_matrix",
        parameters={**rates(design), "plateau": float(PLATEAU)},
        solids=solids_of(design),
        coat=coat_of(design),
    )


def coat_of(design: Design) -> Coat | None:
    """Return what keeps a timed-release tablet closed.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    Coat or None
        None without a coat; a sub-coat alone keeps nothing closed, [-].
    """
    if PULSATILE in design.amounts_mg:
        return Coat(
            lag_h=float(design.process["coat_lag_h"]),
            lag_cv=float(LAG_CV),
            failure=float(LAG_FAILURE),
        )
    if film := enteric_film(design):
        level = coat_mg_per_cm2(design, film) / float(FILM_LEVEL)
        return Coat(
            threshold_ph=ENTERIC_PH[film],
            film_h=float(FILM_TIME) * level,
            failure=float(FILM_FAILURE),
        )
    return None


def _hypromellose(design: Design) -> dict[str, float]:
    hpmc = log(design.share_pct("hpmc") / float(REFERENCE_HPMC))
    viscosity = log(grade_viscosity_mpa_s(design) / float(REFERENCE_VISCOSITY))
    diffusible = _diffusible(design)
    cliffs = _cliffs(design, diffusible)
    diffusion = (
        float(K_DIFFUSION)
        * diffusible
        * exp(float(DIFFUSION_ON_HPMC) * hpmc + float(DIFFUSION_ON_VISCOSITY) * viscosity)
        * (1 + float(LACTOSE_EFFECT) * design.share_pct("lactose") / 100)
    )
    relaxation = float(K_RELAXATION) * exp(
        float(RELAXATION_ON_HPMC) * hpmc + float(RELAXATION_ON_VISCOSITY) * viscosity
    )
    return {
        "exponent": float(EXPONENT),
        "k_diffusion": diffusion * cliffs,
        "k_relaxation": relaxation * cliffs,
    }


def _ethylcellulose(design: Design) -> dict[str, float]:
    polymer = log(design.share_pct("ethylcellulose") / float(EC_REFERENCE_PCT))
    viscosity = log(grade_viscosity_mpa_s(design) / 10)
    force = log(float(design.process["compression_force_kn"]) / 15)
    soluble = design.share_pct("lactose") / 100
    diffusible = _diffusible(design)
    diffusion = (
        float(EC_DIFFUSION)
        * diffusible
        * exp(float(EC_ON_POLYMER) * polymer + float(EC_ON_VISCOSITY) * viscosity)
        * exp(float(EC_FORCE) * force)
        * (1 + float(LACTOSE_EFFECT) * soluble)
    )
    load = design.share_pct("salt") * diffusible
    gain = float(PERCOLATION_GAIN) * _step(
        load - float(PERCOLATION_PCT), float(PERCOLATION_WIDTH_PCT)
    )
    return {
        "exponent": float(EC_EXPONENT),
        "k_diffusion": diffusion * (1 + gain),
        "k_relaxation": 0.0,
    }


def _diffusible(design: Design) -> float:
    """Return how much of the salt can diffuse as dissolved salt, by mass of each, [-]."""
    total = 0.0
    for part in design.parts:
        solubility = get_salt(part.salt).solubility
        assert solubility is not None
        share = solubility.value / (solubility.value + float(HALF_SOLUBILITY))
        total += part.mass_mg / design.salt_mass_mg * share
    return total


def _cliffs(design: Design, diffusible: float) -> float:
    soluble_load = design.share_pct("salt") * diffusible
    percolation = _step(soluble_load - float(PERCOLATION_PCT), float(PERCOLATION_WIDTH_PCT))
    factor = 1 + float(PERCOLATION_GAIN) * percolation
    for part in design.parts:
        needed = SALTING_OUT_HPMC_PCT.get(part.salt)
        if needed is not None:
            missing = float(needed) - design.share_pct("hpmc")
            out = _step(missing, float(SALTING_OUT_WIDTH_PCT)) * part.mass_mg / design.salt_mass_mg
            factor *= 1 + float(SALTING_OUT_GAIN) * out
    return factor


def _step(distance: float, width: float) -> float:
    return 1 / (1 + exp(-distance / width))
