"""Messages to other tools, written with the study and delivered later."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from experiments.store._codec import from_row, to_text
from experiments.store._schema import outbox
from experiments.store.records import OutboxRecord
from formulation.errors import StoreError


def enqueue(
    connection: Connection, study_id: str, kind: str, key: str, payload: Mapping[str, Any]
) -> OutboxRecord:
    """Store a message, unless its event was stored before.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    study_id : str
        Uuid of the study, [-].
    kind : str
        What is to be delivered, [-].
    key : str
        Names the event, [-].
    payload : mapping
        What is delivered, [-].

    Returns
    -------
    OutboxRecord
        The message as stored, [-].
    """
    by_key = select(outbox).where(outbox.c.key == key)
    row = connection.execute(by_key).one_or_none()
    if row is None:
        connection.execute(
            insert(outbox).values(
                study_id=study_id,
                kind=kind,
                key=key,
                payload=to_text(dict(payload), f"Message {key!r}", "payload"),
                state="pending",
                attempts=0,
                last_error="",
            )
        )
        row = connection.execute(by_key).one()
    return from_row(outbox, row, OutboxRecord)


def pending(connection: Connection, study_id: str | None) -> tuple[OutboxRecord, ...]:
    """Return what is still to be delivered, oldest first.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    study_id : str or None
        Uuid of one study; None for all, [-].

    Returns
    -------
    tuple of OutboxRecord
        Messages, [-].
    """
    query = select(outbox).where(outbox.c.state == "pending").order_by(outbox.c.seq)
    if study_id is not None:
        query = query.where(outbox.c.study_id == study_id)
    return tuple(from_row(outbox, row, OutboxRecord) for row in connection.execute(query))


def mark(connection: Connection, seq: int, *, error: str | None) -> None:
    """Note the outcome of one try to deliver.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    seq : int
        Number of the message, [-].
    error : str or None
        What went wrong; None if it was delivered, [-].

    Raises
    ------
    StoreError
        There is no such message, or it was delivered before.
    """
    changed = connection.execute(
        update(outbox)
        .where(outbox.c.seq == seq, outbox.c.state == "pending")
        .values(
            state="done" if error is None else "pending",
            attempts=outbox.c.attempts + 1,
            last_error=error or "",
        )
    )
    if changed.rowcount != 1:
        raise StoreError(
            f"Outbox message {seq} is not pending; it was delivered by another process or never "
            "stored.",
            hint="Read the pending messages again.",
        )
