"""Writing to MLflow: each run once, as a whole, with one batch for a thousand metrics.

A run is ended last. One that is not ended was cut short by whoever wrote it; it is removed, and
written again.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments import failpoints
from experiments.model_registry import OUTBOX_KEY, ModelRegistry, dataset_inputs
from experiments.tracking.address import set_quiet, use_write_ahead_log
from experiments.tracking.view import TAG, view_state
from experiments.tracking_messages import (
    LAB_STATUS,
    MEASURED_IN,
    MODELS_EXPERIMENT,
    Metric,
    RunContent,
    ShownNames,
    study_key,
)
from experiments.workspace import Workspace

MOST_METRICS, MOST_PARAMS = 1000, 100
"""Metrics and parameters that MLflow takes in one batch, [-]."""

PAGE = 1000
"""Runs that MLflow is asked for at once, [-]."""

NOTE_TAG = "mlflow.note.content"


class Desk:
    """One connection to a tracking, opened by the process that delivers."""

    def __init__(self, workspace: Workspace) -> None:
        set_quiet()
        from mlflow import MlflowClient

        for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        uri = workspace.tracking_uri
        if workspace.tracking_file is not None:
            use_write_ahead_log(workspace.tracking_file)
        # Without the second address, the registry would be whatever the environment names.
        self._client = MlflowClient(uri, uri)
        self._registry = ModelRegistry(self._client)
        # A server knows where its artefacts are kept; a database does not.
        self._artifacts = None if workspace.has_tracking_server else workspace.artifacts_folder

    def experiment(self, name: str, note: str = "") -> str:
        """Return the id of an experiment, and make it if it is not there.

        Parameters
        ----------
        name : str
            Its name, [-].
        note : str, optional
            Its description, when it is made, [-].

        Returns
        -------
        str
            Its id, [-].
        """
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = None
        if self._artifacts is not None:
            self._artifacts.mkdir(parents=True, exist_ok=True)
            location = (self._artifacts / name).as_uri()
        tags = {NOTE_TAG: note} if note else {}
        try:
            return str(self._client.create_experiment(name, location, tags))
        except MlflowException:
            # Another machine may have made it in this moment.
            if (found := self._client.get_experiment_by_name(name)) is None:
                raise
            return str(found.experiment_id)

    def study_run(self, experiment: str, study_id: str) -> str | None:
        """Return the run of a study.

        Parameters
        ----------
        experiment : str
            Id of the experiment, [-].
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        str or None
            Its id; None while there is none that was written to its end, [-].
        """
        key = study_key(study_id)
        found = self._whole(experiment, f"tags.{OUTBOX_KEY} = '{key}'").get(key)
        return None if found is None else str(found.info.run_id)

    def write(
        self, experiment: str, study_id: str, content: RunContent, parent: str | None = None
    ) -> str:
        """Write a run that is not there.

        Parameters
        ----------
        experiment : str
            Id of the experiment, [-].
        study_id : str
            Uuid of the study, [-].
        content : RunContent
            What it holds, [-].
        parent : str or None, optional
            Run it stands below, [-].

        Returns
        -------
        str
            Its id, [-].
        """
        from mlflow.entities import Param

        tags = {
            OUTBOX_KEY: content.key,
            **{name: text for name, text in content.tags.items() if text},
            NOTE_TAG: content.note,
            "study_id": study_id,
            **({"mlflow.parentRunId": parent} if parent else {}),
        }
        # Tags of their own in a batch would cost a session of the database more.
        run = self._client.create_run(experiment, tags=tags, run_name=content.name)
        failpoints.hit("track_create")
        run_id = str(run.info.run_id)
        metrics = _metrics(run, content.metrics)
        params = [Param(name, str(value)) for name, value in content.params.items()]
        batches = _batches(metrics, MOST_METRICS), _batches(params, MOST_PARAMS)
        for some, named in zip_longest(*batches, fillvalue=()):
            self._client.log_batch(run_id, metrics=some, params=named)
            failpoints.hit("track_batch")
        if content.data:
            self._client.log_inputs(run_id, datasets=dataset_inputs(content.data))
        self._add_files(run_id, content.files)
        failpoints.hit("track_end")
        self._client.set_terminated(run_id)
        return run_id

    def write_children(
        self,
        experiment: str,
        study_id: str,
        parent: str,
        contents: Iterable[tuple[int | None, RunContent]],
    ) -> list[str]:
        """Write the runs of candidates that are not there, and what was measured since.

        Parameters
        ----------
        experiment : str
            Id of the experiment, [-].
        study_id : str
            Uuid of the study, [-].
        parent : str
            Run of the study, [-].
        contents : iterable of tuple
            Place among those of the front, or None, and run of each, [-].

        Returns
        -------
        list of str
            Runs of the front, the recommended first, [-].
        """
        there = self._whole(experiment, f"tags.{OUTBOX_KEY} LIKE '{study_id}/%'")
        front: list[tuple[int, str]] = []
        for place, content in contents:
            run = there.get(content.key)
            if run is not None and self._is_up_to_date(run, content):
                run_id = str(run.info.run_id)
            else:
                run_id = self.write(experiment, study_id, content, parent)
            if place is not None:
                front.append((place, run_id))
        return [run_id for _, run_id in sorted(front)]

    def keep_view(self, experiment: str, study_id: str, names: ShownNames) -> None:
        """Keep with the experiment how the front of a study is shown.

        Parameters
        ----------
        experiment : str
            Id of the experiment, [-].
        study_id : str
            Uuid of the study, by which links ask for the view, [-].
        names : ShownNames
            What it draws, [-].
        """
        self._client.set_experiment_tag(experiment, TAG + study_id, view_state(study_id, names))

    def link_model(self, parent: str, message: Mapping[str, Any]) -> dict[str, str]:
        """Register a surrogate and note it with the run of the study that used it.

        Parameters
        ----------
        parent : str
            Run of the study, [-].
        message : mapping
            What `experiments.tracking_messages.model_message` made, [-].

        Returns
        -------
        dict of str to str
            Name, version, model and run in the registry, [-].
        """
        from mlflow.entities import LoggedModelInput

        found = self._registry.register(message, self.experiment(MODELS_EXPERIMENT))
        failpoints.hit("track_model")
        linked = self._client.get_run(parent).inputs.model_inputs
        if found["model_id"] not in {model.model_id for model in linked}:
            self._client.log_inputs(parent, models=[LoggedModelInput(found["model_id"])])
        system = message["tags"]["system"]
        self._client.set_tag(parent, f"surrogate.{system}", f"{found['name']}/{found['version']}")
        self._client.set_tag(parent, f"surrogate_id.{system}", found["model_id"])
        return found

    def fetch(self, name: str, checksum: str, folder: Path) -> None:
        """Write the bytes of a registered surrogate into a folder.

        Parameters
        ----------
        name : str
            Name of the model, [-].
        checksum : str
            SHA-256 of its file, [-].
        folder : Path
            An empty folder, [-].
        """
        self._registry.fetch(name, checksum, folder)

    def _is_up_to_date(self, run: Any, content: RunContent) -> bool:
        """Add to a run what a laboratory measured first; remove one of which it says other now."""
        from mlflow.entities import RunTag

        now, before = content.tags.get(MEASURED_IN, ""), run.data.tags.get(MEASURED_IN, "")
        if before not in ("", now):
            # Readings that are there cannot be taken back.
            self._client.delete_run(run.info.run_id)
            return False
        if now != before:
            new = [m for m in content.metrics if m[0] not in run.data.metrics]
            tags = [RunTag(name, content.tags[name]) for name in (LAB_STATUS, MEASURED_IN)]
            # The tags last: whoever is killed before them adds the same once more.
            for some in _batches(_metrics(run, new), MOST_METRICS):
                self._client.log_batch(run.info.run_id, metrics=some)
            self._client.log_batch(run.info.run_id, tags=tags)
        return True

    def _whole(self, experiment: str, wanted: str) -> dict[str, Any]:
        """Return runs that were written to their end by key; what was cut short is removed."""
        found: dict[str, Any] = {}
        for run in list(self._runs(experiment, wanted)):
            key = run.data.tags[OUTBOX_KEY]
            if run.info.status == "FINISHED" and key not in found:
                found[key] = run
            else:
                self._client.delete_run(run.info.run_id)
        return found

    def _runs(self, experiment: str, wanted: str) -> Iterator[Any]:
        token: str | None = None
        while True:
            page = self._client.search_runs(
                [experiment], wanted, max_results=PAGE, page_token=token
            )
            yield from page
            if not (token := page.token):
                return

    def _add_files(self, run_id: str, files: Mapping[str, bytes]) -> None:
        if not files:
            return
        with TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            self._client.log_artifacts(run_id, folder)
        failpoints.hit("track_files")


def _batches(things: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (things[k : k + most] for k in range(0, len(things), most))


def _metrics(run: Any, metrics: Sequence[Metric]) -> list[Any]:
    """Return metrics as MLflow takes them; the same ones again are the same rows."""
    from mlflow.entities import Metric as Entry

    at = int(run.info.start_time)
    return [Entry(name, value, at, step) for name, value, step in metrics]
