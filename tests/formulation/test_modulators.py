"""Modulators: data that change one target each, neutral at the defaults, from studies that may."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import models.data
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import (
    MAX_MULTIPLIER,
    MIN_MULTIPLIER,
    Kind,
    Target,
    clippings,
    modulators,
    targets_of,
)
from formulation.patients import get_patient_field, patient_fields

BY_NAME = {m.name: m for m in modulators()}

every_modulator = pytest.mark.parametrize("modulator", modulators(), ids=lambda m: m.name)


def effect(target, **fields):
    """Return one target for one subject."""
    values = {name: np.array([float(value)]) for name, value in fields.items()}
    return targets_of(values)[target].item()


def test_names_and_pairs_stand_once():
    """One row for one field on one target."""
    assert len(BY_NAME) == len(modulators())
    assert len({(m.field, m.target) for m in modulators()}) == len(modulators())


def test_everybody_at_the_defaults_is_neutral_bit_by_bit():
    """Multipliers are exactly 1, shifts exactly 0."""
    values = {name: np.full(3, f.default.value) for name, f in patient_fields().items()}
    found = targets_of(values)
    assert set(found) == set(Target)
    assert all((found[target] == target.neutral).all() for target in Target)


def test_a_field_that_is_left_out_is_at_its_default():
    """So a few fields are enough."""
    values = {name: np.full(2, f.default.value) for name, f in patient_fields().items()}
    ppi = np.array([0.0, 1.0])
    few, all_of_them = targets_of({"ppi": ppi}), targets_of({**values, "ppi": ppi})
    assert all((few[target] == all_of_them[target]).all() for target in Target)


@pytest.mark.parametrize("column", ["source", "also"])
def test_no_held_out_study_or_negative_control_scales_a_modulator(column):
    """What the panel is judged by must not have shaped the model."""
    kept_away = {
        row["source"]
        for row in read_rows(find_table("contrasts", models.data.TABLES))
        if row["role"] in ("held_out", "negative_control")
    }
    assert len(kept_away) == 11
    cited = {
        key
        for row in read_rows(find_table("modulators", TABLES))
        for key in row[column].split("; ")
    }
    assert cited & kept_away == set()


@pytest.mark.parametrize(
    "field", ["dietary_phytate_mmol_per_day", "dietary_oxalate_mmol_per_day", "fat_g_per_day"]
)
def test_what_binds_in_the_gut_is_no_modulator(field):
    """It acts by molar ratio there, and nowhere else."""
    assert field not in {m.field for m in modulators()}


def test_a_meal_is_no_modulator():
    """It acts through emptying, volume and acid."""
    assert not [m for m in modulators() if "meal" in m.name or "meal" in m.field]


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ("trpm6_activity", Target.SATURABLE_UPTAKE),
        ("acid_output_factor", Target.ACID_OUTPUT),
        ("gastric_emptying_factor", Target.GASTRIC_EMPTYING),
        ("small_bowel_transit_h", Target.SMALL_BOWEL_TRANSIT),
        ("small_bowel_fraction", Target.SMALL_BOWEL_TRANSIT),
        ("colon_transit_h", Target.COLON_TRANSIT),
        ("bowel_ph_shift", Target.COLON_PH),
        ("egfr_ml_min", Target.TUBULAR_MAXIMUM),
    ],
)
def test_what_a_model_reads_itself_is_not_modulated_again(field, target):
    """One mechanism per effect."""
    assert get_patient_field(field).acts
    assert (field, target) not in {(m.field, m.target) for m in modulators()}


def test_a_proton_pump_inhibitor_acts_through_acid_only():
    """Nothing but the target of acid differs from neutral."""
    found = targets_of({"ppi": np.array([1.0])})
    assert found[Target.ACID_OUTPUT].tolist() == [0.1]
    assert {t for t in Target if found[t].item() != t.neutral} == {Target.ACID_OUTPUT}


@pytest.mark.parametrize(
    ("target", "fields", "expected"),
    [
        (Target.TUBULAR_MAXIMUM, {"thiazide": 1}, 0.96),
        (Target.TUBULAR_MAXIMUM, {"loop_diuretic": 1}, 0.9),
        (Target.TUBULAR_MAXIMUM, {"thiazide": 1, "loop_diuretic": 1}, 0.96 * 0.9),
        (Target.TUBULAR_MAXIMUM, {"trpm6_activity": 0}, 0.8),
        (Target.TUBULAR_MAXIMUM, {"sodium_mmol_per_day": 250}, 0.987),
        (Target.TUBULAR_MAXIMUM, {"pth_pmol_per_l": 30}, 1.0),
        (Target.TUBULAR_MAXIMUM, {"diabetes": 1, "insulin_resistance_homa": 5}, 0.93 * 0.97),
        (Target.CELL_UPTAKE, {"insulin_resistance_homa": 5}, 0.9),
        (Target.SATURABLE_UPTAKE, {"calcitriol_pmol_per_l": 20}, 0.308),
        (Target.SATURABLE_UPTAKE, {"calcitriol_pmol_per_l": 300}, 1.0),
        (Target.SATURABLE_UPTAKE, {"egfr_ml_min": 8}, 0.61),
        (Target.SATURABLE_UPTAKE, {"egfr_ml_min": 120}, 1.0),
        (Target.SATURABLE_UPTAKE, {"protein_g_per_day": 10}, 0.85),
        (Target.SATURABLE_UPTAKE, {"protein_g_per_day": 120}, 1.0),
        (Target.SATURABLE_UPTAKE, {"vitamin_b6_mg_per_day": 200}, 1.0),
        (Target.SATURABLE_KM, {"calcium_mg_per_day": 3000}, 1.0),
        (Target.SATURABLE_KM, {"zinc_mg_per_day": 142}, 1.3),
        (Target.COLONIC_UPTAKE, {"inulin_g_per_day": 10}, 1.8),
        (Target.COLONIC_UPTAKE, {"inulin_g_per_day": 40}, 1.8),
        (Target.COLONIC_UPTAKE, {"colon_left_fraction": 0.5}, 0.5),
        (Target.ILEAL_UPTAKE, {"ileum_left_fraction": 0.4}, 0.4),
        (Target.PARACELLULAR_UPTAKE, {"mucosal_surface_fraction": 0.6}, 0.6),
        (Target.SATURABLE_UPTAKE, {"mucosal_surface_fraction": 0.6}, 0.6),
        (Target.COLON_PH, {"stool_ph": 5.6}, -1.0),
        (Target.COLON_PH, {"resistant_starch_g_per_day": 24}, -0.3),
        (Target.OSMOTIC_LOAD, {"osmotic_agent_g_per_day": 10}, 29.2),
    ],
)
def test_the_table_says_what_its_notes_promise(target, fields, expected):
    """Each effect at a value one can check by hand."""
    assert effect(target, **fields) == pytest.approx(expected)


def test_renal_failure_lowers_the_saturable_route_as_two_studies_ask():
    """Schmulen's ratio with calcitriol, Spencer's remainder without it."""
    ill = {"egfr_ml_min": 8, "calcitriol_pmol_per_l": 20}
    treated = {"egfr_ml_min": 8, "calcitriol_pmol_per_l": 100}
    ratio = effect(Target.SATURABLE_UPTAKE, **treated) / effect(Target.SATURABLE_UPTAKE, **ill)
    assert ratio == pytest.approx(0.13 / 0.04, rel=0.01)


@every_modulator
def test_effects_lie_in_what_a_multiplier_may_be(modulator):
    """And the credible range of an effect holds its value."""
    low, high = modulator.effect.low, modulator.effect.high
    assert low <= modulator.effect.value <= high
    if modulator.kind is Kind.RATIO:
        assert MIN_MULTIPLIER / 2 <= low <= high <= MAX_MULTIPLIER


@every_modulator
def test_nothing_is_extrapolated(modulator):
    """Beyond the held range the effect stays what it is at its end."""
    field = get_patient_field(modulator.field).default
    ends = np.array([field.low, field.high])
    held = np.array([modulator.held_low, modulator.held_high])
    assert (modulator.of(ends) == modulator.of(held)).all()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_patients_have_finite_targets_in_their_range(data):
    """Whatever is possible for a patient is possible for the model."""
    values = {
        name: np.array([data.draw(st.floats(f.default.low, f.default.high), label=name)])
        for name, f in patient_fields().items()
        if not f.is_flag
    }
    for target, found in targets_of(values).items():
        assert np.isfinite(found).all()
        assert target.is_shifted or MIN_MULTIPLIER <= found.item() <= MAX_MULTIPLIER


def test_subjects_do_not_depend_on_each_other():
    """Many at once are the same as one by one."""
    values = {
        "egfr_ml_min": np.array([95.0, 45.0, 33.0]),
        "calcitriol_pmol_per_l": np.array([100.0, 40.0, 25.0]),
        "thiazide": np.array([0.0, 1.0, 1.0]),
    }
    together = targets_of(values)
    for i in range(3):
        alone = targets_of({name: value[i : i + 1] for name, value in values.items()})
        assert all(alone[target].item() == together[target][i] for target in Target)


def test_clipping_is_said():
    """By target, end and number of subjects; what is not clipped says nothing."""
    values = {
        "ileum_left_fraction": np.array([1.0, 0.05, 0.0]),
        "fermenter_index": np.array([1.0, 1.0, 3.0]),
        "resistant_starch_g_per_day": np.array([4.0, 4.0, 34.0]),
    }
    found = targets_of(values)
    assert found[Target.ILEAL_UPTAKE].tolist() == [1.0, 0.1, 0.1]
    assert found[Target.COLON_ACID][2] == 3.0
    assert list(map(str, clippings(values))) == [
        "ileal_uptake held at 0.1 in 2 subjects",
        "colon_acid held at 3 in 1 subjects",
    ]
    assert clippings({"ppi": np.array([1.0])}) == ()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Nothing is stated of these subjects"),
        ({"ppi": np.array([np.nan])}, "ppi: value nan is not possible"),
        ({"egfr_ml_min": np.array([95.0, np.nan])}, "egfr_ml_min: value nan"),
        ({"egfr_ml_min": np.array([95.0, 500.0])}, "egfr_ml_min: value 500 .* between 0 and 200"),
        ({"ppi": np.zeros(2), "thiazide": np.zeros(3)}, r"shapes \[\(2,\), \(3,\)\]"),
        ({"ppi": np.array(1.0)}, r"all must be \(n_subjects,\)"),
    ],
)
def test_impossible_subjects_are_refused(values, message):
    """NaN, what no patient can have, and arrays that do not fit."""
    with pytest.raises(InputError, match=message):
        targets_of(values)


def test_an_unknown_field_is_refused():
    """A misspelt field would be neutral."""
    with pytest.raises(UnknownNameError, match="Patient field 'thiazid' is not known"):
        targets_of({"thiazid": np.array([1.0])})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": Target.COLON_PH}, "a ratio cannot act on colon_ph"),
        ({"kind": Kind.SHIFT}, "a shift cannot act on tubular_maximum"),
        ({"per": 0.0}, "a step of 0 does not fit a ratio"),
        ({"kind": Kind.POWER, "per": 0.0}, "a power needs a reference above 0"),
        ({"reference": 2.0}, "the reference 2 lies outside 0 to 1"),
        ({"held_high": 7.0}, "held_high 7 is not possible"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change, message):
    """Each rule of a modulator has its words."""
    with pytest.raises(InputError, match=message):
        evolve(BY_NAME["thiazide"], **change)
