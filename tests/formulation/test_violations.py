"""Designs and the input rules they may break: every rule in its own words."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from formulation.attributes import recipe_attributes
from formulation.delivery import get_system
from formulation.design import Design, on_grid
from formulation.errors import InputError
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace, warnings

SALTS = ("oxide", "citrate", "bisglycinate", "chloride")
REGIMENS = tuple(
    Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=meals)
    for units in (1, 2, 3, 6)
    for intakes in (1, 2, 3)
    for meals in (True, False)
)
TWICE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)


def make_space(system, *, where="EU", salts=SALTS, low=50, high=None, regimens=REGIMENS):
    limits = get_limits(where)
    most = limits.daily_supplemental.value
    space = SystemSpace(
        system=system,
        sources=tuple(make_lot(salt) for salt in salts),
        regimens=regimens,
        limits=limits,
        dose=DoseRange(low_mg_per_day=low, high_mg_per_day=most if high is None else high),
    )
    return DesignSpace(spaces=(space,))


def tablet(**amounts):
    """Return 100 mg of magnesium as citrate in a tablet of 1 g, twice a day."""
    recipe = {"salt": 617.3, "povidone": 30.0, "croscarmellose": 20.0, "magnesium_stearate": 10.0}
    return Design(
        system="immediate_release",
        salt="citrate",
        salt_mg_pct=make_lot("citrate").mg_pct,
        amounts_mg={**recipe, "mcc": 322.7, **amounts},
        process={"form": "tablet", "compression_force_kn": 20.0},
        regimen=TWICE,
    )


def violations(design, **options):
    return make_space(get_system(design.system), **options).violations(design)


RULES = [
    (tablet(), {"salts": ("oxide",)}, "salt", "salt 'citrate' is none of this study's: oxide"),
    (evolve(tablet(), salt_mg_pct=15.9), {}, "assay", "15.9 % magnesium is not the lot of this"),
    (tablet(), {"regimens": REGIMENS[:1], "where": "US"}, "regimen", "is none of this study's: 1 "),
    (tablet(mcc=10000.0), {}, "unit_mass", "is over the limit of 1600 mg"),
    (tablet(talc=1.0), {}, "component", "Component 'talc' does not belong to immediate_release"),
    (tablet(mcc=322.75), {}, "balance", "mcc 322.75 mg cannot be weighed to 0.1 mg"),
    (tablet(povidone=80.0), {}, "share", "% w/w is over the limit of 5 % w/w by"),
    (tablet(croscarmellose=0.0), {}, "share", "croscarmellose 0 % w/w is under the limit of 1 %"),
    (
        tablet(crospovidone=20.0),
        {},
        "disintegrant",
        "disintegrant 'croscarmellose+crospovidone' is none",
    ),
    (tablet(salt=200.0), {}, "elemental_per_unit", "Elemental Mg per unit 32.32 mg is under"),
    (
        evolve(tablet(), regimen=evolve(TWICE, units_per_intake=3)),
        {},
        "per_occasion",
        "Elemental Mg per occasion (EU) 299.3 mg is over the limit of 250 mg by 49.3",
    ),
    (
        evolve(tablet(), regimen=evolve(TWICE, intakes_per_day=3)),
        {},
        "daily_supplemental",
        "Supplemental Mg a day (EU) 299.3 mg/d is over the limit of 250 mg/d by 49.3",
    ),
    (
        tablet(),
        {"low": 220},
        "dose",
        "Dose of this study 199.5 mg/d is under the limit of 220 mg/d",
    ),
    (
        evolve(tablet(), regimen=evolve(TWICE, intakes_per_day=1)),
        {},
        "min_intakes",
        "1 intake a day is fewer than the 2 that EU asks for",
    ),
    (
        evolve(tablet(), process={"form": "tablet", "compression_force_kn": 50.0}),
        {},
        "process",
        "compression_force_kn 50 kN lies outside the limits of 5 to 30 kN",
    ),
    (
        evolve(tablet(), process={"form": "tablet", "compression_force_kn": 20.2}),
        {},
        "process",
        "20.2 kN cannot be set; it goes from 5 to 30 in steps of 0.5",
    ),
    (
        evolve(tablet(), process={"form": "tablet"}),
        {},
        "process",
        "compression_force_kn missing lies outside",
    ),
    (evolve(tablet(), process={"form": "pill"}), {}, "form", "form 'pill' is none of"),
    (
        evolve(
            tablet(), process={"form": "tablet", "compression_force_kn": 20.0, "speed_rpm": 1.0}
        ),
        {},
        "process",
        "Parameter 'speed_rpm' does not belong to this immediate_release tablet",
    ),
    (tablet(carbomer=1.0), {}, "incompatibility", "Magnesium ions collapse a carbomer gel. Use"),
]


@pytest.mark.parametrize(("design", "options", "rule", "words"), RULES)
def test_a_broken_rule_is_told_in_words(design, options, rule, words):
    """Each input rule has a name, what was given, what is allowed and a sentence."""
    found = [v for v in violations(design, **options) if v.rule == rule]
    assert any(words in v.message for v in found), found
    assert all(v.limit and v.unit for v in found)


def test_the_example_tablet_breaks_no_rule():
    """So that each case above is about its own rule."""
    assert violations(tablet()) == ()


def test_a_grade_that_is_not_offered_is_a_violation():
    """A choice parameter names its settings."""
    space = make_space(get_system("timed_release").restricted("form", ("hpmc_matrix",)))
    design = space.sample(1, np.random.default_rng(0))[0]
    design = evolve(design, process={**design.process, "hpmc_grade": "K4"})
    (found,) = space.violations(design)
    assert found.message == "hpmc_grade K4 is none of K100LV, K4M, K15M, K100M."


def test_a_design_without_violations_is_one_the_space_draws():
    """Random grid recipes: valid ones come back from the chart, the others name a rule."""
    space, rng = make_space(get_system("immediate_release")), np.random.default_rng(8)
    valid = 0
    for _ in range(3000):
        shares = rng.uniform((35, 0.5, 0.5, 0.2), (90, 6, 9, 1.7)) * 10
        parts = dict(zip(tablet().amounts_mg, map(on_grid, shares), strict=False))
        rest = 1000 - sum(parts.values())
        if rest < 0:
            continue
        design = tablet(**parts, mcc=on_grid(rest))
        if not space.violations(design):
            valid += 1
            assert space.decode(space.encode(design)) == design
    assert valid > 100


def test_warnings_are_given_and_do_not_forbid():
    """Bisglycinate with lactose may brown; citrate with cellulose is silent."""
    brown = evolve(tablet(lactose=10.0), salt="bisglycinate")
    assert any("may brown on storage" in text for text in warnings(brown))
    assert warnings(tablet()) == ()


@pytest.mark.parametrize(("bicarbonate_mg", "is_warned"), [(700.0, False), (720.0, True)])
def test_a_day_high_in_sodium_is_warned_of(bicarbonate_mg, is_warned):
    """From 17 mmol a day, as the leaflet of a medicine must; a day is two of these tablets."""
    fizzy = tablet(citric_acid=900.0, sodium_bicarbonate=bicarbonate_mg)
    sodium = recipe_attributes(fizzy)["sodium_mg_per_day"]
    assert (sodium >= 391.0) is is_warned
    found = [text for text in warnings(fizzy) if "high in sodium" in text]
    assert len(found) == is_warned
    assert all(text.startswith(f"It brings {sodium:.0f} mg of sodium a day;") for text in found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amounts_mg": {"salt": float("nan")}}, "salt nan mg is impossible"),
        ({"amounts_mg": {"salt": 1.0, "mcc": -1.0}}, "mcc -1 mg is impossible"),
        ({"amounts_mg": {"mcc": 1.0}}, "no salt or no mass"),
        ({"amounts_mg": {"salt": 0.0}}, "no salt or no mass"),
        ({"salt_mg_pct": 0.0}, "content of 0 % magnesium is impossible"),
        ({"process": {"compression_force_kn": float("inf")}}, "is inf, no finite number"),
    ],
)
def test_a_recipe_that_is_no_recipe_is_refused(changes, message):
    """NaN, negative amounts and nothing at all never become a design."""
    with pytest.raises(InputError, match=message):
        evolve(tablet(), **changes)


@pytest.mark.parametrize("change", [{"extra": 1}, {"regimen": {"units_per_intake": 1}}])
def test_plain_values_with_foreign_or_missing_fields_are_refused(change):
    """A stored design of another shape is not half understood."""
    with pytest.raises(InputError, match="has a missing or foreign field"):
        Design.from_dict({**tablet().as_dict(), **change})


def test_equal_designs_have_equal_keys():
    """A whole number, a negative zero or another order is no other recipe."""
    plain = tablet()
    values = plain.as_dict()
    values["process"] = {"form": "tablet", "compression_force_kn": 20}
    values["amounts_mg"] = dict(reversed(values["amounts_mg"].items()))
    values["amounts_mg"]["povidone"] = 30
    assert Design.from_dict(values) == plain
    assert Design.from_dict(values).key == plain.key
    assert tablet(lactose=-0.0).key == tablet(lactose=0.0).key
    assert tablet(povidone=30.1).key != plain.key


@given(st.floats(0, 5000))
def test_the_balance_moves_an_amount_by_at_most_half_a_step(amount):
    """And weighing twice changes nothing."""
    weighed = on_grid(amount)
    assert abs(weighed - amount) <= 0.05 + 1e-6
    assert on_grid(weighed) == weighed
