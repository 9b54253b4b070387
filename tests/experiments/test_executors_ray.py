"""The Ray executor, on a Ray of its own; drivers that are to lose something run apart."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from experiments.executors import make_executor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.ray_local import RayWorkers
from experiments.executors.replies import RemoteTraceback
from formulation.errors import DataError, ExecutorError, UnknownNameError
from tests.experiments.executor_jobs import (
    CHUNKS,
    PATIENCE_S,
    ROOT,
    Paired,
    Shipped,
    environment,
    fail,
    is_gone,
    results_in_order,
    squares,
    start_driver,
)

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def workers():
    """Make the transport of the module's executor."""
    return RayWorkers()


@pytest.fixture(scope="module")
def executor(workers):
    """One Ray with two actors for all tests that leave it whole."""
    with PoolExecutor("ray", workers, 2, Limits(), ()) as executor:
        executor.warm_up()
        yield executor


def test_ray_gives_the_results_of_inline(executor):
    """The kind of executor changes no number."""
    with make_executor("inline") as inline:
        expected = results_in_order(inline, squares, CHUNKS)
    np.testing.assert_array_equal(
        results_in_order(executor, squares, CHUNKS), expected, strict=True
    )


def test_two_actors_work_at_the_same_time(executor, tmp_path):
    """Eight chunks reach two workers, neither of them the driver."""
    assert results_in_order(executor, Paired(tmp_path), list(range(8))) == list(range(8))
    used = {int(path.name) for path in tmp_path.iterdir()}
    assert len(used) == 2
    assert os.getpid() not in used
    assert used <= set(executor.worker_pids)


def test_an_iterator_is_asked_while_actors_work(executor):
    """One more chunk for every result that was taken."""
    asked = []

    def source():
        for chunk in CHUNKS:
            asked.append(chunk)
            yield chunk

    for n_taken, (index, result) in enumerate(executor.run(squares, source())):
        assert len(asked) == min(2 + n_taken, len(CHUNKS))
        np.testing.assert_array_equal(result, CHUNKS[index] ** 2)
    assert len(asked) == len(CHUNKS)


def test_the_evaluator_is_shipped_once_to_each_actor(executor, tmp_path):
    """Three runs with one object unpickle it once in each worker, to a writable copy."""
    evaluator = Shipped(tmp_path / "log")
    for _ in range(3):
        for chunk, (result, _) in zip(
            CHUNKS, results_in_order(executor, evaluator, CHUNKS), strict=True
        ):
            np.testing.assert_array_equal(result, chunk + 1.0)
            result += 1.0  # and so is what comes back
    unpickled_by = (tmp_path / "log").read_text().split()
    assert len(unpickled_by) == len(set(unpickled_by)) == 2


def test_an_error_of_ours_passes_ray_unchanged(executor):
    """Class, message and problems of a `FormulationError` are those raised in the evaluator."""
    with pytest.raises(DataError, match=r"Row 7 is empty\. Fill it\.") as caught:
        results_in_order(executor, fail, ["data"])
    assert caught.value.problems[0].value == 7
    with pytest.raises(UnknownNameError, match="Salt 'oxyde' is not known"):
        results_in_order(executor, fail, ["name"])


def test_a_foreign_exception_passes_ray_with_its_traceback(executor):
    """The chunk is named, and the place in the evaluator is kept as the cause."""
    with pytest.raises(
        ExecutorError, match=r"chunk 1 with .*Unpicklable: pH is a colour"
    ) as caught:
        results_in_order(executor, fail, ["a", "foreign"])
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    assert 'raise Unpicklable("pH is a colour")' in str(caught.value.__cause__)
    assert results_in_order(executor, fail, ["x", "y", "z"]) == ["x", "y", "z"]


def test_actors_take_one_thread_each(executor):
    """The libraries below add no parallelism of their own."""
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"]
    assert results_in_order(executor, environment, names) == ["1", "1", "1"]


def test_the_token_is_for_its_owner_alone(executor, workers):
    """File mode 600 in a folder of mode 700, and every process of Ray is pointed to it."""
    results_in_order(executor, fail, ["x"])
    token_file = workers.cluster.token_file
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(token_file.parent.stat().st_mode) == 0o700
    assert len(token_file.read_text()) == 64
    names = ["RAY_AUTH_TOKEN_PATH", "RAY_AUTH_TOKEN"]
    assert results_in_order(executor, environment, names) == [str(token_file), None]


def test_a_second_ray_in_one_driver_is_refused(executor):
    """The first goes on undisturbed, also when the refused one is closed."""
    assert results_in_order(executor, fail, ["x"]) == ["x"]
    with make_executor("ray", preload=()) as second:
        with pytest.raises(ExecutorError, match=r"already uses another Ray.*--executor process"):
            list(second.run(squares, [1]))
    assert results_in_order(executor, fail, ["y"]) == ["y"]


def test_a_blocked_ray_ends_in_an_error_and_no_other_executor(monkeypatch):
    """The deadline of the environment names the cause and the next step."""
    gate, entered = Event(), Event()

    def blocked(home, n_cpus):
        entered.set()
        gate.wait()
        raise ExecutorError("the gate was opened after all")

    monkeypatch.setenv("FORMULATION_RAY_START_DEADLINE_S", "0.05")
    monkeypatch.setattr("experiments.executors.ray_cluster.claim_ray", lambda: None)
    monkeypatch.setattr("experiments.executors.ray_cluster.init_ray", blocked)
    monkeypatch.setattr("experiments.executors.ray_cluster.shutdown_ray", lambda: None)
    with make_executor("ray", preload=()) as executor:
        with pytest.raises(ExecutorError, match=r"not start in time.*--executor process") as caught:
            list(executor.run(squares, [1]))
        assert caught.value.exit_code == 6
        assert executor.worker_pids == ()
        assert entered.wait(PATIENCE_S)
        gate.set()


@pytest.mark.parametrize("mode", ["disabled", "DISABLED", ""])
def test_a_ray_without_authentication_is_refused(mode, monkeypatch):
    """The start is refused at once."""
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with make_executor("ray", preload=()) as executor:
        with pytest.raises(ExecutorError, match=r"RAY_AUTH_MODE is '.*'.*must be 'token'"):
            executor.warm_up()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """Ray needs room for its sockets."""
    with PoolExecutor("ray", RayWorkers(tmp_path / "none"), 2, Limits(start_s=1.0), ()) as executor:
        with pytest.raises(
            ExecutorError, match=rf"{tmp_path}/none.*No such file.*write permission"
        ):
            executor.warm_up()


def plain_environment():
    """Return the environment without what the Ray of this module has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}


LOSING_DRIVER = """
import os, sys
from pathlib import Path
from experiments.executors import make_executor
from experiments.executors.leftovers import is_alive, started_with
from tests.experiments.executor_jobs import Once, die, where

executor = make_executor("ray", 2, preload=(), say=print)
list(executor.run(where, list(range(8))))
home = executor._transport.cluster.home
ours = started_with(str(home)) + started_with("experiments.executors.watchman")
assert len(ours) >= 5 and set(executor.worker_pids) <= {process.pid for process in ours}, ours
print(sorted(dict(executor.run(Once(sys.argv[1], die), list(range(8)))).items()))
killed = int((Path(sys.argv[1]) / "harmed").read_text())
print(executor.n_requeued, killed in executor.worker_pids)
executor.close()
executor.close()
print([process for process in ours if is_alive(process)], started_with(str(home)), home.exists())
print({name for name in os.environ if name.startswith("RAY_AUTH")})
with make_executor("ray", 2, preload=()) as second:
    print(len(set(dict(second.run(where, [0, 1])))))
"""


def test_a_lost_actor_is_replaced_and_close_leaves_nothing_behind(tmp_path):
    """Its chunk goes to another; processes, folder and environment are gone; Ray starts anew."""
    driver = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOSING_DRIVER, str(tmp_path)],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = driver.stdout.splitlines()
    assert lines[0].startswith("ray: the worker at chunk 3 was lost (ActorDiedError")
    assert lines[0].endswith("the chunk goes to another")
    assert lines[1] == str([(k, k) for k in range(8)])
    assert lines[2:] == ["1 True", "[] [] False", "set()", "2"]
    assert driver.stderr == ""


KILLED_DRIVER = """
import sys
from experiments.executors import make_executor
from experiments.executors.leftovers import started_with
from tests.experiments.executor_jobs import read, where

executor = make_executor("ray", 2, preload=())
list(executor.run(where, list(range(8))))
home = executor._transport.cluster.home
ours = started_with(str(home)) + started_with("experiments.executors.watchman")
print(home, *(process.pid for process in ours), flush=True)
list(executor.run(read, [sys.argv[1], sys.argv[1]]))
"""


def test_ray_dies_with_a_killed_driver(tmp_path):
    """SIGKILL leaves the driver no moment to tidy up; processes and folder go all the same."""
    os.mkfifo(tmp_path / "never")
    with start_driver(KILLED_DRIVER, tmp_path / "never", env=plain_environment()) as driver:
        home, *numbers = driver.stdout.readline().split()
        pids = [int(number) for number in numbers]
        with open(tmp_path / "never", "wb"):  # an actor is inside its chunk
            driver.kill()
            driver.wait()
            assert len(pids) >= 5
            assert all(is_gone(pid) for pid in pids)
    assert not Path(home).exists()
