"""Studies in the tables: creating, finding and changing them."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, func, insert, select, update

from experiments.store import _audit
from experiments.store._codec import from_row, now_utc, to_row
from experiments.store._schema import study
from experiments.store.records import StudyRecord, StudyState
from formulation.errors import InputError, UnknownNameError

_LABEL = re.compile(r"[sS]0*(\d{1,9})")
_PREFIX = re.compile(r"[0-9a-f][0-9a-f-]{5,35}")
"""At least six characters of a uuid."""


def create(connection: Connection, actor: str, **given: Any) -> StudyRecord:
    """Store a new study under the next number of this store.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    actor : str
        Who creates it, [-].
    **given : object
        Fields of `StudyRecord` that its author chose, [-].

    Returns
    -------
    StudyRecord
        The stored study, [-].
    """
    highest = connection.execute(select(func.max(study.c.number))).scalar_one_or_none()
    now = now_utc()
    record = StudyRecord(
        id=str(uuid.uuid4()),
        number=(highest or 0) + 1,
        state="running",
        created_utc=now,
        updated_utc=now,
        **given,
    )
    connection.execute(insert(study).values(to_row(study, record, f"Study {record.name!r}")))
    _note(connection, actor, "study.create", None, record, "")
    return record


def every(connection: Connection) -> tuple[StudyRecord, ...]:
    """Return all studies by number.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].

    Returns
    -------
    tuple of StudyRecord
        All studies, [-].
    """
    rows = connection.execute(select(study).order_by(study.c.number))
    return tuple(from_row(study, row, StudyRecord) for row in rows)


def find(connection: Connection, ref: str) -> StudyRecord:
    """Return the study that a person means.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    ref : str
        Uuid, at least six characters of its start, label, or name, [-].

    Returns
    -------
    StudyRecord
        The study; of several with the name, the newest, [-].

    Raises
    ------
    UnknownNameError
        No study is meant.
    InputError
        The start of a uuid fits several.
    """
    for query in _meanings(ref.strip()):
        rows = connection.execute(query.order_by(study.c.number.desc()).limit(2)).all()
        if len(rows) == 1:
            return from_row(study, rows[0], StudyRecord)
        if rows:
            raise InputError(
                f"Study {ref!r} is the start of several uuids.",
                hint="Write more of it: " + " or ".join(row.id for row in rows) + ".",
            )
    raise UnknownNameError("Study", ref, _known(connection))


def change(
    connection: Connection,
    actor: str,
    before: StudyRecord,
    *,
    state: StudyState | None,
    info: Mapping[str, Any],
    reason: str,
) -> StudyRecord:
    """Change where a study stands and what it records about itself.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    actor : str
        Who changes it, [-].
    before : StudyRecord
        The study as it is stored, [-].
    state : StudyState or None
        New state; None leaves it, [-].
    info : mapping
        Entries to add or replace, [-].
    reason : str
        Why the state changes, [-].

    Returns
    -------
    StudyRecord
        The study as it is stored now, [-].
    """
    after = evolve(
        before, state=state or before.state, info=before.info | dict(info), updated_utc=now_utc()
    )
    row = to_row(study, after, f"Study {after.label}")
    changed = {name: row[name] for name in ("state", "info", "updated_utc")}
    connection.execute(update(study).where(study.c.id == after.id).values(changed))
    if after.state != before.state:
        told = reason or f"{before.state} to {after.state}"
        _note(connection, actor, "study.state", before, after, told)
    return after


def touch(connection: Connection, study_id: str) -> None:
    """Note that a result of a study changed now.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    study_id : str
        Uuid of the study, [-].
    """
    connection.execute(update(study).where(study.c.id == study_id).values(updated_utc=now_utc()))


def _meanings(ref: str) -> list[Any]:
    wanted = []
    label = _LABEL.fullmatch(ref)
    if label:
        wanted.append(select(study).where(study.c.number == int(label.group(1))))
    if _PREFIX.fullmatch(ref.lower()):
        wanted.append(select(study).where(study.c.id.startswith(ref.lower(), autoescape=True)))
    newest = select(func.max(study.c.number)).where(study.c.name == ref).scalar_subquery()
    return [*wanted, select(study).where(study.c.number == newest)]


def _known(connection: Connection) -> list[str]:
    records = every(connection)
    known = [record.label for record in records] + [record.name for record in records]
    return list(dict.fromkeys(known)) or ["(this store holds no study yet)"]


def _hash(record: StudyRecord) -> str:
    names = ("id", "number", "name", "config_sha256", "seed", "budget", "state")
    return _audit.digest({name: getattr(record, name) for name in names})


def _note(
    connection: Connection,
    actor: str,
    action: str,
    before: StudyRecord | None,
    after: StudyRecord,
    reason: str,
) -> None:
    _audit.append(
        connection,
        _audit.Change(
            actor=actor,
            action=action,
            object=f"study:{after.id}",
            old_hash="" if before is None else _hash(before),
            new_hash=_hash(after),
            reason=reason,
        ),
    )
