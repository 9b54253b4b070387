"""``formulation front``: the candidates of a study, on the screen or as one of them to make."""

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
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the candidates of a study."""
    from experiments.cli.output import emit_json, emit_lines, terminal_width
    from experiments.cli.study_text import front_lines, product_lines, summary_lines
    from experiments.listing import read_study
    from experiments.workspace import open_workspace

    document = read_study(study, open_workspace(home=home))
    if product is not None:
        emit_lines(product_lines(document, product))
        return
    if as_json:
        emit_json(document)
        return
    emit_lines([*front_lines(document, terminal_width()), *summary_lines(document)])
