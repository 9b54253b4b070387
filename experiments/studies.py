"""The use case: from a study file to a confirmed, tracked front. Every face calls this."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, frozen

from experiments.candidates import ACCOUNTS, most_desirable, plain_trials
from experiments.conditions import installed, warning
from experiments.config import StudySpec, objectives_of_config, study_from_config
from experiments.config.stops import mode_of_config
from experiments.confirmation import against_plain, confirm, make_accountant, release_curves
from experiments.executors import Executor, make_executor
from experiments.fitting import FittedModels, fit_or_load, refuse_other_models
from experiments.readings import judging_of
from experiments.reports import write_report
from experiments.results import front_of, study_document
from experiments.search.ends import BUDGET, WALL_TIME
from experiments.search.front import normalised, spread_indices
from experiments.search.loop import Progress
from experiments.searching import search_study
from experiments.store import Lease, Store, StudyRecord, TrialRecord, candidate_label
from experiments.tracking import TrackingResult, deliver, enqueue_study
from experiments.tracking_messages import front_link
from experiments.workspace import Workspace
from formulation.errors import InputError
from formulation.targets import Objective
from models.surrogates.table import code_fingerprint

MOST_CONFIRMED = 64
"""Candidates of a front that are confirmed at most, [-]; of more, some that lie far apart."""


@frozen(kw_only=True)
class Listener:
    """What a face wants to be told while a study runs."""

    say: Callable[[str], None]
    """Told each step in words."""

    on_started: Callable[[StudyRecord], None]
    """Told the study as soon as this process owns it."""

    on_ack: Callable[[StudyRecord, tuple[int, ...]], None]
    """Told the trial numbers of every commit, after it."""

    on_progress: Callable[[tuple[Objective, ...], Progress], None]
    """Told after every batch, with what is wanted."""


class Interrupted(Exception):
    """The user or the system stopped a study; what was done is kept."""

    def __init__(self, study: StudyRecord, exit_code: int) -> None:
        super().__init__(f"Study {study.label} was interrupted; what was done is kept.")
        self.study = study
        self.exit_code = exit_code


@define
class Terminated(BaseException):
    """The system asked the process to end (SIGTERM)."""


def run_study(
    spec: StudySpec,
    workspace: Workspace,
    listener: Listener,
    *,
    rungs: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """Run a study from its file.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].
    workspace : Workspace
        Where it is kept and run, [-].
    listener : Listener
        Who is told, [-].
    rungs : mapping of int to str, optional
        Rungs of an earlier run by trial number, which are followed where a time for each ask would
        else choose them, [-].

    Returns
    -------
    dict
        The document of `experiments.results.study_document`, [-].

    Raises
    ------
    Interrupted
        It was stopped; ``formulation resume`` goes on.
    """
    # Settings of the executor that cannot be used are refused before a study is stored.
    executor = make_executor(workspace.executor, workspace.workers, say=listener.say)
    with Store.open(workspace.store_place) as store:
        study = store.create_study(
            name=spec.name,
            config=spec.config,
            config_text=spec.text,
            config_sha256=spec.sha256,
            seed=spec.budget.seed,
            budget=spec.budget.trials,
        )
        return _go_on(store, study, spec, workspace, executor, listener, rungs=rungs)


def resume_study(
    ref: str, workspace: Workspace, listener: Listener, *, take_over: bool = False
) -> dict[str, Any]:
    """Go on with a study that was interrupted.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where it is kept and run, [-].
    listener : Listener
        Who is told, [-].
    take_over : bool, optional
        Take a study from an owner on another host, [-].

    Returns
    -------
    dict
        The document of the study, [-].

    Notes
    -----
    A study that is complete and was handed to the tracking is left as it is.
    """
    executor = make_executor(workspace.executor, workspace.workers, say=listener.say)
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        if study.state == "complete" and "tracking" in study.info:
            listener.say(f"study {study.label} is complete; nothing is left to do")
            if (ended := study.info.get("stopped")) and ended["kind"] != BUDGET:
                listener.say(f"it stopped because {ended['because']}")
            return study_document(store, study)
        spec = study_from_config(study.config)
        return _go_on(store, study, spec, workspace, executor, listener, take_over=take_over)


def read_study(ref: str, workspace: Workspace) -> dict[str, Any]:
    """Return the document of a stored study.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where it is kept, [-].

    Returns
    -------
    dict
        The document, [-].
    """
    with Store.open(workspace.store_place, create=False) as store:
        return study_document(store, store.study(ref))


def list_studies(workspace: Workspace) -> list[dict[str, Any]]:
    """Return one line for each stored study.

    Parameters
    ----------
    workspace : Workspace
        Where they are kept, [-].

    Returns
    -------
    list of dict
        Label, name, state, finished trials, budget, most desirable candidate and time of each; none
        without a store, [-].
    """
    if not workspace.has_store:
        return []
    with Store.open(workspace.store_place, create=False) as store:
        found = []
        for study in store.studies():
            trials = store.trials(study.id)
            done = [t for t in trials if t.state != "running"]
            owner = store.owner(study.id)
            found.append(
                {
                    "label": study.label,
                    "id": study.id,
                    "name": study.name,
                    "state": study.state,
                    "done": len(done),
                    "budget": study.budget,
                    "feasible": sum(t.is_feasible for t in done),
                    "best": most_desirable(objectives_of_config(study.config), done),
                    "updated_utc": study.updated_utc,
                    "is_owned": owner is not None and owner.is_at_work,
                    "stopped": study.info.get("stopped"),
                    "mode": mode_of_config(study.config),
                }
            )
        return found


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


def _go_on(
    store: Store,
    study: StudyRecord,
    spec: StudySpec,
    workspace: Workspace,
    executor: Executor,
    listener: Listener,
    *,
    take_over: bool = False,
    rungs: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    with store.own(study.id, take_over=take_over) as lease, _kept_if_stopped(store, lease, study):
        listener.on_started(study)
        if other_versions := warning(study.info.get("versions", {}), installed()):
            listener.say(other_versions)
        store.set_study(lease, state="running")
        with executor:
            executor.warm_up()
            models = fit_or_load(
                spec.space, spec.population, store, workspace.models_folder, listener.say
            )
            refuse_other_models(study, models)
            _record(store, lease, workspace, models)
            found = search_study(
                store,
                lease,
                study,
                spec,
                models.chain,
                executor,
                on_ack=lambda numbers: listener.on_ack(study, numbers),
                on_progress=lambda progress: listener.on_progress(spec.objectives, progress),
                rungs=rungs or {},
            )
            _record_executor(store, lease, study, executor, found.n_chunks)
        listener.say(f"stopped because {found.end.because}")
        _confirm(store, lease, study, spec, models, found.trials, listener)
        if found.end.kind == WALL_TIME:
            # The rest of its budget may follow, so the tracking is not told yet.
            store.set_study(lease, state="interrupted", reason=WALL_TIME)
            return _reported(store, lease, store.study(study.id), workspace)
        store.set_study(lease, state="complete")
        return _publish(store, lease, store.study(study.id), workspace, listener)


def _confirm(
    store: Store,
    lease: Lease,
    study: StudyRecord,
    spec: StudySpec,
    models: FittedModels,
    trials: tuple[TrialRecord, ...],
    listener: Listener,
) -> None:
    whole = front_of(spec.objectives, trials)
    if not whole:
        return
    scores = normalised(spec.objectives, [t.values for t in whole])
    front = [whole[k] for k in spread_indices(scores, MOST_CONFIRMED)]
    n_subjects = spec.budget.confirm_subjects
    of_all = "" if len(front) == len(whole) else f" of {len(whole)}, spread over the front"
    listener.say(f"confirming {len(front)} candidates{of_all}, every subject integrated")
    # The plain tablet is integrated too, if only to say whether a trial would tell them apart.
    plain = plain_trials(spec.objectives, [t for t in trials if t.is_feasible])[:1]
    integrated = [*front, *(t for t in plain if t not in front)]
    accountant = make_accountant(integrated, spec.jurisdiction)
    confirmed = confirm(
        integrated,
        spec.population,
        spec.objectives,
        spec.limits,
        n_subjects,
        watch=accountant,
        judging=judging_of(spec),
    )[: len(front)]
    labels = [candidate_label(t.number) for t in front]
    against = against_plain(accountant, labels, candidate_label(plain[0].number)) if plain else {}
    # First the accounts, so that a stop between the two leaves no candidate confirmed without one.
    accounts = {
        label: {**accountant.accounts[label], "against_plain": against.get(label)}
        for label in labels
    }
    store.set_study(lease, info={ACCOUNTS: accounts})
    store.put_confirmations(lease, confirmed)
    store.put_curves(lease, release_curves(front, models.chain))


def _record(store: Store, lease: Lease, workspace: Workspace, models: FittedModels) -> None:
    store.set_study(
        lease,
        info={
            "models": [
                {"id": m.id, "name": m.name, "sha256": m.sha256, "registry": None, **m.card}
                for m in models.records
            ],
            "models_fitted_now": models.n_fitted,
            "store": workspace.store_shown,
            "code_sha256": code_fingerprint(),
            "versions": installed(),
        },
    )


def _record_executor(
    store: Store, lease: Lease, study: StudyRecord, executor: Executor, n_chunks: int
) -> None:
    """Add to the record what this run used; a resumed study keeps what earlier runs used."""
    before = store.study(study.id).info.get("executor", {})
    pids = sorted({*before.get("worker_pids", []), *executor.worker_pids})
    store.set_study(
        lease,
        info={
            "executor": {
                "kind": executor.kind,
                "worker_pids": pids,
                "driver_pid": os.getpid(),
                "chunks": before.get("chunks", 0) + n_chunks,
                "requeued": before.get("requeued", 0) + executor.n_requeued,
            }
        },
    )


def _publish(
    store: Store, lease: Lease, study: StudyRecord, workspace: Workspace, listener: Listener
) -> dict[str, Any]:
    """Write the report and hand the study to the tracking; neither can undo the search."""
    document = _reported(store, lease, study, workspace)
    enqueue_study(store, lease, document, Path(document["report"]))
    listener.say("tracking in MLflow")
    tracked = deliver(store, workspace, study.id)
    _record_tracking(store, tracked, held=lease)
    document = study_document(store, store.study(study.id))
    if tracked.waiting:
        why = tracked.error or "tracking is off"
        listener.say(f"tracking is waiting: {why}; `formulation track` tries again")
    return document


def _reported(
    store: Store, lease: Lease, study: StudyRecord, workspace: Workspace
) -> dict[str, Any]:
    report = workspace.reports_folder / f"{study.label}.html"
    store.set_study(lease, info={"report": str(report)})
    document = study_document(store, store.study(study.id))
    write_report(document, report)
    return document


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


@contextmanager
def _kept_if_stopped(store: Store, lease: Lease, study: StudyRecord) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, Terminated) as stop:
        store.set_study(lease, state="interrupted", reason=type(stop).__name__)
        code = 130 if isinstance(stop, KeyboardInterrupt) else 143
        raise Interrupted(study, code) from stop
    except InputError:
        store.set_study(lease, state="failed", reason="input")
        raise
