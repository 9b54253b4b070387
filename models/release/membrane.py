"""Transdermal patch: magnesium that passes the skin, by diffusion, through pores, by a current.

The law counts what has passed the skin. Fick's law with a skin that is thin against its area gives
a flux that follows the concentration in the patch; the patch empties, so what is left decays at
first order and never more than the load passes. A rate-controlling membrane stands in series with
the skin: permeances add as resistances, and its lag ``L^2 / 6 D`` is added to that of the skin.
Above the concentration of the published experiment the flux is taken to rise no further: nobody
has measured it. Microneedles open a parallel path that closes at first order. A current adds at
most ``I / (z F)`` times the share of it that magnesium carries, until the charge is used up.

The one measured flux is that of MgSO4 through dermatomed pig skin (Ghimirey2020), intact and
after a microneedle roller. Whether it counts magnesium or salt is not said where it was read: here
it is read as anhydrous MgSO4, the other readings being its range. The concentration above that skin
is assumed, and so is everything that composition does. Not described: living skin against
excised, sites of the body, sweat, hydration of the skin by the patch, water drawn by osmosis, and
other ions that share the current.
"""

from math import sqrt

from attrs import frozen

from formulation.delivery import FORM, Route
from formulation.delivery.transdermal import (
    AREA_CM2,
    CHARGE_MA_MIN,
    CURRENT_MA,
    DENSITY,
    ENHANCERS,
    MEMBRANE_UM,
    NEEDLE_UM,
    setting,
)
from formulation.design import Design
from formulation.provenance import Basis, Quantity, assumed
from formulation.salts import get_salt
from formulation.units import MG_PER_MMOL, MINUTES_PER_HOUR
from models.release._base import ReleaseLaw, solids_of

CM_PER_UM = 1e-4
UG_PER_MG = 1000.0
ML_PER_L = 1000.0
"""Factors between units, [cm/um], [ug/mg] and [mL/L]."""

READINGS = ("sulfate_anhydrous", "sulfate")
"""Salts the published flux may count if it does not count magnesium; the first one is believed."""

PUBLISHED_INTACT = Quantity(
    value=4.64,
    unit="ug/cm^2/h",
    low=4.59,
    high=4.69,
    basis=Basis.MEASURED,
    source="Ghimirey2020",
    note="intact pig skin 648 um thick, mean and SD; whether of magnesium or salt is not said",
)
PUBLISHED_NEEDLES = Quantity(
    value=134.19,
    unit="ug/cm^2/h",
    low=131.79,
    high=136.59,
    basis=Basis.MEASURED,
    source="Ghimirey2020",
    note="after a roller of 500 um needles, mean and SD; whether of magnesium or salt is not said",
)
ANCHOR_DONOR = Quantity(
    value=1000.0,
    unit="mmol/L",
    low=100.0,
    high=2966.0,
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="magnesium above the skin of the published flux, not in the abstract; high is saturation",
)
SKIN_LAG = assumed(2.0, "h", "a small ion in excised skin reaches its steady flux within hours")

MATRIX_DENSITY = assumed(1000.0, "mg/mL", "between an adhesive and a gel of salt solution")

CONTACT = {
    "acrylate_adhesive": assumed(0.5, "1", "droplets reach the skin in part; takes up some water"),
    "silicone_adhesive": assumed(0.2, "1", "droplets are shut in; takes up little water"),
    "polyisobutylene_adhesive": assumed(0.1, "1", "droplets are shut in; takes up least water"),
}
"""Flux out of an adhesive over that out of a gel of equal concentration, [-]."""

ENHANCEMENT_PER_PCT = {
    "propylene_glycol": assumed(0.005, "1", "little is expected for a hydrated divalent ion"),
    "ethanol": assumed(0.008, "1", "little is expected for a hydrated divalent ion"),
    "dmso": assumed(0.010, "1", "little is expected for a hydrated divalent ion"),
    "menthol": assumed(0.015, "1", "loosens lipids, which the ion hardly uses"),
    "oleic_acid": assumed(0.015, "1", "loosens lipids, which the ion hardly uses"),
}
"""Relative rise of the flux through the skin for each % w/w in the patch, [1/%]."""

MEMBRANE_DIFFUSIVITY = assumed(1e-5, "cm^2/h", "an ion in a dense hydrophilic film")
MEMBRANE_PARTITION = assumed(0.1, "1", "concentration in the film over that in the patch")

REFERENCE_NEEDLES = {
    NEEDLE_UM: Quantity(
        value=500.0,
        unit="um",
        basis=Basis.MEASURED,
        source="Ghimirey2020",
        note="length of the roller's needles",
    ),
    DENSITY: assumed(200.0, "1/cm^2", "holes the roller left; not in the abstract"),
}
"""Needles of the published flux; the pores' flux goes with number and length (assumed)."""

PORE_CLOSURE = Quantity(
    value=0.1,
    unit="1/h",
    low=0.03,
    high=0.5,
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="half closed in 7 h under a patch; bare skin closes faster, excised skin hardly",
)
FARADAY_LIMIT = Quantity(
    value=0.4534,
    unit="mg/h/mA",
    basis=Basis.ESTIMATED,
    source="IUPAC2021",
    note="24.305 g/mol over two charges and 96,485 C/mol: magnesium carries all the current",
)
TRANSFERENCE = Quantity(
    value=0.2,
    unit="1",
    low=0.1,
    high=0.3,
    basis=Basis.ASSUMED,
    source="FormulationPractice",
    note="share of the current that magnesium carries in skin, recalled",
)


@frozen(kw_only=True)
class Barrier:
    """What stands between the patch and the body: the skin, perhaps behind a membrane."""

    permeability_cm_per_h: float
    """Flux over concentration in the patch, [cm/h]."""

    lag_h: float
    """Time by which the steady flux is late, [h]."""


def magnesium_flux(published: Quantity) -> Quantity:
    """Return a published flux as magnesium, with what the other readings of it would give.

    Parameters
    ----------
    published : Quantity
        Flux of either magnesium, MgSO4 or its heptahydrate, [ug/cm^2/h].

    Returns
    -------
    Quantity
        Read as anhydrous MgSO4; low as heptahydrate, high as magnesium, [ug/cm^2/h].
    """
    anhydrous, heptahydrate = (get_salt(key).mg_pct.value / 100 for key in READINGS)
    return Quantity(
        value=published.value * anhydrous,
        unit=published.unit,
        low=published.value * heptahydrate,
        high=published.value,
        basis=Basis.ESTIMATED,
        source=published.source,
        note="read as anhydrous MgSO4; low as the heptahydrate, high as magnesium itself",
    )


def permeability_cm_per_h(flux: Quantity) -> float:
    """Return the permeability that a flux of the published experiment means.

    Parameters
    ----------
    flux : Quantity
        Flux of magnesium, [ug/cm^2/h].

    Returns
    -------
    float
        Flux over the assumed concentration above that skin, [cm/h].
    """
    donor_mg_per_ml = float(ANCHOR_DONOR) * MG_PER_MMOL / ML_PER_L
    return float(flux) / UG_PER_MG / donor_mg_per_ml


def film(thickness_um: float) -> Barrier:
    """Return a rate-controlling membrane by itself.

    Parameters
    ----------
    thickness_um : float
        Thickness, [um].

    Returns
    -------
    Barrier
        Doubling the thickness halves its permeability and quadruples its lag, [-].
    """
    length_cm = thickness_um * CM_PER_UM
    diffusivity = float(MEMBRANE_DIFFUSIVITY)
    return Barrier(
        permeability_cm_per_h=float(MEMBRANE_PARTITION) * diffusivity / length_cm,
        lag_h=length_cm**2 / (6 * diffusivity),
    )


def thickness_um(lag_h: float) -> float:
    """Return how thick a rate-controlling membrane of a lag is, as `film` gives it.

    Parameters
    ----------
    lag_h : float
        Lag of the membrane by itself, [h].

    Returns
    -------
    float
        Thickness, [um].
    """
    return sqrt(6 * float(MEMBRANE_DIFFUSIVITY) * lag_h) / CM_PER_UM


def barrier(design: Design) -> Barrier:
    """Return the way through intact skin, behind a membrane where the patch has one.

    Parameters
    ----------
    design : Design
        A transdermal design, [-].

    Returns
    -------
    Barrier
        Resistances and lags added, [-].
    """
    skin = permeability_cm_per_h(magnesium_flux(PUBLISHED_INTACT)) * _enhancement(design)
    thickness = setting(design, MEMBRANE_UM)
    if not thickness:
        return Barrier(permeability_cm_per_h=skin, lag_h=float(SKIN_LAG))
    membrane = film(thickness)
    return Barrier(
        permeability_cm_per_h=1 / (1 / skin + 1 / membrane.permeability_cm_per_h),
        lag_h=float(SKIN_LAG) + membrane.lag_h,
    )


def membrane_law(design: Design) -> ReleaseLaw:
    """Return the law by which the magnesium of a patch passes the skin.

    Parameters
    ----------
    design : Design
        A transdermal design, [-].

    Returns
    -------
    ReleaseLaw
        Rates over the load of one patch, and when the current ends, [-].

    References
    ----------
    .. [1] Ghimirey2020 (key in formulation/sources.bib)
    """
    through = barrier(design)
    per_cm = _contact(design) * setting(design, AREA_CM2) / _volume_ml(design) * _dilute(design)
    current_ma = setting(design, CURRENT_MA)
    carried_mg_per_h = current_ma * float(FARADAY_LIMIT) * float(TRANSFERENCE)
    hours = setting(design, CHARGE_MA_MIN) / MINUTES_PER_HOUR / current_ma if current_ma else 0.0
    return ReleaseLaw(
        route=Route.SKIN,
        mechanism="membrane",
        parameters={
            "lag_h": through.lag_h,
            "k_skin_per_h": through.permeability_cm_per_h * per_cm,
            "k_pore_per_h": _pore_permeability_cm_per_h(design) * per_cm,
            "k_close_per_h": float(PORE_CLOSURE),
            "k_current_per_h": carried_mg_per_h / design.elemental_mg_per_unit,
            "current_h": hours,
        },
        solids=solids_of(design, predissolved=1.0),
    )


def _volume_ml(design: Design) -> float:
    """Return the volume of the matrix, over which the dissolved salt is spread."""
    return design.unit_mass_mg / float(MATRIX_DENSITY)


def _contact(design: Design) -> float:
    shut_in = [float(CONTACT[name]) for name in CONTACT if design.amounts_mg.get(name)]
    return min(shut_in, default=1.0)


def _enhancement(design: Design) -> float:
    return 1 + sum(float(ENHANCEMENT_PER_PCT[n]) * design.share_pct(n) for n in ENHANCERS)


def _pore_permeability_cm_per_h(design: Design) -> float:
    """Return what needles add to the skin: in proportion to their number and length."""
    if design.process[FORM] != "microneedle":
        return 0.0
    added = permeability_cm_per_h(magnesium_flux(PUBLISHED_NEEDLES))
    added -= permeability_cm_per_h(magnesium_flux(PUBLISHED_INTACT))
    for name, reference in REFERENCE_NEEDLES.items():
        added *= setting(design, name) / float(reference)
    return added


def _dilute(design: Design) -> float:
    """Return the share of the patch's concentration that counts, up to that of the anchor, [-]."""
    donor_mg_per_ml = float(ANCHOR_DONOR) * MG_PER_MMOL / ML_PER_L
    return min(1.0, donor_mg_per_ml * _volume_ml(design) / design.elemental_mg_per_unit)
