"""Risk: limits, serum, loose stools, irritation, and the class with its reasons in order."""

import json
import re

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from formulation.delivery import Route
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.intake import Intake, Simulated, check_limits
from formulation.limits import get_limits
from formulation.provenance import Basis
from formulation.refusals import REFUSED_CONDITIONS
from formulation.regimen import Regimen
from formulation.risk import ASSUMPTIONS, RiskClass, assess
from formulation.salts import salts
from formulation.tolerance import (
    IRRITATION_CLASSES,
    LAXATION_WORDS,
    NOT_PREDICTED,
    irritation,
    laxation,
    laxation_probability,
)
from formulation.units import MG_PER_MMOL

HEALTHY = {"egfr_ml_min": np.array([95.0])}
TABLET = Intake(route=Route.ORAL, salts=("citrate",), elemental_mg_per_day=200.0, intakes_per_day=2)
LOADS = st.floats(0, 400)
LEFT = 0.9
"""Share of a dose that stays in the bowel, for loads from doses."""


def simulated(serum=(0.88,), day=(7.0,), dose=None, peak=(4.0,), other=0.0):
    day = np.array(day)
    return Simulated(
        serum_mmol_per_l=np.array(serum),
        soluble_unabsorbed_mmol_per_day=day,
        soluble_unabsorbed_mmol_per_dose=day / 2 if dose is None else np.array(dose),
        peak_gut_load_mmol=np.array(peak),
        other_solute_mosm_per_day=other,
    )


def people(serum):
    n = len(serum)
    return simulated(serum=serum, day=(7.0,) * n, peak=(4.0,) * n)


def judge(intake=TABLET, where="EU", patient=HEALTHY, told=None, **more):
    return assess(intake, where, patient, told or simulated(), **more)


def rules_of(assessment):
    return [reason.rule for reason in assessment.reasons]


def loose(mg_per_day, doses=2):
    load = LEFT * mg_per_day / MG_PER_MMOL
    return float(laxation_probability(np.array([load]), np.array([load / doses]))[0])


def words_of(value):
    """Yield every text of nested plain values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from words_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from words_of(inner)
    else:
        yield str(value)


@pytest.mark.parametrize(
    ("mg_per_day", "low", "high"), [(250, 0.01, 0.03), (360, 0.03, 0.08), (1000, 0.3, 0.6)]
)
def test_loose_stools_follow_the_shares_of_supplements(mg_per_day, low, high):
    """One to three in a hundred at 250 mg/d in two doses, a few at 360, common at 1000."""
    assert low <= loose(mg_per_day) <= high


def test_four_weeks_of_oxide_without_complaints_are_not_contradicted():
    """24 mmol/d of oxide of which the acid dissolves half: under one in twenty."""
    load = 24 / 2 * LEFT
    assert laxation_probability(np.array([load]), np.array([load / 2]))[0] < 0.05


def test_no_load_loosens_nothing_and_the_curve_starts_flat():
    """At zero exactly zero, and smooth from there."""
    none, little = laxation_probability(np.array([0.0, 1e-3]), np.array([0.0, 5e-4]))
    assert none == 0.0
    assert 0 < little < 1e-9


@given(LOADS, st.floats(0, 100), st.floats(0.05, 1.0))
def test_more_load_and_larger_doses_never_loosen_less(day, more, part):
    """Probability rises with the day and with the dose, between 0 and 1."""
    days = np.array([day, day + more, day])
    doses = np.array([part * day, part * day, day])
    base, fuller, at_once = laxation_probability(days, doses)
    assert 0 <= base <= min(fuller, at_once)
    assert max(fuller, at_once) < 1


def test_one_large_dose_loosens_more_than_two():
    """The same day taken at once."""
    assert loose(250, doses=1) > loose(250, doses=2) > loose(250, doses=3)


@pytest.mark.parametrize(
    ("day", "dose", "message"),
    [
        ([-1.0], [0.0], "lies between -1 and -1 mmol/d; it must be finite and between 0 and 1000"),
        ([float("nan")], [0.0], "must be finite"),
        ([2000.0], [1.0], "between 0 and 1000 mmol/d"),
        ([5.0], [6.0], "a dose is a part of its day"),
    ],
)
def test_an_impossible_load_is_refused(day, dose, message):
    """Negative, missing, beyond any supplement, or a dose above its day."""
    with pytest.raises(InputError, match=message):
        laxation_probability(np.array(day), np.array(dose))


def test_the_summary_spans_people_and_the_assumption():
    """Percentiles between people, and the mean as the midpoint is moved."""
    day = np.linspace(2, 20, 50)
    found = laxation(day, day / 2)
    assert found.lo90 < found.probability < found.hi90
    assert found.low < found.probability < found.high
    assert found.word in {word for _, word in LAXATION_WORDS}


def test_another_osmotic_solute_counts():
    """20 mOsm of sorbitol hold the water of 10 mmol of magnesium."""
    with_it = judge(told=simulated(day=(7.0,), other=20.0)).laxation
    assert with_it == laxation(np.array([17.0]), np.array([8.5]))


@pytest.mark.parametrize(
    ("salt", "mmol", "category"),
    [
        ("citrate", 4.0, "little"),
        ("chloride", 10.0, "some"),
        ("chloride", 25.0, "marked"),
        ("bisglycinate", 10.0, "little"),
    ],
)
def test_irritation_follows_salt_and_concentration(salt, mmol, category):
    """Chloride irritates more than citrate, a glycinate less, and strong solutions more."""
    assert irritation(Route.ORAL, [salt], 10.0, np.array([mmol])).category == category


def test_the_worse_salt_of_a_mixture_decides():
    """It is named."""
    found = irritation(Route.ORAL, ["bisglycinate", "chloride"], 10.0, np.array([25.0]))
    assert (found.category, found.rank) == ("marked", IRRITATION_CLASSES.index("marked"))
    assert "of chloride" in found.words
    assert "assumed" in found.words


@given(st.floats(0, 100), st.floats(0, 100), st.sampled_from(sorted(salts())))
def test_a_stronger_solution_never_irritates_less(load, more, salt):
    """The class rises with the concentration, for every salt of the table."""
    weak, strong = (
        irritation(Route.ORAL, [salt], 1.0, np.array([x])).rank for x in (load, load + more)
    )
    assert weak <= strong


def test_a_gel_irritates_where_its_dose_lies():
    """A mucosa sees the dose in little fluid, whatever the gut holds."""
    found = irritation(Route.RECTAL, ["chloride"], 4.0, np.array([0.0]))
    assert found.concentration_mmol_per_l == pytest.approx(400.0)
    assert "mucosa" in found.words


def test_irritation_of_the_skin_is_not_predicted():
    """Said in words, without a class or a number."""
    found = irritation(Route.SKIN, ["chloride"], 4.0, np.array([1.0]))
    assert (found.category, found.rank) == (NOT_PREDICTED, None)
    assert found.concentration_mmol_per_l is None
    assert "not predicted" in found.words


@pytest.mark.parametrize(("where", "mg", "broken"), [
    ("EU", 250.0, []), ("EU", 251.0, ["daily_supplemental"]),
    ("US", 350.0, []), ("US", 351.0, ["daily_supplemental"]),
])  # fmt: skip
def test_limits_are_those_of_the_jurisdiction(where, mg, broken):
    """Exactly at the limit is met; each carries value, amount and source."""
    checks = check_limits(evolve(TABLET, elemental_mg_per_day=mg), where, 95.0)
    assert [check.rule for check in checks if not check.is_met] == broken
    daily = checks[0]
    assert (daily.amount, daily.limit) == (mg, get_limits(where).daily_supplemental)
    assert ("exceeded" in daily.words) == bool(broken)


def test_one_intake_a_day_breaks_two_rules_of_the_eu_and_one_in_the_us():
    """300 mg at once: fewer intakes than asked for in the EU, too much at once in both."""
    once = evolve(TABLET, elemental_mg_per_day=300.0, intakes_per_day=1)
    broken = {
        where: [c.rule for c in check_limits(once, where, 95.0) if not c.is_met]
        for where in ("EU", "US")
    }
    assert broken == {
        "EU": ["daily_supplemental", "per_occasion", "min_intakes"],
        "US": ["per_occasion"],
    }


def test_no_limit_bounds_the_skin():
    """A patch is no oral supplement."""
    patch = evolve(TABLET, route=Route.SKIN, elemental_mg_per_day=2000.0)
    assert check_limits(patch, "EU", 40.0) == ()


@pytest.mark.parametrize(("egfr", "rules"), [(60.0, 0), (59.9, 1), (30.0, 1)])
def test_half_the_limit_is_asked_for_with_a_weak_kidney(egfr, rules):
    """A policy, named as one and not as a law."""
    found = [c for c in check_limits(TABLET, "US", egfr) if c.rule == "ckd_daily_policy"]
    assert len(found) == rules
    for check in found:
        assert (check.limit.value, check.is_met) == (175.0, False)
        assert check.limit.basis is Basis.ASSUMED
        assert "Policy" in check.words


def test_an_unknown_jurisdiction_is_refused_for_the_skin_too():
    """A misspelt one must not lift the limits."""
    with pytest.raises(UnknownNameError, match="Jurisdiction 'UE'"):
        check_limits(evolve(TABLET, route=Route.SKIN), "UE", 95.0)


def test_an_ordinary_product_in_a_healthy_person_touches_no_rule():
    """The class is low, and the reason says only that."""
    found = judge()
    assert found.risk_class is RiskClass.LOW
    assert [reason.words for reason in found.reasons] == ["No rule of this product was touched."]
    assert all(check.is_met for check in found.limits)


@pytest.mark.parametrize("condition", REFUSED_CONDITIONS)
def test_a_forbidding_condition_refuses_with_its_reason(condition):
    """First of all reasons, whatever else is wrong."""
    found = judge(evolve(TABLET, elemental_mg_per_day=900.0), conditions=[condition])
    assert found.risk_class is RiskClass.REFUSED
    assert found.reasons[0].rule == condition
    assert REFUSED_CONDITIONS[condition] in found.reasons[0].words
    assert "daily_supplemental" in rules_of(found)


@pytest.mark.parametrize(
    ("egfr", "risk_class"), [(29.9, "refused"), (30.0, "high"), (59.9, "high"), (60.0, "low")]
)
def test_the_kidney_decides_the_class(egfr, risk_class):
    """Refused below 30; up to 60 the 200 mg exceed half the limit of the EU."""
    assert judge(patient={"egfr_ml_min": np.array([egfr])}).risk_class == risk_class


def test_a_weak_kidney_alone_raises_the_class():
    """Under half the limit, stage 3 still is a reason."""
    found = judge(
        evolve(TABLET, elemental_mg_per_day=100.0), patient={"egfr_ml_min": np.array([50.0])}
    )
    assert (found.risk_class, rules_of(found)) == (RiskClass.RAISED, ["ckd"])


@pytest.mark.parametrize(
    ("serum", "risk_class", "shares"),
    [
        ([1.1] * 100, "low", (0.0, 0.0)),
        ([1.11] * 4 + [0.9] * 96, "raised", (0.04, 0.0)),
        ([1.11] * 5 + [0.9] * 95, "high", (0.05, 0.0)),
        ([2.01] + [0.9] * 99, "refused", (0.01, 0.01)),
    ],
)
def test_serum_decides_by_the_share_above_its_thresholds(serum, risk_class, shares):
    """1.1 is the definition, few raise and many heighten; nobody may pass 2.0."""
    found = judge(told=people(serum))
    assert found.risk_class == risk_class
    told = found.hypermagnesaemia
    assert (told.share_above_definition, told.share_above_silent) == shares
    assert "Of 100 subjects" in told.words


def test_a_high_serum_before_the_product_is_a_reason():
    """Whatever the simulation says of afterwards."""
    found = judge(patient={**HEALTHY, "baseline_serum_mmol_per_l": np.array([1.2])})
    assert (found.risk_class, rules_of(found)) == (RiskClass.HIGH, ["serum_before"])


@pytest.mark.parametrize(("day", "risk_class"), [(9.0, "low"), (15.0, "raised"), (40.0, "high")])
def test_loose_stools_raise_the_class(day, risk_class):
    """From one in twenty, and again from one in five."""
    assert judge(told=simulated(day=(day,))).risk_class == risk_class


def test_marked_irritation_raises_the_class():
    """With the words of the judgement."""
    found = judge(evolve(TABLET, salts=("chloride",)), told=simulated(peak=(25.0,)))
    assert (found.risk_class, rules_of(found)) == (RiskClass.RAISED, ["irritation"])


def test_a_medicine_to_keep_apart_raises_the_class_and_others_do_not():
    """Levothyroxine has hours of its own; ramipril falls under the general rule."""
    found = judge(medication=["levothyroxine"])
    assert (found.risk_class, rules_of(found)) == (RiskClass.RAISED, ["interaction"])
    assert "4 h before or 4 h after" in found.reasons[0].words
    other = judge(medication=["ramipril"])
    assert other.risk_class is RiskClass.LOW
    assert other.interactions[0].is_general


def test_reasons_stand_in_order_of_gravity():
    """Refusal first, then high, then raised; within a class in the order of judging."""
    found = judge(
        evolve(TABLET, elemental_mg_per_day=400.0, intakes_per_day=1),
        patient={"egfr_ml_min": np.array([50.0])},
        told=simulated(serum=(2.5,), day=(15.0,), dose=(15.0,)),
        medication=["iron"],
    )
    ranks = [reason.risk_class.rank for reason in found.reasons]
    assert ranks == sorted(ranks, reverse=True)
    assert rules_of(found) == [
        "serum_silent",
        *("daily_supplemental", "per_occasion", "ckd_daily_policy", "serum_definition"),
        *("min_intakes", "laxation", "ckd", "interaction"),
    ]


@given(st.floats(50, 900), st.floats(30, 140), st.floats(0.7, 2.5), st.floats(0, 40))
def test_a_larger_dose_never_lowers_the_class(mg, egfr, serum, day):
    """With everything else the same."""
    patient, told = {"egfr_ml_min": np.array([egfr])}, simulated(serum=(serum,), day=(day,))
    less, more = (
        judge(evolve(TABLET, elemental_mg_per_day=x), patient=patient, told=told).risk_class.rank
        for x in (mg, 1.2 * mg)
    )
    assert less <= more


def test_an_assessment_is_plain_data_with_its_assumptions():
    """It goes through JSON, and names what was assumed."""
    text = json.dumps(judge(medication=["iron"]).as_dict(), allow_nan=False)
    values = json.loads(text)
    assert values["risk_class"] == "raised"
    assert values["assumptions"].keys() == ASSUMPTIONS.keys()
    assert values["limits"][0]["limit"]["source"] == "SCF2001"
    assert all(q.basis is Basis.ASSUMED for q in ASSUMPTIONS.values())


@pytest.mark.parametrize("condition", [(), ("dialysis",), ("pregnancy",), ("heart_block",)])
def test_nothing_is_called_harmless(condition):
    """The word appears in no text of any assessment."""
    grave = judge(
        evolve(TABLET, elemental_mg_per_day=900.0, intakes_per_day=1, salts=("chloride",)),
        patient={"egfr_ml_min": np.array([35.0])},
        told=simulated(serum=(1.3,), day=(40.0,), dose=(40.0,), peak=(30.0,)),
        medication=["iron", "digoxin", "dolutegravir"],
        conditions=condition,
    )
    for found in (judge(), judge(evolve(TABLET, route=Route.SKIN)), grave):
        assert not re.search("safe", " ".join(words_of(found.as_dict())), re.IGNORECASE)


def test_a_design_tells_its_intake():
    """Route of its form, salts, and dose by the regimen."""
    design = Design(
        system="immediate_release",
        salt="citrate",
        salt_mg_pct=16.0,
        amounts_mg={"salt": 500.0, "microcrystalline_cellulose": 100.0},
        process={"form": "tablet"},
        regimen=Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True),
    )
    intake = Intake.of_design(design)
    assert (intake.route, intake.salts) == (Route.ORAL, ("citrate",))
    assert (intake.elemental_mg_per_day, intake.elemental_mg_per_intake) == (160.0, 80.0)
    with pytest.raises(UnknownNameError, match=r"Form of immediate_release 'tabet'.*'tablet'"):
        Intake.of_design(evolve(design, process={"form": "tabet"}))


@pytest.mark.parametrize(
    "change", [{"salts": ()}, {"elemental_mg_per_day": 0.0}, {"intakes_per_day": 0}]
)
def test_an_impossible_intake_is_refused(change):
    """No salt, no dose, or no occasion."""
    with pytest.raises(InputError, match=r"Intake of .* is impossible"):
        evolve(TABLET, **change)


def test_simulated_numbers_must_be_of_the_same_subjects():
    """Shapes and values are checked where they come in."""
    with pytest.raises(InputError, match=r"peak_gut_load_mmol has shape \(2,\), serum"):
        simulated(peak=(1.0, 2.0))
    with pytest.raises(InputError, match="serum_mmol_per_l holds no value, or one that is not"):
        simulated(serum=(float("nan"),))
    with pytest.raises(InputError, match="serum must be above 0"):
        simulated(serum=(0.0,))


@pytest.mark.parametrize(
    ("patient", "error", "message"),
    [
        ({}, InputError, r"\(none\) hold no filtration rate.*egfr_ml_min"),
        ({"egfr_ml_min": np.ones(3)}, InputError, r"shape \(3,\); the simulation has 1 subject"),
        ({"egfr_ml_min": np.array([-1.0])}, InputError, "egfr_ml_min: value -1 .* not possible"),
        ({**HEALTHY, "tiazide": np.ones(1)}, UnknownNameError, r"field 'tiazide'.*'thiazide'"),
    ],
)
def test_a_patient_that_cannot_be_judged_is_refused(patient, error, message):
    """Missing filtration, other subjects, impossible values, misspelt fields."""
    with pytest.raises(error, match=message):
        judge(patient=patient)


def test_an_unknown_condition_lists_the_nearest():
    """A misspelt one must not be judged as harmless."""
    with pytest.raises(UnknownNameError, match=r"Condition 'dialisis'.*'dialysis'"):
        judge(conditions=["dialisis"])
