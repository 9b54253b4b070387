"""The smoke study of each delivery system: small, of that system alone, and it reaches its end."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments import fitting
from experiments.cli import main
from experiments.config import load_study
from formulation.delivery import DELIVERY_SYSTEMS

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "studies" / "smoke"
SYSTEMS = [system.name for system in DELIVERY_SYSTEMS]


def test_each_delivery_system_has_a_smoke_study() -> None:
    """And no file is there for another."""
    assert sorted(path.stem for path in SMOKE.glob("*.yaml")) == sorted(SYSTEMS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_smoke_study_is_small_and_of_one_system(system: str) -> None:
    """One salt and one form, few people and designs; two objectives, so that there is a front."""
    spec = load_study(SMOKE / f"{system}.yaml")
    (space,) = spec.space.spaces
    assert space.name == system
    assert len(space.options) == 1
    assert (
        len({design.process["form"] for design in spec.space.sample(32, np.random.default_rng(1))})
        == 1
    )
    assert spec.budget.trials <= 8
    assert spec.population.size <= 16
    assert len(spec.objectives) == 2


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_smoke_study_says_what_it_leaves_out(system: str) -> None:
    """Nobody takes it for a study of a product."""
    comments = [
        line
        for line in (SMOKE / f"{system}.yaml").read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    ]
    assert any(line.startswith("# Left out: ") for line in comments)


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_smoke_study_meets_what_the_readme_requires(
    system, tmp_path, capsys, monkeypatch
) -> None:
    """From the file to the exit code, with a surrogate of fewer designs than the real one has."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 64)
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    words = ["run", str(SMOKE / f"{system}.yaml"), "--home", str(tmp_path), "--executor", "inline"]
    required = ["--require", "invalid_asked == 0", "--require", "n_confirmed > 0"]
    code = main([*words, *required, "--progress", "none", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [r["is_met"] for r in told["requirements"]] == [True, True]
