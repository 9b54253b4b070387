"""Lipid nanoparticles: solid lipid (SLN), with liquid lipid (NLC), liposomes. One dose is a sachet.

The magnesium is a salt solution in which the particles float: an ion has no liking for lipid, so
most of it stays outside. Entrapment, polydispersity and zeta potential are predicted by the small
assumed relations below (ranges: delivery_ranges, recalled), which a laboratory's measurements
replace. Aggregation on storage, drying and taste are not described.
"""

from collections.abc import Mapping

from formulation.delivery._base import (
    FORM,
    Component,
    DeliverySystem,
    Form,
    Relation,
    Route,
    Selection,
    some_of,
)
from formulation.delivery._features import MG_PER_G, oral_features
from formulation.design import Design
from formulation.parameters import Parameter, RealParameter
from formulation.provenance import Quantity, assumed
from formulation.salts import MG_PER_LITRE_OF_WATER
from formulation.units import MG_PER_MMOL

PRACTICE = "FormulationPractice"
SOLID_LIPIDS = ("glyceryl_monostearate", "cetyl_palmitate", "tripalmitin")
LIQUID_LIPIDS = ("medium_chain_triglycerides", "oleic_acid")
LECITHINS = ("sunflower_lecithin", "soy_lecithin")
SURFACTANTS = ("polysorbate_80", "poloxamer_188", *LECITHINS)
STEROL = ("cholesterol",)
LIPOSOME = "liposome"
Names = tuple[str, ...]

UMOL_PER_MMOL = 1000.0
"""Micromoles in a millimole, [umol/mmol]."""


LECITHIN_G_PER_MOL = assumed(760.0, "g/mol", "phosphatidylcholine of seed oils, rounded")
TRAPPED_UL_PER_UMOL = assumed(2.0, "uL/umol", "water inside liposomes of 150 nm, recalled", 1, 3)
TRAPPED_ON_SIZE = assumed(0.3, "1", "exponent of size; larger liposomes also hold more layers")
REFERENCE_SIZE_NM = assumed(150.0, "nm", "typical particle", 80, 300)
REFERENCE_ENTRAPMENT = assumed(0.15, "1", "5 % lipid, 150 nm; no reviewed figure", 0.05, 0.40)
REFERENCE_LIPID_PCT = assumed(5.0, "percent", "typical lipid phase of a dispersion", 1, 10)
ENTRAPMENT_ON_LIPID = assumed(0.5, "1", "exponent of the lipid share; there is no affinity")
ENTRAPMENT_ON_SIZE = assumed(-0.25, "1", "exponent of size; much sits at the surface")
LIQUID_LIPID_GAIN = assumed(0.5, "1", "gain per share of liquid lipid, which disturbs the crystal")
MOST_ENTRAPMENT = assumed(0.40, "1", "most that passive loading of an ion reaches")
REFERENCE_PDI = assumed(0.20, "1", "typical of homogenised or extruded particles", 0.1, 0.3)
REFERENCE_BAR = assumed(800.0, "bar", "typical homogenisation", 300, 1500)
REFERENCE_CYCLES = assumed(4.0, "1", "typical homogenisation", 3, 5)
REFERENCE_COVER = assumed(0.4, "1", "surfactant over lipid at 2 % and 5 %")
SIZE_ON_BAR = assumed(-0.3, "1", "exponent of pressure on the size that is reached")
SIZE_ON_CYCLES = assumed(-0.2, "1", "exponent of cycles on the size that is reached")
SIZE_ON_COVER = assumed(-0.3, "1", "exponent of surfactant over lipid on the size reached")
PDI_ON_MISFIT = assumed(0.4, "1", "exponent of the size reached over the size asked for")
REFERENCE_PASSES = assumed(11.0, "1", "usual passes through an extruder's membrane", 5, 21)
PDI_ON_PASSES = assumed(-0.3, "1", "exponent of passes; each narrows the distribution")
PDI_ON_SIZE = assumed(0.2, "1", "exponent of size; wide pores let broken layers through")
BARE_ZETA_MV = assumed(25.0, "mV", "lipid under an uncharged surfactant, in water", 20, 40)
LECITHIN_ZETA_MV = assumed(15.0, "mV", "more, where all emulsifier is a charged lecithin")
SCREENING_MMOL_PER_L = assumed(30.0, "mmol/L", "magnesium that halves the potential")


def magnesium_mmol_per_l(design: Design) -> float:
    """Return the concentration of magnesium in the water of a dispersion.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Magnesium per litre of water, inside and outside the particles, [mmol/L].
    """
    water_l = design.amounts_mg["water"] / MG_PER_LITRE_OF_WATER
    return design.elemental_mg_per_unit / MG_PER_MMOL / water_l


def lipid_mg(design: Design) -> float:
    """Return the lipid that makes up the particles of one unit.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Solid and liquid lipid; of a liposome lecithin and cholesterol, [mg].
    """
    bilayer = LECITHINS if design.process[FORM] == LIPOSOME else ()
    return _sum_of(design, (*SOLID_LIPIDS, *LIQUID_LIPIDS, *bilayer, *STEROL))


def entrapment_efficiency(design: Design) -> float:
    """Return the share of the magnesium that sits in the particles (assumed relation).

    Liposomes are loaded passively: what they hold is the share of the water they enclose. In solid
    particles entrapment rises with the lipid share and the liquid lipid, and falls with size.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        About 0.05 to 0.40; the rest is salt solution, [-].
    """
    size_nm = float(design.process["size_nm"])
    if design.process[FORM] == LIPOSOME:
        lipid_umol = _sum_of(design, LECITHINS) * UMOL_PER_MMOL / float(LECITHIN_G_PER_MOL)
        per_umol = float(TRAPPED_UL_PER_UMOL) * _power(size_nm, REFERENCE_SIZE_NM, TRAPPED_ON_SIZE)
        found = lipid_umol * per_umol / design.amounts_mg["water"]
    else:
        share = 100 * lipid_mg(design) / design.unit_mass_mg
        liquid = _sum_of(design, LIQUID_LIPIDS) / lipid_mg(design)
        found = float(REFERENCE_ENTRAPMENT) * (1 + float(LIQUID_LIPID_GAIN) * liquid)
        found *= _power(share, REFERENCE_LIPID_PCT, ENTRAPMENT_ON_LIPID)
        found *= _power(size_nm, REFERENCE_SIZE_NM, ENTRAPMENT_ON_SIZE)
    return min(found, float(MOST_ENTRAPMENT))


def lipid_g_per_100_mg_mg(design: Design) -> float:
    """Return how much lipid would carry 100 mg of magnesium inside the particles.

    Liposomes of 150 nm need about 15 g when filled with an isotonic solution of the chloride,
    1.5 g when filled with a molar one, which bursts them in the gut.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Lipid per 100 mg of entrapped magnesium, [g].
    """
    entrapped_mg = entrapment_efficiency(design) * design.elemental_mg_per_unit
    return lipid_mg(design) / entrapped_mg * 100 / MG_PER_G


def pdi(design: Design) -> float:
    """Return the polydispersity index (assumed relation).

    Homogenised particles scatter more, the smaller they are asked to be against what pressure,
    cycles and surfactant reach; extruded ones less after more passes and through finer pores.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        0.1 to 0.3 is good, [-].
    """
    setting = {name: float(x) for name, x in design.process.items() if name != FORM}
    size_nm, typical = setting["size_nm"], float(REFERENCE_PDI)
    if design.process[FORM] == LIPOSOME:
        typical *= _power(setting["extrusion_passes"], REFERENCE_PASSES, PDI_ON_PASSES)
        return typical * _power(size_nm, REFERENCE_SIZE_NM, PDI_ON_SIZE)
    cover = _sum_of(design, SURFACTANTS) / lipid_mg(design)
    reached_nm = float(REFERENCE_SIZE_NM) * _power(cover, REFERENCE_COVER, SIZE_ON_COVER)
    reached_nm *= _power(setting["homogenisation_bar"], REFERENCE_BAR, SIZE_ON_BAR)
    reached_nm *= _power(setting["homogenisation_cycles"], REFERENCE_CYCLES, SIZE_ON_CYCLES)
    return typical * _power(reached_nm, size_nm, PDI_ON_MISFIT)


def zeta_mv(design: Design) -> float:
    """Return the size of the zeta potential without its sign, which is minus (assumed relation).

    Magnesium screens and binds to the charge, so the potential falls with its concentration; below
    about 20 mV only a surfactant that shields the surface keeps particles apart.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    float
        Absolute zeta potential, [mV].
    """
    charged = _sum_of(design, LECITHINS) / _sum_of(design, SURFACTANTS)
    unscreened = float(BARE_ZETA_MV) + float(LECITHIN_ZETA_MV) * charged
    return unscreened / (1 + magnesium_mmol_per_l(design) / float(SCREENING_MMOL_PER_L))


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a lipid nanoparticle dispersion.

    Parameters
    ----------
    design : Design
        A lipid nanoparticle design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix; 0 for what a form does not have, [-].
    """
    named = (*SOLID_LIPIDS, *LIQUID_LIPIDS, *SURFACTANTS, *STEROL, "potassium_sorbate")
    settings = ("size_nm", "homogenisation_bar", "homogenisation_cycles", "extrusion_passes")
    return {
        **oral_features(design),
        **{f"is_{name}": float(design.process[FORM] == name) for name in ("sln", "nlc", LIPOSOME)},
        **{f"{name}_pct": design.share_pct(name) for name in named},
        **{name: float(design.process.get(name, 0.0)) for name in settings},
        "magnesium_mmol_per_l": magnesium_mmol_per_l(design),
        "entrapment_efficiency": entrapment_efficiency(design),
    }


def _sum_of(design: Design, names: Names) -> float:
    return sum(design.amounts_mg.get(name, 0.0) for name in names)


def _power(value: float, reference: Quantity | float, exponent: Quantity) -> float:
    return float((value / float(reference)) ** float(exponent))


def _parts(role: str, low: float, high: float, *names: str) -> tuple[Component, ...]:
    return tuple(
        Component(name=name, role=role, low_pct=low, high_pct=high, source=PRACTICE)
        for name in names
    )


def _setting(name: str, unit: str, low: float, high: float, step: float) -> RealParameter:
    source = "Duong2020" if name == "size_nm" else PRACTICE
    return RealParameter(name=name, unit=unit, low=low, high=high, step=step, source=source)


def _relation(name: str, part: Names, whole: Names, low: float, high: float) -> Relation:
    return Relation(
        name=name,
        title=f"Share of {name.replace('_', ' ')}",
        part=part,
        whole=whole,
        unit="%",
        source=PRACTICE,
        low=low,
        high=high,
        per=100,
    )


def _dispersion(
    name: str,
    title: str,
    lipids: tuple[Component, ...],
    selections: tuple[Selection, ...],
    process: tuple[Parameter, ...],
    *relations: Relation,
) -> Form:
    return Form(
        name=name,
        title=title,
        route=Route.ORAL,
        components=(
            *_parts("magnesium salt", 0.2, 30, "salt"),
            *lipids,
            *_parts("preservative", 0.1, 0.3, "potassium_sorbate"),
            *_parts("solvent", 50, 98, "water"),
        ),
        selections=selections,
        process=process,
        relations=relations,
        unit_mass_mg=assumed(10_000, "mg", "one sachet or drinking ampoule", 2000, 30_000),
        elemental_mg_per_unit=assumed(75, "mg", "most of it stays free salt", 20, 150),
        dissolves_in="water",
    )


_SOLID = Selection(name="solid_lipid", choices=some_of(SOLID_LIPIDS, 1, 1))
_LIQUID = Selection(name="liquid_lipid", choices=some_of(LIQUID_LIPIDS, 1, 1))
_LECITHIN = Selection(name="lecithin", choices=some_of(LECITHINS, 1, 1))
_STABILISER = Selection(name="stabiliser", choices=((), ("cholesterol",)))
# The last pair would be two lecithins, which do the same.
_SURFACTANTS = Selection(name="surfactants", choices=some_of(SURFACTANTS, 1, 2)[:-1])
_HOMOGENISED = (
    _setting("size_nm", "nm", 80, 300, 5),
    _setting("homogenisation_bar", "bar", 300, 1500, 50),
    _setting("homogenisation_cycles", "1", 3, 5, 1),
)
_EXTRUDED = (_setting("size_nm", "nm", 80, 400, 5), _setting("extrusion_passes", "1", 5, 21, 2))
_SURFACTANT = _relation("surfactant", SURFACTANTS, ("unit_mass",), 0.5, 5)
_LIPID = _relation("lipid_phase", SOLID_LIPIDS + LIQUID_LIPIDS, ("unit_mass",), 1, 10)
_FLUID = _relation("liquid_in_lipid", LIQUID_LIPIDS, SOLID_LIPIDS + LIQUID_LIPIDS, 10, 40)
_STEROL = _relation("cholesterol_in_bilayer", STEROL, LECITHINS + STEROL, 5, 30)
_SURFACE = _parts("surfactant", 0.5, 5, *SURFACTANTS)
SLN = _dispersion(
    "sln",
    "Solid lipid nanoparticles",
    _parts("solid lipid", 1, 10, *SOLID_LIPIDS) + _SURFACE,
    (_SOLID, _SURFACTANTS),
    _HOMOGENISED,
    _SURFACTANT,
)
NLC = _dispersion(
    "nlc",
    "Nanostructured lipid carriers",
    _parts("solid lipid", 0.6, 9, *SOLID_LIPIDS)
    + _parts("liquid lipid", 0.1, 4, *LIQUID_LIPIDS)
    + _SURFACE,
    (_SOLID, _LIQUID, _SURFACTANTS),
    _HOMOGENISED,
    *(_LIPID, _FLUID, _SURFACTANT),
)
LIPOSOMES = _dispersion(
    LIPOSOME,
    "Liposomes",
    _parts("phospholipid", 2.5, 10, *LECITHINS) + _parts("bilayer stabiliser", 0.1, 3, *STEROL),
    (_LECITHIN, _STABILISER),
    _EXTRUDED,
    _STEROL,
)

LIPID_NANOPARTICLE = DeliverySystem(
    name="lipid_nanoparticle",
    title="Lipid nanoparticles: solid lipid, lipid carrier or liposome in a salt solution",
    forms=(SLN, NLC, LIPOSOMES),
    features=features,
)
"""The dispersions of lipid particles."""
