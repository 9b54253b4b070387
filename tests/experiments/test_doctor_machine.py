"""``formulation doctor`` on the program and the machine: versions, room, what was left behind."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.diagnosis import Status, diagnose, exit_code, installation, machine
from experiments.diagnosis import workplace as workplace_checks
from tests.experiments.test_doctor import apart, at

__all__ = ["apart"]


@pytest.mark.parametrize(
    ("module", "limit", "check", "status"),
    [
        (machine, "LOW_MEMORY_BYTES", "memory", Status.WARNING),
        (machine, "OBJECT_STORE_BYTES", "shared memory", Status.WARNING),
        (workplace_checks, "LOW_DISK_BYTES", "disk", Status.WARNING),
        (workplace_checks, "FULL_DISK_BYTES", "disk", Status.FAILED),
    ],
)
def test_too_little_room_is_told(tmp_path, monkeypatch, module, limit, check, status):
    """With what is free and what to do."""
    monkeypatch.setattr(module, limit, 10**18)
    found = diagnose(at(tmp_path / "home", executor="ray"))[check]
    assert found.status is status
    assert "free" in found.message
    assert found.hint


def test_more_workers_than_processors_is_a_warning(tmp_path):
    """They only wait for each other."""
    found = diagnose(at(tmp_path / "home", executor="process", workers=64))
    assert found["processors"].status is Status.WARNING
    assert found["executor"].status is Status.OK


def test_a_missing_requirement_fails_and_another_version_is_a_warning(tmp_path, monkeypatch):
    """Each with its name; the first ends with 6, for no worker could start."""
    real = installation._version_of
    monkeypatch.setattr(
        installation, "_version_of", lambda name: "1.0" if name == "numpy" else real(name)
    )
    found = diagnose(at(tmp_path / "home"))
    assert found["requirements"].status is Status.WARNING
    assert "numpy 1.0 instead of ==" in found["requirements"].message
    monkeypatch.setattr(
        installation, "_version_of", lambda name: None if name == "optuna" else real(name)
    )
    found = diagnose(at(tmp_path / "home"))
    assert "requires optuna, which is not installed" in found["requirements"].message
    assert exit_code(found) == 6


def test_another_python_fails(tmp_path, monkeypatch):
    """The range of the distribution decides."""
    monkeypatch.setattr(installation.platform, "python_version", lambda: "3.8.1")
    found = diagnose(at(tmp_path / "home"))
    assert found["python"].message.startswith("Python 3.8.1 is running; formulation-design needs")
    assert exit_code(found) == 6


def test_a_foreign_package_of_the_same_name_fails(tmp_path, monkeypatch):
    """And its file is named."""
    import models

    monkeypatch.setattr(models, "DISTRIBUTION", "another")
    found = diagnose(at(tmp_path / "home"))["packages"]
    assert found.status is Status.FAILED
    assert str(models.__file__) in found.message


def test_an_output_without_the_printed_characters_is_a_warning(tmp_path, monkeypatch):
    """As in a C locale of old."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    found = diagnose(at(tmp_path / "home"))["terminal"]
    assert found.status is Status.WARNING
    assert "PYTHONUTF8=1" in found.hint


def ray_folder(root: Path, name: str, *, is_old: bool = True) -> Path:
    """Return a folder such as a Ray of ours leaves behind."""
    folder = root / name
    folder.mkdir()
    (folder / "token").touch()
    when = time.time() - (2 * machine.STRAY_AFTER_S if is_old else 0)
    os.utime(folder, (when, when))
    return folder


def test_stray_folders_are_told_but_not_those_in_use(tmp_path):
    """A young one may be starting; one in a process's command line is at work."""
    root, home = tmp_path / "tmp", tmp_path / "home"
    stray, busy = ray_folder(root, "fr-stray"), ray_folder(root, "fr-busy")
    ray_folder(root, "fr-young", is_old=False)
    (root / "friend").mkdir()
    draft = ray_folder(at(home).models_folder.parent.parent, "home")
    assert draft == home
    with subprocess.Popen(
        [sys.executable, "-c", "input()", str(busy)], stdin=subprocess.PIPE
    ) as process:
        found = diagnose(at(home))["leftovers"]
        process.communicate(b"\n")
    assert found.status is Status.WARNING
    assert found.message == f"Earlier runs left 1 temporary folders: {stray}."


def test_unfinished_folders_of_the_workspace_are_told(tmp_path):
    """Of a store and of a model that were never moved into their place."""
    workspace = at(tmp_path / "home")
    workspace.models_folder.mkdir(parents=True)
    made = [
        ray_folder(workspace.home, ".new-store-abc"),
        ray_folder(workspace.models_folder, ".timed_release-0f"),
    ]
    (workspace.models_folder / "timed_release-0f-1a").mkdir()
    message = diagnose(workspace)["leftovers"].message
    assert all(str(folder) in message for folder in made)
    assert message.startswith("Earlier runs left 2 temporary")


def test_what_cannot_be_looked_at_is_a_warning(tmp_path, monkeypatch):
    """The rest is looked at all the same."""
    monkeypatch.setattr(machine, "_PROC", tmp_path / "nowhere")
    found = diagnose(at(tmp_path / "home"))
    assert found["memory"].status is Status.WARNING
    assert found["memory"].message.startswith("This could not be looked at: ")
    assert found["tracking"].status is Status.OK
