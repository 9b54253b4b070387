"""Delivering the outbox: study by study, in order, each message once, whoever is killed when."""

import fcntl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from attrs import define, field

from experiments import failpoints
from experiments.store import Lease, OutboxRecord, Store
from experiments.tracking.address import refuse_silent, told
from experiments.tracking.desk import Desk
from experiments.tracking_links import study_links
from experiments.tracking_messages import MODEL, STUDY, RunContent, ShownNames
from experiments.workspace import OFF, Workspace
from formulation.errors import DataError, StoreError

TURN_S = 600.0
"""How long another process of this workspace that delivers is waited for, [s]."""

POLL_S = 0.2


class Contents(Protocol):
    """Knows what a message stands for."""

    note: str
    """What the names in every experiment mean."""

    def experiment(self, study_id: str) -> str:
        """Return the name of a study's experiment."""

    def shown(self, study_id: str) -> ShownNames:
        """Return what the view of its front draws."""

    def study(self, study_id: str) -> RunContent:
        """Return its run."""

    def candidates(self, message: OutboxRecord) -> Iterable[tuple[int | None, RunContent]]:
        """Return runs of candidates, each with its place on the front."""

    def model(self, message: OutboxRecord) -> Mapping[str, Any]:
        """Return what the registry is told of a surrogate."""


@define
class TrackingResult:
    """What a delivery did."""

    uri: str
    """Tracking address, without a password."""

    delivered: int = 0
    """Messages delivered, [-]."""

    waiting: int = 0
    """Messages still in the outbox, [-]."""

    error: str = ""
    """Why some are waiting; empty when none is."""

    left: dict[str, str] = field(factory=dict)
    """Why some messages of a study are waiting, by its uuid."""

    runs: dict[str, dict[str, Any]] = field(factory=dict)
    """By study uuid: experiment, run of the study, metric to sort by, runs of its front."""

    versions: dict[str, dict[str, dict[str, str]]] = field(factory=dict)
    """By study uuid and checksum of a surrogate: name, version, model and run in the registry."""

    def for_study(self, study_id: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a study records of its tracking.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].
        before : mapping
            What it recorded of an earlier delivery, [-].

        Returns
        -------
        dict
            Address, run, experiment and links; without a run while it is waiting, [-].
        """
        known = before if before.get("uri") == self.uri else {}
        run = {**known, **self.runs.get(study_id, {})}
        found = {
            "uri": self.uri,
            "run_id": run.get("run_id"),
            "experiment_id": run.get("experiment_id"),
            "order_by": run.get("order_by"),
            "front_runs": run.get("front_runs", []),
        }
        links, error = study_links(found, study_id), self.left.get(study_id, "")
        return {**found, "links": links, "error": error}

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

    def wait(self, messages: Sequence[OutboxRecord], why: str) -> None:
        """Count messages that stay, and keep why.

        Parameters
        ----------
        messages : sequence of OutboxRecord
            Messages of one study, [-].
        why : str
            Why they stay, [-].
        """
        self.waiting += len(messages)
        self.error = why
        self.left.update({m.study_id: why for m in messages})


def deliver(
    store: Store,
    workspace: Workspace,
    contents: Contents,
    study_id: str | None = None,
    *,
    note: Callable[[Lease, TrackingResult], None] = lambda _lease, _result: None,
) -> TrackingResult:
    """Deliver what waits in the outbox, in order, each message once.

    A study is owned while it is delivered, so nobody else delivers it, and a process that is killed
    leaves it to the next. A message that cannot be delivered holds back the rest of its study; a
    server that no longer answers holds back everything.

    Parameters
    ----------
    store : Store
        Where the outbox lies, [-].
    workspace : Workspace
        Tracking address and artefact folder, [-].
    contents : Contents
        Knows what the messages stand for, [-].
    study_id : str, optional
        Only this study's messages; every study's by default, [-].
    note : callable, optional
        Told of every study under its lease, when nothing more of it will be delivered now, [-].

    Returns
    -------
    TrackingResult
        What was delivered, and why the rest waits, [-].
    """
    result = TrackingResult(uri=workspace.tracking_shown)
    if workspace.tracking_uri == OFF:
        result.waiting = len(store.pending_outbox(study_id))
        return result
    if not store.pending_outbox(study_id):
        return result
    try:
        with _turn(workspace.home):
            # Only now: whoever had the turn before has delivered some of it.
            _deliver_all(store, workspace, contents, study_id, note, result)
    except StoreError as error:
        result.wait(store.pending_outbox(study_id), str(error))
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
        Desk(workspace).fetch(name, checksum, folder)
    except DataError:
        raise
    except Exception as error:  # the boundary to a foreign service, as below
        raise DataError(
            f"Model {name} {checksum[:12]} cannot be fetched from {workspace.tracking_shown}:"
            f" {told(error)}.",
            hint="Fit it again: formulation models train.",
        ) from error


def _deliver_all(
    store: Store,
    workspace: Workspace,
    contents: Contents,
    study_id: str | None,
    note: Callable[[Lease, TrackingResult], None],
    result: TrackingResult,
) -> None:
    desk: Desk | None = None
    gone = ""
    # Studies in the order of their first messages.
    for place in dict.fromkeys(m.study_id for m in store.pending_outbox(study_id)):
        messages = store.pending_outbox(place)
        if gone:
            result.wait(messages, gone)
            continue
        try:
            lease = store.own(place)
        except StoreError as error:  # it is being driven, or delivered from another machine
            result.wait(messages, str(error))
            continue
        with lease:
            # Whoever owned it before has delivered some of them, or all.
            if not (messages := store.pending_outbox(place)):
                continue
            try:
                refuse_silent(workspace.tracking_uri)
                desk = desk or Desk(workspace)
            except Exception as error:  # the boundary to a foreign service: keep, and say why
                gone = told(error, result.uri)
                store.mark_outbox(messages[0].seq, error=gone)
                result.wait(messages, gone)
            else:
                _deliver_study(store, desk, contents, messages, result)
            note(lease, result)


def _deliver_study(
    store: Store,
    desk: Desk,
    contents: Contents,
    messages: Sequence[OutboxRecord],
    result: TrackingResult,
) -> None:
    for place, message in enumerate(messages):
        try:
            _deliver(desk, contents, message, result)
        except Exception as error:  # the boundary to a foreign service: keep the rest, say why
            why = told(error, result.uri)
            store.mark_outbox(message.seq, error=why)
            result.wait(messages[place:], why)
            return
        failpoints.hit("track_mark")
        store.mark_outbox(message.seq)
        result.delivered += 1


def _deliver(desk: Desk, contents: Contents, message: OutboxRecord, result: TrackingResult) -> None:
    study_id = message.study_id
    experiment = desk.experiment(contents.experiment(study_id), contents.note)
    parent = desk.study_run(experiment, study_id)
    if message.kind == STUDY:
        parent = parent or desk.write(experiment, study_id, contents.study(study_id))
    if parent is None:
        raise DataError("The run of the study is not there, so nothing is put below it.")
    run = result.runs.setdefault(study_id, {})
    run |= {
        "run_id": parent,
        "experiment_id": experiment,
        "order_by": contents.shown(study_id).objectives[0],
    }
    if message.kind == MODEL:
        told_of = contents.model(message)
        place = desk.link_model(parent, told_of)
        result.versions.setdefault(study_id, {})[told_of["sha256"]] = place
    elif message.kind != STUDY:
        found = desk.write_children(experiment, study_id, parent, contents.candidates(message))
        desk.keep_view(experiment, study_id, contents.shown(study_id))
        run["front_runs"] = list(dict.fromkeys([*run.get("front_runs", []), *found]))


@contextmanager
def _turn(home: Path) -> Iterator[None]:
    """Let one process of a workspace deliver at a time; the lock ends with its process."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "tracking.lock").open("w") as file:
        deadline = time.monotonic() + TURN_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"Another process has been delivering for {TURN_S:.0f} s.",
                        hint="Wait for it; `formulation track status` shows what is left.",
                    ) from None
            time.sleep(POLL_S)
        yield
