"""``formulation data import | versions | retire``: a laboratory's release curves."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.datasets import Preview, StatedMedium
    from experiments.store import DatasetRecord

Home = Annotated[
    str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def import_data(
    curves: Annotated[Path, typer.Argument(help="Release curves, CSV or .xlsx.")],
    products: Annotated[Path, typer.Option("--products", help="Recipes of the products (YAML).")],
    name: Annotated[str, typer.Option("--name", help="Name of the data set.")],
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
    """Show what a file of release curves would bring; with --accept, store it for fitting."""
    from experiments import datasets
    from experiments.workspace import open_workspace
    from formulation.errors import InputError

    folder = open_workspace(home=home).home
    found = datasets.preview(
        curves,
        products,
        name=name,
        stated=datasets.state_medium(medium, apparatus, rpm),
        sheet=sheet,
        encoding=encoding,
        time_unit=time_unit,
        released_unit=released_unit,
        versions=_accepted(folder),
    )
    if found.problems:
        if not as_json:
            emit_lines(_preview_lines(found))
            note(f"Nothing was stored: {len(found.problems)} problem(s).")
        raise InputError.of(found.problems)
    record = _accept(found, folder) if accept else None
    if as_json:
        emit_json(_document(found, record))
        return
    emit_lines(_preview_lines(found))
    emit_lines(_outcome_lines(found, record))


def list_versions(home: Home = None, as_json: AsJson = False) -> None:
    """List the data sets of this workspace, retired ones too."""
    from experiments.datasets import version_ref
    from experiments.workspace import open_workspace

    records = _every(open_workspace(home=home).home)
    if as_json:
        versions = [_record(record) for record in records]
        document = {"schema": "formulation/data-versions", "version": 1, "versions": versions}
        emit_json(document)
        return
    if not records:
        emit_lines(["No data set yet; `formulation data import` brings one."])
        return
    cells = [
        [version_ref(r), r.state, str(r.n_curves), ", ".join(r.systems), r.created_utc]
        for r in records
    ]
    columns = ["version", "state", "curves", "systems", "accepted (UTC)"]
    emit_lines(table_lines(columns, cells, terminal_width()))


def retire_version(
    ref: Annotated[str, typer.Argument(help="Name, version or start of the hash.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take a data set out of use; its record and file stay."""
    from experiments.datasets import version_ref
    from experiments.store import Store
    from experiments.workspace import open_workspace

    with Store.open(open_workspace(home=home).store_path, create=False) as store:
        known = {version_ref(record): record.sha256 for record in store.datasets(state=None)}
        record = store.retire_dataset(known.get(ref, ref), reason)
    if as_json:
        document = {"schema": "formulation/data-retired", "version": 1, "retired": _record(record)}
        emit_json(document)
        return
    emit_lines([f"Retired {version_ref(record)}; new fits leave it out."])


def _accept(found: "Preview", folder: Path) -> "DatasetRecord":
    from experiments import datasets
    from experiments.store import STORE_FILE, Store

    with Store.open(folder / STORE_FILE) as store:
        return datasets.accept(found, store, folder / datasets.DATA_FOLDER)


def _accepted(folder: Path) -> "tuple[DatasetRecord, ...]":
    return tuple(record for record in _every(folder) if record.state == "accepted")


def _every(folder: Path) -> "tuple[DatasetRecord, ...]":
    """Return every version; a preview must not make a store where there is none."""
    from experiments.store import STORE_FILE, Store

    if not (folder / STORE_FILE).is_file():
        return ()
    with Store.open(folder / STORE_FILE, create=False) as store:
        return store.datasets(state=None)


def _preview_lines(found: "Preview") -> Iterator[str]:
    curves = found.curves
    yield f"Data set  {found.name}"
    yield f"Medium    {_medium_text(found)}"
    if curves.form:
        yield f"Read      {curves.form}: {curves.n_rows:,} rows"
    if curves.time_unit:
        yield f"Units     time in {curves.time_unit}, release in {curves.released_unit}"
    if not found.problems:
        yield ""
        columns = ["curve", "system", "salt", "Mg per unit", "times", "from", "to", "released"]
        columns += ["vessel"] if _vessels_differ(found) else []
        yield from table_lines(columns, [*_rows(found)], terminal_width())
        yield ""
    yield from (f"Note      {line}" for line in found.notes)


def _rows(found: "Preview") -> Iterator[list[str]]:
    designs = {product.name: product.design for product in found.products}
    for curve, vessel in zip(found.curves.curves, found.vessels, strict=True):
        design = designs[curve.product]
        yield [
            curve.name,
            design.system,
            design.salt_name,
            f"{design.elemental_mg_per_unit:.4g} mg",
            str(len(curve.times_h)),
            f"{curve.times_h[0]:.4g} h",
            f"{curve.times_h[-1]:.4g} h",
            f"{100 * curve.fraction[-1]:.4g} % (n = {min(curve.n)})",
            *([_vessel_text(vessel)] if _vessels_differ(found) else []),
        ]


def _vessels_differ(found: "Preview") -> bool:
    return any(vessel != found.vessels[0] for vessel in found.vessels)


def _medium_text(found: "Preview") -> str:
    if _vessels_differ(found):
        return "as stated for each curve, below"
    return _vessel_text(found.vessels[0] if found.vessels else found.stated)


def _vessel_text(vessel: "StatedMedium") -> str:
    medium = vessel.medium
    values = {"medium": medium.name, "apparatus": medium.apparatus, "rpm": f"{medium.rpm:g} rpm"}
    said = [
        f"{value} (assumed)" if name in vessel.assumed else value for name, value in values.items()
    ]
    return "; ".join(said)


def _outcome_lines(found: "Preview", record: "DatasetRecord | None") -> Iterator[str]:
    from experiments.datasets import version_ref

    yield f"Content   {found.sha256}"
    if found.standing is not None:
        yield f"This content is accepted already as {version_ref(found.standing)}; nothing changed."
        return
    replaced = ", ".join(map(version_ref, found.replaces))
    if record is None:
        if replaced:
            yield f"It would replace {replaced}."
        yield "Nothing was stored. Give --accept as well to store it."
        return
    yield f"Accepted  {version_ref(record)}"
    if replaced:
        yield f"Retired   {replaced}"


def _document(found: "Preview", record: "DatasetRecord | None") -> dict[str, Any]:
    from attrs import asdict

    from experiments.datasets import version_ref

    return {
        "schema": "formulation/data-import",
        "version": 2,
        "name": found.name,
        "sha256": found.sha256,
        "is_known": found.standing is not None,
        "accepted": None if record is None else _record(record),
        "replaces": [version_ref(older) for older in found.replaces],
        "vessels": [
            {"medium": asdict(vessel.medium), "assumed": list(vessel.assumed)}
            for vessel in found.vessels
        ],
        "form": found.curves.form,
        "units": {"time": found.curves.time_unit, "released": found.curves.released_unit},
        "products": [{"name": p.name, "design": p.design.as_dict()} for p in found.products],
        "curves": [asdict(curve) for curve in found.curves.curves],
        "notes": list(found.notes),
    }


def _record(record: "DatasetRecord") -> dict[str, Any]:
    from experiments.datasets import version_ref

    return {
        "ref": version_ref(record),
        "name": record.name,
        "sha256": record.sha256,
        "state": record.state,
        "systems": list(record.systems),
        "n_curves": record.n_curves,
        "path": record.path,
        "created_utc": record.created_utc,
    }
