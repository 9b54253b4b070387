"""The kidney: an inverse that inverts, and the serum responses it was set on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from formulation.errors import InputError
from formulation.patients import named_population
from models.absorption.gut import simulate_diet
from models.disposition.kidney import (
    LITRES_PER_DAY,
    SPLAY,
    TUBULAR_MAXIMUM,
    ULTRAFILTERABLE,
    serum_mmol_per_l,
)
from models.population import draw_subjects, typical_subject


def urine_mmol_per_day(serum, egfr):
    """Return what is excreted at a serum: the law as it is published, not inverted."""
    filtration = egfr * LITRES_PER_DAY
    maximum = float(TUBULAR_MAXIMUM) * filtration
    over = filtration * float(ULTRAFILTERABLE) * serum - maximum
    return (over + np.sqrt(over**2 + 4 * (float(SPLAY) * maximum) ** 2)) / 2


def serum(urine, egfr):
    return float(serum_mmol_per_l(np.array([urine]), np.array([egfr]))[0])


@given(st.floats(1, 40), st.floats(30, 140))
def test_the_inverse_is_the_root_of_the_law(urine, egfr):
    """A root finder on the forward law finds the same serum."""
    root = brentq(lambda c: urine_mmol_per_day(c, egfr) - urine, 0, 50, xtol=1e-12)
    assert serum(urine, egfr) == pytest.approx(root, rel=1e-8, abs=1e-9)


@given(st.floats(1, 40), st.floats(0.01, 5), st.floats(30, 140))
def test_serum_rises_with_what_is_absorbed(urine, more, egfr):
    """Monotone, everywhere."""
    assert serum(urine + more, egfr) > serum(urine, egfr)


def test_an_ordinary_diet_gives_an_ordinary_serum():
    """The typical adult stands between 0.75 and 0.95 mmol/L, near 0.83."""
    subject = typical_subject()
    found = serum_mmol_per_l(simulate_diet(subject).absorbed_mmol, subject.values["egfr_ml_min"])
    assert float(found[0, 0]) == pytest.approx(0.83, abs=0.02)


def test_the_serum_response_is_that_of_the_meta_analysis():
    """+1.5 mmol/d absorbed raises serum by 0.02 to 0.06 mmol/L (Zhang 2016, panel row C30)."""
    people = draw_subjects(named_population("healthy_adults", size=256))
    egfr, absorbed = people.values["egfr_ml_min"], simulate_diet(people).absorbed_mmol
    change = serum_mmol_per_l(absorbed + 1.5, egfr) - serum_mmol_per_l(absorbed, egfr)
    assert 0.02 <= np.median(change) <= 0.06


def test_a_failing_kidney_shows_in_serum():
    """The same diet at an eGFR of 45 and of 95, and of 30."""
    assert serum(4.0, 30) > serum(4.0, 45) > serum(4.0, 95)


@pytest.mark.parametrize("urine", [0.0, 0.01, float("nan")])
def test_a_body_that_loses_more_than_it_absorbs_has_no_serum(urine):
    """Below the unavoidable loss there is no steady state, so no number is given."""
    with pytest.raises(
        InputError, match=r"mmol/d at any serum; .* no steady state.*Raise the diet"
    ):
        serum(urine, 95.0)
