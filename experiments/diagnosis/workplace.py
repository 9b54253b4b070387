"""Can studies be kept, evaluated and tracked here: folder, disk, database, executor, MLflow."""

import os
import shutil
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from experiments.diagnosis.finding import Finding, fine, warning
from experiments.executors import make_executor
from experiments.executors.ray_cluster import TEMP_ROOT
from experiments.store import store_facts
from experiments.tracking import OFF
from experiments.workspace import Workspace
from formulation.errors import DataError, ExecutorError, StoreError

FULL_DISK_BYTES = 50_000_000
"""Free space with which no study can end well, [-] (bytes)."""

LOW_DISK_BYTES = 1_000_000_000
"""Free space that a few studies with their tracking can fill, [-] (bytes)."""

DATABASE = "database"
"""Name of the check of the database that studies are kept in."""

ANSWER_WAIT_S = 5.0
"""How long a server is waited for, [s]."""

_MAY_WRITE = os.W_OK | os.X_OK

_OTHER_HOME = "Name another workspace with --home or FORMULATION_HOME."


def _workspace(workspace: Workspace) -> Finding:
    """See that the folder is one that this user may write to, or may make."""
    home = workspace.home
    there = _nearest(home)
    if not there.is_dir():
        raise StoreError(f"Workspace {home}: {there} is not a folder.", hint=_OTHER_HOME)
    if not os.access(there, _MAY_WRITE):
        raise StoreError(
            f"Workspace {home}: this user may not write to {there}.",
            hint=f"Give the right to write there. {_OTHER_HOME}",
        )
    if there != home:
        return fine(f"Workspace {home} does not exist yet; the first run makes it.")
    return fine(f"Workspace {home} can be written to.")


def _disk(workspace: Workspace) -> Finding:
    """Look at the free space; a full disk stops a study between two commits."""
    there = _nearest(workspace.home)
    free = shutil.disk_usage(there).free
    told = f"{free / 1e9:,.2f} GB are free at {there}"
    if free < FULL_DISK_BYTES:
        raise StoreError(f"{told}; a study needs more.", hint=f"Free some space. {_OTHER_HOME}")
    if free < LOW_DISK_BYTES:
        return warning(f"{told}; a few studies can fill that.", "Free some space.")
    return fine(f"{told}.")


def _database(workspace: Workspace) -> Finding:
    """Say which database studies are kept in; a server must answer."""
    facts = store_facts(workspace.store_place, timeout_s=ANSWER_WAIT_S)
    told = f"Studies are kept by {facts.product} in {facts.place}"
    if facts.concern:
        return warning(
            f"{told}; {facts.concern}, so a power cut may lose what was acknowledged.",
            "Let its administrator switch it on, or name another with FORMULATION_STORE.",
        )
    if not facts.exists:
        return fine(f"{told}, which holds none yet; the first run makes its tables.")
    return fine(f"{told}.")


def _executor(workspace: Workspace) -> Finding:
    """See that the settings make an executor; nothing is started."""
    make_executor(workspace.executor, workspace.workers).close()
    if workspace.executor != "ray":
        return fine(f"The executor is {workspace.executor!r}.")
    if find_spec("ray") is None:
        raise ExecutorError("Ray is not installed.", hint="Choose --executor process, or install.")
    if not os.access(TEMP_ROOT, _MAY_WRITE):
        raise ExecutorError(
            f"Ray needs a folder below {TEMP_ROOT}, where this user may not write.",
            hint="Give the right to write there, or choose --executor process.",
        )
    return fine("The executor is 'ray', which is installed; --start-ray tries it.")


def _tracking(workspace: Workspace) -> Finding:
    """See that MLflow can take runs; if it cannot they wait, which stops no study."""
    uri = workspace.tracking_uri
    if uri == OFF:
        return fine("Tracking is off; runs wait in the outbox.")
    if find_spec("mlflow") is None:
        return warning("MLflow is not installed; runs wait in the outbox.", "Install it.")
    parts = urlsplit(uri)
    if parts.scheme != "sqlite":
        kept = f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.path
        return fine(f"Tracking is kept at {kept}, which was not asked.")
    path = Path(unquote(parts.path[1:]))
    if not path.exists():
        return fine(f"Tracking database {path} does not exist yet; the first run makes it.")
    _refuse_damaged(path)
    return fine(f"Tracking database {path} opens and is whole.")


WORKPLACE_CHECKS = (
    ("workspace", _workspace),
    ("disk", _disk),
    (DATABASE, _database),
    ("executor", _executor),
    ("tracking", _tracking),
)
"""Checks of the place where studies are kept and run."""


def _nearest(place: Path) -> Path:
    """Return the place, or the nearest above it that exists."""
    return next(p for p in (place, *place.parents) if os.path.lexists(p))


def _refuse_damaged(path: Path) -> None:
    """Read MLflow's file as SQLite, without writing; importing MLflow would take seconds."""
    try:
        address = path.absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=1.0)) as connection:
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        told = str(error)
    if told != "ok":
        raise DataError(
            f"Tracking database {path} cannot be used: {told}.",
            hint="Move it aside; the next run makes a new one. Studies are kept in the store.",
        )
