"""Versions of the tables, and the steps between them.

Each step keeps to the definitions of its own version, in a module that is never edited again; only
`_schema` follows the latest, and a test compares it with what all steps make together.
"""

from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, select, update

from experiments.store import _postgres, _schema, _schema_v1, _schema_v2, _sqlite
from formulation.errors import StoreError

Migration = tuple[int, Callable[[Connection], None]]

_KEY = "schema_version"

_MAKE_APPEND_ONLY = {
    "sqlite": _sqlite.make_append_only,
    "postgresql": _postgres.make_append_only,
}
"""How each database is made to refuse changes of a table's rows, by SQLAlchemy's name for it."""


def _version_1(connection: Connection) -> None:
    _schema_v1.METADATA.create_all(connection)
    _MAKE_APPEND_ONLY[connection.dialect.name](connection, _schema_v1.audit.name)


def _version_2(connection: Connection) -> None:
    _schema_v2.upgrade(connection)


MIGRATIONS: tuple[Migration, ...] = ((1, _version_1), (2, _version_2))
"""Every step, in order."""


def latest(migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Return the version this program reads and writes.

    Parameters
    ----------
    migrations : tuple, optional
        Steps in order, [-].

    Returns
    -------
    int
        Version of the last step, [-].
    """
    return migrations[-1][0]


def stored_version(connection: Connection, place: str) -> int:
    """Return the version of the tables of a database, and refuse what cannot be read.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    place : str
        Where the database is, for the message, [-].

    Returns
    -------
    int
        The version; 0 for a database without tables, [-].

    Raises
    ------
    StoreError
        Tables without a version.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return 0
    stored = None
    if _schema.meta.name in tables:
        query = select(_schema.meta.c.value).where(_schema.meta.c.key == _KEY)
        stored = connection.execute(query).scalar_one_or_none()
    if stored is None or not stored.isdecimal():
        raise StoreError(
            f"{place} carries the mark of this product but its schema_version is {stored!r}.",
            hint="It is damaged or was made by hand: put a backup in its place.",
        )
    return int(stored)


def migrate(
    connection: Connection, place: str, migrations: tuple[Migration, ...] = MIGRATIONS
) -> None:
    """Bring a database to the latest version.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, which makes the steps one whole, [-].
    place : str
        Where the database is, for the message, [-].
    migrations : tuple, optional
        Steps in order, [-].

    Raises
    ------
    StoreError
        The database is of a newer version than this program knows.
    """
    stored = stored_version(connection, place)
    refuse_newer(stored, place, migrations)
    for version, step in migrations:
        if version > stored:
            step(connection)
            _note_version(connection, version)


def refuse_newer(stored: int, place: str, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Refuse a database that a later release has written.

    Parameters
    ----------
    stored : int
        Version of the database, [-].
    place : str
        Where the database is, for the message, [-].
    migrations : tuple, optional
        Steps in order, [-].

    Raises
    ------
    StoreError
        The database is of a newer version than this program knows.
    """
    if stored > latest(migrations):
        raise StoreError(
            f"{place} has schema version {stored}; this release reads up to version "
            f"{latest(migrations)}.",
            hint="Use the release that wrote it or a later one, or name another workspace.",
        )


def _note_version(connection: Connection, version: int) -> None:
    changed = connection.execute(
        update(_schema.meta).where(_schema.meta.c.key == _KEY).values(value=str(version))
    )
    if not changed.rowcount:
        connection.execute(insert(_schema.meta).values(key=_KEY, value=str(version)))
