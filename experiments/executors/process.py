"""Workers in processes of ours, each at the other end of a socket.

Plain interpreters are started rather than ``multiprocessing`` processes: their environment is
exact (one thread each), the driver's main module is not imported again, no resource tracker stays
behind, and a lost worker is known together with the chunk it held. Each worker is in a process
group of its own, so Ctrl-C in a terminal reaches the driver alone. It ends when the driver does,
however that ends; a parent-death signal would come when the *thread* that started it ends.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from attrs import frozen

from experiments.executors.transport import Arrival, Step
from experiments.executors.worker import ONE_THREAD

STOP_GRACE_S = 1.0
"""How long idle workers have to leave by themselves before they are killed."""

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from experiments.executors.worker import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)


@frozen(kw_only=True)
class _Link:
    """One worker as the driver sees it."""

    process: subprocess.Popen[bytes]
    """The interpreter."""

    connection: Connection
    """The driver's end of its socket."""


class ProcessWorkers:
    """A `Transport` over processes."""

    def __init__(self) -> None:
        self._links: list[_Link] = []

    def launch(self, n_workers: int, opening: bytes) -> None:
        """Start the interpreters; they import while the driver goes on.

        Parameters
        ----------
        n_workers : int
            How many, [-].
        opening : bytes
            For their first call, [-].
        """
        for worker in range(n_workers):
            self._links.append(_start())
            self.post(worker, "prepare", opening)

    def connect(self, deadline_s: float) -> None:
        """Do nothing: a socket is there from the start.

        Parameters
        ----------
        deadline_s : float
            Not needed here, [s].
        """

    def store(self, package: bytes) -> bytes:
        """Return the package: it goes through each socket.

        Parameters
        ----------
        package : bytes
            The evaluator, [-].

        Returns
        -------
        bytes
            The same, [-].
        """
        return package

    def post(self, worker: int, step: Step, payload: Any) -> None:
        """Send one call to an idle worker.

        Parameters
        ----------
        worker : int
            Its number, [-].
        step : str
            Name of the call, [-].
        payload : bytes
            Its argument, [-].
        """
        connection = self._links[worker].connection
        try:
            connection.send_bytes(step.encode())
            connection.send_bytes(payload)
        except ConnectionError:
            return  # it is dead: `collect` finds the end of the stream and says how it died

    def collect(self, workers: Collection[int], timeout_s: float | None) -> Arrival | None:
        """Wait for an answer of at least one worker.

        Parameters
        ----------
        workers : collection of int
            Those that owe one, [-].
        timeout_s : float or None
            How long to wait at most, [s].

        Returns
        -------
        Arrival or None
            None after the timeout, [-].
        """
        waited = {self._links[worker].connection: worker for worker in workers}
        ready = [c for c in wait(list(waited), timeout_s) if isinstance(c, Connection)]
        return self._receive(waited[ready[0]]) if ready else None

    def restart(self, worker: int, opening: bytes) -> None:
        """Kill a worker if it still lives, and start another in its place.

        Parameters
        ----------
        worker : int
            Its number, [-].
        opening : bytes
            For the first call of the new one, [-].
        """
        link = self._links[worker]
        link.connection.close()
        link.process.kill()
        link.process.wait()
        self._links[worker] = _start()
        self.post(worker, "prepare", opening)

    def stop(self) -> None:
        """End every worker and wait for it."""
        for link in self._links:
            link.connection.close()
        give_up_at = time.monotonic() + STOP_GRACE_S
        for link in self._links:
            try:
                link.process.wait(max(0.0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                link.process.kill()
                link.process.wait()

    def _receive(self, worker: int) -> Arrival:
        link = self._links[worker]
        try:
            return Arrival(worker=worker, data=link.connection.recv_bytes())
        except (EOFError, ConnectionError) as error:
            return Arrival(worker=worker, loss=_how_it_ended(link.process), cause=error)


def _start() -> _Link:
    ours, theirs = Pipe()
    search_path = json.dumps([str(folder) for folder in sys.path])
    with theirs:
        handle = theirs.fileno()
        arguments = ["-P", "-c", _BOOTSTRAP, search_path, str(handle), str(os.getpid())]
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=2,  # standard output belongs to the driver's own answer
            env={**os.environ, **ONE_THREAD},
            pass_fds=(handle,),
            process_group=0,
        )
    return _Link(process=process, connection=ours)


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(STOP_GRACE_S)
    except subprocess.TimeoutExpired:
        return f"process {process.pid} closed its socket"
    if code < 0:
        return f"process {process.pid} was ended by {signal.Signals(-code).name}"
    return f"process {process.pid} left with exit code {code}"
