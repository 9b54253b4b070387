"""Executors inline and process: same results, errors that say what to do, nothing left behind."""

import os
import signal
import threading

import numpy as np
import pytest

from experiments.executors import make_executor
from experiments.executors.distribution import check_distributions
from experiments.executors.leftovers import started_with
from experiments.executors.replies import RemoteTraceback
from formulation.errors import DataError, ExecutorError, InputError, UnknownNameError
from tests.experiments.executor_jobs import (
    CHUNKS,
    WORKER,
    Paired,
    Shipped,
    Unpicklable,
    environment,
    fail,
    is_gone,
    read,
    results_in_order,
    squares,
    start_driver,
    where,
)


@pytest.fixture(scope="module")
def process_executor():
    """One pool of two processes for the tests that leave it whole."""
    with make_executor("process", 2, preload=()) as executor:
        yield executor


def test_process_gives_the_results_of_inline(process_executor):
    """The kind of executor changes no number."""
    with make_executor("inline") as inline:
        expected = results_in_order(inline, squares, CHUNKS)
    np.testing.assert_array_equal(
        results_in_order(process_executor, squares, CHUNKS), expected, strict=True
    )


def test_inline_evaluates_in_the_driver():
    """Its only worker is the driver, known after the first evaluation."""
    with make_executor("inline") as executor:
        assert executor.worker_pids == ()
        assert results_in_order(executor, where, [1, 2]) == [os.getpid()] * 2
        assert executor.worker_pids == (os.getpid(),)


@pytest.mark.parametrize(("n_workers", "n_ahead"), [(2, 0), (4, 1)])
def test_an_iterator_is_asked_only_when_a_worker_is_free_and_its_results_were_taken(
    n_workers, n_ahead
):
    """A chunk for each, and one more for every result that was taken; of many, one in advance."""
    asked = []

    def source():
        for chunk in CHUNKS:
            asked.append(chunk)
            yield chunk

    seen = []
    with make_executor("process", n_workers, preload=()) as executor:
        for n_taken, (index, result) in enumerate(executor.run(squares, source())):
            seen.append(index)
            assert len(asked) == min(n_workers + n_ahead + n_taken, len(CHUNKS))
            np.testing.assert_array_equal(result, CHUNKS[index] ** 2)
    assert sorted(seen) == list(range(len(CHUNKS)))


def test_two_processes_work_at_the_same_time(process_executor, tmp_path):
    """Eight chunks reach two workers, neither of them the driver."""
    assert results_in_order(process_executor, Paired(tmp_path), list(range(8))) == list(range(8))
    used = {int(path.name) for path in tmp_path.iterdir()}
    assert len(used) == 2
    assert os.getpid() not in used
    assert used <= set(process_executor.worker_pids)


def test_the_evaluator_is_shipped_once_to_each_process(process_executor, tmp_path):
    """Three runs with one object unpickle it once in each worker, another object once more."""
    evaluator = Shipped(tmp_path / "log")
    for _ in range(3):
        for chunk, (result, pid) in zip(
            CHUNKS, results_in_order(process_executor, evaluator, CHUNKS), strict=True
        ):
            np.testing.assert_array_equal(result, chunk + 1.0)
            assert pid in process_executor.worker_pids
    unpickled_by = (tmp_path / "log").read_text().split()
    assert len(unpickled_by) == len(set(unpickled_by)) == 2
    second = Shipped(tmp_path / "second", offset=2.0)
    assert results_in_order(process_executor, second, CHUNKS)[0][0][0] == 2.0
    assert len((tmp_path / "second").read_text().split()) == 2


@pytest.mark.parametrize("kind", ["inline", "process"])
def test_an_error_of_ours_passes_unchanged(kind, process_executor):
    """Class, message and problems of a `FormulationError` are those raised in the evaluator."""
    executor = process_executor if kind == "process" else make_executor("inline")
    with pytest.raises(DataError, match=r"Row 7 is empty\. Fill it\.") as caught:
        results_in_order(executor, fail, ["data"])
    assert caught.value.problems[0].value == 7
    with pytest.raises(UnknownNameError, match="Salt 'oxyde' is not known"):
        results_in_order(executor, fail, ["name"])


@pytest.mark.parametrize("kind", ["inline", "process"])
def test_a_foreign_exception_becomes_an_executor_error_with_its_traceback(kind, process_executor):
    """The chunk is named, and the place in the evaluator is kept as the cause."""
    executor = process_executor if kind == "process" else make_executor("inline")
    with pytest.raises(
        ExecutorError, match=r"chunk 1 with .*Unpicklable: pH is a colour"
    ) as caught:
        results_in_order(executor, fail, ["a", "foreign"])
    cause = caught.value.__cause__
    if kind == "inline":
        assert isinstance(cause, Unpicklable)
    else:
        assert isinstance(cause, RemoteTraceback)
        assert 'raise Unpicklable("pH is a colour")' in str(cause)


def test_a_failed_run_leaves_the_processes_usable(process_executor):
    """The next run gets its own results and no late ones."""
    with pytest.raises(ExecutorError, match="chunk 0"):
        results_in_order(process_executor, fail, ["foreign", "a", "b", "c"])
    assert results_in_order(process_executor, fail, ["x", "y", "z"]) == ["x", "y", "z"]


def test_a_run_left_early_does_not_disturb_the_next(process_executor):
    """Late answers are dropped."""
    run = process_executor.run(fail, ["a", "b", "c", "d"])
    next(run)
    run.close()
    assert results_in_order(process_executor, fail, ["x", "y"]) == ["x", "y"]


def test_a_run_overtaken_by_another_says_so(process_executor):
    """Two runs at a time are refused rather than mixed."""
    first = process_executor.run(fail, ["a", "b", "c", "d"])
    next(first)
    assert results_in_order(process_executor, fail, ["x"]) == ["x"]
    with pytest.raises(ExecutorError, match="goes on after another was started"):
        list(first)


def test_what_cannot_be_pickled_is_named(process_executor):
    """Evaluator, chunk and result each have their error."""
    with pytest.raises(ExecutorError, match=r"The evaluator cannot be sent to a worker"):
        list(process_executor.run(lambda chunk: chunk, [1]))
    with pytest.raises(ExecutorError, match=r"Chunk 0 cannot be sent to a worker"):
        list(process_executor.run(fail, [threading.Lock()]))
    with pytest.raises(ExecutorError, match=r"chunk 0 with TypeError: cannot pickle"):
        list(process_executor.run(fail, ["result"]))


def test_workers_take_one_thread_each(process_executor):
    """The libraries below add no parallelism of their own."""
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"]
    assert results_in_order(process_executor, environment, names) == ["1", "1", "1"]


def test_workers_ignore_the_interrupt(process_executor):
    """Ctrl-C is the driver's to handle."""
    results_in_order(process_executor, where, list(range(8)))
    for pid in process_executor.worker_pids:
        os.kill(pid, signal.SIGINT)
    assert results_in_order(process_executor, fail, ["x", "y", "z"]) == ["x", "y", "z"]


def test_close_leaves_no_process_and_may_be_repeated():
    """Idle workers leave; a closed executor refuses."""
    executor = make_executor("process", 2, preload=())
    results_in_order(executor, where, list(range(8)))
    pids = executor.worker_pids
    executor.close()
    executor.close()
    assert all(is_gone(pid, 0.0) for pid in pids)
    with pytest.raises(ExecutorError, match="cannot run any more: closed"):
        list(executor.run(where, [1]))


def test_close_ends_a_worker_in_the_middle_of_a_chunk(tmp_path):
    """A worker that would wait for ever is killed."""
    os.mkfifo(tmp_path / "never")
    before = {process.pid for process in started_with(WORKER)}
    with make_executor("process", 2, preload=()) as executor:
        run = executor.run(read, [os.devnull, str(tmp_path / "never")])
        assert next(run) == (0, b"")
        pids = {process.pid for process in started_with(WORKER)} - before
        with open(tmp_path / "never", "wb"):  # returns once a worker has opened the other end
            executor.close()
    assert len(pids) == 2
    assert all(is_gone(pid, 0.0) for pid in pids)


DRIVER = """
import sys
from experiments.executors import make_executor
from tests.experiments.executor_jobs import Paired, read

executor = make_executor("process", 2, preload=())
list(executor.run(Paired(sys.argv[1]), [0, 1]))
print(*executor.worker_pids, flush=True)
list(executor.run(read, [sys.argv[2], sys.argv[2]]))
"""


def test_workers_die_with_a_killed_driver(tmp_path):
    """SIGKILL leaves the driver no moment to tidy up; its workers notice."""
    (tmp_path / "pids").mkdir()
    os.mkfifo(tmp_path / "never")
    with start_driver(DRIVER, tmp_path / "pids", tmp_path / "never") as driver:
        pids = [int(word) for word in driver.stdout.readline().split()]
        with open(tmp_path / "never", "wb"):  # the workers are inside their chunks
            driver.kill()
            driver.wait()
            assert len(pids) == 2
            assert all(is_gone(pid) for pid in pids)


def test_a_foreign_package_is_named_by_the_worker(tmp_path, monkeypatch):
    """A ``models.py`` earlier on the path must not pass for ours."""
    (tmp_path / "models.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with make_executor("process", 1, preload=()) as executor:
        with pytest.raises(ExecutorError, match=rf"'models' .* is {tmp_path}/models.py"):
            list(executor.run(squares, [1]))


def test_a_foreign_package_is_named_in_this_process(monkeypatch):
    """The three packages must agree on their distribution."""
    check_distributions()
    monkeypatch.setattr("models.DISTRIBUTION", "other")
    with pytest.raises(ExecutorError, match="Package 'models' in process"):
        check_distributions()


def test_a_missing_preload_fails_at_the_start():
    """A worker that cannot import what it needs says so."""
    with make_executor("process", 1, preload=("no_such_module",)) as executor:
        with pytest.raises(ExecutorError, match=r"failed at its start with ModuleNotFoundError"):
            list(executor.run(squares, [1]))


def test_workers_that_do_not_come_up_in_time_are_an_error():
    """The deadline names how many are missing."""
    with make_executor("process", 2, start_deadline_s=1e-6, preload=()) as executor:
        with pytest.raises(ExecutorError, match=r"2 of 2 workers were not up within 1e-06 s"):
            list(executor.run(squares, [1]))


def test_warm_up_does_not_wait(tmp_path, monkeypatch):
    """It returns although the worker cannot finish its start before a later moment."""
    (tmp_path / "slow_import.py").write_text(f"open({str(tmp_path / 'gate')!r}).read()\n")
    os.mkfifo(tmp_path / "gate")
    monkeypatch.syspath_prepend(tmp_path)
    with make_executor("process", 1, preload=("slow_import",)) as executor:
        executor.warm_up()
        executor.warm_up()
        with open(tmp_path / "gate", "wb"):
            pass
        assert results_in_order(executor, fail, ["x"]) == ["x"]


@pytest.mark.parametrize("kind", ["inline", "process"])
def test_no_chunks_give_no_results(kind, process_executor):
    """An empty batch is an empty answer."""
    executor = process_executor if kind == "process" else make_executor("inline")
    assert list(executor.run(squares, [])) == []


def test_a_closed_inline_executor_refuses():
    """The kinds behave alike."""
    executor = make_executor("inline")
    executor.close()
    with pytest.raises(ExecutorError, match="inline executor is closed"):
        list(executor.run(squares, [1]))


def test_unusable_settings_are_input_errors(monkeypatch):
    """Kind, number of workers and deadline are checked before anything starts."""
    with pytest.raises(UnknownNameError, match=r"Executor 'proces' is not known.*'process'"):
        make_executor("proces")
    with pytest.raises(InputError, match=r"'process': 0 workers were asked for; it takes 1 to 64"):
        make_executor("process", 0)
    with pytest.raises(InputError, match=r"'inline': 3 workers were asked for; .* exactly 1"):
        make_executor("inline", 3)
    with pytest.raises(InputError, match="start_deadline_s is '-1'"):
        make_executor("process", start_deadline_s=-1)
    monkeypatch.setenv("FORMULATION_RAY_START_DEADLINE_S", "soon")
    with pytest.raises(InputError, match="FORMULATION_RAY_START_DEADLINE_S is 'soon'"):
        make_executor("ray")


def test_more_workers_than_a_machine_bears_are_refused():
    """A slip of the keyboard must not bring the machine down."""
    with pytest.raises(InputError, match="1 to 64"):
        make_executor("process", 100_000)
