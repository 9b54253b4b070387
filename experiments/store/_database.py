"""A database that is open: short reading and writing transactions with errors in plain words."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from experiments.store import _backup, _migrations, _mounts, _sqlite
from experiments.store._errors import plain_errors
from formulation.errors import StoreError


class Database:
    """An engine on one database file, for the process that opened it."""

    def __init__(self, engine: Engine, path: Path, timeout_s: float) -> None:
        self.path = path
        self.migrated_from: int | None = None
        self.backup: Path | None = None
        self._engine = engine
        self._timeout_s = timeout_s
        self._pid = os.getpid()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database.

        Yields
        ------
        Connection
            Connection in a transaction, [-].
        """
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection that holds the write lock; commit at the end of the block.

        Yields
        ------
        Connection
            Connection in a transaction, rolled back if the block raises, [-].
        """
        with self._transaction(write=True) as connection:
            yield connection

    def close(self) -> None:
        """Close the connections of this process."""
        self._engine.dispose(close=os.getpid() == self._pid)

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        if os.getpid() != self._pid:
            raise StoreError(
                f"{self.path} was opened by process {self._pid} and is used by its child "
                f"{os.getpid()}; a connection must not cross a fork.",
                hint="Open the store anew in the child.",
            )
        with plain_errors(self.path, self._timeout_s), self._engine.connect() as plain:
            connection = plain.execution_options(write=write)
            with connection.begin():
                yield connection


def open_database(path: Path, *, create: bool, timeout_s: float) -> Database:
    """Open a database file, make it if allowed, and bring it to the latest version.

    Parameters
    ----------
    path : Path
        Database file, [-].
    create : bool
        Whether a missing file is made, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Returns
    -------
    Database
        The open database, [-].

    Raises
    ------
    StoreError
        The file is missing, empty, damaged, foreign, of a newer version, or on a network file
        system, or its backup before a migration cannot be written. It is never written over.
    """
    _mounts.refuse_network(path)
    with plain_errors(path, timeout_s):
        if not path.exists():
            _create(path, create=create, timeout_s=timeout_s)
        _sqlite.recognise(path, timeout_s)
    with ExitStack() as unless_done:
        database = Database(_sqlite.engine_for(path, timeout_s), path, timeout_s)
        unless_done.callback(database.close)
        _bring_up_to_date(database, timeout_s)
        unless_done.pop_all()
    return database


def _create(path: Path, *, create: bool, timeout_s: float) -> None:
    if _sqlite.is_orphaned(path):
        raise StoreError(
            f"{path} is missing, but its write-ahead log is there.",
            hint="Put the file back beside its log, or move the log away to start anew.",
        )
    if not create:
        raise StoreError(
            f"{path} does not exist.",
            hint="Run a study first, or name the workspace with --home or FORMULATION_HOME.",
        )

    def fill(engine: Engine) -> None:
        with Database(engine, path, timeout_s).writing() as connection:
            _migrations.migrate(connection, path)

    _sqlite.create_file(path, fill, timeout_s)


def _bring_up_to_date(database: Database, timeout_s: float) -> None:
    path = database.path
    with database.reading() as connection:
        stored = _migrations.stored_version(connection, path)
    _migrations.refuse_newer(stored, path)
    if stored == _migrations.latest():
        return
    with database.writing() as connection:
        # Another process may have migrated it while this one waited for the lock.
        stored = _migrations.stored_version(connection, path)
        if 0 < stored < _migrations.latest():
            database.backup = _backup.write(path, stored, timeout_s)
            database.migrated_from = stored
        _migrations.migrate(connection, path)
