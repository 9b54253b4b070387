"""The search without batches at every named moment: SIGKILL, look, resume; with two processes."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.config.spec import ASYNCHRONOUS
from experiments.failpoints import POINTS
from tests.experiments.databases import rows
from tests.experiments.driven_study import Driver

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

BUDGET = 24


@pytest.fixture
def drive(tmp_path: Path) -> Iterator:
    """Return a function that starts drivers; they are ended with the test."""
    started = []

    def start(ref: str = "new", **options) -> Driver:
        given = {"trials": BUDGET, "mode": ASYNCHRONOUS, **options}
        started.append(Driver(tmp_path / "s.sqlite", ref, **given))
        return started[-1]

    yield start
    for driver in started:
        driver.kill()


def trials(folder: Path) -> list[tuple[int, int, str]]:
    """Return number, attempt and state of every row."""
    return rows(folder / "s.sqlite", "SELECT number, attempt, state FROM trial")


def complete(folder: Path) -> Counter:
    """Return how often each number is complete."""
    return Counter(number for number, _, state in trials(folder) if state == "complete")


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_search_loses_nothing_and_repeats_only_what_was_under_way(
    point: str, drive, tmp_path: Path
) -> None:
    """Killed twice, at the sixth trial of each run; what ran has another attempt."""
    acks: list[int] = []
    attempts = Counter()
    for ref in ("new", "S001"):
        killed = drive(ref, FORMULATION_FAILPOINT=f"{point}:6")
        assert killed.end() == -signal.SIGKILL, f"{point} was not reached: {killed.errors}"
        acks += killed.acks
        assert set(acks) <= set(complete(tmp_path)), "an acknowledged trial is lost"
        under_way = {number for number, _, state in trials(tmp_path) if state == "running"}
        assert 1 <= len(under_way) <= 2
        attempts.update(under_way)
    last = drive("S001")
    assert last.end() == 0, last.errors
    acks += last.acks
    assert complete(tmp_path) == Counter(range(BUDGET)), "budget not met, or a number twice"
    assert max(Counter(acks).values()) == 1, "acknowledged twice"
    found = Counter(number for number, attempt, _ in trials(tmp_path) if attempt > 1)
    assert found == attempts


def test_the_check_fails_when_acknowledgement_precedes_the_commit(drive, tmp_path: Path) -> None:
    """With the protection taken out, an acknowledged trial is missing after the kill."""
    killed = drive(FORMULATION_FAILPOINT="commit:6", FORMULATION_BREAK="ack_before_commit")
    assert killed.end() == -signal.SIGKILL
    assert set(killed.acks) - set(complete(tmp_path))
