"""Surrogates in MLflow's registry, which is a store of bytes here: nothing is ever loaded by it.

A version is registered once, under the name of its system and population: the model file and its
card, an MLmodel without a flavour that anybody could load, its signature and an example, the data
it was fitted on, and the card as description. The run of its fit is ended last; one that is not is
half a registration, which is removed and made again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments.tracking_messages import MODEL
from formulation.errors import DataError
from models.keeping.files import CARD_FILE, MODEL_FILE, read_model_bytes

FLAVOR = "formulation"
"""Name of our entry in MLmodel; it says who reads the file, and holds no path and no code."""

CARD_TEXT, EXAMPLE_FILE = "card.md", "input_example.json"
OUTBOX_KEY = "outbox_key"
MODEL_ID = "model_id"
"""Tag of a version; MLflow's own field stays empty in a database."""


def registered_name(name: str) -> str:
    """Return a model's name as the registry takes it.

    Parameters
    ----------
    name : str
        Name of the model in our store, [-].

    Returns
    -------
    str
        The same without the signs that a registry refuses, [-].

    Examples
    --------
    >>> registered_name("timed_release@clinic/a")
    'timed_release@clinic-a'
    """
    return re.sub(r"[/:%'\"]", "-", name)


def dataset_inputs(data: Sequence[Mapping[str, Any]], key: str = "") -> list[Any]:
    """Return data behind a run by name and hash; where they lie is nobody's business there.

    Parameters
    ----------
    data : sequence of mapping
        As a model card lists them: name, digest, origin and rows, [-].
    key : str, optional
        Key of the training table they were put together in, [-].

    Returns
    -------
    list of mlflow.entities.DatasetInput
        One for each, [-].
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = {"training_key": key} if key else {}
    return [
        DatasetInput(
            Dataset(
                name=d["name"],
                digest=d["digest"],
                source_type="formulation",
                source=json.dumps({"origin": d["origin"], **source}),
                schema=None,
                profile=json.dumps({"num_rows": d["rows"]}) if "rows" in d else None,
            ),
            tags=[
                InputTag("mlflow.data.context", "training"),
                InputTag("origin", d["origin"]),
            ],
        )
        for d in data
    ]


class ModelRegistry:
    """Puts versions of surrogates into a registry, each once, and fetches their bytes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def register(self, message: Mapping[str, Any], experiment_id: str) -> dict[str, str]:
        """Register a version unless it is there already.

        Parameters
        ----------
        message : mapping
            What `experiments.tracking_messages.model_message` made, [-].
        experiment_id : str
            Experiment of the fits, [-].

        Returns
        -------
        dict of str to str
            Name, version, model and run in the registry, [-].

        Raises
        ------
        DataError
            The model file is missing, or is not the one that was fitted.
        """
        name, key = registered_name(message["name"]), f"{MODEL}/{message['sha256']}"
        found = self._find(name, message["sha256"])
        runs = self._client.search_runs([experiment_id], f"tags.{OUTBOX_KEY} = '{key}'")
        if found is not None and any(
            run.info.status == "FINISHED" and run.info.run_id == found.run_id for run in runs
        ):
            return _place(found)
        content = _content(message)
        self._remove(name, message["sha256"], experiment_id, [run.info.run_id for run in runs])
        return self._write(name, key, message, experiment_id, content)

    def fetch(self, name: str, checksum: str, folder: Path) -> None:
        """Write the bytes of a registered version into a folder, as they come.

        Parameters
        ----------
        name : str
            Name of the model in our store, [-].
        checksum : str
            SHA-256 of its file, [-].
        folder : Path
            An empty folder, [-].

        Raises
        ------
        DataError
            The registry does not know the version.
        """
        from mlflow.artifacts import download_artifacts

        found = self._find(registered_name(name), checksum)
        if found is None:
            raise DataError(
                f"Model {name} {checksum[:12]} is not in the registry.",
                hint="Fit it again: formulation models train.",
            )
        location = self._client.get_logged_model(found.tags[MODEL_ID]).artifact_location
        with TemporaryDirectory() as place:
            got = download_artifacts(
                artifact_uri=f"{location}/{MODEL_FILE}",
                dst_path=place,
                tracking_uri=self._client.tracking_uri,
            )
            (folder / MODEL_FILE).write_bytes(read_model_bytes(Path(got)))

    def _find(self, name: str, checksum: str) -> Any | None:
        versions = self._client.search_model_versions(f"name = '{name}'")
        of_it = [v for v in versions if v.tags.get("sha256") == checksum]
        return min(of_it, key=lambda v: int(v.version), default=None)

    def _remove(self, name: str, checksum: str, experiment_id: str, runs: list[str]) -> None:
        """Remove what an interrupted registration left."""
        while (found := self._find(name, checksum)) is not None:
            self._client.delete_model_version(name, found.version)
        wanted = f"tags.sha256 = '{checksum}'"
        for model in self._client.search_logged_models([experiment_id], filter_string=wanted):
            self._client.delete_logged_model(model.model_id)
        for run_id in runs:
            self._client.delete_run(run_id)

    def _write(
        self,
        name: str,
        key: str,
        message: Mapping[str, Any],
        experiment_id: str,
        content: bytes,
    ) -> dict[str, str]:
        from mlflow.entities import LoggedModelOutput, Metric, Param, RunTag

        client, tags = self._client, message["tags"]
        run = client.create_run(
            experiment_id, tags={**tags, OUTBOX_KEY: key}, run_name=f"fit of {name}"
        )
        run_id, at = str(run.info.run_id), int(run.info.start_time)
        client.log_inputs(
            run_id, datasets=dataset_inputs(message["card"].get("data", ()), message["card"]["key"])
        )
        model = client.create_logged_model(
            experiment_id,
            name=name.replace(".", "-"),
            source_run_id=run_id,
            tags=tags,
            params={k: str(v) for k, v in message["params"].items()},
            model_type="surrogate",
        )
        model_id = str(model.model_id)
        with TemporaryDirectory() as folder:
            _fill(Path(folder), message, content, run_id, model_id)
            client.log_model_artifacts(model_id, folder)
        client.finalize_logged_model(model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
        client.log_batch(
            run_id,
            metrics=[
                Metric(k, value, at, step, model_id=model_id)
                for k, value, step in message["metrics"]
            ],
            params=[Param(k, str(value)) for k, value in message["params"].items()],
            tags=[RunTag("mlflow.note.content", message["description"])],
        )
        self._name(name, tags["system"], tags["population"])
        # An address such as models:/<id> would be looked up at whatever the environment names.
        made = client.create_model_version(
            name,
            model.artifact_location,
            run_id=run_id,
            tags={**tags, MODEL_ID: model_id},
            description=message["description"],
            model_id=model_id,
        )
        versions = json.dumps([{"name": name, "version": made.version}])
        client.set_logged_model_tags(model_id, {"mlflow.modelVersions": versions})
        client.set_terminated(run_id)
        return _place(made)

    def _name(self, name: str, system: str, population: str) -> None:
        """Make the name that versions stand under, unless it is there."""
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(
                name,
                tags={"system": system, "population": population},
                description=f"Surrogates of {system} in the population {population}. MLflow keeps"
                " their bytes; formulation reads them, after the checksum and with its own list.",
            )


def _place(version: Any) -> dict[str, str]:
    return {
        "name": str(version.name),
        "version": str(version.version),
        "model_id": str(version.tags[MODEL_ID]),
        "run_id": str(version.run_id),
    }


def _content(message: Mapping[str, Any]) -> bytes:
    """Return the bytes that were fitted; changed ones are never registered."""
    path = Path(message["folder"]) / MODEL_FILE
    content = read_model_bytes(path)
    if sha256(content).hexdigest() != message["sha256"]:
        raise DataError(f"Model file {path} was changed after it was fitted; not registered.")
    return content


def _fill(
    folder: Path, message: Mapping[str, Any], content: bytes, run_id: str, model_id: str
) -> None:
    """Write what a version holds: our file, the card, an example, and an MLmodel of ours."""
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, Schema

    card = message["card"]
    (folder / MODEL_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1, allow_nan=False))
    (folder / CARD_TEXT).write_text(message["card_text"])
    example = card.get("example", {}).get("features", {})
    columns, row = list(example), list(example.values())
    (folder / EXAMPLE_FILE).write_text(json.dumps({"columns": columns, "data": [row]}))
    described = Model(
        run_id=run_id,
        model_id=model_id,
        flavors={FLAVOR: {"sha256": message["sha256"], "read_by": "models.keeping.files"}},
        signature=ModelSignature(
            inputs=Schema([ColSpec("double", name) for name in card["features"]]),
            outputs=Schema([ColSpec("double", out["name"]) for out in card.get("outputs", ())]),
        ),
        saved_input_example_info={
            "artifact_path": EXAMPLE_FILE,
            "type": "dataframe",
            "pandas_orient": "split",
        }
        if example
        else None,
        model_size_bytes=len(content),
    )
    described.save(str(folder / "MLmodel"))
