"""What an import would bring, told to people in lines and to programs as one document."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from experiments.cli.data_versions import record_dict
from experiments.cli.output import table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.datasets import AbsorptionPreview, Candidate, Preview, StatedMedium
    from experiments.store import DatasetRecord
    from models.data.absorption_rows import AbsorptionReading


def preview_lines(found: "Candidate") -> Iterator[str]:
    """Yield what an import would bring, for people.

    Parameters
    ----------
    found : Candidate
        A preview, [-].

    Yields
    ------
    str
        One line, [-].
    """
    from experiments.datasets import AbsorptionPreview, Preview

    yield f"Data set  {found.name} ({found.kind} data)"
    if isinstance(found, Preview):
        yield from _release_lines(found)
    if isinstance(found, AbsorptionPreview):
        yield from _absorption_lines(found)
    yield from (f"Note      {line}" for line in found.notes)


def _release_lines(found: "Preview") -> Iterator[str]:
    curves = found.curves
    if found.vessels:
        yield f"Vessel    {_medium_text(found)}"
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


def _absorption_lines(found: "AbsorptionPreview") -> Iterator[str]:
    table = found.table
    if table.form:
        yield f"Read      {table.form}: {table.n_rows:,} rows"
    if found.problems:
        return
    yield ""
    columns = ["product", "mg a day", "taken", "population", "endpoint", "mean", "sd", "n"]
    columns += ["design", "recipe"]
    cells = [
        *(_reading_cells(row, "yes") for row in table.rows),
        *(_reading_cells(reading, "no") for reading in table.without_recipe),
    ]
    yield from table_lines(columns, cells, terminal_width())
    yield ""


def _reading_cells(reading: "AbsorptionReading", recipe: str) -> list[str]:
    meals = "with meals" if reading.with_meals else "between meals"
    return [
        reading.form,
        f"{reading.dose_mg_per_day:.4g}",
        f"{reading.intakes_per_day} × {meals}",
        reading.population,
        reading.endpoint,
        f"{reading.value:.4g} {reading.unit}",
        "" if reading.sd is None else f"{reading.sd:.3g}",
        str(reading.n),
        reading.design_kind,
        recipe,
    ]


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
    return _vessel_text(found.vessels[0])


def _vessel_text(vessel: "StatedMedium") -> str:
    medium = vessel.medium
    values = {"medium": medium.name, "apparatus": medium.apparatus, "rpm": f"{medium.rpm:g} rpm"}
    said = [
        f"{value} (assumed)" if name in vessel.assumed else value for name, value in values.items()
    ]
    stated = vessel.conditions
    said += [f"pH {stated.ph:g}"] if stated.ph is not None else []
    said += [f"{stated.temperature_c:g} °C"] if stated.temperature_c is not None else []
    return "; ".join(said)


def outcome_lines(found: "Candidate", record: "DatasetRecord | None") -> Iterator[str]:
    """Yield what became of an import, for people.

    Parameters
    ----------
    found : Candidate
        A preview without problems, [-].
    record : DatasetRecord or None
        The version it was stored as; None for a preview alone, [-].

    Yields
    ------
    str
        One line, [-].
    """
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


def import_document(found: "Candidate", record: "DatasetRecord | None") -> dict[str, Any]:
    """Return what an import would bring, and what became of it, as plain data.

    Parameters
    ----------
    found : Candidate
        A preview without problems, [-].
    record : DatasetRecord or None
        The version it was stored as; None for a preview alone, [-].

    Returns
    -------
    dict
        The document, [-].
    """
    from experiments.datasets import AbsorptionPreview, Preview, version_ref

    document = {
        "schema": "formulation/data-import",
        "version": 2,
        "name": found.name,
        "kind": found.kind,
        "sha256": found.sha256,
        "is_known": found.standing is not None,
        "accepted": None if record is None else record_dict(record),
        "replaces": [version_ref(older) for older in found.replaces],
        "originals": {
            which: {"name": file.name, "sha256": file.sha256}
            for which, file in found.originals.items()
        },
        "notes": list(found.notes),
    }
    if isinstance(found, Preview):
        document |= _release_document(found)
    if isinstance(found, AbsorptionPreview):
        document |= _absorption_document(found)
    return document


def _release_document(found: "Preview") -> dict[str, Any]:
    from attrs import asdict

    return {
        "vessels": [
            {"medium": asdict(vessel.medium), "assumed": list(vessel.assumed)}
            for vessel in found.vessels
        ],
        "form": found.curves.form,
        "units": {"time": found.curves.time_unit, "released": found.curves.released_unit},
        "products": [{"name": p.name, "design": p.design.as_dict()} for p in found.products],
        "curves": [asdict(curve) for curve in found.curves.curves],
    }


def _absorption_document(found: "AbsorptionPreview") -> dict[str, Any]:
    from attrs import asdict

    readings = [*found.table.rows, *found.table.without_recipe]
    plain = [asdict(reading, recurse=False) for reading in readings]
    return {
        "form": found.table.form,
        "products": [{"name": p.name, "design": p.design.as_dict()} for p in found.products],
        "rows": [
            {**row, "design": row["design"].as_dict() if "design" in row else None} for row in plain
        ],
    }
