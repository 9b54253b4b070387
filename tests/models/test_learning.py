"""Learning from tables: encoding, shapes, families, choice, intervals, evaluation."""

import numpy as np
import pandas as pd
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from formulation.errors import DataError
from formulation.profiles import MAX_FRACTION
from models.learning.conformal import calibrate
from models.learning.curves import fit_members, joined, moving_columns
from models.learning.early import early_columns
from models.learning.encoding import TableEncoder
from models.learning.evaluation import Evaluation, evaluate_fold, group_folds
from models.learning.families import FAMILIES
from models.learning.selection import choose, learn, suited
from models.learning.shape import shape_of, shaped
from tests.models.learning_tables import TIMES, release_table, value_table

QUICK = ("extra_trees",)


@pytest.fixture(scope="module")
def table():
    return release_table()


def test_a_level_never_seen_is_a_row_of_zeros():
    frame = pd.DataFrame({"kind": ["a"] * 4 + ["b"] * 4, "x": np.arange(8.0)})
    encoder = TableEncoder().fit(frame)
    found = encoder.transform(pd.DataFrame({"kind": ["c"], "x": [1.0]}))
    assert encoder.get_feature_names_out() == ["x", "kind = a", "kind = b"]
    assert found.tolist() == [[1.0, 0.0, 0.0]]


def test_a_wide_positive_number_brings_its_logarithm_and_a_constant_nothing():
    frame = pd.DataFrame({"wide": [1.0, 10.0, 1000.0], "narrow": [1.0, 2.0, 3.0], "one": 1.0})
    encoder = TableEncoder().fit(frame)
    assert encoder.get_feature_names_out() == ["wide", "narrow", "log wide"]
    assert encoder.transform(frame)[:, 2] == pytest.approx(np.log([1.0, 10.0, 1000.0]))


def test_a_missing_number_stays_missing():
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0]})
    assert np.isnan(TableEncoder().fit(frame).transform(frame)[1, 0])


def test_a_table_without_a_learnt_column_is_refused():
    encoder = TableEncoder().fit(pd.DataFrame({"x": [1.0, 2.0]}))
    with pytest.raises(DataError, match="lacks column 'x'"):
        encoder.transform(pd.DataFrame({"y": [1.0]}))


def test_early_values_of_a_root_of_time_are_carried_on_exactly():
    at, time = np.array([0.25, 0.5, 1.0]), np.array([4.0, 9.0])
    early = np.tile(0.2 * np.sqrt(at), (2, 1))
    found = early_columns(early, at, time)
    assert found[:, 0] == pytest.approx([0.2, 0.2])
    assert found[:, 1] == pytest.approx(0.2 * np.sqrt(time))
    assert found[:, 2] == pytest.approx([0.5, 0.5])


def test_one_early_value_is_enough():
    found = early_columns(np.array([[0.3]]), np.array([1.0]), np.array([4.0]))
    assert np.isfinite(found).all()


@settings(max_examples=50, deadline=None)
@given(arrays(float, (3, 12), elements=st.floats(-5, 5)), st.sampled_from([1.0, 100.0]))
def test_every_shaped_curve_starts_at_zero_and_never_falls(raw, full):
    curves = shaped(raw * full, MAX_FRACTION * full)
    assert (curves[:, 0] == 0).all()
    assert (np.diff(curves) >= 0).all()
    assert curves.max() <= MAX_FRACTION * full


def test_a_plateau_below_everything_is_left_alone():
    assert shaped(np.array([[0.0, 0.4, 0.6, 0.6]]), 1.1)[0, -1] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("change", "is_release", "full"),
    [
        ({}, True, 1.0),
        ({"units": {}}, True, 1.0),
        ({"units": {"released": "ug/cm2"}}, False, 1.0),
        ({"scale": 100.0, "units": {}}, True, 100.0),
        ({"scale": -1.0}, False, 1.0),
    ],
)
def test_what_is_a_release_curve_is_decided_by_unit_range_and_direction(
    table, change, is_release, full
):
    changed = evolve(
        table,
        target=table.target * change.get("scale", 1.0),
        units=change.get("units", table.units),
    )
    found = shape_of(changed)
    assert (found.is_release, found.full) == (is_release, full)
    assert "'released'" in found.note


def test_what_goes_far_beyond_everything_is_no_release_curve(table):
    found = shape_of(evolve(table, target=table.target * 1.4, units={"released": "fraction"}))
    assert not found.is_release


def test_an_assay_above_the_limit_is_within_the_bounds_of_its_own_table(table):
    found = shape_of(evolve(table, target=table.target * 1.12))
    assert found.most == pytest.approx(1.12 * table.target.max())


def test_a_feature_that_changes_along_a_curve_is_refused(table):
    """A whole curve cannot be asked by it."""
    moving = table.features.assign(ph=np.where(table.time > 2, 6.8, 1.2))
    with pytest.raises(DataError, match="'ph' change along a curve"):
        fit_members(evolve(table, features=moving), QUICK, shape_of(table))


def test_last_bits_do_not_make_a_feature_change(table):
    noisy = table.features.assign(share=table.features["share"] * (1 + 1e-12 * table.time))
    assert moving_columns(evolve(table, features=noisy)) == ()


@pytest.mark.parametrize("family", [f.name for f in FAMILIES])
def test_time_alone_is_enough(table, family):
    """No feature is left: the curve is that of the mean formulation."""
    bare = evolve(table, features=table.features[[]])
    model = fit_members(bare, (family,), shape_of(bare))[family]
    assert np.isfinite(model.predict(bare)).all()


def test_one_group_cannot_choose(table):
    with pytest.raises(DataError, match="one group"):
        learn(table.rows(np.flatnonzero(table.group == "g0")), families=QUICK)


def test_the_same_curve_comes_out_whichever_times_are_asked_for(table):
    model = fit_members(table, QUICK, shape_of(table))["extra_trees"]
    one = table.rows(np.flatnonzero(table.curve == "g0-0"))
    some = one.rows(np.array([2, 5]))
    assert model.predict(some) == pytest.approx(model.predict(one)[[2, 5]])


@pytest.mark.parametrize("family", [f.name for f in FAMILIES])
def test_every_family_learns_release_curves(table, family):
    """Well below the error of knowing nothing; monotone, from zero."""
    shape = shape_of(table)
    model = fit_members(table, (family,), shape)[family]
    fresh = release_table(seed=1)
    error = np.abs(model.predict(fresh) - fresh.target).mean()
    assert error < 0.5 * np.abs(fresh.target - fresh.target.mean()).mean()
    curves = model.predict_grid(fresh.rows(np.arange(0, len(fresh), len(TIMES))))
    assert (np.diff(curves) >= 0).all()


def test_missing_values_do_not_stop_any_family(table):
    features = table.features.copy()
    features.loc[::3, "share"] = np.nan
    gaps = evolve(table, features=features)
    shape = shape_of(gaps)
    fitted = fit_members(gaps, suited(gaps, shape), shape)
    assert len(fitted) == len(FAMILIES)
    assert all(np.isfinite(model.predict(gaps)).all() for model in fitted.values())


def test_release_laws_are_not_tried_on_values_without_time():
    values = value_table()
    names = suited(values, shape_of(values))
    assert "boosted" in names
    assert not {"weibull", "peppas_sahlin"} & set(names)


@pytest.mark.parametrize("how", ["mean", "median"])
def test_members_become_one_by_mean_or_median(table, how):
    shape = shape_of(table)
    fitted = fit_members(table, ("extra_trees", "forest", "weibull"), shape)
    together = joined(list(fitted.values()), how)
    parts = [model.predict(table) for model in fitted.values()]
    assert together.predict(table) == pytest.approx(getattr(np, how)(parts, axis=0))


def test_a_family_replaces_all_together_only_when_it_is_better_in_most_groups(table):
    rng = np.random.default_rng(0)
    mean = np.full(len(table), 0.1)
    lucky, better = mean.copy(), mean - 0.02 + 0.005 * rng.normal(size=len(table))
    lucky[table.group == "g0"] -= 0.09
    assert choose({"lucky": lucky, "mean of all": mean}, table) == "mean of all"
    assert choose({"better": better, "mean of all": mean}, table) == "better"


def test_the_median_replaces_the_mean_where_one_family_fails(table):
    mean = np.full(len(table), 0.1)
    tried = {"forest": mean + 0.01, "mean of all": mean, "median of all": mean - 0.01}
    assert choose(tried, table) == "median of all"
    tried["median of all"] = mean + 0.02
    assert choose(tried, table) == "mean of all"


def test_two_families_have_a_mean_but_no_median(table):
    assert "median of all" not in learn(table, families=("extra_trees", "forest")).tried


def test_intervals_by_group_hold_on_new_groups_where_intervals_by_row_do_not():
    """Each group has an error of its own, which rows of the same group share."""
    rng = np.random.default_rng(1)
    n = 200
    group = np.repeat(np.arange(n), 10)
    truth, fresh = (rng.normal(size=n)[group] + 0.1 * rng.normal(size=len(group)) for _ in range(2))
    nothing = np.zeros(len(group))
    by_group = calibrate(nothing, truth, group.astype(str), None)
    # What a fit that has seen other rows of the group leaves over: no group error.
    seen = truth - (np.bincount(group, truth) / 10)[group]
    by_row = calibrate(nothing, seen, np.arange(len(group)).astype(str), None)

    def held(intervals):
        low, high = intervals.around(nothing, None)
        return float(((fresh >= low) & (fresh <= high)).mean())

    assert held(by_group) == pytest.approx(0.9, abs=0.05)
    assert held(by_row) < 0.4


def test_intervals_of_a_release_curve_stay_within_what_can_be_released(table):
    learnt = learn(table, families=QUICK)
    _, low, high = learnt.predict(table)
    assert low.min() >= 0
    assert high.max() <= MAX_FRACTION


class WideThenNarrow:
    """Sizes of errors that shrink so fast along a curve that its upper end would fall."""

    def predict(self, seen):
        """Return the size of the error of each row; the last column is log(1 + time)."""
        return 0.6 * np.exp(-2 * seen[:, -1])


def test_ends_of_intervals_around_a_release_curve_never_fall(table):
    learnt = learn(table, families=QUICK)
    narrowing = evolve(learnt.intervals, factor=1.0, scale=WideThenNarrow())
    times = np.linspace(0, table.time.max(), 40)
    one = evolve(table.rows(np.zeros(40, dtype=int)), time=times)
    mean = learnt.model.predict(one)
    assert (np.diff(narrowing.around(mean, times)[1]) < 0).any()
    for values in evolve(learnt, intervals=narrowing).predict(one):
        assert (np.diff(values) >= 0).all()


def test_intervals_are_wider_where_errors_are_larger():
    rng = np.random.default_rng(2)
    prediction = rng.uniform(0, 1, 2000)
    target = prediction + rng.normal(size=2000) * np.where(prediction > 0.5, 0.2, 0.02)
    intervals = calibrate(prediction, target, np.arange(2000).astype(str), None)
    low, high = intervals.around(np.array([0.2, 0.8]), None)
    assert (high - low)[1] > 2 * (high - low)[0]


def test_a_group_never_stands_in_two_folds(table):
    for train, test in group_folds(table, 4, seed=0):
        assert not set(table.group[train]) & set(table.group[test])


def test_one_fold_is_refused(table):
    with pytest.raises(DataError, match="cannot be split"):
        group_folds(table, 1, seed=0)


def test_what_is_scored_was_seen_by_nothing_before(table):
    """Other outcomes in the test rows change no prediction, interval or choice."""
    train, test = group_folds(table, 4, seed=0)[0]
    spoilt = table.target.copy()
    spoilt[test] = np.linspace(0, 1, len(test))
    plain = evaluate_fold(table, 0, train, test, families=QUICK)
    other = evaluate_fold(evolve(table, target=spoilt), 0, train, test, families=QUICK)
    for name in ("prediction", "low", "high", "baseline"):
        assert getattr(plain, name).tolist() == getattr(other, name).tolist()
    assert plain.tried == other.tried


def test_the_document_says_what_the_contract_asks_for(table):
    folds = group_folds(table, 3, seed=0)
    results = tuple(evaluate_fold(table, k, *rows, families=QUICK) for k, rows in enumerate(folds))
    found = Evaluation(table=table, results=results, shape=shape_of(table), seed=0).document()
    assert {"mae", "rmse", "r2", "coverage90", "width90"} <= set(found["metrics"])
    assert found["metrics"]["rows"] == len(table) == sum(f["rows"] for f in found["folds"])
    assert [g["group"] for g in found["groups"]] == sorted(set(table.group.tolist()))
    assert found["metrics"]["r2"] > 0.8
    assert found["metrics"]["mae"] < found["metrics"]["mae_without_features"]
    assert found["families"] == [
        {"family": "extra_trees", "inner_mae": pytest.approx(0.05, abs=0.05), "kept_in_folds": 3}
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"early": {"share": 0.5}}, "Early values of the curve"),
        ({"target": np.full(12 * 3 * len(TIMES), 0.5)}, "The target is the same in every row"),
        ({"features": release_table(seed=5).features}, "No skill"),
    ],
)
def test_what_a_reader_of_the_scores_must_know_is_said(table, change, said):
    changed = evolve(table, **change)
    folds = group_folds(changed, 3, seed=0)
    shape = shape_of(changed) if "early" in change else evolve(shape_of(table), is_release=False)
    results = tuple(
        evaluate_fold(changed, k, *rows, families=QUICK, shape=shape)
        for k, rows in enumerate(folds)
    )
    notes = Evaluation(table=changed, results=results, shape=shape, seed=0).document()["notes"]
    assert any(line.startswith(said) for line in notes), notes
