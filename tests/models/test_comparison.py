"""Comparison of two products: shares, differences, and how large a trial would be."""

from math import sqrt

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import nct, t

from formulation.data import find_table, load_sources, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Basis, assumed
from formulation.targets import get_endpoint
from models.comparison import compare, share_interval, trial_size
from models.data import TABLES
from models.measurement import MEASUREMENTS, Measurement, get_measurement

NOISE = Measurement(title="Thing", noise=assumed(1.0, "mg/d", "for the test"))
MILD = st.floats(-1e6, 1e6, allow_nan=False)
GROUPS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*(arrays(np.float64, n, elements=MILD),) * 2)
)


def power_of(n, effect):
    """Return the exact power of a paired two-sided 5 % t test."""
    critical = t.ppf(0.975, n - 1)
    shift = effect * sqrt(n)
    return nct.sf(critical, n - 1, shift) + nct.cdf(-critical, n - 1, shift)


def spread_about(mean, sd, n=21):
    """Return n values with exactly that mean and standard deviation."""
    raw = np.linspace(-1, 1, n)
    return mean + sd * raw / raw.std(ddof=1)


@pytest.mark.parametrize(("effect", "per_arm"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_parallel_trials_have_the_sizes_of_the_textbooks(effect, per_arm):
    """Two arms, 80 % power, two-sided 5 %: Cohen's small, middle and large effects."""
    assert trial_size(effect, is_paired=False) == per_arm


@pytest.mark.parametrize(("effect", "pairs"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_paired_trials_have_the_sizes_of_the_textbooks(effect, pairs):
    """Effects over the standard deviation of the difference."""
    assert trial_size(effect, is_paired=True) == pairs


@pytest.mark.parametrize("effect", [0.1, 0.3, 0.7])
def test_the_size_has_the_power_it_promises(effect):
    """By the exact noncentral t: 80 % are reached, and are not with one person fewer."""
    n = trial_size(effect, is_paired=True)
    assert power_of(n, effect) >= 0.80
    assert power_of(n - 1, effect) < 0.80


@given(st.floats(1e-9, 1e6), st.booleans())
def test_a_larger_effect_never_takes_more_people(effect, is_paired):
    """Sizes fall with the effect, know no sign, and are 2 at least."""
    n = trial_size(effect, is_paired=is_paired)
    assert n >= trial_size(1.5 * effect, is_paired=is_paired) >= 2
    assert n == trial_size(-effect, is_paired=is_paired)


@pytest.mark.parametrize("effect", [0.0, float("nan"), float("inf")])
def test_an_effect_without_a_size_is_refused(effect):
    """Nothing to see, or nothing to compute with."""
    with pytest.raises(InputError, match=r"Effect .* has no trial size.*other than 0"):
        trial_size(effect, is_paired=True)


def test_superiority_is_a_share_of_subjects_with_ties_half():
    """Two of four are ahead, one ties: 2.5 of 4."""
    found = compare(np.array([2.0, 3.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0, 5.0]), NOISE)
    assert found.probability_of_superiority == 0.625


@given(GROUPS)
def test_exchanging_the_products_mirrors_everything(pair):
    """Shares add to one, differences change sign, sizes stay."""
    a, b = pair
    one, other = compare(a, b, NOISE), compare(b, a, NOISE)
    total = one.probability_of_superiority + other.probability_of_superiority
    assert total == pytest.approx(1.0)
    assert one.median_difference == -other.median_difference
    assert one.trial_size_crossover == other.trial_size_crossover
    assert one.trial_size_parallel == other.trial_size_parallel
    assert one.worth_a_trial == other.worth_a_trial


@given(GROUPS)
def test_intervals_hold_what_they_are_intervals_of(pair):
    """The share and the median lie inside theirs."""
    found = compare(*pair, NOISE)
    share = found.probability_of_superiority
    assert 0 <= found.probability_lo90 <= share + 1e-12
    assert share - 1e-12 <= found.probability_hi90 <= 1
    assert found.lo90 <= found.median_difference <= found.hi90


def test_the_interval_of_a_share_is_wilsons():
    """9 of 10 at 95 % is 0.596 to 0.982 in the textbooks; at 90 % it is 0.652 to 0.977."""
    assert share_interval(0.9, 10) == pytest.approx((0.652, 0.977), abs=0.001)
    assert share_interval(1.0, 5)[1] == 1.0
    assert share_interval(0.0, 5)[0] == 0.0


def test_the_crossover_takes_spread_and_both_noises():
    """Difference 1, spread 0, noise 1 twice: effect 1/sqrt(2)."""
    b = spread_about(10.0, 3.0)
    found = compare(b + 1.0, b, NOISE)
    assert found.trial_size_crossover == trial_size(1 / sqrt(2), is_paired=True) == 18
    assert found.trial_size_parallel == trial_size(1 / sqrt(10), is_paired=False)


def test_a_change_is_measured_twice_in_a_parallel_arm_and_cancels_in_a_crossover():
    """Before and with the product: two noises an arm; both products have the same before."""
    b = spread_about(10.0, 3.0)
    once, twice = (compare(b + 1.0, b, evolve(NOISE, is_change=x)) for x in (False, True))
    assert twice.trial_size_parallel == trial_size(1 / sqrt(11), is_paired=False)
    assert twice.trial_size_crossover == once.trial_size_crossover


def test_a_spread_of_the_difference_enlarges_the_crossover():
    """People who differ in their response are harder to average."""
    b = np.zeros(21)
    calm, wild = (compare(spread_about(1.0, sd), b, NOISE) for sd in (0.0, 2.0))
    assert wild.trial_size_crossover == trial_size(1 / sqrt(6), is_paired=True)
    assert wild.trial_size_crossover > calm.trial_size_crossover


@pytest.mark.parametrize(("pairs", "is_worth"), [(49, True), (50, False)])
def test_a_trial_is_worth_it_below_fifty_subjects(pairs, is_worth):
    """Fifty is too many, and the size that would show it is told either way."""
    effects = np.linspace(0.3, 0.6, 3001)
    effect = next(e for e in effects if trial_size(e, is_paired=True) == pairs)
    b = np.zeros(5)
    found = compare(b + effect * sqrt(2), b, NOISE)
    assert found.trial_size_crossover == pairs
    assert found.worth_a_trial is is_worth
    assert ("No difference worth a trial" in found.sentence) is not is_worth
    assert f"{pairs} subjects who take both" in found.sentence


@given(GROUPS)
def test_the_sentence_and_the_verdict_agree(pair):
    """Not worth a trial is said exactly when it is so and there is a difference."""
    found = compare(*pair, NOISE)
    none = found.trial_size_parallel is None
    assert ("No difference worth" in found.sentence) == (not found.worth_a_trial and not none)
    assert ("no trial of any size" in found.sentence) == none


@pytest.mark.parametrize("shift", [0.0, 1e-15])
def test_no_difference_has_no_trial(shift):
    """Zero, or zero but for rounding, is said in words."""
    b = np.array([1.0, 2.0, 3.0])
    found = compare(b + shift, b, NOISE, names=("tablet", "powder"))
    assert (found.trial_size_crossover, found.trial_size_parallel) == (None, None)
    assert not found.worth_a_trial
    assert "do not differ, so no trial" in found.sentence
    assert "tablet minus powder" in found.sentence


def test_one_patient_has_a_difference_and_nothing_else():
    """No share, no interval, no trial."""
    found = compare(np.array([3.0]), np.array([2.0]), NOISE)
    assert (found.median_difference, found.ratio, found.n_subjects) == (1.0, 1.5, 1)
    assert found.probability_of_superiority is None
    assert found.probability_lo90 is found.lo90 is found.hi90 is None
    assert found.trial_size_crossover is found.trial_size_parallel is None
    assert not found.worth_a_trial
    assert "one patient gives no probability and no trial" in found.sentence


def test_the_ratio_is_that_of_the_middle_subject():
    """1.5, 2 and 3 have the middle 2; a value of zero has no ratio."""
    b = np.array([2.0, 1.0, 1.0])
    assert compare(np.array([3.0, 2.0, 3.0]), b, NOISE).ratio == 2.0
    assert compare(b, np.array([0.0, 1.0, 1.0]), NOISE).ratio is None


def test_red_cells_are_compared_in_parallel_only():
    """They keep the first product for months, so both arms count."""
    b = spread_about(2.1, 0.3)
    cell = get_measurement("red_cell")
    found = compare(b + 0.4, b, cell)
    assert found.trial_size_crossover is None
    assert found.trial_size_parallel * 2 < 50
    assert found.worth_a_trial
    weak = compare(b + 0.1, b, cell)
    assert not weak.worth_a_trial
    assert "people cannot cross over" in weak.sentence


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0, 2.0], [1.0], r"shape \(2,\) and \(1,\) cannot be compared.*same subjects"),
        ([], [], r"shape \(0,\) and \(0,\)"),
        ([[1.0]], [[1.0]], r"shape \(1, 1\)"),
        ([1.0, float("nan")], [1.0, 2.0], r"first product .* not finite in subject 1"),
        ([1.0, 2.0], [float("inf"), 2.0], r"second product .* not finite in subject 0"),
    ],
)
def test_values_of_other_subjects_are_refused(a, b, message):
    """Shapes, empty groups and missing values each have their words."""
    with pytest.raises(InputError, match=message):
        compare(np.array(a), np.array(b), NOISE)


def test_the_noise_of_urine_follows_from_the_crossover_trial():
    """Half width over t(19) times sqrt(20) is the spread of a difference of two measurements."""
    rows = read_rows(find_table("trials", TABLES))
    row = next(r for r in rows if r["study"] == "Kappeler 2017")
    n = int(row["n"])
    half = (float(row["ci_high"]) - float(row["ci_low"])) / 2
    noise = half / t.ppf(0.975, n - 1) * sqrt(n) / sqrt(2)
    assert get_measurement("urine_change").noise.value == pytest.approx(noise, rel=0.002)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_says_where_its_noise_comes_from(name):
    """A range, a registered source, and nothing called measured that is not."""
    noise = MEASUREMENTS[name].noise
    assert noise.low <= noise.value <= noise.high
    assert noise.source in load_sources()
    assert noise.basis in (Basis.ASSUMED, Basis.ESTIMATED)
    assert noise.note


@pytest.mark.parametrize("name", sorted(MEASUREMENTS.keys() - {"red_cell"}))
def test_the_noise_has_the_unit_of_its_endpoint(name):
    """What is subtracted and what it is held against are of one kind."""
    assert MEASUREMENTS[name].unit == get_endpoint(name).unit


def test_an_unknown_measurement_lists_the_nearest():
    """A misspelt endpoint has no noise."""
    with pytest.raises(UnknownNameError, match=r"'serrum'.*'serum'"):
        get_measurement("serrum")


def test_a_measurement_without_noise_is_refused():
    """It would make every difference worth a trial of two."""
    with pytest.raises(InputError, match="Noise of 0 mg/d is impossible"):
        Measurement(title="x", noise=assumed(0.0, "mg/d", "for the test"))


def test_nobody_counts_a_trial_beyond_a_million():
    """The number stays in the document; the sentence says what it means."""
    base = np.linspace(10.0, 30.0, 20)
    found = compare(base, base + 1e-6, get_measurement("absorbed_increment"))
    assert found.trial_size_crossover > 1_000_000
    assert "it would take more than a million subjects who take both" in found.sentence
