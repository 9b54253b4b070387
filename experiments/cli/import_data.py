"""``formulation data import``: a laboratory's release curves, or absorption data of people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.data_versions import AsJson, Home, every_version
from experiments.cli.import_text import import_document, outcome_lines, preview_lines
from experiments.cli.output import emit_json, emit_lines, note

if TYPE_CHECKING:
    from experiments.datasets import Candidate
    from experiments.store import DatasetRecord
    from experiments.workspace import Workspace


def import_data(
    table: Annotated[Path, typer.Argument(help="The data, CSV or .xlsx.")],
    name: Annotated[str, typer.Option("--name", help="Name of the data set.")],
    products: Annotated[
        Path | None, typer.Option("--products", help="Recipes of the products (YAML).")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="release or absorption.")] = "release",
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")] = "",
    encoding: Annotated[
        str, typer.Option("--encoding", help="Encoding of a CSV file, such as cp1252.")
    ] = "",
    time_unit: Annotated[
        str, typer.Option("--time-unit", help="Unit of the times: h, min, s or d.")
    ] = "",
    released_unit: Annotated[
        str, typer.Option("--released-unit", help="Unit of the release: %, fraction or mg.")
    ] = "",
    medium: Annotated[
        str | None, typer.Option("--medium", help="Dissolution medium; assumed: hcl.")
    ] = None,
    apparatus: Annotated[
        str | None, typer.Option("--apparatus", help="Apparatus, such as 'USP 2'.")
    ] = None,
    rpm: Annotated[float | None, typer.Option("--rpm", help="Speed of the apparatus.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Store it, if nothing is wrong.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show what a table of data would bring; with --accept, store it for fitting."""
    from experiments import datasets
    from experiments.workspace import open_workspace
    from formulation.errors import InputError

    workspace = open_workspace(home=home)
    versions = tuple(record for record in every_version(workspace) if record.state == "accepted")
    found: Candidate
    bench = {
        "--time-unit": time_unit,
        "--released-unit": released_unit,
        "--medium": medium,
        "--apparatus": apparatus,
        "--rpm": rpm,
    }
    if _is_release(kind, products, [option for option, given in bench.items() if given]):
        assert products is not None
        found = datasets.preview(
            table,
            products,
            name=name,
            stated=datasets.state_medium(medium, apparatus, rpm),
            sheet=sheet,
            encoding=encoding,
            time_unit=time_unit,
            released_unit=released_unit,
            versions=versions,
        )
    else:
        found = datasets.preview_absorption(
            table, products, name=name, sheet=sheet, encoding=encoding, versions=versions
        )
    if found.problems:
        if not as_json:
            emit_lines(preview_lines(found))
            note(f"Nothing was stored: {len(found.problems)} problem(s).")
        raise InputError.of(found.problems)
    record = _accept(found, workspace) if accept else None
    if as_json:
        emit_json(import_document(found, record))
        return
    emit_lines(preview_lines(found))
    emit_lines(outcome_lines(found, record))


def _is_release(kind: str, products: Path | None, bench: list[str]) -> bool:
    """Tell the kinds apart, refusing options that one of them does not have."""
    from experiments.datasets import KINDS
    from formulation.errors import InputError, UnknownNameError

    if kind not in KINDS:
        raise UnknownNameError("Kind of data", kind, KINDS)
    if kind == "release" and products is None:
        raise InputError(
            "Release curves need the recipes of their products.",
            hint="Give --products PRODUCTS.yaml.",
        )
    if kind != "release" and bench:
        raise InputError(
            f"Absorption data have no {', '.join(bench)}; those are of a bench.",
            hint="Leave them out.",
        )
    return kind == "release"


def _accept(found: "Candidate", workspace: "Workspace") -> "DatasetRecord":
    from experiments import datasets
    from experiments.store import Store

    with Store.open(workspace.store_place) as store:
        return datasets.accept(found, store, workspace.home / datasets.DATA_FOLDER)
