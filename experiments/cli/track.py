"""``formulation track`` and ``formulation ui``: what MLflow was told, and its pages."""

import signal
from typing import Annotated, Any

import typer

from experiments.cli.studies import AsJson, Children, Home

Meant = Annotated[
    str | None, typer.Argument(help="Study that comes first: S001, its name, or its uuid.")
]

tracking = typer.Typer(
    help="Deliver to MLflow what waits, or say what does.", invoke_without_command=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    tracking.callback()(track)
    tracking.command()(sync)
    tracking.command()(status)
    app.add_typer(tracking, name="track")
    app.command()(ui)


def track(context: typer.Context, home: Home = None, as_json: AsJson = False) -> None:
    """Deliver to MLflow what is still waiting in the outbox; `sync` and `status` say which."""
    if context.invoked_subcommand is None:
        _sync(None, None, home, as_json=as_json)
    elif home is not None or as_json:
        raise typer.BadParameter(f"write --home and --json behind {context.invoked_subcommand!r}.")


def sync(
    study: Meant = None,
    track_children: Children = None,
    within: Annotated[
        int | None, typer.Option(help="End after so many seconds, whatever happens.", min=1)
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Deliver to MLflow what is still waiting in the outbox, in order, each run once."""
    if within is not None:
        # Not to be caught: what is not delivered by then stays in the outbox.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(within)
    _sync(study, track_children, home, as_json=as_json)


def status(home: Home = None, as_json: AsJson = False) -> None:
    """Say what waits for MLflow, and why; nothing is asked of it."""
    from experiments.cli.output import emit_json, emit_lines
    from experiments.publishing import tracking_status
    from experiments.workspace import open_workspace

    found = tracking_status(open_workspace(home=home))
    if as_json:
        emit_json(found)
        return
    emit_lines(
        [
            f"{found['uri']}: {found['waiting']} waiting",
            *(_line(study, found["uri"]) for study in found["studies"]),
        ]
    )


def ui(
    studies: Annotated[
        list[str] | None, typer.Argument(help="Studies to show; two are set side by side.")
    ] = None,
    home: Home = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
) -> None:
    """Start the MLflow pages on this machine and print where to look."""
    from experiments.cli.hints import absent_home
    from experiments.cli.output import note
    from experiments.cli.terminating import sigterm_stops
    from experiments.listing import list_studies
    from experiments.mlflow_server import serve
    from experiments.publishing import tracking_views
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    views = tracking_views(workspace, port, tuple(studies or ()))
    if not (views or workspace.has_tracking_server):
        note(nothing_told(len(list_studies(workspace)), absent_home(workspace)))
    with sigterm_stops():
        serve(workspace, port, views, note)


def nothing_told(n_studies: int, absent: str = "") -> str:
    """Return why the pages of MLflow show no study, and what to do.

    Parameters
    ----------
    n_studies : int
        Studies of the workspace, [-].
    absent : str, optional
        Said of a workspace that is not there, [-].

    Returns
    -------
    str
        A line, [-].
    """
    if not n_studies:
        return (
            f"MLflow was told of no study of this workspace yet{absent}; start one with:"
            " formulation run STUDY.yaml"
        )
    return (
        "MLflow was told of none of these studies yet, so its pages do not show them; why, and what"
        " waits: formulation track status"
    )


def _sync(study: str | None, children: str | None, home: str | None, *, as_json: bool) -> None:
    from experiments.cli.output import emit_json, emit_lines
    from experiments.publishing import deliver_tracking
    from experiments.workspace import open_workspace
    from formulation.errors import TrackingError

    workspace = open_workspace(home=home, track_children=children)
    result = deliver_tracking(workspace, study, children)
    if as_json:
        emit_json({"schema": "formulation/track", "version": 1, **result})
    else:
        emit_lines([f"{result['delivered']} delivered, {result['waiting']} waiting"])
    if result["waiting"] and result["error"]:
        raise TrackingError(
            f"{result['waiting']} messages for the tracking wait: {result['error'].rstrip('.')}.",
            hint="They stay in the outbox, in order: formulation track status.",
        )


def _line(study: dict[str, Any], uri: str) -> str:
    if not study["waiting"]:
        elsewhere = f" to {study['uri']}" if study["uri"] not in ("", uri) else ""
        return f"{study['label']} {study['name']}: delivered{elsewhere}"
    why = "under way" if study["is_under_way"] else study["error"] or "not tried yet"
    n_tries = study["tries"]
    tries = f", tried {n_tries} time{'s'[: n_tries != 1]}" if n_tries else ""
    return f"{study['label']} {study['name']}: {study['waiting']} waiting{tries}: {why}"
