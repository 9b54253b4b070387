"""The gut: mass, order of effects, the curve it was calibrated on, and what must never win."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from formulation.patients import named_population
from formulation.units import MG_PER_MMOL
from models.absorption.calibration import (
    INTAKES_MMOL,
    calibrate,
    fine_fraction,
    simulated_fraction,
)
from models.population import draw_subjects
from models.simulator.arms import NOTHING_TAKEN
from models.simulator.numbers import CALIBRATED
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.models.gut_products import (
    ADULTS,
    CHLORIDE,
    DAYS,
    MANY_DAYS,
    OXIDE,
    READ,
    SALTS,
    followed,
    increments,
    law,
    medians,
    regimen,
    slow,
)

PPI_USERS = draw_subjects(named_population("ppi_users", size=64))


def diet_of(subjects):
    """Return the share of a day's diet that is absorbed on balance, and the amount, [mmol]."""
    start = settle(subjects)
    course = follow([NOTHING_TAKEN], start, subjects, days=1, adapts=False)
    net = course.day("absorbed")[0, -1] - 24 * start.numbers["secretion"]
    return net / (subjects.values["diet_mg_per_day"] / MG_PER_MMOL), net


@settings(max_examples=40, deadline=None)
@given(
    dose=st.floats(0, 1000),
    salt=st.fixed_dictionaries(
        {
            "k_water": st.floats(0, 1e4),
            "k_acid": st.floats(0, 1e3),
            "solubility": st.floats(0.01, 6000),
            "demand": st.sampled_from([0.0, 1.0, 2.0]),
            "osmoles": st.floats(0, 4),
        }
    ),
    k_per_h=st.floats(0, 1e3),
    plateau=st.floats(0, 1),
    how=st.builds(regimen, st.integers(1, 6), st.integers(1, 3), with_meals=st.booleans()),
)
def test_mass_is_conserved_and_nothing_is_negative(dose, salt, k_per_h, plateau, how):
    """Gut, body, stool and urine hold what was eaten, to 1e-10 of it, and no more than that."""
    product = law(salt, dose, k_per_h=k_per_h, plateau=plateau)
    subjects = draw_subjects(named_population("ppi_users", size=4))
    found = followed([product], [how], subjects)
    assert found.mass_error < 1e-10
    assert found.least >= -1e-12
    label = DAYS * how.units_per_day * product.dose_mmol
    assert found.brought.max() <= plateau * label + 1e-8
    assert found.brought.min() >= -1e-8


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
@pytest.mark.parametrize("population", ["healthy_adults", "ppi_users"])
@pytest.mark.parametrize("with_meals", [True, False])
def test_nobody_gets_more_than_there_is(salt, population, with_meals):
    """Tablets of 50 to 500 mg, ordinary and quick, in 256 people: acid may run out at any time."""
    everybody = draw_subjects(named_population(population, size=256))
    doses = [50.0, 100.0, 250.0, 500.0]
    products = [law(salt, mg, k_per_h=k) for mg in doses for k in (1.5, 5.0, 20.0)]
    found = followed(products, [regimen(with_meals=with_meals)] * len(products), everybody)
    dose = np.array([[product.dose_mmol] for product in products])
    assert found.least >= -1e-12
    assert (found.more("absorbed") < dose).all()
    assert (found.product["upper_load"] < found.control["upper_load"] + dose).all()


def test_the_published_curve_is_reproduced():
    """Fraction absorbed of one meal: root mean square residual below 2 % (Fine 1991)."""
    residuals = simulated_fraction(INTAKES_MMOL) / fine_fraction(INTAKES_MMOL) - 1
    assert np.sqrt(np.mean(residuals**2)) < 0.02


def test_the_published_curve_passes_through_its_ends():
    """0.65 at the meal alone, 0.11 with 40 mmol on top."""
    ends = fine_fraction(np.array([1.48, 41.48]))
    np.testing.assert_allclose(ends, [0.65, 0.11], atol=0.005)


def test_stored_transport_is_what_calibration_finds():
    """The three constants in the table are those of the fit, to 1 %."""
    found = calibrate()
    for name in ("vmax_mmol_per_h", "km_mmol_per_l", "paracellular_per_h"):
        assert getattr(CALIBRATED, name) == pytest.approx(getattr(found, name), rel=0.01)


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
def test_a_product_without_magnesium_changes_nothing(salt):
    """Zero dose gives zero increment, bit by bit."""
    found = followed([law(salt, 0.0)], [regimen(3, 3)], days=MANY_DAYS, adapts=True)
    assert all((found.more(name) == 0).all() for name in READ)


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
def test_a_product_that_never_releases_absorbs_nothing_and_is_never_best(salt):
    """It leaves as it came, and everything that releases is absorbed better by everybody."""
    brick = law(salt, plateau=0.0)
    found = followed([brick, law(salt), slow(salt)], [regimen()] * 3)
    assert (found.brought[0] == 0).all()
    absorbed = found.more("absorbed")
    assert (absorbed[0] == 0).all()
    assert (absorbed[1:] > 0).all()


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
def test_more_magnesium_is_absorbed_more_but_a_smaller_share(salt):
    """The increment rises with dose and the fraction falls: a saturable route."""
    doses = np.array([50.0, 100, 200, 400])
    found = medians([law(salt, mg) for mg in doses], [regimen()] * 4)
    assert (np.diff(found) > 0).all()
    assert (np.diff(found / doses) < 0).all()


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
@pytest.mark.parametrize("with_meals", [True, False])
def test_splitting_a_dose_raises_the_fraction_absorbed(salt, with_meals):
    """Three times 100 mg beat once 300 mg (the direction of Sabatier 2011)."""
    how = [regimen(units, n, with_meals=with_meals) for units, n in ((3, 1), (1, 3))]
    once, thrice = medians([law(salt)] * 2, how)
    assert thrice > once


def test_a_proton_pump_inhibitor_takes_from_oxide_and_not_from_chloride():
    """In the very same people with a tenth of the acid."""
    values = {**ADULTS.values, "acid_output_factor": 0.1 * ADULTS.values["acid_output_factor"]}
    treated = evolve(ADULTS, values=values)
    products, how = [law(OXIDE, 250), law(CHLORIDE, 250)], [regimen(with_meals=False)] * 2
    before, after = (medians(products, how, people) for people in (ADULTS, treated))
    assert after[0] < 0.9 * before[0]
    assert after[1] == pytest.approx(before[1], rel=1e-9)


@pytest.mark.parametrize("how", [(1, 1), (2, 1), (1, 2), (1, 3)])
@pytest.mark.parametrize("with_meals", [True, False])
def test_releasing_slowly_does_not_raise_what_is_absorbed(how, with_meals):
    """Same chloride, same dose, same plateau: part of a slow release comes too late."""
    products = [law(CHLORIDE), slow(CHLORIDE), slow(CHLORIDE, k_diffusion=0.1, k_relaxation=0.01)]
    at_once, slowly, slower = medians(products, [regimen(*how, with_meals=with_meals)] * 3)
    assert at_once > slowly > slower


def test_releasing_slowly_lowers_the_peak_in_the_gut():
    """Which is the case for timed release."""
    day = followed([law(CHLORIDE, 250), slow(CHLORIDE, 250)], [regimen()] * 2)
    at_once, slowly = np.median(day.product["upper_load"], axis=1)
    assert slowly < 0.8 * at_once


@pytest.mark.parametrize("intakes", [1, 2, 3])
def test_a_soluble_salt_with_meals_is_absorbed_by_about_a_tenth(intakes):
    """400 mg/d: between 6 and 16 % as increment over diet (panel row C08 has 9 %)."""
    product = law(CHLORIDE, 400 / intakes, k_per_h=1e3, plateau=1.0, lag_h=0.0)
    fraction = medians([product], [regimen(intakes=intakes)])[0] * MG_PER_MMOL / 400
    assert 0.06 <= fraction <= 0.16


def test_an_ordinary_diet_is_absorbed_by_about_a_third():
    """Textbooks give 30 to 50 %."""
    assert 0.28 <= np.median(diet_of(ADULTS)[0]) <= 0.5


def test_solid_oxide_goes_on_dissolving_in_the_colon():
    """It is a laxative: unabsorbed and soluble at the end, though little was in the stomach."""
    found = followed([law(OXIDE, 250)], [regimen(with_meals=False)], PPI_USERS, days=MANY_DAYS)
    assert np.median(found.more("stool_dissolved")) > 0.3 * 250 / MG_PER_MMOL


def test_products_do_not_know_each_other():
    """Alone, in company and in another order the same bits, in the same people."""
    products = [law(s) for s in SALTS.values()] + [slow(s) for s in SALTS.values()]
    how = [regimen(1 + k % 2, 1 + k % 3, with_meals=k % 2 == 0) for k in range(len(products))]
    together = increments(products, how)
    backwards = increments(products[::-1], how[::-1])
    assert (backwards[::-1] == together).all()
    for k in range(len(products)):
        assert (increments(products[k : k + 1], how[k : k + 1])[0] == together[k]).all()


@pytest.mark.parametrize(
    ("field", "factor", "direction"),
    [
        ("trpm6_activity", 0.5, -1),
        ("small_bowel_fraction", 0.5, -1),
        ("small_bowel_transit_h", 1.5, 1),
    ],
)
def test_a_patient_field_moves_absorption_its_way(field, factor, direction):
    """Less transport and less bowel take away, slower transit adds; of diet and product."""
    people = evolve(ADULTS, values={**ADULTS.values, field: ADULTS.values[field] * factor})
    for run in (
        lambda s: np.median(diet_of(s)[1]),
        lambda s: np.median(followed([law(CHLORIDE)], [regimen()], s).product["absorbed"]),
    ):
        assert direction * (run(people) - run(ADULTS)) > 0
