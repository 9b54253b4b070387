"""Mucoadhesive gels: swallowed from a sachet, laid in the cheek, or rectal. The form is the route.

A water gel of one polymer, or of an uncharged one with another. Carbomer and gellan are on offer
and always refused, since magnesium collapses the one and sets the other. Viscosity, adhesion,
swelling and residence are small assumed relations (ranges: delivery_ranges, recalled), which a
laboratory's measurements replace; osmolality and concentration are computed. The acid or alkali
that sets the pH is not in the recipe: an alkaline salt needs a lot of acid.
"""

from collections.abc import Mapping
from math import exp, log10

from formulation.blends import least_soluble, lots_of
from formulation.delivery._base import (
    FORM,
    Component,
    DeliverySystem,
    Form,
    Route,
    Selection,
    some_of,
)
from formulation.delivery._features import oral_features
from formulation.design import Design
from formulation.parameters import RealParameter
from formulation.provenance import assumed
from formulation.salts import MG_PER_LITRE_OF_WATER
from formulation.units import MG_PER_MMOL

PRACTICE, CHITOSAN = "FormulationPractice", "chitosan"
Three = tuple[float, float, float]
NEUTRAL = ("hec", "hpmc_k4m")
POLYMERS = (*NEUTRAL, "sodium_cmc", CHITOSAN, "sodium_alginate", "carbomer", "gellan")
HUMECTANTS = ("glycerol", "propylene_glycol", "sorbitol")

_BY_POLYMER: Mapping[str, Three] = {
    "hec": (5.5, 0.20, 0.3),
    "hpmc_k4m": (4.0, 0.25, 0.3),
    "sodium_cmc": (0.3, 0.50, 0.8),
    "chitosan": (1.0, 0.60, 0.6),
    "sodium_alginate": (0.6, 0.45, 0.8),
    "carbomer": (0.01, 0.80, 1.0),
    "gellan": (0.05, 0.30, 0.3),
}
_NOTES = (
    ("Pa.s", "a 2 % gel with magnesium in: carbomer collapsed, gellan set, carmellose thinned"),
    ("N/cm^2", "a 2 % gel without salt; charge and carboxyl groups hold mucin"),
    ("1/percent", "water taken up per % of polymer beyond its own; charged chains take more"),
)
THICKENING, STICKING, SWELLING = (
    {name: assumed(values[k], *_NOTES[k]) for name, values in _BY_POLYMER.items()}
    for k in range(len(_NOTES))
)
REFERENCE_PCT = assumed(2.0, "percent", "share at which polymers are compared")
THICKENING_POWER = assumed(3.5, "1", "exponent of polymer share, entangled solution", 3, 5)
STICKING_POWER = assumed(0.5, "1", "exponent of polymer share on adhesion")
SCREENING_MMOL_PER_L = assumed(1000.0, "mmol/L", "magnesium that halves what charge does")
CHITOSAN_PKA = assumed(6.3, "1", "of its amines, which hold mucin only while charged", 6.0, 6.5)
MUCUS_TURNOVER = assumed(5.0, "h", "no gel stays longer than the mucus under it", 4, 6)
DETACHMENT = {
    "swallowed": assumed(0.2, "1/h", "before swelling, moved on by food and peristalsis"),
    "buccal": assumed(0.1, "1/h", "before swelling, washed by saliva and moved by the tongue"),
    "rectal": assumed(0.05, "1/h", "before swelling, in a rectum at rest"),
}
REFERENCE_ADHESION = assumed(0.3, "N/cm^2", "typical gel", 0.1, 1.0)
SWELLING_SCALE = assumed(3.0, "1", "swelling ratio that lets go e times as fast")


def magnesium_mmol_per_l(design: Design) -> float:
    """Return the magnesium in a litre of gel, dissolved or not; a litre is taken as a kilogram.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        Concentration, [mmol/L].
    """
    return design.elemental_mg_per_unit / MG_PER_MMOL / design.unit_mass_mg * MG_PER_LITRE_OF_WATER


def dissolved_share(design: Design) -> float:
    """Return the share of the salt that the water of a gel dissolves.

    Of a mixture the less soluble salt decides, as in the rule for solutions.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        The rest is suspended, [-].
    """
    most = least_soluble(lots_of(design)) * design.amounts_mg["water"]
    return min(1.0, most / design.salt_mass_mg)


def viscosity_pa_s(design: Design) -> float:
    """Return the viscosity of a gel at rest, about 20 degC (assumed relation).

    A power law of the polymer share; two polymers add as the shares of one of equal thickness.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        5 to 60 is spreadable and stays where it is put, [Pa.s].
    """
    power = float(THICKENING_POWER)
    thin = sum(
        design.share_pct(name) / float(REFERENCE_PCT) * float(value) ** (1 / power)
        for name, value in THICKENING.items()
    )
    return float(thin**power)


def adhesion_n_per_cm2(design: Design) -> float:
    """Return the stress at which a gel comes off mucosa (assumed relation).

    Charged polymers lose hold in magnesium, which screens them; chitosan also as its pH rises.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        0.1 to 1.0 is usual, [N/cm^2].
    """
    squares = 0.0
    for name, stress in STICKING.items():
        share = (design.share_pct(name) / float(REFERENCE_PCT)) ** float(STICKING_POWER)
        squares += (float(stress) * share * _charge(design, name)) ** 2
    return float(squares**0.5)


def swelling_ratio(design: Design) -> float:
    """Return the volume of a gel that swelled on wet mucosa over that before (assumed relation).

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        At least 1, [-].
    """
    return 1 + sum(
        float(per_pct) * design.share_pct(name) * _charge(design, name)
        for name, per_pct in SWELLING.items()
    )


def residence_h(design: Design) -> float:
    """Return the mean time a gel stays where it adheres (assumed relation).

    It leaves with the mucus under it or comes off, sooner where it sticks less or swells more.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    float
        Below the turnover of mucus, [h].
    """
    letting_go = float(REFERENCE_ADHESION) / adhesion_n_per_cm2(design)
    letting_go *= exp((swelling_ratio(design) - 1) / float(SWELLING_SCALE))
    letting_go *= float(DETACHMENT[str(design.process[FORM])])
    return 1 / (letting_go + 1 / float(MUCUS_TURNOVER))


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a gel.

    Parameters
    ----------
    design : Design
        A gel, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix; 0 for what a gel does not hold, [-].
    """
    return {
        **oral_features(design),
        **{f"is_{name}": float(design.process[FORM] == name) for name in DETACHMENT},
        **{f"{x}_pct": design.share_pct(x) for x in (*POLYMERS, *HUMECTANTS, "potassium_sorbate")},
        "ph": float(design.process["ph"]),
        "magnesium_mmol_per_l": magnesium_mmol_per_l(design),
        "dissolved_share": dissolved_share(design),
        "log_viscosity_pa_s": log10(viscosity_pa_s(design)),
    }


def _charge(design: Design, polymer: str) -> float:
    """Return the share of its effect that the charge of a polymer keeps."""
    if polymer in NEUTRAL:
        return 1.0
    kept = 1 / (1 + magnesium_mmol_per_l(design) / float(SCREENING_MMOL_PER_L))
    if polymer == CHITOSAN:
        kept /= 1 + 10 ** (float(design.process["ph"]) - float(CHITOSAN_PKA))
    return kept


def _parts(role: str, low: float, high: float, *names: str) -> tuple[Component, ...]:
    return tuple(
        Component(name=name, role=role, low_pct=low, high_pct=high, source=PRACTICE)
        for name in names
    )


_POLYMER = Selection(
    name="polymers",
    choices=tuple(c for c in some_of(POLYMERS, 1, 2) if len(c) == 1 or c[0] in NEUTRAL),
)
_WITH_CHITOSAN = tuple(text for text in _POLYMER.texts if CHITOSAN in text)
_WITHOUT = tuple(text for text in _POLYMER.texts if text not in _WITH_CHITOSAN)


def _ph(low: float, high: float, polymers: tuple[str, ...]) -> RealParameter:
    return RealParameter(
        name="ph",
        unit="1",
        low=low,
        high=high,
        step=0.1,
        source=PRACTICE,
        when={_POLYMER.name: polymers},
    )


def _gel(name: str, route: Route, mass: Three, content: Three, note: str) -> Form:
    return Form(
        name=name,
        title=f"{name.capitalize()} gel",
        route=route,
        components=(
            *_parts("magnesium salt", 0.2, 40, "salt"),
            *_parts("gel former", 1, 3, "hec", CHITOSAN),
            *_parts("gel former", 2, 4, "hpmc_k4m"),
            *_parts("gel former", 1, 4, "sodium_alginate"),
            *_parts("gel former", 1, 5, "sodium_cmc"),
            *_parts("gel former", 0.5, 2, "carbomer"),
            *_parts("gel former", 0.1, 1, "gellan"),
            *_parts("humectant", 2, 20, *HUMECTANTS),
            *_parts("preservative", 0.1, 0.3, "potassium_sorbate"),
            *_parts("solvent", 30, 97, "water"),
        ),
        selections=(_POLYMER, Selection(name="humectant", choices=some_of(HUMECTANTS, 0, 1))),
        process=(_ph(4.5, 6.0, _WITH_CHITOSAN), _ph(5.5, 7.0, _WITHOUT)),
        unit_mass_mg=assumed(mass[0], "mg", note, *mass[1:]),
        elemental_mg_per_unit=assumed(content[0], "mg", note, *content[1:]),
        dissolves_in="water" if route is Route.BUCCAL else "",
    )


_FORMS = (
    _gel("swallowed", Route.ORAL, (5000, 2000, 15_000), (100, 20, 150), "one stick or sachet"),
    _gel("buccal", Route.BUCCAL, (300, 100, 500), (5, 1, 15), "what a cheek bears without grit"),
    _gel("rectal", Route.RECTAL, (5000, 2000, 10_000), (50, 10, 100), "what is kept, no enema"),
)

MUCOADHESIVE_GEL = DeliverySystem(
    name="mucoadhesive_gel",
    title="Mucoadhesive gel: swallowed, buccal or rectal",
    forms=_FORMS,
    features=features,
)
"""The gels, by route."""
