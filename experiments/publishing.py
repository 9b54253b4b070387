"""What a study hands out: its report, and its runs in the tracking."""

from collections.abc import Callable, Mapping
from typing import Any

from experiments import courier
from experiments.datasets.versions import RELEASE, accepted_versions, version_ref
from experiments.reports import write_report
from experiments.results import study_document
from experiments.store import Lease, Store, StudyRecord
from experiments.tracked import StoredContents
from experiments.tracked.facts import StudyFacts
from experiments.tracking import OFF, TrackingResult, deliver
from experiments.tracking_links import PAIR_VIEW, pair_link, study_links
from experiments.tracking_messages import CANDIDATES, MODEL, STUDY, study_key
from experiments.workspace import ALL, FRONT, Workspace
from formulation.errors import StoreError

LOOKED_INTO = "data_looked_into"
"""Entry of what a study records about itself: data sets that were searched for its candidates."""

OFF_WORDS = (
    "tracking is off by the setting tracking_uri; give it an address in formulation.toml or in"
    " FORMULATION_TRACKING_URI"
)
"""Why nothing is delivered where tracking is off, and what to do."""

STATUS_SCHEMA, STATUS_VERSION = "formulation/track-status", 1


def publish(store: Store, lease: Lease, study: StudyRecord, workspace: Workspace) -> dict[str, Any]:
    """Write the report and leave the study in the outbox; neither can undo the search.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    lease : Lease
        Held by this process, [-].
    study : StudyRecord
        The complete study, [-].
    workspace : Workspace
        Where reports are, and what the tracking is told, [-].

    Returns
    -------
    dict
        The document of the study, [-].
    """
    document = reported(store, lease, study, workspace)
    enqueue_study(store, lease, workspace.track_children)
    # From here on the study is out of its driver's hands.
    result = TrackingResult(uri=workspace.tracking_shown)
    _note_tracking(store, lease, result)
    return with_tracking(document, store.study(study.id))


def with_tracking(document: Mapping[str, Any], study: StudyRecord) -> dict[str, Any]:
    """Return the document of a complete study with what has become of its tracking since.

    Parameters
    ----------
    document : mapping
        Its document, [-].
    study : StudyRecord
        Its record as it is now, [-].

    Returns
    -------
    dict
        The document that would be made now: a delivery changes nothing else of it, [-].
    """
    told = {"tracking": study.info.get("tracking", {}), "models": study.info.get("models", [])}
    return {**document, **told}


def hand_over(
    store: Store, document: Mapping[str, Any], workspace: Workspace, say: Callable[[str], None]
) -> dict[str, Any]:
    """Start the delivery of a complete study that nobody owns, and wait a little for its links.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    document : mapping
        The document of the study, as `publish` returned it, [-].
    workspace : Workspace
        Where the tracking is, [-].
    say : callable
        Told each step in words, [-].

    Returns
    -------
    dict
        The document of the study, with links where it was delivered in time, [-].
    """
    if workspace.tracking_uri == OFF:
        say(f"tracking is waiting: {OFF_WORDS}; then `formulation track sync` delivers it")
        return dict(document)
    study_id, wait_s = document["study"]["id"], workspace.tracking_wait_s
    say(f"tracking in MLflow, in the background; its links are waited for {wait_s:g} s")
    has_ended = False
    try:
        process = courier.start(workspace, study_id)
        has_ended = courier.await_links(process, lambda: not store.pending_outbox(study_id), wait_s)
    except OSError as error:
        say(f"tracking cannot be started: {error.strerror}")
        has_ended = True
    found = with_tracking(document, store.study(study_id))
    if waiting := store.pending_outbox(study_id):
        why = waiting[0].last_error
        if has_ended or why:
            why = why or f"its process ended; see {courier.LOG_FILE}"
            say(f"tracking is waiting: {why}; `formulation track sync` tries again")
        else:
            say("tracking goes on in the background; `formulation track status` says how far")
    return found


def enqueue_study(store: Store, lease: Lease, children: str) -> None:
    """Put a finished study, its candidates and its surrogates into the outbox.

    Parameters
    ----------
    store : Store
        Where the outbox lies, [-].
    lease : Lease
        Ownership of the study, [-].
    children : str
        Which trials get a run of their own, one of `experiments.workspace.CHILDREN`, [-].
    """
    study = store.study(lease.study_id)
    store.enqueue(lease, STUDY, study_key(study.id), {})
    # Asked for all of them later, those that are missing follow.
    ending = f"/{children}" if children == ALL else ""
    key = f"{study.id}/{CANDIDATES}{ending}"
    store.enqueue(lease, CANDIDATES, key, {"children": children})
    for model in study.info.get("models", []):
        store.enqueue(lease, MODEL, f"{study.id}/{MODEL}/{model['sha256']}", {})


def enqueue_measured(store: Store) -> None:
    """Put into the outbox what laboratories measured of candidates since their study was told of.

    Each data set is looked at once for each study; one that somebody owns has its turn the next
    time.

    Parameters
    ----------
    store : Store
        Where data sets, studies and the outbox lie, [-].
    """
    versions = [version_ref(record) for record in accepted_versions(store, RELEASE)]
    for study in store.studies() if versions else ():
        seen = study.info.get(LOOKED_INTO, [])
        if study.state != "complete" or set(versions) <= set(seen):
            continue
        holding = StudyFacts(store, study.id).measured_in
        try:
            lease = store.own(study.id)
        except StoreError:
            continue
        with lease:
            for version in versions:
                if version in holding and version not in seen:
                    key = f"{study.id}/{CANDIDATES}/{version}"
                    store.enqueue(lease, CANDIDATES, key, {"children": FRONT})
            store.set_study(lease, info={LOOKED_INTO: versions})


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


def deliver_tracking(
    workspace: Workspace, ref: str | None = None, children: str | None = None
) -> dict[str, Any]:
    """Deliver what waits in the outbox.

    Parameters
    ----------
    workspace : Workspace
        Where the outbox and the tracking are, [-].
    ref : str or None, optional
        Study that comes first, by label, name or uuid, [-].
    children : str or None, optional
        Which of its trials get a run of their own; None for what was asked before, [-].

    Returns
    -------
    dict
        Delivered and waiting messages, and why, [-].
    """
    with Store.open(workspace.store_place, create=False) as store:
        contents, results = StoredContents(store), []

        def note(lease: Lease, result: TrackingResult) -> None:
            _note_tracking(store, lease, result)
            _report_again(store, lease, workspace)

        enqueue_measured(store)
        if ref is not None:
            study = store.study(ref)
            if children is not None and study.state == "complete":
                with store.own(study.id) as lease:
                    enqueue_study(store, lease, children)
            results.append(deliver(store, workspace, contents, study.id, note=note))
        if ref is None or not results[0].error:
            results.append(deliver(store, workspace, contents, note=note))
        last, waiting = results[-1], len(store.pending_outbox())
        is_off = workspace.tracking_uri == OFF and waiting > 0
        return {
            "uri": last.uri,
            "delivered": sum(result.delivered for result in results),
            "waiting": waiting,
            "error": OFF_WORDS if is_off else last.error,
        }


def tracking_status(workspace: Workspace) -> dict[str, Any]:
    """Return what of each study was delivered, and what waits.

    Parameters
    ----------
    workspace : Workspace
        Where the outbox is, [-].

    Returns
    -------
    dict
        Address, messages that wait, and each study with its runs, links, tries and the last error;
        nothing is asked of the tracking, [-].
    """
    found: dict[str, Any] = {
        "schema": STATUS_SCHEMA,
        "version": STATUS_VERSION,
        "uri": workspace.tracking_shown,
        "waiting": 0,
        "studies": [],
    }
    if not workspace.has_store:
        return found
    with Store.open(workspace.store_place, create=False) as store:
        for study in store.studies():
            waiting = store.pending_outbox(study.id)
            tracking = study.info.get("tracking", {})
            if not waiting and not tracking:
                continue
            found["waiting"] += len(waiting)
            owner = store.owner(study.id)
            found["studies"].append(
                {
                    "label": study.label,
                    "id": study.id,
                    "name": study.name,
                    "waiting": len(waiting),
                    "tries": max((m.attempts for m in waiting), default=0),
                    "error": next((m.last_error for m in waiting if m.last_error), ""),
                    "is_under_way": bool(waiting) and owner is not None and owner.is_at_work,
                    "uri": tracking.get("uri", ""),
                    "run_id": tracking.get("run_id"),
                    "links": study_links(tracking, study.id),
                }
            )
    return found


def tracking_views(
    workspace: Workspace, port: int, refs: tuple[str, ...] = ()
) -> dict[str, dict[str, str]]:
    """Return the views of tracked studies, newest first, and of two of them side by side.

    Parameters
    ----------
    workspace : Workspace
        Where the studies are kept, [-].
    port : int
        Port of the pages, [-].
    refs : tuple of str, optional
        Studies that are meant; every one by default, [-].

    Returns
    -------
    dict of str to dict
        Addresses by view, by label; a pair is called ``S002 and S001``, [-].
    """
    if not workspace.has_store:
        return {}
    with Store.open(workspace.store_place, create=False) as store:
        meant = [store.study(ref) for ref in refs] or list(reversed(store.studies()))
        kept = [(s, t) for s in meant if (t := s.info.get("tracking", {})).get("run_id")]
    found = {s.label: study_links(tracking, s.id, port) for s, tracking in kept}
    if len(kept) > 1:
        (first, one), (second, other) = kept[:2]
        if link := pair_link(one, other, port):
            found[f"{first.label} and {second.label}"] = {PAIR_VIEW: link}
    return found


def _note_tracking(store: Store, lease: Lease, result: TrackingResult) -> None:
    """Note with a study where its runs are, so that its views can be found."""
    info = store.study(lease.study_id).info
    store.set_study(
        lease,
        info={
            "tracking": result.for_study(lease.study_id, info.get("tracking", {})),
            "models": result.with_versions(lease.study_id, info.get("models", [])),
        },
    )


def _report_again(store: Store, lease: Lease, workspace: Workspace) -> None:
    """Write the report once more, now with the links, where it lies on this machine."""
    study = store.study(lease.study_id)
    path = workspace.reports_folder / f"{study.label}.html"
    if path.is_file() and study.info["tracking"].get("links"):
        write_report(study_document(store, study), path)
