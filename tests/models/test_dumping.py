"""Dose dumping: closed form against drawing, and the order of the situations."""

import numpy as np
import pytest
from attrs import evolve

from formulation.design import Design
from formulation.regimen import Regimen
from formulation.salts import make_lot
from models.dumping import LAW_SIGMA, SITUATIONS, dose_dumping_risk, dumping_by_situation
from models.release.matrix import matrix_law


def matrix(polymer="hpmc", grade="K4M", share=0.35, **coat):
    """Return a matrix tablet of about 1 g of chloride, plain or coated."""
    amounts = {"salt": 450.0, polymer: 1000 * share, "magnesium_stearate": 10.0, **coat}
    amounts["mcc"] = 1000 - 450 - 1000 * share - 10
    lag = {"coat_lag_h": 2.0} if "pulsatile_coat" in coat else {}
    return Design(
        system="timed_release",
        salt="chloride",
        salt_mg_pct=make_lot("chloride").mg_pct,
        amounts_mg=amounts,
        process={
            "form": f"{polymer}_matrix",
            f"{polymer}_grade": grade,
            "compression_force_kn": 15.0,
            **lag,
        },
        regimen=Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True),
    )


PLAIN = matrix()
STIFF = matrix("ethylcellulose", "10cps", 0.25)
COATED = matrix(enteric_l100_55=80.0)
PULSED = matrix(pulsatile_coat=100.0)


@pytest.mark.parametrize("design", [PLAIN, STIFF, COATED, PULSED])
def test_forty_per_cent_alcohol_dumps_more_than_less_or_none(design):
    """For a gelling, an inert and a coated matrix alike."""
    found = dumping_by_situation(design)
    assert found["ethanol_40"] > found["ethanol_20"] > found["fasted"] >= 0
    assert max(found.values()) <= 100


def test_alcohol_is_worse_for_ethylcellulose_than_for_hypromellose():
    """Alcohol begins to dissolve the one and only slows the gel of the other."""
    gelled, inert = dumping_by_situation(PLAIN), dumping_by_situation(STIFF)
    rise = [found["ethanol_40"] - found["fasted"] for found in (gelled, inert)]
    assert rise[1] > rise[0]


def test_a_working_film_holds_in_the_fasted_stomach():
    """What dumps there are the few defects of making."""
    found = dumping_by_situation(COATED)["fasted"]
    assert found <= 1.0 * dumping_by_situation(PLAIN)["fasted"]


def test_a_late_bursting_coat_holds_for_the_half_hour():
    """With a lag of two hours only open coats dump."""
    assert dumping_by_situation(PULSED)["fasted"] <= dumping_by_situation(PLAIN)["fasted"]


def test_more_polymer_dumps_less():
    """From 20 to 50 % of hypromellose."""
    risks = [dose_dumping_risk(matrix(share=share)) for share in (0.2, 0.3, 0.4, 0.5)]
    assert (np.diff(risks) < 0).all()


def test_the_closed_form_is_the_share_of_drawn_laws():
    """A hundred thousand lognormal factors agree within a third of a percent."""
    draws = np.random.default_rng(0).lognormal(0.0, float(LAW_SIGMA["hpmc"]), 100_000)
    p = matrix_law(PLAIN).parameters
    root = 0.5 ** p["exponent"]
    fraction = 2.0 * draws * (p["k_diffusion"] * root + p["k_relaxation"] * root**2)
    drawn = 100 * np.mean(p["plateau"] * np.minimum(fraction, 1) > 0.5)
    assert dumping_by_situation(PLAIN)["damaged"] == pytest.approx(drawn, abs=0.33)


def test_the_risk_is_the_mean_over_the_situations():
    """Each counts alike."""
    found = dumping_by_situation(PLAIN)
    assert set(found) == {situation.name for situation in SITUATIONS}
    assert dose_dumping_risk(PLAIN) == pytest.approx(sum(found.values()) / len(found))


def test_the_question_does_not_arise_for_a_form_that_lets_go_at_once():
    """Zero, and no situation is gone through."""
    tablet = evolve(PLAIN, system="immediate_release", process={"form": "tablet"})
    assert dumping_by_situation(tablet) == {}
    assert dose_dumping_risk(tablet) == 0
