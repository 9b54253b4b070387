"""Quantities of products: each says which field of the release law it moves, and where it counts.

A lever acts on the law, not on the recipe; so what of a recipe a law no longer shows is moved
alike. A membrane of a patch is taken to stand before skin without enhancers; what liposomes hold is
moved over the range of solid particles; the solubility moves how a salt dissolves in the body, not
what diffuses in a matrix or was dissolved in a glass.
"""

from collections.abc import Callable

from attrs import evolve

from experiments.account.lever import Lever, with_parameters
from formulation.delivery.lipid_nanoparticle import MOST_ENTRAPMENT, REFERENCE_ENTRAPMENT
from formulation.delivery.mucoadhesive_gel import MUCUS_TURNOVER, REFERENCE_ADHESION
from formulation.provenance import Quantity, assumed
from models.release import Coat, ReleaseLaw, gel, matrix, membrane, nanoparticle, tablet
from models.release._base import PARTICLE_RADIUS, Solid

Change = Callable[[ReleaseLaw, float], ReleaseLaw]
"""What a value of a quantity makes of a law."""

FLUX = membrane.magnesium_flux(membrane.PUBLISHED_INTACT)
"""Flux through intact skin as magnesium; its range is what the publication may have counted."""

SOLUBILITY = assumed(1.0, "1", "solubility over that of the table, which knows many by class only")
LIPID_DIFFUSION = assumed(
    1.0, "1", "over the stated one; 1e-22 to 1e-20 m2/s recalled of any lipid", 0.1, 10.0
)
LIPOLYSIS = assumed(1.0, "1", "over the stated rates of all lipids alike")


def _rests_on(mechanism: str, *names: str) -> Callable[[ReleaseLaw], bool]:
    """Return whether a law has a mechanism in which these parameters are not zero."""

    def concerns(law: ReleaseLaw) -> bool:
        return law.mechanism == mechanism and all(law.parameters[name] > 0 for name in names)

    return concerns


def _in_proportion(quantity: Quantity, *names: str) -> Change:
    def changed(law: ReleaseLaw, value: float) -> ReleaseLaw:
        factor = value / quantity.value
        return with_parameters(law, {name: factor * law.parameters[name] for name in names})

    return changed


def _parameters(
    title: str, quantity: Quantity, mechanism: str, *names: str, where: str = ""
) -> Lever:
    """Return a lever to which parameters of one mechanism are proportional.

    Parameters
    ----------
    title : str
        What it is, [-].
    quantity : Quantity
        Value, range and source, in its unit, [-].
    mechanism : str
        Mechanism it belongs to, [-].
    *names : str
        Parameters that rise in proportion, [-].
    where : str, optional
        Parameter that must not be zero; the first of the names by default, [-].

    Returns
    -------
    Lever
        The lever, [-].
    """
    return Lever(
        title=title,
        quantity=quantity,
        changed=_in_proportion(quantity, *names),
        concerns=_rests_on(mechanism, where or names[0]),
    )


def _has_particles(law: ReleaseLaw) -> bool:
    return any(solid.dose_mmol > 0 and solid.predissolved < 1 for solid in law.solids)


def _each_solid(law: ReleaseLaw, change: Callable[[Solid], Solid]) -> ReleaseLaw:
    return evolve(law, solids=tuple(change(solid) for solid in law.solids))


def _coarser(law: ReleaseLaw, radius_m: float) -> ReleaseLaw:
    """Return the law of larger particles: they dissolve that much more slowly."""
    factor = radius_m / PARTICLE_RADIUS.value

    def change(solid: Solid) -> Solid:
        return evolve(
            solid,
            k_water_per_h=solid.k_water_per_h / factor,
            k_acid_l_per_mmol_h=solid.k_acid_l_per_mmol_h / factor,
        )

    return _each_solid(law, change)


def _more_soluble(law: ReleaseLaw, factor: float) -> ReleaseLaw:
    """Return the law of salts so many times as soluble: water dissolves more, and faster."""

    def change(solid: Solid) -> Solid:
        return evolve(
            solid,
            k_water_per_h=solid.k_water_per_h * factor,
            solubility_mmol_per_l=solid.solubility_mmol_per_l * factor,
        )

    return _each_solid(law, change)


def _plateau(law: ReleaseLaw, reference: float) -> ReleaseLaw:
    """Return a tablet with another plateau of the reference: composition moves its odds."""
    odds = _odds(law.parameters["plateau"]) * _odds(reference)
    odds /= _odds(tablet.REFERENCE_PLATEAU.value)
    return with_parameters(law, {"plateau": odds / (1 + odds)})


def _odds(share: float) -> float:
    return share / (1 - share)


def _coat(law: ReleaseLaw) -> Coat:
    assert law.coat is not None
    return law.coat


def _has_film(law: ReleaseLaw) -> bool:
    return law.coat is not None and law.coat.threshold_ph > 0


def _bursts(law: ReleaseLaw) -> bool:
    return law.coat is not None and not law.coat.threshold_ph


def _failing(law: ReleaseLaw, share: float) -> ReleaseLaw:
    return evolve(law, coat=evolve(_coat(law), failure=share))


def _slower_film(law: ReleaseLaw, hours: float) -> ReleaseLaw:
    coat = _coat(law)
    return evolve(law, coat=evolve(coat, film_h=coat.film_h * hours / matrix.FILM_TIME.value))


def _entrapping(law: ReleaseLaw, reference: float) -> ReleaseLaw:
    """Return particles that hold more, up to what an ion reaches."""
    held = (1 - law.parameters["free"]) * reference / REFERENCE_ENTRAPMENT.value
    return with_parameters(law, {"free": 1 - min(held, float(MOST_ENTRAPMENT))})


def _bursting(law: ReleaseLaw, most: float) -> ReleaseLaw:
    """Return particles whose burst rises to another share with the magnesium outside."""
    least = float(nanoparticle.LEAST_BURST)
    rise = (law.parameters["burst"] - least) / (float(nanoparticle.MOST_BURST) - least)
    return with_parameters(law, {"burst": least + (most - least) * rise})


def _adhering(law: ReleaseLaw, reference: float) -> ReleaseLaw:
    """Return a gel against another reference of adhesion: it comes off faster in proportion."""
    lost_with_mucus = 1 / float(MUCUS_TURNOVER)
    coming_off = (1 / law.residence_h - lost_with_mucus) * reference / REFERENCE_ADHESION.value
    return evolve(law, residence_h=1 / (coming_off + lost_with_mucus))


def _on_mucus(law: ReleaseLaw, turnover_h: float) -> ReleaseLaw:
    coming_off = 1 / law.residence_h - 1 / float(MUCUS_TURNOVER)
    return evolve(law, residence_h=1 / (coming_off + 1 / turnover_h))


def _counting(law: ReleaseLaw, flux: float) -> ReleaseLaw:
    """Return a patch whose published fluxes counted something else; a membrane stays as it is."""
    factor, p = flux / FLUX.value, law.parameters
    skin = membrane.permeability_cm_per_h(FLUX)
    thickness_um = membrane.thickness_um(max(p["lag_h"] - float(membrane.SKIN_LAG), 0.0))
    before = 1 / membrane.film(thickness_um).permeability_cm_per_h if thickness_um else 0.0
    through = (1 / skin + before) / (1 / (factor * skin) + before)
    changed = {"k_skin_per_h": through * p["k_skin_per_h"]}
    return with_parameters(law, {**changed, "k_pore_per_h": factor * p["k_pore_per_h"]})


def _late(law: ReleaseLaw, hours: float) -> ReleaseLaw:
    """Return a patch on skin with another lag; that of a membrane stays."""
    lag_h = law.parameters["lag_h"] + hours - membrane.SKIN_LAG.value
    return with_parameters(law, {"lag_h": lag_h})


_PARTICLES = (
    Lever(
        title="Particle radius of the salt",
        quantity=PARTICLE_RADIUS,
        changed=_coarser,
        concerns=_has_particles,
    ),
    Lever(
        title="Solubility of the salt",
        quantity=SOLUBILITY,
        changed=_more_soluble,
        concerns=_has_particles,
    ),
)
_TABLETS = (
    _parameters(
        "How fast an ordinary tablet falls apart",
        tablet.REFERENCE_RATE,
        "disintegration",
        "k_liberation_per_h",
    ),
    Lever(
        title="Plateau of an ordinary tablet",
        quantity=tablet.REFERENCE_PLATEAU,
        changed=_plateau,
        concerns=_rests_on("disintegration"),
    ),
    _parameters(
        "Erosion of a tablet's coarse fragments",
        tablet.RESIDUE_RATE,
        "disintegration",
        "k_residue_per_h",
    ),
)
_MATRICES = (
    Lever(
        title="Diffusion out of a hypromellose matrix",
        quantity=matrix.K_DIFFUSION,
        changed=_in_proportion(matrix.K_DIFFUSION, "k_diffusion"),
        concerns=_rests_on("swelling_matrix", "k_relaxation"),
    ),
    _parameters(
        "Erosion of a hypromellose matrix",
        matrix.K_RELAXATION,
        "swelling_matrix",
        "k_relaxation",
    ),
    Lever(
        title="Diffusion out of an ethylcellulose matrix",
        quantity=matrix.EC_DIFFUSION,
        changed=_in_proportion(matrix.EC_DIFFUSION, "k_diffusion"),
        concerns=lambda law: (
            law.mechanism == "swelling_matrix" and law.parameters["k_relaxation"] == 0
        ),
    ),
    _parameters("What a matrix lets go in the end", matrix.PLATEAU, "swelling_matrix", "plateau"),
)
_COATS = (
    Lever(
        title="Films that never open",
        quantity=matrix.FILM_FAILURE,
        changed=_failing,
        concerns=_has_film,
    ),
    Lever(
        title="Time in which a film dissolves",
        quantity=matrix.FILM_TIME,
        changed=_slower_film,
        concerns=_has_film,
    ),
    Lever(
        title="Rupturable coats that never open",
        quantity=matrix.LAG_FAILURE,
        changed=_failing,
        concerns=_bursts,
    ),
)
_NANOPARTICLES = (
    Lever(
        title="Share of the magnesium that particles hold",
        quantity=REFERENCE_ENTRAPMENT,
        changed=_entrapping,
        concerns=_rests_on("nanoparticle"),
    ),
    Lever(
        title="Burst of what particles hold, in strong solution",
        quantity=nanoparticle.MOST_BURST,
        changed=_bursting,
        concerns=_rests_on("nanoparticle"),
    ),
    _parameters("Diffusion in the lipid", LIPID_DIFFUSION, "nanoparticle", "k_diffusion_per_h"),
    _parameters("Lipolysis", LIPOLYSIS, "nanoparticle", "k_lipolysis_per_h"),
)
_GELS = (
    _parameters("Swelling of a gel", gel.SWELLING_RATE, "gel", "k_swelling_per_h"),
    _parameters("Release from a swollen gel", gel.RELEASE_RATE, "gel", "k_release_per_h"),
    Lever(
        title="Adhesion at which gels come off at the stated rate",
        quantity=REFERENCE_ADHESION,
        changed=_adhering,
        concerns=_rests_on("gel"),
    ),
    Lever(
        title="Turnover of the mucus under a gel",
        quantity=MUCUS_TURNOVER,
        changed=_on_mucus,
        concerns=_rests_on("gel"),
    ),
)
_PATCHES = (
    Lever(
        title="What the published flux through skin counted",
        quantity=FLUX,
        changed=_counting,
        concerns=_rests_on("membrane"),
    ),
    Lever(
        title="Lag of the skin",
        quantity=membrane.SKIN_LAG,
        changed=_late,
        concerns=_rests_on("membrane"),
    ),
    _parameters(
        "Closure of the pores of needles",
        membrane.PORE_CLOSURE,
        "membrane",
        "k_close_per_h",
        where="k_pore_per_h",
    ),
    _parameters(
        "Share of the current that magnesium carries",
        membrane.TRANSFERENCE,
        "membrane",
        "k_current_per_h",
    ),
)

PRODUCT_LEVERS: tuple[Lever, ...] = (
    *_PARTICLES,
    *_TABLETS,
    *_MATRICES,
    *_COATS,
    *_NANOPARTICLES,
    *_GELS,
    *_PATCHES,
)
"""Every quantity of a release law that is moved."""
