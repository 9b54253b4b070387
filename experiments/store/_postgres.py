"""All that is peculiar to PostgreSQL: its sessions, its locks, its trigger, its codes of errors.

Writers take turns by an advisory lock of the transaction, as they do on SQLite by the lock of the
file, so that nothing else in this package depends on which database it is. A study is held by an
advisory lock of a session that its owner keeps open. The server drops it when that session ends, so
a dead owner is known on every host and without a clock; what keeps two owners apart remains the
epoch of the lease. A pooler that shares sessions between clients would break this.
"""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from attrs import define, field, frozen
from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from experiments.store import _schema_v1
from experiments.store._backend import Facts
from experiments.store._postgres_errors import LOST, told
from experiments.store._process import Standing
from experiments.store._schema import meta
from experiments.store.address import read_address, without_password
from experiments.store.lease import Claim, Owner
from formulation.errors import InputError, OwnedError, StoreError

# The driver remarks on connections that break; what matters of it is an error in our own words.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

MARK = 0x464D4731
"""First key of every advisory lock of this product ("FMG1"); the second is a study's number."""

WRITERS = 0
"""Second key of the lock by which writers take turns; studies are counted from 1."""

LONGEST_CONNECT_S = 10.0
"""How long one try to connect may take at most, [s]."""

_SETTINGS = {
    "synchronous_commit": "on",  # acknowledged means on disk, whatever the server's default is
    "idle_session_timeout": "0",  # a session that holds a study is idle while workers evaluate
    "idle_in_transaction_session_timeout": "0",
    "tcp_keepalives_idle": "10",  # the server notices within half a minute that a host is gone
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""Settings of every session of ours."""

_KEEPALIVES = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""By which a client notices that a server is gone, in s, s, [-] and ms."""

_HOLDERS = (
    "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted"
    f" AND l.classid = {MARK} AND l.objsubid = 2 AND l.objid = "
)


@frozen(kw_only=True)
class PostgresDatabase:
    """A database of a server, made by its administrator; its tables are made by this program."""

    address: str = field(repr=without_password)
    """Address with whatever the user wrote into it."""

    timeout_s: float
    """How long a lock, or a server that went away, is waited for, [s]."""

    @property
    def place(self) -> str:
        """The address, without its password."""
        return without_password(self.address)

    def exists(self) -> bool:
        """Tell whether the database holds our tables."""
        with self._looking() as connection:
            return _has_tables(connection, self.place)

    def facts(self) -> Facts:
        """Ask the server for its version, and whether it keeps what it has committed."""
        with self._looking() as connection:
            off = [
                name
                for name in ("fsync", "full_page_writes")
                if connection.exec_driver_sql(f"SHOW {name}").scalar_one() != "on"
            ]
            return Facts(
                product=f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}",
                place=self.place,
                exists=_has_tables(connection, self.place),
                concern=f"{' and '.join(off)} of the server is off" if off else "",
            )

    def prepare(self, *, create: bool, fill: Callable[[Engine], None]) -> None:
        """Refuse a database of another program; tables are made when its version is looked at."""
        with self._looking() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                raise StoreError(
                    f"Database {self.place} keeps its texts in {encoding}; names and units need "
                    "UTF8.",
                    hint="Make another with: createdb --encoding=UTF8 --template=template0 NAME",
                )
            if not _has_tables(connection, self.place) and not create:
                raise StoreError(
                    f"Database {self.place} holds no store yet.",
                    hint="Run a study first, or name another database with FORMULATION_STORE.",
                )

    def engine(self) -> Engine:
        """Return an engine that tries a connection before it is used again."""
        url = read_address(self.address)
        given = _options_of(url, self.place)
        settings = " ".join(f"-c {name}={value}" for name, value in self._settings().items())
        arguments = {
            "connect_timeout": max(1, math.ceil(min(self.timeout_s, LONGEST_CONNECT_S))),
            "application_name": "formulation",
            **_KEEPALIVES,
            **given,
            "options": f"{given.get('options', '')} {settings}".strip(),
        }
        engine = create_engine(
            url.set(query={}), connect_args=arguments, pool_pre_ping=True, hide_parameters=True
        )
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn the server's codes into plain words."""
        try:
            yield
        except DBAPIError as error:
            plain = told(error, self.place, self.timeout_s)
            if plain is None:
                raise
            raise plain from error

    def back_up(self, version: int) -> Path | None:
        """Return None: all steps are one transaction, and copies are the administrator's."""
        return None

    def is_lost(self, error: Exception) -> bool:
        """Tell whether the connection is gone: the server stopped, restarts, or is not reached."""
        if not isinstance(error, DBAPIError):
            return False
        code = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or (
            code.startswith(LOST) if code else type(error.orig).__name__ in _NO_CODE
        )

    def sign(self, connection: Connection, writer: str, write: int) -> None:
        """Count the write in a row of its writer.

        The number of the transaction would not do: a server that was cut off gives it out again.
        """
        row = insert(meta).values(key=_signature(writer), value=str(write))
        connection.execute(
            row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value})
        )

    def is_signed(self, connection: Connection, writer: str, write: int) -> bool:
        """Look for the count of the write."""
        query = select(meta.c.value).where(meta.c.key == _signature(writer))
        return connection.execute(query).scalar_one_or_none() == str(write)

    def forget(self, connection: Connection, writer: str) -> None:
        """Delete the row of the writer."""
        connection.execute(delete(meta).where(meta.c.key == _signature(writer)))

    def standing(self, connection: Connection, holder: Owner) -> Standing:
        """Look for the session that holds the study."""
        query = text(f"{_HOLDERS} (SELECT number FROM study WHERE id = :study)")
        held = connection.execute(query, {"study": holder.study_id}).first()
        return "dead" if held is None else "alive"

    def claim(self, engine: Engine, number: int, label: str) -> Claim:
        """Hold a study by a session of its own."""
        claim = SessionClaim(engine=engine, number=number, label=label)
        claim.take()
        return claim

    def _settings(self) -> dict[str, str]:
        return _SETTINGS | {"lock_timeout": f"{max(1, round(1000 * self.timeout_s))}ms"}

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        engine = self.engine()
        try:
            with self.plain_errors(), engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@define(kw_only=True)
class SessionClaim:
    """A session that holds the lock of a study as long as its process lives."""

    engine: Engine
    """Where sessions come from."""

    number: int
    """Number of the study in its store."""

    label: str
    """Name of the study for people."""

    _session: Connection | None = field(default=None, init=False)
    _pid: int = field(default=0, init=False)

    def take(self) -> None:
        """Take the lock in a new session.

        Raises
        ------
        OwnedError
            Another session holds it.
        """
        session = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        session.detach()  # the pool neither lends nor counts it
        self._session = session
        ask = f"SELECT pg_try_advisory_lock({MARK}, {self.number}), pg_backend_pid()"
        is_ours, self._pid = session.exec_driver_sql(ask).one()
        if not is_ours:
            holders = session.exec_driver_sql(f"{_HOLDERS} {self.number}").scalars().all()
            self.release()
            sessions = ", ".join(map(str, holders)) or "one that has just ended"
            raise OwnedError(
                f"Study {self.label} is held by another session of the server ({sessions}).",
                hint="Wait until it ends; its administrator can end it with pg_terminate_backend.",
            )

    def renew(self, connection: Connection) -> None:
        """Take the lock anew if the server restarted or ended the session."""
        held = connection.execute(
            text(f"{_HOLDERS} :number AND l.pid = :pid"), {"number": self.number, "pid": self._pid}
        )
        if held.first() is None:
            self.release()
            self.take()

    def release(self) -> None:
        """Let go of the lock and close the session; one that was lost has let go already."""
        session, self._session = self._session, None
        if session is None:
            return
        with closing(session), suppress(DBAPIError):  # a session that is gone holds no lock
            session.exec_driver_sql("SELECT pg_advisory_unlock_all()")


def make_append_only(connection: Connection, table: str) -> None:
    """Make the database refuse to change or delete rows of a table.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    table : str
        Name of the table, [-].
    """
    connection.exec_driver_sql(
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'rows of {table} are never changed or deleted'; END $$"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        )


_NO_CODE = ("OperationalError", "ConnectionTimeout")
"""Errors of the driver itself, which never reached a server or lost it."""


def _options_of(url: URL, place: str) -> dict[str, str]:
    """Return what stands behind the question mark of an address, as the driver takes it."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import make_conninfo
    except ImportError as error:
        raise StoreError(
            f"Store {place} needs the driver psycopg, which is not installed ({error}).",
            hint="Install it with: pip install 'psycopg[binary]'; or leave FORMULATION_STORE out "
            "to keep studies in a file of the workspace.",
        ) from None
    given = {k: v if isinstance(v, str) else ",".join(v) for k, v in url.query.items()}
    try:
        make_conninfo("", **given)
    except ProgrammingError as error:
        raise InputError(
            f"Store {place} cannot be used: {without_password(str(error)).strip()}.",
            hint="After '?' stand options of libpq, such as sslmode=require.",
        ) from None
    return given


def _begin(connection: Connection) -> None:
    """Let writers take turns; give readers one state of the database."""
    writes = connection.get_execution_options().get("write")
    if writes is None:
        return
    if not writes:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MARK}, {WRITERS})")


def _signature(writer: str) -> str:
    return f"write:{writer}"


def _has_tables(connection: Connection, place: str) -> bool:
    """Tell whether our tables are there, and refuse a database of another program."""
    found = set(inspect(connection).get_table_names())
    ours = set(_schema_v1.METADATA.tables)
    if found and not ours <= found:
        others = ", ".join(sorted(found - ours)[:3]) or "only a part of ours"
        raise StoreError(
            f"Database {place} holds tables of another program ({others}).",
            hint="Give the store a database of its own, made with createdb.",
        )
    return bool(found)
