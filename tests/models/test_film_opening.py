"""Where films open: the pH of a stomach fasted and fed, with its acid and under an inhibitor."""

import numpy as np
import pytest
from attrs import evolve

from formulation.patients import named_population
from models.absorption import _parameters as gut
from models.dumping import SITUATIONS
from models.gastric_ph import MEAL_PH, fasted_ph, fed_ph
from models.population import alike, draw_subjects
from models.release import Coat
from models.simulator.arms import MODEL, Taken
from models.simulator.forms import opening
from models.simulator.numbers import subject_numbers
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.models.gut_products import ADULTS, CHLORIDE, law

INHIBITED = draw_subjects(named_population("ppi_users", size=len(ADULTS)))
MEALS = (False, True)


def film(ph):
    return Coat(threshold_ph=ph, film_h=0.5)


def opened(ph, subjects, *, with_meal):
    """Return where and when a film opens in subjects."""
    numbers = subject_numbers(subjects, meals_per_day=3)
    shift = subjects.values["bowel_ph_shift"]
    return opening(film(ph), numbers, shift, with_meal=with_meal)


@pytest.mark.parametrize("with_meal", MEALS)
def test_under_an_inhibitor_an_acrylic_film_opens_in_more_stomachs_and_earlier(with_meal):
    """Two fifths of the fasted, all of the fed."""
    usual, inhibited = (opened(5.5, s, with_meal=with_meal) for s in (ADULTS, INHIBITED))
    in_stomach = [(found.segment == gut.STOMACH).mean() for found in (usual, inhibited)]
    assert in_stomach[0] < 0.05
    assert in_stomach[1] > 0.3
    assert np.median(inhibited.lags_h) < 0.8 * np.median(usual.lags_h)


@pytest.mark.parametrize("ph", [6.0, 7.0])
@pytest.mark.parametrize("with_meal", MEALS)
def test_a_film_for_the_bowel_does_not_open_in_an_ordinary_stomach(ph, with_meal):
    """Fasted or fed."""
    assert (opened(ph, ADULTS, with_meal=with_meal).segment > gut.STOMACH).all()


def test_no_film_opens_in_the_acid_of_a_fasted_stomach():
    """Not even the one that opens first."""
    assert (opened(5.5, ADULTS, with_meal=False).segment > gut.STOMACH).all()


def test_a_stomach_without_acid_does_not_open_a_film_for_the_ileum():
    """A pH of 7 says there that no acid is left, not that it is above 7."""
    none = alike(2, acid_output_factor=0.0)
    assert (opened(7.0, none, with_meal=False).segment > gut.STOMACH).all()
    assert (opened(6.0, none, with_meal=False).segment == gut.STOMACH).all()


def test_the_ph_of_a_meal_is_that_of_dose_dumping():
    """One home: its words stand in the situation, its number in an ordinary stomach."""
    assert fed_ph(np.ones(1)) == pytest.approx(float(MEAL_PH))
    fed = next(s for s in SITUATIONS if s.name == "fed")
    assert {x.note for x in fed.coats_open.values()} == {MEAL_PH.note}
    assert f"pH {float(MEAL_PH):g}" in MEAL_PH.note


def test_a_fasted_stomach_has_the_ph_of_its_juice_and_a_tenth_of_the_acid_nearly_none():
    """1.6 mEq in 50 mL is pH 1.5; what saliva and mucus take is nearly a tenth of it."""
    usual, tenth, less = fasted_ph(float(gut.ACID_AT_REST) * np.array([1.0, 0.1, 0.05]))
    assert usual == pytest.approx(1.5, abs=0.1)
    assert 3.5 < tenth < 6
    assert less == 7


@pytest.mark.parametrize(
    ("with_meal", "own", "other"),
    [(False, "empty_solid", "empty_fed"), (True, "empty_fed", "empty_solid")],
)
def test_a_form_waits_as_its_stomach_empties(with_meal, own, other):
    """For the sweep of the fasted one, for the meal in the fed one."""
    numbers = subject_numbers(ADULTS, meals_per_day=3)
    shift = ADULTS.values["bowel_ph_shift"]

    def lags_h(**changed):
        return opening(film(6.0), {**numbers, **changed}, shift, with_meal=with_meal).lags_h

    assert (lags_h(**{own: 2 * numbers[own]}) < lags_h()).all()
    assert (lags_h(**{other: 2 * numbers[other]}) == lags_h()).all()


def test_each_intake_meets_the_stomach_of_its_own_clock_time():
    """With a tenth of the acid a film opens in the stomach at lunch, and not before it."""
    people = alike(2, ppi=1.0)
    start = settle(people)
    product = evolve(law(CHLORIDE), coat=film(5.5))
    in_stomach = []
    for units in ([1.0, 0.0], [0.0, 1.0]):
        taken = Taken(law=product, times_h=(4.5, 6.0), units=np.array([units]))
        arms = (taken, taken.emptied())
        course, bare = (follow([x], start, people, days=1, keep_path=True) for x in arms)
        gained = course.path - bare.path
        in_stomach.append(gained[0, 0, :, MODEL.index("D0")[0]].max())
    before, at_lunch = in_stomach
    assert before == pytest.approx(0.0, abs=1e-12)
    assert at_lunch > 0.1
