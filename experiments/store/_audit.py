"""The audit trail: rows that hold the hash of the row before them.

A changed, removed or inserted row breaks the chain at its place. A trail cut off at its end is only
seen against a head that was kept elsewhere, which is what `AuditHead` is for.
"""

import getpass
import hashlib
import json
import os
import socket
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import Connection, insert, select

from experiments.store._codec import now_utc
from experiments.store._schema import audit
from experiments.store.records import AuditHead
from formulation.errors import StoreError

GENESIS = "0" * 64
"""Hash before the first row."""


@frozen(kw_only=True)
class Change:
    """Who did what to which object, and why."""

    actor: str
    """Person or program."""

    action: str
    """What was done, such as ``study.create``."""

    object: str
    """What it was done to, such as ``study:<uuid>``."""

    old_hash: str
    """Hash of the object before; empty if it was not there."""

    new_hash: str
    """Hash of the object after; empty if it is gone."""

    reason: str
    """Why, in the actor's words."""


def default_actor() -> str:
    """Return who runs this process.

    Returns
    -------
    str
        Such as ``"ana@bench-3"``, [-].
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def digest(value: object) -> str:
    """Return the hash of plain data.

    Parameters
    ----------
    value : object
        Plain JSON data, [-].

    Returns
    -------
    str
        SHA-256 of its canonical JSON, in hexadecimal, [-].
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(connection: Connection, change: Change) -> None:
    """Add a row to the trail.

    Parameters
    ----------
    connection : Connection
        Connection in the write transaction of the change itself, [-].
    change : Change
        What was done, [-].
    """
    query = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    last = connection.execute(query).one_or_none()
    row: dict[str, Any] = {
        "seq": 1 if last is None else last.seq + 1,
        "at_utc": now_utc(),
        **asdict(change),
        "prev_hash": GENESIS if last is None else last.hash,
    }
    connection.execute(insert(audit).values(row | {"hash": digest(row)}))


def verify(connection: Connection) -> AuditHead:
    """Check every row of the trail.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].

    Returns
    -------
    AuditHead
        The end of the trail, [-].

    Raises
    ------
    StoreError
        A row was changed, removed or inserted; the message names the first.
    """
    seq, previous = 0, GENESIS
    for found in connection.execute(select(audit).order_by(audit.c.seq)):
        row = dict(found._mapping)
        said = row.pop("hash")
        seq += 1
        if row["seq"] != seq or row["prev_hash"] != previous or digest(row) != said:
            raise StoreError(
                f"The audit trail is broken at row {seq}: it was changed, removed or inserted "
                "outside this program.",
                hint="Compare the database with a backup and with audit heads kept elsewhere.",
            )
        previous = said
    return AuditHead(rows=seq, hash=previous)
