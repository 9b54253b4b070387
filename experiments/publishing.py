"""What a study hands out: its report, and its run in the tracking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.reports import write_report
from experiments.results import study_document
from experiments.store import Lease, Store, StudyRecord
from experiments.tracking import TrackingResult, deliver, enqueue_study
from experiments.tracking_messages import front_link
from experiments.workspace import Workspace


def publish(
    store: Store, lease: Lease, study: StudyRecord, workspace: Workspace, say: Callable[[str], None]
) -> dict[str, Any]:
    """Write the report and hand the study to the tracking; neither can undo the search.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    lease : Lease
        Held by this process, [-].
    study : StudyRecord
        The complete study, [-].
    workspace : Workspace
        Where reports and the tracking are, [-].
    say : callable
        Told each step in words, [-].

    Returns
    -------
    dict
        The document of the study, with its links, [-].
    """
    document = reported(store, lease, study, workspace)
    enqueue_study(store, lease, document, Path(document["report"]))
    say("tracking in MLflow")
    tracked = deliver(store, workspace, study.id)
    _record_tracking(store, tracked, held=lease)
    document = study_document(store, store.study(study.id))
    if tracked.waiting:
        why = tracked.error or "tracking is off"
        say(f"tracking is waiting: {why}; `formulation track` tries again")
    return document


def reported(
    store: Store, lease: Lease, study: StudyRecord, workspace: Workspace
) -> dict[str, Any]:
    """Write the report of a study.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    lease : Lease
        Held by this process, [-].
    study : StudyRecord
        The study, [-].
    workspace : Workspace
        Where reports are, [-].

    Returns
    -------
    dict
        The document of the study, [-].
    """
    report = workspace.reports_folder / f"{study.label}.html"
    store.set_study(lease, info={"report": str(report)})
    document = study_document(store, store.study(study.id))
    write_report(document, report)
    return document


def deliver_tracking(workspace: Workspace) -> dict[str, Any]:
    """Deliver what waits in the outbox.

    Parameters
    ----------
    workspace : Workspace
        Where the outbox and the tracking are, [-].

    Returns
    -------
    dict
        Delivered and waiting messages, and why, [-].
    """
    with Store.open(workspace.store_place, create=False) as store:
        result = deliver(store, workspace)
        _record_tracking(store, result)
        return {
            "uri": result.uri,
            "delivered": result.delivered,
            "waiting": result.waiting,
            "error": result.error,
        }


def tracking_links(workspace: Workspace, port: int) -> dict[str, str]:
    """Return the view of each tracked study, newest first.

    Parameters
    ----------
    workspace : Workspace
        Where the studies are kept, [-].
    port : int
        Port of the pages, [-].

    Returns
    -------
    dict of str to str
        Address by study label, [-].
    """
    if not workspace.has_store:
        return {}
    with Store.open(workspace.store_place, create=False) as store:
        found = {}
        for study in reversed(store.studies()):
            tracking = study.info.get("tracking", {})
            if tracking.get("run_id"):
                found[study.label] = front_link(
                    tracking["experiment_id"], study.id, tracking["order_by"], port
                )
        return found


def _record_tracking(store: Store, result: TrackingResult, held: Lease | None = None) -> None:
    """Note with each study of a delivery where its run is, so that its view can be found."""
    if held is not None:
        _note_tracking(store, held, result)
    for study_id in result.runs:
        owner = store.owner(study_id)
        # Whoever drives a study now notes it at its own end.
        if owner is None or owner.pid is None:
            with store.own(study_id) as lease:
                _note_tracking(store, lease, result)


def _note_tracking(store: Store, lease: Lease, result: TrackingResult) -> None:
    models = store.study(lease.study_id).info.get("models", [])
    store.set_study(
        lease,
        info={
            "tracking": result.for_study(lease.study_id),
            "models": result.with_versions(lease.study_id, models),
        },
    )
