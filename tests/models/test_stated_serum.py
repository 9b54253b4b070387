"""A stated serum decides the kidney: everybody begins where they say they stand."""

import numpy as np
import pytest
from attrs import evolve

from formulation.patients import Population, Spread, named_population
from models.disposition.kidney import CONSERVED, excreted_at, tubular_for
from models.population import draw_subjects
from models.simulator.arms import NOTHING_TAKEN
from models.simulator.run import follow
from models.simulator.settle import LEAST_RETENTION, MOST_RETENTION, SERUM, settle


def person(**fields):
    """Return one person with these fields."""
    spreads = {name: Spread(mean=x, sd=0, low=x, high=x) for name, x in fields.items()}
    return draw_subjects(Population(name="person", size=1, spreads=spreads))


@pytest.mark.parametrize("serum", [0.65, 0.76, 0.9])
def test_somebody_begins_at_the_serum_that_is_stated(serum):
    start = settle(person(**{SERUM: serum}))
    assert start.serum == pytest.approx(serum, rel=0.01)


def test_somebody_stays_there_while_nothing_is_taken():
    subjects = person(**{SERUM: 0.7})
    course = follow([NOTHING_TAKEN], settle(subjects), subjects, days=42)
    assert course.day("serum_mean")[0, -1] == pytest.approx(0.7, rel=0.01)


def test_a_stated_serum_replaces_what_a_medicine_does_to_the_kidney():
    """It was measured with the medicine, so the medicine is not counted again."""
    plain, thiazide = (settle(person(**{SERUM: 0.76}, **x)) for x in ({}, {"thiazide": 1.0}))
    assert thiazide.numbers["tubular"] == pytest.approx(plain.numbers["tubular"], rel=0.01)
    assert thiazide.retention > plain.retention


def test_nothing_changes_where_no_serum_is_stated():
    start = settle(draw_subjects(named_population("healthy_adults", size=16)))
    assert (start.retention == 1.0).all()


def test_serum_and_diet_that_do_not_go_together_leave_a_believable_kidney():
    start = settle(person(**{SERUM: 1.1, "diet_mg_per_day": 110.0}))
    assert start.retention == MOST_RETENTION
    assert start.serum < 1.0
    assert LEAST_RETENTION < 1 < MOST_RETENTION


def test_the_tubular_maximum_for_a_loss_gives_that_loss():
    filtered, excreted = np.array([3.0, 4.0, 5.0]), np.array([0.1, 0.2, 0.6])
    again = excreted_at(filtered, tubular_for(filtered, excreted))
    assert again == pytest.approx(excreted, rel=1e-9)


def test_no_kidney_loses_less_than_splay_lets_through():
    least = CONSERVED / (1 + 2 * CONSERVED)
    assert np.isinf(tubular_for(np.array([4.0]), np.array([4.0 * least * 0.99])))


def test_low_status_stands_below_the_usual_serum():
    """The population that is defined by its serum has it, in the middle and at both ends."""
    subjects = draw_subjects(named_population("low_status", size=64))
    ends = [5, 50, 95]
    found = np.percentile(settle(subjects).serum, ends)
    assert found == pytest.approx(np.percentile(subjects.values[SERUM], ends), abs=0.01)


def test_the_kidney_keeps_what_was_decided_when_fields_change():
    """A co-factor that begins later does not undo it."""
    from experiments.account.arms import start_with

    subjects = person(**{SERUM: 0.7})
    start = settle(subjects)
    more_fibre = {**subjects.values, "fibre_g_per_day": np.array([40.0])}
    later = start_with(start, evolve(subjects, values=more_fibre))
    assert later.numbers["tubular"] == start.numbers["tubular"]
