"""Tracking servers elsewhere: who asks, what is shown of it, and PostgreSQL behind one."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from experiments.publishing import tracking_views
from experiments.workspace import open_workspace
from tests.experiments.postgres_server import PASSWORD
from tests.experiments.test_end_to_end import drive, rows
from tests.experiments.test_ui import free_port
from tests.experiments.tracking_peers import (
    asking_for_a_name,
    mlflow_server,
    refuse_doubles,
    sync,
)

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.timeout(1200),
]


def refuse_password(home: Path, told: str) -> None:
    """See that no file, row or message holds the password."""
    assert PASSWORD not in told
    assert PASSWORD not in "".join(rows(home))
    for path in home.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path.name


def test_who_asks_is_said_by_the_environment_and_kept_nowhere(untracked, tmp_path):
    """MLflow's own variables reach the server; a refusal says so, and everything waits."""
    home = untracked.copy(tmp_path)
    with asking_for_a_name() as (place, seen):
        done = sync(
            home,
            f"http://{place}",
            MLFLOW_TRACKING_USERNAME="ana",
            MLFLOW_TRACKING_PASSWORD=PASSWORD,
        )
    assert f"Basic {b64encode(f'ana:{PASSWORD}'.encode()).decode()}" in seen
    told = json.loads(done.stdout)
    assert told["delivered"] == 0
    assert "401" in told["error"]
    refuse_password(home, done.stdout + done.stderr)


def test_a_password_in_an_address_is_shown_nowhere(untracked, tmp_path):
    """It is used; status, errors, records and the store have three stars in its place."""
    home = untracked.copy(tmp_path)
    with asking_for_a_name() as (place, seen):
        address = f"http://ana:{PASSWORD}@{place}"
        done = sync(home, address)
        status = drive("track", "status", home=home, FORMULATION_TRACKING_URI=address)
        pages = drive("ui", home=home, FORMULATION_TRACKING_URI=address)
    assert f"Basic {b64encode(f'ana:{PASSWORD}'.encode()).decode()}" in seen
    assert json.loads(done.stdout)["uri"] == f"http://ana:***@{place}"
    assert f"http://ana:***@{place}" in status.stdout
    said = (done, status, pages)
    refuse_password(home, "".join(process.stdout + process.stderr for process in said))


@pytest.mark.slow
def test_a_server_on_postgresql_takes_everything(untracked, tmp_path, postgres):
    """Runs into its database, artefacts where the server keeps them; links are the server's own."""
    home, folder, port = untracked.copy(tmp_path), tmp_path / "server", free_port()
    uri = f"http://127.0.0.1:{port}"
    with postgres.database() as address:
        database = address.replace("postgresql://", "postgresql+psycopg://")
        with mlflow_server(folder, port, database):
            told = json.loads(sync(home, uri).stdout)
            assert (told["waiting"], told["error"]) == (0, "")
            refuse_doubles(uri, untracked.document)
    assert len(list((folder / "artefacts").rglob("trials.parquet"))) == 1
    assert len(list((folder / "artefacts").rglob("surrogate.skops"))) == 2
    assert not (home / "mlartifacts").exists()
    settings = {"FORMULATION_TRACKING_URI": uri}
    workspace = open_workspace(home=str(home), environment=settings, folder=home)
    for link in tracking_views(workspace, 5000)["S001"].values():
        assert link.startswith(f"{uri}/#/")
    refuse_password(home, json.dumps(told))
