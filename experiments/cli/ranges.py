"""``formulation ranges``: how far each factor of a candidate may go alone."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width
from experiments.cli.studies import AsJson, Home, Ref, tell_which


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(ranges)


def ranges(
    study: Ref,
    candidate: Annotated[str, typer.Argument(help="Candidate, such as C042.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say how far each factor of a candidate may go alone while every limit holds."""
    from experiments.ranges import candidate_ranges
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    tell_which(study, workspace)
    found = candidate_ranges(study, candidate, workspace, note)
    if as_json:
        emit_json({"schema": "formulation/ranges", "version": 1, **found})
    else:
        emit_lines(range_lines(found, terminal_width()))


def range_lines(found: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield acceptable ranges as text.

    Parameters
    ----------
    found : mapping
        What `experiments.ranges.candidate_ranges` made, [-].
    width : int
        Characters of a line, [-].

    Yields
    ------
    str
        Lines, [-].
    """
    yield from wrap(
        f"Acceptable ranges around {found['candidate']} of {found['study']['label']}, predicted:",
        width,
    )
    headings = ["factor", "unit", "candidate", "space", "limits hold", "hold pessimistically"]
    rows = [
        [
            factor["title"],
            factor["unit"],
            f"{factor['value']:g}",
            *(_ends(factor[kind]) for kind in ("space", "predicted", "pessimistic")),
        ]
        for factor in found["factors"]
    ]
    yield from table_lines(headings, rows, width)
    yield ""
    yield "What ends them:"
    for factor in found["factors"]:
        for side in ("low", "high"):
            yield from wrap(_ending(factor, side), width, subsequent_indent="      ")
    if found["pessimistic_misses"]:
        yield ""
        text = "At the pessimistic end the candidate itself misses: "
        yield from wrap(f"{text}{found['pessimistic_misses']}.", width)
    yield ""
    for sentence in (*found["words"], f"Interval: {found['interval_kind']}."):
        yield from wrap(sentence, width)


def _ends(found: Mapping[str, Any] | None) -> str:
    return "none" if found is None else f"{found['low']:g} to {found['high']:g}"


def _ending(factor: Mapping[str, Any], side: str) -> str:
    """Say what ends one side, as predicted and, where that differs, at the pessimistic end."""
    text = f"{factor['title']}, {side}: {factor['predicted'][f'{side}_ends_by'].rstrip('.')}"
    surely = factor["pessimistic"]
    if surely is not None and surely[f"{side}_ends_by"] != factor["predicted"][f"{side}_ends_by"]:
        text += f"; pessimistically: {surely[f'{side}_ends_by'].rstrip('.')}"
    return f"{text}."
