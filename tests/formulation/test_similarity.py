"""f2 of two profiles, its rules, and its lower bound where one is predicted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.errors import InputError
from formulation.similarity import ReferenceRelease, f2, f2_lower_bound

PROFILE = st.lists(st.floats(0, 100), min_size=4, max_size=4).map(np.array)


def reference(times, released):
    return ReferenceRelease(times_h=times, released_pct=released)


def test_a_mean_gap_of_ten_percent_gives_fifty():
    """The published meaning of the limit: 50 stands for an average gap of 10 %."""
    profile = np.array([20.0, 40.0, 60.0])
    assert f2(profile, profile + 10) == pytest.approx(50, abs=0.15)
    assert f2(profile, profile) == 100


@given(PROFILE, PROFILE)
def test_f2_does_not_depend_on_which_is_the_reference(a, b):
    """Symmetric, and at most 100."""
    assert f2(a, b) == pytest.approx(f2(b, a))
    assert f2(a, b) <= 100


@given(PROFILE, PROFILE, PROFILE, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_no_profile_inside_the_interval_lies_below_the_bound(wanted, a, b, shares):
    """So it is a lower bound."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    inside = low + np.array(shares) * (high - low)
    assert f2(wanted, inside) >= f2_lower_bound(wanted, low, high) - 1e-9


def test_without_an_interval_the_bound_is_f2_itself():
    """Nothing is taken off a law without interval."""
    a, b = np.array([10.0, 40.0, 70.0]), np.array([15.0, 35.0, 72.0])
    assert f2_lower_bound(a, b, b) == f2(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.0], [1.0, 2.0]),
        ([1.0, 2.0, 3.0], [1.0, 2.0]),
        ([1.0, 2.0, float("nan")], [1.0, 2.0, 3.0]),
    ],
)
def test_f2_without_three_common_values_is_refused(a, b):
    """Missing values are never left out unseen."""
    with pytest.raises(InputError, match="f2 of profiles"):
        f2(np.array(a), np.array(b))


@pytest.mark.parametrize(
    ("times", "released", "message"),
    [
        ([1, 2], [20, 40], "at least 3"),
        ([1, 2, 4], [20, 40], "at least 3"),
        ([0, 2, 4], [0, 40, 60], "increase from above 0"),
        ([1, 4, 2], [20, 40, 60], "increase from above 0"),
        ([1, 2, 48], [20, 40, 60], "at most 24 h"),
        ([1, 2, 4], [20, 40, 160], "0 to 110 %"),
        ([1, 2, 4], [20, 60, 40], "falls with time"),
        ([1, 2, 4], [40, 90, 95], "2 points lie after 85 %"),
        ([1, 2, 4], [40, float("nan"), 95], "is possible"),
    ],
)
def test_a_reference_that_f2_cannot_use_is_refused(times, released, message):
    """Each rule in words."""
    with pytest.raises(InputError, match=message):
        reference(times, released)


def test_one_point_after_85_percent_is_allowed():
    """The rule counts the first."""
    assert reference([1, 2, 4], [40, 70, 92]).released_pct[-1] == 92
