"""Workers die, hang, will not be stopped or run out of memory: the search goes on without them."""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.executors.ray_local import RayWorkers
from experiments.store import Store
from tests.experiments.cheap_chain import Harmful, cheap_evaluator
from tests.experiments.driving import (
    NOTHING_FEASIBLE,
    acks_of,
    copy_of,
    ended,
    rows_of,
    start,
)
from tests.experiments.executor_jobs import (
    be_stubborn,
    die,
    hang,
    leave,
    run_out_of_memory,
)
from tests.experiments.small_study import small_study
from tests.experiments.test_search import facts, run_search

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

SPEC = small_study()
BUDGET = SPEC.budget.trials
HARMS = {
    "killed": (die, 60.0, "SIGKILL"),
    "leaves": (leave, 60.0, "exit code 7"),
    "hangs": (hang, 4.0, "no answer within 4 s, ended by force"),
    "swallows the interrupt": (be_stubborn, 4.0, "no answer within 4 s, ended by force"),
    "needs too much memory": (run_out_of_memory, 60.0, "MemoryError: Unable to allocate"),
}
"""What is done to a worker, the deadline of a chunk [s], and how a process of ours is said to end;
Ray says it in words of its own."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> list:
    """Return what the study finds when nothing happens."""
    with Store.open(tmp_path_factory.mktemp("whole") / "s.sqlite") as store:
        return facts(run_search(store, SPEC, cheap_evaluator(SPEC), InlineExecutor())[1])


def harmed_search(folder: Path, kind: str, chunk_s: float, said: list[str], evaluator) -> tuple:
    """Search with workers that are harmed; return trials and acknowledgements."""
    transport = RayWorkers() if kind == "ray" else ProcessWorkers()
    limits = Limits(chunk_s=chunk_s, most_losses=2)
    with (
        Store.open(folder / "s.sqlite") as store,
        PoolExecutor(kind, transport, 2, limits, (), said.append) as executor,
    ):
        _, trials, acks = run_search(store, SPEC, evaluator, executor)
    return trials, acks


@pytest.mark.parametrize("kind", ["process", "ray"])
@pytest.mark.parametrize("name", HARMS)
def test_a_worker_harmed_once_changes_no_trial(
    kind: str, name: str, whole: list, tmp_path: Path
) -> None:
    """Its chunk goes to another, which is said; nothing is lost or done twice."""
    harm, chunk_s, _ = HARMS[name]
    said: list[str] = []
    mark = tmp_path / "harmed"
    evaluator = Harmful(
        inner=cheap_evaluator(SPEC), harm=harm, at=(BUDGET // 2,), first_time_only=mark
    )
    trials, acks = harmed_search(tmp_path, kind, chunk_s, said, evaluator)
    assert mark.exists()
    assert said
    assert all("goes to another" in words for words in said)
    assert facts(trials) == whole
    assert sorted(acks) == list(range(BUDGET))


@pytest.mark.parametrize("kind", ["process", "ray"])
@pytest.mark.parametrize("name", HARMS)
def test_a_design_that_always_harms_fails_alone(
    kind: str, name: str, whole: list, tmp_path: Path
) -> None:
    """The budget is met, the others are what they would be, and the reason is with the trial."""
    harm, chunk_s, how = HARMS[name]
    said: list[str] = []
    last = BUDGET - 1
    evaluator = Harmful(inner=cheap_evaluator(SPEC), harm=harm, at=(last,))
    trials, acks = harmed_search(tmp_path, kind, chunk_s, said, evaluator)
    assert [t.number for t in trials if t.state == "failed"] == [last]
    told = "its evaluation was given up, which says nothing of the design: it cost 2 workers"
    assert trials[-1].reasons[0].startswith(told)
    if kind == "process" or "MemoryError" in how or "force" in how:
        assert how in trials[-1].reasons[0]
    else:
        assert "Actor" in trials[-1].reasons[0]
    assert facts(trials[:-1]) == whole[:-1]
    assert sorted(acks) == list(range(BUDGET))


def children_at_work(driver: int) -> list[int]:
    """Return the processes that evaluate for a driver, whoever started them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            parents = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except (OSError, IndexError):
            continue
        ours = "experiments.executors.worker" in words and parents == str(driver)
        if ours or (words.startswith("ray::Worker") and _descends(int(entry.name), driver)):
            found.append(int(entry.name))
    return found


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if pid == ancestor:
            return True
    return False


@pytest.mark.parametrize("kind", ["process", "ray"])
def test_a_worker_killed_under_a_study_is_replaced(
    kind: str, fitted_home: Path, tmp_path: Path
) -> None:
    """The command line goes on, and the document counts what was sent again."""
    home = copy_of(fitted_home, tmp_path / "home")
    words = ("run", str(fitted_home / "fruitless.yaml"), "--json", "--workers", "2")
    driver = start(home, *words, executor=kind)
    seen: list[str] = []
    for line in driver.stderr:
        seen.append(line)
        if acks_of([line.rstrip()]):
            break
    driver.send_signal(signal.SIGSTOP)
    workers = children_at_work(driver.pid)
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    time.sleep(0.5)
    driver.send_signal(signal.SIGCONT)
    done = ended(driver, seen)
    assert done.code == NOTHING_FEASIBLE, done.err
    assert rows_of(home, "S002") == Counter(range(24))
    assert max(Counter(done.acks).values()) == 1
    assert json.loads(done.out)["executor"]["requeued"] >= 1
    assert "goes to another" in done.err
