"""Where every number of the flux list comes from: what it is made of, on what basis, and by whom.

A recipe is written as a formula of names. CAPITALS are quantities of the program, small letters the
fields of a patient, [brackets] the modulators of that target, and {braces} tables of the program.
What is computed from a law, such as what a form lets go, says so in words.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from attrs import frozen

from formulation.modulators import Target, modulators
from formulation.patients import patient_fields
from formulation.provenance import Basis, Quantity
from models.absorption import _parameters as gut
from models.disposition import _parameters as body
from models.disposition import kidney
from models.release import _base as release
from models.simulator._constants import QUANTITIES
from models.simulator.equations import ABSORBING, COLON, N_SEGMENTS, POOLS, SALTS

PRODUCT_FILE = "product file"
"""Source of what the user states."""

_UNCITED: Mapping[str, tuple[str, str]] = {
    "TRANSPORT_WEIGHTS": (Basis.ASSUMED, "ProductAssumption"),
    "PARACELLULAR_WEIGHTS": (Basis.ESTIMATED, gut.COLON_LEAK.source),
    "RESTING_VOLUME_L": (Basis.ASSUMED, "ProductAssumption"),
    "N_SMALL_BOWEL": (Basis.ASSUMED, "ProductAssumption"),
    "RED_CELL_HOURS": (Basis.ASSUMED, "ProductAssumption"),
    "PHYTATE_CONSTANT": (Basis.ESTIMATED, "models.absorption.speciation"),
    "PHOSPHATE_CAP": (Basis.ESTIMATED, "models.absorption.speciation"),
    "OXALATE_CONSTANT": (Basis.ESTIMATED, "models.absorption.speciation"),
    "SOAP_CONSTANT": (Basis.ESTIMATED, "models.absorption.speciation"),
    "CONSERVED": (kidney.SPLAY.basis, kidney.SPLAY.source),
}
"""Basis and source of plain numbers and tables by segment, as the file that holds them says."""

_ILEUM = (4, 5)
"""Segments of which a resection takes its share."""

_SUBJECT: Mapping[str, str] = {
    "empty_fasted": "EMPTYING_FASTED * gastric_emptying_factor * [gastric_emptying]",
    "empty_solid": "EMPTYING_SOLID * gastric_emptying_factor * [gastric_emptying]",
    "empty_fed": "EMPTYING_FED * gastric_emptying_factor * [gastric_emptying]",
    "transit": "N_SMALL_BOWEL / (small_bowel_transit_h * small_bowel_fraction"
    " * [small_bowel_transit])",
    "colon_transit": "1 / (colon_transit_h * [colon_transit])",
    "acid_fasted": "ACID_FASTED * acid_output_factor * [acid_output]",
    "renewal": "ACID_FASTED / ACID_AT_REST - ACID_FASTED / ACID_CAP * acid_output_factor"
    " * [acid_output]",
    "acid_fed": "ACID_FED * acid_output_factor * [acid_output]",
    "colon_acid": "ACID_COLON * [colon_acid] * 10 ** -[colon_ph], a third to three times",
    "osmotic_agent": "[osmotic_load_mmol_per_day] * colon_transit_h / 24 / OSMOLES_OF_MAGNESIUM",
    "meal": "diet_mg_per_day / 24.305 / meals of a day",
    "sites": "dietary_phytate_mmol_per_day * PHYTATE_HELD / meals of a day",
    "weak": "(dietary_oxalate_mmol_per_day * OXALATE_LEFT * OXALATE_CONSTANT"
    " + (fat_g_per_day above ORDINARY_FAT) * SOAP_SITES * SOAP_CONSTANT) / meals of a day",
    "secretion": "SECRETION * [endogenous_secretion] * baseline_serum_mmol_per_l / its default",
    "volume": "VOLUME * weight_kg",
    "filtration": "ULTRAFILTERABLE * egfr_ml_min",
    "tubular": "TUBULAR_MAXIMUM * egfr_ml_min * [tubular_maximum], or what a stated"
    " baseline_serum_mmol_per_l asks for",
    "into_red": "RED_CELLS_OVER_FLUID / RED_CELL_HOURS",
}

_SALT: Mapping[str, str] = {
    "water": "MG_DIFFUSION, PARTICLE_RADIUS, DIFFUSION_LAYER, SALT_DENSITY, {salt_chemistry}; at"
    " most FASTEST",
    "proton": "PROTON_TO_MG_DIFFUSION, MG_DIFFUSION, PARTICLE_RADIUS, DIFFUSION_LAYER,"
    " SALT_DENSITY, {salt_chemistry}",
    "solubility": "{salt_chemistry}",
    "demand": "{salt_chemistry}",
    "per_acid": "{salt_chemistry}",
    "solid": "recipe and {salts}",
}

_PRODUCT: Mapping[str, str] = {
    "liquid": "recipe and {salts}",
    "osmoles": "{salt_chemistry}",
    "suspended": "recipe: 1 for what is drunk in water",
}

_INPUTS: Mapping[str, str] = {
    "fed": "meal times, FED_HOURS",
    "eating": "meal times, MEAL_LASTS",
    "adaptation": "follows the serum within ADAPTATION_DAYS",
    "skin": "the release law of the patch",
    "red_leaving": "what went into red cells RED_CELL_HOURS before",
    **{
        f"let_go{i}": "the release law of the recipe, its coat, and the subject's transit"
        for i in range(N_SEGMENTS)
    },
}


@frozen(kw_only=True)
class Origin:
    """Where a number comes from."""

    made_of: str
    """Its recipe."""

    basis: str
    """Basis of each quantity and table in it, the weakest word of the program for it."""

    source: str
    """Keys of ``formulation/sources.bib``, tables and files."""


def origins() -> dict[str, Origin]:
    """Return where every parameter, input and constant of the flux list comes from.

    Returns
    -------
    dict of str to Origin
        By name in the flux list, [-].
    """
    return {name: _origin(recipe) for name, recipe in recipes().items()}


@cache
def recipes() -> Mapping[str, str]:
    """Return what every parameter, input and constant of the flux list is made of.

    Returns
    -------
    mapping of str to str
        Recipe by name in the flux list, [-].
    """
    return {**_SUBJECT, **dict(_by_segment()), **dict(_by_pool()), **dict(_by_salt())} | {
        **_PRODUCT,
        **_INPUTS,
        **{name: _name_of(quantity) for name, quantity in QUANTITIES.items()},
        "conserved": "CONSERVED",
    }


def fields_in(recipe: str) -> set[str]:
    """Return the patient fields that a recipe depends on, directly or through modulators.

    Parameters
    ----------
    recipe : str
        As `recipes` returns it, [-].

    Returns
    -------
    set of str
        Names of fields, [-].
    """
    targets = set(re.findall(r"\[(\w+)\]", recipe))
    named = set(re.findall(r"(?<!\[)\b[a-z]\w+", recipe)) & patient_fields().keys()
    return named | {m.field for m in modulators() if m.target.value in targets}


def _by_segment() -> Iterator[tuple[str, str]]:
    for i in ABSORBING:
        target = Target.COLONIC_UPTAKE if i == COLON else Target.ILEAL_UPTAKE
        here = f" * [{target.value}]" if i in (*_ILEUM, COLON) else ""
        capacity = "VMAX * TRANSPORT_WEIGHTS * trpm6_activity * [saturable_uptake]"
        yield f"vmax{i}", capacity + here
        yield f"half{i}", "KM * RESTING_VOLUME_L * [saturable_km]"
        yield f"leak{i}", "PARACELLULAR * PARACELLULAR_WEIGHTS * [paracellular_uptake]" + here
        yield f"unbinding{i}", "RESTING_VOLUME_L / PHYTATE_CONSTANT"
        yield f"cap{i}", "RESTING_VOLUME_L * PHOSPHATE_CAP"
    for i in range(N_SEGMENTS):
        yield f"rest{i}", "RESTING_VOLUME_L"


def _by_pool() -> Iterator[tuple[str, str]]:
    for _, suffix in POOLS.values():
        target = Target.BONE_UPTAKE if suffix == "bone" else Target.CELL_UPTAKE
        yield f"into_{suffix}", f"{suffix.upper()}_INTO * [{target.value}]"
        yield f"from_{suffix}", f"{suffix.upper()}_INTO / {suffix.upper()}_OVER_FLUID"


def _by_salt() -> Iterator[tuple[str, str]]:
    for k in SALTS:
        for name, recipe in _SALT.items():
            yield f"{name}{k}", recipe


@cache
def quantities() -> Mapping[str, Quantity]:
    """Return every quantity that recipes may name.

    Returns
    -------
    mapping of str to Quantity
        By the name in recipes, [-].
    """
    found = {
        name: value
        for module in (gut, body, kidney, release)
        for name, value in vars(module).items()
        if isinstance(value, Quantity)
    }
    for suffix, (into, over_fluid) in body.POOLS.items():
        found[f"{suffix.upper()}_INTO"] = into
        found[f"{suffix.upper()}_OVER_FLUID"] = over_fluid
    return found


def _name_of(quantity: Quantity) -> str:
    return next(name for name, known in quantities().items() if known is quantity)


def _origin(recipe: str) -> Origin:
    told = list(_cited(recipe))
    bases, sources = ("; ".join(dict.fromkeys(column)) for column in zip(*told, strict=True))
    return Origin(made_of=recipe, basis=bases, source=sources)


def _cited(recipe: str) -> Iterator[tuple[str, str]]:
    """Yield basis and source of everything a recipe names."""
    known = quantities()
    for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", recipe):
        if name in known:
            yield known[name].basis.value, known[name].source
        else:
            yield str(_UNCITED[name][0]), _UNCITED[name][1]
    if fields_in(recipe):
        yield "of the subject", "subject.csv"
    for table in re.findall(r"\{(\w+)\}", recipe):
        yield "by row of the table", f"table {table}"
    if "recipe" in recipe or "law" in recipe:
        yield "of the product", PRODUCT_FILE
    if "meal times" in recipe:
        yield str(Basis.ASSUMED), "ProductAssumption"
