"""Tracking servers elsewhere: who asks, what is shown of it, and PostgreSQL behind one."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from experiments.publishing import tracking_views
from experiments.workspace import open_workspace
from tests.experiments.guarded_server import (
    KEEPER,
    KEEPER_PASSWORD,
    READER,
    READER_PASSWORD,
    guarded_server,
)
from tests.experiments.postgres_server import PASSWORD
from tests.experiments.test_end_to_end import drive, rows
from tests.experiments.test_ui import free_port
from tests.experiments.tracking_peers import (
    asking_for_a_name,
    mlflow_server,
    n_runs,
    refuse_doubles,
    sync,
)

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.timeout(1200),
]


def refuse_password(home: Path, told: str, password: str = PASSWORD) -> None:
    """See that no file, row or message holds the password."""
    assert password not in told
    assert password not in "".join(rows(home))
    for path in home.rglob("*"):
        assert not path.is_file() or password.encode() not in path.read_bytes(), path.name


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
    assert told["error"].startswith(f"Tracking server http://{place} does not let in who asks")
    for word in ("401", "MLFLOW_TRACKING_PASSWORD", "`formulation track sync`"):
        assert word in told["error"]
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


def refused(home: Path, uri: str, **who: str) -> str:
    """Return the one line that stands in the status of a study whose delivery was refused."""
    told = json.loads(sync(home, uri, **who).stdout)
    assert told["waiting"] > 0
    assert told["delivered"] + told["waiting"] == 4
    status = drive("track", "status", home=home, FORMULATION_TRACKING_URI=uri).stdout
    _, line = status.splitlines()
    # The status names the workspace in what it asks to type.
    assert line.replace(f" --home {home}", "").endswith(told["error"])
    return line


@pytest.mark.slow
def test_a_server_that_asks_who_is_there_takes_everything_once(untracked, tmp_path):
    """By variables or in the address; whoever is refused loses nothing and is told what to do."""
    home, later = untracked.copy(tmp_path), untracked.copy(tmp_path / "later")
    folder, port = tmp_path / "server", free_port()
    uri, secret = f"http://127.0.0.1:{port}", {"MLFLOW_TRACKING_USERNAME": KEEPER}
    address = f"http://{KEEPER}:{KEEPER_PASSWORD}@127.0.0.1:{port}"
    with guarded_server(folder, port):
        line = refused(home, uri)
        assert f"Tracking server {uri} does not let in who asks (401)" in line
        assert refused(home, uri, **secret, MLFLOW_TRACKING_PASSWORD=PASSWORD)
        assert n_runs(folder / "server.db") == 0
        secret["MLFLOW_TRACKING_PASSWORD"] = KEEPER_PASSWORD
        told = json.loads(sync(home, uri, **secret).stdout)
        assert (told["waiting"], told["error"]) == (0, "")
        count = n_runs(folder / "server.db")
        assert json.loads(sync(home, uri, **secret).stdout)["delivered"] == 0
        line = refused(
            later,
            uri,
            MLFLOW_TRACKING_USERNAME=READER,
            MLFLOW_TRACKING_PASSWORD=READER_PASSWORD,
        )
        assert "not write there (403)" in line
        with pytest.MonkeyPatch.context() as patch:
            for name, value in secret.items():
                patch.setenv(name, value)
            refuse_doubles(uri, untracked.document)
        said = sync(later, address)
        assert json.loads(said.stdout)["waiting"] == 0
        assert n_runs(folder / "server.db") == count, "the study was told twice"
    assert len(list((folder / "artefacts").rglob("trials.parquet"))) == 1
    for place in (home, later):
        assert not (place / "mlartifacts").exists()
        refuse_password(place, said.stdout + said.stderr, KEEPER_PASSWORD)
    for path in folder.rglob("*"):
        assert not path.is_file() or KEEPER_PASSWORD.encode() not in path.read_bytes(), path.name
