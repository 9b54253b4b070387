"""Slices through the surrogates: each factor alone, over all that the space allows."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.config import load_study
from experiments.factors import factors_of
from experiments.profiling import POINTS, profile
from experiments.reports.plots import new_figure
from experiments.reports.profiler import (
    draw_profiler,
    missed_spans,
    profiler_data,
    profiler_figure,
    profiler_tables,
)
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


def drawn(spec, design):
    """Return what a report draws of a study's slices."""
    bounds = [
        {"name": x.name, "key": x.endpoint, "low": x.low, "high": x.high} for x in spec.limits
    ]
    return {"profiler": slices_of(spec, design), "bounds": bounds}


def test_a_picture_of_slices_greys_where_a_limit_is_missed_and_draws_it_as_a_line():
    """The line stands where the limit is on what is drawn; grey begins between met and missed."""
    design = a_design(study_of(), 160, 175)
    most = design.elemental_mg_per_day / 10 * 1.05
    limit = OutcomeLimit(endpoint="absorbed_increment.p50", high=most)
    document = drawn(evolve(study_of(), limits=(limit,)), design)
    panel, mass = profiler_data(document)
    assert (panel.key, panel.lines, mass.lines) == ("absorbed_increment.p50", (most,), ())
    salt = next(s for s in panel.slices if s.missed[-1])
    ((start, end),) = merged(missed_spans(salt))
    assert end == salt.x[-1]
    assert salt.x[salt.y <= most].max() < start < salt.x[salt.y > most].min()


def merged(spans):
    """Return touching stretches as one."""
    found = [list(spans[0])]
    for start, end in spans[1:]:
        if start == found[-1][1]:
            found[-1][1] = end
        else:
            found.append([start, end])
    return found


def test_every_factor_is_drawn_with_its_unit_and_told_in_the_table():
    """A panel a factor, the candidate's dot on its curve, the ends in three lines of a cell."""
    design = a_design(study_of(), 160, 175)
    document = drawn(study_of(), design)
    (panel, _), (table,) = profiler_data(document), profiler_tables(document)
    _, axes = new_figure(len(panel.slices) + 1)
    draw_profiler(panel, axes)
    assert [a.get_xlabel() for a in axes[:-1]] == [s.unit for s in panel.slices]
    assert all(s.unit for s in panel.slices)
    assert not axes[-1].axison
    assert len(table.rows) == len(panel.slices)
    for row, told in zip(table.rows, panel.slices, strict=True):
        ends = [line.split()[0] for line in row[1].split("\n")]
        assert ends == [f"{x:.4g}" for x in (told.x[0], told.here, told.x[-1])]


def test_a_place_without_a_number_is_a_gap():
    """Where a design gives no number the curve is broken and the table has a dash."""
    document = drawn(study_of(), a_design(study_of(), 160, 175))
    factor = document["profiler"]["factors"][0]
    for end in ("y", "lo90", "hi90"):
        factor["values"]["absorbed_increment.p50"][end][0] = None
    panel = profiler_data(document)[0]
    assert np.isnan(panel.slices[0].y[0])
    assert profiler_tables(document)[0].rows[0][2].startswith("–\n")
    assert profiler_figure(panel).startswith(b"\x89PNG")
