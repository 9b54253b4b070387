"""Virtual people: reproducible, within their ranges, and spread as stated."""

import numpy as np
import pytest
from scipy.stats import truncnorm

from formulation.patients import Population, Spread, named_population, named_spreads, patient_fields
from models.population import draw_subjects, typical_subject


def one_field(size, seed=0, **spread):
    spreads = {"diet_mg_per_day": Spread(**spread)}
    population = Population(name="x", size=size, seed=seed, spreads=spreads)
    return draw_subjects(population).values["diet_mg_per_day"]


@pytest.mark.parametrize("name", named_spreads())
def test_a_seed_gives_the_same_people(name):
    """And another seed gives others."""
    first, again, other = (draw_subjects(named_population(name, seed=s)) for s in (7, 7, 8))
    for field, values in first.values.items():
        assert (values == again.values[field]).all()
    assert (first.values["diet_mg_per_day"] != other.values["diet_mg_per_day"]).any()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100, 256, 1000, 1200])
def test_any_size_is_drawn_without_a_warning(size):
    """Powers of two and others; warnings are errors in this suite."""
    subjects = draw_subjects(named_population("healthy_adults", size=size))
    assert len(subjects) == size
    assert all(values.shape == (size,) for values in subjects.values.values())


@pytest.mark.parametrize("name", named_spreads())
def test_nobody_leaves_the_stated_range(name):
    """Truncation holds for every field and everybody."""
    subjects = draw_subjects(named_population(name, size=4096, seed=1))
    for field, spread in subjects.population.spreads.items():
        values = subjects.values[field]
        assert np.isfinite(values).all()
        assert spread.low <= values.min() <= values.max() <= spread.high


def test_a_field_is_distributed_as_stated():
    """Percentiles are those of the truncated normal, to a percent of the range."""
    values = one_field(4096, mean=150, sd=200, low=120, high=600)
    a, b = (120 - 150) / 200, (600 - 150) / 200
    for q in (5, 25, 50, 75, 95):
        expected = truncnorm.ppf(q / 100, a, b, loc=150, scale=200)
        assert np.percentile(values, q) == pytest.approx(expected, abs=4.8)


def test_fields_are_independent_of_each_other():
    """No two fields of the named population are correlated beyond chance."""
    subjects = draw_subjects(named_population("healthy_adults", size=1024))
    table = np.array([subjects.values[field] for field in subjects.population.spreads])
    off_diagonal = np.corrcoef(table) - np.eye(len(table))
    assert np.abs(off_diagonal).max() < 0.1


def test_a_larger_population_contains_the_smaller_one():
    """Within a power of two the first people stay the same when more are added."""
    few, many = (one_field(n, mean=300, sd=75, low=120, high=600) for n in (40, 64))
    assert (few == many[:40]).all()


def test_a_field_without_spread_is_one_value():
    """Everybody has the mean."""
    assert (one_field(7, mean=222, sd=0, low=100, high=300) == 222).all()


def test_fields_that_are_not_stated_keep_their_default():
    """For everybody, as the table has it."""
    subjects = typical_subject()
    assert len(subjects) == 1
    for name, field in patient_fields().items():
        assert subjects.values[name].tolist() == [field.default.value]
