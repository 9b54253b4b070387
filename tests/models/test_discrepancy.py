"""What measured curves add to the law: a shared gap, early points, intervals that hold."""

import numpy as np
import pytest

from formulation.errors import InputError, UnknownNameError
from formulation.profiles import MAX_FRACTION
from formulation.provenance import Origin
from models.chain import CURVE_TIMES_H
from models.release import release_law
from models.release.bench import bench_curves
from models.surrogates.discrepancy import Discrepancy, checked_early, fit_discrepancy
from models.surrogates.gaps import BATCH_SD, MIN_MEASURED_GROUPS, READING_SD, STATED
from models.surrogates.laboratories import LABORATORIES, measure
from models.surrogates.measured import (
    early_factor,
    last_given,
    left_out,
    measured_factor,
    measured_metrics,
)
from models.surrogates.table import feature_row, space_filling
from models.surrogates.validation import CrossValidation, monotone, monotone_below
from tests.experiments.small_study import small_study

N_FEATURES = 6
RNG = np.random.default_rng(4)
FEATURES = RNG.normal(size=(60, N_FEATURES))
LAW = 1 - np.exp(-CURVE_TIMES_H / np.exp(1.2 + 0.5 * FEATURES[:, :1]))


def fitted(gaps, rows=None, groups=None) -> Discrepancy:
    """Return the discrepancy of the first designs, with the gaps given."""
    rows = np.arange(len(gaps)) if rows is None else rows
    return fit_discrepancy(
        FEATURES[rows],
        gaps,
        LAW[rows],
        [str(k) for k in rows] if groups is None else groups,
        times_h=CURVE_TIMES_H,
        centre=np.zeros(N_FEATURES),
        scale=np.ones(N_FEATURES),
    )


def invented(n, rng):
    """Return gaps of a laboratory: slower in the middle, by design, with batches and readings."""
    shape = LAW[:n] * (1 - LAW[:n])
    steep = -0.5 * shape * (1 + 0.5 * np.tanh(FEATURES[:n, 1:2]))
    return steep + BATCH_SD * rng.normal(size=(n, 1)) + READING_SD * rng.normal(size=(n, 14))


def test_a_systematic_gap_on_four_designs_moves_the_others_by_most_of_it() -> None:
    """Measured 0.1 above the law everywhere: strangers move by more than half, none by more."""
    gap, _ = fitted(np.full((4, 14), 0.1)).predict(FEATURES[4:], LAW[4:])
    assert 0.06 < gap[:, 1:].mean() < 0.1


def test_without_a_curve_nothing_is_added_and_the_spread_is_the_stated_one() -> None:
    """Model error and laboratory error, as stated, and no mean."""
    gap, sd = fitted(np.zeros((0, 14))).predict(FEATURES, LAW)
    assert (gap == 0).all()
    stated = np.sqrt(STATED.shared**2 + STATED.own**2 + BATCH_SD**2 + READING_SD**2)
    assert 0.85 * stated < sd[:, 4:].mean() < 1.02 * stated


def test_a_gap_of_one_design_moves_its_like_more_than_strangers() -> None:
    """Beside the shared offset there is a part of every design's own."""
    gap, sd = fitted(np.full((1, 14), 0.1)).predict(FEATURES[:2], LAW[:1].repeat(2, axis=0))
    assert gap[0].mean() > 1.2 * gap[1].mean() > 0
    assert sd[0].mean() < sd[1].mean()


def test_early_points_narrow_the_rest_of_the_curve_and_lead_it_right() -> None:
    """Two readings of a curve 0.1 above the law: nearer to it, in a narrower interval."""
    process = fitted(np.zeros((0, 14)))
    early = np.array([0.5, 2.0])
    law = np.interp(early, CURVE_TIMES_H, LAW[0])
    before, wide = process.predict(FEATURES[:1], LAW[:1])
    after, narrow = process.continued(FEATURES[:1], LAW[:1], early, law + 0.1)
    next_hours = (CURVE_TIMES_H >= 0.5) & (CURVE_TIMES_H <= 4.0)
    assert (narrow <= wide + 1e-12).all()
    assert (narrow[0, next_hours] < 0.7 * wide[0, next_hours]).all()
    assert np.abs(after - 0.1)[0, next_hours].max() < 0.05
    assert np.abs(before - 0.1)[0, next_hours].max() > 0.09


def test_few_curves_far_from_the_law_widen_what_was_stated() -> None:
    """Two formulations 0.4 off: a stated error of 0.1 is not held against them."""
    near, far = (fitted(np.full((2, 14), size)) for size in (0.02, 0.4))
    assert near.sizes == STATED
    assert far.sizes.shared > 1.5 * STATED.shared
    assert far.sizes.length == STATED.length


def test_sizes_are_learnt_from_enough_formulations_only() -> None:
    """Eight formulations are searched for sizes, seven of ten curves are not."""
    gaps = invented(10, np.random.default_rng(0))
    groups = [str(k % (MIN_MEASURED_GROUPS - 1)) for k in range(10)]
    few = fitted(gaps, groups=groups)
    assert (few.sizes.length, few.sizes.time_length) == (STATED.length, STATED.time_length)
    assert fitted(gaps[:8]).sizes.time_length != STATED.time_length


def test_readings_that_are_missing_say_nothing() -> None:
    """A curve that ends at 2 h narrows what follows less than one that goes on."""
    short = np.where(CURVE_TIMES_H <= 2, 0.1, np.nan)[None]
    _, ended = fitted(short).predict(FEATURES[:1], LAW[:1])
    _, whole = fitted(np.full((1, 14), 0.1)).predict(FEATURES[:1], LAW[:1])
    assert ended[0, -1] > 1.3 * whole[0, -1]
    with pytest.raises(InputError, match="no reading at the common times"):
        fitted(np.full((1, 14), np.nan))


def test_the_state_makes_the_same_process_again() -> None:
    """Plain arrays and numbers, as a model file holds them."""
    first = fitted(invented(5, np.random.default_rng(1)))
    again = Discrepancy.from_state(first.state())
    for one, two in zip(first.predict(FEATURES, LAW), again.predict(FEATURES, LAW), strict=True):
        np.testing.assert_array_equal(one, two)


def test_left_out_intervals_cover_a_new_laboratory_formulation_at_every_time() -> None:
    """Sixteen formulations calibrate; of 44 strangers 85 % are covered, early and late alike."""
    gaps = invented(60, np.random.default_rng(2))
    names, sd = [str(k) for k in range(16)], np.zeros((60, 14))
    process = fitted(gaps[:16])
    found = left_out(process, FEATURES[:16], (LAW + gaps)[:16], gaps[:16], names, LAW[:16], sd[:16])
    factor = measured_factor(found.found.ratio, names)
    gap, spread = process.predict(FEATURES[16:], LAW[16:])
    covered = np.abs(gaps[16:] - gap) <= factor * spread
    assert covered.mean() >= 0.85
    assert covered[:, CURVE_TIMES_H <= 1].mean() >= 0.8
    row = last_given(CURVE_TIMES_H, np.array([1.0]))
    early = early_factor(found.continued, factor, names)[row]
    rest = CURVE_TIMES_H > 1
    inside = []
    for k in range(16, 60):
        known = CURVE_TIMES_H <= 1
        curve = (LAW + gaps)[k, known]
        gap, spread = process.continued(FEATURES[[k]], LAW[[k]], CURVE_TIMES_H[known], curve)
        inside.append((np.abs(gaps[[k]] - gap) <= early * spread)[0, rest])
    assert np.mean(inside) >= 0.85


def test_a_time_that_few_formulations_reach_gets_the_widest_factor() -> None:
    """One of ten curves goes on to the last time and happens to be met there: no thin interval."""
    ratio = np.full((10, 3), np.nan)
    ratio[:, 0], ratio[:, 1], ratio[0, 2] = 1.2, 1.5, 0.01
    names = [str(k) for k in range(10)]
    assert measured_factor(ratio, names).tolist() == [1.2, 1.5, 1.5]
    ratio[0, 2] = 4.0
    assert measured_factor(ratio, names).tolist() == [1.2, 1.5, 4.0]


def test_many_curves_of_one_formulation_are_one_formulation() -> None:
    """Twenty of them at a late time are not enough there, as one is not."""
    ratio = np.full((29, 2), 0.01)
    ratio[:9, 0], ratio[:9, 1] = 2.0, np.nan
    names = [*(str(k) for k in range(9)), *["9"] * 20]
    assert measured_factor(ratio, names).tolist() == [2.0, 2.0]


def test_curves_that_together_reach_no_time_often_enough_give_their_largest_error() -> None:
    """Two halves that were read at other times: no time has eight, none gets a thin interval."""
    ratio = np.full((10, 2), np.nan)
    ratio[:5, 0], ratio[5:, 1] = 1.0, 3.0
    assert measured_factor(ratio, [str(k) for k in range(10)]).tolist() == [3.0, 3.0]


def test_early_factors_count_the_formulations_of_each_time_too() -> None:
    """One goes on after the second time: the factors of whole curves stand, not its luck."""
    continued = np.full((10, 3, 3), np.nan)
    continued[:, 0, 1], continued[0, 0, 2], continued[0, 1, 2] = 1.5, 0.01, 0.01
    whole = np.array([1.0, 2.0, 3.0])
    found = early_factor(continued, whole, [str(k) for k in range(10)])
    assert found[0].tolist() == [1.5, 1.5, 1.5]
    assert found[1].tolist() == whole.tolist()


def test_reported_width_of_forty_formulations_is_that_of_the_served_factor() -> None:
    """Thirty-six outside of each of ten folds set the level; ten folds would take the maximum."""
    n = 40
    names = [str(k) for k in range(n)]
    exponential = -np.log(1 - (np.arange(n) + 0.5) / n)
    errors = np.random.default_rng(8).permuted(np.tile(exponential[:, None], (1, 6)), axis=0)
    found = CrossValidation(
        target=errors, mean=np.zeros((n, 6)), sd=np.ones((n, 6)), folds=np.arange(n) % 10
    )
    told = measured_metrics(found, np.arange(1.0, 7.0), names)
    served = float(2 * measured_factor(found.ratio, names).mean())
    assert told["width90"] == pytest.approx(served, rel=0.15)
    assert told["width90"] < 0.8 * 2 * found.ratio.max(axis=0).mean()


def test_eight_formulations_are_judged_by_the_rule_that_serves_them() -> None:
    """Seven stand outside of a fold, and a time that all eight reach keeps its own factor."""
    ratio = np.tile([1.0, 3.0], (MIN_MEASURED_GROUPS, 1))
    found = CrossValidation(
        target=ratio, mean=0 * ratio, sd=np.ones_like(ratio), folds=np.arange(len(ratio))
    )
    told = measured_metrics(found, np.array([1.0, 2.0]), [str(k) for k in range(len(ratio))])
    assert told["width90"] == pytest.approx(4.0)


def test_ends_of_intervals_rise_and_only_widen() -> None:
    """The lower end never lies above the raw one, the upper never below; both within the label."""
    raw = RNG.normal(0.5, 0.5, size=(40, 14))
    low, high = monotone_below(raw, MAX_FRACTION), monotone(raw, MAX_FRACTION)
    for end in (low, high):
        assert (np.diff(end, axis=1) >= 0).all()
        assert (end >= 0).all()
        assert (end <= MAX_FRACTION).all()
    assert (low <= np.clip(raw, 0, MAX_FRACTION)).all()
    assert (high >= np.clip(raw, 0, MAX_FRACTION)).all()


@pytest.mark.parametrize(
    ("early", "message"),
    [
        (([1.0], [0.2, 0.3]), "must match"),
        (([-1.0], [0.2]), "must be finite and 0 h or later"),
        (([1.0], [1.4]), "fractions .* must be 0 to 1.1"),
        (([0.0], [0.0]), "none lies after the start"),
    ],
)
def test_early_points_that_cannot_be_are_refused(early, message) -> None:
    """Each with what is wrong."""
    with pytest.raises(InputError, match=message):
        checked_early(FEATURES[:1], early)


def test_early_points_of_two_designs_are_refused() -> None:
    """They belong to one formulation."""
    with pytest.raises(InputError, match="2 designs"):
        checked_early(FEATURES[:2], (np.array([1.0]), np.array([0.2])))


@pytest.fixture(scope="module")
def designs():
    """Timed-release designs of the small study."""
    return space_filling(small_study().space.space_of("timed_release"), 12, seed=5)


@pytest.mark.parametrize("name", LABORATORIES)
def test_a_simulated_laboratory_never_says_measured(name, designs) -> None:
    """Its curves rise, are simulated, and depend on the seed only."""
    curves, again = (measure(name, designs, CURVE_TIMES_H, seed=1) for _ in range(2))
    other = measure(name, designs, CURVE_TIMES_H, seed=2)
    assert {curve.origin for curve in curves} == {Origin.SIMULATED}
    first, second, third = (np.array([c.fraction for c in x]) for x in (curves, again, other))
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_an_unknown_laboratory_is_refused(designs) -> None:
    """With the ones there are."""
    with pytest.raises(UnknownNameError, match="Simulated laboratory"):
        measure("unicorn", designs, CURVE_TIMES_H, seed=1)


def test_intervals_cover_unseen_formulations_of_the_simulated_laboratories() -> None:
    """Twelve are measured of each laboratory; of 36 strangers 85 % of the readings are covered."""
    space = small_study().space.space_of("timed_release")
    made = space_filling(space, 48, seed=6)
    features = np.array([list(feature_row(design).values()) for design in made])
    law = np.array(
        [p.fraction for p in bench_curves([release_law(d) for d in made], CURVE_TIMES_H)]
    )
    spread, sd = features.std(axis=0), np.zeros_like(law)
    names = [design.key for design in made[:12]]
    covered = []
    for name in LABORATORIES:
        curves = np.array([p.fraction for p in measure(name, made, CURVE_TIMES_H, seed=3)])
        gaps = (curves - law)[:12]
        process = fit_discrepancy(
            features[:12],
            gaps,
            law[:12],
            names,
            times_h=CURVE_TIMES_H,
            centre=features.mean(axis=0),
            scale=np.where(spread > 0, spread, 1.0),
        )
        found = left_out(process, features[:12], curves[:12], gaps, names, law[:12], sd[:12])
        gap, raw = process.predict(features[12:], law[12:])
        half = measured_factor(found.found.ratio, names) * raw
        low = monotone_below(law[12:] + gap - half, MAX_FRACTION)
        high = monotone(law[12:] + gap + half, MAX_FRACTION)
        covered.append((low - 1e-9 <= curves[12:]) & (curves[12:] <= high + 1e-9))
    assert np.mean(covered) >= 0.85
