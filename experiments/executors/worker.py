"""The worker's side of an executor: three calls, each with bytes in and bytes out.

The same class serves a process of ours (`main`) and a Ray actor, so an evaluator behaves alike in
both: a private, writable copy, unpickled once. Exceptions do not leave a call; they are replies.
"""

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from experiments.executors.distribution import check_distributions
from experiments.executors.replies import Failure, Reply

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
"""Environment of a worker: the workers are the parallelism, libraries add none."""

PARENT_CHECK_S = 0.25
"""How often a process looks whether its driver still lives."""


class Worker:
    """Holds the evaluator between chunks."""

    def __init__(self) -> None:
        self._evaluator: Callable[[Any], Any] | None = None

    def prepare(self, opening: bytes) -> bytes:
        """Take the driver's search path, look for foreign packages, and import what will be needed.

        Parameters
        ----------
        opening : bytes
            Pickle of the search path and of the names of modules, [-].

        Returns
        -------
        bytes
            A packed reply without value, [-].
        """
        return _answer(lambda: self._prepare(*pickle.loads(opening)))

    def load(self, package: bytes) -> bytes:
        """Take the evaluator for all chunks to come.

        Parameters
        ----------
        package : bytes
            Its pickle, [-].

        Returns
        -------
        bytes
            A packed reply without value, [-].
        """
        return _answer(lambda: self._load(package))

    def evaluate(self, chunk: bytes) -> bytes:
        """Evaluate one chunk.

        Parameters
        ----------
        chunk : bytes
            Its pickle, [-].

        Returns
        -------
        bytes
            A packed reply with the result, [-].
        """
        return _answer(lambda: self._evaluate(chunk))

    def _prepare(self, search_path: tuple[str, ...], preload: tuple[str, ...]) -> None:
        # The driver's order wins: Ray puts the working folder in front of the path.
        sys.path[:] = [*search_path, *(p for p in sys.path if p not in search_path)]
        check_distributions()
        for name in preload:
            import_module(name)

    def _load(self, package: bytes) -> None:
        self._evaluator = pickle.loads(package)

    def _evaluate(self, chunk: bytes) -> object:
        if self._evaluator is None:
            raise RuntimeError("a chunk came before the evaluator")
        return self._evaluator(pickle.loads(chunk))


def main(handle: int, driver_pid: int) -> None:
    """Serve the driver at the other end of a socket until it closes, or dies.

    Parameters
    ----------
    handle : int
        File descriptor of the socket, [-].
    driver_pid : int
        The process to die with, [-].
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    Thread(target=_die_with, args=(driver_pid,), daemon=True).start()
    worker = Worker()
    with Connection(handle) as connection:
        while True:
            try:
                step = connection.recv_bytes().decode()
                connection.send_bytes(getattr(worker, step)(connection.recv_bytes()))
            except (EOFError, ConnectionError):  # the driver closed its end
                return


def _die_with(driver_pid: int) -> None:
    while os.getppid() == driver_pid:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def _answer(work: Callable[[], object]) -> bytes:
    try:
        return Reply(pid=os.getpid(), value=work()).packed()
    except Exception as error:  # the worker boundary: it crosses to the driver
        return Reply(pid=os.getpid(), failure=Failure.of(error)).packed()
