"""Desirability: 0 at the worst, 1 at the ideal, and one that fails makes the whole nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.desirability import desirability, overall_desirability
from formulation.errors import InputError
from formulation.targets import Goal, Objective

MORE = Objective(endpoint="absorbed_increment", goal=Goal.MAXIMISE, worst=5, ideal=25)
LESS = Objective(endpoint="swallowed_mass", goal=Goal.MINIMISE, worst=4, ideal=1)


def of(mg, grams, *objectives):
    values = {"absorbed_increment.p50": mg, "swallowed_mass": grams}
    return overall_desirability(objectives or (MORE, LESS), values)


def test_a_single_desirability_runs_from_worst_to_ideal_and_no_further():
    """Clipped at both ends, as Derringer and Suich define it."""
    assert [desirability(MORE, x) for x in (0, 5, 15, 25, 40)] == [0, 0, 0.5, 1, 1]
    assert [desirability(LESS, x) for x in (5, 4, 2.5, 1, 0)] == [0, 0, 0.5, 1, 1]


def test_the_weight_is_an_exponent():
    """Half way between the ends, weight 2 gives a quarter."""
    steep = Objective(
        endpoint="absorbed_increment", goal=Goal.MAXIMISE, worst=5, ideal=25, weight=2
    )
    assert desirability(steep, 15) == pytest.approx(0.25)


def test_the_whole_is_the_geometric_mean():
    """0.5 and 0.125 give 0.25."""
    assert of(15, 4 - 3 / 8) == pytest.approx(0.25)


def test_one_objective_at_its_worst_makes_the_whole_nothing():
    """However good the others are."""
    assert of(25, 4) == 0


def test_importance_is_the_power_in_the_mean():
    """Three times as important: the mean of four, of which three are alike."""
    heavy = Objective(
        endpoint="absorbed_increment", goal=Goal.MAXIMISE, worst=5, ideal=25, importance=3
    )
    assert of(15, 1, heavy, LESS) == pytest.approx(0.5**0.75)


@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 6))
def test_a_better_value_is_never_less_desirable(a, b, grams):
    """Monotone in every objective, between 0 and 1."""
    low, high = sorted((a, b))
    assert 0 <= of(low, grams) <= of(high, grams) <= 1


@pytest.mark.parametrize("key", ["weight", "importance"])
@pytest.mark.parametrize("value", [0, -1, 11, float("nan")])
def test_an_impossible_weight_is_refused(key, value):
    """By name and value."""
    with pytest.raises(InputError, match=rf"absorbed_increment\.p50: {key} .* is not between"):
        Objective(
            endpoint="absorbed_increment", goal=Goal.MAXIMISE, worst=5, ideal=25, **{key: value}
        )
