"""Isotope studies: label is a share of the magnesium there is, and none of it is lost."""

import numpy as np
import pytest
from attrs import evolve

from formulation.errors import InputError
from models.panel.people import People, people, study_day, take
from models.panel.products import enteric, powder, solution, tablet
from models.panel.tracer import traced_fraction, traced_meal_fraction
from models.simulator.arms import MODEL

FAR_MEAL_H = (20.0,)
N = 16


def alone() -> People:
    """Return people whose bowel holds nothing but what they are given."""
    group = study_day(people(N), meal_times_h=FAR_MEAL_H, meal_mmol=1e-9)
    state = group.start.state.copy()
    names = [n for n in MODEL.state_names if n[0] in "DSMP" and n[-1].isdigit()]
    state[MODEL.index(*names)] = 0.0
    numbers = {**group.start.numbers, "secretion": np.zeros(N)}
    return evolve(group, start=evolve(group.start, state=state, numbers=numbers))


@pytest.mark.parametrize("form", [solution, powder])
def test_a_dose_alone_is_absorbed_like_its_label(form):
    """Where there is no other magnesium, label and increment are one number."""
    group, law = alone(), form("chloride", 60.0)
    traced = traced_fraction(group, law, (1.0,))
    found = take(group, [law], times_h=(1.0,), days=4, dosed_days=1, adapts=False)
    increment = found.over_control("absorbed")[0].sum(axis=0) / law.dose_mmol
    assert traced == pytest.approx(increment, rel=0.02)


def test_particles_are_followed_until_they_dissolve():
    """Oxide that needs acid is taken up less than what is dissolved already."""
    group = people(N)
    oxide, chloride = (
        traced_fraction(group, powder(s, 100.0), (3.5,)) for s in ("oxide", "chloride")
    )
    assert (oxide > 0).all()
    assert (oxide < chloride).all()


def test_small_servings_are_taken_up_better_than_large_ones():
    """The saturable route gives the same magnesium in more parts a better chance."""
    group = people(N)
    many = traced_fraction(group, solution("sulfate", 10.0), (1.0, 3.0, 5.0, 7.0, 9.0, 11.0))
    one = traced_fraction(group, solution("sulfate", 60.0), (1.0,))
    assert many.mean() > one.mean()


def test_a_labelled_meal_is_a_fraction():
    """Between nothing and all of it, for everybody."""
    found = traced_meal_fraction(study_day(people(N), meal_times_h=(1.0,), meal_mmol=3.0))
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize(
    "law", [tablet("oxide", 60.0), enteric("chloride", 60.0, threshold_ph=6.0)]
)
def test_a_form_that_lets_go_slowly_is_refused(law):
    """Its label would be misplaced."""
    with pytest.raises(InputError, match="lets its label go slowly"):
        traced_fraction(people(N), law, (1.0,))
