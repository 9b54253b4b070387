"""``formulation init``: a commented study file to start from."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines

SCHEMA, VERSION = "formulation/init", 1


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(init)


def init(
    file: Annotated[
        Path | None, typer.Argument(help="Study file to write; default study.yaml.")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option("--system", help="Delivery system; repeat for several. Default: all."),
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option("--jurisdiction", help="Whose limits hold: EU (default) or US.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write a commented starter study file; nothing that exists is replaced."""
    from experiments.starter import DEFAULT_FILE, DEFAULT_JURISDICTION, write_starter

    path = DEFAULT_FILE if file is None else file
    study = write_starter(path, system or (), jurisdiction or DEFAULT_JURISDICTION)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "file": str(path),
        "study": study.name,
        "jurisdiction": study.jurisdiction,
        "systems": list(study.space.systems),
        "next": [_command("check", path), _command("run", path)],
    }
    if as_json:
        emit_json(document)
        return
    emit_lines(
        [
            f"Wrote {path}: {', '.join(document['systems'])} for {study.jurisdiction}.",
            "Next:",
            *(f"  {command}" for command in document["next"]),
        ]
    )


def _command(verb: str, path: Path) -> str:
    """Return a command to copy; a name that looks like an option is told apart by its folder."""
    name = str(path)
    return shlex.join(["formulation", verb, f"./{name}" if name.startswith("-") else name])
