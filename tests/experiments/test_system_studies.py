"""The study that comes with each delivery system: it loads, runs, and finds something to make."""

from pathlib import Path

import pytest
from attrs import evolve

from experiments import fitting
from experiments.config import load_study, study_from_config
from experiments.studies import Listener, run_study
from experiments.workspace import Workspace
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.design import Design

STUDIES = Path(__file__).resolve().parents[2] / "configs" / "studies"
TRIALS = 16


def quiet() -> Listener:
    return Listener(
        say=lambda text: None,
        on_started=lambda study: None,
        on_ack=lambda study, numbers: None,
        on_progress=lambda objectives, progress: None,
    )


@pytest.mark.parametrize("system", DELIVERY_SYSTEMS, ids=lambda s: s.name)
def test_the_study_of_a_system_finds_something_feasible(system, tmp_path, monkeypatch):
    """A smoke study, inline: few subjects and designs, every part of the real one."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 32)
    spec = load_study(STUDIES / f"{system.name}.yaml")
    budget = {**spec.config["budget"], "trials": TRIALS}
    people = {**spec.config["population"], "size": 8}
    spec = study_from_config({**spec.config, "budget": budget, "population": people})
    workspace = Workspace(home=tmp_path, executor="inline", workers=1, tracking_uri="off")
    document = run_study(spec, workspace, quiet())
    assert [space.name for space in spec.space.spaces] == [system.name]
    assert (document["trials"], document["invalid_asked"]) == (TRIALS, 0)
    assert document["feasible_fraction"] > 0.1
    assert document["front"]
    again = study_from_config(spec.config).space
    for candidate in document["front"]:
        design = Design.from_dict(candidate["design"])
        assert spec.space.violations(design) == ()
        assert candidate["quality"]["rows"]
        assert again.decode(again.encode(design)) == evolve(design)
