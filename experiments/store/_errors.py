"""What the database says, in plain words with the next step: the one place that knows its codes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from sqlalchemy.exc import DBAPIError

from formulation.errors import StoreError

_PRIMARY = 0xFF
"""The low byte of an SQLite result code is its family."""


@frozen(kw_only=True)
class _Plain:
    """How one family of codes is told to a person."""

    says: str
    """What happened."""

    hint: str
    """What to do."""


_LOCKED = _Plain(
    says="is locked: another process held it for more than {timeout_s:g} s",
    hint="Stop that process or wait until it is done, then run the command again; "
    "nothing acknowledged is lost.",
)
_DAMAGED = _Plain(
    says="is damaged",
    hint="Move the file and its -wal and -shm companions aside together, and put a backup in "
    "their place.",
)
_PLAIN = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _Plain(
        says="could not grow: the disk is full",
        hint="Free some space in {folder}, then resume; nothing acknowledged is lost.",
    ),
    sqlite3.SQLITE_IOERR: _Plain(
        says="met a disk I/O error",
        hint="Check the disk, its quota and its mount at {folder}, then resume; nothing "
        "acknowledged is lost.",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _Plain(
        says="is not a database: it is damaged or of another kind",
        hint="Move it aside and put a backup in its place, or name another workspace.",
    ),
    sqlite3.SQLITE_READONLY: _Plain(
        says="may not be written to",
        hint="Give this user the right to write to it and to {folder}.",
    ),
    sqlite3.SQLITE_PERM: _Plain(
        says="may not be used by this user", hint="Give this user the right to read and write it."
    ),
    sqlite3.SQLITE_CANTOPEN: _Plain(
        says="cannot be opened",
        hint="See whether {folder} exists and this user may write there.",
    ),
    sqlite3.SQLITE_CONSTRAINT: _Plain(
        says="refused a row that breaks one of its rules",
        hint="Nothing of this write was stored; resume the study from what is stored.",
    ),
}


@contextmanager
def plain_errors(path: Path, timeout_s: float) -> Iterator[None]:
    """Turn errors of the database into `StoreError` within the block.

    Parameters
    ----------
    path : Path
        Database file, for the message, [-].
    timeout_s : float
        How long a lock is waited for, for the message, [s].

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    StoreError
        The database is locked, full, damaged, unreadable or refused a row. Errors that only a
        mistake in this program can cause pass unchanged.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        told = _told(error.orig if isinstance(error, DBAPIError) else error, path, timeout_s)
        if told is None:
            raise
        raise told from error


def _told(error: BaseException | None, path: Path, timeout_s: float) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    plain = None if code is None else _PLAIN.get(code & _PRIMARY)
    if plain is None:
        return None
    says = plain.says.format(timeout_s=timeout_s)
    return StoreError(
        f"{path} {says} ({error}).", hint=plain.hint.format(folder=path.absolute().parent)
    )
