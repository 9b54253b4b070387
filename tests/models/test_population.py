"""Virtual people: reproducible, within their ranges, and spread as stated."""

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import DataError
from formulation.patients import Population, Spread, named_population, named_spreads, patient_fields
from models.population import DIMENSIONS, draw_subjects, score_correlations, typical_subject

EGFR = Spread(mean=90, sd=15, low=30, high=150)
"""Symmetric, and nobody is refused."""


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


def wide(*names):
    """Return spreads of four standard deviations either side, as near to a normal as it gets."""
    found = {}
    for name in names:
        field = patient_fields()[name].default
        middle, sd = (field.low + field.high) / 2, (field.high - field.low) / 8
        found[name] = Spread(mean=middle, sd=sd, low=field.low, high=field.high)
    return {**found, **({"egfr_ml_min": EGFR} if "egfr_ml_min" in names else {})}


def rows_of_correlations():
    return read_rows(find_table("correlations", TABLES))


@pytest.mark.parametrize(
    "row", rows_of_correlations(), ids=lambda r: f"{r['field_a']}-{r['field_b']}"
)
def test_correlations_are_recovered(row):
    """Within 0.05 of the table, where truncation is mild."""
    names = row["field_a"], row["field_b"]
    subjects = draw_subjects(Population(name="x", size=4096, seed=3, spreads=wide(*names)))
    found = np.corrcoef([subjects.values[name] for name in names])[0, 1]
    assert found == pytest.approx(float(row["correlation"]), abs=0.05)


def test_all_other_pairs_are_as_the_scores_say():
    """Also those that are correlated only through a shared partner, or not at all."""
    names = [name for name, field in patient_fields().items() if not field.is_flag]
    population = Population(name="x", size=4096, seed=5, spreads=wide(*names))
    values = draw_subjects(population).values
    found = np.corrcoef([values[name] for name in names])
    rows = [list(patient_fields()).index(name) for name in names]
    assert np.abs(found - score_correlations()[np.ix_(rows, rows)]).max() < 0.06


def test_the_correlations_of_scores_are_those_of_people():
    """Symmetric, of unit diagonal and positive definite, so that they can be drawn."""
    found = score_correlations()
    assert (found == found.T).all()
    assert (np.diag(found) == 1).all()
    assert np.linalg.eigvalsh(found).min() > 0.1


def test_contradicting_correlations_are_refused(monkeypatch):
    """Two fields that follow a third cannot run against each other."""
    pairs = [
        ("age_years", "weight_kg", 0.9),
        ("age_years", "egfr_ml_min", 0.9),
        ("weight_kg", "egfr_ml_min", -0.9),
    ]
    with_pairs(monkeypatch, pairs)
    with pytest.raises(DataError, match=r"contradict each other .* Lower the largest"):
        score_correlations()


def test_a_pair_stands_once(monkeypatch):
    """In either order."""
    with_pairs(monkeypatch, [("age_years", "weight_kg", 0.1), ("weight_kg", "age_years", 0.2)])
    with pytest.raises(DataError, match="weight_kg with age_years stands twice"):
        score_correlations()


def with_pairs(monkeypatch, pairs):
    rows = [{"field_a": a, "field_b": b, "correlation": str(r)} for a, b, r in pairs]
    monkeypatch.setattr("models.population.read_rows", lambda table: rows)
    score_correlations.cache_clear()


@pytest.mark.parametrize("name", [n for n in named_spreads()["healthy_adults"] if n != "weight_kg"])
def test_every_field_follows_its_truncated_normal(name):
    """Kolmogorov and Smirnov would not notice the difference with 4,096 people."""
    spread = named_spreads()["healthy_adults"][name]
    values = draw_subjects(named_population("healthy_adults", size=4096)).values[name]
    ends = ((end - spread.mean) / spread.sd for end in (spread.low, spread.high))
    stated = truncnorm(*ends, loc=spread.mean, scale=spread.sd)
    assert kstest(values, stated.cdf).pvalue > 0.05


@pytest.mark.parametrize(("few", "many"), [(1, 2), (40, 64), (64, 256), (100, 1000)])
def test_a_larger_population_begins_with_the_smaller_one(few, many):
    """Bit by bit, in every field."""
    small, large = (draw_subjects(named_population("ckd_3b", size=n)).values for n in (few, many))
    assert all((small[name] == large[name][:few]).all() for name in small)


def test_stating_one_field_more_changes_nobody():
    """The other fields keep their values bit by bit, correlated ones too."""
    spreads = named_spreads()["elderly"]
    without = {name: s for name, s in spreads.items() if name not in ("age_years", "thiazide")}
    more, fewer = (
        draw_subjects(Population(name="x", size=64, spreads=s)).values for s in (spreads, without)
    )
    assert all((more[name] == fewer[name]).all() for name in without)


def test_a_new_field_finds_a_free_dimension():
    """Fields are added at the end of the table, so that earlier ones keep their dimension."""
    assert len(patient_fields()) <= DIMENSIONS
    assert list(patient_fields())[:3] == ["age_years", "weight_kg", "diet_mg_per_day"]
    assert list(patient_fields())[-1] == "cramps_per_week"


def test_a_flag_is_drawn_as_a_share():
    """So many have it, the others do not."""
    spreads = {"female": Spread(mean=0.7, sd=0, low=0, high=1)}
    values = draw_subjects(Population(name="x", size=1024, spreads=spreads)).values["female"]
    assert set(values) == {0.0, 1.0}
    assert values.mean() == pytest.approx(0.7, abs=0.005)


@pytest.mark.parametrize("share", [0, 1])
def test_a_flag_of_nobody_or_everybody_is_constant(share):
    """Without exception."""
    spreads = {"diabetes": Spread(mean=share, sd=0, low=0, high=1)}
    values = draw_subjects(Population(name="x", size=256, spreads=spreads)).values["diabetes"]
    assert (values == share).all()


def test_a_field_without_spread_is_one_value():
    """Everybody has the mean."""
    assert (one_field(7, mean=222, sd=0, low=100, high=300) == 222).all()


def test_fields_that_are_not_stated_keep_their_default():
    """For everybody, as the table has it."""
    subjects = typical_subject()
    assert len(subjects) == 1
    for name, field in patient_fields().items():
        assert subjects.values[name].tolist() == [field.default.value]
