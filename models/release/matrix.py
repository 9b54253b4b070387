"""Hypromellose matrix: diffusion through the gel plus relaxation and erosion of the polymer.

Liberation follows Peppas and Sahlin, ``F = k1 t^m + k2 t^(2m)``. With its plateau the reference
matrix (35 % K4M, no lactose) reproduces the 21.1 % at 1 h and 76.2 % at 12 h of a soluble drug in a
K-series matrix (Kraisit2019); how polymer, viscosity, filler, loading and anion move the two
constants is assumed. Two cliffs are described: a soluble salt percolates through the matrix above
about 60 %, and citrate salts the polymer out when there is too little of it.
"""

from math import exp, log

from formulation.delivery.timed_release import grade_viscosity_mpa_s
from formulation.design import Design
from formulation.provenance import Basis, Quantity
from models.release._base import ReleaseLaw, dissolution_parameters


def _assumed(value: float, unit: str, note: str) -> Quantity:
    return Quantity(
        value=value, unit=unit, basis=Basis.ASSUMED, source="ProductAssumption", note=note
    )


EXPONENT = _assumed(0.45, "1", "swelling cylinder")
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
REFERENCE_HPMC = _assumed(35.0, "percent", "polymer level of the reference matrix")
REFERENCE_VISCOSITY = _assumed(4000.0, "mPa.s", "K4M")
DIFFUSION_ON_HPMC = _assumed(-1.0, "1", "exponent of polymer level on diffusion")
DIFFUSION_ON_VISCOSITY = _assumed(-0.08, "1", "exponent of viscosity on diffusion")
RELAXATION_ON_HPMC = _assumed(-1.5, "1", "exponent of polymer level on erosion")
RELAXATION_ON_VISCOSITY = _assumed(-0.35, "1", "exponent of viscosity on erosion")
LACTOSE_EFFECT = _assumed(0.6, "1", "relative gain of diffusion at 100 % soluble filler")
HALF_SOLUBILITY = _assumed(50.0, "mmol/L", "below it, little can diffuse as dissolved salt")
PERCOLATION_PCT = _assumed(60.0, "percent", "soluble salt above this rarely holds")
PERCOLATION_WIDTH_PCT = _assumed(4.0, "percent", "width of the percolation cliff")
PERCOLATION_GAIN = _assumed(3.0, "1", "speed-up beyond percolation")
SALTING_OUT_HPMC_PCT = {
    "citrate": _assumed(30.0, "percent", "polymer below which citrate prevents hydration"),
}
SALTING_OUT_WIDTH_PCT = _assumed(2.0, "percent", "width of the hydration cliff")
SALTING_OUT_GAIN = _assumed(4.0, "1", "speed-up of a matrix that does not hydrate")
PLATEAU = _assumed(0.97, "1", "what a matrix keeps for good")


def matrix_law(design: Design) -> ReleaseLaw:
    """Return the law of a hypromellose matrix tablet.

    Parameters
    ----------
    design : Design
        A timed-release design, [-].

    Returns
    -------
    ReleaseLaw
        Swelling matrix with plateau, [-].

    References
    ----------
    .. [1] PeppasSahlin1989 (key in formulation/sources.bib)
    """
    dissolution = dissolution_parameters(design)
    hpmc = log(design.share_pct("hpmc") / float(REFERENCE_HPMC))
    viscosity = log(grade_viscosity_mpa_s(design) / float(REFERENCE_VISCOSITY))
    solubility = dissolution["solubility_mmol_per_l"]
    diffusible = solubility / (solubility + float(HALF_SOLUBILITY))
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
    return ReleaseLaw(
        route="oral",
        mechanism="swelling_matrix",
        parameters={
            **dissolution,
            "exponent": float(EXPONENT),
            "k_diffusion": diffusion * cliffs,
            "k_relaxation": relaxation * cliffs,
            "plateau": float(PLATEAU),
        },
    )


def _cliffs(design: Design, diffusible: float) -> float:
    soluble_load = design.share_pct("salt") * diffusible
    percolation = _step(soluble_load - float(PERCOLATION_PCT), float(PERCOLATION_WIDTH_PCT))
    factor = 1 + float(PERCOLATION_GAIN) * percolation
    if design.salt in SALTING_OUT_HPMC_PCT:
        missing = float(SALTING_OUT_HPMC_PCT[design.salt]) - design.share_pct("hpmc")
        factor *= 1 + float(SALTING_OUT_GAIN) * _step(missing, float(SALTING_OUT_WIDTH_PCT))
    return factor


def _step(distance: float, width: float) -> float:
    return 1 / (1 + exp(-distance / width))
