"""A small process that tidies up after a driver that was killed.

Raylet, servers and actors end with the driver, but two helpers of the raylet first try for a minute
to tell a server that is gone, and nobody removes the folder with the token. The watchman waits at
the end of a pipe: it closes when the driver closes it, or is no more.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from experiments.executors.leftovers import Running, end

LIST_NAME = "processes.json"
"""File in the watched folder that names the processes to end."""

GRACE_S = 2.0
"""How long they have to end by themselves."""

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from experiments.executors.watchman import main; main()"
)


class Watchman:
    """The driver's side.

    Parameters
    ----------
    home : Path
        Folder that is to go with the driver, [-].
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        search_path = json.dumps([str(folder) for folder in sys.path])
        theirs, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOTSTRAP, search_path],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        os.close(theirs)
        # Through the pipe: with the folder in its command line it would pass for one of Ray's.
        os.write(self._pipe, f"{home}\n".encode())

    def note(self, processes: Iterable[Running]) -> None:
        """Name the processes that must not outlive the driver.

        Parameters
        ----------
        processes : iterable of Running
            All that are known by now, [-].
        """
        rows = [[process.pid, process.parent, process.started] for process in processes]
        draft = self._home / (LIST_NAME + ".new")
        draft.write_text(json.dumps(rows), encoding="utf-8")
        draft.replace(self._home / LIST_NAME)

    def dismiss(self) -> None:
        """Let it remove what is left, and wait for it; may be called twice."""
        if self._process.poll() is None:
            os.close(self._pipe)
            self._process.wait()


def main() -> None:
    """Wait for the driver's end, then end what is left and remove the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    home = Path(sys.stdin.readline().rstrip("\n"))
    sys.stdin.read()
    if home.is_absolute() and home.is_dir():
        tidy(home)


def tidy(home: Path) -> None:
    """End the processes that a folder lists, and remove the folder.

    Parameters
    ----------
    home : Path
        The watched folder, [-].
    """
    listed = home / LIST_NAME
    rows = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []
    end([Running(pid=pid, parent=parent, started=at) for pid, parent, at in rows], GRACE_S)
    shutil.rmtree(home, ignore_errors=True)
