"""``formulation data template``: tables to fill in, as CSV or Excel."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.output import emit_json, emit_lines

AsJson = Annotated[bool, typer.Option("--json", help="With -o: tell what was written as JSON.")]


def write_template(
    kind: Annotated[str, typer.Argument(help="release or absorption.")] = "release",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write, .csv or .xlsx; else CSV on stdout."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a table to fill in: its columns, what each means, and example rows that import."""
    from experiments.reports.files import unwritable, write_file
    from models.data.templates import find_template, template_csv, template_workbook

    template = find_template(kind)
    if output is None:
        emit_lines(template_csv(template).decode().splitlines())
        return
    what, option = "Template", "--output"
    if output.exists():
        raise unwritable(output, what, option, "it is there already, perhaps filled in")
    makers = {".csv": template_csv, ".xlsx": template_workbook}
    maker = makers.get(output.suffix.lower())
    if maker is None:
        raise unwritable(output, what, option, f"its name ends in none of {', '.join(makers)}")
    write_file(output, maker(template), what, option)
    if as_json:
        told = {"kind": kind, "file": str(output), "columns": [c.name for c in template.columns]}
        emit_json({"schema": "formulation/data-template", "version": 1, **told})
        return
    flags = "" if kind == "release" else f" --kind {kind}"
    emit_lines(
        [
            f"Wrote {output}. Its rows are examples: put your own in their place, then look with",
            f"  formulation data import {output} --products PRODUCTS.yaml --name NAME{flags}",
        ]
    )
