"""Tracking in MLflow: delivered once, delivered later, and never in the way of a study."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from experiments import tracking
from experiments.publishing import tracking_links
from experiments.store import Store
from experiments.tracking import deliver
from experiments.tracking_messages import RELEASE_METRIC, metric_name
from experiments.workspace import Workspace, open_workspace
from tests.experiments.test_end_to_end import RUN, Finished, drive, run_small_study

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EXPERIMENT = "mg-small"
DEAD = "http://127.0.0.1:9"
"""Port of the discard service, where nothing answers."""


@pytest.fixture(scope="module")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run the small study with tracking off."""
    return run_small_study(tmp_path_factory.mktemp("untracked"))


@frozen
class Tracked:
    """A workspace after its first delivery."""

    workspace: Workspace
    told: dict
    document: dict

    def runs(self) -> list[Any]:
        """Return every run that was not deleted."""
        found = self.client.search_runs([self.experiment.experiment_id])
        return sorted(found, key=lambda run: run.data.tags["outbox_key"])

    def parent(self) -> Any:
        """Return the run of the study."""
        return next(run for run in self.runs() if run.data.tags["kind"] == "study")

    @property
    def client(self) -> Any:
        """A client of the workspace's tracking."""
        from mlflow import MlflowClient

        return MlflowClient(self.workspace.tracking_uri)

    @property
    def experiment(self) -> Any:
        """The study's experiment."""
        return self.client.get_experiment_by_name(EXPERIMENT)


@pytest.fixture(scope="module")
def tracked(untracked, tmp_path_factory) -> Tracked:
    """Deliver what waited, with ``formulation track``, to a database of its own."""
    home = untracked.copy(tmp_path_factory.mktemp("tracked"))
    workspace = open_workspace(home=str(home), environment={}, folder=home)
    done = drive("track", "--json", home=home, FORMULATION_TRACKING_URI=workspace.tracking_uri)
    assert done.returncode == 0, done.stderr
    return Tracked(workspace, json.loads(done.stdout), untracked.document)


def n_messages(document: dict) -> int:
    """Return how many messages a study leaves: itself, its front, its surrogates."""
    return 1 + len(document["front"]) + len(document["models"])


def series(tracked: Tracked, run: Any, name: str) -> dict[int, float]:
    """Return the values of one metric by step."""
    return {m.step: m.value for m in tracked.client.get_metric_history(run.info.run_id, name)}


def test_tracking_that_is_off_keeps_every_message(untracked):
    """Nothing is written, nothing is an error, and the run says where it stands."""
    document = untracked.document
    assert document["tracking"]["uri"] == "off"
    assert (document["tracking"]["run_id"], document["tracking"]["error"]) == (None, "")
    assert not (untracked.home / "mlflow.db").exists()
    with Store.open(untracked.home / "store.sqlite") as store:
        assert len(store.pending_outbox()) == n_messages(document)


def test_track_delivers_later_what_waited(tracked):
    """The study and each candidate of its front, and the study then knows its run."""
    assert tracked.told["delivered"] == n_messages(tracked.document)
    assert (tracked.told["waiting"], tracked.told["error"]) == (0, "")
    with Store.open(tracked.workspace.store_place) as store:
        noted = store.study("S001").info["tracking"]
    assert noted["run_id"] == tracked.parent().info.run_id
    links = tracking_links(tracked.workspace, 5123)
    assert links["S001"].startswith("http://127.0.0.1:5123/#/experiments/")
    assert tracked.document["study"]["id"] in links["S001"]


def test_the_run_of_a_study_has_its_tags_and_history(tracked):
    """Metrics of the search are steps by trial."""
    run, document = tracked.parent(), tracked.document
    tags = run.data.tags
    assert run.info.status == "FINISHED"
    assert (tags["pareto"], tags["study"], tags["study_id"]) == (
        "false",
        "S001",
        document["study"]["id"],
    )
    assert tags["config_sha256"] == document["study"]["config_sha256"]
    assert run.data.params["executor"] == "inline"
    expected = {point["trial"]: point["hypervolume"] for point in document["history"]}
    assert series(tracked, run, "hypervolume") == pytest.approx(expected)


def test_a_candidate_that_was_not_confirmed_gets_no_run(untracked):
    """It stands in the study's document."""

    class Outbox:
        keys: tuple[str, ...] = ()

        def enqueue(self, _lease, _kind, key, _message):
            """Note the key."""
            self.keys = (*self.keys, key)

        def models(self):
            """Return no model."""
            return ()

    first, *others = untracked.document["front"]
    document = {**untracked.document, "front": [{**first, "confirmation": None}, *others]}
    outbox = Outbox()
    tracking.enqueue_study(outbox, None, document, Path("report.html"))
    names = [key.split("/")[1] for key in outbox.keys]
    assert names == ["study", *(candidate["label"] for candidate in others)]


def test_html_in_the_question_stays_text(tracked):
    """MLflow shows the note as Markdown; nothing of it may become an element."""
    for run in tracked.runs():
        assert not any("<img" in value for value in run.data.tags.values())
    assert "&lt;img src=x&gt;" in tracked.parent().data.tags["mlflow.note.content"]


def test_the_run_of_a_study_holds_its_report_and_document(tracked):
    """Both can be opened from the tracking alone."""
    run_id = tracked.parent().info.run_id
    names = {a.path for a in tracked.client.list_artifacts(run_id)}
    assert names == {"S001.html", "study.json"}
    folder = tracked.workspace.artifacts_folder / EXPERIMENT / run_id / "artifacts"
    stored = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    assert stored["front"] == tracked.document["front"]
    assert "<html" in (folder / "S001.html").read_text(encoding="utf-8")


def test_the_children_of_a_study_are_its_front(tracked):
    """One run for each candidate, marked as such, below the run of the study."""
    parent = tracked.parent()
    children = [run for run in tracked.runs() if run.data.tags["pareto"] == "true"]
    assert {run.data.tags["design_key"] for run in children} == {
        c["design_key"] for c in tracked.document["front"]
    }
    assert len(children) == len(tracked.document["front"]) == len(tracked.runs()) - 1
    for run in children:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.params["delivery_system"] == run.data.tags["delivery_system"]


def test_a_candidate_has_its_recipe_and_objectives_with_units(tracked):
    """Amounts in mg, endpoints with their unit and interval, confirmed values beside them."""
    by_key = {run.data.tags.get("design_key"): run.data.metrics for run in tracked.runs()}
    for candidate in tracked.document["front"]:
        metrics = by_key[candidate["design_key"]]
        for name, amount in candidate["recipe_mg"].items():
            assert metrics[f"{name}_mg"] == pytest.approx(amount)
        for key, value in candidate["objectives"].items():
            name = metric_name(key)
            assert metrics[name] == pytest.approx(value)
            assert metrics[f"{name}_lo90"] <= metrics[name] <= metrics[f"{name}_hi90"]
            confirmed = candidate["confirmation"]["values"][key]
            assert metrics[f"{name}_confirmed"] == pytest.approx(confirmed)


def test_a_release_curve_is_a_metric_by_minute_with_its_band(tracked):
    """Steps are minutes, values percent dissolved."""
    by_key = {run.data.tags.get("design_key"): run for run in tracked.runs()}
    candidate = tracked.document["front"][0]
    curve = candidate["curves"]["release"]
    minutes = [round(x) for x in curve["x"]]
    assert len(set(minutes)) == len(minutes), "two times share a step"
    for suffix, part in (("", "y"), ("_lo90", "lo90"), ("_hi90", "hi90")):
        found = series(tracked, by_key[candidate["design_key"]], RELEASE_METRIC + suffix)
        assert found == pytest.approx(dict(zip(minutes, curve[part], strict=True)))


def test_delivering_the_same_messages_again_adds_nothing(tracked, untracked, tmp_path):
    """A store that never learnt of the delivery finds every run by its key."""
    before = [run.info.run_id for run in tracked.runs()]
    with Store.open(untracked.copy(tmp_path) / "store.sqlite") as store:
        again = deliver(store, tracked.workspace)
    assert (again.delivered, again.error) == (n_messages(tracked.document), "")
    assert [run.info.run_id for run in tracked.runs()] == before
    assert again.for_study(tracked.document["study"]["id"])["run_id"] == (
        tracked.parent().info.run_id
    )


def test_a_run_that_was_cut_short_is_replaced(tracked, untracked, tmp_path):
    """Half a run is removed and written again as a whole; the other runs stay."""
    before = {run.data.tags["outbox_key"]: run.info.run_id for run in tracked.runs()}
    key = next(k for k in before if not k.endswith("/study"))
    tracked.client.update_run(before[key], status="RUNNING")
    with Store.open(untracked.copy(tmp_path) / "store.sqlite") as store:
        assert deliver(store, tracked.workspace).error == ""
    after = {run.data.tags["outbox_key"]: run.info.run_id for run in tracked.runs()}
    assert after.pop(key) != before.pop(key)
    assert after == before
    assert {run.info.status for run in tracked.runs()} == {"FINISHED"}


def test_a_dead_server_does_not_fail_a_run(untracked, tracked, tmp_path):
    """The run ends well and says what waits; a later delivery to a good address brings it all."""
    home = untracked.copy(tmp_path)
    done = drive(
        "run", str(untracked.file), *RUN, "--json", home=home, FORMULATION_TRACKING_URI=DEAD
    )
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["tracking"]["run_id"] is None
    assert DEAD in document["tracking"]["error"]
    assert "`formulation track` tries again" in " ".join(done.stderr.split())
    with Store.open(home / "store.sqlite") as store:
        assert len(store.pending_outbox()) == 2 * n_messages(document)
    good = f"sqlite:///{shutil.copy(tracked.workspace.home / 'mlflow.db', home)}"
    later = drive("track", home=home, FORMULATION_TRACKING_URI=good)
    assert later.returncode == 0
    assert later.stdout.endswith("delivered, 0 waiting\n")
    shown = json.loads(drive("front", "S002", "--json", home=home).stdout)["tracking"]
    assert shown["run_id"]
    assert (shown["uri"], shown["error"]) == (good, "")


def test_an_error_without_words_is_still_told(untracked, tmp_path: Path, monkeypatch):
    """A foreign error with an empty message keeps the messages and gives its kind."""

    class Silent:
        def __init__(self, _workspace: Workspace) -> None:
            raise TimeoutError

    monkeypatch.setattr(tracking, "_Desk", Silent)
    home = untracked.copy(tmp_path)
    with Store.open(home / "store.sqlite") as store:
        workspace = open_workspace(home=str(home), environment={}, folder=home)
        result = deliver(store, workspace)
        assert (result.delivered, result.error) == (0, "TimeoutError")
        assert result.waiting == len(store.pending_outbox()) > 0
        assert {m.last_error for m in store.pending_outbox()[:1]} == {"TimeoutError"}
