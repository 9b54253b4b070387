"""The writer: only what is on disk is acknowledged, in small groups."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.store import AckWriter, Lease, Store, TrialRecord
from formulation.errors import StoreError
from tests.experiments.databases import states


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    with Store.open(place, actor="ana") as opened:
        yield opened


@pytest.fixture
def lease(store: Store) -> Iterator[Lease]:
    with store.own(store.create_study("citrate", {}, "", "", 7, 100).id) as held:
        yield held


def complete(number: int) -> TrialRecord:
    return TrialRecord(
        number=number, state="complete", design={}, values={"a": 1.0}, origin="simulated", seed=0
    )


def started(store: Store, lease: Lease, n: int) -> None:
    records = [TrialRecord(number=k, state="running", design={}, seed=0) for k in range(n)]
    store.add_running(lease, records)


def test_results_are_acknowledged_only_when_others_can_read_them(
    place: Path | str, store: Store, lease: Lease
) -> None:
    """A second connection sees every acknowledged trial as complete, in groups of at most 48."""
    started(store, lease, 120)
    acks: list[tuple[int, ...]] = []

    def on_ack(numbers: tuple[int, ...]) -> None:
        seen = states(place)
        assert all(seen[number, 1] == "complete" for number in numbers)
        acks.append(numbers)

    writer = AckWriter(store, lease, on_ack, clock=lambda: 0.0)
    writer.add([complete(number) for number in range(120)])
    assert (len(acks), writer.n_waiting) == (2, 24)
    writer.flush()
    writer.flush()
    assert [len(numbers) for numbers in acks] == [48, 48, 24]
    assert [number for numbers in acks for number in numbers] == list(range(120))


def test_a_result_waits_a_quarter_of_a_second_at_most(store: Store, lease: Lease) -> None:
    """The next result takes the one that has waited along."""
    started(store, lease, 3)
    acks: list[tuple[int, ...]] = []
    now = iter([0.0, 0.0, 0.2, 0.25, 0.25])
    writer = AckWriter(store, lease, acks.append, clock=lambda: next(now))
    writer.add([complete(0)])
    writer.add([complete(1)])
    assert acks == []
    writer.add([complete(2)])
    assert acks == [(0, 1, 2)]


def test_a_failed_commit_is_not_acknowledged(store: Store, lease: Lease) -> None:
    """Nor tried again: what is not on disk is still running there, for a resumed study."""
    acks: list[tuple[int, ...]] = []
    writer = AckWriter(store, lease, acks.append)
    writer.add([complete(0)])
    with pytest.raises(StoreError, match="not running any more"):
        writer.flush()
    assert (acks, writer.n_waiting) == ([], 0)


def test_an_acknowledgement_before_the_commit_can_be_provoked(
    place: Path | str, store: Store, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch of the kill tests takes the protection out: the trial is not on disk yet."""
    monkeypatch.setenv("FORMULATION_BREAK", "ack_before_commit")
    started(store, lease, 1)
    seen: list[str] = []
    writer = AckWriter(store, lease, lambda numbers: seen.append(states(place)[numbers[0], 1]))
    writer.add([complete(0)])
    writer.flush()
    assert seen == ["running"]
    assert states(place) == {(0, 1): "complete"}


@pytest.mark.parametrize(("broken", "lost"), [("", False), ("ack_before_commit", True)])
def test_a_driver_killed_before_its_commit_has_acknowledged_nothing(
    place: Path | str, broken: str, lost: bool
) -> None:
    """Killed between result and commit, an acknowledged trial is lost only with the switch."""
    script = (
        "import sys\n"
        "from experiments.store import AckWriter, Store, TrialRecord\n"
        "store = Store.open(sys.argv[1])\n"
        "lease = store.own(store.create_study('s', {}, '', '', 0, 1).id)\n"
        "trial = dict(number=0, design={}, seed=0)\n"
        "store.add_running(lease, [TrialRecord(state='running', **trial)])\n"
        "writer = AckWriter(store, lease, lambda numbers: print(numbers, flush=True))\n"
        "writer.add([TrialRecord(state='complete', **trial)])\n"
        "writer.flush()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(place)],
        env={"FORMULATION_FAILPOINT": "commit:1", "FORMULATION_BREAK": broken},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (-9, "")
    assert done.stdout == ("(0,)\n" if lost else "")
    assert states(place) == {(0, 1): "running"}


def test_what_comes_together_is_committed_together(store: Store, lease: Lease) -> None:
    """A short chunk that comes first does not cut the ones after it."""
    started(store, lease, 70)
    acks: list[tuple[int, ...]] = []
    writer = AckWriter(store, lease, acks.append, clock=lambda: 0.0)
    chunks = [(68, 69), *(tuple(range(k, k + 4)) for k in range(0, 68, 4))]
    for chunk in chunks:
        writer.add([complete(k) for k in chunk])
    writer.flush()
    for chunk in chunks:
        assert sum(set(chunk) <= set(group) for group in acks) == 1
