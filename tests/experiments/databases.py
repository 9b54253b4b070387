"""A look into the database of a store, and changes to it, through a connection that is not its."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine

from experiments.store import read_address
from experiments.store._postgres import MARK
from experiments.store.address import is_address


@contextmanager
def connected(place: Path | str) -> Iterator[Connection]:
    """Yield a connection whose every statement is a transaction of its own."""
    url = read_address(place) if is_address(place) else f"sqlite:///{place}"
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")
    engine.dispose()


def sql(place: Path | str, *statements: str) -> None:
    """Execute statements."""
    with connected(place) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(place: Path | str, query: str) -> list[tuple]:
    """Return what a query finds."""
    with connected(place) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def states(place: Path | str) -> dict[tuple[int, int], str]:
    """Return the state of every attempt by number and attempt."""
    found = rows(place, "SELECT number, attempt, state FROM trial")
    return {(number, attempt): state for number, attempt, state in found}


def drop_guard(place: Path | str, verb: str) -> None:
    """Let the audit trail be changed, as somebody with the rights of an administrator may."""
    of_table = " ON audit" if is_address(place) else ""
    sql(place, f"DROP TRIGGER audit_refuses_{verb}{of_table}")


def bury_owner(place: Path | str) -> None:
    """Make the owner of S001 look dead, although its process goes on."""
    if is_address(place):
        held = f"locktype = 'advisory' AND classid = {MARK} AND objid = 1"
        sql(place, f"SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE {held}")
    else:
        sql(place, "UPDATE owner SET start_ticks = start_ticks - 1")
