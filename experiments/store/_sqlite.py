"""All that is peculiar to SQLite: its pragmas, how its files are made and recognised, its triggers.

A new file is made complete under another name and then linked into place, so that a file found
empty is always a lost one and never one that another process is about to fill. A file is looked at
through SQLite only: closing a plain file handle would drop the locks this process holds on it.

Also to read a database with a write-ahead log SQLite writes beside it: which readers there are. On
a file system that nobody can write to there is no writer to be told, and it is read without.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from experiments.store._mounts import nobody_writes
from formulation.errors import StoreError

APPLICATION_ID = 0x464D4731
"""Marks a file as ours ("FMG1")."""

_COMPANIONS = ("-wal", "-journal")

_OTHER_FILE = "Name another workspace with --home or FORMULATION_HOME."


def engine_for(path: Path, timeout_s: float) -> Engine:
    """Return an engine on an existing file.

    Transactions of connections with the execution option ``write`` take the write lock when they
    begin, so that what they read cannot change under them.

    Parameters
    ----------
    path : Path
        Database file, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Returns
    -------
    Engine
        Engine whose connections never create a file, [-].
    """
    engine = create_engine(
        "sqlite+pysqlite://", creator=lambda: connect(path, timeout_s), poolclass=QueuePool
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def create_file(path: Path, fill: Callable[[Engine], None], timeout_s: float) -> None:
    """Make a database file with its tables, unless another process has just made it.

    Parameters
    ----------
    path : Path
        File to make, [-].
    fill : callable
        Makes the tables through an engine, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Raises
    ------
    StoreError
        The folder cannot be made or written, or the file system knows no hard links.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-store-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            _make(made, fill, timeout_s)
            _publish(made, path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be created ({error}).",
            hint="Give this user the right to write there, free some space, or name another "
            "workspace with --home or FORMULATION_HOME.",
        ) from error


def recognise(path: Path, timeout_s: float) -> None:
    """Refuse a file that is not a database of this product.

    Parameters
    ----------
    path : Path
        Existing file, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Raises
    ------
    StoreError
        The file is a folder, empty, or a database of another program.
    sqlite3.DatabaseError
        The file is damaged or not a database.
    """
    if not path.is_file():
        raise StoreError(
            f"{path} is not a file.", hint="Name the database file, such as store.sqlite."
        )
    if path.stat().st_size == 0:
        raise StoreError(
            f"{path} is empty (0 bytes): the database it held is lost.",
            hint="Put a backup in its place; or delete it with its -wal and -shm companions to "
            "start anew.",
        )
    with _told_if_unwritable(path), closing(connect(path, timeout_s)) as connection:
        found = int(connection.execute("PRAGMA application_id").fetchone()[0])
        if found != APPLICATION_ID:
            raise StoreError(
                f"{path} is a database of another program (application id {found}, "
                f"not {APPLICATION_ID}).",
                hint=_OTHER_FILE,
            )
        if not _is_frozen(path):
            _use_wal(connection, path)


def is_orphaned(path: Path) -> bool:
    """Tell whether a log was left behind where a database file is missing.

    Parameters
    ----------
    path : Path
        Where the database file should be, [-].

    Returns
    -------
    bool
        True if a new file there would be mixed with what the log holds, [-].
    """
    has_log = any(path.with_name(path.name + end).exists() for end in _COMPANIONS)
    return has_log and not path.exists()


def make_append_only(connection: Connection, table: str) -> None:
    """Make the database refuse to change or delete rows of a table.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    table : str
        Name of the table, [-].
    """
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted'); END"
        )


def connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Open a connection of its own to an existing file.

    Parameters
    ----------
    path : Path
        Database file, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Returns
    -------
    sqlite3.Connection
        Connection that never creates a file and begins no transaction by itself, [-].
    """
    mode = "ro&immutable=1" if _is_frozen(path) else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk.

    Parameters
    ----------
    path : Path
        Folder, or a file that no connection of this process has open, [-].

    Raises
    ------
    OSError
        The disk did not take it.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_frozen(path: Path) -> bool:
    """Tell whether a file holds all that was committed, and cannot change while it is read."""
    path = path.resolve()  # SQLite keeps the log beside the file, not beside a link to it
    if os.access(path.parent, os.W_OK):
        return False
    logs = (path.with_name(path.name + end) for end in _COMPANIONS)
    is_whole = not any(log.exists() and log.stat().st_size for log in logs)
    return is_whole and nobody_writes(path)


@contextmanager
def _told_if_unwritable(path: Path) -> Iterator[None]:
    """Say within the block why a database cannot be read where nothing can be written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        folder = path.resolve().parent
        is_meant = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
        if not is_meant or os.access(folder, os.W_OK) or not os.access(path, os.R_OK):
            raise
        raise StoreError(
            f"{path} cannot be read, since nothing can be written in {folder}: beside a database"
            " with a write-ahead log SQLite notes who reads it, so that no writer takes away what"
            " is being read.",
            hint="Copy the whole workspace, while nothing runs in it, to a folder where this user"
            " may write, and name the copy with --home or FORMULATION_HOME; or give this user the"
            " right to write there.",
        ) from error


def _make(path: Path, fill: Callable[[Engine], None], timeout_s: float) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _use_wal(connection, path)
    engine = engine_for(path, timeout_s)
    try:
        fill(engine)
    finally:
        engine.dispose()


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            f"{path}: SQLite cannot keep a write-ahead log here (it stays in mode {mode!r}).",
            hint=_OTHER_FILE,
        )


def _publish(made: Path, path: Path) -> None:
    try:
        os.link(made, path)
    except FileExistsError:
        return
    sync(path.parent)
