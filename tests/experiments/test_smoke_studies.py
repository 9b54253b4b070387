"""The smoke study of each delivery system: small, of that system alone, and it reaches its end."""

import json
import re
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


def required_by_the_page(system: str) -> list[str]:
    """Return what the how-to requires of a smoke study: of all alike, and of its row."""
    text = (SMOKE.parents[2] / "docs" / "howto" / "ci.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `smoke/{system}\.yaml` \|.*\| `([^`]+)` \|$", text, re.MULTILINE)
    alike = [r for r in re.findall(r'--require "([^"]+)"', text) if "hypervolume" not in r]
    return [*alike, f"hypervolume {row}"]


def test_the_page_requires_of_its_study_what_stands_in_the_row() -> None:
    """The command and the table say the same, and the README the same as both."""
    text = (SMOKE.parents[2] / "docs" / "howto" / "ci.md").read_text(encoding="utf-8")
    stated = re.findall(r'--require "([^"]+)"', text)
    assert "configs/studies/smoke/immediate_release.yaml" in text
    assert sorted(required_by_the_page("immediate_release")) == sorted(stated)
    readme = (SMOKE.parents[2] / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"--require '([^']+)'", readme)) <= set(stated)


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_smoke_study_meets_what_the_page_requires(system, tmp_path, capsys, monkeypatch) -> None:
    """From the file to the exit code, with a surrogate of fewer designs than the real one has."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 64)
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    words = ["run", str(SMOKE / f"{system}.yaml"), "--home", str(tmp_path), "--executor", "inline"]
    stated = required_by_the_page(system)
    required = [word for text in stated for word in ("--require", text)]
    code = main([*words, *required, "--progress", "none", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0, told["requirements"]
    assert [r["text"] for r in told["requirements"]] == stated
    assert {r["is_met"] for r in told["requirements"]} == {True}
