"""Which process this is, and whether another still lives, told without a clock.

A process is named by its host, the boot of that host, its number and the tick it started at: a
number that was given out again has another tick, and after a restart the boot differs. Containers
that share a host name but not their process table cannot see each other's processes; there the
epoch of the lease, checked on every write, is what keeps two owners apart.
"""

import os
import socket
from pathlib import Path
from typing import Literal

from attrs import frozen

from formulation.errors import StoreError

Standing = Literal["alive", "dead", "elsewhere"]

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
_STATE, _START_TICKS = 0, 19
"""Fields of ``/proc/<pid>/stat``, counted after the program's name."""

_DEAD_STATES = ("Z", "X")
"""A process that has ended and was not yet collected by its parent."""


@frozen(kw_only=True)
class Process:
    """What tells one process from every other."""

    pid: int
    """Number on its host."""

    host: str
    """Name of its host."""

    boot_id: str
    """Which boot of that host."""

    start_ticks: int
    """When it started, in ticks since that boot."""


def this_process() -> Process:
    """Return the identity of the running process.

    Returns
    -------
    Process
        Its identity, [-].

    Raises
    ------
    StoreError
        This system has no ``/proc``.
    """
    pid = os.getpid()
    try:
        boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        fields = _stat(pid)
    except OSError as error:
        raise StoreError(
            f"Process {pid} cannot be told from others ({error}).",
            hint="A study can only be owned on Linux with /proc mounted.",
        ) from None
    return Process(
        pid=pid, host=socket.gethostname(), boot_id=boot_id, start_ticks=int(fields[_START_TICKS])
    )


def standing(process: Process, here: Process) -> Standing:
    """Tell whether a process lives, as seen from another.

    Parameters
    ----------
    process : Process
        Process in question, [-].
    here : Process
        Process that asks, [-].

    Returns
    -------
    str
        ``alive``, ``dead``, or ``elsewhere`` if it ran on another host, [-].
    """
    if process.host != here.host:
        return "elsewhere"
    if process.boot_id != here.boot_id or not _exists(process.pid):
        return "dead"
    try:
        fields = _stat(process.pid)
    except ProcessLookupError:
        return "dead"
    except OSError:  # hidden from this user, so its tick cannot be compared
        return "alive" if _exists(process.pid) else "dead"
    same = int(fields[_START_TICKS]) == process.start_ticks
    return "alive" if same and fields[_STATE] not in _DEAD_STATES else "dead"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stat(pid: int) -> list[str]:
    text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()
