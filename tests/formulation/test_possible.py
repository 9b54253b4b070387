"""Which values a quantity can have at all, and that everything a study bounds says so."""

import pytest

from formulation.endpoints import ENDPOINTS
from formulation.possible import ANY, FROM_ZERO, SHARE, Possible
from formulation.quality_attributes import attributes, profile_possible

CHANGES = ("absorbed_increment", "serum_change", "urine_change")
"""Endpoints that are differences and may take any sign."""


@pytest.mark.parametrize(
    ("possible", "value", "nearest"),
    [
        (SHARE, 120.0, 100.0),
        (SHARE, -1.0, 0.0),
        (SHARE, 100.0, 100.0),
        (FROM_ZERO, -3.0, 0.0),
        (FROM_ZERO, 1e9, 1e9),
        (ANY, -1e9, -1e9),
        (Possible(most=14.0), 15.0, 14.0),
    ],
)
def test_what_is_impossible_names_the_nearest_value_that_is_possible(possible, value, nearest):
    """The ends themselves can occur."""
    assert possible.nearest(value) == nearest
    assert possible.includes(value) == (nearest == value)


def test_only_a_difference_can_be_any_number():
    """Everything else is a share, a count, an amount, a time or a concentration."""
    assert tuple(e.name for e in ENDPOINTS if e.possible == ANY) == CHANGES


def test_an_attribute_that_is_an_endpoint_has_the_bounds_of_the_endpoint():
    """The table holds the bounds of the others, so none has two."""
    names = {endpoint.name for endpoint in ENDPOINTS}
    for name, attribute in attributes().items():
        if name in names:
            assert attribute.possible == ANY, name
        elif not attribute.is_words:
            assert not attribute.possible.includes(-1.0), name
    assert profile_possible("dose_dumping_risk") == SHARE
    assert profile_possible("ph") == Possible(least=0.0, most=14.0)
