"""The surrogate of a system: accurate, honest about its width, and led by what was measured."""

import json

import numpy as np
import pytest
from attrs import evolve

from formulation.feature_words import feature_words
from formulation.profiles import ReleaseProfile
from formulation.provenance import Origin
from models.chain import CURVE_TIMES_H, MechanisticChain
from models.release import release_law
from models.release.bench import bench_curves, bench_medium
from models.surrogates import emulator, validation
from models.surrogates.calibration import ENDPOINT_BOUNDS, ENDPOINT_MODEL_ERROR
from models.surrogates.card import coverage as card_coverage
from models.surrogates.card import headline, make_card
from models.surrogates.card_text import card_markdown
from models.surrogates.emulator import fit, monotone
from models.surrogates.gaps import CURVE_MODEL_ERROR, MIN_MEASURED_GROUPS
from models.surrogates.law_features import body_columns
from models.surrogates.table import (
    ENDPOINT_KEYS,
    LEARNT,
    MeasuredCurve,
    build_table,
    feature_row,
    space_filling,
)
from tests.experiments.small_study import small_study

SPEC = small_study()
SYSTEMS = SPEC.space.systems
N_TRAINING, N_FRESH = 128, 48
SLOWER = 0.8
"""Pace of the invented laboratory's tablets, relative to the law, [-]."""


def rows_of(designs):
    return np.array([list(feature_row(design).values()) for design in designs])


def curves_of(designs, pace=1.0):
    """Return the law's curves as they are when everything takes 1 / pace of the time."""
    found = bench_curves([release_law(d) for d in designs], pace * CURVE_TIMES_H)
    return np.array([curve.fraction for curve in found])


def laboratory(designs, pace=SLOWER):
    """Return invented measurements of designs that release at another pace than the law."""
    return [
        MeasuredCurve(
            design=design,
            profile=ReleaseProfile(
                times_h=CURVE_TIMES_H,
                fraction=curve,
                medium=bench_medium(release_law(design)),
                origin=Origin.MEASURED,
            ),
            source="invented/1",
            name=f"P{k}",
        )
        for k, (design, curve) in enumerate(zip(designs, curves_of(designs, pace), strict=True))
    ]


def training(system, measured=()):
    part = SPEC.space.space_of(system)
    return build_table(part, SPEC.population, n_designs=N_TRAINING, seed=1, measured=measured)


@pytest.fixture(scope="module")
def plain():
    """Table, surrogate and metrics of each system without a laboratory."""
    tables = {system: training(system) for system in SYSTEMS}
    return {system: (table, *fit(table)) for system, table in tables.items()}


@pytest.fixture(scope="module")
def fresh():
    """Designs that no fit has seen, with the chain's endpoints, by system."""
    found = {}
    for system in SYSTEMS:
        designs = space_filling(SPEC.space.space_of(system), N_FRESH, seed=901)
        truth = MechanisticChain().evaluate(designs, SPEC.population, ENDPOINT_KEYS).value
        found[system] = (designs, truth)
    return found


@pytest.fixture(scope="module")
def made():
    """Ten designs for the invented laboratory, and twenty it never made."""
    designs = space_filling(SPEC.space.space_of("timed_release"), 30, seed=77)
    return designs[:10], designs[10:]


@pytest.fixture(scope="module")
def taught(made):
    """Table, surrogate and metrics of the timed release with ten measured curves."""
    table = training("timed_release", laboratory(made[0]))
    return (table, *fit(table))


def coverage(value, low, high):
    return ((low - 1e-9 <= value) & (value <= high + 1e-9)).mean(axis=0)


@pytest.mark.parametrize("system", SYSTEMS)
def test_unseen_designs_are_predicted_well_from_128(plain, fresh, system) -> None:
    """More than 80 % of the variance of the absorbed increment, at each percentile."""
    designs, truth = fresh[system]
    found = plain[system][1].predict(rows_of(designs)).endpoints
    r2 = 1 - ((truth - found) ** 2).sum(axis=0) / ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    absorbed = [k for k, key in enumerate(ENDPOINT_KEYS) if key.startswith("absorbed_increment")]
    assert (r2[absorbed] > 0.95).all()
    assert (r2 > 0.8).all()


@pytest.mark.parametrize("system", SYSTEMS)
def test_stated_intervals_hold_unseen_designs(plain, fresh, system) -> None:
    """With the model error inside, at least 90 % of simulated values, for every endpoint."""
    designs, truth = fresh[system]
    found = plain[system][1].predict(rows_of(designs))
    assert (coverage(truth, found.endpoints_lo90, found.endpoints_hi90) >= 0.9).all()
    assert coverage(curves_of(designs), found.curve_lo90, found.curve_hi90).mean() >= 0.9


@pytest.mark.parametrize("system", SYSTEMS)
def test_calibrated_part_of_the_intervals_covers_90_percent(
    plain, fresh, system, monkeypatch
) -> None:
    """Without the model error that would hide a fault, coverage still lies in 0.8 to 1."""
    designs, truth = fresh[system]
    surrogate = plain[system][1]
    monkeypatch.setattr(emulator, "ENDPOINT_MODEL_ERROR", dict.fromkeys(ENDPOINT_MODEL_ERROR, 0.0))
    bare = evolve(surrogate, calibration=evolve(surrogate.calibration, curve_model_error=0.0))
    found = bare.predict(rows_of(designs))
    of_endpoints = coverage(truth, found.endpoints_lo90, found.endpoints_hi90)
    assert (of_endpoints >= 0.8).all(), dict(zip(ENDPOINT_KEYS, of_endpoints, strict=True))
    assert 0.8 <= coverage(curves_of(designs), found.curve_lo90, found.curve_hi90).mean() <= 1.0
    assert of_endpoints.mean() < 1.0  # as wide as needed, not so wide that it says nothing


@pytest.mark.parametrize("system", SYSTEMS)
def test_out_of_fold_coverage_is_near_what_it_claims(plain, system) -> None:
    """What the card reports as the coverage of its 90 % interval, for every output."""
    for key, metrics in plain[system][2].items():
        assert 0.8 <= metrics["coverage90"] <= 1.0, key
        assert metrics["width90"] > 0, key
        assert metrics["mae"] <= metrics["rmse"], key


@pytest.mark.parametrize("system", SYSTEMS)
def test_curves_rise_within_0_to_1_and_lie_inside_their_band(plain, fresh, system) -> None:
    """Mean, lower and upper end; also far outside the training data."""
    designs, _ = fresh[system]
    features = rows_of(designs)
    for row in (features, features + 5 * np.ptp(features, axis=0)):
        found = plain[system][1].predict(row)
        for curve in (found.curve, found.curve_lo90, found.curve_hi90):
            assert (np.diff(curve, axis=1) >= 0).all()
            assert curve.min() >= 0
            assert curve.max() <= 1
        assert (found.curve_lo90 <= found.curve).all()
        assert (found.curve <= found.curve_hi90).all()
        assert (found.endpoints_lo90 <= found.endpoints).all()
        assert (found.endpoints <= found.endpoints_hi90).all()


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_endpoint_or_end_of_an_interval_is_what_cannot_be(plain, fresh, system) -> None:
    """No chance above 100 %, no amount below 0; the model error is added before, and is wide."""
    _, surrogate, _ = plain[system]
    wide = np.full((len(ENDPOINT_KEYS), 2), 2.0)
    unsure = evolve(surrogate, calibration=evolve(surrogate.calibration, measured_error=wide))
    features = rows_of(fresh[system][0])
    for row in (features, features + 5 * np.ptp(features, axis=0)):
        found = unsure.predict(row)
        assert (found.endpoints_lo90 <= found.endpoints).all()
        assert (found.endpoints <= found.endpoints_hi90).all()
        for part in (found.endpoints, found.endpoints_lo90, found.endpoints_hi90):
            for values, key in zip(part.T, ENDPOINT_KEYS, strict=True):
                low, high = ENDPOINT_BOUNDS[key.split(".")[0]]
                assert low <= values.min(), key
                assert values.max() <= high, key


def test_every_learnt_endpoint_says_what_it_can_be() -> None:
    """Amounts from 0, a chance to 100 %."""
    assert set(ENDPOINT_BOUNDS) == set(LEARNT) == set(ENDPOINT_MODEL_ERROR)
    assert ENDPOINT_BOUNDS["laxation_risk"] == (0.0, 100.0)
    for name in LEARNT:
        if name.endswith("load") or name == "serum":
            assert ENDPOINT_BOUNDS[name][0] == 0.0


@pytest.mark.parametrize("system", SYSTEMS)
def test_percentiles_of_an_endpoint_stand_in_order(plain, fresh, system) -> None:
    """What 5 % of people stay below is never above the median, nor that above 95 %."""
    found = plain[system][1].predict(rows_of(fresh[system][0])).endpoints
    assert (np.diff(found.reshape(N_FRESH, -1, 3), axis=2) >= 0).all()


def test_monotone_keeps_a_curve_that_is_fine() -> None:
    """And lifts one that falls, within 0 to 1."""
    raw = np.array([[0.1, 0.5, 0.9], [-0.2, 0.6, 0.4], [0.3, 1.2, 0.8]])
    expected = [[0.1, 0.5, 0.9], [0.0, 0.6, 0.6], [0.3, 1.0, 1.0]]
    assert monotone(raw).tolist() == expected


def test_a_design_outside_the_training_data_is_said_to_be_extrapolated(plain) -> None:
    """In which feature, on which side and by how much; of a training row, nothing is said."""
    table, surrogate, _ = plain["timed_release"]
    inside = table.features[0]
    assert surrogate.extrapolations(inside) == ()
    wide = int(np.argmax(surrogate.high - surrogate.low))
    name, span = table.feature_names[wide], surrogate.high[wide] - surrogate.low[wide]
    for end, step, sign in (
        (surrogate.high[wide], span, ">"),
        (surrogate.low[wide], -span, "<"),
    ):
        row = inside.copy()
        row[wide] = end + step
        sentence, nearest = surrogate.extrapolations(row)
        title = feature_words("timed_release", name).text
        assert sentence == f"extrapolating in {title} ({row[wide]:.4g} {sign} {end:.4g})"
        assert nearest.startswith("nearest simulated design: ")


def test_a_combination_that_no_training_row_comes_near_is_said_to_be_far(plain) -> None:
    """The middle of every range at once: no design looks like that."""
    surrogate = plain["timed_release"][1]
    row = np.zeros(len(surrogate.feature_names))
    row[~body_columns(surrogate.feature_names)] = (surrogate.low + surrogate.high) / 2
    first, _ = surrogate.extrapolations(row)
    assert first.startswith("unlike the training data as a whole")


def test_a_far_design_is_told_the_measured_formulations_nearest_to_it(taught, made) -> None:
    """By the laboratory's names, the nearest first; simulated ones are nobody's."""
    table, surrogate, _ = taught
    row = table.features[-1].copy()
    row[0] = 10 * surrogate.high[0]
    nearest = surrogate.extrapolations(row)[-1]
    assert nearest.startswith("nearest measured formulations: P9 of invented/1 (")
    assert nearest.count(" of invented/1 (") == emulator.N_NEAREST
    assert set(surrogate.measured_names) == {design.key for design in made[0]}


def test_the_spread_grows_outside_the_training_data(plain, fresh, monkeypatch) -> None:
    """A Gaussian process far from its rows knows less, and its interval says so."""
    monkeypatch.setattr(emulator, "ENDPOINT_MODEL_ERROR", dict.fromkeys(ENDPOINT_MODEL_ERROR, 0.0))
    surrogate = plain["timed_release"][1]
    near = rows_of(fresh["timed_release"][0])
    inside, outside = (
        (found.endpoints_hi90 - found.endpoints_lo90).mean(axis=0)
        for found in map(surrogate.predict, (near, near + 3 * np.ptp(near, axis=0)))
    )
    assert (outside > 2 * inside).all()


def test_measured_curves_pull_the_fitted_curve_towards_them(plain, taught, made) -> None:
    """The error on what the laboratory made falls to less than half, on the rest it falls too."""
    before, after = plain["timed_release"][1], taught[1]
    errors = {}
    for what, designs in zip(("made", "not made"), made, strict=True):
        target = curves_of(designs, SLOWER)
        errors[what] = [
            float(np.abs(s.predict(rows_of(designs)).curve - target).mean())
            for s in (before, after)
        ]
    assert errors["made"][1] < 0.5 * errors["made"][0]
    assert errors["not made"][1] < errors["not made"][0]


def test_measured_curves_leave_the_endpoints_alone(plain, taught, fresh) -> None:
    """They say nothing of people: the endpoints come from simulated rows only."""
    rows = rows_of(fresh["timed_release"][0])
    first, second = (s.predict(rows).endpoints for s in (plain["timed_release"][1], taught[1]))
    np.testing.assert_array_equal(first, second)


def test_intervals_of_curves_rest_on_measured_formulations_when_there_are_enough(
    taught, made
) -> None:
    """Ten formulations: held out by group, no model error, and new ones lie inside as often."""
    table, surrogate, _ = taught
    calibration = surrogate.calibration
    assert table.n_measured_groups == 10 >= MIN_MEASURED_GROUPS
    assert calibration.curve_kind == "90 %: 10 measured formulations held out by group"
    assert calibration.curve_model_error == 0.0
    assert f"{N_TRAINING} simulated designs" in calibration.endpoint_kind
    assert calibration.endpoint_kind.endswith("plus a stated model error")
    found = surrogate.predict(rows_of(made[1]))
    covered = coverage(curves_of(made[1], SLOWER), found.curve_lo90, found.curve_hi90)
    assert 0.8 <= covered.mean() <= 1.0


def test_one_formulation_too_few_leaves_the_posterior_of_the_discrepancy(made) -> None:
    """Seven measured formulations, however many curves, do not calibrate an interval."""
    curves = laboratory(made[0][: MIN_MEASURED_GROUPS - 1]) + laboratory(made[0][:3])
    table = training("timed_release", curves)
    surrogate, metrics = fit(table)
    assert (table.n_measured, table.n_measured_groups) == (10, 7)
    assert surrogate.calibration.curve_kind == (
        "90 %: posterior of the discrepancy of 7 measured formulations"
    )
    assert surrogate.calibration.curve_model_error == float(CURVE_MODEL_ERROR)
    assert headline(table) == "10 measured curves of 7 formulations beside 128 simulated ones"
    assert {"curve", "curve_of_law"} < set(metrics)


def test_a_formulation_never_stands_in_two_folds(made, monkeypatch) -> None:
    """Three curves of each of four formulations: all in one fold, as the simulated ones are."""
    table = training("timed_release", laboratory(made[0][:4]) * 3)
    simulated, measured = [], []
    inner, inner_measured = emulator.metrics, emulator.measured_metrics
    monkeypatch.setattr(emulator, "metrics", lambda x: simulated.append(x) or inner(x))
    monkeypatch.setattr(
        emulator,
        "measured_metrics",
        lambda x, *more: measured.append(x) or inner_measured(x, *more),
    )
    fit(table)
    assert len(simulated) == 1 + len(ENDPOINT_KEYS)
    assert len(measured) == 1
    for seen, groups in (
        *((found, table.groups[:N_TRAINING]) for found in simulated),
        (measured[0], table.groups[N_TRAINING:]),
    ):
        pairs = set(zip(groups, seen.folds.tolist(), strict=True))
        assert len(pairs) == len(set(groups))
    assert len(set(simulated[0].folds.tolist())) == validation.N_FOLDS
    assert len(set(measured[0].folds.tolist())) == 4


def test_a_group_left_out_is_not_seen_by_the_fit_that_predicts_it(made, monkeypatch) -> None:
    """Residuals of measured rows are those of a stranger, not of a row the fit went through."""
    table = training("timed_release", laboratory(made[0]))
    seen = []
    inner = emulator.measured_metrics
    monkeypatch.setattr(
        emulator, "measured_metrics", lambda x, *more: seen.append(x) or inner(x, *more)
    )
    surrogate, _ = fit(table)
    rows = slice(table.n_simulated, None)
    left_out = np.abs(seen[0].target - seen[0].mean).mean()
    fitted = np.abs(surrogate.predict(table.features[rows]).curve - table.curves[rows]).mean()
    assert left_out > 1.5 * fitted


def test_the_card_says_what_the_surrogate_rests_on(plain, taught) -> None:
    """Rows by origin, headline and kinds, with and without a laboratory."""
    table, surrogate, metrics = plain["timed_release"]
    card = make_card("k", table, surrogate, metrics, 0)
    assert card["headline"] == "emulator, no laboratory data"
    assert card["rows_by_origin"] == {"simulated": N_TRAINING, "measured": 0}
    assert (card["measured_groups"], card["data_sets"]) == (0, [])
    assert card["model_error"]["curve"] == float(CURVE_MODEL_ERROR)
    table, surrogate, metrics = taught
    card = make_card("k", table, surrogate, metrics, 0)
    assert card["headline"] == "10 measured curves of 10 formulations beside 128 simulated ones"
    assert card["rows_by_origin"] == {"simulated": N_TRAINING, "measured": 10}
    assert (card["measured_groups"], card["data_sets"]) == (10, ["invented/1"])
    assert card["intervals"]["curve"] == surrogate.calibration.curve_kind
    assert card["model_error"]["curve"] == 0.0
    assert card["discrepancy"]["formulations"] == 10
    low, offset, high = (card["discrepancy"][f"offset{end}"] for end in ("_lo90", "", "_hi90"))
    assert low < offset < high
    assert "The predicted curve of every design moves by" in card["against_law"]


def test_the_card_of_a_laboratory_reads_as_text(taught) -> None:
    """With every output by its title: the curve, that of the law alone, and the endpoints."""
    card = make_card("k", *taught, 0)
    text = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026")
    assert "| Release curve | fraction of the label |" in text
    assert "| Release curve of the law, simulated designs | fraction of the label |" in text


def test_the_card_tells_coverage_by_fold_and_by_measured_formulation(plain, taught) -> None:
    """Each of ten by its name; means over equal folds are the coverage of all."""
    table, surrogate, metrics = taught
    card = make_card("k", table, surrogate, metrics, 0)
    assert set(card["coverage_by_group"]) == {f"P{k} of invented/1" for k in range(10)}
    split = card["coverage_by_split"]
    of_curves = [share for name, share in split.items() if name.startswith("Release curve")]
    assert len(of_curves) == 10
    assert np.mean(of_curves) == pytest.approx(metrics["curve"]["coverage90"])
    assert np.mean([*card["coverage_by_group"].values()]) == pytest.approx(np.mean(of_curves))
    assert len(split) == 10 + validation.N_FOLDS
    text = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026")
    assert "## Coverage of 90 % intervals by measured formulation" in text
    assert "| P3 of invented/1 |" in text
    assert make_card("k", *plain["timed_release"], 0)["coverage_by_group"] == {}


def test_measured_formulations_of_one_name_are_told_apart_by_their_design() -> None:
    """Two that nobody named; one without a reading is left out."""
    metrics = {
        "curve": {
            "coverage90_by_fold": [0.9, None],
            "coverage90_by_group": {"a" * 16: 0.8, "b" * 16: 1.0, "c" * 16: None},
        },
        "absorbed_increment.p50": {"coverage90_by_fold": [0.7]},
    }
    names = {"a" * 16: "one of x", "b" * 16: "one of x", "c" * 16: "P of x"}
    found = card_coverage(metrics, names)
    assert found["coverage_by_group"] == {
        "one of x, design aaaaaaaa": 0.8,
        "one of x, design bbbbbbbb": 1.0,
    }
    assert list(found["coverage_by_split"].values()) == [0.9, 0.7]


def test_the_card_is_plain_json_without_nan(taught) -> None:
    """It goes into a database, a report and the tracking as it is."""
    table, surrogate, metrics = taught
    card = make_card("k", table, surrogate, metrics, 7)
    text = json.dumps(card, allow_nan=False)
    assert json.loads(text) == card
    assert set(card["metrics"]) == {"curve", "curve_of_law", *ENDPOINT_KEYS}
    assert set(card["features"]) == set(table.feature_names)


def test_a_fit_is_reproducible_to_the_last_digit(fresh) -> None:
    """Same rows, same seed, same predictions."""
    rows = rows_of(fresh["immediate_release"][0])
    first, again = (fit(training("immediate_release"))[0].predict(rows) for _ in range(2))
    np.testing.assert_array_equal(first.curve, again.curve)
    np.testing.assert_array_equal(first.endpoints_hi90, again.endpoints_hi90)
