"""Families tried on measured curves: the law stays unless one clearly errs less, and is served."""

import json

import numpy as np
import pytest
from attrs import evolve
from skops.io import dumps

from formulation.errors import DataError
from formulation.profiles import MAX_FRACTION, ReleaseProfile
from formulation.provenance import Origin
from models.chain import CURVE_TIMES_H
from models.keeping import files
from models.keeping.files import save_estimator
from models.learning.families import FAMILIES as EVERY_FAMILY
from models.learning.families import Layout
from models.release import release_law
from models.release.bench import bench_curves, bench_medium
from models.surrogates import direct as direct_module
from models.surrogates.card import make_card
from models.surrogates.card_text import card_markdown
from models.surrogates.direct import HELD, LAW, TRIED, measured_table, try_families
from models.surrogates.drivers import drivers
from models.surrogates.emulator import fit
from models.surrogates.gaps import MIN_MEASURED_GROUPS
from models.surrogates.law_features import body_columns
from models.surrogates.persistence import load, save
from models.surrogates.rows import simulate_rows
from models.surrogates.table import MeasuredCurve, feature_row, space_filling, with_measured
from models.surrogates.validation import CrossValidation
from tests.experiments.small_study import small_study
from tests.models.model_files import plant

SPEC = small_study()
PART = SPEC.space.space_of("timed_release")
N_MEASURED = 24
DESIGNS = space_filling(PART, 64, seed=6)
STRANGERS = DESIGNS[N_MEASURED:]
FAST_H, SLOW_H = 1.0, 12.0
"""Times in which 63 % leave the tablets of a laboratory that knows no law, by their salt, [h]."""

SHORT = CURVE_TIMES_H <= 8
"""Times that every other of its curves was read at."""


def lawless(designs):
    """Return curves that have nothing to do with the law: only which salt it is matters."""
    slow = np.array([design.parts[0].salt == "citrate" for design in designs])
    pace = np.where(slow, SLOW_H, FAST_H)[:, None]
    noise = 0.02 * np.random.default_rng(3).normal(size=(len(designs), 1))
    return np.clip((1 + noise) * (1 - np.exp(-CURVE_TIMES_H / pace)), 0, MAX_FRACTION)


def lawful(designs):
    """Return curves of the law itself."""
    found = bench_curves([release_law(design) for design in designs], CURVE_TIMES_H)
    return np.array([curve.fraction for curve in found])


def features_of(designs):
    return np.array([list(feature_row(design).values()) for design in designs])


@pytest.fixture(scope="module")
def rows():
    return simulate_rows(PART, SPEC.population, n_designs=32, seed=1)


def taught(rows, designs, curves):
    """Return table, surrogate and metrics; every other curve was read to 8 h only."""
    measured = [
        MeasuredCurve(
            design=design,
            profile=ReleaseProfile(
                times_h=CURVE_TIMES_H[SHORT] if k % 2 else CURVE_TIMES_H,
                fraction=curve[SHORT] if k % 2 else curve,
                medium=bench_medium(release_law(design)),
                origin=Origin.MEASURED,
            ),
            source="invented/1",
            name=f"P{k}",
        )
        for k, (design, curve) in enumerate(zip(designs, curves, strict=True))
    ]
    table = with_measured(rows, SPEC.population, measured)
    return (table, *fit(table))


@pytest.fixture(scope="module")
def without_law(rows):
    """Twenty-four formulations of the laboratory that knows no law."""
    return taught(rows, DESIGNS[:N_MEASURED], lawless(DESIGNS[:N_MEASURED]))


@pytest.fixture(scope="module")
def with_law(rows):
    """Ten of one whose tablets obey it."""
    return taught(rows, DESIGNS[:10], lawful(DESIGNS[:10]))


def test_law_and_discrepancy_stays_where_the_law_is_right(with_law) -> None:
    """Trees of ten formulations know less than it."""
    _, surrogate, metrics = with_law
    found = metrics["curve"]["families"]
    assert found["kept"] == LAW
    assert surrogate.direct is None
    assert set(found["tried"]) == {*TRIED, "mean of all", LAW}
    assert found["tried"][LAW] == pytest.approx(metrics["curve"]["mae"])


def test_a_family_wins_where_the_truth_ignores_the_law(without_law) -> None:
    """It is served: its curves, not those of law and discrepancy, and nearer to the truth."""
    _, surrogate, metrics = without_law
    found = metrics["curve"]["families"]
    assert found["kept"] in TRIED
    assert metrics["curve"]["mae"] == pytest.approx(found["tried"][found["kept"]])
    truth, features = lawless(STRANGERS), features_of(STRANGERS)
    mine = surrogate.predict(features).curve
    by_law = evolve(surrogate, direct=None).predict(features).curve
    assert np.abs(mine - truth).mean() < 0.85 * np.abs(by_law - truth).mean()


def test_curves_of_a_family_rise_from_0_and_stay_below_the_most(without_law) -> None:
    """Mean and both ends, also far from everything measured."""
    surrogate = without_law[1]
    features = features_of(STRANGERS)
    for asked in (features, features + 5 * np.ptp(features, axis=0)):
        found = surrogate.predict(asked)
        for curve in (found.curve, found.curve_lo90, found.curve_hi90):
            assert (np.diff(curve, axis=1) >= 0).all()
            assert 0 <= curve.min() <= curve.max() <= MAX_FRACTION
        assert (found.curve_lo90 <= found.curve).all()
        assert (found.curve <= found.curve_hi90).all()
    names = without_law[0].feature_names
    table = measured_table(
        [name for name, body in zip(names, body_columns(names), strict=True) if not body],
        features[:, ~body_columns(names)],
        [design.key for design in STRANGERS],
        lawless(STRANGERS),
    )
    whole = surrogate.direct.model.predict_grid(table)
    assert (whole[:, 0] == 0).all()


def test_intervals_of_a_family_hold_strangers_and_are_told_as_they_are_served(without_law) -> None:
    """Of forty formulations nobody made, 80 to 100 %; the card's figure lies there too."""
    _, surrogate, metrics = without_law
    found = surrogate.predict(features_of(STRANGERS))
    truth = lawless(STRANGERS)
    held = (found.curve_lo90 - 1e-9 <= truth) & (truth <= found.curve_hi90 + 1e-9)
    assert 0.8 <= held.mean() <= 1.0
    assert 0.8 <= metrics["curve"]["coverage90"] <= 1.0
    assert metrics["curve"]["width90"] == pytest.approx(
        2 * surrogate.direct.half_width.mean(), rel=0.5
    )


def test_early_points_are_continued_by_law_and_discrepancy(without_law) -> None:
    """The same as if no family had been kept."""
    surrogate = without_law[1]
    early = (np.array([1.0, 2.0]), lawless(STRANGERS[:1])[0, [2, 4]])
    asked = features_of(STRANGERS[:1])
    mine, by_law = (s.predict(asked, early) for s in (surrogate, evolve(surrogate, direct=None)))
    np.testing.assert_array_equal(mine.curve, by_law.curve)
    np.testing.assert_array_equal(mine.curve_hi90, by_law.curve_hi90)


def test_a_kept_family_predicts_the_same_bit_for_bit_after_loading(without_law, tmp_path) -> None:
    """Curves and both ends."""
    surrogate = without_law[1]
    again = load(tmp_path, save(surrogate, {}, tmp_path))
    asked = features_of(STRANGERS)
    before, after = surrogate.predict(asked), again.predict(asked)
    for name in ("curve", "curve_lo90", "curve_hi90", "endpoints"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert again.direct.family == surrogate.direct.family


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"estimator": [1.0]}, "a curve's family is a list"),
        ({"numbers": ["unit_mass_mg"]}, "takes other columns"),
        ({"numbers": ["nothing"]}, "columns that the surrogate does not have"),
        ({"half_width": np.full(len(CURVE_TIMES_H), np.nan)}, "half-widths"),
        ({"half_width": np.zeros(3)}, "half-widths"),
    ],
)
def test_a_kept_family_that_cannot_predict_is_refused(without_law, tmp_path, change, said) -> None:
    """When it is loaded, not in the search."""
    surrogate = without_law[1]
    checksum = save(surrogate, {}, tmp_path)
    state = files.load_estimator(tmp_path, checksum)
    state["direct"] = {**state["direct"], **change}
    right = plant(tmp_path, dumps({**state, "format": files.FORMAT}))
    with pytest.raises(DataError, match=f"lacks a part of a surrogate .*{said}"):
        load(tmp_path, right)


def test_the_card_shows_what_was_tried_and_what_is_kept(without_law) -> None:
    """As JSON and as a table; early points are told to follow the law."""
    card = make_card("k", *without_law, 0)
    kept = card["families"]["kept"]
    assert json.loads(json.dumps(card["families"], allow_nan=False)) == card["families"]
    assert set(card["families"]["tried"]) == {*TRIED, "mean of all", LAW}
    assert "families" not in card["metrics"]["curve"]
    assert kept in card["family"]
    assert f"is that of {kept}" in card["against_law"]
    text = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026", is_brief=True)
    assert f"| {kept} (kept) | {card['families']['tried'][kept]:.4f} |" in text.replace("\\", "")
    assert f"| {LAW} | {card['families']['tried'][LAW]:.4f} |" in text
    assert f"where early points are given, {LAW} goes on from them" in text


def test_what_drives_a_kept_family_is_told_of_the_formulations_it_learnt(without_law) -> None:
    """By far the salt, as it was made; of endpoints, of the simulated designs as before."""
    table = without_law[0]
    outputs = drivers(table, without_law[1])["outputs"]
    assert outputs["released_2h"]["formulations"] == N_MEASURED
    assert outputs["absorbed_increment.p50"]["formulations"] == table.n_simulated
    first, second = outputs["released_2h"]["importance"][:2]
    assert "salt" in first["part"]
    assert first["increase"] > 3 * second["increase"]


def test_below_eight_formulations_nothing_is_tried_and_the_card_says_so(rows, monkeypatch) -> None:
    """Seven formulations, nine curves: no family is fitted at all."""
    monkeypatch.setattr(direct_module, "_fit", None)
    made = [*DESIGNS[: MIN_MEASURED_GROUPS - 1], *DESIGNS[:2]]
    found = taught(rows, made, lawless(made))
    assert found[1].direct is None
    assert "families" not in found[2]["curve"]
    card = make_card("k", *found, 0)
    assert (card["families"]["tried"], card["families"]["kept"]) == ({}, LAW)
    text = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026")
    assert "was kept untried, since fewer than 8 formulations were measured (7)." in text
    assert "Error on formulations left out" not in text


@pytest.fixture(scope="module")
def invented():
    """Names, features and groups of sixteen curves, and each foretold by a law that is wrong."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(16, 3))
    pace = np.where(features[:, :1] > 0, FAST_H, SLOW_H)
    target = 1 - np.exp(-CURVE_TIMES_H / pace)
    wrong = CrossValidation(
        target=target,
        mean=np.full_like(target, 0.5),
        sd=np.ones_like(target),
        folds=np.arange(16) % 4,
    )
    return ["a", "b", "c"], features, [f"g{k}" for k in range(16)], wrong


def test_a_family_that_no_file_may_hold_is_shown_but_not_kept(invented) -> None:
    """The Weibull curve beats a law that says one half always; the law stays all the same."""
    found = try_families(*invented, families=("weibull",))
    assert found.tried["weibull"] < 0.5 * found.tried[LAW]
    assert found.kept == LAW
    assert found.direct is None
    assert found.found is invented[3]


def test_a_family_that_is_better_by_luck_is_not_kept(invented) -> None:
    """Better on one formulation of sixteen, and as good on the others."""
    names, features, groups, wrong = invented
    trees = try_families(names, features, groups, wrong, families=("extra_trees",))
    assert trees.kept == "extra_trees"
    lucky = trees.found.mean.copy()
    lucky[0] = np.where(wrong.target[0] > 0.5, lucky[0] - 0.3, lucky[0] + 0.3)
    same = evolve(wrong, mean=lucky)
    assert try_families(names, features, groups, same, families=("extra_trees",)).kept == LAW


def test_a_formulation_left_out_is_seen_by_no_family(invented, monkeypatch) -> None:
    """Each fold's table lacks its groups; the folds are those of law and discrepancy."""
    names, features, groups, wrong = invented
    seen = []
    inner = direct_module._fit
    monkeypatch.setattr(
        direct_module, "_fit", lambda table, f: seen.append(set(table.group)) or inner(table, f)
    )
    try_families(names, features, groups, wrong, families=("extra_trees",))
    for fold in range(4):
        assert seen[fold] == {f"g{k}" for k in range(16) if k % 4 != fold}
    assert seen[4:] == [set(groups)]


def test_only_readings_that_were_read_are_learnt(invented) -> None:
    """A row for each of them, in the order of curves and times."""
    names, features, groups, wrong = invented
    target = wrong.target.copy()
    target[3, 5:], target[7, :2] = np.nan, np.nan
    table = measured_table(names, features, groups, target)
    assert len(table) == np.isfinite(target).sum()
    assert np.isfinite(table.target).all()
    third = table.curve == "3"
    assert table.time[third].tolist() == CURVE_TIMES_H[:5].tolist()
    assert set(table.group[third]) == {"g3"}
    assert table.features.loc[np.flatnonzero(third), "b"].tolist() == [features[3, 1]] * 5


@pytest.mark.parametrize("family", [f.name for f in EVERY_FAMILY])
def test_held_families_are_those_that_a_model_file_takes(family, tmp_path) -> None:
    """And come back the same; the others are refused when they are written."""
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(60, 4)), rng.normal(size=60)
    by_name = {f.name: f for f in EVERY_FAMILY}
    built = by_name[family].build(Layout(n_rows=60, n_moving=2), 0)
    if "Parametric" in type(built).__name__:
        features[:, 0] = np.tile(np.arange(6.0), 10)
    built.fit(features, target)
    if family not in HELD:
        with pytest.raises(TypeError, match="a model may not hold"):
            save_estimator({"estimator": built}, tmp_path)
        return
    again = files.load_estimator(tmp_path, save_estimator({"estimator": built}, tmp_path))
    np.testing.assert_array_equal(again["estimator"].predict(features), built.predict(features))
