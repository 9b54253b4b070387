"""Delivering to MLflow: later, in order, once, and never in the way of a study."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from attrs import evolve

from experiments import courier, studies
from experiments.config import load_study, with_budget
from experiments.store import Lease, Store
from experiments.studies import Listener
from experiments.tracking import delivery
from experiments.workspace import Workspace, open_workspace
from tests.experiments.delivered import Tracked
from tests.experiments.test_end_to_end import RUN, STUDY, command, drive, environment
from tests.experiments.test_tracking import (
    DEAD,
    deliver_all,
    n_messages,
)
from tests.experiments.tracking_peers import (
    PATIENCE_S,
    falling_silent,
    local,
    refuse_doubles,
    silent_server,
    sync,
    until,
)

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.timeout(1200),
]

ASK_MLFLOW = (
    "import sys; from experiments.cli import main; code = main(sys.argv[1:]);"
    " print('mlflow is loaded:', 'mlflow' in sys.modules, file=sys.stderr); sys.exit(code)"
)
"""The program, which tells in the end whether this process has loaded MLflow."""

HEARD = ("say", "on_started", "on_ack", "on_progress")
"""What a listener hears."""

START_AND_DIE = (
    "import os, signal, sys; from experiments import courier;"
    " from experiments.workspace import open_workspace;"
    " courier.start(open_workspace(home=sys.argv[1]), sys.argv[2]);"
    " os.kill(os.getpid(), signal.SIGKILL)"
)
"""A driver that starts the delivery and is killed at once."""


def database_copy(database: Path, folder: Path) -> Path:
    """Copy a database that may be in use, with what its write-ahead log holds."""
    with (
        closing(sqlite3.connect(database)) as source,
        closing(sqlite3.connect(folder / database.name)) as target,
    ):
        source.backup(target)
    return folder / database.name


@pytest.fixture(scope="module")
def tracked(delivered, tmp_path_factory) -> Tracked:
    """Return a delivered study whose runs may be changed."""
    return delivered.copy(tmp_path_factory.mktemp("tracked"))


def test_delivering_the_same_messages_again_adds_nothing(tracked, untracked, tmp_path):
    """A store that never learnt of the delivery finds every run by its key."""
    before = [run.info.run_id for run in tracked.runs()]
    with Store.open(untracked.copy(tmp_path) / "store.sqlite") as store:
        again = deliver_all(store, tracked.workspace)
    assert (again.delivered, again.error) == (n_messages(tracked.document), "")
    assert [run.info.run_id for run in tracked.runs()] == before
    assert again.for_study(tracked.document["study"]["id"], {})["run_id"] == (
        tracked.parent().info.run_id
    )


def test_what_another_machine_delivered_meanwhile_is_passed_over(untracked, tmp_path):
    """Listed, then delivered elsewhere before this process owns the study: no error, no stop."""
    home = untracked.copy(tmp_path)
    with Store.open(home / "store.sqlite") as store, Store.open(home / "store.sqlite") as other:
        own = store.own

        def owned_late(study_id: str) -> Lease:
            assert deliver_all(other, local(home)).error == ""
            return own(study_id)

        elsewhere = evolve(local(home), home=tmp_path / "elsewhere")
        with mock.patch.object(store, "own", owned_late):
            late = deliver_all(store, elsewhere)
    assert (late.delivered, late.waiting, late.error) == (0, 0, "")


def test_nothing_is_delivered_before_a_study_is_complete_and_nobodys(untracked, tmp_path):
    """Whatever MLflow does then, no search has to wait for it."""
    home = untracked.copy(tmp_path)
    seen: list[tuple[str, object]] = []

    def start(workspace: Workspace, study_id: str) -> subprocess.Popen:
        with Store.open(workspace.store_place) as store:
            seen.append((store.study(study_id).state, store.owner(study_id).pid))
        return subprocess.Popen(["true"])

    spec = with_budget(load_study(STUDY), trials=4, seed=9)
    workspace = open_workspace(home=str(home), executor="inline", environment={}, folder=home)
    with mock.patch.object(courier, "start", start):
        studies.run_study(spec, workspace, Listener(**dict.fromkeys(HEARD, lambda *_: None)))
    assert seen == [("complete", None)]


def test_a_run_that_was_cut_short_is_replaced(tracked, untracked, tmp_path):
    """Half a run is removed and written again as a whole; the other runs stay."""
    before = {run.data.tags["outbox_key"]: run.info.run_id for run in tracked.runs()}
    key = next(k for k in before if not k.endswith("/study"))
    tracked.client.update_run(before[key], status="RUNNING")
    with Store.open(untracked.copy(tmp_path) / "store.sqlite") as store:
        assert deliver_all(store, tracked.workspace).error == ""
    after = {run.data.tags["outbox_key"]: run.info.run_id for run in tracked.runs()}
    assert after.pop(key) != before.pop(key)
    assert after == before
    assert {run.info.status for run in tracked.runs()} == {"FINISHED"}


def test_a_server_that_never_answers_does_not_slow_or_fail_a_run(untracked, tracked, tmp_path):
    """The driver never loads MLflow; the run says what waits, and later everything arrives."""
    home = untracked.copy(tmp_path)
    with silent_server() as silent:
        done = subprocess.run(
            [
                *(sys.executable, "-c", ASK_MLFLOW, "run", str(untracked.file), *RUN),
                *("--json", "--home", str(home)),
            ],
            env=environment(FORMULATION_TRACKING_URI=silent, FORMULATION_TRACKING_WAIT_S="300"),
            cwd=home.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        tracking = json.loads(done.stdout)["tracking"]
        assert (tracking["run_id"], tracking["links"]) == (None, {})
        assert f"Tracking server {silent} does not answer" in tracking["error"]
        # Lines are broken anywhere, also in a long path.
        said = f"`formulation track sync --home {home}` tries again"
        assert said.replace(" ", "") in "".join(done.stderr.split())
        assert "mlflow is loaded: False" in done.stderr
    with Store.open(home / "store.sqlite") as store:
        assert len(store.pending_outbox()) == 2 * n_messages(untracked.document)
    good = f"sqlite:///{database_copy(tracked.workspace.home / 'mlflow.db', home)}"
    assert sync(home, good).returncode == 0
    shown = json.loads(drive("front", "S002", "--json", home=home).stdout)["tracking"]
    assert shown["run_id"]
    assert (shown["uri"], shown["error"]) == (good, "")


def test_a_closed_port_keeps_everything_in_order(untracked, tmp_path):
    """Tried once, told with the reason, and `track status` says the same without asking."""
    home = untracked.copy(tmp_path)
    told = json.loads(sync(home, DEAD).stdout)
    assert (told["delivered"], told["waiting"]) == (0, n_messages(untracked.document))
    assert "does not answer" in told["error"]
    done = drive("track", "status", "--json", home=home, FORMULATION_TRACKING_URI=DEAD)
    status = json.loads(done.stdout)
    assert (status["uri"], status["waiting"]) == (DEAD, n_messages(untracked.document))
    (study,) = status["studies"]
    assert (study["label"], study["tries"], study["run_id"]) == ("S001", 1, None)
    assert study["error"] == told["error"]
    with Store.open(home / "store.sqlite") as store:
        kinds = [m.kind for m in store.pending_outbox()]
    assert kinds[:2] == ["study", "candidates"]
    assert set(kinds[2:]) == {"model"}


def test_a_server_that_falls_silent_is_given_up(untracked, tmp_path):
    """Well when it was asked, and then no answer: the messages stay, and say so."""
    home = untracked.copy(tmp_path)
    with falling_silent() as uri:
        told = json.loads(sync(home, uri, MLFLOW_HTTP_REQUEST_TIMEOUT="1").stdout)
    assert (told["delivered"], told["waiting"]) == (0, n_messages(untracked.document))
    assert told["error"].startswith("MlflowException: API request to")


def test_a_driver_that_is_killed_takes_no_delivery_with_it(untracked, tmp_path):
    """The process it started goes on, and everything arrives."""
    home = untracked.copy(tmp_path)
    uri = local(home).tracking_uri
    words = [sys.executable, "-c", START_AND_DIE, str(home), untracked.document["study"]["id"]]
    killed = subprocess.run(
        words, env=environment(FORMULATION_TRACKING_URI=uri), timeout=PATIENCE_S, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with Store.open(home / "store.sqlite") as store:
        until(lambda: not store.pending_outbox(), "the delivery")
        until(lambda: not store.owner(store.study("S001").id).is_at_work, "its end")
    refuse_doubles(uri, untracked.document)


def test_two_deliveries_at_once_write_each_run_once(untracked, tmp_path):
    """One has its turn, the other finds nothing left."""
    home = untracked.copy(tmp_path)
    uri = local(home).tracking_uri
    both = [
        subprocess.Popen(
            command("track", "sync", "--json", home=home),
            env=environment(FORMULATION_TRACKING_URI=uri),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [json.loads(process.communicate(timeout=PATIENCE_S)[0]) for process in both]
    assert sum(t["delivered"] for t in told) == n_messages(untracked.document)
    assert {t["error"] for t in told} == {""}
    refuse_doubles(uri, untracked.document)


def test_all_trials_get_a_run_when_they_are_asked_for(untracked, tracked, tmp_path):
    """Later too: those that are there stay, the others follow with the reason they are not made."""
    home = untracked.copy(tmp_path)
    good = f"sqlite:///{database_copy(tracked.workspace.home / 'mlflow.db', home)}"
    told = drive(
        *("track", "sync", "S001", "--track-children", "all", "--json"),
        home=home,
        FORMULATION_TRACKING_URI=good,
    )
    assert json.loads(told.stdout)["waiting"] == 0, told.stderr
    copied = Tracked(
        open_workspace(home=str(home), environment={"FORMULATION_TRACKING_URI": good}, folder=home),
        {},
        untracked.document,
    )
    before = {run.data.tags["outbox_key"]: run.info.run_id for run in tracked.runs()}
    runs = {run.data.tags["outbox_key"]: run for run in copied.runs()}
    assert len(runs) == 1 + untracked.document["trials"]
    assert before.items() <= {key: run.info.run_id for key, run in runs.items()}.items()
    for point in untracked.document["points"]:
        tags = runs[f"{untracked.document['study']['id']}/C{point['number']:03d}"].data.tags
        assert tags["feasible"] == str(point["is_feasible"]).lower()
        assert ("why_infeasible" in tags) == (not point["is_feasible"])


def test_an_error_without_words_is_still_told(untracked, tmp_path: Path, monkeypatch):
    """A foreign error with an empty message keeps the messages and gives its kind."""

    class Silent:
        def __init__(self, _workspace: Workspace) -> None:
            raise TimeoutError

    monkeypatch.setattr(delivery, "Desk", Silent)
    home = untracked.copy(tmp_path)
    with Store.open(home / "store.sqlite") as store:
        workspace = open_workspace(home=str(home), environment={}, folder=home)
        result = deliver_all(store, workspace)
        assert (result.delivered, result.error) == (0, "TimeoutError")
        assert result.waiting == len(store.pending_outbox()) > 0
        assert {m.last_error for m in store.pending_outbox()[:1]} == {"TimeoutError"}
