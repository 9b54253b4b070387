"""The command that writes the report of a study."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.studies import Home, Ref, tell_which

BYTES_PER_MB = 1e6
"""Bytes in a megabyte, [B/MB]."""


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(report)


def report(
    study: Ref,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else the workspace's.")
    ] = None,
    batch_g: Annotated[
        float | None,
        typer.Option("--batch-g", help="Mass of the batch that recipes are written for, g."),
    ] = None,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", help="Pictures that answer to the mouse; a file of MBs."),
    ] = False,
    home: Home = None,
) -> None:
    """Write the HTML report of a study."""
    from experiments.cli.output import emit_lines
    from experiments.listing import read_study
    from experiments.reports import write_report
    from experiments.reports.recipes import BATCH_G
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    tell_which(study, workspace)
    document = read_study(study, workspace)
    path = output or workspace.reports_folder / f"{document['study']['label']}.html"
    batch = BATCH_G if batch_g is None else batch_g
    written = write_report(document, path, batch, is_interactive=interactive)
    emit_lines([str(written), *([_size_words(written)] if interactive else [])])


def _size_words(path: Path) -> str:
    """Say how large an interactive report is, and why."""
    mb = path.stat().st_size / BYTES_PER_MB
    return (
        f"{mb:.1f} MB: it holds the drawing library Plotly and the data of every picture, so that"
        " it needs no network; without --interactive it stays below 1 MB."
    )
