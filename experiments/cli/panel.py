"""``formulation panel``: the published contrasts, predicted and judged."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.reports.tables import Table


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(panel)


def panel(
    role: Annotated[
        str | None,
        typer.Option("--role", help="Only kernel, calibration, held_out or negative_control."),
    ] = None,
    drop_role: Annotated[
        str | None, typer.Option("--drop-role", help="All but the rows of this role.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report page to this HTML file.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Write the picture to this PNG file.")
    ] = None,
    recalibrate: Annotated[
        bool, typer.Option("--recalibrate", help="Refit the parameters instead; with --without.")
    ] = False,
    without: Annotated[
        str | None, typer.Option("--without", help="Row left out of the refit, such as C10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict the published panel, judge it, and score the held-out studies."""
    _check(
        recalibrate,
        without,
        {"--role": role, "--drop-role": drop_role},
        {"--report": report, "--picture": picture},
    )
    if without is not None:
        _recalibrate(without, as_json)
        return
    from experiments import qualification
    from experiments.reports.files import PAGE_HINT, PAGES, check_ending, check_file

    if report is not None:
        check_file(report, "Page", "--report")
        check_ending(report, "Page", PAGES, PAGE_HINT)
    if picture is not None:
        check_file(picture, "Picture", "--picture")
        check_ending(picture, "Picture", (".png",), "It is written as PNG.")
    document = qualification.qualify(role=role, drop_role=drop_role)
    if report is not None:
        note(f"Wrote {qualification.write_page(document, report)}")
    if picture is not None:
        note(f"Wrote {qualification.write_picture(document, picture)}")
    if as_json:
        emit_json(document)
    else:
        emit_lines(_lines(document, terminal_width()))


def _check(
    recalibrate: bool,
    without: str | None,
    roles: Mapping[str, str | None],
    files: Mapping[str, Path | None],
) -> None:
    from formulation.errors import InputError

    if recalibrate != (without is not None):
        raise InputError(
            "panel: --recalibrate and --without belong together.",
            hint="Such as --recalibrate --without C10.",
        )
    if None not in roles.values():
        raise InputError("panel: --role and --drop-role exclude each other.", hint="Give one.")
    given = [name for name, value in {**roles, **files}.items() if value is not None]
    if recalibrate and given:
        raise InputError(f"panel: {given[0]} does not go with --recalibrate.", hint="Leave it out.")


def _recalibrate(without: str, as_json: bool) -> None:
    from experiments import qualification
    from experiments.qualification.tables import parameters_table

    document = qualification.recalibrated(without)
    if as_json:
        emit_json(document)
    else:
        emit_lines(_table(parameters_table(document), terminal_width()))


def _lines(document: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.qualification.page import sentence
    from experiments.qualification.tables import controls_table, rows_table, scores_table

    yield from wrap(sentence(document), width)
    yield ""
    yield from _table(rows_table(document), width)
    if document["summary"]["scores"]:
        yield ""
        yield from _table(scores_table(document), width)
    if document["controls"]:
        yield ""
        yield from _table(controls_table(document), width)
    yield ""
    yield from wrap(f"Interval: {document['summary']['interval']}.", width)


def _table(table: "Table", width: int) -> Iterator[str]:
    from experiments.qualification.tables import ROW_UNIT

    yield from wrap(table.caption, width)
    yield ""
    told = ("-", ROW_UNIT)
    heads = [c.title + ("" if c.unit in told else f" [{c.unit}]") for c in table.columns]
    yield from table_lines(heads, [list(row) for row in table.rows], width)
