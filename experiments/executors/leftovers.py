"""Finds the processes that a program of ours started, and sees them gone. Needs ``/proc``.

A process is known by its number and its start time, so that a number used again is never mistaken.
"""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

POLL_S = 0.02
"""How often to look; a process that is no child of ours cannot be waited for."""


@frozen(kw_only=True)
class Running:
    """A process at a moment."""

    pid: int
    """Its number."""

    parent: int
    """Number of its parent."""

    started: int
    """Its start, in clock ticks since boot."""


def started_with(marker: str) -> list[Running]:
    """Return children of this process that carry a marker, with all their descendants.

    Parameters
    ----------
    marker : str
        Part of the command line that nobody else has, such as a folder made for them, [-].

    Returns
    -------
    list of Running
        Parents before children, [-].
    """
    table = _table()
    found = [p for p in table if p.parent == os.getpid() and marker in _command_line(p.pid)]
    for process in found:  # grows while it is walked
        found.extend(p for p in table if p.parent == process.pid)
    return found


def is_alive(process: Running) -> bool:
    """Tell whether a process still runs; one that only waits to be reaped does not.

    Parameters
    ----------
    process : Running
        As it was found, [-].

    Returns
    -------
    bool
        Whether the same process is there, [-].
    """
    now = _read(process.pid)
    return now is not None and now.started == process.started


def end(processes: Iterable[Running], grace_s: float) -> None:
    """Wait until processes have left, and kill those that have not.

    Parameters
    ----------
    processes : iterable of Running
        Found by `started_with`, [-].
    grace_s : float
        How long they have before they are killed, and again afterwards, [s].
    """
    left = _await_gone(list(processes), grace_s)
    for process in left:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    _await_gone(left, grace_s)


def _await_gone(processes: list[Running], timeout_s: float) -> list[Running]:
    give_up_at = time.monotonic() + timeout_s
    left = [p for p in processes if is_alive(p)]
    while left and time.monotonic() < give_up_at:
        time.sleep(POLL_S)
        left = [p for p in left if is_alive(p)]
    return left


def _table() -> list[Running]:
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in map(_read, numbers) if process is not None]


def _read(pid: int) -> Running | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold anything
    if fields[0] in "ZX":
        return None
    return Running(pid=pid, parent=int(fields[1]), started=int(fields[19]))


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
