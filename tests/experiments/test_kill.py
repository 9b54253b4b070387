"""SIGKILL the driver at 20 moments: nothing acknowledged is lost, nothing is done twice.

The acknowledgements on stderr are the witness: the driver writes a number there only after the
commit. Each study below is killed four times, at every named moment once, resumed each time, and
then finished. The last test takes the protection out and sees the same check fail.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kill, pytest.mark.timeout(1800)]

BUDGET = 80
STUDY = """\
study: kill
question: Does anything get lost?
jurisdiction: EU
systems: [immediate_release]
salts: [citrate, chloride]
dose: {low: 150 mg/d, high: 250 mg/d}
population: {name: healthy_adults, size: 16, seed: 3}
objectives:
  - {endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: 40 mg/d}
  - {endpoint: swallowed_mass, goal: minimise, worst: 6 g/d, ideal: 0.5 g/d}
budget: {trials: 80, batch: 8, seed: 5}
"""
CYCLES = [
    ("process", ("ask:1", "flight:1", "commit:1", "tell:1")),
    ("process", ("ask:2", "flight:2", "commit:2", "tell:1")),
    ("process", ("tell:2", "commit:1", "flight:3", "ask:2")),
    ("process", ("commit:2", "ask:1", "tell:2", "flight:2")),
    ("ray", ("flight:2", "commit:1")),
    ("process", ("commit:3", "tell:3")),
]
"""Executor and the moment of each kill: 20 in all, two of them on Ray."""

assert sum(len(points) for _, points in CYCLES) == 20


def drive(home: Path, executor: str, arguments: list[str], **environment: str) -> tuple[int, list]:
    """Run the command line; return its exit code and the acknowledged trial numbers."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "experiments.cli",
            *arguments,
            "--executor",
            executor,
            "--progress",
            "jsonl",
            "--home",
            str(home),
        ],
        env={**os.environ, "FORMULATION_TRACKING_URI": "off", **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    acks = []
    for line in done.stderr.splitlines():
        # A line that was cut by the kill was not acknowledged in full.
        if line.startswith("{") and line.endswith("}"):
            event = json.loads(line)
            if event["event"] == "ack":
                acks += event["trials"]
    return done.returncode, acks


@pytest.fixture(scope="module")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fit the models of a workspace once, so that each kill costs seconds."""
    home = tmp_path_factory.mktemp("fitted")
    (home / "study.yaml").write_text(STUDY)
    code, acks = drive(home, "inline", ["run", str(home / "study.yaml"), "--trials", "8"])
    assert code == 0
    assert sorted(acks) == list(range(8))
    return home


def copy_of(fitted_home: Path, home: Path) -> Path:
    """Copy the database with its model checksums through SQLite itself."""
    home.mkdir()
    with (
        sqlite3.connect(fitted_home / "store.sqlite") as source,
        sqlite3.connect(home / "scratch.sqlite") as target,
    ):
        source.backup(target)
    (home / "scratch.sqlite").rename(home / "store.sqlite")
    return home


@pytest.mark.parametrize(
    ("executor", "points"), CYCLES, ids=lambda v: "-".join(v) if isinstance(v, tuple) else v
)
def test_no_acknowledged_trial_is_lost_or_done_twice(
    executor: str, points: tuple[str, ...], fitted_home: Path, tmp_path: Path
) -> None:
    """Kill, look, resume, four times over; then every number is complete exactly once."""
    home = copy_of(fitted_home, tmp_path / "home")
    acknowledged: list[int] = []
    for k, point in enumerate(points):
        arguments = ["run", str(fitted_home / "study.yaml")] if k == 0 else ["resume", "S002"]
        code, acks = drive(home, executor, arguments, FORMULATION_FAILPOINT=point)
        assert code == -signal.SIGKILL, f"{point} was not reached"
        acknowledged += acks
        kept = new_rows(home)
        assert set(acknowledged) <= set(kept), f"lost at {point}"
        assert max(kept.values(), default=1) == 1
    code, acks = drive(home, executor, ["resume", "S002"])
    assert code == 0
    acknowledged += acks
    kept = new_rows(home)
    assert kept == Counter(range(BUDGET)), "budget not met, or a number is there twice"
    assert max(Counter(acknowledged).values()) == 1, "acknowledged twice"


def new_rows(home: Path) -> Counter:
    """Return the COMPLETE rows of the study under test, without the one that fitted the models."""
    with sqlite3.connect(f"file:{home / 'store.sqlite'}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT t.number FROM trial t JOIN study s ON s.id = t.study_id"
            " WHERE t.state = 'complete' AND s.number = 2"
        ).fetchall()
    return Counter(number for (number,) in rows)


def test_the_check_fails_when_acknowledgement_precedes_the_commit(
    fitted_home: Path, tmp_path: Path
) -> None:
    """With the protection taken out, an acknowledged trial is missing after the kill."""
    home = copy_of(fitted_home, tmp_path / "home")
    code, acks = drive(
        home,
        "inline",
        ["run", str(fitted_home / "study.yaml")],
        FORMULATION_FAILPOINT="commit:1",
        FORMULATION_BREAK="ack_before_commit",
    )
    assert code == -signal.SIGKILL
    assert acks, "the broken order must acknowledge first"
    assert not set(acks) <= set(new_rows(home)), "the kill test cannot see a lost trial"
