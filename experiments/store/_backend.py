"""What the store asks of a database, whether it is a file of SQLite or on a PostgreSQL server."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from attrs import frozen
from sqlalchemy import Connection, Engine

from experiments.store._process import Standing
from experiments.store.lease import Claim, Owner


@frozen(kw_only=True)
class Facts:
    """What can be told about a database without opening the store in it."""

    product: str
    """The database program with its version."""

    place: str
    """Where it is, without a password."""

    exists: bool
    """Whether it holds a store."""

    concern: str = ""
    """What endangers what is stored there; empty when nothing does."""


class Backend(Protocol):
    """One database that a store lies in, or may lie in."""

    @property
    def place(self) -> str:
        """Where it is, for people and without a password."""

    @property
    def timeout_s(self) -> float:
        """How long a lock, or a server that went away, is waited for, [s]."""

    def exists(self) -> bool:
        """Tell whether it holds a store, or what is left of one."""

    def facts(self) -> Facts:
        """Tell what it is, changing nothing."""

    def prepare(self, *, create: bool, fill: Callable[[Engine], None]) -> None:
        """Refuse what is no store; make a missing file and let `fill` make its tables."""

    def engine(self) -> Engine:
        """Return an engine; with the option ``write`` its transactions hold the write lock."""

    def plain_errors(self) -> AbstractContextManager[None]:
        """Turn errors of the database into `StoreError` within the block."""

    def back_up(self, version: int) -> Path | None:
        """Copy the database before its tables change; None where its administrator does."""

    def is_lost(self, error: Exception) -> bool:
        """Tell whether an error means that the connection is gone, and may come back."""

    def sign(self, connection: Connection, writer: str, write: int) -> None:
        """Put into a write by which it is known again, should its commit be in doubt."""

    def is_signed(self, connection: Connection, writer: str, write: int) -> bool:
        """Tell under the write lock whether a write was committed, whose connection was lost."""

    def forget(self, connection: Connection, writer: str) -> None:
        """Remove the signature of a writer that writes no more."""

    def standing(self, connection: Connection, holder: Owner) -> Standing:
        """Tell whether the process lives that holds a study."""

    def claim(self, engine: Engine, number: int, label: str) -> Claim:
        """Take what shows others that this process lives and holds a study."""
