"""Versions of a laboratory's data: one file each, named by its hash, and read back for fitting.

A version is canonical JSON that holds designs, curves, medium and source. The store keeps its
SHA-256, so that a file that was changed after it was accepted is refused.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import asdict

from experiments.store import DatasetRecord, Reader
from formulation.design import Design
from formulation.errors import DataError
from formulation.profiles import Medium, ReleaseProfile
from formulation.provenance import Origin
from models.data.mean_curves import MeanCurve
from models.data.release_curves import CurveFile
from models.surrogates.table import MeasuredCurve

DATA_FOLDER = "data"
"""Folder of accepted versions in a workspace."""

SCHEMA, VERSION = "formulation/release-data", 1


def version_ref(record: DatasetRecord) -> str:
    """Return the name of a version for people and for the sources of a fit.

    Parameters
    ----------
    record : DatasetRecord
        A version, [-].

    Returns
    -------
    str
        Name and the first 16 digits of its hash, [-].
    """
    return f"{record.name}@{record.sha256[:16]}"


def make_content(
    designs: Mapping[str, Design],
    curves: CurveFile,
    medium: Medium,
    assumed: Sequence[str],
    source_sha256: str,
) -> bytes:
    """Return the file of a version: the same content gives the same bytes.

    Parameters
    ----------
    designs : mapping of str to Design
        Product by name, [-].
    curves : CurveFile
        What was read of the curves, [-].
    medium : Medium
        Where they were measured, [-].
    assumed : sequence of str
        What of the medium nobody stated, [-].
    source_sha256 : str
        Hash of the file the curves came from, [-].

    Returns
    -------
    bytes
        Canonical JSON, [-].
    """
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "designs": {name: design.as_dict() for name, design in designs.items()},
        "curves": [asdict(c) for c in sorted(curves.curves, key=lambda c: c.product)],
        "medium": asdict(medium),
        "assumed": list(assumed),
        "source": {
            "sha256": source_sha256,
            "time_unit": curves.time_unit,
            "released_unit": curves.released_unit,
        },
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def write_version(path: Path, content: bytes) -> None:
    """Put a version's file in place whole and durable, or not at all.

    Parameters
    ----------
    path : Path
        Where it is to lie; its folder is made, [-].
    content : bytes
        Its content, [-].
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        with made.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def measured_curves(store: Reader, system: str) -> tuple[MeasuredCurve, ...]:
    """Return the accepted release curves of one delivery system.

    Parameters
    ----------
    store : Reader
        Knows the versions and their hashes, [-].
    system : str
        Delivery system, [-].

    Returns
    -------
    tuple of MeasuredCurve
        Curves in the order in which their data sets were accepted, [-].

    Raises
    ------
    DataError
        A version's file is missing or was changed.
    """
    # An interrupted import leaves two versions of a name; the later one counts.
    newest = {record.name: record for record in store.datasets()}
    return tuple(
        curve
        for record in newest.values()
        if system in record.systems
        for curve in _curves_of(record)
        if curve.design.system == system
    )


def _curves_of(record: DatasetRecord) -> Iterator[MeasuredCurve]:
    """Yield the curves of a version, once its bytes are known to be those accepted."""
    who, again = f"Data set {version_ref(record)}", "Import its file again, or retire it."
    try:
        content = Path(record.path).read_bytes()
    except OSError as error:
        raise DataError(
            f"{who}: {record.path} is missing ({error.strerror}).", hint=again
        ) from None
    if sha256(content).hexdigest() != record.sha256:
        raise DataError(f"{who}: {record.path} was changed after it was accepted.", hint=again)
    document = json.loads(content)
    if (document["schema"], document["version"]) != (SCHEMA, VERSION):
        raise DataError(f"{who} is of another version of this program.", hint=again)
    medium = _medium(document["medium"])
    for values in document["curves"]:
        curve = MeanCurve(**values)
        profile = ReleaseProfile(
            times_h=curve.times_h, fraction=curve.fraction, medium=medium, origin=Origin.MEASURED
        )
        design = Design.from_dict(document["designs"][curve.product])
        yield MeasuredCurve(
            design=design, profile=profile, source=version_ref(record), name=curve.product
        )


def _medium(values: Mapping[str, Any]) -> Medium:
    then = values["then"]
    return Medium(**{**values, "then": None if then is None else _medium(then)})
