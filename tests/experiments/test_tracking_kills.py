"""SIGKILL to whoever delivers, and to the tracking server: each run is there once in the end."""

import json
import os
import signal
import subprocess

import pytest

from tests.experiments.test_end_to_end import command, environment
from tests.experiments.test_ui import free_port
from tests.experiments.tracking_peers import (
    PATIENCE_S,
    local,
    mlflow_server,
    n_runs,
    refuse_doubles,
    sync,
    until,
)

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.timeout(1200),
]

KILLS = (
    *("track_create", "track_batch", "track_files", "track_end", "track_mark"),
    *("track_create", "track_batch:2", "track_end:3", "track_mark:2"),
    *("track_model", "track_mark", "track_model"),
)
"""Where deliveries are killed, one after the other: in the run of the study, before it counts as
delivered, in the runs of candidates, and while surrogates are registered."""


@pytest.mark.kill
def test_a_delivery_that_is_killed_anywhere_is_made_good(untracked, tmp_path):
    """Killed at each step in turn; in the end every run is there once, whole."""
    home = untracked.copy(tmp_path)
    uri = local(home).tracking_uri
    for point in KILLS:
        done = subprocess.run(
            command("track", "sync", home=home),
            env=environment(FORMULATION_TRACKING_URI=uri, FORMULATION_FAILPOINT=point),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, f"{point} was not reached: {done.stderr}"
    told = json.loads(sync(home, uri).stdout)
    assert (told["waiting"], told["error"]) == (0, "")
    refuse_doubles(uri, untracked.document)


@pytest.mark.faults
def test_a_server_that_is_killed_in_the_middle_gets_the_rest_later(untracked, tmp_path):
    """SIGKILL to the whole server while runs are written; on its return each run is there once."""
    home, folder, port = untracked.copy(tmp_path), tmp_path / "server", free_port()
    uri = f"http://127.0.0.1:{port}"
    with mlflow_server(folder, port) as server:
        process = subprocess.Popen(
            command("track", "sync", "--json", home=home),
            env=environment(FORMULATION_TRACKING_URI=uri),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        until(lambda: n_runs(folder / "server.db") >= 2, "the first candidate")
        os.killpg(server.pid, signal.SIGKILL)
        told = json.loads(process.communicate(timeout=PATIENCE_S)[0])
    assert told["waiting"] > 0
    assert told["error"]
    with mlflow_server(folder, port):
        told = json.loads(sync(home, uri).stdout)
        assert (told["waiting"], told["error"]) == (0, "")
        refuse_doubles(uri, untracked.document)
    assert (folder / "artefacts").is_dir()
    assert not (home / "mlartifacts").exists()
