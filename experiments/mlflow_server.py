"""The MLflow pages as a lean child process on the loopback address."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from experiments.tracking_links import view_title
from experiments.workspace import Workspace
from formulation.errors import InputError, TrackingServerError

START_DEADLINE_S = 180.0
"""Time the server may take to answer on a loaded machine, [s]."""

POLL_S = 0.5
STOP_S = 15.0


def serve(
    workspace: Workspace,
    port: int,
    views: Mapping[str, Mapping[str, str]],
    say: Callable[[str], None],
) -> None:
    """Start the pages, print the links and stay until the process is interrupted.

    Parameters
    ----------
    workspace : Workspace
        Whose tracking database is shown, [-].
    port : int
        Port on 127.0.0.1, [-].
    views : mapping of str to mapping
        Addresses by view, by label, [-].
    say : callable
        Told where to look, [-].

    Raises
    ------
    InputError
        The port cannot be used, or tracking is kept elsewhere.
    TrackingServerError
        The server ended by itself or did not answer in time.
    """
    if workspace.has_tracking_server:
        raise InputError(
            f"Tracking is kept at {workspace.tracking_shown}, which has pages of its own.",
            hint="Open that address instead.",
        )
    if not 1 <= port <= 65535:
        raise InputError(f"Port {port} does not exist; choose one from 1 to 65535.")
    _refuse_taken(port)
    workspace.home.mkdir(parents=True, exist_ok=True)
    log = workspace.home / "mlflow-server.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            _command(workspace, port),
            env={**os.environ, **_LEAN, "MLFLOW_BACKEND_STORE_URI": workspace.tracking_uri},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_ending_with(os.getpid()),
        )
    try:
        _await_health(server, port, str(log))
        say(f"MLflow: http://127.0.0.1:{port}")
        for label, links in views.items():
            for view, link in links.items():
                say(f"{label}, {view_title(view, link)}: {link}")
        say("Ctrl-C ends it.")
        code = server.wait()
        raise TrackingServerError(
            f"The MLflow server ended by itself with code {code}.", hint=f"Read {log}."
        )
    except KeyboardInterrupt:
        say("stopped")
    finally:
        _stop(server)


# The address is told by the environment, since it may hold a password.
_LEAN = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _ending_with(parent: int) -> Callable[[], None]:
    """Return what asks Linux, in a new process, to end it with a parent that is killed outright.

    What Linux watches is the thread that started it, so that has to be the main one.
    """

    def ask() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # killed before this was asked for
            os._exit(1)

    return ask


def _command(workspace: Workspace, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--default-artifact-root", workspace.artifacts_folder.as_uri()),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]


def _refuse_taken(port: int) -> None:
    """Ask before the start: whoever has the port may answer the health check in our place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(
                f"Port {port} of this machine cannot be used: {error.strerror}.",
                hint="Choose another --port, or end what listens there.",
            ) from error


def _await_health(server: "subprocess.Popen[bytes]", port: int, log: str) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise TrackingServerError(
                f"The MLflow server ended with code {server.returncode}; port {port} may be taken.",
                hint=f"Read {log}, or choose another --port.",
            )
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(POLL_S)
    raise TrackingServerError(
        f"The MLflow server did not answer within {START_DEADLINE_S:.0f} s.", hint=f"Read {log}."
    )


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """End the server and the workers it started; they are one process group."""
    _signal(server.pid, signal.SIGTERM)
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        _signal(server.pid, signal.SIGKILL)
        server.wait()
    deadline = time.monotonic() + STOP_S
    while _signal(server.pid, 0):
        # A worker may outlive the server that started it.
        if time.monotonic() > deadline:
            _signal(server.pid, signal.SIGKILL)
            return
        time.sleep(POLL_S)


def _signal(group: int, number: int) -> bool:
    """Send a signal to what is left of a process group; tell whether anything was."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
