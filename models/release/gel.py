"""Mucoadhesive gel: it swells on the mucosa, and lets go as it swells; a thick gel lets go slowly.

What the water of the gel has dissolved leaves by diffusion, what is suspended leaves as particles
that still have to dissolve. Where the gel sticks, and for how long, goes along with the law; what
comes off earlier travels on with its contents. Every constant is assumed: no release of magnesium
from such gels was found. Alginate swells faster with magnesium in it (CarbohydrPolym2019); the size
of that effect is assumed as well.
"""

from formulation.delivery.mucoadhesive_gel import (
    MUCOADHESIVE_GEL,
    POLYMERS,
    dissolved_share,
    residence_h,
    viscosity_pa_s,
)
from formulation.design import Design
from formulation.provenance import assumed
from models.release._base import ReleaseLaw, solids_of

REFERENCE_VISCOSITY = assumed(20.0, "Pa.s", "middle of what is spreadable, 5 to 60")
REFERENCE_MASS = assumed(5000.0, "mg", "one sachet")
SWELLING_RATE = assumed(4.0, "1/h", "a gel holds water already; its surface loosens in minutes")
RELEASE_RATE = assumed(1.0, "1/h", "a few millimetres of gel are left in hours by diffusion")
RELEASE_ON_VISCOSITY = assumed(-0.2, "1", "exponent; the mesh narrows less than the gel thickens")
RATE_ON_MASS = assumed(-1 / 3, "1", "exponent; a gel of more mass is thicker, as its third root")
ALGINATE_GAIN = assumed(0.5, "1", "faster swelling of a gel that is all alginate")


def gel_law(design: Design) -> ReleaseLaw:
    """Return the law of one unit of a mucoadhesive gel.

    Parameters
    ----------
    design : Design
        A mucoadhesive gel design, [-].

    Returns
    -------
    ReleaseLaw
        Swelling and release where the form is put, with how long it stays, [-].

    References
    ----------
    .. [1] CarbohydrPolym2019 (key in formulation/sources.bib)
    """
    thinness = (design.unit_mass_mg / float(REFERENCE_MASS)) ** float(RATE_ON_MASS)
    thickness = viscosity_pa_s(design) / float(REFERENCE_VISCOSITY)
    polymer_mg = sum(design.amounts_mg.get(name, 0.0) for name in POLYMERS)
    alginate = design.amounts_mg.get("sodium_alginate", 0.0) / polymer_mg
    swelling = float(SWELLING_RATE) * (1 + float(ALGINATE_GAIN) * alginate)
    release = float(RELEASE_RATE) * thickness ** float(RELEASE_ON_VISCOSITY)
    return ReleaseLaw(
        route=MUCOADHESIVE_GEL.form_of(design).route,
        mechanism="gel",
        parameters={
            "k_swelling_per_h": swelling * thinness,
            "k_release_per_h": release * thinness,
        },
        solids=solids_of(design, predissolved=dissolved_share(design)),
        residence_h=residence_h(design),
    )
