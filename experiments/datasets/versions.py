"""Versions of a laboratory's data: one file each, named by its hash, and read back for fitting.

A version is canonical JSON that holds designs, curves with their media, and source. The store keeps
its SHA-256, so that a file that was changed after it was accepted is refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import asdict

from experiments.store import DatasetRecord, Reader
from formulation.design import Design
from formulation.errors import DataError
from formulation.profiles import Medium, ReleaseProfile
from formulation.provenance import Origin
from models.data.release_curves import CurveFile
from models.data.vessels import StatedMedium
from models.surrogates.table import MeasuredCurve

DATA_FOLDER = "data"
"""Folder of accepted versions in a workspace."""

SCHEMA, VERSION = "formulation/release-data", 2

RELEASE, ABSORPTION = "release", "absorption"
KINDS = (RELEASE, ABSORPTION)
"""What a data set may hold."""


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
    vessels: Sequence[StatedMedium],
    source_sha256: str,
) -> bytes:
    """Return the file of a version: the same content gives the same bytes.

    Parameters
    ----------
    designs : mapping of str to Design
        Product by name, [-].
    curves : CurveFile
        What was read of the curves, [-].
    vessels : sequence of StatedMedium
        Where each of them was measured, [-].
    source_sha256 : str
        Hash of the file the curves came from, [-].

    Returns
    -------
    bytes
        Canonical JSON, [-].
    """
    measured = [
        {**asdict(curve), "medium": asdict(vessel.medium), "assumed": list(vessel.assumed)}
        for curve, vessel in zip(curves.curves, vessels, strict=True)
    ]
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "designs": {name: design.as_dict() for name, design in designs.items()},
        "curves": sorted(measured, key=lambda c: (c["product"], c["batch"])),
        "source": {
            "sha256": source_sha256,
            "time_unit": curves.time_unit,
            "released_unit": curves.released_unit,
        },
    }
    return canonical(document)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return a document as bytes that only its content decides.

    Parameters
    ----------
    document : mapping
        Plain data, its numbers finite, [-].

    Returns
    -------
    bytes
        JSON, [-].
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def kind_of(record: DatasetRecord) -> str:
    """Return what a version holds.

    Parameters
    ----------
    record : DatasetRecord
        A version, [-].

    Returns
    -------
    str
        One of `KINDS`; those accepted before there were several hold release curves, [-].
    """
    return str(record.card.get("kind", RELEASE))


def accepted_versions(store: Reader, kind: str) -> tuple[DatasetRecord, ...]:
    """Return the versions of one kind that count, one for each name.

    Parameters
    ----------
    store : Reader
        Knows the versions, [-].
    kind : str
        One of `KINDS`, [-].

    Returns
    -------
    tuple of DatasetRecord
        In the order in which they were accepted, [-].
    """
    # An interrupted import leaves two versions of a name; the later one counts.
    newest = {record.name: record for record in store.datasets()}
    return tuple(record for record in newest.values() if kind_of(record) == kind)


def read_version(
    record: DatasetRecord, schema: str, versions: Sequence[int]
) -> tuple[int, dict[str, Any]]:
    """Return the document of a version, once its bytes are known to be those accepted.

    Parameters
    ----------
    record : DatasetRecord
        A version, [-].
    schema : str
        Schema wanted, [-].
    versions : sequence of int
        Versions of it that can be read, [-].

    Returns
    -------
    tuple
        The version of its schema, and the document, [-].

    Raises
    ------
    DataError
        Its file is missing, was changed, or is of another version of this program.
    """
    who, again = f"Data set {version_ref(record)}", "Import its file again, or retire it."
    try:
        content = Path(record.path).read_bytes()
    except OSError as error:
        raise DataError(
            f"{who}: {record.path} is missing ({error.strerror}).", hint=again
        ) from None
    if sha256(content).hexdigest() != record.sha256:
        raise DataError(f"{who}: {record.path} was changed after it was accepted.", hint=again)
    document: dict[str, Any] = json.loads(content)
    if document["schema"] != schema or document["version"] not in versions:
        raise DataError(f"{who} is of another version of this program.", hint=again)
    return document["version"], document


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
    return tuple(
        curve
        for record in accepted_versions(store, RELEASE)
        if system in record.systems
        for curve in _curves_of(record)
        if curve.design.system == system
    )


def _curves_of(record: DatasetRecord) -> Iterator[MeasuredCurve]:
    """Yield the curves of a version; in version 1 all of them were in one medium."""
    version, document = read_version(record, SCHEMA, (1, VERSION))
    for values in document["curves"]:
        medium = _medium(document["medium"] if version == 1 else values["medium"])
        profile = ReleaseProfile(
            times_h=values["times_h"],
            fraction=values["fraction"],
            medium=medium,
            origin=Origin.MEASURED,
        )
        product = values["product"]
        design = Design.from_dict(document["designs"][product])
        yield MeasuredCurve(
            design=design, profile=profile, source=version_ref(record), name=product
        )


def _medium(values: Mapping[str, Any]) -> Medium:
    then = values["then"]
    return Medium(**{**values, "then": None if then is None else _medium(then)})
