"""``formulation models evaluate``: how well a table of somebody's own can be learnt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width


def evaluate(
    data: Annotated[
        Path, typer.Argument(help="A tidy table, CSV or .xlsx, or the name of a fetched set.")
    ],
    group: Annotated[
        str, typer.Option("--group", help="Column of what never stands in two folds.")
    ] = "",
    target: Annotated[str, typer.Option("--target", help="Column of the outcome.")] = "",
    time: Annotated[str, typer.Option("--time", help="Column of the time, if any.")] = "",
    curve: Annotated[
        str, typer.Option("--curve", help="Column that tells curves of one group apart.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="YAML file of roles and units of columns.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", help="Column not to be read; may repeat.")
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")] = "",
    encoding: Annotated[
        str, typer.Option("--encoding", help="8-bit encoding of a CSV file, such as cp1252.")
    ] = "",
    folds: Annotated[int, typer.Option("--folds", help="Folds by group.")] = 10,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Try this family only; may repeat.")
    ] = None,
    release: Annotated[
        bool | None,
        typer.Option("--release/--no-release", help="Whether the target is a release curve."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of folds and learners.")] = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; default: every core.")
    ] = None,
    variant: Annotated[
        str,
        typer.Option(
            "--variant", help="Way to learn from a fetched set; lai: few (default), zero."
        ),
    ] = "",
    home: Annotated[
        str | None,
        typer.Option("--home", help="Workspace of fetched sets; default ./.formulation."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Learn a table by grouped, nested cross-validation, and say what came out."""
    from experiments.datasets.public import public_table
    from experiments.datasets.public_sets import known_names
    from experiments.datasets.tidy import load_tidy
    from experiments.evaluation import evaluate_table, summary
    from experiments.workspace import open_workspace

    named = {"target": target, "group": group, "time": time, "curve": curve}
    if not data.exists() and str(data) in known_names():
        _refuse_columns(
            str(data),
            {**named, "mapping": mapping, "ignore": ignore, "sheet": sheet, "encoding": encoding},
        )
        table = public_table(str(data), variant, open_workspace(home=home).home)
    else:
        _refuse_variant(variant)
        table = load_tidy(
            data,
            **named,
            mapping_path=mapping,
            ignore=ignore or (),
            sheet=sheet,
            encoding=encoding,
        )
    found = evaluate_table(
        table,
        n_folds=_possible(folds, table.n_groups),
        families=family or (),
        release=release,
        seed=seed,
        workers=workers,
        say=note,
    )
    document = summary(found)
    if as_json:
        emit_json(document)
        return
    emit_lines(_lines(document))


def _possible(folds: int, n_groups: int) -> int:
    """Return the folds there can be, and say so where they are fewer than asked for."""
    if folds > n_groups:
        note(f"{n_groups} folds, one for each group, instead of {folds}.")
    return min(folds, n_groups)


def _refuse_columns(name: str, given: dict[str, Any]) -> None:
    from formulation.errors import InputError

    if stated := [option for option, value in given.items() if value]:
        raise InputError(
            f"The columns of data set {name!r} are known; --{stated[0]} was given as well.",
            hint="Leave it out, or name a file.",
        )


def _refuse_variant(variant: str) -> None:
    from formulation.errors import InputError

    if variant:
        raise InputError(
            f"--variant {variant} is for fetched sets, and a file was named.",
            hint="Leave it out, or name a set such as lai.",
        )


def _lines(found: dict[str, Any]) -> Iterator[str]:
    unit = f" {found['unit']}" if found["unit"] else ""
    scores = found["metrics"]
    counts = f"{found['rows']:,} rows, {found['curves']:,} curves, {found['n_groups']} groups"
    yield f"Table     {counts}"
    yield f"Source    {found['source']}"
    yield f"Protocol  {found['protocol']}"
    if found["shape"]:
        yield f"Shape     {found['shape']}"
    yield from (f"Note      {line}" for line in found["notes"])
    yield ""
    yield f"MAE       {scores['mae']:.4g}{unit}, by curve {scores['mae_by_curve']:.4g}{unit}"
    if any(line.startswith("Early values") for line in found["notes"]):
        yield f"          after the early values {scores['mae_after_early']:.4g}{unit}"
    yield f"          without any feature {scores['mae_without_features']:.4g}{unit}"
    yield f"RMSE      {scores['rmse']:.4g}{unit}"
    yield f"R2        {scores['r2']:.3f}"
    yield (
        f"Interval  90 % meant, {100 * scores['coverage90']:.1f} % held,"
        f" mean width {scores['width90']:.4g}{unit}"
    )
    least = 100 * found["by_group"]["coverage90_least"]
    yield f"          in the worst group {least:.0f} % held"
    yield ""
    columns = ["family", "error inside the training part", "kept in folds"]
    rows = [
        [f["family"], f"{f['inner_mae']:.4g}", str(f["kept_in_folds"])] for f in found["families"]
    ]
    yield from table_lines(columns, rows, terminal_width())
