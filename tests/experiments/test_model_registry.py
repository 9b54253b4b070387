"""Surrogates in MLflow's registry: each version once, whole, and never loaded by MLflow."""

import json
import shutil
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

from experiments.model_registry import FLAVOR, registered_name
from experiments.store import Store
from experiments.tracking import fetch_model
from experiments.tracking_messages import MODELS_EXPERIMENT, MOST_DESCRIPTION
from experiments.workspace import Workspace, open_workspace
from formulation.errors import DataError
from models.keeping.files import MODEL_FILE, load_estimator
from tests.experiments.test_end_to_end import RUN, drive
from tests.experiments.test_tracking import DEAD, deliver_all, n_messages

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SYSTEMS = ("immediate_release", "timed_release")
NAMES = tuple(f"{system}@healthy_adults" for system in SYSTEMS)


@frozen
class Registered:
    """A workspace after two studies with the same surrogates were delivered."""

    workspace: Workspace
    documents: tuple[dict, dict]

    @property
    def client(self) -> Any:
        """A client of the workspace's tracking."""
        from mlflow import MlflowClient

        return MlflowClient(self.workspace.tracking_uri, self.workspace.tracking_uri)

    def versions(self) -> list[Any]:
        """Return every registered version, by name."""
        return sorted(self.client.search_model_versions(""), key=lambda v: v.name)

    def run_of(self, document: dict) -> Any:
        """Return the run of a study."""
        return self.client.get_run(document["tracking"]["run_id"])

    def folder(self, version: Any) -> Path:
        """Return the folder in which a version's files lie."""
        return self.folder_of(version.tags["model_id"])

    def folder_of(self, model_id: str) -> Path:
        """Return the folder in which a model's files lie."""
        location = self.client.get_logged_model(model_id).artifact_location
        return Path(location.removeprefix("file://"))


def tracked_home(home: Path) -> Workspace:
    """Return a workspace that tracks into its own folder."""
    return open_workspace(home=str(home), environment={}, folder=home)


@pytest.fixture(scope="module")
def registered(untracked, delivered, tmp_path_factory) -> Registered:
    """Deliver a second study that loads the same surrogates as the one that was delivered."""
    assert delivered.told["error"] == ""
    workspace = delivered.copy(tmp_path_factory.mktemp("registered")).workspace
    home = workspace.home
    again = drive(
        *("run", str(untracked.file), *RUN, "--json"),
        home=home,
        FORMULATION_TRACKING_URI=workspace.tracking_uri,
    )
    assert again.returncode == 0, again.stderr
    # Whoever delivers in the background has its turn first; then nothing is left.
    rest = drive("track", "--json", home=home, FORMULATION_TRACKING_URI=workspace.tracking_uri)
    assert (json.loads(rest.stdout)["waiting"], json.loads(rest.stdout)["error"]) == (0, "")
    first, second = (
        json.loads(drive("front", label, "--json", home=home).stdout) for label in ("S001", "S002")
    )
    return Registered(workspace, (first, second))


def test_each_version_is_registered_once_however_many_studies_use_it(registered) -> None:
    """Under the name of its system and population, with the checksum of the store."""
    versions = registered.versions()
    assert [(v.name, v.version) for v in versions] == [(name, 1) for name in NAMES]
    with Store.open(registered.workspace.store_place) as store:
        by_name = {m.name: m for m in store.models()}
    for version in versions:
        record = by_name[version.name]
        assert version.tags["sha256"] == record.sha256
        assert version.tags["uuid"] == record.id
        assert version.tags["code_sha256"] == record.card["code_sha256"]
        assert version.tags["laboratory_data"] == "false"
        assert version.status == "READY"


def test_a_version_holds_the_bytes_that_were_fitted_and_its_card(registered) -> None:
    """Nothing else, and our loader reads them."""
    for version in registered.versions():
        folder = registered.folder(version)
        names = {p.name for p in folder.iterdir()}
        assert names == {MODEL_FILE, "card.json", "card.md", "input_example.json", "MLmodel"}
        checksum = version.tags["sha256"]
        assert sha256((folder / MODEL_FILE).read_bytes()).hexdigest() == checksum
        assert load_estimator(folder, checksum)["system"] in SYSTEMS
        assert "## Where it applies" in (folder / "card.md").read_text()


# MLflow warns of a type hint of its own when this part of it is imported.
@pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")
def test_nobody_can_load_a_version_through_mlflow(registered) -> None:
    """MLmodel has no flavour with code, loader or path."""
    import mlflow
    from mlflow.exceptions import MlflowException

    for version in registered.versions():
        described = yaml.safe_load((registered.folder(version) / "MLmodel").read_text())
        assert set(described["flavors"]) == {FLAVOR}
        assert set(described["flavors"][FLAVOR]) == {"sha256", "read_by"}
        with pytest.raises(MlflowException, match="python_function"):
            mlflow.pyfunc.load_model(str(registered.folder(version)))


def test_signature_and_example_are_those_of_the_surrogate(registered) -> None:
    """Features with types, outputs by name, and the features of a real design."""
    from mlflow.models import Model

    for version in registered.versions():
        folder = registered.folder(version)
        card = json.loads((folder / "card.json").read_text())
        model = Model.load(str(folder))
        inputs = model.signature.inputs
        assert inputs.input_names() == list(card["features"])
        assert {t.name for t in inputs.input_types()} == {"double"}
        assert model.signature.outputs.input_names() == [o["name"] for o in card["outputs"]]
        assert "absorbed_increment.p50" in model.signature.outputs.input_names()
        (row,) = model.load_input_example(str(folder)).to_numpy()
        for value, (low, high) in zip(row, card["features"].values(), strict=True):
            assert low <= value <= high


def test_the_card_is_the_description(registered) -> None:
    """Short enough for any database, and it says what it is not for."""
    for version in registered.versions():
        assert version.description.startswith(f"# {version.name}\n")
        assert "emulator, no laboratory data" in version.description
        assert "## Not for" in version.description
        assert len(version.description) <= MOST_DESCRIPTION


def test_the_run_of_a_fit_names_its_data_by_hash(registered) -> None:
    """Simulated rows by the hash of their numbers."""
    client = registered.client
    experiment = client.get_experiment_by_name(MODELS_EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == len(NAMES)
    for run in runs:
        (data,) = run.inputs.dataset_inputs
        assert {t.key: t.value for t in data.tags} == {
            "mlflow.data.context": "training",
            "origin": "simulated",
        }
        (output,) = run.outputs.model_outputs
        card = json.loads((registered.folder_of(output.model_id) / "card.json").read_text())
        assert data.dataset.digest == card["data"][0]["digest"]
        assert run.data.metrics["curve_mae"] == pytest.approx(card["metrics"]["curve"]["mae"])


def test_the_run_of_a_study_is_linked_with_its_versions(registered) -> None:
    """By tag and by model."""
    ids = {v.name: v.tags["model_id"] for v in registered.versions()}
    for document in registered.documents:
        run = registered.run_of(document)
        for system, name in zip(SYSTEMS, NAMES, strict=True):
            assert run.data.tags[f"surrogate.{system}"] == f"{name}/1"
            assert run.data.tags[f"surrogate_id.{system}"] == ids[name]
        linked = [m.model_id for m in run.inputs.model_inputs]
        assert sorted(linked) == sorted(ids.values())


def test_a_study_knows_the_versions_it_used(registered, untracked) -> None:
    """None while they wait in the outbox; name, version and model once they are delivered."""
    assert {m["registry"] for m in untracked.document["models"]} == {None}
    by_name = {v.name: v for v in registered.versions()}
    for document in registered.documents:
        assert {m["name"] for m in document["models"]} == set(NAMES)
        for model in document["models"]:
            version = by_name[model["name"]]
            assert model["registry"] == {
                "name": version.name,
                "version": "1",
                "model_id": version.tags["model_id"],
                "run_id": version.run_id,
            }
            assert model["registry"]["version"] == str(version.version)
            assert model["sha256"] == version.tags["sha256"]


def test_delivering_again_makes_no_second_version(registered, untracked, tmp_path) -> None:
    """A store that never learnt of the delivery finds what is there."""
    before = [(v.name, v.version, v.tags["model_id"]) for v in registered.versions()]
    with Store.open(untracked.copy(tmp_path) / "store.sqlite") as store:
        again = deliver_all(store, registered.workspace)
    assert (again.delivered, again.error) == (n_messages(untracked.document), "")
    assert [(v.name, v.version, v.tags["model_id"]) for v in registered.versions()] == before
    study_id = untracked.document["study"]["id"]
    assert len(again.versions[study_id]) == len(NAMES)
    run = registered.run_of(registered.documents[0])
    assert len(run.inputs.model_inputs) == len(NAMES)


@pytest.mark.parametrize("step", ["create_model_version", "log_model_artifacts", "set_terminated"])
def test_a_registration_that_was_cut_short_is_made_again(
    step, untracked, tmp_path, monkeypatch
) -> None:
    """Wherever it stopped: one whole version in the end, nothing half beside it."""
    from mlflow import MlflowClient

    home = untracked.copy(tmp_path)
    workspace = tracked_home(home)
    original = getattr(MlflowClient, step)

    def breaks(self: Any, *args: Any, **kwargs: Any) -> Any:
        kind = self.get_run(args[0]).data.tags["kind"] if step == "set_terminated" else "model"
        if kind == "model":
            raise ConnectionError("the line went dead")
        return original(self, *args, **kwargs)

    with Store.open(home / "store.sqlite") as store:
        monkeypatch.setattr(MlflowClient, step, breaks)
        cut = deliver_all(store, workspace)
        assert cut.error == "ConnectionError: the line went dead"
        assert cut.waiting == len(NAMES)
        monkeypatch.undo()
        assert (deliver_all(store, workspace).waiting, deliver_all(store, workspace).error) == (
            0,
            "",
        )
    found = Registered(workspace, (untracked.document, untracked.document))
    assert [v.name for v in found.versions()] == list(NAMES)
    experiment = found.client.get_experiment_by_name(MODELS_EXPERIMENT).experiment_id
    assert len(found.client.search_logged_models([experiment])) == len(NAMES)
    assert {r.info.status for r in found.client.search_runs([experiment])} == {"FINISHED"}


def test_a_dead_server_leaves_surrogates_in_the_outbox(untracked, tmp_path) -> None:
    """With the rest of their study; the exit code says that something waits."""
    home = untracked.copy(tmp_path)
    done = drive("track", "--json", home=home, FORMULATION_TRACKING_URI=DEAD)
    assert done.returncode == 6
    told = json.loads(done.stdout)
    assert (told["delivered"], told["waiting"]) == (0, n_messages(untracked.document))
    with Store.open(home / "store.sqlite") as store:
        kinds = [m.kind for m in store.pending_outbox()]
        assert {m["registry"] for m in store.study("S001").info["models"]} == {None}
    assert kinds.count("model") == len(NAMES)


def test_a_file_that_was_changed_is_not_registered(untracked, tmp_path) -> None:
    """The message stays and says so; runs and candidates are delivered."""
    home = untracked.copy(tmp_path)
    far = tmp_path / ("far" * 40)  # the reason stands behind a path, however long that is
    models = Path(shutil.copytree(untracked.home / "models", far / "models"))
    with Store.open(home / "store.sqlite") as store:
        old = Path(store.models()[0].path)
    for path in models.glob("*/" + MODEL_FILE):
        path.write_bytes(path.read_bytes() + b"\0")
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute(
            "UPDATE model_version SET path = replace(path, ?, ?)", (str(old.parent), str(models))
        )
    with Store.open(home / "store.sqlite") as store:
        result = deliver_all(store, tracked_home(home))
    assert "was changed after it was fitted; not registered" in result.error
    assert result.waiting == len(NAMES)


def test_the_bytes_come_back_from_the_registry(registered, tmp_path) -> None:
    """The same, into a folder; whoever asked checks them."""
    version = registered.versions()[0]
    fetch_model(registered.workspace, version.name, version.tags["sha256"], tmp_path)
    content = (tmp_path / MODEL_FILE).read_bytes()
    assert sha256(content).hexdigest() == version.tags["sha256"]


def test_a_version_that_is_not_there_cannot_be_fetched(registered, tmp_path) -> None:
    """And what to do instead."""
    with pytest.raises(DataError, match=r"is not in the registry.*formulation models train"):
        fetch_model(registered.workspace, NAMES[0], "0" * 64, tmp_path)
    dead = open_workspace(
        home=str(tmp_path), environment={"FORMULATION_TRACKING_URI": DEAD}, folder=tmp_path
    )
    with pytest.raises(DataError, match=r"cannot be fetched from http://127\.0\.0\.1:9"):
        fetch_model(dead, NAMES[0], "0" * 64, tmp_path)


@pytest.mark.parametrize(
    ("name", "taken"), [("a@b", "a@b"), ("a/b:c", "a-b-c"), ("a'b\"c%", "a-b-c-")]
)
def test_names_are_those_a_registry_takes(name, taken) -> None:
    """Without the signs of its addresses and of its queries."""
    assert registered_name(name) == taken
