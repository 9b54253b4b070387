"""Immediate release: tablet, capsule, effervescent tablet, oral solution. The comparator.

A tablet falls apart and a capsule opens, then the salt's particles dissolve; an effervescent tablet
is dissolved in a glass of water before it is drunk, by the acid its citric acid has left over; in a
solution everything is dissolved already. Taste is not predicted.
"""

from collections.abc import Mapping

from formulation.delivery._base import (
    Component,
    DeliverySystem,
    Form,
    Relation,
    Route,
    Selection,
    some_of,
)
from formulation.delivery._features import oral_features
from formulation.design import Design
from formulation.parameters import RealParameter
from formulation.provenance import Quantity, assumed

PRACTICE = "FormulationPractice"
FILLERS = ("mcc", "lactose", "mannitol", "dicalcium_phosphate", "maize_starch")
DISINTEGRANTS = ("croscarmellose", "sodium_starch_glycolate", "crospovidone")
BINDERS = ("povidone", "hydroxypropyl_cellulose")
LUBRICANTS = ("magnesium_stearate", "sodium_stearyl_fumarate")
BICARBONATES = ("sodium_bicarbonate", "potassium_bicarbonate")
SHELLS = ("gelatin_shell", "hpmc_shell")

GLASS = assumed(0.2, "L", "glass of water in which an effervescent tablet is dissolved")
"""What an effervescent unit is drunk in, [L]."""

MEQ_PER_MG: Mapping[str, float] = {
    "citric_acid": 3 / 192.12,
    "sodium_bicarbonate": -1 / 84.01,
    "potassium_bicarbonate": -1 / 100.12,
}
"""Acid an excipient gives, or takes, by stoichiometry, [mEq/mg]."""


def spare_acid_meq(design: Design) -> float:
    """Return the acid that an effervescent unit has left for its salt.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    float
        Acid of the citric acid that the bicarbonate does not take; 0 without any, [mEq].
    """
    acid = sum(MEQ_PER_MG.get(name, 0.0) * mg for name, mg in design.amounts_mg.items())
    return max(acid, 0.0)


def features(design: Design) -> Mapping[str, float]:
    """Return what surrogates may know of an immediate-release unit.

    Parameters
    ----------
    design : Design
        An immediate-release design, [-].

    Returns
    -------
    dict of str to float
        Features by name, unit as suffix, [-].
    """
    named = (*DISINTEGRANTS, *BINDERS, *LUBRICANTS, *FILLERS[1:], "film_coat", *BICARBONATES)
    others = ("citric_acid", "sorbitol", "water", "hpmc_shell")
    form = design.process["form"]
    return {
        **oral_features(design),
        **{f"is_{f.name}": float(form == f.name) for f in IMMEDIATE_RELEASE.forms[1:]},
        **{f"{name}_pct": design.share_pct(name) for name in (*named, *others)},
        "compression_force_kn": float(design.process.get("compression_force_kn", 0.0)),
        "spare_acid_meq": spare_acid_meq(design),
    }


def _part(name: str, role: str, low: float, high: float) -> Component:
    return Component(name=name, role=role, low_pct=low, high_pct=high, source=PRACTICE)


def _one_of(name: str, members: tuple[str, ...]) -> Selection:
    return Selection(name=name, choices=some_of(members, 1, 1))


def _content(low: float, high: float) -> Quantity:
    note = "at most 250 mg at one occasion (EFSA2016); below the low end it is no product here"
    return assumed(min(100.0, high), "mg", note, low, high, source=PRACTICE)


def _mass(value: float, low: float, high: float, note: str) -> Quantity:
    return assumed(value, "mg", note, low, high, source=PRACTICE)


TABLET = Form(
    name="tablet",
    title="Tablet",
    route=Route.ORAL,
    components=(
        _part("salt", "magnesium salt", 40, 85),
        *(_part(name, "binder", 1, 5) for name in BINDERS),
        *(_part(name, "superdisintegrant", 1, 8) for name in DISINTEGRANTS),
        *(_part(name, "lubricant", 0.25, 1.5) for name in LUBRICANTS),
        _part("film_coat", "film coat", 2, 3),
        *(_part(name, "filler", 5, 55) for name in FILLERS),
    ),
    selections=(
        _one_of("binder", BINDERS),
        _one_of("disintegrant", DISINTEGRANTS),
        _one_of("lubricant", LUBRICANTS),
        Selection(name="coat", choices=((), ("film_coat",))),
        Selection(name="fillers", choices=some_of(FILLERS, 1, 2)),
    ),
    process=(
        RealParameter(
            name="compression_force_kn", unit="kN", low=5, high=30, step=0.5, source=PRACTICE
        ),
    ),
    unit_mass_mg=_mass(1000, 300, 1600, "what most adults will swallow"),
    elemental_mg_per_unit=_content(50, 250),
)

CAPSULE = Form(
    name="capsule",
    title="Hard capsule",
    route=Route.ORAL,
    components=(
        _part("salt", "magnesium salt", 40, 85),
        *(_part(name, "capsule shell", 12, 25) for name in SHELLS),
        *(_part(name, "superdisintegrant", 1, 8) for name in DISINTEGRANTS),
        *(_part(name, "lubricant", 0.25, 1.5) for name in LUBRICANTS),
        *(_part(name, "filler", 2, 50) for name in FILLERS[:4]),
    ),
    selections=(
        _one_of("shell", SHELLS),
        _one_of("disintegrant", DISINTEGRANTS),
        _one_of("lubricant", LUBRICANTS),
        _one_of("fillers", FILLERS[:4]),
    ),
    unit_mass_mg=_mass(700, 300, 900, "size 00: 0.95 mL of powder at 0.8 g/mL, in 0.12 g of shell"),
    elemental_mg_per_unit=_content(30, 250),
)

EFFERVESCENT = Form(
    name="effervescent",
    title="Effervescent tablet",
    route=Route.ORAL,
    components=(
        _part("salt", "magnesium salt", 5, 40),
        _part("citric_acid", "acid source", 25, 60),
        *(_part(name, "gas source", 10, 35) for name in BICARBONATES),
        _part("peg_6000", "lubricant", 1, 4),
        _part("sucralose", "sweetener", 0.1, 1),
        _part("flavour", "flavour", 0.5, 2),
        _part("sorbitol", "filler", 2, 30),
    ),
    selections=(_one_of("gas_source", BICARBONATES),),
    relations=(
        Relation(
            name="acid_to_bicarbonate",
            title="Citric acid over bicarbonate",
            part=("citric_acid",),
            whole=BICARBONATES,
            unit="mg/mg",
            low=0.8,
            high=3.0,
            source=PRACTICE,
        ),
    ),
    process=(
        RealParameter(
            name="compression_force_kn", unit="kN", low=10, high=40, step=0.5, source=PRACTICE
        ),
    ),
    unit_mass_mg=_mass(4000, 2000, 6000, "a tube of effervescent tablets"),
    elemental_mg_per_unit=_content(50, 250),
)

SOLUTION = Form(
    name="solution",
    title="Oral solution",
    route=Route.ORAL,
    components=(
        _part("salt", "magnesium salt", 0.2, 40),
        _part("citric_acid", "acidity", 0.1, 2),
        _part("sorbitol", "sweetener", 0.1, 15),
        _part("sucralose", "sweetener", 0.02, 0.1),
        _part("potassium_sorbate", "preservative", 0.1, 0.2),
        _part("flavour", "flavour", 0.05, 0.5),
        _part("water", "solvent", 40, 99.5),
    ),
    unit_mass_mg=_mass(15_000, 5000, 30_000, "one spoon to two"),
    elemental_mg_per_unit=_content(30, 250),
    dissolves_in="water",
)

IMMEDIATE_RELEASE = DeliverySystem(
    name="immediate_release",
    title="Immediate release: tablet, capsule, effervescent or solution",
    forms=(TABLET, CAPSULE, EFFERVESCENT, SOLUTION),
    features=features,
)
"""The forms that let their magnesium go at once."""
