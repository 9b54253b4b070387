"""Loose stools in the body model: solutes beside magnesium count, and nothing else changes."""

import numpy as np
import pytest
from attrs import evolve

from formulation.patients import named_population
from formulation.tolerance import laxation_probability
from models.population import draw_subjects
from models.responses import simulate_responses
from tests.formulation.test_unabsorbed import solution

PEOPLE = draw_subjects(named_population("healthy_adults", size=6))


@pytest.fixture(scope="module")
def found():
    """Return responses to chloride, sulfate and sweetened chloride."""
    designs = [solution("chloride"), solution("sulfate"), solution("chloride", sorbitol=1500.0)]
    return simulate_responses(designs, PEOPLE, days=4).values


def test_sulfate_loosens_more_than_chloride_at_the_same_dose(found):
    """In everybody, and by more than the magnesium left over would."""
    chloride, sulfate, _ = found["laxation_risk"]
    load = found["soluble_unabsorbed_load"]
    assert (sulfate > 1.2 * chloride).all()
    assert (sulfate > 100 * laxation_probability(load[1], load[1] / 2)).all()


def test_a_sweetened_solution_loosens_more_and_leaves_as_much_magnesium(found):
    """Sorbitol holds water and moves no magnesium here."""
    plain, _, sweet = found["laxation_risk"]
    assert (sweet > plain).all()
    load = found["soluble_unabsorbed_load"]
    np.testing.assert_allclose(load[2], load[0], rtol=1e-9)


def test_without_such_solutes_only_magnesium_counts_bit_by_bit(found):
    """As before there was a table of them."""
    load = np.maximum(found["soluble_unabsorbed_load"][0], 0.0)
    magnesium_alone = 100 * laxation_probability(load, load / 2)
    assert found["laxation_risk"][0].tobytes() == magnesium_alone.tobytes()


def test_an_agent_of_the_people_counts_beside_the_product():
    """Ten grams of lactulose, which the product's increment does not hold."""
    stated = {"osmotic_agent_g_per_day": np.full(len(PEOPLE), 10.0)}
    taking = evolve(PEOPLE, values={**PEOPLE.values, **stated})
    r = simulate_responses([solution("chloride")], taking, days=2).values
    load = np.maximum(r["soluble_unabsorbed_load"][0], 0.0) + 29.2 / 2
    np.testing.assert_allclose(
        r["laxation_risk"][0], 100 * laxation_probability(load, load / 2), rtol=1e-9
    )
