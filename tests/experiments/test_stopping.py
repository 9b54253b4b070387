"""A study that another process drives is stopped from outside, and only that."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.cli import main, studies
from experiments.stopping import cancel_study
from experiments.store import Store
from experiments.workspace import open_workspace
from formulation.errors import StoreError
from tests.experiments.small_study import add_study, small_study

SPEC = small_study()
DRIVER = """
import signal, sys
from pathlib import Path
from experiments.store import Store
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with Store.open(Path(sys.argv[1])) as store:
    study = store.studies()[-1]
    with store.own(study.id):
        print("owned", flush=True)
        while True:
            signal.pause()
"""


@pytest.fixture
def home(tmp_path) -> Path:
    """Return a workspace with one study."""
    folder = tmp_path / "home"
    with Store.open(folder / "store.sqlite") as store:
        add_study(store, SPEC)
    return folder


@pytest.fixture
def drive(home):
    """Return a function that lets a process own the study; it is ended with the test."""
    started = []

    def start(how: str = "willing") -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(home / "store.sqlite"), how],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "owned\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_driver_is_asked_to_stop_and_waited_for(home, drive, capsys) -> None:
    """The document says who it was; the process has ended."""
    process = drive()
    assert main(["cancel", "S001", "--home", str(home), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert f"pid {process.pid} on " in told["driver"]
    assert (told["done"], told["budget"]) == (0, 20)
    assert process.wait(timeout=60) == -signal.SIGTERM


def test_a_study_that_nobody_drives_is_not_cancelled(home, capsys) -> None:
    """In words."""
    assert main(["cancel", "S001", "--home", str(home)]) == 2
    assert "nobody is at work" in capsys.readouterr().err


def test_a_driver_that_does_not_let_go_is_told_with_its_number(home, drive) -> None:
    """It is never killed for the user."""
    process = drive("deaf")
    with pytest.raises(StoreError, match=f"pid {process.pid} on") as caught:
        cancel_study("S001", open_workspace(home=str(home)), wait_s=0.0)
    assert f"kill -9 {process.pid}" in str(caught.value)
    assert process.poll() is None


def test_a_driver_on_another_host_is_left_alone(home, drive, capsys, monkeypatch) -> None:
    """And no signal goes to a number that means another process here."""
    process = drive()
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(number))
    assert main(["cancel", "S001", "--home", str(home)]) == 2
    assert "cannot be stopped" in capsys.readouterr().err
    assert signal.SIGTERM not in sent
    monkeypatch.undo()
    assert process.poll() is None


def test_status_is_watched_until_nothing_runs(home, drive, capsys, monkeypatch) -> None:
    """One list for each look."""
    process = drive()
    looks = []

    def look(_seconds: float) -> None:
        looks.append(1)
        if len(looks) == 2:
            process.kill()
            process.wait()

    monkeypatch.setattr(studies, "WATCH_S", 0.0)
    monkeypatch.setattr(time, "sleep", look)
    assert main(["status", "--watch", "--home", str(home), "--json"]) == 0
    text, lists = capsys.readouterr().out, []
    while text.strip():
        found, end = json.JSONDecoder().raw_decode(text.lstrip())
        lists.append(found)
        text = text.lstrip()[end:]
    assert [found["studies"][0]["is_owned"] for found in lists] == [True, True, False]
