"""A study driven by a process, on every database: killed, contested, taken over, looked at."""

import math
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.failpoints import POINTS
from experiments.listing import list_studies
from experiments.workspace import Workspace
from tests.experiments.databases import bury_owner, rows
from tests.experiments.driven_study import BATCH, Driver

BUDGET = 40


@pytest.fixture
def drive(place: Path | str) -> Iterator:
    """Return a function that starts drivers; they are ended with the test."""
    started = []

    def start(*words, **options) -> Driver:
        started.append(Driver(place, *words, **{"trials": BUDGET, **options}))
        return started[-1]

    yield start
    for driver in started:
        driver.process.send_signal(signal.SIGCONT)
        driver.kill()


def complete(place: Path | str) -> Counter:
    """Return how often each number is complete."""
    found = rows(place, "SELECT number FROM trial WHERE state = 'complete'")
    return Counter(number for (number,) in found)


def status(place: Path | str) -> dict:
    """Return the one line that ``formulation status`` is made of."""
    store = "" if isinstance(place, Path) else place
    home = place.parent if isinstance(place, Path) else Path("unused")
    (line,) = list_studies(
        Workspace(home=home, executor="inline", workers=1, tracking_uri="off", store=store)
    )
    return line


def until_dead(place: Path | str) -> None:
    """Wait until the driver is known to be gone; a server may take a moment to notice."""
    until = time.monotonic() + 30
    while status(place)["is_owned"]:
        assert time.monotonic() < until, "a dead driver is taken for a living one"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "point", [p if p == "commit" else pytest.param(p, marks=pytest.mark.kill) for p in POINTS]
)
def test_a_killed_study_is_resumed_to_its_budget(place: Path | str, drive, point: str) -> None:
    """At every named moment: nothing acknowledged is lost or done twice, and status tells it."""
    first = drive("new", FORMULATION_FAILPOINT=f"{point}:2")
    assert first.end() == -signal.SIGKILL
    assert set(first.acks) <= set(complete(place))
    until_dead(place)
    assert (status(place)["label"], status(place)["state"]) == ("S001", "interrupted")
    assert status(place)["done"] == len(complete(place))
    second = drive("S001")
    assert (second.end(), second.errors) == (0, "")
    assert complete(place) == Counter(range(BUDGET))
    assert max(Counter([*first.acks, *second.acks]).values()) == 1
    assert (status(place)["state"], status(place)["done"]) == ("complete", BUDGET)


def test_a_second_driver_is_told_who_owns_the_study(place: Path | str, drive) -> None:
    """It ends with the code of a study that is another's, which stays with the first."""
    first = drive("new", pause_s=60.0)
    first.until_acknowledged(BATCH)
    second = drive("S001")
    assert second.end() == 6
    assert f"S001 is owned by pid {first.process.pid} on " in second.errors
    assert f"'kill {first.process.pid}'" in second.errors
    assert first.process.poll() is None
    assert status(place)["is_owned"]
    assert complete(place) == Counter(range(BATCH))


def test_a_stalled_driver_that_wakes_after_a_take_over_is_refused(place: Path | str, drive) -> None:
    """It is told who has the study now, and none of its late results is stored."""
    stalled = drive("new", pause_s=math.inf)
    stalled.until_acknowledged(BATCH)
    stalled.until_stopped()
    bury_owner(place)
    second = drive("S001", pause_s=60.0)
    until = time.monotonic() + 180
    while rows(place, "SELECT epoch FROM owner") != [(2,)]:
        assert time.monotonic() < until, "nobody took the study over"
        assert second.process.poll() is None, second.end()
        time.sleep(0.05)
    os.kill(stalled.process.pid, signal.SIGCONT)
    assert stalled.end() == 6
    assert f"Study S001 was taken over by pid {second.process.pid} on " in stalled.errors
    second.kill()
    until_dead(place)
    third = drive("S001")
    assert (third.end(), third.errors) == (0, "")
    assert complete(place) == Counter(range(BUDGET))
    assert sorted([*stalled.acks, *third.acks]) == list(range(BUDGET))
