"""Slices through the surrogates: each factor alone, over all that the space allows."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.config import load_study
from experiments.factors import factors_of
from experiments.profiling import POINTS, profile
from formulation.targets import OutcomeLimit
from tests.experiments.test_ranges import Lined, a_design, study_of
from tests.experiments.test_readings import HALF

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "studies"
KEY = "peak_gut_load.p95"


def slices_of(spec, design):
    return profile("C007", design, spec, Lined())


@pytest.mark.parametrize("name", ["immediate_release", "timed_release", "lipid_nanoparticle",
                                  "mucoadhesive_gel", "transdermal"])  # fmt: skip
def test_every_place_of_a_slice_may_be_made_and_the_candidate_is_one(name):
    """In every system, each factor is moved inside the space, through the candidate."""
    spec = load_study(CONFIGS / f"{name}.yaml")
    design = next(iter(spec.space.sample(1, np.random.default_rng(4))))
    found = slices_of(spec, design)["factors"]
    assert found
    for factor, row in zip(factors_of(design), found, strict=True):
        assert row["value"] in row["x"]
        assert row["x"] == sorted(set(row["x"]))
        assert len(row["x"]) <= POINTS + 1
        for value in row["x"]:
            assert not spec.space.violations(factor.moved(value)), (factor.name, value)


def test_a_slice_ends_where_the_space_does_and_says_by_what():
    """One step beyond either end is no design any more."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    for factor, row in zip(factors_of(design), slices_of(spec, design)["factors"], strict=True):
        ends = ((-1, row["x"][0], row["low_ends_by"]), (1, row["x"][-1], row["high_ends_by"]))
        for side, end, by in ends:
            beyond = round(end + side * factor.step, 9)
            assert beyond < 0 or spec.space.violations(factor.moved(beyond))
            assert by


def test_a_slice_says_what_is_predicted_of_each_of_its_designs():
    """Values are those of the moved design, between the ends of their interval."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    for factor, row in zip(factors_of(design), slices_of(spec, design)["factors"], strict=True):
        told = row["values"][KEY]
        for k, value in enumerate(row["x"]):
            expected = factor.moved(value).elemental_mg_per_day / 10
            assert told["y"][k] == pytest.approx(expected, rel=1e-5)
            assert told["lo90"][k] == pytest.approx(expected - HALF, rel=1e-5)
            assert told["hi90"][k] == pytest.approx(expected + HALF, rel=1e-5)


def test_a_place_that_misses_a_limit_is_told_with_it():
    """Salt above the limit misses it, below it does not."""
    design = a_design(study_of(), 160, 175)
    most = design.elemental_mg_per_day / 10 * 1.05
    limit = OutcomeLimit(endpoint=KEY, high=most)
    found = slices_of(evolve(study_of(), limits=(limit,)), design)
    assert found["limits"] == [limit.name]
    salt = next(f for f in found["factors"] if f["name"] == "salt")
    misses = [bool(names) for names in salt["missed"]]
    assert misses == [y > most for y in salt["values"][KEY]["y"]]
    assert any(misses)
    assert not all(misses)


def test_objectives_and_limits_are_told_each_once():
    """Objectives come first, and the candidate and its kind of interval are named."""
    found = slices_of(study_of(), a_design(study_of(), 160, 175))
    assert found["keys"] == ["absorbed_increment.p50", "swallowed_mass", KEY]
    assert found["objectives"] == found["keys"][:2]
    assert (found["candidate"], found["kind"]) == ("C007", "a straight line")
