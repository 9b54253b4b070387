"""``formulation plot``: one picture of a study as a file, or what it shows as JSON."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.studies import AsJson, Home, Ref, tell_which


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(plot)


def plot(
    study: Ref,
    kind: Annotated[
        str,
        typer.Argument(
            help="front, curves, history, importance, profiler, ternary, parallel or calibration."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Picture to write: .png, .svg or .html."),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(help="The candidate it is about, such as C042; else the recommended one."),
    ] = None,
    components: Annotated[
        str | None,
        typer.Option(help="Three components of a ternary picture, such as salt,hpmc,mcc."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Draw a picture of a study, or print what it shows."""
    from experiments.cli.output import emit_json, emit_lines, note
    from experiments.pictures import draw_picture, picture_document
    from experiments.workspace import open_workspace
    from formulation.errors import InputError

    if as_json == (output is not None):
        raise InputError(
            "A picture is written with --output FILE, or what it shows is printed with --json.",
            hint="One of them is wanted.",
        )
    parts = [name.strip() for name in components.split(",")] if components else []
    workspace = open_workspace(home=home)
    tell_which(study, workspace)
    if output is None:
        document = picture_document(
            study, kind, workspace, note, candidate=candidate, components=parts
        )
        emit_json(document)
        return
    path = draw_picture(study, kind, output, workspace, note, candidate=candidate, components=parts)
    emit_lines([str(path)])
