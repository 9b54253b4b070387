"""``formulation models``: the surrogates of a workspace, their cards, and how two compare."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any

import typer

from experiments.cli.evaluate_model import evaluate
from experiments.cli.hints import absent_home
from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width
from experiments.cli.predict_model import predict

Home = Annotated[
    str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Model = Annotated[
    str, typer.Argument(help="Name (the newest of it), system, or start of the sha256.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    group = typer.Typer(help="Surrogates: what was fitted, on what, how good it is.")
    group.command("ls")(list_models)
    group.command("card")(show_card)
    group.command("train")(train)
    group.command("predict")(predict)
    group.command("evaluate")(evaluate)
    group.command("compare")(compare)
    group.command("fetch")(fetch)
    app.add_typer(group, name="models")


def list_models(home: Home = None, as_json: AsJson = False) -> None:
    """List the surrogates of this workspace."""
    from experiments import surrogates
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    found = surrogates.list_models(workspace)
    if as_json:
        emit_json({"schema": "formulation/models", "version": 1, "models": found})
        return
    if not found:
        absent = absent_home(workspace)
        emit_lines([f"No surrogate yet{absent}; a study fits them, or `formulation models train`."])
        return
    columns = ["name", "sha256", "created", "rows", "curve error", "Mg error", "covered"]
    rows = [_line(model) for model in found]
    emit_lines(table_lines([*columns, "file", "version", "used by"], rows, terminal_width()))
    emit_lines(
        [
            "",
            *wrap(
                "Errors are means of those on held-out formulations: of the curve in points of the"
                " label, of the median absorbed increment in mg/d. Covered: share of both within"
                " their 90 % intervals.",
                terminal_width(),
            ),
        ]
    )


def show_card(
    model: Model,
    home: Home = None,
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the card's Markdown alone.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Markdown file to write.")
    ] = None,
) -> None:
    """Show the card of a surrogate: rows, data, errors, ranges, what it is not for."""
    from experiments import surrogates
    from experiments.workspace import open_workspace
    from formulation.errors import InputError

    if as_json and (markdown or output is not None):
        raise InputError("A card is printed as JSON or written as Markdown, not both.")
    shown = surrogates.show_model(model, open_workspace(home=home))
    if as_json:
        emit_json({"schema": "formulation/model", "version": 1, **shown})
        return
    if output is not None:
        emit_lines([str(surrogates.write_card(shown, output))])
        return
    emit_lines(surrogates.model_markdown(shown).splitlines())
    if not markdown:
        emit_lines(_standing(shown))


def train(
    file: Annotated[Path, typer.Argument(help="Study file.")],
    system: Annotated[
        str | None, typer.Option("--system", help="Only this delivery system.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fit again what is there already.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fit the surrogates of a study without running its search."""
    from experiments import surrogates
    from experiments.config import load_study
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    done = surrogates.train_models(load_study(file), workspace, note, system=system, again=force)
    if as_json:
        emit_json({"schema": "formulation/models-train", "version": 1, **done})
        return
    for found in done["models"]:
        what = "fitted" if found["fitted_now"] else "reused"
        emit_lines(
            [
                f"{what}  {found['name']}  {found['sha256'][: surrogates.SHORT]}"
                f"  {found['headline']['rests_on']}"
            ]
        )


def compare(first: Model, second: Model, home: Home = None, as_json: AsJson = False) -> None:
    """Compare two versions of the surrogate of one system."""
    from experiments import surrogates
    from experiments.workspace import open_workspace

    found = surrogates.compare_models(first, second, open_workspace(home=home))
    if as_json:
        emit_json({"schema": "formulation/models-compare", "version": 1, **found})
        return
    emit_lines(_comparison(found, terminal_width()))


def fetch(model: Model, home: Home = None, as_json: AsJson = False) -> None:
    """Bring the file of a surrogate back from MLflow's registry, checked before it is used."""
    from experiments import surrogates
    from experiments.workspace import open_workspace

    done = surrogates.restore_model(model, open_workspace(home=home))
    if as_json:
        emit_json({"schema": "formulation/models-fetch", "version": 1, **done})
        return
    what = "Fetched" if done["fetched"] else "There already:"
    emit_lines([f"{what} {done['name']} {done['sha256'][: surrogates.SHORT]}: {done['path']}"])


def _line(model: Mapping[str, Any]) -> list[str]:
    from experiments.cli.studies_text import local_time
    from experiments.surrogates import SHORT

    head, registry = model["headline"], model["registry"]
    rows = ", ".join(f"{n} {origin}" for origin, n in model["rows_by_origin"].items() if n)
    return [
        model["name"],
        model["sha256"][:SHORT],
        local_time(model["created_utc"]),
        rows,
        _number(head["curve_mae"], 100, " %"),
        _number(head["mae"], 1, ""),
        f"{_number(head['curve_coverage90'], 100, '')} / {_number(head['coverage90'], 100, '')} %",
        model["file"],
        registry["version"] if registry else "",
        ", ".join(model["studies"]),
    ]


def _standing(shown: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"File: {shown['file']} ({shown['path']})"
    if shown["registry"]:
        yield f"Registered: {shown['registry']['name']} version {shown['registry']['version']}"
    yield f"Used by: {', '.join(shown['studies']) or 'no study yet'}"


def _comparison(found: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.cli.studies_text import local_time
    from experiments.surrogates import SHORT

    for name in ("a", "b"):
        side = found[name]
        rows = ", ".join(f"{n} {origin}" for origin, n in side["rows_by_origin"].items())
        yield (
            f"{name.upper()}  {side['name']}  {side['sha256'][:SHORT]}"
            f"  {local_time(side['created_utc'])}  {rows} rows"
        )
    yield ""
    yield from wrap(found["notice"], width)
    yield ""
    yield "Changed: " + (", ".join(c["what"] for c in found["changed"]) or "nothing it was made of")
    for change in found["changed"]:
        if isinstance(change["a"], str | int | float | None):
            yield f"  {change['what']}: {change['a']} -> {change['b']}"
    yield ""
    columns = ["output", "unit", "MAE A", "MAE B", "R2 A", "R2 B", "covered A", "covered B"]
    yield from table_lines(columns, [_outcome(row) for row in found["metrics"]], width)


def _outcome(row: Mapping[str, Any]) -> list[str]:
    a, b = row["a"] or {}, row["b"] or {}
    return [
        row["title"],
        row["unit"],
        *(_number(side.get("mae"), 1, "") for side in (a, b)),
        *(_number(side.get("r2"), 1, "") for side in (a, b)),
        *(_number(side.get("coverage90"), 100, " %") for side in (a, b)),
    ]


def _number(value: float | None, scale: float, unit: str) -> str:
    return "" if value is None else f"{scale * value:.3g}{unit}"
