"""The disk is full, the database is locked: told in plain words, and the study is resumed.

Files that are empty, truncated, damaged, foreign or of a newer version, and disks and locks within
one process, are in ``test_store_file.py``.
"""

import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.experiments.driving import (
    NOTHING_FEASIBLE,
    Driven,
    copy_of,
    drive,
    ended,
    rows_of,
    stopped_at_first_ack,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

BUDGET = 24
STORE_LOST = 6
DISK_MB = 48
HELD_S = 3.0


@pytest.fixture
def run(fitted_home: Path) -> tuple[str, str]:
    """Return the words that run the study."""
    return "run", str(fitted_home / "fruitless.yaml")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of its own, small enough to be filled."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the space there is, to the last byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            while True:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    break
    return filler


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the database for this process alone."""
    with closing(sqlite3.connect(home / "store.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def assert_resumed_to_the_budget(home: Path, first: Driven) -> None:
    """Nothing that was acknowledged is lost, nothing is done twice."""
    assert set(first.acks) <= set(rows_of(home, "S002")), "an acknowledged trial is lost"
    resumed = drive(home, "resume", "S002")
    assert resumed.code == NOTHING_FEASIBLE, resumed.err
    assert rows_of(home, "S002") == Counter(range(BUDGET))
    assert max(Counter(first.acks + resumed.acks).values()) == 1


def test_a_disk_that_fills_under_a_study_stops_it_cleanly(
    small_disk: Path, fitted_home: Path, run
) -> None:
    """Cause, place and next step are named; once there is space the study goes on."""
    home = copy_of(fitted_home, small_disk / "home")
    with stopped_at_first_ack(home, *run) as (driver, seen):
        filler = fill(small_disk)
        driver.send_signal(signal.SIGCONT)
        done = ended(driver, seen)
    assert done.code == STORE_LOST, done.err
    assert "store.sqlite could not grow: the disk is full" in done.err
    assert f"Free some space in {home}" in done.err
    assert "nothing acknowledged is lost" in done.err
    filler.unlink()
    assert_resumed_to_the_budget(home, done)


def test_a_lock_that_is_given_back_in_time_is_waited_for(
    fitted_home: Path, tmp_path: Path, run
) -> None:
    """The driver goes on where it stood; the optuna storage it replaces gave up after 5 s."""
    home = copy_of(fitted_home, tmp_path / "home")
    with stopped_at_first_ack(home, *run) as (driver, seen):
        with locked(home):
            before = rows_of(home, "S002")
            driver.send_signal(signal.SIGCONT)
            time.sleep(HELD_S)
            assert driver.poll() is None
            assert rows_of(home, "S002") == before
        done = ended(driver, seen)
    assert done.code == NOTHING_FEASIBLE, done.err
    assert rows_of(home, "S002") == Counter(range(BUDGET))


@pytest.mark.parametrize("altered", ["lock_wait_of_1s", "without_lock_wait"])
def test_a_lock_that_is_kept_is_told_in_plain_words(
    altered: str, fitted_home: Path, tmp_path: Path, run
) -> None:
    """After the wait, or at once where the wait is taken out; the study is resumed all the same."""
    home = copy_of(fitted_home, tmp_path / "home")
    with stopped_at_first_ack(home, *run, altered=altered) as (driver, seen):
        with locked(home):
            driver.send_signal(signal.SIGCONT)
            done = ended(driver, seen)
    assert done.code == STORE_LOST
    waited = "1 s" if altered == "lock_wait_of_1s" else "0 s"
    assert f"is locked: another process held it for more than {waited}" in done.err
    assert "Stop that process or wait until it is done" in done.err
    assert_resumed_to_the_budget(home, done)
