"""``formulation doctor``: whether this installation, machine and workspace will do."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines

SCHEMA, VERSION = "formulation/doctor", 1


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(doctor)


def doctor(
    home: Annotated[
        str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
    ] = None,
    executor: Annotated[
        str | None, typer.Option("--executor", help="inline, process or ray (default).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Workers of the executor.")
    ] = None,
    start_ray: Annotated[
        bool, typer.Option("--start-ray", help="Start and stop Ray once, in its own process.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Look whether studies can run here; nothing is changed."""
    from experiments.diagnosis import diagnose, exit_code, overall
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home, executor=executor, workers=workers)
    found = diagnose(workspace, start_ray=start_ray)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "status": overall(found).value,
        "exit_code": exit_code(found),
        "home": str(workspace.home),
        "executor": workspace.executor,
        "checks": [{"name": name, **finding.as_dict()} for name, finding in found.items()],
    }
    if as_json:
        emit_json(document)
    else:
        emit_lines(_lines(document["checks"]))
    if document["exit_code"]:
        raise typer.Exit(document["exit_code"])


def _lines(checks: list[dict[str, Any]]) -> Iterator[str]:
    width = max(len(check["name"]) for check in checks)
    for check in checks:
        yield f"{check['status']:<7}  {check['name']:<{width}}  {check['message']}"
        if check["hint"]:
            yield f"{'':7}  {'':{width}}  {check['hint']}"
    counts = Counter(check["status"] for check in checks)
    yield f"{len(checks)} checks: {counts['failed']} failed, {counts['warning']} warnings."
