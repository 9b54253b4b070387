"""Where compiled code is kept: beside the program, or elsewhere when that cannot be written to."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.diagnosis import Status
from experiments.diagnosis.installation import INSTALLATION_CHECKS
from formulation.errors import ExecutorError
from models import compiled
from models.compiled import FOLDER, VARIABLE, keep_compiled, may_write, place_of_compiled

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("formulation", "models", "experiments")

START = """
import os, sys
from pathlib import Path
program = Path(sys.argv[1])
ask = os.access
os.access = lambda place, mode: ask(place, mode) and not Path(place).is_relative_to(program)
import json
import numpy as np
from models.simulator import engine
assert Path(engine.__file__).is_relative_to(program)
engine._read(np.linspace(0, 1, 5), 0.01)
found = engine._read.stats
print(json.dumps([sum(found.cache_hits.values()), sum(found.cache_misses.values())]))
"""
"""A start in which the program's folder is read-only, even for root."""


@pytest.fixture
def shut(tmp_path, monkeypatch):
    """Return what can be written to where the temporary folder alone is open."""
    monkeypatch.setattr(compiled.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return lambda place: place.is_relative_to(tmp_path / "tmp")


def test_the_second_start_of_a_read_only_installation_compiles_nothing(tmp_path):
    """Its code is found below the user's cache; nothing is kept beside the program."""
    program, cache = tmp_path / "program", tmp_path / "cache"
    for package in PACKAGES:
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, program / package, ignore=unwanted)
    environ = {**os.environ, "PYTHONPATH": str(program), "XDG_CACHE_HOME": str(cache)}
    environ.pop(VARIABLE, None)
    environ["PYTHONDONTWRITEBYTECODE"] = "1"

    def start():
        command = [sys.executable, "-c", START, str(program)]
        done = subprocess.run(
            command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout), sorted(p for p in cache.rglob("*.nb*"))

    first, kept = start()
    again, kept_again = start()
    assert (first, again) == ([0, 1], [1, 0])
    assert kept == kept_again != []
    assert all(file.is_relative_to(cache / FOLDER) for file in kept)
    assert not [p for p in program.rglob("*.nb*")]


def test_the_folder_of_the_program_is_best_and_changes_nothing(tmp_path):
    """Numba would choose it by itself."""
    environ = {}
    keep_compiled(environ)
    assert environ == {} or not may_write(compiled.PROGRAM)
    kept = place_of_compiled({}, program=tmp_path)
    assert (kept.folder, kept.where) == (tmp_path / "__pycache__", "beside")


def test_whoever_names_a_folder_is_obeyed():
    """Even where the program's own would do."""
    assert place_of_compiled({VARIABLE: "/else"}).folder == Path("/else")


def test_without_a_cache_a_temporary_folder_of_the_user_will_do(tmp_path, shut):
    """It bears the user's number."""
    kept = place_of_compiled({}, writable=shut)
    assert kept.where == "temporary"
    assert kept.folder == tmp_path / "tmp" / f"{FOLDER}-{os.getuid()}"


@pytest.mark.parametrize("kind", ["open to all", "a link", "a file"])
def test_a_temporary_folder_of_others_is_refused(kind, tmp_path, shut):
    """What lies there would be run as code; the message says what to do."""
    folder = place_of_compiled({}, writable=shut).folder
    if kind == "open to all":
        folder.mkdir()
        folder.chmod(0o777)
    elif kind == "a link":
        folder.symlink_to(tmp_path)
    else:
        folder.touch()
    with pytest.raises(ExecutorError, match="can be kept neither") as refused:
        place_of_compiled({}, writable=shut)
    assert VARIABLE in refused.value.problems[0].hint


def test_what_is_chosen_is_made_for_the_user_alone_and_inherited(tmp_path, monkeypatch):
    """The variable is set where numba and child processes read it."""
    kept = compiled.Kept(folder=tmp_path / "cache" / FOLDER, where="cache")
    monkeypatch.setattr(compiled, "place_of_compiled", lambda _: kept)
    environ = {}
    keep_compiled(environ)
    assert environ == {VARIABLE: str(kept.folder)}
    assert kept.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("where", "status"),
    [("beside", Status.OK), ("cache", Status.OK), ("temporary", Status.WARNING)],
)
def test_the_doctor_says_where_compiled_code_is_kept(where, status, tmp_path, monkeypatch):
    """A temporary folder is worth a warning."""
    check = dict(INSTALLATION_CHECKS)["compiled code"]
    kept = compiled.Kept(folder=tmp_path, where=where)
    monkeypatch.setitem(check.__globals__, "place_of_compiled", lambda _: kept)
    found = check(None)
    assert found.status is status
    assert str(tmp_path) in found.message


def test_the_doctor_warns_of_a_stated_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    found = dict(INSTALLATION_CHECKS)["compiled code"](None)
    assert found.status is Status.WARNING
    assert VARIABLE in found.hint
