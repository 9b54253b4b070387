"""Tracking in MLflow, from the store, through an outbox. With the registry, this is MLflow's home.

A finished study is put into the outbox: one message for the study, one for each candidate of its
front, one for each surrogate it used. Delivering reads the outbox, looks whether the run exists
already, and writes each run with one batch; a message that cannot be delivered stays and says why.
A search never waits for any of this and never fails by it.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from experiments.model_registry import OUTBOX_KEY, ModelRegistry
from experiments.store import Lease, OutboxRecord, Store
from experiments.tracking_messages import (
    CANDIDATE,
    MODEL,
    MODELS_EXPERIMENT,
    STUDY,
    candidate_message,
    front_link,
    model_message,
    study_message,
)
from experiments.workspace import Workspace
from formulation.errors import DataError, StoreError

OFF = "off"
"""Tracking address that leaves everything in the outbox for later."""

MOST_METRICS = 1000
"""Metrics MLflow takes in one batch, [-]."""

MOST_WORDS = 200
"""Characters of a foreign message that are kept, [-]."""

_QUIET = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "DO_NOT_TRACK": "true",
}
"""Set before MLflow is imported: no telemetry, and a dead server is given up in seconds."""


@define
class TrackingResult:
    """What a delivery did."""

    uri: str
    """Tracking address."""

    delivered: int = 0
    """Messages delivered, [-]."""

    waiting: int = 0
    """Messages still in the outbox, [-]."""

    error: str = ""
    """Why some are waiting; empty when none is."""

    left: frozenset[str] = frozenset()
    """Uuids of the studies of which some are waiting for that reason."""

    runs: dict[str, dict[str, str]] = field(factory=dict)
    """By study uuid: experiment and run of its parent."""

    versions: dict[str, dict[str, dict[str, str]]] = field(factory=dict)
    """By study uuid and checksum of a surrogate: name, version, model and run in the registry."""

    def for_study(self, study_id: str) -> dict[str, Any]:
        """Return what a study records of its tracking.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        dict
            Address, run, experiment and links; without a run while it is waiting, [-].
        """
        run = self.runs.get(study_id, {})
        links = _links(run["experiment_id"], study_id, run["order_by"]) if run else {}
        return {
            "uri": self.uri,
            "run_id": run.get("run_id"),
            "experiment_id": run.get("experiment_id"),
            "order_by": run.get("order_by"),
            "links": links,
            "error": self.error if study_id in self.left else "",
        }

    def with_versions(
        self, study_id: str, models: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return what a study records of its surrogates, with where they are registered.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].
        models : sequence of mapping
            Its record of them, [-].

        Returns
        -------
        list of dict
            The same with ``registry``; what it was before where this delivery brought none, [-].
        """
        found = self.versions.get(study_id, {})
        return [{**m, "registry": found.get(m["sha256"], m.get("registry"))} for m in models]


def enqueue_study(store: Store, lease: Lease, document: Mapping[str, Any], report: Path) -> None:
    """Put a finished study, its confirmed candidates and its surrogates into the outbox.

    Of a front that was not confirmed as a whole, the rest stands in the study's document alone: a
    run of its own for each of a thousand candidates takes minutes and can be compared by nobody.

    Parameters
    ----------
    store : Store
        Where the outbox lies, [-].
    lease : Lease
        Ownership of the study, [-].
    document : mapping
        The study's document, [-].
    report : Path
        Its report, [-].
    """
    study = document["study"]
    store.enqueue(lease, STUDY, f"{study['id']}/study", study_message(document, report))
    for candidate in (c for c in document["front"] if c["confirmation"]):
        store.enqueue(
            lease,
            CANDIDATE,
            f"{study['id']}/{candidate['label']}",
            candidate_message(document, candidate),
        )
    used = {model["id"] for model in document["models"]}
    for record in store.models():
        if record.id in used:
            key = f"{study['id']}/{MODEL}/{record.sha256}"
            store.enqueue(lease, MODEL, key, model_message(document, record))


def deliver(store: Store, workspace: Workspace, study_id: str | None = None) -> TrackingResult:
    """Deliver what waits in the outbox, in order, each message once.

    A message that cannot be delivered holds back the rest of its study, not other studies.

    Parameters
    ----------
    store : Store
        Where the outbox lies, [-].
    workspace : Workspace
        Tracking address and artefact folder, [-].
    study_id : str, optional
        Only this study's messages; every study's by default, [-].

    Returns
    -------
    TrackingResult
        What was delivered, and why the rest waits, [-].
    """
    result = TrackingResult(uri=workspace.tracking_uri)
    desk: _Desk | None = None
    pending = store.pending_outbox(study_id)
    if workspace.tracking_uri == OFF:
        result.waiting = len(pending)
        return result
    held: set[str] = set()
    for message in pending:
        if message.study_id in held:
            result.waiting += 1
            continue
        try:
            desk = desk or _Desk(workspace)
            desk.deliver(message, result)
        except Exception as error:  # the boundary to a foreign service: keep the message, say why
            words = str(error).strip().partition("\n")[0][:MOST_WORDS]
            result.error = f"{type(error).__name__}: {words}".rstrip(": ")
            result.waiting += 1
            held.add(message.study_id)
            result.left = frozenset(held)
            store.mark_outbox(message.seq, error=result.error)
            continue
        try:
            store.mark_outbox(message.seq)
        except StoreError:
            continue  # another process delivered it meanwhile, which is as good
        result.delivered += 1
    return result


def fetch_model(workspace: Workspace, name: str, checksum: str, folder: Path) -> None:
    """Write the bytes of a registered surrogate into a folder, unchecked.

    Parameters
    ----------
    workspace : Workspace
        Whose tracking address has the registry, [-].
    name : str
        Name of the model, [-].
    checksum : str
        SHA-256 of its file, [-].
    folder : Path
        An empty folder, [-].

    Raises
    ------
    DataError
        Tracking is off, does not answer, or does not know the version.
    """
    if workspace.tracking_uri == OFF:
        raise DataError("Tracking is off, so there is no registry to fetch from.")
    try:
        _Desk(workspace).fetch(name, checksum, folder)
    except DataError:
        raise
    except Exception as error:  # the boundary to a foreign service, as above
        words = str(error).strip().partition("\n")[0][:MOST_WORDS]
        raise DataError(
            f"Model {name} {checksum[:12]} cannot be fetched from {workspace.tracking_uri}:"
            f" {type(error).__name__}: {words}.",
            hint="Fit it again: formulation models train.",
        ) from error


class _Desk:
    """Writes messages to MLflow, each run at most once."""

    def __init__(self, workspace: Workspace) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        # Without the second address, the registry would be whatever the environment names.
        self._client = MlflowClient(workspace.tracking_uri, workspace.tracking_uri)
        self._registry = ModelRegistry(self._client)
        self._artifacts = workspace.artifacts_folder

    def deliver(self, message: OutboxRecord, result: TrackingResult) -> None:
        payload = message.payload
        experiment = self._experiment(payload["experiment"])
        key = {"study_id": message.study_id, OUTBOX_KEY: message.key}
        parent = None
        if message.kind != STUDY:
            parent = self._find(experiment, f"{message.study_id}/study")
        run_id: str | None
        if message.kind == MODEL:
            run_id = self._link(message, parent, result)
        else:
            run_id = self._find(experiment, message.key)
            if message.kind == CANDIDATE:
                key["mlflow.parentRunId"] = parent or ""
            if run_id is None:
                run_id = self._write(experiment, payload, key)
        if message.kind == STUDY or parent is not None:
            result.runs[message.study_id] = {
                "run_id": parent or run_id,
                "experiment_id": experiment,
                "order_by": payload["order_by"],
            }

    def fetch(self, name: str, checksum: str, folder: Path) -> None:
        """Write the bytes of a registered surrogate into a folder."""
        self._registry.fetch(name, checksum, folder)

    def _link(self, message: OutboxRecord, parent: str | None, result: TrackingResult) -> str:
        """Register a surrogate and note it with the run of the study that used it."""
        from mlflow.entities import LoggedModelInput

        if parent is None:
            raise DataError("The run of the study is not there, so no surrogate is linked to it.")
        payload = message.payload
        found = self._registry.register(payload, self._experiment(MODELS_EXPERIMENT))
        linked = self._client.get_run(parent).inputs.model_inputs
        if found["model_id"] not in {model.model_id for model in linked}:
            self._client.log_inputs(parent, models=[LoggedModelInput(found["model_id"])])
        system = payload["tags"]["system"]
        place = f"{found['name']}/{found['version']}"
        self._client.set_tag(parent, f"surrogate.{system}", place)
        self._client.set_tag(parent, f"surrogate_id.{system}", found["model_id"])
        result.versions.setdefault(message.study_id, {})[payload["sha256"]] = found
        return parent

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        self._artifacts.mkdir(parents=True, exist_ok=True)
        location = (self._artifacts / name).as_uri()
        return str(self._client.create_experiment(name, artifact_location=location))

    def _find(self, experiment: str, key: str) -> str | None:
        """Return the finished run of a message; one that was cut short is removed first."""
        runs = self._client.search_runs([experiment], f"tags.{OUTBOX_KEY} = '{key}'")
        whole = [r for r in runs if r.info.status == "FINISHED"]
        for run in runs:
            if run not in whole:
                self._client.delete_run(run.info.run_id)
        return str(whole[0].info.run_id) if whole else None

    def _write(self, experiment: str, payload: Mapping[str, Any], key: dict[str, str]) -> str:
        from mlflow.entities import Metric, Param, RunTag

        run = self._client.create_run(
            experiment, tags={**payload["tags"], **key}, run_name=payload["name"]
        )
        run_id = str(run.info.run_id)
        at = int(run.info.start_time)
        metrics = [Metric(name, value, at, step) for name, value, step in payload["metrics"]]
        params = [Param(name, str(value)) for name, value in payload["params"].items()]
        for k in range(0, max(len(metrics), 1), MOST_METRICS):
            self._client.log_batch(
                run_id,
                metrics=metrics[k : k + MOST_METRICS],
                params=params if k == 0 else [],
                tags=[RunTag("mlflow.note.content", payload["note"])] if k == 0 else [],
            )
        for text, name in payload.get("texts", []):
            self._client.log_text(run_id, text, name)
        for path in payload.get("files", []):
            if Path(path).is_file():
                self._client.log_artifact(run_id, path)
        self._client.set_terminated(run_id)
        return run_id


def _links(experiment_id: str, study_id: str, order_by: str) -> dict[str, str]:
    return {"front": front_link(experiment_id, study_id, order_by)}
