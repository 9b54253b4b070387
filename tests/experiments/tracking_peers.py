"""Tracking servers of the tests: good ones, silent ones, and what must stand on one in the end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from experiments.workspace import Workspace, open_workspace
from tests.experiments.test_end_to_end import drive, environment

PATIENCE_S = 600.0
"""How long anything is waited for; nothing is asserted of time."""


def local(home: Path) -> Workspace:
    """Return a workspace that tracks into its own folder."""
    return open_workspace(home=str(home), environment={}, folder=home)


def sync(home: Path, uri: str, **settings: str) -> subprocess.CompletedProcess:
    """Deliver with the command line, to an address."""
    return drive("track", "sync", "--json", home=home, FORMULATION_TRACKING_URI=uri, **settings)


def refuse_doubles(uri: str, document: dict) -> None:
    """See that every run of a study is there exactly once, whole, and below its parent."""
    from mlflow import MlflowClient

    client = MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("mg-small").experiment_id
    runs = client.search_runs([experiment], max_results=1000)
    study = document["study"]["id"]
    expected = [f"{study}/study", *(f"{study}/{c['label']}" for c in document["front"])]
    assert Counter(run.data.tags["outbox_key"] for run in runs) == Counter(expected)
    assert {run.info.status for run in runs} == {"FINISHED"}
    (parent,) = (run for run in runs if run.data.tags["kind"] == "study")
    children = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert len({artefact.path for artefact in client.list_artifacts(parent.info.run_id)}) >= 6
    versions = client.search_model_versions("")
    assert Counter(v.tags["sha256"] for v in versions) == Counter(
        m["sha256"] for m in document["models"]
    )
    linked = client.get_run(parent.info.run_id).inputs.model_inputs
    assert len(linked) == len(document["models"])


def until(is_there: Callable[[], bool], what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_there():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)


@contextmanager
def silent_server() -> Iterator[str]:
    """Give the address of a socket that accepts, and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def falling_silent() -> Iterator[str]:
    """Give the address of a server that says it is well, and answers nothing else."""
    end = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/health":
                end.wait()
                return
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        end.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def asking_for_a_name() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server that refuses everybody, and what it was told of who asks."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(401)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mlflow_server(
    folder: Path, port: int, database: str = "", *more: str, **settings: str
) -> Iterator[subprocess.Popen]:
    """Run a tracking server of the test's own, with artefacts behind it."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1"),
            *("--backend-store-uri", database or f"sqlite:///{folder / 'server.db'}"),
            *("--serve-artifacts", "--artifacts-destination", str(folder / "artefacts")),
            *more,
        ],
        env={
            **environment(),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            **settings,
        },
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            until(lambda: is_answering(port), "the server")
            yield server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def is_answering(port: int) -> bool:
    """Tell whether a server says that it is well."""
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(("127.0.0.1", port))
            probe.sendall(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return b"200" in probe.recv(64)
        except OSError:
            return False


def n_runs(database: Path) -> int:
    """Return how many runs a tracking database holds, read beside MLflow."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
