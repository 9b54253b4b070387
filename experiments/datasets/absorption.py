"""Absorption data of a laboratory or a publication: what an import would bring, and read back."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from experiments.config.product import Product
from experiments.datasets.accepting import Candidate, check_name, example_notes
from experiments.datasets.importing import beside, read_inputs
from experiments.datasets.versions import (
    ABSORPTION,
    accepted_versions,
    canonical,
    read_version,
    version_ref,
)
from experiments.store import DatasetRecord, Reader
from formulation.design import Design
from formulation.errors import InputError, Problem
from models.data.absorption_rows import (
    AbsorptionFile,
    AbsorptionReading,
    AbsorptionRow,
    read_absorption_rows,
)
from models.data.studies import held_out_study

SCHEMA, VERSION = "formulation/absorption-data", 1


@frozen(kw_only=True)
class AbsorptionPreview(Candidate):
    """What an import of absorption data would bring; nothing is stored yet."""

    kind: str = ABSORPTION
    """What it holds."""

    products: tuple[Product, ...] = ()
    """Products that have a row."""

    table: AbsorptionFile = field(factory=AbsorptionFile)
    """What was read."""


def preview_absorption(
    table_path: Path,
    products_path: Path | None,
    *,
    name: str,
    sheet: str = "",
    encoding: str = "",
    versions: Sequence[DatasetRecord] = (),
) -> AbsorptionPreview:
    """Return what an import of absorption data would bring, or everything wrong with it.

    Parameters
    ----------
    table_path : Path
        The table, [-].
    products_path : Path or None
        Recipes of its products; None when it has none, [-].
    name : str
        Name of the data set, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        Encoding of a CSV file, [-].
    versions : sequence of DatasetRecord, optional
        Versions the store accepts now, [-].

    Returns
    -------
    AbsorptionPreview
        Rows, problems, notes and the content, [-].

    Raises
    ------
    InputError
        The name of the data set is none, is taken by data of another kind, or names a study that
        is held out of training.
    """
    check_name(name, ABSORPTION, versions)
    study = held_out_study(name)
    if study is not None:
        raise InputError(
            f"Data set name {name!r}: {study.reason}.",
            hint="Give another --name, if these are not data of that study.",
        )
    problems: list[Problem] = []
    products, originals = read_inputs(problems, table_path, products_path)
    if problems:
        return AbsorptionPreview(name=name, problems=tuple(problems))
    table = read_absorption_rows(
        originals["file"].data,
        file=str(table_path),
        products={product.name: product.design for product in products},
        sheet=sheet,
        encoding=encoding,
    )
    if table.problems:
        return AbsorptionPreview(name=name, table=table, problems=table.problems, notes=table.notes)
    taken = {row.form for row in table.rows}
    kept = tuple(product for product in products if product.name in taken)
    left = [product.name for product in products if product.name not in taken]
    sources = [reading.source for reading in (*table.rows, *table.without_recipe)]
    notes = (*example_notes(sources), *table.notes, *_left_out(left))
    found = AbsorptionPreview(
        name=name,
        products=kept,
        table=table,
        notes=notes,
        content=_content(table, originals["file"].sha256),
        card={
            "form": table.form,
            "n_rows": table.n_rows,
            "n_without_recipe": len(table.without_recipe),
            "products": [product.name for product in kept],
            "notes": list(notes),
        },
        originals=originals,
        systems=tuple(sorted({product.design.system for product in kept})),
    )
    return beside(found, versions)


def measured_absorption(store: Reader) -> tuple[AbsorptionRow, ...]:
    """Return the accepted absorption data of products with a recipe.

    Parameters
    ----------
    store : Reader
        Knows the versions and their hashes, [-].

    Returns
    -------
    tuple of AbsorptionRow
        Rows in the order in which their data sets were accepted; the source of each begins with
        its version, [-].

    Raises
    ------
    DataError
        A version's file is missing or was changed.
    """
    return tuple(row for record in accepted_versions(store, ABSORPTION) for row in _rows_of(record))


def _content(table: AbsorptionFile, source_sha256: str) -> bytes:
    """Return the file of a version: rows with and without a recipe, in a fixed order."""
    readings: list[AbsorptionReading] = [*table.rows, *table.without_recipe]
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "rows": sorted((_plain(reading) for reading in readings), key=canonical),
        "source": {"sha256": source_sha256},
    }
    return canonical(document)


def _plain(reading: AbsorptionReading) -> dict[str, Any]:
    values = asdict(reading, recurse=False)
    design = values.pop("design", None)
    return {**values, "design": None if design is None else design.as_dict()}


def _rows_of(record: DatasetRecord) -> Iterator[AbsorptionRow]:
    """Yield the rows of a version that have a recipe."""
    _, document = read_version(record, SCHEMA, (VERSION,))
    for values in document["rows"]:
        if values["design"] is not None:
            yield _row(values, version_ref(record))


def _row(values: Mapping[str, Any], ref: str) -> AbsorptionRow:
    known = {**values, "source": f"{ref}: {values['source']}"}
    return AbsorptionRow(**{**known, "design": Design.from_dict(values["design"])})


def _left_out(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"Products without a row, left out: {', '.join(names)}."
