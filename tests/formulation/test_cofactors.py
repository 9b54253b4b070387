"""Co-factors: each shifts one field that is there already, and acts through it alone."""

import numpy as np
import pytest

from formulation.claims import all_claims, switch
from formulation.cofactors import (
    Dose,
    check_claims,
    cofactors,
    get_cofactor,
    shifted,
)
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target, targets_of
from formulation.patients import get_patient_field, patient_fields
from formulation.unabsorbed import other_solutes

every_cofactor = pytest.mark.parametrize("known", cofactors().values(), ids=lambda c: c.name)


def people(n=3):
    """Return subjects at the defaults."""
    return {name: np.full(n, f.default.value) for name, f in patient_fields().items()}


def dose(name, amount):
    return Dose(cofactor=get_cofactor(name), amount=amount)


def moved_by(name, amount):
    """Return the targets that differ with a co-factor, and by how much."""
    before, after = (targets_of(v) for v in (people(), shifted(people(), [dose(name, amount)])[0]))
    return {t: after[t][0] - before[t][0] for t in Target if (after[t] != before[t]).any()}


@every_cofactor
def test_a_cofactor_acts_through_its_field_or_waits_for_a_claim(known):
    """None is taken for nothing, and its claim is one of the table."""
    assert get_patient_field(known.field).acts == (known.claim == "")
    assert known.claim in ("", *all_claims())


@every_cofactor
def test_a_cofactor_shifts_one_field_and_leaves_the_same_arrays_elsewhere(known):
    """One mechanism for one effect."""
    before = people()
    after, held = shifted(before, [Dose(cofactor=known, amount=known.high / 4)])
    assert {name for name in before if after[name] is not before[name]} == {known.field}
    assert held == ()


@pytest.mark.parametrize(
    ("name", "amount", "target", "sign"),
    [
        ("inulin", 10.0, Target.COLONIC_UPTAKE, 1),
        ("fibre", 10.0, Target.COLON_ACID, 1),
        ("lactulose", 10.0, Target.OSMOTIC_LOAD, 1),
        ("macrogol", 13.0, Target.OSMOTIC_LOAD, 1),
        ("sorbitol", 10.0, Target.OSMOTIC_LOAD, 1),
        ("less_sodium", 60.0, Target.TUBULAR_MAXIMUM, 1),
    ],
)
def test_a_cofactor_moves_one_target_in_its_direction(name, amount, target, sign):
    """Fibre feeds the colon, osmoles fill it, less sodium lets the kidney keep more."""
    moved = moved_by(name, amount)
    assert set(moved) == {target}
    assert np.sign(moved[target]) == sign


def test_starch_moves_acid_and_ph_of_the_colon_alone():
    """Two rows of modulators, both of the colon."""
    moved = moved_by("resistant_starch", 10.0)
    assert set(moved) == {Target.COLON_ACID, Target.COLON_PH}
    assert moved[Target.COLON_PH] < 0 < moved[Target.COLON_ACID]


def test_vitamin_b6_moves_nothing_by_itself():
    """Absorption is identical with it and without, bit by bit."""
    assert moved_by("vitamin_b6", 50.0) == {}


@pytest.mark.parametrize(("name", "g_per_mol"), [("macrogol", 3350.0), ("sorbitol", 182.17)])
def test_osmotic_agents_count_by_their_molecules(name, g_per_mol):
    """Ten grams bring as many osmoles as they have molecules, within 3 %."""
    after, _ = shifted(people(), [dose(name, 10.0)])
    assert other_solutes([None], after)[0, 0] == pytest.approx(10_000 / g_per_mol, rel=0.03)


def test_nobody_falls_below_what_a_patient_can_have_and_it_is_told():
    """Who eats little sodium cannot eat so much less."""
    values = people() | {"sodium_mmol_per_day": np.array([40.0, 150.0, 300.0])}
    after, held = shifted(values, [dose("less_sodium", 60.0)])
    assert after["sodium_mmol_per_day"].tolist() == [10.0, 90.0, 240.0]
    assert held == ("dietary sodium at 10 mmol/d in 1 of 3 subjects",)


@pytest.mark.parametrize("amount", [0.0, -1.0, 41.0, float("nan")])
def test_an_impossible_amount_is_refused(amount):
    """Nothing, less than nothing, too much, no number."""
    with pytest.raises(InputError, match=r"'inulin'.*must lie above 0 and be at most 40 g/d"):
        dose("inulin", amount)


def test_a_claim_about_a_cofactor_needs_it():
    """Vitamin B6 that nobody takes drives nothing into cells."""
    claims = switch(["b6_cellular_uptake"])
    with pytest.raises(InputError, match="is about vitamin_b6, which is not taken here"):
        check_claims(claims, [dose("inulin", 5.0)])
    check_claims(claims, [dose("vitamin_b6", 10.0)])


def test_an_unknown_cofactor_lists_the_nearest():
    """A misspelt one must not pass as none."""
    with pytest.raises(UnknownNameError, match="'inulin'"):
        get_cofactor("inuline")
