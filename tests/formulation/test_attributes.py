"""Quality attributes: the table is complete, the arithmetic right, words follow the tables."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from formulation.attribute_words import words
from formulation.attributes import quality_values, recipe_attributes, unpriced, unpriced_in
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.delivery.immediate_release import IMMEDIATE_RELEASE
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.excipients import excipients
from formulation.quality_attributes import (
    ProfileTarget,
    attributes,
    form_key,
    profile_key,
    profile_unit,
)
from formulation.regimen import Regimen
from formulation.salts import HEAVY_METALS, make_lot, salts
from formulation.targets import ENDPOINTS, Scope, get_endpoint

NAMED = {
    "unit mass and size": ("unit_mass", "unit_volume_ml"),
    "units per occasion": ("units_per_intake",),
    "mL per dose": ("volume_per_intake_ml",),
    "cm2 per dose": ("area_per_day_cm2",),
    "hardness": ("hardness",),
    "friability": ("friability",),
    "disintegration": ("disintegration",),
    "content uniformity": ("content_uniformity",),
    "viscosity": ("viscosity_pa_s",),
    "pH": ("ph", "liquid_ph"),
    "adhesion": ("adhesion_n_per_cm2",),
    "osmolality": ("osmolality_mosm_per_kg",),
    "size, PDI, EE, zeta": ("size_nm", "pdi", "entrapment_efficiency_pct", "zeta_mv"),
    "patch adhesion": ("patch_adhesion",),
    "dose dumping": ("dose_dumping_risk",),
    "hygroscopicity, stability and pack": ("hygroscopicity", "stability", "pack"),
    "Pb, Cd, As": ("lead_ug_per_day", "cadmium_ug_per_day", "arsenic_ug_per_day"),
    "sodium": ("sodium_mg_per_day",),
    "regulatory category, jurisdiction": ("regulatory_category", "permitted"),
    "vegan, allergens": ("vegan", "allergens"),
    "taste": ("taste",),
    "manufacturing route and grade": ("manufacturing_route", "grades"),
    "cost per absorbed mg": ("cost_per_absorbed_mg",),
}
"""What a product must also satisfy, and the attributes that stand for it."""

TABLET = {"salt": 620.0, "croscarmellose": 20.0, "magnesium_stearate": 10.0, "mcc": 150.0}


def design(system, form, amounts, *, salt="citrate", units=1, intakes=2, **settings):
    return Design(
        system=system,
        salt=salt,
        salt_mg_pct=make_lot(salt).mg_pct,
        amounts_mg=amounts,
        process={"form": form, **settings},
        regimen=Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=True),
    )


def tablet(amounts=TABLET, **how):
    return design("immediate_release", "tablet", amounts, compression_force_kn=12.0, **how)


def solution(mg=100.0, mass_mg=5500.0, **how):
    salt_mg = 100 * mg / make_lot("chloride").mg_pct
    amounts = {"salt": salt_mg, "water": mass_mg - salt_mg}
    return design("immediate_release", "solution", amounts, salt="chloride", **how)


def effervescent(amounts):
    return design("immediate_release", "effervescent", amounts, compression_force_kn=20.0)


def gel(**amounts):
    parts = {"salt": 836.0, "hec": 100.0, "water": 4064.0, **amounts}
    return design("mucoadhesive_gel", "swallowed", parts, salt="chloride", ph=6.0)


def patch(**amounts):
    parts = {"salt": 200.0, "acrylate_adhesive": 1000.0, "water": 300.0, **amounts}
    settings = {"area_cm2": 50.0, "membrane_um": 50.0}
    return design("transdermal", "passive", parts, salt="chloride", **settings)


@pytest.mark.parametrize("what", NAMED)
def test_every_attribute_a_product_must_satisfy_is_in_the_table(what):
    """Computed, assumed or explicitly not predicted, and never nowhere."""
    for name in NAMED[what]:
        assert attributes()[name].basis
        assert attributes()[name].moved_by


def test_whatever_is_called_computed_is_computed_and_the_rest_is_not():
    """By an endpoint, by arithmetic on the design, or in words."""
    forms = [tablet(), solution(), gel(), patch()]
    numbers = {name for d in forms for name in quality_values(d)}
    told = {name for d in forms for name in words(d, "EU")}
    endpoints = {e.name for e in ENDPOINTS}
    lipid = {"size_nm", "pdi", "entrapment_efficiency_pct", "zeta_mv"}
    for name, attribute in attributes().items():
        is_known = name in numbers | told | endpoints | lipid
        assert is_known == (attribute.status != "not_predicted"), name


def test_attributes_apply_to_systems_and_forms_that_exist():
    """A misspelt form would silently switch an attribute off."""
    known = {"all"}
    for system in DELIVERY_SYSTEMS:
        known |= {system.name, *(f"{system.name}.{form.name}" for form in system.forms)}
    for attribute in attributes().values():
        assert {*attribute.applies_to, *attribute.usual_in} <= known, attribute.name


def test_an_attribute_that_is_an_endpoint_has_its_unit():
    """One number never has two units."""
    for endpoint in ENDPOINTS:
        if endpoint.name in attributes():
            assert attributes()[endpoint.name].unit == endpoint.unit


@given(units=st.integers(1, 3), intakes=st.integers(1, 3))
def test_what_is_taken_a_day_is_proportional_to_the_units_a_day(units, intakes):
    """Metals, sodium, cost, area and shares of maxima; nothing else."""
    once = recipe_attributes(tablet(units=1, intakes=1))
    many = recipe_attributes(tablet(units=units, intakes=intakes))
    daily = [f"{metal}_ug_per_day" for metal in HEAVY_METALS]
    for name in (*daily, "sodium_mg_per_day", "cost_eur_per_day", "excipient_max_share"):
        assert many[name] == pytest.approx(units * intakes * once[name])
    assert many["units_per_intake"] == units


def test_sodium_of_an_effervescent_follows_from_stoichiometry():
    """One sodium, 22.99 g, in each mole of bicarbonate, 84.01 g."""
    parts = {"salt": 620.0, "citric_acid": 1500.0, "sodium_bicarbonate": 1000.0}
    found = recipe_attributes(effervescent(parts))["sodium_mg_per_day"]
    assert found == pytest.approx(2 * 1000 * 22.99 / 84.01, rel=1e-3)


def test_a_hundred_mg_as_chloride_in_a_spoon_is_far_from_isotonic():
    """In 5 mL (5.5 g at the high end of the assumed density) about 2.4 Osm/kg."""
    assert 2300 <= recipe_attributes(solution())["osmolality_mosm_per_kg"] <= 2500


def test_a_gel_and_a_solution_of_the_same_salt_have_about_the_same_osmolality():
    """Two rules, one chemistry: the polymer takes no part."""
    poured = recipe_attributes(solution(mass_mg=5000.0))["osmolality_mosm_per_kg"]
    spread = recipe_attributes(gel(hec=0.0, water=4164.0))["osmolality_mosm_per_kg"]
    assert spread == pytest.approx(poured, rel=0.01)


def test_an_effervescent_is_drunk_from_its_glass():
    """200 mL a unit, and so a tenth of a strong solution's osmolality."""
    found = recipe_attributes(effervescent({"salt": 620.0, "citric_acid": 1000.0}))
    assert found["volume_per_intake_ml"] == 200
    assert 20 < found["osmolality_mosm_per_kg"] < 100


def test_what_does_not_apply_is_zero_and_said():
    """A tablet has no volume to drink, no area and no osmolality."""
    found = recipe_attributes(tablet())
    for name in ("volume_per_intake_ml", "area_per_day_cm2", "osmolality_mosm_per_kg"):
        assert found[name] == 0
        assert not attributes()[name].applies(tablet())
        assert name not in quality_values(tablet())


def test_a_patch_has_an_area_and_no_share_of_an_oral_maximum():
    """Two patches of 50 cm2 a day."""
    found = recipe_attributes(patch(propylene_glycol=100.0))
    assert found["area_per_day_cm2"] == 100
    assert found["excipient_max_share"] == 0


def test_metals_stand_at_the_limit_of_the_salt():
    """Mass of the salt a day times the specification, excipients not counted."""
    found = recipe_attributes(tablet())
    for metal in HEAVY_METALS:
        limit = salts()["citrate"].heavy_metals[metal].value
        assert found[f"{metal}_ug_per_day"] == pytest.approx(1.24 * limit)


def test_every_salt_has_the_three_limits():
    """Without one the upper bound could not be computed."""
    assert all(set(salt.heavy_metals) == set(HEAVY_METALS) for salt in salts().values())


def test_the_cost_is_the_sum_of_the_ingredients():
    """By hand, in euro a day."""
    prices = {key: excipients()[key].cost_eur_per_kg for key in TABLET if key != "salt"}
    a_unit = TABLET["salt"] * salts()["citrate"].cost.value
    a_unit += sum(TABLET[key] * price for key, price in prices.items())
    assert recipe_attributes(tablet())["cost_eur_per_day"] == pytest.approx(2 * a_unit / 1e6)


def test_a_design_with_an_unknown_price_has_no_cost():
    """No price is made up; the ingredient is named."""
    assert unpriced(patch()) == ("acrylate_adhesive",)
    assert "cost_eur_per_day" not in recipe_attributes(patch())
    assert unpriced(tablet()) == ()


def test_ingredients_of_unknown_price_are_found_before_a_search():
    """Among what the form may hold and the salts of the study."""
    form = IMMEDIATE_RELEASE.form("tablet")
    assert unpriced_in(form, ["citrate", "triglycinate"]) == ("triglycinate",)
    pulsatile = get_system("timed_release").form("hpmc_matrix")
    assert unpriced_in(pulsatile, ["citrate"]) == ("pulsatile_coat",)
    assert unpriced_in(pulsatile.restricted("coat", ("none",)), ["citrate"]) == ()


def test_every_recipe_endpoint_is_computed():
    """None is listed that nobody fills."""
    base = {"unit_mass", "units_per_day", "swallowed_mass", "elemental_dose"}
    recipe = {e.name for e in ENDPOINTS if e.scope is Scope.RECIPE}
    assert recipe_attributes(tablet()).keys() == recipe - base


def test_a_design_recorded_without_a_form_is_taken_as_dry():
    """The first version of the store knew tablets alone."""
    old = evolve(tablet(), process={"compression_force_kn": 12.0})
    assert form_key(old) == "immediate_release"
    assert recipe_attributes(old) == recipe_attributes(tablet())
    assert words(old, "EU")["manufacturing_route"].startswith("dry mixing")


def test_words_follow_the_recipe_and_the_jurisdiction():
    """Salt, capsule shell and milk sugar each have their say."""
    milk = words(tablet({**TABLET, "lactose": 50.0}), "EU")
    assert milk["vegan"] == "no: Lactose monohydrate"
    assert milk["allergens"] == "milk"
    assert milk["permitted"] == "citrate: yes (EU)"
    assert milk["taste"] == "citrate: sour"
    wet = words(solution(), "US")
    assert wet["hygroscopicity"] == "chloride: liquefies above 33 % relative humidity"
    assert wet["pack"] == "closed bottle, or a sachet for each dose"
    assert wet["regulatory_category"].startswith("dietary supplement in the US")
    assert words(tablet({**TABLET, "flavour": 5.0}), "EU")["vegan"] == (
        "yes, if the maker of flavour says so"
    )


def test_what_is_worn_is_no_supplement():
    """And nobody asks how it tastes."""
    found = words(patch(), "EU")
    assert found["regulatory_category"].startswith("no supplement (skin route)")
    assert "taste" not in found
    with pytest.raises(UnknownNameError, match=r"Jurisdiction 'UK' is not known"):
        words(tablet(), "UK")


def test_a_salt_that_liquefies_needs_a_tight_pack():
    """Deliquescent chloride against plain citrate."""
    chloride = words(tablet(salt="chloride"), "EU")["pack"]
    assert "aluminium blister" in chloride
    assert words(tablet(), "EU")["pack"] == "bottle or plain blister"


@pytest.mark.parametrize(
    ("name", "key", "unit"),
    [
        ("absorbed_increment", "absorbed_increment.p50", "mg/d"),
        ("cost_per_absorbed_mg.p95", "cost_per_absorbed_mg.p95", "EUR/mg"),
        ("hardness", "hardness", "N"),
        ("sodium_mg_per_day", "sodium_mg_per_day", "mg/d"),
    ],
)
def test_a_profile_bounds_endpoints_and_attributes(name, key, unit):
    """Predicted or not; an endpoint of a population means its median."""
    target = ProfileTarget(attribute=name, high=1.0)
    assert target.attribute == key
    assert profile_unit(key) == unit


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"attribute": "hardness"}, "bound nothing"),
        ({"attribute": "hardness", "low": float("inf")}, "bound nothing"),
        ({"attribute": "hardness", "low": 2, "high": 1}, "low 2 N lies above high 1 N"),
        ({"attribute": "vegan", "low": 1}, "'vegan' is told in words"),
        ({"attribute": "hardnes", "low": 1}, "Did you mean 'hardness'"),
    ],
)
def test_an_impossible_profile_is_refused(values, message):
    """Without a bound, reversed, of words, or of nothing known."""
    with pytest.raises(InputError, match=message):
        ProfileTarget(**values)


def test_a_usual_range_holds_where_the_table_says():
    """The mass one can swallow says nothing of a sachet."""
    mass = attributes()["unit_mass"]
    assert mass.is_usual_for(tablet())
    assert not mass.is_usual_for(solution())
    assert mass.applies(solution())


def test_a_profile_key_of_an_endpoint_is_its_endpoint_key():
    """Whether or not the attribute also stands in the table."""
    assert profile_key("unit_mass") == get_endpoint("unit_mass").name
