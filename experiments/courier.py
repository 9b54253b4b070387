"""A process of its own that delivers the outbox, so that nothing of it is ever in a search's way.

It is started when a study is complete, outlives whoever started it, and ends by itself. Whenever it
is killed, what it has not delivered stays in the outbox for the next one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from experiments.workspace import VARIABLES, Workspace

LONGEST_S = 1800
"""How long it may take at most, [s]; then it is ended, and the rest waits."""

POLL_S = 0.25
NICENESS = 10
"""How far it stands back behind searches, [-]."""

LOG_FILE = "tracking.log"
"""What it says, in the workspace."""

_STARTED: list["subprocess.Popen[bytes]"] = []


def start(workspace: Workspace, study_id: str) -> "subprocess.Popen[bytes]":
    """Start the delivery of a study, and of what waits of others.

    Parameters
    ----------
    workspace : Workspace
        Where the outbox and the tracking are, [-].
    study_id : str
        Uuid of the study that comes first, [-].

    Returns
    -------
    Popen
        The process; nobody has to wait for it, [-].
    """
    settings = {
        VARIABLES["home"]: str(workspace.home),
        VARIABLES["tracking_uri"]: workspace.tracking_uri,
        # An address may hold a password, which is nothing for a command line.
        VARIABLES["store"]: workspace.store,
    }
    words = ("-m", "experiments.cli", "track", "sync", study_id, "--within", str(LONGEST_S))
    with (workspace.home / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            # Without -P, a folder `models` in the current one would stand in for ours.
            [sys.executable, "-P", *words],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    # Kept, since a handle that is dropped while its process runs warns.
    _STARTED[:] = [p for p in _STARTED if p.poll() is None] + [process]
    return process


def await_links(
    process: "subprocess.Popen[bytes]",
    is_there: Callable[[], bool],
    wait_s: float,
) -> bool:
    """Wait until something is there, the process has ended, or time is up.

    Parameters
    ----------
    process : Popen
        What `start` returned, [-].
    is_there : callable
        Tells whether it is, [-].
    wait_s : float
        How long to wait, [s].

    Returns
    -------
    bool
        Whether the process has ended, [-].
    """
    deadline = time.monotonic() + wait_s
    while True:
        has_ended = process.poll() is not None
        if has_ended or is_there() or time.monotonic() > deadline:
            return has_ended
        time.sleep(POLL_S)
