"""One writer per study: living owners are left alone, dead ones followed, stalled ones refused."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from experiments.store import Store, StudyRecord, TrialRecord
from experiments.store._process import standing, this_process
from formulation.errors import OwnedError, StoreError, UnknownNameError
from tests.experiments.databases import bury_owner, rows, sql

SEEN_BY_PROCESS = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
"""For what holds where an owner is looked for in the table of processes, not among sessions."""

OWNER_SCRIPT = (
    "import sys\n"
    "from experiments.store import Store\n"
    "store = Store.open(sys.argv[1])\n"
    "lease = store.own(store.study('S001').id)\n"
    "print(lease.epoch, flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    with Store.open(place, actor="ana") as opened:
        yield opened


@pytest.fixture
def study(store: Store) -> StudyRecord:
    return store.create_study("citrate", {}, "", "", 0, 10)


@contextmanager
def owning_process(place: Path | str) -> Iterator[subprocess.Popen]:
    """Run a process that owns S001 until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER_SCRIPT, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().strip().isdecimal()
        yield process
    finally:
        process.kill()
        process.communicate()


def until_seen_dead(store: Store, study: StudyRecord) -> None:
    """Wait until the owner is known to be gone; a server may take a moment to notice."""
    until = time.monotonic() + 30
    while store.owner(study.id).is_at_work:
        assert time.monotonic() < until, "a dead owner is taken for a living one"
        time.sleep(0.01)


def trial(number: int = 0) -> TrialRecord:
    return TrialRecord(number=number, state="running", design={}, seed=0)


def test_a_study_given_back_can_be_owned_again(store: Store, study: StudyRecord) -> None:
    """Every taking raises the epoch, so that an old lease never fits."""
    with store.own(study.id) as first:
        assert (first.epoch, first.label) == (1, "S001")
        assert store.owner(study.id).pid == os.getpid()
    assert store.owner(study.id).pid is None
    with store.own(study.id) as second:
        assert second.epoch == 2
    assert store.verify_audit().rows == 1


def test_closing_the_store_gives_its_studies_back(place: Path | str, study: StudyRecord) -> None:
    """The next driver need not find out whether the last one lives."""
    with Store.open(place) as other:
        other.own(study.id)
    with Store.open(place) as other:
        assert other.owner(study.id).pid is None


def test_an_unknown_study_cannot_be_owned(store: Store) -> None:
    """There is nothing to own."""
    with pytest.raises(UnknownNameError, match="Study 'S001' is not known"):
        store.own("S001")


def test_a_study_is_owned_once_within_a_process(store: Store, study: StudyRecord) -> None:
    """A second lease of the same process would be a second writer too."""
    with (
        store.own(study.id),
        pytest.raises(
            OwnedError, match=f"S001 is owned by pid {os.getpid()} on .* since 2"
        ) as held,
    ):
        store.own(study.id)
    assert [problem.code for problem in held.value.problems] == ["study_owned"]


def test_a_living_owner_is_left_alone(place: Path | str, store: Store, study: StudyRecord) -> None:
    """Its process is named, with how to stop it; not even an order to take over moves it."""
    with owning_process(place) as process:
        said = f"S001 is owned by pid {process.pid} on .*, which is running.*'kill {process.pid}'"
        with pytest.raises(StoreError, match=said):
            store.own(study.id)
        with pytest.raises(StoreError, match=said):
            store.own(study.id, take_over=True)


def test_a_stopped_owner_is_alive(place: Path | str, store: Store, study: StudyRecord) -> None:
    """A process that is only paused may go on at any time."""
    with owning_process(place) as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreError, match="which is running"):
            store.own(study.id)


def test_a_killed_owner_is_followed(place: Path | str, store: Store, study: StudyRecord) -> None:
    """The epoch goes up, and the trail says whose place was taken."""
    with owning_process(place) as process:
        process.kill()
        process.wait()
        until_seen_dead(store, study)
        with store.own(study.id) as lease:
            assert lease.epoch == 2
    ((said,),) = rows(place, "SELECT reason FROM audit WHERE action = 'study.take_over'")
    assert f"Taken from pid {process.pid} on " in said


def test_a_killed_owner_that_nobody_collected_is_dead(
    place: Path | str, store: Store, study: StudyRecord
) -> None:
    """A zombie still has its entry in the process table."""
    with owning_process(place) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        until_seen_dead(store, study)
        assert store.own(study.id).epoch == 2


@SEEN_BY_PROCESS
@pytest.mark.parametrize("assignment", ["start_ticks = start_ticks - 1", "boot_id = 'before'"])
def test_a_number_given_out_again_is_not_its_first_owner(
    place: Path | str, store: Store, study: StudyRecord, assignment: str
) -> None:
    """Another start tick or another boot means another process, whatever the clock says."""
    store.own(study.id)
    sql(place, f"UPDATE owner SET {assignment}")
    with Store.open(place) as other:
        assert other.own(study.id).epoch == 2


@SEEN_BY_PROCESS
def test_an_owner_on_another_host_gives_way_only_when_told(
    place: Path | str, store: Store, study: StudyRecord
) -> None:
    """From here nobody can see whether it lives."""
    store.own(study.id)
    sql(place, "UPDATE owner SET host = 'bench-7'")
    with pytest.raises(
        StoreError, match=r"on bench-7 since .*'formulation resume S001 --take-over'"
    ):
        store.own(study.id)
    with store.own(study.id, take_over=True) as lease:
        assert lease.epoch == 2


def test_a_stalled_owner_that_wakes_is_refused(
    place: Path | str, store: Store, study: StudyRecord
) -> None:
    """None of its writes gets through, and giving back does not free its successor's study."""
    stalled = store.own(study.id)
    store.add_running(stalled, [trial()])
    bury_owner(place)
    done = evolve(trial(), state="complete")
    with Store.open(place) as other, other.own(study.id) as lease:
        for write in (
            lambda: store.add_running(stalled, [trial(1)]),
            lambda: store.finish(stalled, [done]),
            lambda: store.set_study(stalled, state="complete"),
            lambda: store.put_confirmations(stalled, []),
            lambda: store.put_curves(stalled, []),
            lambda: store.enqueue(stalled, "run", "key", {}),
        ):
            with pytest.raises(StoreError, match=r"S001 was taken over by pid .*\(epoch 2, this"):
                write()
        stalled.close()
        other.finish(lease, [done])
    (found,) = store.trials(study.id)
    assert (found.state, found.epoch) == ("complete", 2)
    assert store.study(study.id).state == "running"


def test_a_stalled_owner_is_told_of_one_that_came_and_went(
    place: Path | str, store: Store, study: StudyRecord
) -> None:
    """Its successor may have given the study back before it wakes."""
    stalled = store.own(study.id)
    bury_owner(place)
    with Store.open(place) as other:
        other.own(study.id).close()
    with pytest.raises(StoreError, match=r"taken over by a process on .*, which has given it back"):
        store.add_running(stalled, [trial()])


def test_a_lease_given_back_writes_no_more(store: Store, study: StudyRecord) -> None:
    """The message tells it from one that was taken over."""
    lease = store.own(study.id)
    lease.close()
    lease.close()
    with pytest.raises(StoreError, match="S001: its lease of epoch 1 was given back"):
        store.add_running(lease, [trial()])


def test_two_studies_have_two_owners(place: Path | str, store: Store, study: StudyRecord) -> None:
    """A lease of one study says nothing about another."""
    second = store.create_study("oxide", {}, "", "", 0, 10)
    with owning_process(place), store.own(second.id) as lease:
        store.add_running(lease, [trial()])
    assert store.trials(study.id) == ()


def test_a_process_knows_itself_and_strangers() -> None:
    """The first process of the machine lives, and may not even be signalled by others."""
    here = this_process()
    assert standing(here, here) == "alive"
    assert standing(evolve(here, pid=2**22 + 1), here) == "dead"
    assert standing(evolve(here, host="elsewhere"), here) == "elsewhere"


def test_a_child_after_a_fork_is_refused(store: Store, study: StudyRecord, monkeypatch) -> None:
    """A connection shared by two processes would corrupt the file."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(StoreError, match="must not cross a fork"):
            store.studies()
