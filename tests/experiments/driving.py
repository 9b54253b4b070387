"""Drivers of the command line that are killed, stopped and watched from outside.

The acknowledgements on stderr are the witness: a driver writes a number there only after the
commit. What is on disk is read through a connection that is not the store's.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
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
FRUITLESS = STUDY.replace("trials: 80", "trials: 24").replace(
    "budget:", "limits:\n  - {endpoint: peak_gut_load.p95, high: 0.001 mmol}\nbudget:"
)
"""The same study, short, and without anything to confirm at its end, which takes the most time."""

FOREIGN = (
    "Traceback",
    "Should not reach",
    "StorageInternalError",
    "UnboundLocalError",
    "sqlalche.me",
)
"""What tools below say where they mean a full disk, a lock or a lost database: never shown."""

NOTHING_FEASIBLE = 4
PATIENCE_S = 600.0


@frozen
class Driven:
    """How a driver ended."""

    code: int
    out: str
    err: str

    @property
    def acks(self) -> list[int]:
        """Numbers of the trials it acknowledged, in order."""
        return acks_of(self.err.splitlines())


def acks_of(lines: Sequence[str]) -> list[int]:
    """Return the trial numbers that lines of stderr acknowledge."""
    found: list[int] = []
    for line in lines:
        # A line that was cut by the kill was not acknowledged in full.
        if line.startswith("{") and line.endswith("}"):
            event = json.loads(line)
            if event["event"] == "ack":
                found += event["trials"]
    return found


def start(
    home: Path,
    *words: str,
    executor: str = "inline",
    before: Sequence[str] = (),
    altered: str = "",
    **settings: str,
) -> subprocess.Popen:
    """Start the command line: after the words of a wrapper, altered or as it is."""
    program = ["tests.experiments.altered", altered] if altered else ["experiments.cli"]
    command = [*before, sys.executable, "-m", *program, *words, "--home", str(home)]
    ours = {"FORMULATION_TRACKING_URI": "off", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FORMULATION_", "RAY_"))}
    return subprocess.Popen(
        [*command, "--executor", executor, "--progress", "jsonl"],
        env={**kept, **ours, **settings},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(driver: subprocess.Popen, seen: Sequence[str] = ()) -> Driven:
    """Wait for a driver; the lines of stderr that were read before are put in front."""
    out, err = driver.communicate(timeout=PATIENCE_S)
    done = Driven(driver.returncode, out, "".join(seen) + err)
    assert not [words for words in FOREIGN if words in done.out + done.err], done.err
    return done


def drive(home: Path, *words: str, **how: str) -> Driven:
    """Run the command line to its end, however that comes."""
    return ended(start(home, *words, **how))


def hold(driver: subprocess.Popen, home: Path) -> None:
    """Stop a driver by SIGSTOP; not amid a commit, whose lock it would keep."""
    until = time.monotonic() + 180
    while True:
        driver.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, driver.pid, os.WSTOPPED | os.WNOWAIT)
        with closing(sqlite3.connect(home / "store.sqlite", timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                assert time.monotonic() < until, "it keeps the store locked"
            else:
                connection.rollback()
                return
        driver.send_signal(signal.SIGCONT)
        time.sleep(0.01)


@contextmanager
def stopped_at_first_ack(
    home: Path, *words: str, **how: str
) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """Give a driver that SIGSTOP holds after its first acknowledgement, and its stderr so far."""
    driver = start(home, *words, **how)
    seen: list[str] = []
    try:
        for line in driver.stderr:
            seen.append(line)
            if acks_of([line.rstrip()]):
                break
        assert acks_of([line.rstrip() for line in seen]), "".join(seen)
        hold(driver, home)
        yield driver, seen
    finally:
        driver.kill()
        driver.wait()
        driver.stdout.close()
        driver.stderr.close()


def rows_of(home: Path, label: str) -> Counter:
    """Return how often each number of a study is complete."""
    with closing(sqlite3.connect(f"file:{home / 'store.sqlite'}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT t.number FROM trial t JOIN study s ON s.id = t.study_id"
            " WHERE t.state = 'complete' AND s.number = ?",
            (int(label[1:]),),
        ).fetchall()
    return Counter(number for (number,) in rows)


def fit_workspace(home: Path) -> Path:
    """Fit the models of a workspace, so that whatever follows costs seconds."""
    (home / "study.yaml").write_text(STUDY, encoding="utf-8")
    (home / "fruitless.yaml").write_text(FRUITLESS, encoding="utf-8")
    driven = drive(home, "run", str(home / "fruitless.yaml"), "--trials", "8")
    assert driven.code == NOTHING_FEASIBLE, driven.err
    assert sorted(driven.acks) == list(range(8))
    return home


def copy_of(fitted_home: Path, home: Path) -> Path:
    """Copy the database with its model checksums through SQLite itself."""
    home.mkdir(exist_ok=True)
    with (
        closing(sqlite3.connect(fitted_home / "store.sqlite")) as source,
        closing(sqlite3.connect(home / "scratch.sqlite")) as target,
    ):
        source.backup(target)
    (home / "scratch.sqlite").rename(home / "store.sqlite")
    return home
