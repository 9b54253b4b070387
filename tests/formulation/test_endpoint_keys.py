"""How endpoints are spelt: a name, a statistic of people, and how the value is read."""

import pytest

from formulation.endpoint_keys import READINGS, endpoint_key, every_key, get_endpoint, parse_key
from formulation.endpoints import ENDPOINTS, MEAN, STATISTICS, Scope
from formulation.errors import FormulationError, InputError, UnknownNameError
from formulation.quality_attributes import ProfileTarget
from formulation.targets import Goal, Objective, OutcomeLimit

POPULATION = [e.name for e in ENDPOINTS if e.scope is Scope.POPULATION]


@pytest.mark.parametrize("name", every_key())
def test_every_listed_key_may_be_an_objective_and_a_limit(name):
    """What the schema offers, the domain takes, and its full key means the same."""
    key = endpoint_key(name)
    assert endpoint_key(key) == key
    objective = Objective(endpoint=name, goal=Goal.MAXIMISE, worst=0, ideal=1)
    assert objective.endpoint == OutcomeLimit(endpoint=name, low=0).endpoint == key


@pytest.mark.parametrize(
    "name",
    [
        *(f"{name}.{statistic}" for name in POPULATION for statistic in STATISTICS),
        "absorbed_increment.mean",
        "laxation_risk.p95",
        "unit_mass",
        "units_per_intake",
        "cost_per_absorbed_mg",
        "dose_dumping_risk",
        "limits_met",
        "predicted_f2",
        "absorbed_increment.p05.pessimistic",
        "absorbed_increment.mean.worst_case",
        "released_8h.pessimistic",
        "unit_mass.worst_case",
    ],
)
def test_what_studies_ask_for_can_be_asked_for(name):
    """The list of the service: statistics, costs, units, chances, readings."""
    assert name in every_key()


def test_a_key_has_a_statistic_and_a_reading_in_that_order():
    """The median where none is stated."""
    key = parse_key("serum.worst_case")
    assert (key.base, key.reading, key.text) == ("serum.p50", "worst_case", "serum.p50.worst_case")
    assert parse_key("released_1h.pessimistic").base == "released_1h"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cost_per_absorbed_mg.mean", "has no mean"),
        ("unit_mass.p05", "is no percentile"),
        ("unit_mass.pessimistic", "has no interval"),
        ("dose_dumping_risk.pessimistic", "has no interval"),
        ("limits_met.worst_case", "a chance or a lower bound already"),
        ("serum.pessimistic.p05", "too many parts|Statistic"),
        ("serum.p05.mean", "too many parts"),
        ("serum.pessimistic.worst_case", "two readings"),
        ("serum.p06", "Statistic 'p06'"),
        ("serums", "Endpoint 'serums'"),
    ],
)
def test_what_means_nothing_is_refused_in_words(name, message):
    """Each with its reason."""
    with pytest.raises(FormulationError, match=message):
        get_endpoint(name)


def test_only_ratios_to_next_to_nothing_have_no_mean():
    """Every other population endpoint has."""
    without = {e.name for e in ENDPOINTS if not e.has_mean}
    assert without == {"cost_per_absorbed_mg"}
    assert all(f"{name}.{MEAN}" in every_key() for name in POPULATION if name not in without)


@pytest.mark.parametrize("name", ["serum.mean", "serum.pessimistic", "limits_met", "predicted_f2"])
def test_a_profile_judges_by_intervals_already(name):
    """So it takes endpoints as predicted."""
    with pytest.raises(InputError, match="cannot bound"):
        ProfileTarget(attribute=name, low=0)


def test_a_misspelt_reading_is_met_with_the_nearest():
    """As a misspelt statistic is."""
    with pytest.raises(UnknownNameError, match="worst_case"):
        get_endpoint("serum.worstcase")


def test_a_missed_limit_says_how_the_value_was_read():
    """Else people would look for it among the predictions."""
    said = {
        reading: OutcomeLimit(endpoint=f"serum.{reading}", high=1).reason(1.5)
        for reading in READINGS
    }
    assert "at the pessimistic end of its 90 % interval 1.500 mmol/L is over" in said["pessimistic"]
    assert "in the worst case as executed 1.500 mmol/L is over" in said["worst_case"]
    plain = OutcomeLimit(endpoint="serum", high=1).reason(1.5)
    assert plain == "Serum Mg after six weeks 1.500 mmol/L is over the limit of 1 mmol/L by 0.500"
