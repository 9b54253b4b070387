"""Where a study is kept and run: workspace folder, store, executor and tracking.

Each setting comes from the flag, else the environment, else ``formulation.toml`` in the current
folder, else the default. The study file never says where it runs.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from experiments.executors import KINDS
from experiments.store import STORE_FILE, read_address, store_exists, without_password
from formulation.errors import InputError, StoreError, UnknownNameError

SETTINGS_FILE = "formulation.toml"
DEFAULT_HOME = ".formulation"
TRACKING_FILE = "mlflow.db"
OFF = "off"
"""Tracking address that leaves everything in the outbox for later."""

FRONT, ALL = CHILDREN = ("front", "all")
"""Which trials get a run of their own: of the front, confirmed or measured; or every one."""

VARIABLES = {
    "home": "FORMULATION_HOME",
    "store": "FORMULATION_STORE",
    "executor": "FORMULATION_EXECUTOR",
    "workers": "FORMULATION_WORKERS",
    "tracking_uri": "FORMULATION_TRACKING_URI",
    "track_children": "FORMULATION_TRACK_CHILDREN",
    "tracking_wait_s": "FORMULATION_TRACKING_WAIT_S",
}
"""Environment variable of each setting; the same names are keys of ``formulation.toml``."""

NUMBERS = ("workers", "tracking_wait_s")
"""Settings that are numbers; the others are texts."""

TRACKING_WAIT_S = 20.0
"""How long a finished study waits for its links at most, [s]."""


@frozen(kw_only=True)
class Workspace:
    """A folder of models, data and reports, where the store is, and how studies run there."""

    home: Path
    """The folder."""

    executor: str
    """Kind of executor."""

    workers: int | None
    """Workers; None for as many as the machine suggests."""

    tracking_uri: str = field(repr=without_password)
    """MLflow tracking address."""

    track_children: str = FRONT
    """Which trials get a run of their own in the tracking, one of `CHILDREN`."""

    tracking_wait_s: float = TRACKING_WAIT_S
    """How long a finished study waits for its links, [s]; it is delivered in any case."""

    store: str = field(default="", repr=without_password)
    """Address of the store's database on a server; empty for a file in the folder."""

    @property
    def store_place(self) -> Path | str:
        """What opens the store: its file, or its address with whatever stands in it."""
        return self.store or self.home / STORE_FILE

    @property
    def store_shown(self) -> str:
        """Where the store is, as records and people may see it: without a password."""
        return without_password(str(self.store_place))

    @property
    def tracking_shown(self) -> str:
        """Where the tracking is, as records and people may see it: without a password."""
        return without_password(self.tracking_uri)

    @property
    def has_tracking_server(self) -> bool:
        """Whether the tracking is a server with pages of its own, and not a database."""
        return self.tracking_uri.startswith(("http://", "https://"))

    @property
    def tracking_file(self) -> Path | None:
        """The workspace's own database of MLflow; None where the tracking is elsewhere."""
        path = self.home / TRACKING_FILE
        return path if self.tracking_uri == f"sqlite:///{path}" else None

    @property
    def has_store(self) -> bool:
        """Whether anything was stored yet; looking makes nothing.

        Raises
        ------
        StoreError
            The workspace is no folder.
        """
        if self.home.exists() and not self.home.is_dir():
            raise StoreError(
                f"Workspace {self.home} is a file, and a folder is wanted.",
                hint="Name a folder with --home or FORMULATION_HOME.",
            )
        return store_exists(self.store_place)

    @property
    def models_folder(self) -> Path:
        """Folder of fitted models."""
        return self.home / "models"

    @property
    def reports_folder(self) -> Path:
        """Folder of reports."""
        return self.home / "reports"

    @property
    def artifacts_folder(self) -> Path:
        """Folder of MLflow's artefacts."""
        return self.home / "mlartifacts"


def open_workspace(
    *,
    home: str | None = None,
    executor: str | None = None,
    workers: int | None = None,
    track_children: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Workspace:
    """Decide every setting.

    Parameters
    ----------
    home : str, optional
        Workspace folder from the flag, [-].
    executor : str, optional
        Kind of executor from the flag, [-].
    workers : int, optional
        Workers from the flag, [-].
    track_children : str, optional
        Which trials get a run of their own, from the flag, [-].
    environment : mapping, optional
        Environment; the process's own by default, [-].
    folder : Path, optional
        Folder in which ``formulation.toml`` is looked for; the current one by default, [-].

    Returns
    -------
    Workspace
        The settings; nothing is created yet, [-].

    Raises
    ------
    InputError
        The settings file is not TOML, has an unknown key, or a value is of the wrong kind; or the
        store is no address of a database of PostgreSQL, or the tracking no address at all.
    """
    environ = os.environ if environment is None else environment
    given = {
        "home": home,
        "executor": executor,
        "workers": workers,
        "track_children": track_children,
    }
    written = _read_settings((folder or Path.cwd()) / SETTINGS_FILE)
    found = {
        name: next(
            (
                value
                for value in (given.get(name), environ.get(variable) or None, written.get(name))
                if value is not None
            ),
            None,
        )
        for name, variable in VARIABLES.items()
    }
    place = Path(str(found["home"] or DEFAULT_HOME)).absolute()
    kind = str(found["executor"] or "ray")
    if kind not in KINDS:
        raise UnknownNameError("Executor", kind, KINDS)
    children = str(found["track_children"] or FRONT)
    if children not in CHILDREN:
        raise UnknownNameError("Runs of the tracking", children, CHILDREN)
    store = str(found["store"] or "")
    if store:
        read_address(store)
    tracking = str(found["tracking_uri"] or f"sqlite:///{place / TRACKING_FILE}")
    if tracking not in (OFF, "databricks") and "://" not in tracking:
        raise InputError(
            f"Tracking address {tracking!r} is neither {OFF!r} nor of a server or a database.",
            hint="Such as http://mlflow.lab:5000, sqlite:////data/mlflow.db, postgresql://…",
        )
    return Workspace(
        home=place,
        executor=kind,
        workers=_count(found["workers"]),
        tracking_uri=tracking,
        track_children=children,
        tracking_wait_s=_seconds(found["tracking_wait_s"]),
        store=store,
    )


def _read_settings(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        written: dict[str, object] = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Settings file {path.name} is not TOML: {error}.") from error
    for name, value in written.items():
        if name not in VARIABLES:
            raise UnknownNameError(f"Setting in {path.name}", name, VARIABLES)
        if name not in NUMBERS and not isinstance(value, str):
            raise InputError(f"Setting {name!r} in {path.name} is {value!r}; it must be a text.")
    return written


def _count(value: object) -> int | None:
    if value is None:
        return None
    try:
        count = int(str(value))
    except ValueError:
        count = 0
    if count < 1:
        raise InputError(f"Setting 'workers' is {value!r}; it must be a whole number from 1.")
    return count


def _seconds(value: object) -> float:
    try:
        seconds = TRACKING_WAIT_S if value is None else float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InputError(f"Setting 'tracking_wait_s' is {value!r}; it must be seconds from 0.")
    return seconds
