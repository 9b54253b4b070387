"""The kidney: an inverse that inverts, a body that conserves, and the responses it was set on."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from formulation.delivery import Route
from formulation.errors import InputError
from formulation.patients import named_population
from formulation.regimen import Regimen
from formulation.units import MG_PER_MMOL
from models.disposition._parameters import L_PER_H
from models.disposition.kidney import (
    SPLAY,
    TUBULAR_MAXIMUM,
    ULTRAFILTERABLE,
    excreted_at,
    filtered_at,
)
from models.population import alike, draw_subjects, typical_subject
from models.release import ReleaseLaw, Solid
from models.simulator.arms import MODEL, NOTHING_TAKEN, taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle

EGFR = st.floats(30, 140)
URINE = st.floats(0.01, 2)
"""From nearly nothing to several times an ordinary diet, [mmol/h]."""


def maximum(egfr):
    """Return the tubular maximum, [mmol/h]."""
    return float(TUBULAR_MAXIMUM) * egfr * L_PER_H


def spilled(filtered, egfr):
    """Return what is excreted at a filtered load: the law of Rude 1980 with a splay, [mmol/h]."""
    over, wide = filtered - maximum(egfr), 2 * float(SPLAY) * maximum(egfr)
    return (over + np.sqrt(over**2 + wide**2)) / 2


def excreted(filtered, egfr):
    """Return the same less what it would be at no serum at all, [mmol/h]."""
    return spilled(filtered, egfr) - spilled(0.0, egfr)


def filtered(urine, egfr):
    return float(filtered_at(np.array([urine]), np.array([maximum(egfr)]))[0])


@given(URINE, EGFR)
def test_the_inverse_is_the_root_of_the_law(urine, egfr):
    """A root finder on the forward law finds the same filtered load."""
    root = brentq(lambda x: excreted(x, egfr) - urine, 0, 50, xtol=1e-13)
    assert filtered(urine, egfr) == pytest.approx(root, rel=1e-8, abs=1e-9)


@given(URINE, st.floats(0.001, 1), EGFR)
def test_serum_rises_with_what_is_absorbed(urine, more, egfr):
    """Monotone, everywhere."""
    assert filtered(urine + more, egfr) > filtered(urine, egfr)


@pytest.mark.parametrize("egfr", [30.0, 60.0, 95.0, 140.0])
def test_the_simulator_excretes_by_this_law(egfr):
    """Flux and function, over serum from nothing to twice the usual, to 1e-12 mmol/h."""
    serum = np.linspace(0, 1.7, 35)
    numbers = np.ones((len(MODEL.number_names), len(serum)))
    at = MODEL.number_names.index
    filtration = float(ULTRAFILTERABLE) * egfr * L_PER_H
    numbers[at("filtration")], numbers[at("tubular")] = filtration, maximum(egfr)
    y = np.ones((len(MODEL.state_names), len(serum)))
    y[MODEL.index("E")] = serum * numbers[at("volume")]
    found = MODEL.rates(y, numbers)["excreted"]
    law = excreted(filtration * serum, egfr)
    np.testing.assert_allclose(found, law, atol=1e-12)
    np.testing.assert_allclose(excreted_at(filtration * serum, maximum(egfr)), law, atol=1e-12)


@given(EGFR)
def test_a_body_without_magnesium_loses_none(egfr):
    """The kidney can conserve: nothing at no serum, and little at half of an ordinary one."""
    half = float(ULTRAFILTERABLE) * egfr * L_PER_H * 0.42
    assert excreted(0.0, egfr) == 0
    assert 0 < excreted(half, egfr) < 0.02 * half
    assert filtered(1e-12, egfr) == pytest.approx(0, abs=1e-9)


def test_an_ordinary_diet_gives_an_ordinary_serum():
    """The typical adult stands between 0.75 and 0.95 mmol/L, near 0.83."""
    assert float(settle(typical_subject()).serum[0]) == pytest.approx(0.83, abs=0.02)


def test_at_steady_state_the_urine_carries_what_is_absorbed():
    """Net of what is secreted into the bowel, at any filtration rate; the serum stays.

    To half a per cent: pools and serum start at the mean of their daily wave, not on it.
    """
    three = alike(3)
    people = evolve(three, values={**three.values, "egfr_ml_min": np.array([30.0, 60.0, 120.0])})
    start = settle(people)
    course = follow([NOTHING_TAKEN], start, people, days=60, adapts=False)
    net = course.day("absorbed")[0, -1] - 24 * start.numbers["secretion"]
    np.testing.assert_allclose(course.day("urine")[0, -1], net, rtol=5e-3)
    np.testing.assert_allclose(course.day("serum_mean")[0, -1], start.serum, rtol=5e-3)


def test_a_failing_kidney_shows_in_serum():
    """The same diet at an eGFR of 95, of 45, and of 30."""
    serum = [float(settle(alike(1, egfr_ml_min=egfr)).serum[0]) for egfr in (95, 45, 30)]
    assert (np.diff(serum) > 0.01).all()


def citrate(mg):
    """Return an ordinary tablet of citrate."""
    tablet = {"lag_h": 0.1, "k_liberation_per_h": 1.5, "k_residue_per_h": 0.0, "plateau": 1.0}
    salt = Solid(
        dose_mmol=mg / MG_PER_MMOL,
        predissolved=0.0,
        k_water_per_h=20.0,
        k_acid_l_per_mmol_h=2.8,
        solubility_mmol_per_l=45.8,
        acid_demand_meq_per_mmol=2.0,
        osmoles_per_mmol=1.67,
    )
    return ReleaseLaw(
        route=Route.ORAL, mechanism="disintegration", parameters=tablet, solids=(salt,)
    )


@pytest.fixture(scope="module")
def changes():
    """Serum and urine of the last of 84 days with 400 mg a day, less those without."""
    people = draw_subjects(named_population("healthy_adults", size=64))
    start = settle(people)
    twice = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
    taken = taken_daily(citrate(200.0), twice, 84)
    both = follow([taken, taken.emptied()], start, people, days=84)
    return {name: both.day(name)[0, -1] - both.day(name)[1, -1] for name in ("serum_mean", "urine")}


def test_the_serum_response_is_that_of_the_meta_analysis(changes):
    """400 mg/d for 84 days raises serum by 0.02 to 0.06 mmol/L (Zhang 2016, panel row C30)."""
    assert 0.02 <= changes["serum_mean"].mean() <= 0.06


def test_the_urine_response_is_that_of_the_meta_analysis(changes):
    """The same days raise the 24 h urine by 1.20 to 1.83 mmol (Zhang 2016, panel row C08)."""
    assert 1.20 <= changes["urine"].mean() <= 1.83


def test_a_failing_kidney_keeps_more_of_a_product_in_the_serum():
    """Who filters half as much keeps more of the same tablets in the serum."""
    people = [alike(1, egfr_ml_min=egfr) for egfr in (95, 45)]
    twice = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
    taken = taken_daily(citrate(200.0), twice, 84)
    rises = []
    for one in people:
        course = follow([taken, taken.emptied()], settle(one), one, days=84)
        rises.append(float(np.ptp(course.day("serum_mean")[:, -1])))
    assert rises[1] > rises[0] > 0


def test_a_body_that_loses_more_than_it_absorbs_has_no_serum():
    """Without any magnesium in the diet there is no steady state, so no number is given."""
    with pytest.raises(InputError, match=r"secretes .*; .* no steady state.*Raise the diet"):
        settle(typical_subject(), dissolved_meal_mmol=0.0)
