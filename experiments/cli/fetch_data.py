"""``formulation data fetch``: published data sets by name."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width


def fetch_data(
    name: Annotated[str, typer.Argument(help="Name of a set: lai, liposome_ivr or fdt.")],
    folder: Annotated[
        Path | None, typer.Option("--from", help="Folder that stands in for the addresses.")
    ] = None,
    home: Annotated[
        str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Bring a published data set into the workspace, checked against its known content."""
    from experiments.datasets.public import fetch
    from experiments.datasets.public_sets import find_set
    from experiments.workspace import open_workspace

    known = find_set(name)
    tables = fetch(name, open_workspace(home=home).home, folder)
    if as_json:
        rows = [
            {
                "name": table.name,
                "path": str(table.path),
                "rows": table.n_rows,
                "sha256": table.sha256,
                "from": table.origin,
            }
            for table in tables
        ]
        document = {
            "schema": "formulation/data-fetched",
            "version": 1,
            "name": known.name,
            "title": known.title,
            "licence": known.terms.licence,
            "citation": known.terms.citation,
            "variants": list(known.variants),
            "tables": rows,
        }
        emit_json(document)
        return
    cells = [[t.name, f"{t.n_rows:,}", t.origin, str(t.path)] for t in tables]
    emit_lines([f"{known.name}: {known.title}", f"Licence   {known.terms.licence}"])
    emit_lines([f"Cite      {known.terms.citation}", f"Variants  {', '.join(known.variants)}", ""])
    emit_lines(table_lines(["table", "rows", "from", "lies in"], cells, terminal_width()))
