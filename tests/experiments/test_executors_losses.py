"""Workers that are lost in the middle: replaced, their chunk tried again seen, or given up."""

import os
import time

import pytest

from experiments.executors import GivenUp, make_executor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.executors.transport import Arrival
from formulation.errors import ExecutorError, InputError
from tests.experiments.executor_jobs import (
    Always,
    Once,
    be_stubborn,
    die,
    fail,
    hang,
    is_gone,
    leave,
    results_in_order,
    run_out_of_memory,
)

EIGHT = list(range(8))


@pytest.fixture
def said():
    """Return what an executor said."""
    return []


def small_executor(said, n_workers=2, **limits):
    """Return an executor over processes that gives up soon."""
    return PoolExecutor("process", ProcessWorkers(), n_workers, Limits(**limits), (), said.append)


def test_the_chunk_of_a_killed_worker_goes_to_another(said, tmp_path) -> None:
    """Every chunk is answered once; the loss is said with its signal, and counted."""
    with small_executor(said) as executor:
        assert results_in_order(executor, Once(tmp_path, die), EIGHT) == EIGHT
        assert executor.n_requeued == 1
    assert len(said) == 1
    killed = (tmp_path / "harmed").read_text()
    assert f"chunk 3 was lost (process {killed} was ended by SIGKILL)" in said[0]
    assert "goes to another" in said[0]


def test_a_lone_worker_is_replaced_too(said, tmp_path) -> None:
    """Its successor is given the evaluator again, and is another process."""
    with small_executor(said, 1) as executor:
        assert results_in_order(executor, Once(tmp_path, leave), EIGHT) == EIGHT
        assert int((tmp_path / "harmed").read_text()) != executor.worker_pids[-1]
    assert "left with exit code 7" in said[0]


@pytest.mark.parametrize(
    ("harm", "chunk_s", "how"),
    [
        (die, 60.0, "SIGKILL"),
        (hang, 1.0, "no answer within 1 s, ended by force"),
        (be_stubborn, 1.0, "no answer within 1 s, ended by force"),
        (run_out_of_memory, 60.0, "MemoryError: Unable to allocate"),
    ],
    ids=["killed", "hanging", "stubborn", "memory"],
)
def test_a_chunk_that_costs_three_workers_is_given_up_and_the_others_are_not(
    said, harm, chunk_s, how
) -> None:
    """What takes its place says how often it was tried, and how it ended."""
    with small_executor(said, chunk_s=chunk_s) as executor:
        found = results_in_order(executor, Always(harm), EIGHT)
        assert executor.n_requeued >= 2  # more where a loaded machine stalls another worker
    given_up = found.pop(3)
    assert found == [0, 1, 2, 4, 5, 6, 7]
    assert isinstance(given_up, GivenUp)
    assert given_up.reason.startswith("it cost 3 workers, the last: ")
    assert how in given_up.reason
    of_it = [words for words in said if "chunk 3" in words]
    assert len(of_it) == 3
    assert "given up" in of_it[-1]


def test_an_overdue_worker_is_killed_and_not_left_behind(said, tmp_path) -> None:
    """Waiting no longer would leave it at work."""
    with small_executor(said, 2, chunk_s=1.0) as executor:
        assert results_in_order(executor, Once(tmp_path, hang), EIGHT) == EIGHT
        assert is_gone(int((tmp_path / "harmed").read_text()), 0.0)


def test_an_answer_that_is_there_is_not_overdue(said) -> None:
    """However late the driver looks: it may have been stopped meanwhile."""
    with small_executor(said, 1, chunk_s=60.0) as executor:
        run = executor.run(fail, ["a", "b"])
        assert next(run)[1] == "a"
        (owed,) = executor._owed.values()
        object.__setattr__(owed, "due_at", 0.0)
        wait = executor._transport.collect
        executor._transport.collect = lambda workers, _: wait(workers, 60.0)
        assert next(run)[1] == "b"
    assert said == []


class Barren(ProcessWorkers):
    """Workers in whose place none comes up."""

    def restart(self, worker, opening) -> None:
        """End the lost one and start none."""
        self._links[worker].process.wait()

    def collect(self, workers, timeout_s) -> Arrival | None:
        """Answer for those that live; for the others there is nothing."""
        alive = [w for w in workers if self._links[w].process.returncode is None]
        return super().collect(alive, timeout_s) if alive else None


def test_without_room_for_another_the_rest_goes_on(said, tmp_path) -> None:
    """One worker of two is done without."""
    with PoolExecutor("process", Barren(), 2, Limits(replace_s=0.1), (), said.append) as executor:
        assert results_in_order(executor, Once(tmp_path, die), EIGHT) == EIGHT
        assert results_in_order(executor, Slowly(), EIGHT) == EIGHT
    assert any("done without: none came up in its place within 0.1 s" in words for words in said)


class Slowly:
    """Takes long enough for a deadline to pass."""

    def __call__(self, chunk):
        """Return the chunk after a while."""
        time.sleep(0.05)
        return chunk


def test_without_any_worker_the_cause_and_the_next_step_are_named(said) -> None:
    """Rather than waiting for a node that never comes."""
    with PoolExecutor("process", Barren(), 1, Limits(replace_s=0.1), (), said.append) as executor:
        with pytest.raises(
            ExecutorError, match=r"last worker, no node fits another.*within 0.1 s.*resume"
        ) as caught:
            list(executor.run(Always(die), [3]))
        assert caught.value.exit_code == 6
        with pytest.raises(ExecutorError, match="cannot run any more: a worker was lost"):
            list(executor.run(fail, ["x"]))


class Unloadable:
    """Ends every worker that it is sent to."""

    def __setstate__(self, state) -> None:
        os._exit(9)

    def __getstate__(self):
        return {"worker": "none"}


def test_an_evaluator_that_no_worker_survives_ends_the_run(said) -> None:
    """It is not sent round for ever."""
    with small_executor(said, 1) as executor:
        with pytest.raises(ExecutorError, match=r"at the evaluator: .*exit code 9"):
            list(executor.run(Unloadable(), [1]))


def test_inline_gives_up_what_needs_too_much_memory(monkeypatch) -> None:
    """The driver itself is the only worker there is."""

    def hungry(chunk):
        if chunk == 3:
            raise MemoryError
        return chunk

    with make_executor("inline") as executor:
        found = results_in_order(executor, hungry, EIGHT)
        assert executor.n_requeued == 0
    assert found.pop(3) == GivenUp(reason="the driver, as its only worker, ran out of memory")
    assert found == [0, 1, 2, 4, 5, 6, 7]


def test_a_deadline_of_a_chunk_that_is_none_is_refused(monkeypatch) -> None:
    """As the one of the start; the environment is asked when nothing is given."""
    with pytest.raises(InputError, match="chunk_deadline_s is '0'"):
        make_executor("process", chunk_deadline_s=0)
    monkeypatch.setenv("FORMULATION_CHUNK_DEADLINE_S", "an hour")
    with pytest.raises(InputError, match="FORMULATION_CHUNK_DEADLINE_S is 'an hour'"):
        make_executor("process")
