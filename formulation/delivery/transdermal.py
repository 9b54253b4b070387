"""Transdermal patch: a matrix on the skin, alone, on microneedles, or under an electric current.

One unit is one patch, its dose the magnesium in it. Nothing but water dissolves a magnesium salt,
so in every form all of it stands dissolved in the patch's water: as a gel, or as droplets spread
through an adhesive. The needles of a microneedle patch are weighed together with its reservoir.

The current is bounded as a total, whatever the area, and so is the charge of one wearing; the
wearing time under current follows from both. Backing, liner and electrodes are not described, nor
is how well a patch sticks.
"""

from collections.abc import Mapping

from formulation.delivery._base import (
    FORM,
    Component,
    DeliverySystem,
    Dimension,
    Form,
    Relation,
    Route,
    Selection,
    some_of,
)
from formulation.delivery._features import salt_features
from formulation.design import Design
from formulation.parameters import RealParameter
from formulation.provenance import Basis, Quantity
from formulation.units import MG_PER_MMOL

PRACTICE, ASSUMED = "FormulationPractice", "ProductAssumption"

ADHESIVES = ("acrylate_adhesive", "silicone_adhesive", "polyisobutylene_adhesive")
"""Pressure-sensitive adhesives that may hold droplets of salt solution."""

GELS = ("hec", "pva", "hyaluronic_acid")
"""Polymers that may make the water of a patch a gel."""

NEEDLES = ("hyaluronic_acid", "pva")
"""Polymers of which needles are cast."""

ENHANCERS = ("propylene_glycol", "ethanol", "dmso", "menthol", "oleic_acid")
"""Penetration enhancers."""

MATRIX, ENHANCER = "matrix", "enhancer"
"""Selections of a patch."""

MEMBRANE_UM, NEEDLE_UM, DENSITY = "membrane_um", "needle_length_um", "needles_per_cm2"
AREA_CM2, CURRENT_MA, CHARGE_MA_MIN = "area_cm2", "current_ma", "charge_ma_min"
"""Dimensions and process settings."""

_SETTINGS = (AREA_CM2, MEMBRANE_UM, NEEDLE_UM, DENSITY, CURRENT_MA, CHARGE_MA_MIN)
_SHARES = ("salt", *ADHESIVES, *GELS, *ENHANCERS, "glycerol", "water")


def setting(design: Design, name: str) -> float:
    """Return a number among the settings of a patch.

    Parameters
    ----------
    design : Design
        A transdermal design, [-].
    name : str
        Name of a dimension or process parameter, [-].

    Returns
    -------
    float
        Its value in its own unit; 0 where the form has none, [-].
    """
    return float(design.process.get(name, 0.0))


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of a patch.

    Parameters
    ----------
    design : Design
        A transdermal design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix; 0 for what its form does not have, [-].
    """
    area = setting(design, AREA_CM2)
    return {
        "dose_mmol": design.elemental_mg_per_unit / MG_PER_MMOL,
        "patches_at_once": float(design.regimen.units_per_intake),
        "changes_per_day": float(design.regimen.intakes_per_day),
        "load_mg_per_cm2": design.salt_mass_mg / area,
        "matrix_mg_per_cm2": design.unit_mass_mg / area,
        "unit_mass_mg": design.unit_mass_mg,
        "mg_content_pct": 100 * design.elemental_mg_per_unit / design.salt_mass_mg,
        **salt_features(design),
        **{f"is_{form.name}": float(design.process[FORM] == form.name) for form in _FORMS},
        **{name: setting(design, name) for name in _SETTINGS},
        **{f"{name}_pct": design.share_pct(name) for name in _SHARES},
    }


def _component(name: str, role: str, low_pct: float, high_pct: float) -> Component:
    return Component(name=name, role=role, low_pct=low_pct, high_pct=high_pct, source=PRACTICE)


_SALT = _component("salt", "magnesium salt", 1, 50)

_ADHESIVE_PARTS = tuple(_component(name, "adhesive", 50, 90) for name in ADHESIVES)

_GEL_PARTS = (
    _component("hec", "gel former", 1, 4),
    _component("pva", "gel former", 5, 20),
    _component("hyaluronic_acid", "gel former", 1, 4),
)
_NEEDLE_PARTS = tuple(_component(name, "needles and reservoir", 20, 60) for name in NEEDLES)

_OTHERS = (
    *(_component(name, "penetration enhancer", 1, 15) for name in ENHANCERS),
    _component("glycerol", "humectant", 0, 20),
    _component("water", "solvent", 2, 97),
)
"""What every form may hold besides salt and matrix; water balances the sum."""

_AREA = Dimension(name=AREA_CM2, unit="cm2", low=10, high=140, source=PRACTICE)
_NEEDLE_AREA = Dimension(name=AREA_CM2, unit="cm2", low=1, high=30, source=ASSUMED)
"""Arrays of microneedles are pressed in by hand: some tens of cm2 at most."""

_RELATIONS = (
    Relation(
        name="salt_load",
        title="Salt per area",
        part=("salt",),
        whole=(AREA_CM2,),
        unit="mg/cm2",
        low=1,
        high=10,
        source=PRACTICE,
    ),
    Relation(
        name="matrix_load",
        title="Matrix per area",
        part=("unit_mass",),
        whole=(AREA_CM2,),
        unit="mg/cm2",
        low=5,
        high=100,
        source=ASSUMED,
    ),
    Relation(
        name="enhancers",
        title="Penetration enhancers in the patch",
        part=ENHANCERS,
        whole=("unit_mass",),
        unit="% w/w",
        per=100,
        high=20,
        source=PRACTICE,
    ),
)
"""Loads and enhancers of every form."""

_DROPLETS = Relation(
    name="droplets",
    title="Water per adhesive",
    part=("water",),
    whole=ADHESIVES,
    unit="mg/mg",
    high=0.5,
    source=ASSUMED,
)
"""More water than this makes an emulsion that no longer sticks."""

_CURRENT_DENSITY = Relation(
    name="current_density",
    title="Current density",
    part=(CURRENT_MA,),
    whole=(AREA_CM2,),
    unit="mA/cm2",
    low=0.01,
    high=0.5,
    source=PRACTICE,
)
"""Above it the skin burns; below it the current is not even."""

_MASS = Quantity(
    value=1500,
    unit="mg",
    low=50,
    high=14_000,
    basis=Basis.ASSUMED,
    source=ASSUMED,
    note="matrix of 5 to 100 mg/cm2 on 10 to 140 cm2",
)
_CONTENT = Quantity(
    value=25,
    unit="mg",
    low=2,
    high=170,
    basis=Basis.ASSUMED,
    source=ASSUMED,
    note="1 to 10 mg of chloride or sulfate per cm2 on 10 to 140 cm2",
)


def _form(
    name: str,
    title: str,
    matrix: tuple[Component, ...],
    process: tuple[RealParameter, ...],
    relations: tuple[Relation, ...] = (),
    dimensions: tuple[Dimension, ...] = (_AREA,),
) -> Form:
    """Return a form: what is said here, and what all patches share."""
    return Form(
        name=name,
        title=title,
        route=Route.SKIN,
        components=(_SALT, *matrix, *_OTHERS),
        selections=(
            Selection(name=MATRIX, choices=some_of(tuple(part.name for part in matrix), 1, 1)),
            Selection(name=ENHANCER, choices=some_of(ENHANCERS, 0, 2)),
        ),
        dimensions=dimensions,
        relations=(*_RELATIONS, *relations),
        process=process,
        unit_mass_mg=_MASS,
        elemental_mg_per_unit=_CONTENT,
        dissolves_in="water",
    )


_FORMS = (
    _form(
        "passive",
        "Passive patch",
        (*_ADHESIVE_PARTS, *_GEL_PARTS),
        (RealParameter(name=MEMBRANE_UM, unit="um", low=20, high=200, step=5, source=ASSUMED),),
        (_DROPLETS,),
    ),
    _form(
        "microneedle",
        "Microneedle patch",
        _NEEDLE_PARTS,
        (
            RealParameter(name=NEEDLE_UM, unit="um", low=250, high=750, step=10, source=ASSUMED),
            RealParameter(name=DENSITY, unit="1/cm2", low=50, high=400, step=10, source=ASSUMED),
        ),
        dimensions=(_NEEDLE_AREA,),
    ),
    _form(
        "iontophoresis",
        "Iontophoretic patch",
        _GEL_PARTS,
        (
            RealParameter(
                name=CHARGE_MA_MIN, unit="mA*min", low=5, high=80, step=1, source=PRACTICE
            ),
        ),
        (_CURRENT_DENSITY,),
        (_AREA, Dimension(name=CURRENT_MA, unit="mA", low=0.1, high=4.0, source=PRACTICE)),
    ),
)

TRANSDERMAL = DeliverySystem(
    name="transdermal", title="Transdermal patch", forms=_FORMS, features=features
)
"""The patch, in three forms."""
