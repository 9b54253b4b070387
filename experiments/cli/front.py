"""``formulation front``: the candidates of a study, on the screen or as a table in a file."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.studies import AsJson, Home, Ref


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(front)


def front(
    study: Ref,
    product: Annotated[
        str | None,
        typer.Option(help="Print one candidate, such as C042, as a product file instead."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Table to write: .csv, .xlsx, .json or .parquet."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the candidates of a study, or write them as a table."""
    from experiments.cli.output import emit_json, emit_lines, terminal_width
    from experiments.cli.study_text import front_lines, product_lines, study_line, summary_lines
    from experiments.listing import namesakes, read_study
    from experiments.tabulating import write_front
    from experiments.workspace import open_workspace
    from formulation.errors import InputError

    if output is not None:
        if as_json or product is not None:
            other = "--json" if as_json else "--product"
            raise InputError(
                f"{other} prints and --output writes; one of them is wanted.",
                hint="A table in JSON is written by --output with an ending .json.",
            )
        emit_lines([str(write_front(study, open_workspace(home=home), output))])
        return
    if product is not None and as_json:
        raise InputError(
            "--product prints a product file, which is YAML, and --json a JSON document.",
            hint="Leave one of them out.",
        )
    workspace = open_workspace(home=home)
    document = read_study(study, workspace)
    if product is not None:
        emit_lines(product_lines(document, product))
        return
    if as_json:
        emit_json(document)
        return
    emit_lines([study_line(document, namesakes(study, workspace)[1:])])
    emit_lines([*front_lines(document, terminal_width()), *summary_lines(document)])
