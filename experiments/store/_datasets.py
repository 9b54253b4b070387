"""Versions of a laboratory's data sets in the tables: accepting, finding and retiring them."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import Connection, func, insert, select, update

from experiments.store import _audit
from experiments.store._codec import from_row, now_utc, to_row
from experiments.store._schema import audit, dataset_version
from experiments.store.versions import DatasetRecord, DatasetState
from formulation.errors import DataError, InputError, UnknownNameError

_ACCEPT = "dataset.accept"
_RETIRE = "dataset.retire"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_START = re.compile(r"[0-9a-f]{6,64}")
"""At least six digits of a hash."""

_SHOWN = 12
"""Digits of a hash in a message."""


def put(
    connection: Connection,
    actor: str,
    *,
    name: str,
    sha256: str,
    path: str,
    card: Mapping[str, Any],
    systems: Sequence[str],
    n_curves: int,
) -> DatasetRecord:
    """Accept a data set, unless its bytes are accepted already.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    actor : str
        Who accepts it, [-].
    name : str
        Name of the data set, [-].
    sha256 : str
        Hash of its bytes, [-].
    path : str
        Where the bytes lie, [-].
    card : mapping
        Where it comes from, and what was found when it was checked, [-].
    systems : sequence of str
        Delivery systems it holds, [-].
    n_curves : int
        Release curves it holds, [-].

    Returns
    -------
    DatasetRecord
        The version as stored; the first with these bytes, accepted again if it was retired, [-].

    Raises
    ------
    DataError
        The hash is not one.
    """
    _refuse_bad_hash(name, sha256)
    known = [record for record in every(connection, None) if record.sha256 == sha256]
    if known:
        stands = next((record for record in known if record.state == "accepted"), known[0])
        return _accept_again(connection, actor, stands)
    now = now_utc()
    record = DatasetRecord(
        id=str(uuid.uuid4()),
        name=name,
        sha256=sha256,
        path=path,
        card=card,
        created_utc=now,
        state="accepted",
        systems=systems,
        n_curves=n_curves,
        updated_utc=now,
    )
    values = to_row(dataset_version, record, f"Data set {name!r}")
    connection.execute(insert(dataset_version).values(values))
    _note(connection, actor, _ACCEPT, None, record, "")
    return record


def every(connection: Connection, state: DatasetState | None) -> tuple[DatasetRecord, ...]:
    """Return versions in the order in which they were (last) accepted.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    state : str or None
        State of the versions wanted; None for all, [-].

    Returns
    -------
    tuple of DatasetRecord
        Versions; those accepted before version 2 of the tables come first, [-].
    """
    # The trail numbers the acceptances; two times of day can be the same millisecond.
    accepted = (
        select(func.max(audit.c.seq))
        .where(audit.c.object == "dataset:" + dataset_version.c.id, audit.c.action == _ACCEPT)
        .scalar_subquery()
    )
    query = select(dataset_version).order_by(
        func.coalesce(accepted, 0), dataset_version.c.created_utc, dataset_version.c.id
    )
    if state is not None:
        query = query.where(dataset_version.c.state == state)
    return tuple(from_row(dataset_version, row, DatasetRecord) for row in connection.execute(query))


def retire(connection: Connection, actor: str, ref: str, reason: str) -> DatasetRecord:
    """Take a data set out of use; its row and its bytes stay.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    actor : str
        Who retires it, [-].
    ref : str
        Name, or at least six digits of the start of the hash, [-].
    reason : str
        Why, [-].

    Returns
    -------
    DatasetRecord
        The version as it is stored now, [-].

    Raises
    ------
    UnknownNameError
        No data set is meant.
    InputError
        Several accepted ones are meant, the one meant was retired before, or no reason is given.
    """
    if not reason.strip():
        raise InputError(
            f"Data set {ref!r} cannot be retired without a reason; the audit trail keeps it.",
            hint="Say in a few words why it is not to be used any more.",
        )
    before = _find(connection, ref.strip())
    return _change_state(connection, actor, before, "retired", reason)


def _find(connection: Connection, ref: str) -> DatasetRecord:
    records = every(connection, None)
    meant = [record for record in records if record.name == ref]
    if not meant and _START.fullmatch(ref.lower()):
        meant = [record for record in records if record.sha256.startswith(ref.lower())]
    if not meant:
        raise UnknownNameError("Data set", ref, _known(records))
    accepted = [record for record in meant if record.state == "accepted"]
    if len(accepted) == 1:
        return accepted[0]
    if accepted:
        raise InputError(
            f"Data set {ref!r} is the name or the start of the hash of several accepted data sets.",
            hint="Write more of one hash: "
            + " or ".join(f"{record.sha256[:_SHOWN]} ({record.name})" for record in accepted)
            + ".",
        )
    raise InputError(
        f"Data set {ref!r} was retired already, on {meant[-1].updated_utc}.",
        hint="The audit trail says why; accept its file again to use it.",
    )


def _accept_again(connection: Connection, actor: str, stands: DatasetRecord) -> DatasetRecord:
    if stands.state == "accepted":
        return stands
    return _change_state(connection, actor, stands, "accepted", "accepted again")


def _change_state(
    connection: Connection, actor: str, before: DatasetRecord, state: DatasetState, reason: str
) -> DatasetRecord:
    after = evolve(before, state=state, updated_utc=now_utc())
    connection.execute(
        update(dataset_version)
        .where(dataset_version.c.id == after.id)
        .values(state=after.state, updated_utc=after.updated_utc)
    )
    action = _ACCEPT if state == "accepted" else _RETIRE
    _note(connection, actor, action, before, after, reason)
    return after


def _refuse_bad_hash(name: str, sha256: str) -> None:
    if not _SHA256.fullmatch(sha256):
        raise DataError(
            f"Data set {name!r}: sha256 {sha256!r} is not a hash of 64 hexadecimal digits.",
            hint="Give the SHA-256 of the file's bytes, in lower case.",
        )


def _known(records: Sequence[DatasetRecord]) -> list[str]:
    known = [record.name for record in records] + [record.sha256[:_SHOWN] for record in records]
    return list(dict.fromkeys(known)) or ["(this store holds no data set yet)"]


def _hash(record: DatasetRecord) -> str:
    return _audit.digest({k: v for k, v in asdict(record).items() if not k.endswith("_utc")})


def _note(
    connection: Connection,
    actor: str,
    action: str,
    before: DatasetRecord | None,
    after: DatasetRecord,
    reason: str,
) -> None:
    _audit.append(
        connection,
        _audit.Change(
            actor=actor,
            action=action,
            object=f"dataset:{after.id}",
            old_hash="" if before is None else _hash(before),
            new_hash=_hash(after),
            reason=reason,
        ),
    )
