"""Kinetic fits: parameters found again, criteria as defined, and what is refused."""

from math import log

import numpy as np
import pytest
from scipy.optimize import curve_fit

from formulation.errors import InputError, UnknownNameError
from models.dissolution.fits import EXACT, INSEPARABLE, ON_EDGE
from models.dissolution.fitting import fit_kinetics
from models.dissolution.kinetics import (
    ALL_TIMES,
    EARLY_TIMES,
    KINETIC_MODELS,
    get_kinetic_model,
)

TIMES = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16])
CHOSEN = {
    "zero_order": [5.0],
    "first_order": [0.2],
    "first_order_plateau": [82.0, 0.35],
    "higuchi": [20.0],
    "hixson_crowell": [0.05],
    "weibull": [5.0, 1.4],
    "weibull_plateau": [78.0, 4.0, 0.7],
    "korsmeyer_peppas": [14.0, 0.62],
    "peppas_sahlin": [12.0, 2.5, 0.42],
    "peppas_sahlin_half": [9.0, 1.5],
}
NOISE = np.array([0.9, -0.7, 0.4, -1.1, 0.8, 0.3, -0.5, 1.2, -0.9, 0.6, -0.2, 0.1])


def found(fits, name, times):
    return next(fit for fit in fits.fits if (fit.name, fit.times) == (name, times))


def released(name, lag=0.0):
    elapsed = np.maximum(TIMES - lag, 1e-300)
    return np.where(TIMES > lag, get_kinetic_model(name).curve(elapsed, CHOSEN[name]), 0.0)


def test_every_model_has_parameters_to_be_found_again():
    """A new model needs a line above."""
    assert set(CHOSEN) == {model.name for model in KINETIC_MODELS}


@pytest.mark.parametrize("model", KINETIC_MODELS, ids=lambda m: m.name)
@pytest.mark.parametrize("lag", [0.0, 0.7])
def test_the_parameters_of_an_exact_curve_are_found_again(model, lag):
    """With the lag and without it, whatever the start."""
    fits = fit_kinetics(TIMES, released(model.name, lag), models=[model])
    name = f"{model.name}_lag" if lag else model.name
    for times in model.ranges:
        fit = found(fits, name, times)
        wanted = [*CHOSEN[model.name], *([lag] if lag else [])]
        assert [e.value for e in fit.estimates] == pytest.approx(wanted, rel=1e-5)
        assert fit.r2 == pytest.approx(1)


def test_criteria_and_standard_errors_are_those_of_their_definitions():
    """By hand for a straight line through the origin: n = 12, p = 1."""
    y = 5 * TIMES + NOISE
    fit = found(fit_kinetics(TIMES, y), "zero_order", ALL_TIMES)
    k = (TIMES * y).sum() / (TIMES**2).sum()
    rss = ((y - k * TIMES) ** 2).sum()
    assert fit.estimates[0].value == pytest.approx(k)
    assert fit.rss == pytest.approx(rss)
    assert fit.aic == pytest.approx(12 * log(rss / 12) + 2)
    assert fit.aicc == pytest.approx(12 * log(rss / 12) + 2 + 4 / 10)
    r2 = 1 - rss / ((y - y.mean()) ** 2).sum()
    assert fit.r2 == pytest.approx(r2)
    assert fit.r2_adjusted == pytest.approx(1 - (1 - r2) * 11 / 11)
    assert fit.estimates[0].standard_error == pytest.approx((rss / 11 / (TIMES**2).sum()) ** 0.5)


def test_standard_errors_of_a_curve_are_those_of_another_program():
    """Against curve_fit of scipy, for a Weibull curve with scatter."""
    y = released("weibull") + NOISE
    fit = found(fit_kinetics(TIMES, y), "weibull", ALL_TIMES)
    best, covariance = curve_fit(
        lambda t, scale, shape: 100 * (1 - np.exp(-((t / scale) ** shape))), TIMES, y, p0=[4, 1]
    )
    assert [e.value for e in fit.estimates] == pytest.approx(best, rel=1e-5)
    errors = [e.standard_error for e in fit.estimates]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)


def test_weights_are_those_of_weighted_least_squares():
    """A weight of two is a time that was measured twice, but for the number of times."""
    y, weights = 5 * TIMES + NOISE, np.linspace(1, 3, 12)
    fits = fit_kinetics(TIMES, y, weights=weights)
    k = (weights * TIMES * y).sum() / (weights * TIMES**2).sum()
    assert fits.weighted
    assert found(fits, "zero_order", ALL_TIMES).estimates[0].value == pytest.approx(k)
    tenfold = fit_kinetics(TIMES, y, weights=10 * weights)
    assert [f.aicc for f in tenfold.fits] == pytest.approx([f.aicc for f in fits.fits])


def test_fits_rank_by_aicc_among_the_same_times_alone():
    """A power law fitted to fewer times is not held against a curve fitted to all."""
    fits = fit_kinetics(TIMES, released("weibull") + NOISE)
    for times in (ALL_TIMES, EARLY_TIMES):
        ranked = fits.ranked(times)
        assert [f.aicc for f in ranked] == sorted(f.aicc for f in ranked)
        assert len({f.n_points for f in ranked}) == 1
    assert "korsmeyer_peppas" not in {f.name for f in fits.ranked(ALL_TIMES)}
    assert {"zero_order", "higuchi"} <= {f.name for f in fits.ranked(EARLY_TIMES)}


def test_power_laws_see_no_time_after_60_percent():
    """Whatever stands there; a later fall below it counts as after."""
    y = released("weibull")
    n = int((y <= 60).sum())
    changed = np.where(np.arange(12) >= n, 95.0, y)
    changed[-1] = 59.0
    a, b = (found(fit_kinetics(TIMES, z), "korsmeyer_peppas", EARLY_TIMES) for z in (y, changed))
    assert a.n_points == b.n_points == n
    assert a.rss == pytest.approx(b.rss)


def test_a_quick_curve_has_no_power_law():
    """No time up to 60 % is a reason, not a fit to the rest."""
    fits = fit_kinetics(TIMES, 100 * (1 - np.exp(-8 * TIMES)))
    assert fits.ranked(EARLY_TIMES) == ()
    reasons = {r.name: r.reason for r in fits.refused if r.times == EARLY_TIMES}
    assert reasons["korsmeyer_peppas"] == "0 of the 4 times it needs above 0 h, times up to 60 %"


def test_too_few_times_for_the_parameters_are_refused_by_name():
    """AICc needs two times more than parameters."""
    fits = fit_kinetics(TIMES[:4], released("weibull")[:4])
    names = {fit.name for fit in fits.fits}
    assert "weibull" in names
    assert "weibull_plateau" not in names
    reason = next(r.reason for r in fits.refused if r.name == "weibull_plateau")
    assert reason == "4 of the 5 times it needs above 0 h, all times"


def test_time_zero_is_left_out():
    """Every model is zero there; it would count as a point that is always met."""
    y = released("weibull") + NOISE
    a = fit_kinetics(TIMES, y)
    b = fit_kinetics(np.insert(TIMES, 0, 0.0), np.insert(y, 0, 0.0))
    assert [f.aicc for f in a.fits] == [f.aicc for f in b.fits]


def test_a_lag_of_nothing_is_no_fit_of_its_own():
    """It is refused with the reason rather than shown with a lag of 0 h."""
    fits = fit_kinetics(TIMES, 4 * TIMES**1.0 + 3 + NOISE / 10)
    reason = next(
        r.reason for r in fits.refused if (r.name, r.times) == ("zero_order_lag", ALL_TIMES)
    )
    assert "the best lag is 0 h" in reason


def test_a_parameter_on_its_edge_has_no_standard_error():
    """A plateau of 110 % is where it had to stop."""
    y = 130 * (1 - np.exp(-0.08 * TIMES))
    fit = found(fit_kinetics(TIMES, y), "first_order_plateau", ALL_TIMES)
    plateau, rate = fit.estimates
    assert plateau.value == pytest.approx(110)
    assert (plateau.standard_error, plateau.without_error) == (None, ON_EDGE)
    assert rate.standard_error > 0


ENTERIC = np.array([0.0, 0.0, 30.0, 55.0, 80.0, 85.0])


@pytest.mark.parametrize("hours", [[0.5, 1, 1.25, 1.5, 1.75, 2], [0.5, 1, 1.5, 2, 3, 4]])
def test_times_before_a_lag_are_no_data_for_the_curve_behind_it(hours):
    """Zeros made an interpolation win: four parameters on four points, two on two."""
    fits = fit_kinetics(np.array(hours), ENTERIC)
    lagged = [fit for fit in fits.fits if fit.has_lag]
    assert lagged
    for fit in lagged:
        lag = fit.estimates[-1].value
        kept = np.array(hours)[: fit.n_points]
        assert (kept > lag).sum() >= len(fit.model.parameters) + 2
    assert not any(fit.is_exact for fit in fits.fits)
    reasons = {(r.name, r.times): r.reason for r in fits.refused}
    assert reasons["higuchi_lag", EARLY_TIMES] == (
        "2 of the 3 times it needs lie behind a lag of 1 h, times up to 60 %"
    )


def test_a_fit_through_every_point_is_exact_and_not_ranked():
    """Nothing is left to tell how sure it is, or how much better than others."""
    fits = fit_kinetics(TIMES, released("weibull"))
    exact = fits.exact(ALL_TIMES)
    assert {fit.name for fit in exact} == {"weibull", "weibull_plateau"}
    assert not {fit.name for fit in fits.ranked(ALL_TIMES)} & {fit.name for fit in exact}
    for fit in exact:
        assert (fit.aic, fit.aicc) == (None, None)
        assert {(e.standard_error, e.without_error) for e in fit.estimates} == {(None, EXACT)}


def test_effects_that_cannot_be_told_apart_are_on_no_edge():
    """Of a curve that is over at the first time: neither rate nor lag."""
    values = np.array([96.0, 99, 97, 98.5, 99, 98, 97.5, 98])
    fit = found(fit_kinetics(TIMES[:8], values), "first_order_plateau_lag", ALL_TIMES)
    assert {e.without_error for e in fit.estimates} == {INSEPARABLE}
    assert {e.standard_error for e in fit.estimates} == {None}


@pytest.mark.parametrize("off", [0.0, 5e-6, -5e-6])
def test_a_lag_at_one_of_the_times_has_no_standard_error(off):
    """The curve has a kink there, so no slope tells how sure it is."""
    y = released("zero_order", 1.0 + off) + np.where(TIMES > 1, NOISE / 1e4, 0)
    y[2] = 0.0
    fit = found(fit_kinetics(TIMES, y), "zero_order_lag", ALL_TIMES)
    lag = fit.estimates[-1]
    assert lag.value == pytest.approx(1, rel=1e-4)
    is_near = abs(lag.value - 1) <= 1e-5
    assert (lag.without_error == ON_EDGE) is is_near
    assert (lag.standard_error is None) is is_near


def test_the_same_curve_gives_the_same_fit():
    """Nothing is drawn at random."""
    y = released("weibull") + NOISE
    a, b = (fit_kinetics(TIMES, y) for _ in range(2))
    assert [f.rss for f in a.fits] == [f.rss for f in b.fits]


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        (np.zeros(12), None, "nothing is released"),
        (5 * TIMES, np.zeros(12), "a weight above zero"),
        (5 * TIMES, np.ones(3), "a weight above zero"),
    ],
)
def test_what_cannot_be_fitted_is_refused(values, weights, message):
    """In words."""
    with pytest.raises(InputError, match=message):
        fit_kinetics(TIMES, values, weights=weights)


def test_an_unknown_model_is_told_of_with_the_nearest():
    """As every name."""
    with pytest.raises(UnknownNameError, match="Did you mean 'weibull'"):
        get_kinetic_model("weibul")


@pytest.mark.parametrize(
    "values",
    [
        np.full(8, 100.0),
        np.array([0, 0, 0, 0, 0, 0, 0, 50.0]),
        np.array([96.0, 99, 97, 98.5, 99, 98, 97.5, 98]),
        1e-4 * np.arange(1, 9),
        np.array([0.0, 0, 0, 98, 99, 100, 100, 101]),
    ],
    ids=["complete at once", "at the last time", "level", "nearly nothing", "a step"],
)
def test_a_curve_that_no_model_tells_still_ends_in_numbers_or_reasons(values):
    """Without a warning of numpy, which pytest turns into an error; what is not sure is None."""
    fits = fit_kinetics(TIMES[:8], values)
    told = [*fits.fits, *fits.refused]
    assert len(told) == 2 * sum(len(model.ranges) for model in KINETIC_MODELS)
    for fit in fits.fits:
        assert np.isfinite(fit.rss)
        assert fit.is_exact or np.isfinite([fit.aic, fit.aicc]).all()
        errors = [e.standard_error for e in fit.estimates if e.standard_error is not None]
        assert np.isfinite([*errors, *(e.value for e in fit.estimates)]).all()
