"""Wagner-Nelson and the level A relation: known truths found again, and serum refused."""

import numpy as np
import pytest
from attrs import evolve

from formulation.errors import DataError, InputError, UnknownNameError
from models.dissolution.convolution import predict_values
from models.dissolution.deconvolution import (
    SERUM,
    TRACER,
    URINE,
    terminal_phase,
    wagner_nelson,
)
from models.dissolution.ivivc import Pair, level_a

K = 0.2
TIMES = np.linspace(0, 48, 481)
BENCH = np.array([0.5, 1, 2, 3, 4, 6, 8, 10, 12])


def tracer(ka, times=TIMES):
    return ka / (ka - K) * (np.exp(-K * times) - np.exp(-ka * times))


def pair(name, rate, ka=None, scale=1.0, k=K, released=1.0, times=TIMES):
    values = tracer(rate / scale if ka is None else ka, times)
    return Pair(
        name=name,
        times_h=BENCH,
        dissolved=released * (1 - np.exp(-rate * BENCH)),
        absorbed=wagner_nelson(times, values, sampled=TRACER, k_per_h=k),
        values=values,
    )


def test_first_order_absorption_is_found_again():
    """The share absorbed is one exponential, whatever the elimination."""
    found = wagner_nelson(TIMES, 37 * tracer(0.8), sampled=TRACER, k_per_h=K)
    assert found.fraction == pytest.approx(1 - np.exp(-0.8 * TIMES), abs=1e-3)
    assert found.fraction[-1] == pytest.approx(1)
    assert found.extrapolated < 1e-3


def test_the_share_absorbed_by_hand():
    """Two trapezia and a rest: areas 1, 4, 7 and 2 / 0.5 behind, so 11 in all."""
    found = wagner_nelson(
        np.array([0.0, 1, 2, 3]), np.array([0.0, 2, 4, 2]), sampled=URINE, k_per_h=0.5
    )
    assert found.auc_inf == pytest.approx(11)
    assert found.fraction == pytest.approx([0, 2.5 / 5.5, 6 / 5.5, 1])


def test_a_share_that_no_absorption_has_is_told_of():
    """By hand as above: 6 / 5.5 at 2 h, and down to 1; a clean curve has nothing to tell."""
    found = wagner_nelson(
        np.array([0.0, 1, 2, 3]), np.array([0.0, 2, 4, 2]), sampled=URINE, k_per_h=0.5
    )
    assert found.flaws == (
        "rises to 109.1 % at 2 h",
        "falls by 9.09 percentage points to 3 h",
    )
    clean = wagner_nelson(TIMES, tracer(0.8), sampled=TRACER, k_per_h=K)
    assert clean.flaws == ()


def test_the_unit_of_the_values_does_not_matter():
    """It is a share."""
    a, b = (wagner_nelson(TIMES, c * tracer(0.8), sampled=TRACER, k_per_h=K) for c in (1, 1000))
    assert a.fraction == pytest.approx(b.fraction)


def test_the_rate_constant_is_fitted_to_the_end():
    """Where absorption is over, the logarithm falls on a straight line."""
    found = wagner_nelson(TIMES, tracer(1.5), sampled=TRACER)
    assert found.terminal.k_per_h == found.k_per_h == pytest.approx(K, rel=1e-2)
    assert found.terminal.r2_adjusted > 0.999


def test_of_slow_absorption_the_end_is_that_of_the_absorption():
    """So k must come from a quick form; this is what would go wrong without."""
    assert terminal_phase(TIMES, tracer(0.05)).k_per_h == pytest.approx(0.05, rel=5e-2)


def test_a_value_at_time_zero_is_added():
    """It is zero by what was sampled."""
    with_it = wagner_nelson(TIMES, tracer(0.8), sampled=TRACER, k_per_h=K)
    without = wagner_nelson(TIMES[1:], tracer(0.8)[1:], sampled=TRACER, k_per_h=K)
    assert without.fraction == pytest.approx(with_it.fraction)


def test_serum_magnesium_is_refused_with_the_reason():
    """Whatever the numbers look like."""
    with pytest.raises(
        DataError, match=r"endogenous\s+baseline and the kidney's threshold"
    ) as told:
        wagner_nelson(TIMES, tracer(0.8), sampled=SERUM, k_per_h=K)
    assert told.value.exit_code == 3
    assert "tracer" in told.value.problems[0].hint


@pytest.mark.parametrize(
    ("times", "values", "k", "error", "message"),
    [
        ([0, 1, 2], [0, 2, 1], 0.5, InputError, "at least 4"),
        ([0, 1, 2, 3], [0, 2, -1, 1], 0.5, InputError, "none below zero"),
        ([0, 1, 2, 3], [0, 0, 0, 0], 0.5, InputError, "one above it"),
        ([0, 1, 2, 3], [0.5, 2, 2, 1], 0.5, InputError, "is 0.5 at 0 h: it must begin at zero"),
        ([0, 1, 2, 3], [0, 2, 2, 1], 0.0, InputError, "rate constant of 0"),
        ([0, 1, 2, 3], [0, 2, 3, 4], None, InputError, "Terminal phase: 0 values"),
        ([0, 1, 2, 3, 4], [0, 2, 1, 1, 1], None, InputError, "do not"),
    ],
)
def test_what_tells_no_share_is_refused(times, values, k, error, message):
    """In words."""
    with pytest.raises(error, match=message):
        wagner_nelson(
            np.array(times, dtype=float), np.array(values, dtype=float), sampled=TRACER, k_per_h=k
        )


def test_an_unknown_sample_is_refused():
    """By name, with what there is."""
    with pytest.raises(UnknownNameError, match="Sampled 'saliva'"):
        wagner_nelson(TIMES, tracer(0.8), sampled="saliva")


def test_one_compartment_is_the_inverse_of_wagner_nelson():
    """What is put in at even rates comes out again, exactly where the areas are fine."""
    share = 1 - np.exp(-0.8 * TIMES)
    values = predict_values(TIMES, share, k_per_h=K, auc_inf=5.0)
    assert values == pytest.approx(tracer(0.8), abs=2e-3)


def test_a_relation_of_one_to_one_is_found_and_predicts():
    """Products whose absorption is their dissolution."""
    found = level_a([pair("quick", 0.5), pair("slow", 0.25)])
    assert (found.slope, found.intercept) == pytest.approx((1, 0), abs=5e-3)
    assert found.r2 > 0.9999
    assert found.passes is True
    assert max(abs(e.cmax_pct) for e in found.errors) < 5


def test_a_bench_curve_that_was_left_while_it_rose_gives_no_verdict():
    """What dissolves later is absorbed too, so the check would blame the relation."""
    pairs = [pair("quick", 0.5), pair("slow", 0.25)]
    assert level_a(pairs).left_early == ()
    cut = [evolve(p, times_h=p.times_h[:6], dissolved=p.dissolved[:6]) for p in pairs]
    found = level_a(cut)
    assert found.left_early == ("slow",)
    assert min(e.auc_pct for e in found.errors) < -20
    assert found.passes is None
    flat = evolve(cut[1], dissolved=np.append(cut[1].dissolved[:5], cut[1].dissolved[4]))
    assert level_a([cut[0], flat]).left_early == ()


def test_a_time_scale_is_found_again():
    """People take twice the time of the bench."""
    pairs = [pair("quick", 0.5, scale=2.0), pair("slow", 0.3, scale=2.0)]
    assert level_a(pairs).passes is False
    found = level_a(pairs, time_scale=None)
    assert found.scale_is_fitted
    assert found.time_scale == pytest.approx(2, rel=1e-2)
    assert found.slope == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("released", [0.6, 0.8, 1.0])
def test_a_time_scale_is_found_of_products_that_end_below_their_label(true, released):
    """The line has a slope for that; the shares themselves never agree."""
    rates = {"quick": 0.55, "slow": 0.25}
    pairs = [pair(n, rate, scale=true, released=released) for n, rate in rates.items()]
    found = level_a(pairs, time_scale=None)
    assert found.time_scale == pytest.approx(true, rel=2e-2)
    assert found.slope == pytest.approx(1 / released, rel=2e-2)
    assert found.r2 > 0.999


def test_few_points_that_lie_well_do_not_make_the_time_scale():
    """Scatter of 3 points of label: five of thirteen points lie best at a scale of 5."""
    people = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16, 24, 36, 48])
    scatter = (
        [-2.4, 0.7, -5.0, 2.0, 3.4, -1.4, 1.3, 0.8, -1.2],
        [-2.6, -6.1, 4.2, -0.1, 7.6, 2.5, 0.8, -2.0, 4.2],
    )
    pairs = []
    for rate, off in zip((0.6, 0.25), scatter, strict=True):
        clean = pair(f"{rate}", rate, released=0.6, times=people)
        pairs.append(evolve(clean, dissolved=clean.dissolved + np.array(off) / 100))
    found = level_a(pairs, time_scale=None)
    assert len(found.points) > 9
    assert 0.7 < found.time_scale < 1.4


def test_a_time_scale_takes_a_degree_of_freedom():
    """The same line with the scale given has the smaller standard errors."""
    pairs = [pair("a", 0.5, ka=0.3), pair("b", 0.2, ka=0.15)]
    found = level_a(pairs, time_scale=None)
    given = level_a(pairs, time_scale=found.time_scale)
    n = len(found.points)
    assert found.slope_error == pytest.approx(given.slope_error * ((n - 2) / (n - 3)) ** 0.5)


@pytest.mark.parametrize("true", [0.02, 40.0])
def test_a_time_scale_at_an_end_of_the_search_is_refused(true):
    """With the range: what is found there is no answer."""
    times = np.geomspace(0.02, 20, 200) * true
    pairs = [pair(n, rate, scale=true, k=K, times=times) for n, rate in (("a", 0.5), ("b", 0.3))]
    with pytest.raises(InputError, match=r"at an end of [\d.]+ to [\d.]+, where"):
        level_a(pairs, time_scale=None)


@pytest.mark.parametrize("ka", [0.4, 3.0])
def test_plateaus_do_not_count(ka):
    """A curve that is over has points that agree with anything, whichever is over first."""
    found = level_a([pair("quick", 1.0, ka=ka), pair("slow", 0.3)])
    assert all(0.05 < share < 0.95 for _, _, *shares in found.points for share in shares)
    assert found.n_left_out == 2 * BENCH.size - len(found.points) > 0


def test_one_product_is_no_check():
    """The guideline wants two release rates."""
    assert level_a([pair("quick", 0.5)]).passes is None


def test_a_relation_that_misses_fails_its_check():
    """The quick one is absorbed slowly, and the reverse."""
    found = level_a([pair("a", 0.5, ka=0.1), pair("b", 0.25, ka=0.6)])
    assert found.passes is False


@pytest.mark.parametrize(("rate", "passes"), [(0.5, None), (0.4, None), (0.37, True)])
def test_products_that_do_not_differ_on_the_bench_give_no_verdict(rate, passes):
    """One product under two names would always pass; 10 points at one time are wanted."""
    found = level_a([pair("a", 0.5), pair("b", rate)])
    gap = 100 * np.abs(np.exp(-0.5 * BENCH) - np.exp(-rate * BENCH)).max()
    assert found.bench_gap_pct == pytest.approx(gap)
    assert found.passes is passes


def test_standard_errors_are_those_of_the_straight_line():
    """By numpy's covariance of a fit of degree one."""
    found = level_a([pair("a", 0.3, ka=0.4), pair("b", 0.2, ka=0.25)])
    x, y = np.array([p[2:] for p in found.points]).T
    _, covariance = np.polyfit(x, y, 1, cov=True)
    assert (found.slope_error, found.intercept_error) == pytest.approx(np.sqrt(np.diag(covariance)))


@pytest.mark.parametrize(
    ("pairs", "scale", "message"),
    [
        ([], 1.0, "no product has both"),
        ([("a", 20.0)], 1.0, "0 of 9 points"),
        ([("a", 0.3)], -1.0, "time scale of -1"),
    ],
)
def test_what_is_no_relation_is_refused(pairs, scale, message):
    """In words."""
    with pytest.raises(InputError, match=message):
        level_a([pair(*p) for p in pairs], time_scale=scale)
