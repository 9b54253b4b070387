"""Populations: what can be stated, what no patient can have, and who is refused."""

from pathlib import Path

import pytest

import models
from formulation.errors import InputError, RefusedError, UnknownNameError
from formulation.medicines import ACTING, medication_flag
from formulation.modulators import modulators
from formulation.patients import (
    MAX_POPULATION,
    Population,
    Spread,
    get_patient_field,
    named_population,
    named_spreads,
    patient_fields,
)
from formulation.refusals import REFUSED_CONDITIONS
from models.population import draw_subjects


def egfr(low):
    return {"egfr_ml_min": Spread(mean=60, sd=10, low=low, high=90)}


def test_an_egfr_below_30_is_refused_on_medical_grounds():
    """The exit code is 3, and the message says why and who decides."""
    message = r"eGFR of 25 mL/min/1.73m2 .* below 30 no candidate .* clinician"
    with pytest.raises(RefusedError, match=message) as caught:
        Population(name="ckd", size=10, spreads=egfr(25))
    assert caught.value.exit_code == 3
    assert not isinstance(caught.value, InputError)


def test_an_egfr_of_exactly_30_is_offered_candidates():
    """The limit itself is inside."""
    assert Population(name="ckd", size=10, spreads=egfr(30)).size == 10


@pytest.mark.parametrize("condition", REFUSED_CONDITIONS)
def test_every_forbidding_condition_is_refused_with_its_reason(condition):
    """No candidate is offered, and the sentence names the reason."""
    with pytest.raises(RefusedError, match=f"{condition}, because .*") as caught:
        Population(name="x", size=10, conditions=(condition,))
    assert REFUSED_CONDITIONS[condition] in str(caught.value)


def test_every_reason_of_a_refusal_is_told_at_once():
    """Two conditions and a low filtration rate are three problems."""
    with pytest.raises(RefusedError) as caught:
        Population(name="x", size=10, spreads=egfr(25), conditions=("dialysis", "heart_block"))
    words = [problem.message for problem in caught.value.problems]
    assert [w.partition(": ")[2][:30] for w in words] == [
        "no candidate is offered with d",
        "no candidate is offered with h",
        "an eGFR of 25 mL/min/1.73m2 is",
    ]


def test_a_child_is_out_of_scope():
    """An age below 18 is refused; one that nobody can have is a mistake."""
    age = get_patient_field("age_years")
    with pytest.raises(RefusedError, match=r"17 year is below 18.*out of scope"):
        age.check(17.0)
    with pytest.raises(InputError, match="-1 year is not possible"):
        age.check(-1.0)
    age.check(18.0)


@pytest.mark.parametrize(
    ("spreads", "is_alike"),
    [
        ({}, True),
        ({"weight_kg": Spread(mean=70, sd=0, low=70, high=70)}, True),
        ({"weight_kg": Spread(mean=70, sd=9, low=40, high=90)}, False),
        ({"ppi": Spread(mean=1, sd=0, low=0, high=1)}, True),
        ({"ppi": Spread(mean=0.4, sd=0, low=0, high=1)}, False),
    ],
)
def test_people_are_alike_where_nothing_varies(spreads, is_alike):
    """A flag varies when only some have it; the draw agrees."""
    population = Population(name="x", size=20, spreads=spreads)
    assert population.is_alike is is_alike
    drawn = draw_subjects(population).values
    assert all((x == x[0]).all() for x in drawn.values()) is is_alike


def test_an_unknown_condition_lists_the_nearest():
    """A misspelt condition must not slip through as harmless."""
    with pytest.raises(UnknownNameError, match=r"Condition 'dialisis'.*'dialysis'"):
        Population(name="x", size=10, conditions=("dialisis",))


@pytest.mark.parametrize("size", [0, -1, MAX_POPULATION + 1, 2.5])
def test_an_impossible_size_is_refused(size):
    """Nobody, too many, or half a person."""
    with pytest.raises(InputError, match="must have between 1 and 100,000"):
        Population(name="x", size=size)


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_an_impossible_seed_is_refused(seed):
    """A seed is a whole number, zero or more."""
    with pytest.raises(InputError, match=f"seed {seed} is impossible"):
        Population(name="x", size=1, seed=seed)


def test_an_unknown_field_lists_the_nearest():
    """Of a population and of the table alike."""
    spreads = {"egfr": Spread(mean=1, sd=0, low=1, high=1)}
    with pytest.raises(UnknownNameError, match=r"Patient field 'egfr'.*egfr_ml_min"):
        Population(name="x", size=1, spreads=spreads)
    with pytest.raises(UnknownNameError, match=r"'colon_transit'.*'colon_transit_h'"):
        get_patient_field("colon_transit")


def test_an_unknown_population_lists_the_nearest():
    """Populations are asked for by name."""
    with pytest.raises(UnknownNameError, match=r"Population 'healthy'.*healthy_adults"):
        named_population("healthy")


@pytest.mark.parametrize(
    ("spread", "message"),
    [
        ({"mean": 5.0}, "mean 5 and range 0 to 1 is impossible"),
        ({"mean": float("nan")}, "mean nan"),
        ({"low": 2.0}, "range 2 to 1 is impossible"),
        ({"sd": -1.0}, "standard deviation of -1 is impossible"),
        ({"sd": float("nan")}, "standard deviation of nan is impossible"),
        ({"sd": float("inf")}, "standard deviation of inf is impossible"),
    ],
)
def test_an_impossible_spread_is_refused(spread, message):
    """The mean lies inside the range and the spread is finite."""
    with pytest.raises(InputError, match=message):
        Spread(**{"mean": 0.5, "sd": 0.1, "low": 0.0, "high": 1.0, **spread})


def test_a_range_no_patient_can_have_is_refused():
    """The table's possible range bounds what a study may state."""
    spreads = {"diet_mg_per_day": Spread(mean=300, sd=1, low=100, high=5000)}
    with pytest.raises(InputError, match="diet_mg_per_day: high 5000 mg/d is not possible"):
        Population(name="x", size=1, spreads=spreads)


@pytest.mark.parametrize("name", named_spreads())
def test_populations_of_the_product_can_be_built(name):
    """And none of their members is refused."""
    population = named_population(name, size=8, seed=3)
    assert (population.name, population.size, population.seed) == (name, 8, 3)


@pytest.mark.parametrize("field", patient_fields().values(), ids=lambda f: f.name)
def test_every_default_is_possible(field):
    """The value taken when nothing is stated lies in the field's own range."""
    assert field.default.low <= field.default.value <= field.default.high
    field.check(field.default.value)


def test_fields_without_effect_are_named():
    """A stated field that nothing uses must not look as if it acted."""
    eats = Spread(mean=900.0, sd=100.0, low=500.0, high=1500.0)
    stated = Population(name="own", size=4, spreads={"calcium_mg_per_day": eats})
    assert stated.idle_fields == ("calcium_mg_per_day",)
    assert "diet_mg_per_day" not in named_population("healthy_adults").idle_fields


def test_no_field_acts_that_nothing_uses():
    """Each that is marked is read by a model or has a modulator that is not neutral."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(models.__file__).parent.rglob("*.py")
        if path.name != "population.py"
    )
    read = {name for name in patient_fields() if f'"{name}"' in code}
    modulating = {m.field for m in modulators() if not m.is_neutral}
    acting = {name for name, field in patient_fields().items() if field.acts}
    assert modulating <= acting <= read | modulating


def test_a_flag_is_yes_or_no():
    """Nobody is half a diabetic."""
    flags = {name for name, field in patient_fields().items() if field.is_flag}
    assert flags == {"diabetes", "thiazide", "loop_diuretic", "ppi", "female"}
    with pytest.raises(InputError, match=r"thiazide: value 0\.5 is not possible; give 0 or 1"):
        get_patient_field("thiazide").check(0.5)


def test_a_flag_of_a_population_is_a_share():
    """The mean says how many have it; a standard deviation would say it twice."""
    spreads = {"thiazide": Spread(mean=0.3, sd=0, low=0, high=1)}
    assert Population(name="x", size=9, spreads=spreads).spreads["thiazide"].mean == 0.3
    spreads = {"thiazide": Spread(mean=0.3, sd=0.4, low=0, high=1)}
    with pytest.raises(InputError, match=r"thiazide: sd 0\.4 is not possible; .* Give 'sd: 0'"):
        Population(name="x", size=9, spreads=spreads)


def test_the_loss_of_acid_is_not_counted_twice():
    """Either the measured output or the drug."""
    ppi = Spread(mean=1, sd=0, low=1, high=1)
    acid = Spread(mean=0.1, sd=0, low=0.1, high=0.1)
    with pytest.raises(InputError, match=r"acid_output_factor 0\.1 beside the flag ppi"):
        Population(name="x", size=1, spreads={"ppi": ppi, "acid_output_factor": acid})
    usual = Spread(mean=1, sd=0.3, low=0.2, high=2.5)
    spreads = {"ppi": ppi, "acid_output_factor": usual}
    assert Population(name="x", size=1, spreads=spreads).size == 1


@pytest.mark.parametrize(
    ("medicine", "flag"),
    [
        ("hydrochlorothiazide", "thiazide"),
        ("Furosemide 40 mg", "loop_diuretic"),
        ("omeprazole", "ppi"),
        ("levothyroxine", None),
        ("digoxin", None),
    ],
)
def test_a_medicine_sets_its_flag(medicine, flag):
    """Or none, when it is only kept apart or watched."""
    assert medication_flag(medicine) == flag


def test_acting_medicines_are_flags():
    """Each is a patient field that acts."""
    assert all(get_patient_field(name).is_flag for name in ACTING)
    assert all(get_patient_field(name).acts for name in ACTING)


@pytest.mark.parametrize("medicine", ["hydrochlorothiazid", "water pill"])
def test_an_unknown_medicine_is_refused(medicine):
    """Nobody could say what it does; a misspelt one lists the nearest."""
    with pytest.raises(UnknownNameError, match=rf"Medicine '{medicine}' is not known"):
        medication_flag(medicine)


def test_medication_and_flags_of_a_population_agree():
    """Who takes a thiazide has the flag."""
    with pytest.raises(InputError, match="takes hydrochlorothiazide, but its field thiazide"):
        Population(name="x", size=1, medication=("hydrochlorothiazide",))


@pytest.mark.parametrize(
    "name",
    [
        *("healthy_adults", "ppi_users", "postmenopausal_women", "elderly", "ckd_3a", "ckd_3b"),
        *("type_2_diabetes", "hypertension_thiazide", "ibs_c", "ibs_d", "ileal_resection"),
        *("coeliac_crohn", "high_phytate_diet", "low_status", "trpm6_loss"),
    ],
)
def test_the_populations_of_the_article_are_there(name):
    """Each differs from healthy adults in something that is stated."""
    spreads = named_spreads()[name]
    assert "diet_mg_per_day" in spreads
    assert name == "healthy_adults" or spreads != named_spreads()["healthy_adults"]


def test_nothing_of_the_ileum_is_lost_twice():
    """A resection lowers uptake where it was; the transit of the whole bowel stays."""
    for spreads in named_spreads().values():
        assert not {"ileum_left_fraction", "small_bowel_fraction"} <= spreads.keys()
