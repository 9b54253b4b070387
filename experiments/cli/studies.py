"""Commands that run, read and export studies."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.interrupting import telling_interruptions
from experiments.cli.requiring import Require

if TYPE_CHECKING:
    from experiments.requirements import Requirement
    from experiments.studies import Listener
    from experiments.workspace import Workspace

WATCH_S = 2.0
"""Between two looks of `status --watch`, [s]."""

Home = Annotated[
    str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
]
Kind = Annotated[str | None, typer.Option("--executor", help="inline, process or ray (default).")]
Workers = Annotated[int | None, typer.Option("--workers", help="Workers of the executor.")]
Children = Annotated[
    str | None,
    typer.Option("--track-children", help="Runs in MLflow: front (default), or all to 1,000."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ProgressKind = Annotated[
    str, typer.Option("--progress", help="auto, jsonl (events on stderr) or none.")
]
Ref = Annotated[str, typer.Argument(help="Study: S001, its name, or its uuid.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(run)
    app.command()(resume)
    app.command()(cancel)
    app.command()(status)
    app.command("export-optuna")(export_optuna)


def run(
    file: Annotated[Path, typer.Argument(help="Study file.")],
    trials: Annotated[int | None, typer.Option(help="Trials instead of the file's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed instead of the file's.")] = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(help="Fix a factor, such as 'hpmc=20 %' or 'timed_release.salt=citrate'."),
    ] = None,
    require: Require = None,
    executor: Kind = None,
    workers: Workers = None,
    track_children: Children = None,
    home: Home = None,
    as_json: AsJson = False,
    progress: ProgressKind = "auto",
) -> None:
    """Run a study: fit, search, confirm, report, track."""
    with telling_interruptions(progress=progress, as_json=as_json):
        from experiments.config import load_study, with_budget
        from experiments.config.flags import with_fixed
        from experiments.requirements import read_requirements
        from experiments.studies import run_study
        from experiments.workspace import open_workspace

        workspace = open_workspace(
            home=home, executor=executor, workers=workers, track_children=track_children
        )
        spec = with_fixed(with_budget(load_study(file), trials=trials, seed=seed), fix or ())
        required = read_requirements(require or (), spec.objectives)
        _drive(lambda listener: run_study(spec, workspace, listener), required, progress, as_json)


def resume(
    study: Ref,
    require: Require = None,
    executor: Kind = None,
    workers: Workers = None,
    track_children: Children = None,
    home: Home = None,
    as_json: AsJson = False,
    progress: ProgressKind = "auto",
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Take the study from an owner on another host.")
    ] = False,
) -> None:
    """Go on with a study that was interrupted; a repetition is compared at its end."""
    with telling_interruptions(progress=progress, as_json=as_json):
        from experiments.cli.repeating import tell_repetition
        from experiments.cli.requiring import refuse_failed
        from experiments.repeating import repetition
        from experiments.requirements import outcomes, requirements_of_stored
        from experiments.studies import resume_study
        from experiments.workspace import open_workspace

        workspace = open_workspace(
            home=home, executor=executor, workers=workers, track_children=track_children
        )
        tell_which(study, workspace)
        required = requirements_of_stored(require or (), study, workspace)
        document = followed(
            lambda listener: resume_study(study, workspace, listener, take_over=take_over),
            progress,
            as_json,
        )
        if found := repetition(document, workspace):
            tell_repetition(found, as_json=as_json)
            refuse_failed(outcomes(required, document))
        else:
            _tell(document, required, as_json)


def cancel(study: Ref, home: Home = None, as_json: AsJson = False) -> None:
    """Ask the process that runs a study to keep what is done and stop."""
    from experiments.cli.output import emit_json, emit_lines
    from experiments.stopping import cancel_study
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    tell_which(study, workspace)
    done = cancel_study(study, workspace)
    if as_json:
        emit_json({"schema": "formulation/cancel", "version": 1, **done})
        return
    label = done["study"]["label"]
    emit_lines(
        [
            f"{label} is {done['state']}: {done['done']} of {done['budget']} trials are kept."
            f" Go on with: formulation resume {label}"
        ]
    )


def status(
    home: Home = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document; with --watch one a line, each look.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again and again, until nothing runs.")
    ] = False,
) -> None:
    """List the studies of this workspace."""
    from experiments.cli.hints import absent_home
    from experiments.cli.output import emit_json, emit_json_line, emit_lines, terminal_width
    from experiments.cli.studies_text import studies_lines
    from experiments.listing import list_studies
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    while True:
        studies = list_studies(workspace)
        if as_json:
            emit = emit_json_line if watch else emit_json
            emit({"schema": "formulation/status", "version": 1, "studies": studies})
        else:
            emit_lines(studies_lines(studies, terminal_width(), absent_home(workspace)))
        if not (watch and any(study["is_owned"] for study in studies)):
            return
        time.sleep(WATCH_S)


def export_optuna(
    study: Ref,
    url: Annotated[str, typer.Argument(help="Optuna storage, such as sqlite:///optuna.db.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add the finished trials of a study to a storage of Optuna, each once."""
    from experiments.cli.output import emit_json, emit_lines
    from experiments.exporting import export_study_to_optuna
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    tell_which(study, workspace)
    done = export_study_to_optuna(study, workspace, url)
    if as_json:
        emit_json({"schema": "formulation/export-optuna", "version": 1, **done})
        return
    emit_lines(
        [
            f"{done['study_name']}: {done['added']} trials added, {done['total']} there,"
            f" {done['infeasible']} of them infeasible."
        ]
    )


def tell_which(ref: str, workspace: "Workspace") -> None:
    """Say which study is taken, where several have the name that was written.

    Parameters
    ----------
    ref : str
        What was written, [-].
    workspace : Workspace
        Where the studies are kept, [-].
    """
    from experiments.cli.output import note
    from experiments.listing import namesakes

    taken, *others = namesakes(ref, workspace) or ("",)
    if others:
        what = f"the newest of {len(others) + 1} studies named {ref}"
        note(f"{taken} is taken, {what}; others: {', '.join(others)}.")


def followed(
    work: Callable[["Listener"], dict[str, Any]], progress: str, as_json: bool
) -> dict[str, Any]:
    """Run something that searches, with the right listener; a stop says how to go on.

    Parameters
    ----------
    work : callable
        What is done, told who listens, [-].
    progress : str
        ``auto``, ``jsonl`` or ``none``, [-].
    as_json : bool
        Whether a document is wanted, also of a stop, [-].

    Returns
    -------
    dict
        What came of it, [-].
    """
    from experiments.cli.interrupting import tell_interrupted
    from experiments.cli.progress import make_listener
    from experiments.cli.terminating import sigterm_stops
    from experiments.studies import Interrupted

    try:
        with sigterm_stops() as stop, make_listener(progress) as listener:
            return work(stop.heeding(listener))
    except Interrupted as end:
        tell_interrupted(end, end.exit_code, progress=progress, as_json=as_json)
        raise typer.Exit(end.exit_code) from None
    except typer.Exit as end:  # SIGTERM before there was a study
        tell_interrupted(None, end.exit_code, progress=progress, as_json=as_json)
        raise


def _drive(
    study: Callable[["Listener"], dict[str, Any]],
    required: Sequence["Requirement"],
    progress: str,
    as_json: bool,
) -> None:
    """Run, then print the result and set the exit code."""
    _tell(followed(study, progress, as_json), required, as_json)


def _tell(document: dict[str, Any], required: Sequence["Requirement"], as_json: bool) -> None:
    from experiments.cli.output import emit_json, emit_lines, terminal_width
    from experiments.cli.requiring import refuse_failed, requirement_lines, with_requirements
    from experiments.cli.study_text import front_lines, summary_lines, where_lines
    from experiments.requirements import outcomes

    found = outcomes(required, document)
    if as_json:
        emit_json(with_requirements(document, found))
    else:
        emit_lines(front_lines(document, terminal_width()))
        emit_lines([*summary_lines(document), *where_lines(document), *requirement_lines(found)])
    # That there is nothing to make (3 or 4) says more than a requirement that failed (5).
    _refuse_nothing_to_make(document)
    refuse_failed(found)


def _refuse_nothing_to_make(document: dict[str, Any]) -> None:
    from experiments.cli.output import note
    from experiments.reports.account_words import is_refused, risk_reasons
    from experiments.reports.answers import Verdict, answer, judged
    from experiments.reports.wording import limit_text, times_text
    from formulation.errors import NothingFeasibleError, RefusedError

    label, verdict = document["study"]["label"], answer(document).verdict
    if verdict is Verdict.NOTHING_FEASIBLE:
        reasons = document["infeasible_reasons"]
        most = ""
        if reasons:
            name, count = reasons[0]["limit"], reasons[0]["count"]
            most = f" Most often missed, {times_text(count)}: {limit_text(name)}."
        raise NothingFeasibleError(
            f"Study {label}: none of {document['trials']} designs meets every limit; do not make"
            f" any of them.{most}",
            hint="Relax that limit, or widen the study's ranges.",
        )
    if verdict is Verdict.REFUTED and all(map(is_refused, judged(document))):
        reason = risk_reasons(judged(document)[0], "refused")[0]
        note(f"error Study {label}: no candidate is offered on the grounds of its risk. {reason}")
        raise typer.Exit(RefusedError.exit_code)
    if verdict is Verdict.REFUTED:
        raise NothingFeasibleError(
            f"Study {label}: each of {len(judged(document))} candidates misses a limit, or is"
            " refused on its risk, when every subject is integrated; do not make any of them.",
            hint="Give the study more trials, or relax the limit its report names.",
        )
