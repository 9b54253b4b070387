"""``formulation data versions | retire``: the data sets of a workspace."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.hints import absent_home
from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.store import DatasetRecord
    from experiments.workspace import Workspace

Home = Annotated[
    str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def list_versions(home: Home = None, as_json: AsJson = False) -> None:
    """List the data sets of this workspace, retired ones too."""
    from experiments.datasets import kind_of, version_ref
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    records = every_version(workspace)
    if as_json:
        versions = [record_dict(record) for record in records]
        document = {"schema": "formulation/data-versions", "version": 1, "versions": versions}
        emit_json(document)
        return
    if not records:
        emit_lines(
            [f"No data set yet{absent_home(workspace)}; `formulation data import` brings one."]
        )
        return
    cells = [
        [version_ref(r), kind_of(r), r.state, _size(r), ", ".join(r.systems), r.created_utc]
        for r in records
    ]
    columns = ["version", "kind", "state", "holds", "systems", "accepted (UTC)"]
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

    with Store.open(open_workspace(home=home).store_place, create=False) as store:
        known = {version_ref(record): record.sha256 for record in store.datasets(state=None)}
        record = store.retire_dataset(known.get(ref, ref), reason)
    if as_json:
        document = {
            "schema": "formulation/data-retired",
            "version": 1,
            "retired": record_dict(record),
        }
        emit_json(document)
        return
    emit_lines([f"Retired {version_ref(record)}; new fits leave it out."])


def every_version(workspace: "Workspace") -> "tuple[DatasetRecord, ...]":
    """Return every version; a preview must not make a store where there is none.

    Parameters
    ----------
    workspace : Workspace
        Where the store is, [-].

    Returns
    -------
    tuple of DatasetRecord
        Versions, retired ones too, [-].
    """
    from experiments.store import Store

    if not workspace.has_store:
        return ()
    with Store.open(workspace.store_place, create=False) as store:
        return store.datasets(state=None)


def record_dict(record: "DatasetRecord") -> dict[str, Any]:
    """Return a version as plain data.

    Parameters
    ----------
    record : DatasetRecord
        The version, [-].

    Returns
    -------
    dict
        Its fields, its kind among them, [-].
    """
    from experiments.datasets import kind_of, version_ref

    return {
        "ref": version_ref(record),
        "name": record.name,
        "kind": kind_of(record),
        "sha256": record.sha256,
        "state": record.state,
        "systems": list(record.systems),
        "n_curves": record.n_curves,
        "n_rows": record.card.get("n_rows"),
        "path": record.path,
        "originals": record.card.get("originals", {}),
        "planned_mg": record.card.get("planned", {}),
        "created_utc": record.created_utc,
    }


def _size(record: "DatasetRecord") -> str:
    """Return what a version holds: curves, or rows of people."""
    rows = record.card.get("n_rows")
    count, what = record.n_curves, "curve"
    if not count and rows is not None:
        count, what = int(rows), "row"
    return f"{count} {what}{'' if count == 1 else 's'}"
