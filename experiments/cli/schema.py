"""``formulation schema``: JSON Schemas with which editors complete and check study files."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines

SCHEMA, VERSION = "formulation/schema", 1


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(schema)


def schema(
    kind: Annotated[str, typer.Argument(help="study or product.")] = "study",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else stdout.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With -o: tell what was written as JSON.")
    ] = False,
) -> None:
    """Print the JSON Schema of study or product files, for an editor."""
    from experiments.config.schema import schema_of

    made = schema_of(kind)
    if output is None:
        emit_json(made)
        return
    _write(output, made)
    if as_json:
        told = {"schema": SCHEMA, "version": VERSION, "kind": kind, "file": str(output)}
        emit_json(told)
        return
    comment = f"# yaml-language-server: $schema={output}"
    emit_lines([f"Wrote {output}. First line of a {kind} file for editors: {comment}"])


def _write(path: Path, made: dict[str, Any]) -> None:
    from formulation.errors import InputError

    try:
        path.write_text(json.dumps(made, allow_nan=False, indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Schema file {path} cannot be written: {reason}.",
            hint="Name a file in a folder that exists.",
        ) from None
