"""Objectives and limits: direction, normalisation, slack and the reason in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.errors import InputError, UnknownNameError
from formulation.targets import (
    ENDPOINTS,
    Goal,
    Objective,
    OutcomeLimit,
    Scope,
    endpoint_key,
    get_endpoint,
)

NUMBERS = st.floats(-1e6, 1e6)


def test_an_objective_is_zero_at_worst_and_one_at_ideal():
    """Both for what is maximised and what is minimised, unclipped outside."""
    more = Objective(endpoint="absorbed_increment", goal=Goal.MAXIMISE, worst=5, ideal=25)
    less = Objective(endpoint="swallowed_mass", goal=Goal.MINIMISE, worst=4, ideal=1)
    assert [more.normalise(x) for x in (5, 15, 25, 30)] == [0, 0.5, 1, 1.25]
    assert [less.normalise(x) for x in (4, 2.5, 1, 5.5)] == [0, 0.5, 1, -0.5]


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_normalising_keeps_the_order_of_the_goal(a, b, x, y):
    """A better value never gets a smaller number."""
    worst, ideal = min(a, b), max(a, b) + 1
    low, high = sorted((x, y))
    up = Objective(endpoint="serum", goal=Goal.MAXIMISE, worst=worst, ideal=ideal)
    down = Objective(endpoint="serum", goal=Goal.MINIMISE, worst=ideal, ideal=worst)
    assert up.normalise(low) <= up.normalise(high)
    assert down.normalise(low) >= down.normalise(high)


@pytest.mark.parametrize(
    ("goal", "worst", "ideal"),
    [(Goal.MAXIMISE, 25, 5), (Goal.MINIMISE, 5, 25), (Goal.MAXIMISE, 5, 5)],
)
def test_reversed_worst_and_ideal_are_refused(goal, worst, ideal):
    """The message names the objective and proposes to swap."""
    message = f"absorbed_increment.p50: to {goal.value} it, ideal {ideal} mg/d must be better.*Swap"
    with pytest.raises(InputError, match=message):
        Objective(endpoint="absorbed_increment", goal=goal, worst=worst, ideal=ideal)


def test_an_objective_without_finite_ends_is_refused():
    """A hypervolume up to infinity says nothing."""
    with pytest.raises(InputError, match=r"serum\.p50: worst and ideal must be finite"):
        Objective(endpoint="serum", goal=Goal.MAXIMISE, worst=0, ideal=float("inf"))


def test_a_population_endpoint_means_its_median():
    """Without a statistic the median is meant; recipe endpoints have none."""
    assert endpoint_key("serum") == "serum.p50"
    assert endpoint_key("serum.p05") == "serum.p05"
    assert endpoint_key("unit_mass") == "unit_mass"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("absorbed_incremnt", UnknownNameError, "'absorbed_incremnt'.*'absorbed_increment'"),
        ("serum.p5", UnknownNameError, "Statistic 'p5' is not known.*'p50'"),
        ("unit_mass.p50", InputError, r"'unit_mass' is no percentile; write it without \.p50"),
    ],
)
def test_an_unknown_endpoint_is_refused_with_the_nearest(name, error, message):
    """Wrong name, wrong statistic, or a statistic where there is none."""
    with pytest.raises(error, match=message):
        OutcomeLimit(endpoint=name, high=1)


@pytest.mark.parametrize(
    ("low", "high", "value", "slack"),
    [(None, 8, 6, 2), (None, 8, 9, -1), (3, None, 5, 2), (3, 8, 7, 1), (3, 8, 2, -1), (3, 3, 3, 0)],
)
def test_slack_is_the_distance_to_the_nearest_bound(low, high, value, slack):
    """Zero or more meets the limit."""
    assert OutcomeLimit(endpoint="peak_gut_load", low=low, high=high).slack(value) == slack


def test_a_miss_is_explained_with_title_unit_bound_and_distance():
    """Over and under, in the endpoint's own decimals, per cent as a sign."""
    over = OutcomeLimit(endpoint="peak_gut_load.p95", high=8)
    under = OutcomeLimit(endpoint="released_1h", low=20, high=40)
    assert over.reason(9.256) == (
        "Most dissolved Mg in the upper gut at once 9.26 mmol is over the limit of 8 mmol by 1.26"
    )
    assert under.reason(12) == "Released in 1 h 12.0 % is under the limit of 20 % by 8.0"
    assert over.reason(8) == ""


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_reason_is_given_exactly_when_the_slack_is_negative(a, b, value):
    """Never an unexplained miss, never a reason for what is met."""
    limit = OutcomeLimit(endpoint="serum", low=min(a, b), high=max(a, b))
    assert bool(limit.reason(value)) == (limit.slack(value) < 0)


def test_names_of_limits_say_endpoint_bounds_and_unit():
    """The name is the key of the slack in the store."""
    assert OutcomeLimit(endpoint="serum", high=1).name == "serum.p50 <= 1 mmol/L"
    assert OutcomeLimit(endpoint="serum", low=0.7).name == "serum.p50 >= 0.7 mmol/L"
    assert OutcomeLimit(endpoint="released_1h", low=5, high=40).name == (
        "5 <= released_1h <= 40 percent"
    )


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({}, "has neither low nor high"),
        ({"low": 2, "high": 1}, "low 2 mg lies above high 1 mg"),
        ({"high": float("nan")}, "low and high must be finite"),
        ({"low": float("-inf")}, "low and high must be finite"),
    ],
)
def test_an_impossible_limit_is_refused(bounds, message):
    """Without a bound, reversed, or not a number."""
    with pytest.raises(InputError, match=rf"Limit on unit_mass.*{message}"):
        OutcomeLimit(endpoint="unit_mass", **bounds)


def test_only_costs_need_prices():
    """Every other endpoint exists for every design."""
    costs = {e.name for e in ENDPOINTS if e.needs_prices}
    assert costs == {"cost_eur_per_day", "cost_per_absorbed_mg"}


def test_endpoints_have_unique_names_and_a_scope():
    """And each is found by its name."""
    assert len({e.name for e in ENDPOINTS}) == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        assert get_endpoint(endpoint.name) is endpoint
        assert endpoint.scope in Scope
