"""The small study after its delivery to MLflow, made once for all tests that begin there."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import frozen

from experiments.workspace import Workspace
from tests.experiments.test_end_to_end import Finished, drive
from tests.experiments.tracking_peers import local

EXPERIMENT = "mg-small"
PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Columns in which MLflow keeps where artefacts lie."""


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

    def copy(self, folder: Path) -> "Tracked":
        """Return a copy that shares no run and no artefact, and loads models from the original.

        Its store still names the original's address as where the study was delivered.
        """
        home = Path(shutil.copytree(self.workspace.home, folder / "home"))
        with closing(sqlite3.connect(home / "mlflow.db")) as database:
            for table, column in PLACES:
                database.execute(
                    f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?)',
                    (str(self.workspace.home), str(home)),
                )
            database.commit()
        return Tracked(local(home), self.told, self.document)


def delivered_home(untracked: Finished, folder: Path) -> Tracked:
    """Deliver what waited, with ``formulation track``, to a database of its own."""
    workspace = local(untracked.copy(folder))
    done = drive(
        *("track", "--json"), home=workspace.home, FORMULATION_TRACKING_URI=workspace.tracking_uri
    )
    assert done.returncode == 0, done.stderr
    return Tracked(workspace, json.loads(done.stdout), untracked.document)
