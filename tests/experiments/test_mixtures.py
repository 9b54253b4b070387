"""Mixtures of three components: only what may be made is evaluated, limits end where they do."""

import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.cli import main
from experiments.config import load_study
from experiments.mixtures import DIRECTIONS, STEPS, _Plane, mixture_data
from experiments.objective import Task
from experiments.opening import OpenCandidate
from experiments.pictures.interactive_models import show_ternary
from experiments.reports.mixture_map import draw_mixture, mesh_of
from experiments.reports.plots import new_figure
from formulation.design import on_grid
from formulation.errors import InputError
from formulation.targets import OutcomeLimit
from tests.experiments.test_ranges import (  # noqa: F401
    Lined,
    a_design,
    evaluator_of,
    kept,
    study_of,
)

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "studies"
SYSTEMS = ("immediate_release", "timed_release", "lipid_nanoparticle", "mucoadhesive_gel",
           "transdermal")  # fmt: skip
THREE = ("salt", "mcc", "crospovidone")


def opened(spec, design):
    return OpenCandidate(
        study=None,
        spec=spec,
        label="C007",
        design=design,
        chain=Lined(),
        evaluator=evaluator_of(spec),
    )


def plane_of(data, design):
    own = np.array(data.own_mg)
    return _Plane(design=design, names=data.names, titles=data.titles, own_mg=own)


def rebuilt(data, design):
    """Return the designs of a map, by the components it names."""
    return [plane_of(data, design).at(row) for row in data.amounts_mg]


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_has_a_value_may_be_made_and_what_has_none_may_not(name):
    """In every system, with the mass of the unit held and every mass on the balance."""
    spec = evolve(load_study(CONFIGS / f"{name}.yaml"), limits=())
    rng = np.random.default_rng(4)
    design = next(iter(spec.space.sample(1, rng)))
    data = mixture_data(opened(spec, design))
    lattice = (STEPS + 1) * (STEPS + 2) // 2
    assert len(data.value) > lattice + DIRECTIONS
    assert np.isfinite(data.value[lattice:]).all()
    assert data.amounts_mg[lattice].tolist() == pytest.approx(list(data.own_mg))
    assert data.n_makeable > 0
    assert data.amounts_mg.sum(axis=1) == pytest.approx(data.total_mg)
    for row, value, made in zip(data.amounts_mg, data.value, rebuilt(data, design), strict=True):
        may_be_made = not spec.space.violations(made)
        assert may_be_made == bool(np.isfinite(value)), row
        assert made.unit_mass_mg == pytest.approx(design.unit_mass_mg)
        assert all(on_grid(mg) == mg for mg in made.amounts_mg.values())


def test_values_are_those_of_the_mixtures_themselves():
    """Each judged as the search judges its trials."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    data = mixture_data(opened(spec, design))
    asked = [k for k in range(len(data.value)) if np.isfinite(data.value[k])][::7]
    designs = rebuilt(data, design)
    outcomes = evaluator_of(spec)([Task(number=k, design=designs[k]) for k in asked])
    for k, outcome in zip(asked, outcomes, strict=True):
        assert data.value[k] == outcome.values[data.key]
        for name, slack in outcome.slacks.items():
            assert data.slacks[name][k] == slack


def test_every_limit_holds_where_the_map_says_so_and_nowhere_else():
    """The limit is on the dose, which the salt alone decides."""
    design = a_design(study_of(), 160, 175)
    dose = design.elemental_mg_per_day / 10
    spec = evolve(study_of(), limits=(OutcomeLimit(endpoint="peak_gut_load.p95", high=dose),))
    data = mixture_data(opened(spec, design), THREE)
    salt = data.amounts_mg[:, 0]
    expected = np.isfinite(data.value) & (salt <= design.amounts_mg["salt"])
    assert 0 < data.n_holding == expected.sum() < data.n_makeable


def test_the_triangle_holds_every_mixture_that_may_be_made():
    """A step beyond each side there is none, and within a step of it there is."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    data = mixture_data(opened(spec, design), THREE)
    plane, known = plane_of(data, design), np.isfinite(data.value)
    step = data.side_mg / STEPS
    for k in range(3):
        assert data.amounts_mg[known][:, k].min() == pytest.approx(data.low_mg[k], abs=0.11)
        beyond = data.low_mg[k] - step
        for share in np.linspace(0, 1, 60):
            row = np.full(3, beyond)
            row[(k + 1) % 3] = share * (data.total_mg - beyond)
            row[(k + 2) % 3] = (1 - share) * (data.total_mg - beyond)
            assert not plane.may_be_made(spec.space, row)


@pytest.mark.parametrize("name", ["immediate_release", "timed_release"])
def test_whatever_may_be_made_stands_on_a_shade_and_nothing_else_does(name):
    """Up to the true edge, so no candidate stands on the blank that says it may not be made."""
    spec = evolve(load_study(CONFIGS / f"{name}.yaml"), limits=())
    rng = np.random.default_rng(4)
    design = next(iter(spec.space.sample(1, rng)))
    data = mixture_data(opened(spec, design))
    plane, mesh = plane_of(data, design), mesh_of(data)
    assert is_shaded(mesh, data, plane.own_mg)
    for row in data.low_mg + data.side_mg * rng.dirichlet(np.ones(3), 150):
        inward = plane.own_mg + (1 - 0.5 / data.side_mg) * (row - plane.own_mg)
        if plane.may_be_made(spec.space, row):
            assert is_shaded(mesh, data, inward), row
        elif not plane.may_be_made(spec.space, inward):
            assert not is_shaded(mesh, data, row), row


def test_a_candidate_on_the_very_edge_is_shaded():
    """Its least component a hair above what a tablet must hold, below the next row of the grid."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    data = mixture_data(opened(spec, design), THREE)
    plane = plane_of(data, design)
    ends = plane.edge(spec.space)
    for k in range(3):
        moved = plane.at(ends[ends[:, k].argmin()])
        assert not spec.space.violations(moved)
        at_edge = mixture_data(opened(spec, moved), THREE)
        assert is_shaded(mesh_of(at_edge), at_edge, np.array(at_edge.own_mg))


def is_shaded(mesh, data, row_mg):
    """Tell whether a mixture stands in, or on the edge of, a triangle that is drawn."""
    shares = (np.array(row_mg) - data.low_mg) / data.side_mg
    place = np.array([shares[2] + shares[0] / 2, shares[0] * np.sqrt(3) / 2])
    hidden = np.zeros(len(mesh.triangles), bool) if mesh.mask is None else mesh.mask
    for corners in np.stack([mesh.x, mesh.y], axis=1)[mesh.triangles[~hidden]]:
        weights = np.linalg.solve(np.vstack([corners.T, np.ones(3)]), [*place, 1.0])
        if weights.min() > -1e-6:
            return True
    return False


def test_the_hatched_part_is_where_a_limit_is_missed():
    """Drawn with the edge of that limit by name; without one that is missed, it says so."""
    design = a_design(study_of(), 160, 175)
    dose = design.elemental_mg_per_day / 10
    for high, told in ((dose, "edge of: Most dissolved"), (99.0, "every limit holds wherever")):
        spec = evolve(study_of(), limits=(OutcomeLimit(endpoint="peak_gut_load.p95", high=high),))
        _, (axes,) = new_figure(1)
        draw_mixture(mixture_data(opened(spec, design), THREE), axes)
        texts = [t.get_text() for t in axes.get_legend().get_texts()]
        assert texts[0] == "C007"
        assert any(text.startswith(told) for text in texts), texts
        assert ("hatched: at least one limit is missed, as predicted" in texts) == (high == dose)


def test_corners_and_bar_name_their_units():
    """Masses in mg at the corners, the objective's unit beside its shades."""
    spec = study_of()
    figure, (axes,) = new_figure(1)
    draw_mixture(mixture_data(opened(spec, a_design(spec, 160, 175)), THREE), axes)
    texts = [t.get_text().replace("\n", " ") for t in axes.texts]
    assert sum(text.endswith(", mg") for text in texts) == 3
    bar = next(place for place in figure.axes if place is not axes)
    assert bar.get_ylabel().replace("\n", " ").endswith(", mg/d")


def test_the_picture_for_the_mouse_shows_the_same_mixtures():
    """Those that hold, those that miss, and the candidate."""
    design = a_design(study_of(), 160, 175)
    limit = OutcomeLimit(endpoint="peak_gut_load.p95", high=design.elemental_mg_per_day / 10)
    data = mixture_data(opened(evolve(study_of(), limits=(limit,)), design), THREE)
    (figure,) = show_ternary(data)
    holds, missed, own = figure.data
    assert len(holds.a) == data.n_holding
    assert len(holds.a) + len(missed.a) == data.n_makeable
    assert (own.a[0], own.b[0], own.c[0]) == data.own_mg


@pytest.mark.parametrize(
    ("components", "why"),
    [
        (("salt", "mcc"), "of three components, not of salt, mcc"),
        (("salt", "mcc", "mcc"), "of three components, not of salt, mcc, mcc"),
        (("salt", "mcc", "gold"), "component 'gold' is not known"),
    ],
)
def test_other_components_are_refused_in_words(components, why):
    """With those the recipe has."""
    spec = study_of()
    with pytest.raises(InputError, match=why) as refused:
        mixture_data(opened(spec, a_design(spec, 160, 175)), components)
    assert "povidone" in str(refused.value)


def test_the_command_draws_and_prints_a_mixture(kept, capsys, tmp_path):  # noqa: F811
    """In the format of the ending, and as one document."""
    words = ["plot", "S001", "ternary", "--candidate", "c000", "--home", str(kept)]
    assert main([*words, "-o", str(tmp_path / "t.png")]) == 0
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main([*words, "--components", ",".join(THREE), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["version"]) == ("formulation/plot", 1)
    assert found["data"]["names"] == list(THREE)
    assert None in found["data"]["value"]
    assert "keep to every limit as predicted" in found["alt"]
