"""When f2 may be used, and its interval over units."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, norm

from formulation.errors import InputError, UnknownNameError
from formulation.similarity import f1, f2
from models.dissolution.bootstrap import bootstrap_f2
from models.dissolution.eligibility import EMA, FDA, ProductMeans, check_eligibility

MINUTES = [5, 10, 15, 20, 30, 45]
SLOW = [20.0, 35.0, 50.0, 62.0, 80.0, 90.0]
PROFILE = st.lists(st.floats(0, 100), min_size=5, max_size=5).map(np.array)


def means(name="a", mean=SLOW, minutes=MINUTES, sd=3.0, n=12):
    size = len(minutes)
    return ProductMeans(
        name=name,
        times_h=np.array(minutes) / 60,
        mean_pct=mean,
        sd_pct=np.full(size, sd),
        n_units=np.full(size, float(n)),
    )


def outcome(found, name):
    return [rule.met for rule in found.rules if rule.name == name]


def units(seed, scale, n=12):
    rng = np.random.default_rng(seed)
    base = 100 * (1 - np.exp(-np.array(MINUTES) / scale))
    return base + rng.normal(0, 4, (n, 1)) + rng.normal(0, 1, (n, len(MINUTES)))


def test_two_good_products_meet_every_rule():
    """And all their times count."""
    found = check_eligibility(means(), means("b"))
    assert found.is_eligible is True
    assert not found.is_exempt
    assert len(found.times_h) == len(MINUTES)


@pytest.mark.parametrize(
    ("changed", "rule", "found_is"),
    [
        ({"n": 6}, "units", "b: 6"),
        ({"sd": 5.0}, "cv_early", "b: 25 % at 5 min"),
        ({"sd": 6.5}, "cv_late", "b: 10.5 % at 20 min"),
        (
            {"minutes": [5, 10, 15, 20, 30, 60]},
            "same_times",
            "a alone at 45 min; b alone at 60 min",
        ),
    ],
)
def test_each_rule_that_is_broken_says_by_what(changed, rule, found_is):
    """The value and where it is."""
    found = check_eligibility(means(), means("b", **changed))
    broken = [r for r in found.rules if r.name == rule and r.met is False]
    assert [r.found for r in broken] == [found_is]
    assert found.is_eligible is False


def test_a_scatter_that_is_not_known_leaves_the_question_open():
    """None is not a yes."""
    found = check_eligibility(means(), means("b", sd=np.nan))
    assert outcome(found, "cv_early") == [True, None]
    assert found.is_eligible is None
    assert check_eligibility(means(), means("b", n=0)).is_eligible is None


@pytest.mark.parametrize(
    ("sd", "first", "fda", "ema", "says"),
    [
        (4.4, 22.0, True, False, "20 % at 5 min"),
        (4.1, 20.5, True, False, "20 % at 5 min"),
        (4.4001, 22.0, False, False, "20.0004545 % at 5 min"),
        (4.3999, 22.0, True, True, "19.9995455 % at 5 min"),
    ],
)
def test_a_scatter_on_its_bound_is_not_decided_by_rounding(sd, first, fda, ema, says):
    """4.4 on 22 comes out above 20, 4.1 on 20.5 below: both at most 20, and neither below."""
    wide = means("b", [first, *SLOW[1:]], sd=sd)
    for guideline, wanted, words in ((FDA, fda, "at most"), (EMA, ema, "below")):
        found = check_eligibility(means(), wide, guideline=guideline)
        rule = [rule for rule in found.rules if rule.name == "cv_early"][1]
        assert rule.met is wanted
        assert rule.wanted == f"coefficient of variation {words} 20 % at early times"
        if guideline == EMA:
            assert rule.found == f"b: {says}"


def test_nothing_released_of_any_unit_is_no_scatter():
    """A product with a lag has 0 +- 0 at its first time, which is known."""
    late = means("b", [0.0, *SLOW[1:]])
    sd = late.sd_pct.copy()
    sd[0] = 0.0
    late = evolve(late, sd_pct=sd)
    for guideline in (FDA, EMA):
        found = check_eligibility(means(), late, guideline=guideline)
        assert outcome(found, "cv_early") == [True, True]
        assert found.is_eligible is True
    sd[0] = np.nan
    assert check_eligibility(means(), evolve(late, sd_pct=sd)).is_eligible is None


def test_a_scatter_that_is_too_wide_is_missed_though_another_is_not_known():
    """What is known is enough to say no."""
    wide = means("b", sd=9.0)
    sd = wide.sd_pct.copy()
    sd[-1] = np.nan
    found = check_eligibility(means(), evolve(wide, sd_pct=sd))
    assert outcome(found, "cv_late") == [True, False]


def test_where_the_times_end_is_told_and_no_rule():
    """The times are chosen so, and nobody can miss it."""
    quick = [40.0, 60.0, 75.0, 88.0, 95.0, 97.0]
    found = check_eligibility(means(), means("b", quick), guideline=EMA)
    assert found.times_end == (
        "counted up to 20 min, the first at which either product has released more than 85 %;"
        " 2 left out"
    )
    assert "one_after_85" not in {rule.name for rule in found.rules}
    slow = [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
    assert check_eligibility(means(), means("b", slow)).times_end.startswith("every common time")


def test_two_times_are_too_few_and_zero_is_none_of_them():
    """Zero has the same value of every product."""
    few = {"minutes": [0, 20, 30], "mean": [0.0, 62.0, 80.0]}
    found = check_eligibility(means(**few), means("b", **few))
    assert outcome(found, "times") == [False]
    assert len(found.times_h) == 2


def test_the_guidelines_differ_in_whose_85_percent_ends_the_times():
    """Both products for one, either for the other."""
    quick = [40.0, 60.0, 75.0, 88.0, 95.0, 97.0]
    fda, ema = (check_eligibility(means(), means("b", quick), guideline=g) for g in (FDA, EMA))
    assert [round(60 * t) for t in fda.times_h] == MINUTES
    assert [round(60 * t) for t in ema.times_h] == [5, 10, 15, 20]
    assert [round(60 * t) for t in ema.left_out_h] == [30, 45]


def test_the_guidelines_differ_in_what_is_early():
    """A scatter of 15 % at 10 minutes is early for one and late for the other."""
    wide = means("b", sd=5.2, mean=[30.0, *SLOW[1:]])
    fda, ema = (check_eligibility(means(), wide, guideline=g) for g in (FDA, EMA))
    assert outcome(fda, "cv_early") == outcome(ema, "cv_early") == [True, True]
    assert outcome(fda, "cv_late") == [True, True]
    assert outcome(ema, "cv_late") == [True, False]


@pytest.mark.parametrize(("released", "fda", "ema"), [(84.9, 0, 0), (85.0, 1, 0), (85.1, 1, 1)])
def test_what_is_out_within_15_minutes_needs_no_f2(released, fda, ema):
    """85 % is enough for one, the other wants more."""
    quick = [50.0, 70.0, released, 95.0, 97.0, 98.0]
    for guideline, wanted in ((FDA, fda), (EMA, ema)):
        found = check_eligibility(means("a", quick), means("b", quick), guideline=guideline)
        assert found.is_exempt is bool(wanted)
        assert outcome(found, "exemption") == [True] * wanted


def test_one_quick_product_is_no_exemption():
    """Both must be."""
    quick = [50.0, 70.0, 90.0, 95.0, 97.0, 98.0]
    assert not check_eligibility(means("a", quick), means("b")).is_exempt


def test_unknown_rules_are_refused():
    """By name."""
    with pytest.raises(UnknownNameError, match="Guideline 'who'"):
        check_eligibility(means(), means("b"), guideline="who")


@pytest.mark.parametrize(("scale", "near"), [(24, 0.4), (18, 1.0)])
def test_the_corrected_interval_is_that_of_another_program(scale, near):
    """Against scipy: bias-corrected and accelerated bootstrap, at many draws of its own."""
    a, b = units(1, 18), units(2, scale)
    ours = bootstrap_f2(a, b, seed=3, n_draws=20_000)
    assert ours.bca == pytest.approx(_scipy_interval(a, b), abs=near)


def test_the_corrected_interval_is_that_of_its_definition():
    """Draw by draw, unit by unit, for units of which one lies far off."""
    a, b = units(1, 18, n=6), units(2, 20, n=5)
    a[0] += 25
    ours = bootstrap_f2(a, b, seed=3, n_draws=400)
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(400):
        i, j = rng.integers(0, 6, size=6), rng.integers(0, 5, size=5)
        drawn.append(f2(a[i].mean(axis=0), b[j].mean(axis=0)))
    left = [
        [f2(np.delete(a, i, axis=0).mean(axis=0), b.mean(axis=0)) for i in range(6)],
        [f2(a.mean(axis=0), np.delete(b, i, axis=0).mean(axis=0)) for i in range(5)],
    ]
    pull = [(len(x) - 1) * (np.mean(x) - np.array(x)) / len(x) for x in left]
    up, down = (sum((x**power).sum() for x in pull) for power in (3, 2))
    acceleration = up / (6 * down**1.5)
    assert abs(acceleration) > 0.02
    bias = norm.ppf(np.mean(np.array(drawn) < ours.f2))
    shifted = bias + norm.ppf([0.05, 0.95])
    levels = norm.cdf(bias + shifted / (1 - acceleration * shifted))
    assert ours.bca == pytest.approx(np.quantile(drawn, levels))


def _scipy_interval(a, b):
    def statistic(i, j, axis=-1):
        gap = ((a[i].mean(axis=-2) - b[j].mean(axis=-2)) ** 2).mean(axis=-1)
        return 50 * np.log10(100 / np.sqrt(1 + gap))

    index = np.arange(len(a)), np.arange(len(b))
    done = bootstrap(
        index, statistic, n_resamples=20_000, confidence_level=0.9, method="BCa",
        vectorized=True, axis=-1, rng=np.random.default_rng(5),
    )  # fmt: skip
    return tuple(done.confidence_interval)


def test_of_products_that_are_alike_the_correction_raises_the_interval():
    """Scatter adds to the squared gap, so f2 of resampled means lies low."""
    found = bootstrap_f2(units(1, 18), units(2, 18), seed=3)
    assert found.percentile[0] < found.f2 < found.percentile[1]
    assert found.bca[0] > found.percentile[0]


def test_the_same_seed_gives_the_same_interval_and_another_another():
    """So a figure can be made again."""
    a, b = units(1, 18), units(2, 24)
    first, again, other = (bootstrap_f2(a, b, seed=s, n_draws=500) for s in (3, 3, 4))
    assert first == again
    assert first.percentile != other.percentile


def test_identical_units_have_no_corrected_interval_and_say_why():
    """Every resampled f2 lies below 100."""
    a = units(1, 18)
    found = bootstrap_f2(a, a, seed=1, n_draws=500)
    assert (found.f2, found.bca) == (100, None)
    assert found.bca_reason.startswith("every resampled f2 lies below")


def test_units_without_scatter_have_an_interval_of_no_width():
    """Nothing to resample."""
    a = np.tile(SLOW, (6, 1))
    found = bootstrap_f2(a, a - 5, seed=1, n_draws=200)
    assert found.percentile == (found.f2, found.f2)
    assert found.bca is None


@pytest.mark.parametrize(
    ("a", "b", "more", "message"),
    [
        (np.ones((12, 4)), np.ones((12, 3)), {}, "units and common times"),
        (np.ones((12, 2)), np.ones((12, 2)), {}, "at least 3"),
        (np.ones((2, 4)), np.ones((12, 4)), {}, r"2 unit\(s\) of the reference"),
        (np.ones((12, 4)), np.full((12, 4), np.nan), {}, "of the test lacks a value"),
        (np.ones((12, 4)), np.ones((12, 4)), {"n_draws": 10}, "10 draws"),
    ],
)
def test_what_cannot_be_resampled_is_refused(a, b, more, message):
    """In words."""
    with pytest.raises(InputError, match=message):
        bootstrap_f2(a, b, seed=1, **more)


@given(PROFILE, PROFILE, st.floats(0.1, 0.9))
@settings(max_examples=50)
def test_f1_and_f2_behave_as_their_formulas(a, b, factor):
    """f1 is a share of the reference, f2 an absolute gap; both are exact at no gap."""
    a = a + 1.0
    assert f1(a, a) == 0
    assert f2(a, a) == 100
    assert f1(factor * a, factor * b) == pytest.approx(f1(a, b))
    assert f2(factor * a, factor * b) >= f2(a, b) - 1e-9
    assert f2(a + 3, b + 3) == pytest.approx(f2(a, b))


def test_f1_depends_on_which_is_the_reference():
    """Unlike f2."""
    a, b = np.array([20.0, 40.0, 60.0]), np.array([30.0, 50.0, 70.0])
    assert f1(a, b) == pytest.approx(25)
    assert f1(b, a) == pytest.approx(20)


def test_f1_of_nothing_is_refused():
    """It is a share of the reference."""
    with pytest.raises(InputError, match="of which nothing is released"):
        f1(np.zeros(3), np.ones(3))
