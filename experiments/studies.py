"""The use case: from a study file to a confirmed, tracked front. Every face calls this."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, evolve, frozen

from experiments.conditions import installed, lock, warning
from experiments.config import StudySpec, study_from_config
from experiments.confirming import confirm_front
from experiments.executors import Executor, make_executor
from experiments.fitting import FittedModels, fit_or_load, refuse_other_models
from experiments.publishing import hand_over, publish, reported, with_tracking
from experiments.results import study_document
from experiments.search.ends import BUDGET, WALL_TIME
from experiments.search.loop import Progress
from experiments.searching import search_study
from experiments.standing import REPEATS
from experiments.store import Lease, Store, StudyRecord, TrialRecord
from experiments.workspace import Workspace
from formulation.errors import InputError
from formulation.targets import Objective
from models.surrogates.table import code_fingerprint


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

    def __init__(self, study: StudyRecord, done: int, exit_code: int) -> None:
        super().__init__(f"Study {study.label} was interrupted; what was done is kept.")
        self.study = study
        self.done = done
        self.exit_code = exit_code


@define
class Terminated(BaseException):
    """The system asked the process to end (SIGTERM)."""


def run_study(
    spec: StudySpec,
    workspace: Workspace,
    listener: Listener,
    *,
    repeats: StudyRecord | None = None,
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
    repeats : StudyRecord, optional
        An earlier study of the same file, whose rungs are followed instead of the clock, also
        after an interruption, [-].

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
            info={REPEATS: repeats.id} if repeats else {},
        )
        return _go_on(store, study, spec, workspace, executor, listener)


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


def _go_on(
    store: Store,
    study: StudyRecord,
    spec: StudySpec,
    workspace: Workspace,
    executor: Executor,
    listener: Listener,
    *,
    take_over: bool = False,
) -> dict[str, Any]:
    spec, rungs = _without_clock(store, study, spec)
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
                rungs=rungs,
            )
            _record_executor(store, lease, study, executor, found.n_chunks)
        listener.say(f"stopped because {found.end.because}")
        confirm_front(store, lease, study, spec, models, found.trials, listener.say)
        if found.end.kind == WALL_TIME:
            # The rest of its budget may follow, so the tracking is not told yet.
            store.set_study(lease, state="interrupted", reason=WALL_TIME)
            return reported(store, lease, store.study(study.id), workspace)
        store.set_study(lease, state="complete")
        document = publish(store, lease, store.study(study.id), workspace)
    # Given back first: whoever delivers a study owns it meanwhile.
    try:
        return hand_over(store, document, workspace, listener.say)
    except (KeyboardInterrupt, Terminated):
        listener.say("not waiting for the tracking; it goes on in the background")
        return with_tracking(document, store.study(study.id))


def _without_clock(
    store: Store, study: StudyRecord, spec: StudySpec
) -> tuple[StudySpec, dict[int, str]]:
    """Return what a study asks for, and the rungs it follows: a repetition has no clock."""
    if REPEATS not in study.info:
        return spec, {}
    before = finished_trials(store.trials(store.study(study.info[REPEATS]).id))
    budget = evolve(spec.budget, wall_time_s=None)
    return evolve(spec, budget=budget), {n: t.rung for n, t in before.items()}


def finished_trials(trials: Sequence[TrialRecord]) -> dict[int, TrialRecord]:
    """Return the trials that came to an end.

    Parameters
    ----------
    trials : sequence of TrialRecord
        Trials of one study, [-].

    Returns
    -------
    dict of int to TrialRecord
        Complete and failed ones by number, [-].
    """
    return {t.number: t for t in trials if t.state != "running"}


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
            "lock": lock(),
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


@contextmanager
def _kept_if_stopped(store: Store, lease: Lease, study: StudyRecord) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, Terminated) as stop:
        store.set_study(lease, state="interrupted", reason=type(stop).__name__)
        code = 130 if isinstance(stop, KeyboardInterrupt) else 143
        raise Interrupted(study, len(finished_trials(store.trials(study.id))), code) from stop
    except InputError:
        store.set_study(lease, state="failed", reason="input")
        raise
