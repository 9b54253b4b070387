"""Trials in the tables: every attempt a row, and at most one complete result per number.

A number that is tried again leaves the attempt before it as failed, so that a result of the older
attempt that comes late finds nothing to finish and is refused.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from attrs import AttrsInstance, evolve
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from experiments.store._codec import from_row, now_utc, to_row, to_text
from experiments.store._schema import trial
from experiments.store.lease import Lease
from experiments.store.records import TrialRecord
from formulation.errors import StoreError

R = TypeVar("R")

_RESULT = "state values lo90 hi90 slacks reasons origin rung epoch at_utc".split()
"""Columns that finishing writes; the design and the seed stay as they were asked."""


def latest(connection: Connection, study_id: str) -> tuple[TrialRecord, ...]:
    """Return the latest attempt of every trial, by number.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    tuple of TrialRecord
        One record per number, [-].
    """
    last = (
        select(trial.c.number, func.max(trial.c.attempt).label("attempt"))
        .where(trial.c.study_id == study_id)
        .group_by(trial.c.number)
        .subquery()
    )
    query = (
        select(*(c for c in trial.c if c.name != "study_id"))
        .join(last, (trial.c.number == last.c.number) & (trial.c.attempt == last.c.attempt))
        .where(trial.c.study_id == study_id)
        .order_by(trial.c.number)
    )
    return tuple(from_row(trial, row, TrialRecord) for row in connection.execute(query))


def add_running(connection: Connection, lease: Lease, records: Sequence[TrialRecord]) -> None:
    """Store trials that are about to be evaluated.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    lease : Lease
        Lease of the writer, already checked, [-].
    records : sequence of TrialRecord
        Trials in state ``running``, [-].

    Raises
    ------
    StoreError
        A record is not running, its number is complete, or its attempt is stored already.
    """
    if not records:
        return
    _refuse_state(lease, records, "running", "added as running")
    _refuse_complete(connection, lease, records)
    rows = _rows(lease, records)
    _abandon_earlier(connection, lease, records)
    try:
        connection.execute(insert(trial), rows)
    except IntegrityError as error:
        raise StoreError(
            f"Study {lease.label}: one of the trials {_numbers(records)} is stored already with "
            "the same attempt; none of them was added.",
            hint="Count the attempt of a trial that is tried again up by one.",
        ) from error


def finish(connection: Connection, lease: Lease, records: Sequence[TrialRecord]) -> None:
    """Turn running trials into complete or failed ones.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    lease : Lease
        Lease of the writer, already checked, [-].
    records : sequence of TrialRecord
        Trials in state ``complete`` or ``failed``, [-].

    Raises
    ------
    StoreError
        A record is still running, or its row is not running (any more); none is finished.
    """
    if not records:
        return
    _refuse_state(lease, records, "complete failed", "finished")
    query = (
        update(trial)
        .where(trial.c.study_id == lease.study_id)
        .where(trial.c.number == bindparam("of_number"))
        .where(trial.c.attempt == bindparam("of_attempt"))
        .where(trial.c.state == "running")
        .values({name: bindparam(f"to_{name}") for name in _RESULT})
    )
    rows = [
        {"of_number": row["number"], "of_attempt": row["attempt"]}
        | {f"to_{name}": row[name] for name in _RESULT}
        for row in _rows(lease, records)
    ]
    try:
        changed = connection.execute(query, rows).rowcount
    except IntegrityError as error:
        raise _not_running(lease, records) from error
    if changed != len(records):
        raise _not_running(lease, records)


def replace(
    connection: Connection,
    lease: Lease,
    table: Table,
    keys: Sequence[str],
    records: Sequence[AttrsInstance],
) -> None:
    """Store what belongs to trials, in place of rows with the same keys.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    lease : Lease
        Lease of the writer, already checked, [-].
    table : Table
        Table of the confirmations or curves, [-].
    keys : sequence of str
        Columns that name a row within a study, [-].
    records : sequence of attrs instance
        What to store, [-].
    """
    rows = [
        {"study_id": lease.study_id, **to_row(table, record, _name(lease, record))}
        for record in records
    ]
    if not rows:
        return
    gone = delete(table).where(table.c.study_id == lease.study_id)
    for key in keys:
        gone = gone.where(table.c[key] == bindparam(f"of_{key}"))
    connection.execute(gone, [{f"of_{key}": row[key] for key in keys} for row in rows])
    connection.execute(insert(table), rows)


def of_study(
    connection: Connection, table: Table, keys: Sequence[str], make: Callable[..., R], study_id: str
) -> tuple[R, ...]:
    """Return the rows of a study in order.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    table : Table
        Table of the confirmations or curves, [-].
    keys : sequence of str
        Columns that name a row within a study and order the rows, [-].
    make : callable
        Class of the record, [-].
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    tuple
        Records, [-].
    """
    columns = (c for c in table.c if c.name != "study_id")
    rows = connection.execute(select(*columns).where(table.c.study_id == study_id))
    # Ordered here, because each database has rules of its own for the order of texts.
    ordered = sorted(rows, key=lambda row: [row._mapping[key] for key in keys])
    return tuple(from_row(table, row, make) for row in ordered)


def _rows(lease: Lease, records: Sequence[TrialRecord]) -> list[dict[str, Any]]:
    now = now_utc()
    stamped = (evolve(record, epoch=lease.epoch, at_utc=now) for record in records)
    return [
        {"study_id": lease.study_id, **to_row(trial, record, _name(lease, record))}
        for record in stamped
    ]


def _name(lease: Lease, record: AttrsInstance) -> str:
    return f"Study {lease.label}, trial {getattr(record, 'number', '?')}"


def _numbers(records: Sequence[TrialRecord]) -> str:
    shown = [str(record.number) for record in records[:8]]
    return ", ".join(shown) + (" …" if len(records) > len(shown) else "")


def _refuse_state(lease: Lease, records: Sequence[TrialRecord], states: str, verb: str) -> None:
    for record in records:
        if record.state not in states.split():
            raise StoreError(
                f"{_name(lease, record)} is in state {record.state!r}; only trials in state "
                f"{states.replace(' ', ' or ')} are {verb}."
            )


def _refuse_complete(connection: Connection, lease: Lease, records: Sequence[TrialRecord]) -> None:
    numbers = {record.number for record in records}
    query = select(trial.c.number).where(
        trial.c.study_id == lease.study_id,
        trial.c.state == "complete",
        trial.c.number.between(min(numbers), max(numbers)),
    )
    done = sorted(numbers.intersection(connection.execute(query).scalars()))
    if done:
        raise StoreError(
            f"Study {lease.label}, trial {done[0]} is complete already; a result is counted once, "
            "so it is not tried again.",
            hint="Take the next free number.",
        )


def _abandon_earlier(connection: Connection, lease: Lease, records: Sequence[TrialRecord]) -> None:
    again = [record for record in records if record.attempt > 1]
    if not again:
        return
    query = (
        update(trial)
        .where(trial.c.study_id == lease.study_id)
        .where(trial.c.number == bindparam("of_number"))
        .where(trial.c.attempt < bindparam("of_attempt"))
        .where(trial.c.state == "running")
        .values(state="failed", reasons=bindparam("why"), at_utc=now_utc())
    )
    rows = [
        {
            "of_number": record.number,
            "of_attempt": record.attempt,
            "why": to_text(
                [f"Given up: tried again as attempt {record.attempt}."], "Trial", "reasons"
            ),
        }
        for record in again
    ]
    connection.execute(query, rows)


def _not_running(lease: Lease, records: Sequence[TrialRecord]) -> StoreError:
    return StoreError(
        f"Study {lease.label}: of the trials {_numbers(records)} at least one is not running any "
        "more (it was finished before, or is tried again under a later attempt); a result is "
        "counted once, so none of them was stored.",
        hint="Read the trials again from the store, and finish only those that are running.",
    )
