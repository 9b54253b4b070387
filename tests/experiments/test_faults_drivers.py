"""Several drivers of one study or workspace: one writes, the others are told who it is."""

import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import Store
from tests.experiments.driving import (
    NOTHING_FEASIBLE,
    acks_of,
    copy_of,
    drive,
    ended,
    rows_of,
    start,
    stopped_at_first_ack,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

BUDGET = 24
STORE_LOST = 6


@pytest.fixture
def home(fitted_home: Path, tmp_path: Path) -> Path:
    """Return a workspace whose models are fitted."""
    return copy_of(fitted_home, tmp_path / "home")


@pytest.fixture
def run(fitted_home: Path) -> tuple[str, str]:
    """Return the words that run the study."""
    return "run", str(fitted_home / "fruitless.yaml")


def assert_met_exactly(home: Path, acknowledged: list[int]) -> None:
    """Every number is complete once, and was acknowledged once."""
    assert rows_of(home, "S002") == Counter(range(BUDGET))
    assert max(Counter(acknowledged).values()) == 1


def interrupted(home: Path, run: tuple[str, str]) -> list[int]:
    """Leave the study after its first batch, its owner dead; return what was acknowledged."""
    killed = drive(home, *run, FORMULATION_FAILPOINT="tell:1")
    assert killed.code == -signal.SIGKILL
    return killed.acks


def test_of_three_drivers_of_one_study_one_owns_it(home: Path, run) -> None:
    """Started at once; the others are told whose it is, and the budget is met exactly."""
    first = interrupted(home, run)
    drivers = [start(home, "resume", "S002") for _ in range(3)]
    done = [ended(driver) for driver in drivers]
    codes = sorted(d.code for d in done)
    assert codes == [NOTHING_FEASIBLE, STORE_LOST, STORE_LOST], [d.err for d in done]
    for driven in done:
        if driven.code == STORE_LOST:
            assert "S002 is owned by pid" in driven.err
            assert driven.acks == []
    assert_met_exactly(home, first + [n for d in done for n in d.acks])


def test_without_ownership_a_second_driver_takes_the_study_away(home: Path, run) -> None:
    """The check of the test above fails once its protection is out: both are at work."""
    with stopped_at_first_ack(home, *run):
        second = drive(home, "resume", "S002", altered="without_owner")
    assert second.code == NOTHING_FEASIBLE
    assert second.acks


def test_three_cold_starts_of_a_workspace_make_three_studies(tmp_path: Path, run) -> None:
    """Each finds or makes the tables and owns a study; killed, they leave a whole store behind."""
    home = tmp_path / "cold"
    drivers = [start(home, *run) for _ in range(3)]
    for driver in drivers:
        for line in driver.stderr:
            if '"event": "step"' in line:  # it owns its study and has begun to fit
                break
        driver.kill()
    done = [ended(driver) for driver in drivers]
    assert [d.code for d in done] == [-signal.SIGKILL] * 3, [d.err for d in done]
    with Store.open(home / "store.sqlite", create=False) as store:
        studies = store.studies()
        assert sorted(s.label for s in studies) == ["S001", "S002", "S003"]
        assert sorted(store.owner(s.id).pid for s in studies) == sorted(d.pid for d in drivers)
        assert store.verify_audit().rows > 0


@pytest.mark.parametrize("altered", ["", "without_fence"])
def test_a_stalled_owner_that_wakes_is_refused(home: Path, run, altered: str) -> None:
    """Taken over from where nobody sees it, it wakes, and none of its results gets in.

    Without the fence it is not refused as a former owner: what is left to stop it is that its
    trials were done by others meanwhile.
    """
    with stopped_at_first_ack(home, *run, altered=altered) as (stalled, seen):
        with closing(sqlite3.connect(home / "store.sqlite", isolation_level=None)) as connection:
            connection.execute("UPDATE owner SET host = 'bench-7'")
        refused = drive(home, "resume", "S002")
        assert refused.code == STORE_LOST
        assert "on bench-7 since" in refused.err
        successor = drive(home, "resume", "S002", "--take-over")
        assert successor.code == NOTHING_FEASIBLE, successor.err
        stalled.send_signal(signal.SIGCONT)
        woken = ended(stalled, seen)
    assert woken.code == STORE_LOST
    said = "S002 was taken over by" in woken.err
    assert said is (altered == ""), woken.err
    assert_met_exactly(home, woken.acks + successor.acks)


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_driver_whose_clock_is_an_hour_ahead_takes_nothing(home: Path, run) -> None:
    """Who lives is told by processes, not by clocks: the study goes on and is not touched."""
    with stopped_at_first_ack(home, *run) as (first, seen):
        before = rows_of(home, "S002")
        second = drive(home, "resume", "S002", before=("faketime", "-f", "+1h"))
        assert second.code == STORE_LOST, second.err
        assert f"S002 is owned by pid {first.pid} on" in second.err
        assert f"kill {first.pid}" in second.err
        assert rows_of(home, "S002") == before
        first.send_signal(signal.SIGCONT)
        done = ended(first, seen)
    assert done.code == NOTHING_FEASIBLE
    assert_met_exactly(home, done.acks)


def test_a_study_is_resumed_by_a_driver_whose_clock_is_an_hour_behind(home: Path, run) -> None:
    """A dead owner is followed, although it took the study in what is now the future."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    first = interrupted(home, run)
    second = drive(home, "resume", "S002", before=("faketime", "-f", "-1h"))
    assert second.code == NOTHING_FEASIBLE, second.err
    assert_met_exactly(home, first + second.acks)


@pytest.mark.parametrize("altered", ["losing_a_stop", "stumbling_over_a_stop"])
def test_a_stop_that_a_library_drops_is_heeded_all_the_same(home: Path, run, altered: str) -> None:
    """SIGTERM is raised amid a call that ignores it, or fails over it; the study is resumed."""
    stopped = drive(home, *run, altered=altered)
    assert stopped.code == 143, stopped.err
    assert len(stopped.acks) < BUDGET
    resumed = drive(home, "resume", "S002")
    assert resumed.code == NOTHING_FEASIBLE, resumed.err
    assert_met_exactly(home, stopped.acks + resumed.acks)


def test_a_study_resumed_after_an_upgrade_says_what_changed(home: Path, run) -> None:
    """The packages with both versions, before anything is searched; then it goes on."""
    first = interrupted(home, run)
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S002")
        with store.own(study.id) as lease:
            versions = {**study.info["versions"], "optuna": "4.9.0", "mlflow": "3.0.0"}
            store.set_study(lease, info={"versions": versions})
    resumed = drive(home, "resume", "S002")
    assert resumed.code == NOTHING_FEASIBLE, resumed.err
    (said,) = (line for line in resumed.err.splitlines() if "may differ" in line)
    assert "since this study began, optuna 4.9.0 to" in said
    assert "mlflow" not in said
    assert_met_exactly(home, first + resumed.acks)


def test_acknowledgements_are_read_whole_or_not_at_all() -> None:
    """A line cut by a kill counts for nothing."""
    line = '{"event": "ack", "study": "S002", "trials": [1, 2]}'
    assert acks_of([line, line[:-4]]) == [1, 2]
