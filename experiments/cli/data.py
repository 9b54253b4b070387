"""``formulation data``: the reference tables, with the source of every row."""

import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.data_template import write_template
from experiments.cli.data_versions import list_versions, retire_version
from experiments.cli.fetch_data import fetch_data
from experiments.cli.import_data import import_data
from experiments.cli.output import emit_json, emit_lines, table_lines

if TYPE_CHECKING:
    from formulation.data import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    group = typer.Typer(help="Reference tables with their sources, and a laboratory's own data.")
    group.command("ls")(list_tables)
    group.command("show")(show_table)
    group.command("fetch")(fetch_data)
    group.command("import")(import_data)
    group.command("template")(write_template)
    group.command("versions")(list_versions)
    group.command("retire")(retire_version)
    app.add_typer(group, name="data")


def list_tables(as_json: AsJson = False) -> None:
    """List the reference tables."""
    from formulation.data import read_rows

    tables = [
        {
            "name": table.name,
            "title": table.title,
            "description": table.description,
            "rows": len(read_rows(table)),
        }
        for table in _tables()
    ]
    if as_json:
        emit_json({"schema": "formulation/data-tables", "version": 1, "tables": tables})
        return
    cells = [[str(t["name"]), str(t["rows"]), str(t["title"])] for t in tables]
    emit_lines(table_lines(["name", "rows", "title"], cells, _width()))


def show_table(
    name: Annotated[str, typer.Argument(help="Name of a table, as `data ls` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Show a reference table and the sources it cites."""
    from formulation.data import find_table, read_rows

    table = find_table(name, _tables())
    rows = read_rows(table)
    sources = _citations(table, rows)
    columns = list(rows[0])
    if as_json:
        document = {
            "schema": "formulation/data-table",
            "version": 1,
            "name": table.name,
            "title": table.title,
            "description": table.description,
            "columns": columns,
            "rows": rows,
            "sources": sources,
        }
        emit_json(document)
        return
    emit_lines([table.title, table.description, ""])
    emit_lines(table_lines(columns, [list(row.values()) for row in rows], _width()))
    emit_lines(["", "Sources", *(f"  {key}: {citation}" for key, citation in sources.items())])


def _tables() -> tuple["Table", ...]:
    from formulation.data import TABLES as DOMAIN_TABLES
    from models.data import TABLES as MODEL_TABLES

    return (*DOMAIN_TABLES, *MODEL_TABLES)


def _citations(table: "Table", rows: list[dict[str, str]]) -> dict[str, str]:
    """Return the citation of every key that a table's rows name, in their order."""
    from formulation.data import load_sources
    from formulation.errors import DataError

    register = load_sources()
    cells = (row.get(column, "") for row in rows for column in ("source", "also"))
    keys = dict.fromkeys(key for cell in cells for key in cell.split("; ") if key)
    if missing := [key for key in keys if key not in register]:
        raise DataError(
            f"Table {table.name!r} cites {', '.join(missing)}, which the register lacks.",
            hint="Install the package again.",
        )
    return {key: register[key] for key in keys}


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns
