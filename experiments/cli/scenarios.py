"""``formulation scenarios``: scenarios of a clinic, run and held against what was expected."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command("scenarios")(scenarios)


def scenarios(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Names in configs/scenarios, or files; all of that folder when left out.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[int | None, typer.Option("--size", help="Virtual subjects.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Page to write (HTML, one file).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run scenarios: people, arms with their co-factors, a placebo arm, and what is expected."""
    from experiments import scenarios as use_case
    from experiments.simulation import check_writable

    asked = use_case.find_scenarios(names or (), size=size)
    if report is not None:
        check_writable(report)
    document = use_case.run_scenarios(asked)
    if report is not None:
        note(f"Page: {use_case.write_page(document, report)}")
    if as_json:
        emit_json(document)
    else:
        emit_lines(_lines(document, terminal_width()))


def _lines(document: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.scenarios.tables import scenario_tables
    from experiments.scenarios.wording import announcements, article_text, name_words, summary

    for text in (*announcements(document), document["notice"], summary(document)):
        yield from wrap(text, width)
    for scenario in document["scenarios"]:
        yield ""
        yield from wrap(f"{name_words(scenario['name']).upper()}: {scenario['question']}", width)
        for said in scenario["article"]:
            yield from wrap(article_text(said), width)
        if scenario["not_predicted"]:
            yield f"Not predicted here: {', '.join(scenario['not_predicted'])}."
        tables = scenario_tables(scenario)
        for name in ("arms", "cofactors", "expected", "endpoints", "risk", "monitored"):
            table = tables[name]
            if table.rows:
                yield ""
                yield from wrap(table.caption, width)
                heads = [column.title for column in table.columns]
                rows = [[cell.replace("\n", " ") for cell in row] for row in table.rows]
                yield from table_lines(heads, rows, width)
