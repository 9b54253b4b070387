"""What the tests of the executors evaluate, and how they watch processes.

Workers import this module, so it needs no test tool.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from formulation.errors import DataError, Problem, UnknownNameError

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0  # for events that take moments
WORKER = "experiments.executors.worker"  # in the command line of every worker process
CHUNKS = [np.arange(4.0) + 10 * i for i in range(8)]


class Shipped:
    """Adds a large offset in place; notes in a file each process that unpickles it."""

    def __init__(self, log, offset=1.0):
        self.log = str(log)
        self.offset = np.full(200_000, offset)

    def __setstate__(self, state):
        self.__dict__.update(state)
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")

    def __call__(self, chunk):
        """Return the chunk, shifted, and where that was done."""
        chunk += self.offset[0]  # a private copy: must be writable
        self.offset[1] = 0.0
        return chunk, os.getpid()


class Paired:
    """Two workers must be in a chunk at the same time: each waits until the other has come."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __call__(self, index):
        """Return the index once a second worker has come."""
        (self.folder / str(os.getpid())).touch()
        give_up_at = time.monotonic() + PATIENCE_S
        while len(list(self.folder.iterdir())) < 2:
            if time.monotonic() > give_up_at:
                raise RuntimeError("no second worker came")
            time.sleep(0.01)
        return index


class Unpicklable(Exception):
    """Cannot be sent as it is."""

    def __init__(self, reason):
        super().__init__(reason)
        self.lock = threading.Lock()


def squares(chunk):
    return chunk**2


def fail(chunk):
    if chunk == "data":
        problem = Problem(code="unusable_data", message="Row 7 is empty.", value=7, hint="Fill it.")
        raise DataError("Row 7 is empty.", problems=(problem,))
    if chunk == "name":
        raise UnknownNameError("Salt", "oxyde", ["oxide", "citrate"])
    if chunk == "foreign":
        raise Unpicklable("pH is a colour")
    if chunk == "result":
        return threading.Lock()
    return chunk


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    sys.exit(7)


def hang():
    threading.Event().wait()


def be_stubborn():
    """Hang, and swallow what is meant to end it."""
    while True:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            time.sleep(0.01)


def run_out_of_memory():
    """Ask for more than this process may have."""
    resource.setrlimit(resource.RLIMIT_AS, (2**32, resource.RLIM_INFINITY))
    np.ones(2**33)


class Always:
    """Harms every worker that is given one chunk."""

    def __init__(self, harm, at=3):
        self.harm = harm
        self.at = at

    def __call__(self, chunk):
        """Return the chunk, if it is another."""
        if chunk == self.at:
            self.harm()
        return chunk


class Once:
    """Harms the first worker that is given one chunk, and notes its number."""

    def __init__(self, folder, harm, at=3):
        self.mark = Path(folder) / "harmed"
        self.harm = harm
        self.at = at

    def __call__(self, chunk):
        """Return the chunk, unless this is the time."""
        if chunk == self.at and not self.mark.exists():
            self.mark.write_text(str(os.getpid()))
            self.harm()
        return chunk


def read(path):
    with open(path, "rb") as file:
        return file.read()


def environment(name):
    return os.environ.get(name)


def where(chunk):
    return os.getpid()


def results_in_order(executor, evaluator, chunks):
    """Run everything and put the results in the order of the chunks."""
    found = dict(executor.run(evaluator, chunks))
    assert sorted(found) == list(range(len(chunks)))
    return [found[index] for index in range(len(chunks))]


def is_gone(pid, patience_s=PATIENCE_S):
    """Wait until a process has ended, be it a child or not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], patience_s)[0])
    finally:
        os.close(handle)


def start_driver(script, *arguments, env=None):
    """Start a driver of its own, to be killed."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
