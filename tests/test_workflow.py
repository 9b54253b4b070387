"""The workflow of GitHub Actions does what `.ci/run` does, with no more rights than it needs."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ONE_LINE = ".ci/run"


def read(path: Path) -> dict:
    """Return a workflow; `on` stays a word, since this is YAML 1.2."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def steps_of(workflow: dict) -> list[dict]:
    """Return the steps of every job."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_workflow_runs_what_continuous_integration_runs() -> None:
    """The file itself, in the last step, and nothing of it is repeated beside it."""
    (job,) = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"].values()
    assert job["steps"][-1]["run"] == ONE_LINE
    assert os.access(ROOT / ONE_LINE, os.X_OK)
    before = " ".join(step.get("run", "") for step in job["steps"][:-1])
    assert not re.search(r"pytest|ruff|mypy|lint-imports|(?:^|&& )make ", before)


def test_the_workflow_runs_on_each_python_that_the_project_supports() -> None:
    """Neither fewer nor others."""
    (job,) = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"].values()
    supported = SpecifierSet(PROJECT["requires-python"])
    wanted = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in supported]
    assert job["strategy"]["matrix"]["python"] == wanted
    assert "${{ matrix.python }}" in job["container"]["image"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_workflow_may_read_and_nothing_else_and_ends(path: Path) -> None:
    """Rights are stated, and each job has a deadline."""
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(0 < job["timeout-minutes"] <= 180 for job in workflow["jobs"].values())
    assert all("permissions" not in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_workflow_names_the_major_version_of_each_action(path: Path) -> None:
    """Of GitHub's own actions only."""
    used = [step["uses"] for step in steps_of(read(path)) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in used)


def test_packages_are_kept_by_the_hash_of_the_lock() -> None:
    """Another lock is another cache; no older one is taken in its place."""
    (cache,) = (
        step["with"]
        for step in steps_of(read(ROOT / ".github" / "workflows" / "ci.yml"))
        if step.get("uses", "").startswith("actions/cache@")
    )
    assert "hashFiles('requirements.lock')" in cache["key"]
    assert "restore-keys" not in cache
