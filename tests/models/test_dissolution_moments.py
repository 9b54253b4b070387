"""Mean dissolution time and efficiency of a curve, by hand and by scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.errors import InputError
from models.dissolution.moments import dissolution_efficiency, mean_dissolution_time

TIMES = np.array([0.5, 1.0, 2.0, 4.0])
STEPS = st.lists(st.floats(0.1, 25), min_size=4, max_size=4)


def test_the_moments_of_a_curve_are_those_of_the_hand():
    """Steps of 20, 20, 30 and 10 % at 0.25, 0.75, 1.5 and 3 h; areas of its five corners."""
    released = np.array([20.0, 40.0, 70.0, 80.0])
    assert mean_dissolution_time(TIMES, released) == pytest.approx((5 + 15 + 45 + 30) / 80)
    assert dissolution_efficiency(TIMES, released) == pytest.approx((5 + 15 + 55 + 150) / 4)


def test_a_time_zero_that_is_given_is_not_added_again():
    """Both ways to write a curve are one."""
    times, released = np.array([0.0, 1.0, 2.0]), np.array([0.0, 60.0, 80.0])
    for number in (mean_dissolution_time, dissolution_efficiency):
        assert number(times, released) == number(times[1:], released[1:])


def test_first_order_has_the_mean_time_of_its_rate():
    """1/k, for many times and a curve followed to its end."""
    times = np.linspace(0.001, 20, 20_000)
    assert mean_dissolution_time(times, 100 * (1 - np.exp(-2 * times))) == pytest.approx(
        0.5, rel=1e-4
    )


@given(STEPS, st.floats(0.1, 10))
def test_moments_scale_as_their_units_do(steps, factor):
    """Times stretch the mean time and leave the efficiency; the label scales the efficiency."""
    released = np.cumsum(steps)
    mdt, efficiency = (
        mean_dissolution_time(TIMES, released),
        dissolution_efficiency(TIMES, released),
    )
    assert mean_dissolution_time(factor * TIMES, released) == pytest.approx(factor * mdt)
    assert dissolution_efficiency(factor * TIMES, released) == pytest.approx(efficiency)
    assert mean_dissolution_time(TIMES, factor * released) == pytest.approx(mdt)
    assert dissolution_efficiency(TIMES, factor * released) == pytest.approx(factor * efficiency)


@pytest.mark.parametrize(
    ("times", "released", "message"),
    [
        ([1, 2], [60, 50], "falls with time"),
        ([1, 2], [0, 0], "nothing is released"),
        ([1, 2, 3], [10, 20], "must match"),
        ([2, 1], [10, 20], "must rise"),
        ([-1, 1], [10, 20], "must rise"),
        ([1, 2], [10, float("nan")], "is missing"),
    ],
)
def test_what_is_no_curve_is_refused(times, released, message):
    """Each in words."""
    with pytest.raises(InputError, match=message):
        mean_dissolution_time(np.array(times, dtype=float), np.array(released, dtype=float))
