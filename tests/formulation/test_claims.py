"""Claims: neutral until switched on, each with a verdict and the experiment that would decide."""

import numpy as np
import pytest
from attrs import evolve

from formulation.claim_conditions import Condition, ProductCondition
from formulation.claims import Verdict, acting, all_claims, announcement, switch
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target, targets_of
from formulation.patients import patient_fields
from formulation.provenance import Basis

GUT = {
    *(Target.SATURABLE_UPTAKE, Target.SATURABLE_KM, Target.PARACELLULAR_UPTAKE),
    *(Target.ILEAL_UPTAKE, Target.COLONIC_UPTAKE),
}
LOW_AND_USUAL = {"baseline_serum_mmol_per_l": np.array([0.6, 0.7499, 0.75, 0.85])}

every_claim = pytest.mark.parametrize("claim", all_claims().values(), ids=lambda c: c.name)


def people(n=5):
    """Return subjects at the defaults, some of whom are deficient, slow or ill."""
    values = {name: np.full(n, f.default.value) for name, f in patient_fields().items()}
    values["baseline_serum_mmol_per_l"] = np.linspace(0.6, 0.9, n)
    values["colon_transit_h"] = np.linspace(20.0, 80.0, n)
    values["thiazide"] = np.resize([0.0, 1.0], n)
    return values


def changed_by(*names):
    """Return the targets that differ from what they are without claims."""
    before, after = targets_of(people()), targets_of(people(), switch(names))
    return {target for target in Target if (before[target] != after[target]).any()}


@pytest.mark.parametrize(
    "name",
    [
        *("b6_cellular_uptake", "paracellular_outdated", "slow_transit", "intact_chelates"),
        *("intact_nanoparticles", "delayed_release", "scfa_chelation", "low_dose_lactate_osmotic"),
        *("transdermal_repletion", "insufficiency_75_percent", "serum_late", "dysbiosis"),
        "cramp_frequency",
    ],
)
def test_the_claims_of_the_article_are_there(name):
    """None is ridiculed by leaving it out."""
    assert name in all_claims()


def test_without_a_claim_nothing_changes_bit_by_bit():
    """Neutral is the default."""
    plain, none = targets_of(people()), targets_of(people(), switch([]))
    assert all(plain[target].tobytes() == none[target].tobytes() for target in Target)
    assert announcement(switch([]), []) == ""


@every_claim
def test_a_claim_says_how_it_stands_and_what_would_decide(claim):
    """A sentence, a verdict, an experiment, a source; never more than a claim."""
    assert claim.sentence.endswith(".")
    assert claim.decided_by.endswith(".")
    assert claim.verdict in Verdict
    assert claim.effect is None or claim.effect.basis is Basis.CLAIM
    if claim.effect is None:
        assert claim.note
    else:
        assert claim.effect.low <= claim.target.neutral <= claim.effect.high


@every_claim
def test_a_claim_changes_its_target_only(claim):
    """And those without a target nothing, however they are switched."""
    assert changed_by(claim.name) <= {claim.target} - {None}


def test_b6_acts_on_cells_of_the_deficient_and_never_in_the_gut():
    """Absorption is identical with the switch on or off."""
    found = targets_of(LOW_AND_USUAL, switch(["b6_cellular_uptake"]))
    assert found[Target.CELL_UPTAKE].tolist() == [1.4, 1.4, 1.0, 1.0]
    assert changed_by("b6_cellular_uptake") == {Target.CELL_UPTAKE}
    assert not GUT & changed_by("b6_cellular_uptake")


def test_slow_transit_acts_on_the_slow_only():
    """Above two days in the colon."""
    values = {"colon_transit_h": np.array([30.0, 48.0, 60.0])}
    found = targets_of(values, switch(["slow_transit"]))
    assert found[Target.SATURABLE_UPTAKE].tolist() == [1.0, 1.0, 0.8]


def test_a_shift_is_added():
    """The osmotic claim adds osmoles; it multiplies nothing."""
    found = targets_of({"ppi": np.zeros(1)}, switch(["low_dose_lactate_osmotic"]))
    assert found[Target.OSMOTIC_LOAD].tolist() == [20.6]


def test_a_claim_acts_on_top_of_modulators():
    """And the product is held like any other."""
    values = {"mucosal_surface_fraction": np.array([0.5])}
    found = targets_of(values, switch(["paracellular_outdated"]))
    assert found[Target.PARACELLULAR_UPTAKE].tolist() == [0.1]


def test_claims_come_in_the_order_of_the_table():
    """So that two spellings of a study give the same result."""
    names = ["dysbiosis", "b6_cellular_uptake"]
    assert switch(names) == switch(reversed(names))
    assert [claim.name for claim in switch(names)] == ["b6_cellular_uptake", "dysbiosis"]


def test_a_result_that_uses_claims_says_so_in_one_line():
    """Name, target, size, condition and verdict; also of those that change nothing."""
    text = announcement(switch(["b6_cellular_uptake", "transdermal_repletion"]), [None])
    assert text.startswith("What follows if these claims were true")
    assert "b6_cellular_uptake (cell_uptake x 1.4 where baseline_serum_mmol_per_l is below" in text
    assert "0.75 mmol/L; unsupported)" in text
    assert "transdermal_repletion (cannot be simulated here" in text
    assert "\n" not in text


def test_an_unknown_claim_lists_the_nearest():
    """A misspelt claim must not stay silently neutral."""
    with pytest.raises(UnknownNameError, match=r"Claim 'slow_transi' .*'slow_transit'"):
        switch(["slow_transi"])


def test_a_claim_is_named_once():
    """Twice would be squared."""
    with pytest.raises(InputError, match="Claim 'dysbiosis' stands twice"):
        switch(["dysbiosis", "dysbiosis"])


def test_a_target_needs_an_effect_and_the_other_way():
    """Neither alone means anything."""
    with pytest.raises(InputError, match="a target needs an effect"):
        evolve(all_claims()["dysbiosis"], effect=None)


def test_an_effect_of_a_claim_is_graded_as_one():
    """A measured effect belongs among the modulators."""
    claim = all_claims()["dysbiosis"]
    measured = evolve(claim.effect, basis=Basis.MEASURED)
    with pytest.raises(InputError, match="its effect is measured, no claim"):
        evolve(claim, effect=measured)


def test_an_impossible_condition_is_refused():
    """The threshold is one a patient can have, of a field there is."""
    with pytest.raises(InputError, match="threshold 7 mmol/L is not possible"):
        Condition(field="baseline_serum_mmol_per_l", is_below=True, threshold=7.0)
    with pytest.raises(UnknownNameError, match="Patient field 'status'"):
        Condition(field="status", is_below=True, threshold=1.0)


def test_a_field_that_is_left_out_has_its_default_in_a_condition():
    """The default serum is not deficient, whatever else is stated."""
    found = targets_of({"ppi": np.zeros(2)}, switch(["b6_cellular_uptake"]))
    assert found[Target.CELL_UPTAKE].tolist() == [1.0, 1.0]


NOT_SIMULATED = {"transdermal_repletion", "insufficiency_75_percent", "serum_late"}


@every_claim
def test_a_claim_moves_its_target_or_says_that_it_cannot(claim):
    """Never silence: a claim without a target is announced as one that cannot be simulated."""
    values = people() | {"scfa_mmol_per_l": np.full(5, 120.0)}
    before, after = targets_of(values), targets_of(values, [claim])
    moved = {target for target in Target if (before[target] != after[target]).any()}
    assert (claim.name in NOT_SIMULATED) == (not moved)
    assert ("cannot be simulated here" in str(claim)) == (not moved)


@pytest.mark.parametrize(
    "claim", [c for c in all_claims().values() if c.condition], ids=lambda c: c.name
)
def test_a_claim_about_some_people_does_nothing_for_the_others(claim):
    """Bit by bit where the condition is not met."""
    values = people() | {claim.condition.field: np.full(5, claim.condition.threshold)}
    before, after = targets_of(values), targets_of(values, [claim])
    assert all(before[target].tobytes() == after[target].tobytes() for target in Target)


def test_claims_about_products_do_not_act_on_people_who_take_none():
    """Only those about people are left."""
    claims = switch(all_claims())
    left = acting(claims, None)
    assert {claim.name for claim in claims if claim not in left} == {
        *("intact_chelates", "intact_nanoparticles", "delayed_release"),
        *("low_dose_lactate_osmotic", "transdermal_repletion", "dysbiosis"),
    }


def test_a_condition_on_products_that_none_can_meet_is_refused():
    """A misspelt salt would switch a claim off for good."""
    with pytest.raises(UnknownNameError, match=r"Salt of a claim 'lactat' .*'lactate'"):
        ProductCondition(field="salt", values=("lactat",))
    with pytest.raises(UnknownNameError, match="Property of a product 'colour'"):
        ProductCondition(field="colour", values=("lactate",))
