"""Lipid nanoparticles: free salt solution, a burst, then diffusion out of lipid spheres, lipolysis.

What is not entrapped (most of it) is poured out as a solution. Of the entrapped share a part sits
near the surface and leaves first; the rest diffuses through solid lipid or bilayer, which is slow,
so that in the body lipase usually decides. Every constant is assumed, since no release of magnesium
from such particles was found; a laboratory's own curves replace them.

Uptake of whole particles is not described: there is no measurement of it for magnesium.
"""

from math import pi

from formulation.delivery import FORM, Route
from formulation.delivery.lipid_nanoparticle import (
    LECITHINS,
    LIPOSOME,
    LIQUID_LIPIDS,
    REFERENCE_SIZE_NM,
    SOLID_LIPIDS,
    STEROL,
    entrapment_efficiency,
    lipid_mg,
    magnesium_mmol_per_l,
)
from formulation.design import Design
from formulation.provenance import assumed
from models.release._base import ReleaseLaw, solids_of

SECONDS_PER_HOUR = 3600.0
"""Seconds in an hour, [s/h]."""

NM_PER_M = 1e9
"""Nanometres in a metre, [nm/m]."""

POUR_RATE = assumed(60.0, "1/h", "a solution mixes within minutes")
LEAST_BURST = assumed(0.1, "1", "share of the entrapped near the surface, in thin solution")
MOST_BURST = assumed(0.6, "1", "the same in strong solution, which lets particles swell and leak")
HALF_BURST = assumed(300.0, "mmol/L", "magnesium outside at half of that rise")
BURST_RATE = assumed(2.0, "1/h", "surface of particles of 150 nm empties within the hour")
DIFFUSIVITY = {
    "sln": assumed(3e-22, "m^2/s", "solid lipid, 1e-22 to 1e-20 recalled"),
    "nlc": assumed(1e-21, "m^2/s", "lipid with liquid inclusions, 1e-22 to 1e-20 recalled"),
    LIPOSOME: assumed(3e-21, "m^2/s", "bilayers, taken as a sphere; 1e-22 to 1e-20 recalled"),
}
LIPOLYSIS_RATE = {
    "glyceryl_monostearate": assumed(0.6, "1/h", "a monoglyceride, split and dissolved by bile"),
    "cetyl_palmitate": assumed(0.1, "1/h", "a wax, which lipase splits slowly"),
    "tripalmitin": assumed(0.3, "1/h", "a crystalline triglyceride"),
    "medium_chain_triglycerides": assumed(2.0, "1/h", "split fast by lipase"),
    "oleic_acid": assumed(1.5, "1/h", "no ester to split; bile takes it up"),
    "sunflower_lecithin": assumed(1.0, "1/h", "phospholipase and bile salts"),
    "soy_lecithin": assumed(1.0, "1/h", "phospholipase and bile salts"),
    "cholesterol": assumed(0.0, "1/h", "stiffens the bilayer and is not split"),
}


def nanoparticle_law(design: Design) -> ReleaseLaw:
    """Return the law of one unit of a lipid nanoparticle dispersion.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    ReleaseLaw
        Free solution, burst, diffusion and lipolysis of the entrapped, [-].
    """
    size_nm = float(design.process["size_nm"])
    finer = float(REFERENCE_SIZE_NM) / size_nm
    diffusivity = float(DIFFUSIVITY[str(design.process[FORM])]) * SECONDS_PER_HOUR
    radius_m = size_nm / 2 / NM_PER_M
    return ReleaseLaw(
        route=Route.ORAL,
        mechanism="nanoparticle",
        parameters={
            "free": 1 - entrapment_efficiency(design),
            "k_pour_per_h": float(POUR_RATE),
            "burst": burst_share(design),
            "k_burst_per_h": float(BURST_RATE) * finer,
            "k_diffusion_per_h": pi**2 * diffusivity / radius_m**2,
            "k_lipolysis_per_h": lipolysis_rate_per_h(design) * finer,
        },
        solids=solids_of(design, predissolved=1.0),
    )


def burst_share(design: Design) -> float:
    """Return the part of the entrapped magnesium that leaves in the first burst.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Rises with the magnesium in the water around the particles, [-].
    """
    outside = magnesium_mmol_per_l(design)
    rise = outside / (outside + float(HALF_BURST))
    return float(LEAST_BURST) + (float(MOST_BURST) - float(LEAST_BURST)) * rise


def lipolysis_rate_per_h(design: Design) -> float:
    """Return how fast bile and lipase take particles of the reference size apart.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Mean over the lipids by their mass; the surface grows as particles get finer, [1/h].
    """
    bilayer = LECITHINS if design.process[FORM] == LIPOSOME else ()
    names = (*SOLID_LIPIDS, *LIQUID_LIPIDS, *bilayer, *STEROL)
    split = sum(design.amounts_mg.get(name, 0.0) * float(LIPOLYSIS_RATE[name]) for name in names)
    return split / lipid_mg(design)
