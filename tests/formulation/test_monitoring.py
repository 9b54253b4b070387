"""Hours between magnesium and medicines, and the plan of what to measure."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.data import TABLES, find_table, load_sources, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.interactions import (
    GENERAL_RULE,
    MEDICINES_OF_FACT,
    clashes,
    interactions,
    medicine_name,
    spacing,
)
from formulation.monitoring import CKD_STAGES, MEASURES, NOT_MODELLED, monitoring_plan
from formulation.risk import RiskClass

HEALTHY = {"egfr_ml_min": np.array([95.0])}
TIMES = st.floats(0, 24, exclude_max=True)


def safety_rows():
    rows = read_rows(find_table("safety", TABLES))
    return {row["item"]: row for row in rows if row["topic"] == "interaction"}


def check_of(plan, measure):
    return next((check for check in plan.checks if check.measure == measure), None)


def egfr(value):
    return {"egfr_ml_min": np.array([value])}


@pytest.mark.parametrize(
    ("item", "medicines"),
    [
        ("tetracyclines, fluoride", ("tetracyclines", "fluoride")),
        ("levothyroxine", ("levothyroxine",)),
        ("cellulose sodium phosphate / edetate", ("cellulose sodium phosphate", "edetate")),
        ("general rule", (GENERAL_RULE,)),
        (
            "bisphosphonates, nitrofurantoin, penicillamine, iron, eltrombopag, aminoquinolines",
            ("bisphosphonates", "nitrofurantoin", "penicillamine", "iron", "eltrombopag"),
        ),
    ],
)
def test_hours_are_the_longer_end_of_the_reference(item, medicines):
    """Carried over from the limits and interactions of the literature, on either side."""
    row = safety_rows()[item]
    hours = float(row["high"] or row["value"])
    for medicine in medicines:
        (rule,) = (i for i in interactions() if i.medicine == medicine)
        assert (rule.before_h, rule.after_h) == (hours, hours)
        assert rule.source == row["source"]


def test_fluoroquinolones_come_two_hours_before_or_six_after():
    """The two sides differ, and the longer end of 4 to 6 h is asked for."""
    (rule,) = spacing("ciprofloxacin")
    row = safety_rows()["fluoroquinolones"]
    assert (rule.before_h, rule.after_h) == (float(row["low"]), float(row["high"])) == (2.0, 6.0)


def test_each_medicine_has_one_rule_with_a_source_and_the_general_one_comes_last():
    """No name stands in two rows."""
    names = [name for rule in interactions() for name in (rule.medicine, *rule.members)]
    assert len(set(names)) == len(names)
    assert [rule.is_general for rule in interactions()].index(True) == len(interactions()) - 1
    assert all(rule.source in load_sources() and rule.why and rule.note for rule in interactions())


@pytest.mark.parametrize("name", ["ramipril", "digoxin", "Metformin 500 mg"])
def test_a_medicine_without_a_row_falls_under_the_general_rule(name):
    """Three hours on either side."""
    (rule,) = spacing(name)
    assert rule.is_general
    assert (rule.before_h, rule.after_h) == (3.0, 3.0)


@pytest.mark.parametrize(
    "name", ["Ciprofloxacin 500 mg", "CIPROFLOXACIN", " ciprofloxacin ", "ciprofloxacin_tablets"]
)
def test_strength_case_and_blanks_do_not_hide_a_medicine(name):
    """It must not slip under the milder general rule."""
    assert spacing(name)[0].medicine == "fluoroquinolones"


@pytest.mark.parametrize(
    "name", ["cellulose_sodium_phosphate", "Loop_Diuretic", "potassium_sparing_diuretic"]
)
def test_underscores_are_blanks(name):
    """Names of files and of flags are understood."""
    assert medicine_name(name) == name.lower().replace("_", " ")


@pytest.mark.parametrize("fact", sorted(MEDICINES_OF_FACT.keys() - {"magnesium_wasting"}))
def test_a_fact_is_a_medicine_of_its_own(fact):
    """A class may be stated where the medicine is not known."""
    assert medicine_name(fact) in MEDICINES_OF_FACT[fact]


@pytest.mark.parametrize(("name", "near"), [("levothyroxin", "levothyroxine"), ("dogoxin", "di")])
def test_a_slip_of_the_pen_is_not_taken_for_another_medicine(name, near):
    """The nearest names are proposed."""
    with pytest.raises(UnknownNameError, match=f"Medicine '{name}' is not known.*{near}"):
        spacing(name)


def test_an_empty_name_is_refused():
    """It would fall under the general rule."""
    with pytest.raises(UnknownNameError, match="Medicine ' ' is not known"):
        medicine_name(" ")


def test_a_day_tells_which_pair_is_too_close():
    """Levothyroxine at 7 needs magnesium at 11 or later; at 20 h it is far."""
    (clash,) = clashes([8.0, 20.0], {"levothyroxine": [7.0]})
    assert (clash.medicine_h, clash.intake_h, clash.gap_h, clash.needed_h) == (7.0, 8.0, 1.0, 4.0)
    assert clash.message == "levothyroxine at 7 h lies 1 h before magnesium at 8 h; keep 4 h."


@pytest.mark.parametrize(
    ("medicine_h", "is_close"),
    [(10.0, False), (10.5, True), (12.0, True), (17.5, True), (18.0, False)],
)
def test_the_two_sides_of_a_fluoroquinolone_differ(medicine_h, is_close):
    """Around magnesium at noon: two hours before, six after; the ends are allowed."""
    assert bool(clashes([12.0], {"ofloxacin": [medicine_h]})) is is_close


def test_midnight_parts_nothing():
    """A medicine at 23 h lies two hours before magnesium at 1 h."""
    (clash,) = clashes([1.0], {"iron": [23.0]})
    assert (clash.gap_h, clash.needed_h) == (2.0, 4.0)


def test_taking_both_together_is_said_so():
    """At the same time is neither before nor after."""
    (clash,) = clashes([8.0], {"doxycycline": [8.0]})
    assert "together with magnesium" in clash.message


def test_a_plan_without_medicines_has_no_clash():
    """Nothing to keep apart."""
    assert clashes([8.0, 20.0], {}) == ()


@given(TIMES, TIMES, st.sampled_from([i.medicine for i in interactions()]))
def test_a_pair_clashes_exactly_when_it_is_too_close(intake, medicine_h, name):
    """Both gaps around the clock, against the hours of the row."""
    (rule,) = spacing(name)
    before, after = (intake - medicine_h) % 24, (medicine_h - intake) % 24
    close = before < rule.before_h - 1e-9 or after < rule.after_h - 1e-9
    assert bool(clashes([intake], {name: [medicine_h]})) is close


@pytest.mark.parametrize("time", [-1.0, 24.0, float("nan")])
def test_an_impossible_time_of_day_is_refused(time):
    """Of magnesium and of a medicine alike."""
    with pytest.raises(InputError, match=r"magnesium at .* is no time of day"):
        clashes([time], {})
    with pytest.raises(InputError, match=r"iron at .* is no time of day"):
        clashes([], {"iron": [time]})


def test_a_healthy_person_is_measured_before_and_once_or_twice_after():
    """Serum and urine at three months, red cells when they have turned over, no electrolytes."""
    plan = monitoring_plan(RiskClass.LOW, HEALTHY)
    assert [check.measure for check in plan.checks] == [
        *("serum_mg", "creatinine_egfr", "urine_mg_24h", "red_cell_mg")
    ]
    assert check_of(plan, "serum_mg").text == "Serum magnesium: before the start, in week 12"
    assert check_of(plan, "red_cell_mg").weeks == (24,)


@pytest.mark.parametrize("fact", ["thiazide", "loop_diuretic"])
def test_a_diuretic_asks_for_electrolytes_as_flag_and_as_medicine(fact):
    """Potassium, calcium and creatinine, whichever way it was stated."""
    by_flag = monitoring_plan(RiskClass.LOW, {**HEALTHY, fact: np.array([1.0])})
    by_name = monitoring_plan(RiskClass.LOW, HEALTHY, [MEDICINES_OF_FACT[fact][1]])
    assert by_flag == by_name
    assert {"potassium", "calcium", "creatinine_egfr"} <= {c.measure for c in by_flag.checks}
    unflagged = monitoring_plan(RiskClass.LOW, {**HEALTHY, fact: np.array([0.0])})
    assert unflagged == monitoring_plan(RiskClass.LOW, HEALTHY)


def test_lower_filtration_is_watched_more_closely():
    """Stage 3a more than a healthy kidney, 3b more than 3a, and to the edge of the stages."""
    weeks = [
        check_of(monitoring_plan(RiskClass.LOW, egfr(value)), "serum_mg").weeks
        for value in (60.0, 59.9, 45.0, 44.9, 30.0)
    ]
    assert weeks == [(12,), (4, 12), (4, 12), (2, 4, 8, 12), (2, 4, 8, 12)]
    assert CKD_STAGES["ckd_3a"][0] == CKD_STAGES["ckd_3b"][1]


def test_digoxin_and_lost_magnesium_are_watched_early():
    """In the second week."""
    for medicine in ("digoxin", "cisplatin"):
        plan = monitoring_plan(RiskClass.LOW, HEALTHY, [medicine])
        assert check_of(plan, "serum_mg").weeks[0] == 2
        assert check_of(plan, "potassium")


def test_long_use_of_an_inhibitor_and_diabetes_keep_serum_on_the_list():
    """Beyond the first quarter."""
    ppi = monitoring_plan(RiskClass.LOW, HEALTHY, ["omeprazole"])
    diabetes = monitoring_plan(RiskClass.LOW, {**HEALTHY, "diabetes": np.array([1.0])})
    assert check_of(ppi, "serum_mg").every_weeks == 26
    assert check_of(diabetes, "serum_mg").every_weeks == 52


def test_a_higher_class_never_asks_for_less():
    """Each week of a lower class is in the plan of the next."""
    plans = [monitoring_plan(c, HEALTHY) for c in (RiskClass.LOW, RiskClass.RAISED, RiskClass.HIGH)]
    for lower, higher in pairwise(plans):
        for check in lower.checks:
            assert set(check.weeks) <= set(check_of(higher, check.measure).weeks)
    weeks = [len(check_of(plan, "serum_mg").weeks) for plan in plans]
    assert weeks == sorted(set(weeks))


def test_several_facts_join_into_the_densest_schedule():
    """All reasons stay, the shortest interval counts."""
    patient = {**egfr(40.0), "diabetes": np.array([1.0])}
    check = check_of(monitoring_plan(RiskClass.RAISED, patient, ["digoxin"]), "serum_mg")
    assert check.every_weeks == 12
    assert len(check.reasons) == 5
    assert all(reason.share == 1.0 for reason in check.reasons)


def test_a_fact_of_some_tells_its_share():
    """A quarter of the people have stage 3b."""
    plan = monitoring_plan(RiskClass.LOW, {"egfr_ml_min": np.array([90.0, 80.0, 70.0, 40.0])})
    shares = {reason.fact: reason.share for reason in check_of(plan, "serum_mg").reasons}
    assert shares == {"anybody who takes magnesium daily": 1.0, "eGFR 30 to 44 (CKD 3b)": 0.25}


def test_what_is_named_and_not_modelled_is_said():
    """Potassium, calcium and creatinine."""
    plan = monitoring_plan(RiskClass.HIGH, HEALTHY, ["furosemide"])
    assert any(
        all(word in remark for word in ("not modelled", "potassium", "calcium", "Creatinine"))
        for remark in plan.remarks
    )
    assert {c.measure for c in plan.checks if not c.is_modelled} == set(NOT_MODELLED)


def test_who_is_refused_has_no_plan():
    """No candidate, nothing to watch; a clinician decides."""
    plan = monitoring_plan(RiskClass.REFUSED, {})
    assert plan.checks == ()
    assert "a clinician decides" in plan.remarks[0]


def test_a_plan_needs_the_filtration_rate():
    """It decides the stage."""
    with pytest.raises(InputError, match=r"Monitoring needs the filtration rate.*egfr_ml_min"):
        monitoring_plan(RiskClass.LOW, {})


@pytest.mark.parametrize(
    "row", read_rows(find_table("monitoring", TABLES)), ids=lambda r: r["fact"]
)
def test_a_row_of_the_plan_can_be_followed(row):
    """Known facts and measures, rising weeks, and a time at least."""
    rules = {"everybody", "raised", "high", "diabetes", *CKD_STAGES, *MEDICINES_OF_FACT}
    assert row["fact"] in rules
    assert row["measure"] in MEASURES
    weeks = [int(week) for week in row["weeks"].split("; ") if week]
    assert weeks == sorted(set(weeks))
    assert row["baseline"] == "1" or weeks
    assert not row["every_weeks"] or int(row["every_weeks"]) > 0


def test_no_fact_asks_for_a_measure_twice():
    """One row each."""
    found = [(r["fact"], r["measure"]) for r in read_rows(find_table("monitoring", TABLES))]
    assert len(set(found)) == len(found)


def test_neither_table_promises_harmlessness():
    """The word has no place in what is shown to people."""
    for name in ("interactions", "monitoring"):
        text = " ".join(" ".join(row.values()) for row in read_rows(find_table(name, TABLES)))
        assert not re.search("safe", text, re.IGNORECASE)
