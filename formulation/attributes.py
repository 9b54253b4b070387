"""Quality attributes that follow from the recipe: arithmetic, and the systems' assumed relations.

Where an attribute does not apply to a form (the volume of a tablet, the area of a gel) its
endpoint is 0 and the table of `formulation.quality_attributes` says so. Heavy metals stand at the
limit of the salt's specification: an upper bound, no measurement. Costs are those of ingredients,
in orders of magnitude; a design with an ingredient of unknown price has none.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from formulation.delivery import Form
from formulation.delivery import mucoadhesive_gel as gel
from formulation.delivery._features import MG_PER_G, TABLET_DENSITY
from formulation.delivery.immediate_release import GLASS, SHELLS
from formulation.delivery.lipid_nanoparticle import entrapment_efficiency, pdi, zeta_mv
from formulation.design import SECOND_SALT, Design
from formulation.excipients import Excipient, excipient_of, get_excipient
from formulation.provenance import Basis, Quantity, assumed
from formulation.quality_attributes import attributes, form_key
from formulation.salts import HEAVY_METALS, get_salt
from formulation.units import MG_PER_MMOL

ML_PER_L = 1000.0
"""Millilitres in a litre, [mL/L]."""

MG_PER_KG = 1e6
"""Milligrams in a kilogram, [mg/kg]."""

LIQUID_DENSITY = assumed(
    1.05, "g/mL", "salt solutions, dispersions and gels lie between water and about 1.1", 1.0, 1.1
)
POWDER_DENSITY = assumed(0.8, "g/mL", "powder filled into a capsule", 0.5, 1.0)
SODIUM_MG_PER_MMOL = 22.990
"""Molar mass of sodium (IUPAC2021), [mg/mmol]."""

HIGH_IN_SODIUM = Quantity(
    value=391.0,
    unit="mg/d",
    basis=Basis.ASSUMED,
    source="EMAExcipients2019",
    note="17 mmol, a fifth of what WHO advises adults at most; recalled, not re-read",
)
"""Sodium of the largest daily dose from which a medicine's leaflet calls it high in sodium."""

WATER_MG_PER_MMOL = 18.015
"""Molar mass of water (IUPAC2021), [mg/mmol]."""

OSMOLES_PER_MG: Mapping[str, float] = {
    "glycerol": 1 / 92.09,
    "propylene_glycol": 1 / 76.09,
    "sorbitol": 1 / 182.17,
    "potassium_sorbate": 2 / 150.22,
    "citric_acid": 1 / 192.12,
    "sodium_bicarbonate": 1 / 84.01,
    "potassium_bicarbonate": 1 / 100.12,
    "sucralose": 1 / 397.63,
    "peg_6000": 1 / 6000,
}
"""Dissolved particles by formula, [mOsm/mg]; of a bicarbonate only its cation stays with acid."""

CAPSULE, EFFERVESCENT = "immediate_release.capsule", "immediate_release.effervescent"


def recipe_attributes(design: Design) -> dict[str, float]:
    """Return the endpoints among the quality attributes that follow from the recipe.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    dict of str to float
        By endpoint name, each in its endpoint's unit; 0 where it does not apply, and no
        ``cost_eur_per_day`` when a price is unknown, [-].
    """
    regimen = design.regimen
    found = {
        "units_per_intake": float(regimen.units_per_intake),
        "volume_per_intake_ml": _volume_ml(design) * regimen.units_per_intake,
        "area_per_day_cm2": float(design.process.get("area_cm2", 0.0)) * regimen.units_per_day,
        "osmolality_mosm_per_kg": osmolality_mosm_per_kg(design),
        "sodium_mg_per_day": sodium_mg_per_day(design),
        **{f"{metal}_ug_per_day": _metal_ug_per_day(design, metal) for metal in HEAVY_METALS},
        "excipient_max_share": _max_share_pct(design),
    }
    if not unpriced(design):
        found["cost_eur_per_day"] = _cost_eur_per_day(design)
    return found


def sodium_mg_per_day(design: Design) -> float:
    """Return the sodium that the excipients of a day bring.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    float
        Sodium, [mg/d].
    """
    return _sum_over(design, lambda x: x.sodium_mg_per_g) / MG_PER_G


def quality_values(design: Design) -> dict[str, float]:
    """Return every attribute that is a number and follows from the design alone.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    dict of str to float
        Only attributes that apply to its form, each in its unit, [-].
    """
    rules: dict[str, Callable[[Design], float]] = {
        "unit_mass": lambda d: d.unit_mass_mg,
        "unit_volume_ml": _unit_volume_ml,
        "units_per_day": lambda d: float(d.regimen.units_per_day),
        "elemental_dose": lambda d: d.elemental_mg_per_day,
        "swallowed_mass": lambda d: d.unit_mass_mg * d.regimen.units_per_day / MG_PER_G,
        "viscosity_pa_s": gel.viscosity_pa_s,
        "adhesion_n_per_cm2": gel.adhesion_n_per_cm2,
        "residence_h": gel.residence_h,
        "entrapment_efficiency_pct": lambda d: 100 * entrapment_efficiency(d),
        "pdi": pdi,
        "zeta_mv": zeta_mv,
        **{name: partial(_setting, name=name) for name in ("ph", "size_nm")},
    }
    known = attributes()
    found = {name: rule(design) for name, rule in rules.items() if known[name].applies(design)}
    recipe = recipe_attributes(design)
    return {**found, **{name: x for name, x in recipe.items() if known[name].applies(design)}}


def unpriced(design: Design) -> tuple[str, ...]:
    """Return the ingredients of a design whose price is unknown.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    tuple of str
        Keys of salts and excipients, [-].
    """
    salts = [part.salt for part in design.parts if get_salt(part.salt).cost is None]
    others = [x.key for x, mg in _excipients(design) if mg > 0 and x.cost_eur_per_kg is None]
    return (*salts, *others)


def unpriced_in(form: Form, salts: Iterable[str]) -> tuple[str, ...]:
    """Return the ingredients of unknown price that a form may be made with.

    Parameters
    ----------
    form : Form
        A form, as a study has narrowed it, [-].
    salts : iterable of str
        Salt keys of the study, [-].

    Returns
    -------
    tuple of str
        Keys of salts and excipients, each once, [-].
    """
    every = [choice for selection in form.selections for choice in selection.choices]
    found = [salt for salt in salts if get_salt(salt).cost is None]
    for name in form.names_of(every):
        if name == "salt":
            continue
        for grade in form.choices().get(f"{name}_grade", ("",)):
            excipient = excipient_of(name, {f"{name}_grade": grade} if grade else {})
            if excipient.cost_eur_per_kg is None:
                found.append(excipient.key)
    return tuple(dict.fromkeys(found))


def osmolality_mosm_per_kg(design: Design) -> float:
    """Return the osmolality of what is drunk or placed; 0 for what is dry.

    Dissolved salt with its water of crystallisation, excipients by formula, sodium of charged
    polymers. All salt counts as dissolved but in a gel, whose water may hold a part only; activity
    is not corrected for.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    float
        Blood has about 290, [mOsm/kg].
    """
    if not attributes()["osmolality_mosm_per_kg"].applies(design):
        return 0.0
    dissolved = gel.dissolved_share(design) if design.system == gel.MUCOADHESIVE_GEL.name else 1.0
    water_mg = design.amounts_mg.get("water", 0.0)
    water_mg += float(GLASS) * MG_PER_KG if form_key(design) == EFFERVESCENT else 0.0
    osmoles = sum(OSMOLES_PER_MG.get(name, 0.0) * mg for name, mg in design.amounts_mg.items())
    for name in gel.POLYMERS:
        grams = design.amounts_mg.get(name, 0.0) / MG_PER_G
        osmoles += grams * get_excipient(name).sodium_mg_per_g / SODIUM_MG_PER_MMOL
    for part in design.parts:
        salt, mmol = get_salt(part.salt), dissolved * part.elemental_mg / MG_PER_MMOL
        assert salt.osmoles is not None
        osmoles += mmol * salt.osmoles.value
        water_mg += mmol * salt.water_mol_per_mol * WATER_MG_PER_MMOL
    return osmoles / water_mg * MG_PER_KG


def _excipients(design: Design) -> list[tuple[Excipient, float]]:
    """Return the excipients of one unit with their amounts, [mg]."""
    return [
        (excipient_of(name, design.process), mg)
        for name, mg in design.amounts_mg.items()
        if name not in ("salt", SECOND_SALT)
    ]


def _sum_over(design: Design, per_g: Callable[[Excipient], float]) -> float:
    """Return a sum over the excipients of a day, what is per gram times mg."""
    return design.regimen.units_per_day * sum(per_g(x) * mg for x, mg in _excipients(design))


def _metal_ug_per_day(design: Design, metal: str) -> float:
    units = design.regimen.units_per_day / MG_PER_G
    return units * sum(
        part.mass_mg * get_salt(part.salt).heavy_metals[metal].value for part in design.parts
    )


def _max_share_pct(design: Design) -> float:
    if not attributes()["excipient_max_share"].applies(design):
        return 0.0
    units = design.regimen.units_per_day
    shares = (
        100 * mg * units / x.max_mg_per_day for x, mg in _excipients(design) if x.max_mg_per_day
    )
    return max(shares, default=0.0)


def _cost_eur_per_day(design: Design) -> float:
    salts = 0.0
    for part in design.parts:
        price = get_salt(part.salt).cost
        assert price is not None
        salts += part.mass_mg * price.value
    others = _sum_over(design, lambda x: x.cost_eur_per_kg or 0.0)
    return (salts * design.regimen.units_per_day + others) / MG_PER_KG


def _volume_ml(design: Design) -> float:
    """Return what one unit is to drink or to place, [mL]; 0 for what is dry."""
    if not attributes()["volume_per_intake_ml"].applies(design):
        return 0.0
    if form_key(design) == EFFERVESCENT:
        return float(GLASS) * ML_PER_L
    return design.unit_mass_mg / MG_PER_G / float(LIQUID_DENSITY)


def _unit_volume_ml(design: Design) -> float:
    """Return the volume of one unit; of a capsule that of the powder its shell has to hold."""
    if form_key(design) != CAPSULE:
        return design.unit_mass_mg / MG_PER_G / float(TABLET_DENSITY)
    shell = sum(design.amounts_mg.get(name, 0.0) for name in SHELLS)
    return (design.unit_mass_mg - shell) / MG_PER_G / float(POWDER_DENSITY)


def _setting(design: Design, name: str) -> float:
    return float(design.process[name])
