"""Tracking in MLflow, from the store, through an outbox. This is MLflow's one home.

A finished study is put into the outbox: one message for the study, one for each
candidate of its front. Delivering reads the outbox, looks whether the run exists already, and
writes each run with one batch; a message that cannot be delivered stays and says why. A search
never waits for any of this and never fails by it.
"""

import json
import logging
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import define, field

from experiments.store import Lease, OutboxRecord, Store
from experiments.workspace import Workspace
from formulation.errors import StoreError
from formulation.targets import get_endpoint

STUDY, CANDIDATE = "study", "candidate"
RELEASE_METRIC = "dissolved_pct_by_min"
UI_PORT = 5000
NOTE_END = "\n\nSimulated unless said otherwise; not medical advice."
OFF = "off"
"""Tracking address that leaves everything in the outbox for later."""

MOST_METRICS = 1000
"""Metrics MLflow takes in one batch, [-]."""

MOST_WORDS = 200
"""Characters of a foreign message that are kept, [-]."""

_QUIET = {
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


def enqueue_study(store: Store, lease: Lease, document: Mapping[str, Any], report: Path) -> None:
    """Put a finished study and its front into the outbox.

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
    store.enqueue(lease, STUDY, f"{study['id']}/study", _study_payload(document, report))
    for candidate in document["front"]:
        store.enqueue(
            lease,
            CANDIDATE,
            f"{study['id']}/{candidate['label']}",
            _candidate_payload(document, candidate),
        )


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


def front_link(experiment_id: str, study_id: str, order_by: str, port: int = UI_PORT) -> str:
    """Return the address of the view that shows a study's front with its curves.

    Parameters
    ----------
    experiment_id : str
        MLflow's experiment, [-].
    study_id : str
        Uuid of the study, [-].
    order_by : str
        Metric to sort by; without one MLflow folds the runs away, [-].
    port : int, optional
        Port of ``formulation ui``, [-].

    Returns
    -------
    str
        Address on this machine, [-].
    """
    wanted = quote(f"tags.study_id='{study_id}' and tags.pareto='true'", safe="")
    order = quote(f"metrics.`{order_by}`", safe="")
    return (
        f"http://127.0.0.1:{port}/#/experiments/{experiment_id}/runs"
        f"?workflowType=machine_learning&compareRunsMode=CHART"
        f"&orderByKey={order}&orderByAsc=false&searchFilter={wanted}"
    )


def metric_name(key: str) -> str:
    """Return the name of an endpoint in MLflow, with its unit as suffix.

    Parameters
    ----------
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Such as ``absorbed_increment_p50_mg_per_d``, [-].

    Examples
    --------
    >>> metric_name("absorbed_increment.p50")
    'absorbed_increment_p50_mg_per_d'
    """
    unit = get_endpoint(key).unit.replace("percent", "pct").replace("1/d", "per_d")
    return f"{key.replace('.', '_')}_{unit.replace('/', '_per_')}"


class _Desk:
    """Writes messages to MLflow, each run at most once."""

    def __init__(self, workspace: Workspace) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        self._client = MlflowClient(workspace.tracking_uri)
        self._artifacts = workspace.artifacts_folder

    def deliver(self, message: OutboxRecord, result: TrackingResult) -> None:
        payload = message.payload
        experiment = self._experiment(payload["experiment"])
        key = {"study_id": message.study_id, "outbox_key": message.key}
        run_id = self._find(experiment, message.key)
        parent = None
        if message.kind == CANDIDATE:
            parent = self._find(experiment, f"{message.study_id}/study")
            key["mlflow.parentRunId"] = parent or ""
        if run_id is None:
            run_id = self._write(experiment, payload, key)
        if message.kind == STUDY or parent is not None:
            result.runs[message.study_id] = {
                "run_id": parent or run_id,
                "experiment_id": experiment,
                "order_by": payload["order_by"],
            }

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        self._artifacts.mkdir(parents=True, exist_ok=True)
        location = (self._artifacts / name).as_uri()
        return str(self._client.create_experiment(name, artifact_location=location))

    def _find(self, experiment: str, key: str) -> str | None:
        """Return the finished run of a message; one that was cut short is removed first."""
        runs = self._client.search_runs([experiment], f"tags.outbox_key = '{key}'")
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


def _study_payload(document: Mapping[str, Any], report: Path) -> dict[str, Any]:
    study = document["study"]
    series = [
        (name, value, point["trial"])
        for point in document["history"]
        for name, value in point.items()
        if name != "trial"
    ]
    return {
        "experiment": _experiment_name(study["name"]),
        "name": f"{study['label']} {study['name']}",
        "order_by": metric_name(document["objectives"][0]["key"]),
        # MLflow shows a note as Markdown, in which HTML would be more than text.
        "note": escape(study["question"]) + NOTE_END,
        "tags": {
            "kind": STUDY,
            "study": study["label"],
            "pareto": "false",
            "config_sha256": study["config_sha256"],
            "code_sha256": study["code_sha256"],
            "state": study["state"],
            "systems": ", ".join(study["systems"]),
            "population": study["population"]["name"],
        },
        "params": {
            "budget": study["budget"],
            "seed": document["seed"],
            "strategy": study["strategy"],
            "executor": document["executor"].get("kind", ""),
            "jurisdiction": study["jurisdiction"],
        },
        "metrics": [*series, ("n_front", float(len(document["front"])), 0)],
        "texts": [[json.dumps(document, indent=1), "study.json"]],
        "files": [str(report)],
    }


def _candidate_payload(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any]:
    study = document["study"]
    metrics = [(f"{name}_mg", value, 0) for name, value in candidate["recipe_mg"].items()]
    metrics += [(metric_name(key), value, 0) for key, value in candidate["values"].items()]
    for key, (low, high) in candidate["intervals"].items():
        metrics += [(f"{metric_name(key)}_lo90", low, 0), (f"{metric_name(key)}_hi90", high, 0)]
    curve = candidate["curves"].get("release")
    if curve:
        for suffix, part in (("", "y"), ("_lo90", "lo90"), ("_hi90", "hi90")):
            metrics += [
                (RELEASE_METRIC + suffix, y, round(x))
                for x, y in zip(curve["x"], curve[part], strict=True)
            ]
    confirmation = candidate["confirmation"]
    if confirmation:
        metrics += [
            (f"{metric_name(o['key'])}_confirmed", confirmation["values"][o["key"]], 0)
            for o in document["objectives"]
        ]
    design = candidate["design"]
    return {
        "experiment": _experiment_name(study["name"]),
        "order_by": metric_name(document["objectives"][0]["key"]),
        "name": f"{study['label']}-{candidate['label']} {candidate['title']}",
        "note": f"{candidate['title']}, {candidate['regimen']}",
        "tags": {
            "kind": CANDIDATE,
            "study": study["label"],
            "pareto": "true",
            "delivery_system": design["system"],
            "feasible": "true",
            "origin": candidate["origin"],
            "design_key": candidate["design_key"],
            "confirmed": str(bool(confirmation and confirmation["is_confirmed"])).lower(),
        },
        "params": {
            "delivery_system": design["system"],
            "salt": "+".join(filter(None, (design["salt"], design.get("second_salt")))),
            "regimen": candidate["regimen"],
            **candidate["process"],
        },
        "metrics": metrics,
    }


def _experiment_name(study_name: str) -> str:
    return "mg-" + study_name.replace("/", "-")


def _links(experiment_id: str, study_id: str, order_by: str) -> dict[str, str]:
    return {"front": front_link(experiment_id, study_id, order_by)}
