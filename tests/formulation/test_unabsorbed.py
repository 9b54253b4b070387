"""Osmoles beside magnesium: what a product leaves in the bowel, and what people take anyway."""

import numpy as np
import pytest
from attrs import evolve

from formulation.claims import switch
from formulation.design import Design
from formulation.excipients import excipients
from formulation.patients import patient_fields
from formulation.regimen import Regimen
from formulation.salts import get_salt, salts
from formulation.unabsorbed import (
    COUNTER_ION,
    EXCIPIENT,
    other_solutes,
    solutes,
    unabsorbed_mosm_per_day,
)

TWICE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)


def solution(salt, **more):
    """Return 100 mg of magnesium in water, twice a day."""
    content = get_salt(salt).mg_pct.value
    return Design(
        system="immediate_release",
        salt=salt,
        salt_mg_pct=content,
        amounts_mg={"salt": 100 * 100 / content, "water": 20_000.0, **more},
        process={"form": "solution"},
        regimen=TWICE,
    )


def people(**fields):
    values = {name: np.full(2, f.default.value) for name, f in patient_fields().items()}
    return {**values, **{name: np.full(2, value) for name, value in fields.items()}}


def test_every_counter_ion_is_judged():
    """A salt whose ion nobody judged would pass as absorbed."""
    assert {salt.counter_ion for salt in salts().values()} == solutes(COUNTER_ION).keys()


def test_every_excipient_of_the_table_exists():
    """A misspelt one would never be counted."""
    assert solutes(EXCIPIENT).keys() <= excipients().keys()


@pytest.mark.parametrize("kind", [COUNTER_ION, EXCIPIENT])
def test_a_share_lies_in_its_range_and_says_why(kind):
    """Between nothing and all, with a source and a note."""
    for solute in solutes(kind).values():
        share = solute.share_left
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert share.source
        assert share.note


def test_sulfate_stays_and_chloride_does_not():
    """Seven in ten of 8.23 mmol a day."""
    assert unabsorbed_mosm_per_day(solution("sulfate")) == pytest.approx(0.7 * 200 / 24.305)
    assert unabsorbed_mosm_per_day(solution("chloride")) == 0


@pytest.mark.parametrize("salt", ["oxide", "citrate", "bisglycinate", "lactate", "gluconate"])
def test_what_is_taken_up_or_fermented_leaves_nothing(salt):
    """Acid, amino acids and organic acids."""
    assert unabsorbed_mosm_per_day(solution(salt)) == 0


@pytest.mark.parametrize("polyol", ["sorbitol", "mannitol"])
def test_a_polyol_counts_by_its_molecules(polyol):
    """Two grams a day of 182 g/mol."""
    found = unabsorbed_mosm_per_day(solution("chloride", **{polyol: 1000.0}))
    assert found == pytest.approx(2000 / 182.17, rel=1e-3)


def test_a_sugar_that_is_taken_up_does_not_count():
    """Only what stays holds water."""
    assert unabsorbed_mosm_per_day(solution("chloride", lactose=1000.0)) == 0


def test_a_mixture_counts_each_salt_by_its_own_magnesium():
    """Half of the magnesium as sulfate leaves half of the sulfate."""
    whole, plain = solution("sulfate"), solution("chloride")
    half = evolve(
        plain,
        second_salt="sulfate",
        second_mg_pct=whole.salt_mg_pct,
        amounts_mg={
            "salt": plain.amounts_mg["salt"] / 2,
            "second_salt": whole.amounts_mg["salt"] / 2,
        },
    )
    assert unabsorbed_mosm_per_day(half) == pytest.approx(unabsorbed_mosm_per_day(whole) / 2)


def test_a_patch_leaves_nothing_in_the_bowel():
    """Whatever it holds."""
    patch = evolve(
        solution("sulfate", sorbitol=500.0), system="transdermal", process={"form": "passive"}
    )
    assert unabsorbed_mosm_per_day(patch) == 0


def test_what_people_state_comes_on_top_once():
    """Ten grams of lactulose are 29.2 mmol, whatever the colon's hurry makes of them."""
    found = other_solutes([solution("chloride"), None], people(osmotic_agent_g_per_day=10.0))
    np.testing.assert_allclose(found, 29.2)


def test_a_claim_that_a_salt_is_an_osmotic_agent_counts_its_osmoles():
    """Two lactates for each magnesium."""
    claims = switch(["low_dose_lactate_osmotic"])
    assert other_solutes([solution("lactate")], people(), claims).tolist() == [[20.6, 20.6]]
