"""A database that is open: short reading and writing transactions with errors in plain words.

Where a server can go away and come back, a transaction whose connection was lost is done again, for
a limited time. Each write is signed in its own transaction; the next try looks, under the write
lock, whether the one before went through after all, so that a write happens once.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from experiments.store import _migrations
from experiments.store._backend import Backend
from experiments.store._file import SqliteFile
from experiments.store.address import is_address
from formulation.errors import StoreError

R = TypeVar("R")

RETRY_S = 0.2
"""How long is waited between two tries to reach a server again, [s]."""


class Database:
    """An engine on one database, for the process that opened it."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self.backend = backend
        self.migrated_from: int | None = None
        self.backup: Path | None = None
        self.engine = engine
        self._pid = os.getpid()
        self._has_given_up = False
        self._writer = uuid.uuid4().hex
        self._writes = 0

    @property
    def place(self) -> str:
        """Where it is, for people and without a password."""
        return self.backend.place

    def read(self, query: Callable[[Connection], R]) -> R:
        """Return what a query finds in one state of the database.

        Parameters
        ----------
        query : callable
            Given a connection in a transaction; may be called again, [-].

        Returns
        -------
        object
            What it returned, [-].
        """
        return self._surely(query, write=False)

    def write(self, action: Callable[[Connection], R]) -> R:
        """Commit what an action writes, once.

        Parameters
        ----------
        action : callable
            Given a connection that holds the write lock; called again only if nothing of the call
            before was committed, [-].

        Returns
        -------
        object
            What it returned, [-].
        """
        return self._surely(action, write=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database.

        Yields
        ------
        Connection
            Connection in a transaction, [-].
        """
        with self.backend.plain_errors(), self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection that holds the write lock; commit at the end of the block.

        Yields
        ------
        Connection
            Connection in a transaction, rolled back if the block raises, [-].
        """
        with self.backend.plain_errors(), self._transaction(write=True) as connection:
            yield connection

    def close(self) -> None:
        """Close the connections of this process."""
        is_ours = os.getpid() == self._pid
        if is_ours and self._writes and not self._has_given_up:
            # What stays of a writer that was killed is a row that nobody reads.
            with suppress(DBAPIError), self.engine.connect() as connection, connection.begin():
                self.backend.forget(connection, self._writer)
        self.engine.dispose(close=is_ours)

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        if os.getpid() != self._pid:
            raise StoreError(
                f"{self.place} was opened by process {self._pid} and is used by its child "
                f"{os.getpid()}; a connection must not cross a fork.",
                hint="Open the store anew in the child.",
            )
        with self.engine.connect() as plain:
            connection = plain.execution_options(write=write)
            with connection.begin():
                yield connection

    def _surely(self, action: Callable[[Connection], R], *, write: bool) -> R:
        until: float | None = None
        results = list[R]()
        self._writes += write
        with self.backend.plain_errors():
            while True:
                try:
                    with self._transaction(write=write) as connection:
                        if not (results and write and self._is_signed(connection)):
                            results = [action(connection)]
                            if write:
                                self.backend.sign(connection, self._writer, self._writes)
                    self._has_given_up = False
                    return results[0]
                except DBAPIError as error:
                    if not self.backend.is_lost(error):
                        raise
                    until = self._deadline() if until is None else until
                    # In force until a try succeeds, also for whoever interrupts the wait.
                    self._has_given_up = True
                    if time.monotonic() >= until:
                        raise
                time.sleep(RETRY_S)

    def _is_signed(self, connection: Connection) -> bool:
        return self.backend.is_signed(connection, self._writer, self._writes)

    def _deadline(self) -> float:
        """Return until when a server is waited for; not again after one wait was in vain."""
        return time.monotonic() + (0.0 if self._has_given_up else self.backend.timeout_s)


def backend_for(place: str | Path, timeout_s: float) -> Backend:
    """Return the database that a place means.

    Parameters
    ----------
    place : str or Path
        Database file, or address of a database of PostgreSQL, [-].
    timeout_s : float
        How long a lock, or a server that went away, is waited for, [s].

    Returns
    -------
    Backend
        The database; nothing is opened yet, [-].

    Raises
    ------
    InputError
        The address cannot be read.
    StoreError
        The driver of PostgreSQL is not installed.
    """
    if not is_address(place):
        return SqliteFile(path=Path(place), timeout_s=timeout_s)
    from experiments.store._postgres import PostgresDatabase

    return PostgresDatabase(address=str(place), timeout_s=timeout_s)


def open_database(place: str | Path, *, create: bool, timeout_s: float) -> Database:
    """Open a database, make its tables if allowed, and bring it to the latest version.

    Parameters
    ----------
    place : str or Path
        Database file, or address of a database of PostgreSQL, [-].
    create : bool
        Whether a missing file, or missing tables, are made, [-].
    timeout_s : float
        How long a lock, or a server that went away, is waited for, [s].

    Returns
    -------
    Database
        The open database, [-].

    Raises
    ------
    StoreError
        It is missing, empty, damaged, foreign, of a newer version, on a network file system or
        cannot be reached, or its backup before a migration cannot be written. It is never written
        over.
    """
    backend = backend_for(place, timeout_s)

    def fill(engine: Engine) -> None:
        with Database(engine, backend).writing() as connection:
            _migrations.migrate(connection, backend.place)

    backend.prepare(create=create, fill=fill)
    with ExitStack() as unless_done:
        database = Database(backend.engine(), backend)
        unless_done.callback(database.close)
        _bring_up_to_date(database)
        unless_done.pop_all()
    return database


def _bring_up_to_date(database: Database) -> None:
    place = database.place
    with database.reading() as connection:
        stored = _migrations.stored_version(connection, place)
    _migrations.refuse_newer(stored, place)
    if stored == _migrations.latest():
        return
    with database.writing() as connection:
        # Another process may have migrated it while this one waited for the lock.
        stored = _migrations.stored_version(connection, place)
        if 0 < stored < _migrations.latest():
            database.backup = database.backend.back_up(stored)
            database.migrated_from = stored
        _migrations.migrate(connection, place)
