"""Versions of fitted models in the tables."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from experiments.store._codec import from_row, now_utc, to_row
from experiments.store._schema import model_version
from experiments.store.versions import ModelRecord


def put(
    connection: Connection, *, name: str, sha256: str, path: str, card: Mapping[str, Any]
) -> ModelRecord:
    """Store a version, unless the same bytes are known under this name and place.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    name : str
        Name of the model, [-].
    sha256 : str
        Hash of its bytes, [-].
    path : str
        Where the bytes lie, [-].
    card : mapping
        What it was fitted on and how good it is, [-].

    Returns
    -------
    ModelRecord
        The version as stored, [-].
    """
    columns = model_version.c
    known = select(model_version).where(
        columns.name == name, columns.sha256 == sha256, columns.path == path
    )
    row = connection.execute(known).one_or_none()
    if row is not None:
        return from_row(model_version, row, ModelRecord)
    record = ModelRecord(
        id=str(uuid.uuid4()), name=name, sha256=sha256, path=path, card=card, created_utc=now_utc()
    )
    values = to_row(model_version, record, f"Model {name!r}")
    connection.execute(insert(model_version).values(values))
    return record


def every(connection: Connection) -> tuple[ModelRecord, ...]:
    """Return all versions, oldest first.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].

    Returns
    -------
    tuple of ModelRecord
        All versions, [-].
    """
    query = select(model_version).order_by(model_version.c.created_utc, model_version.c.id)
    return tuple(from_row(model_version, row, ModelRecord) for row in connection.execute(query))
