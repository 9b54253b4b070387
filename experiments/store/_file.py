"""A store in one file of SQLite: made, recognised, copied; its studies are held by processes."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, Engine

from experiments.store import _backup, _mounts, _sqlite
from experiments.store._backend import Facts
from experiments.store._errors import plain_errors
from experiments.store._process import Standing, standing, this_process
from experiments.store.lease import Claim, Owner
from formulation.errors import StoreError


@frozen
class NoClaim:
    """Nothing is held beside the row of the owner, whose process others can look for."""

    def renew(self, connection: Connection) -> None:
        """Do nothing: a process that writes is alive."""

    def release(self) -> None:
        """Do nothing."""


@frozen(kw_only=True)
class SqliteFile:
    """A database file."""

    path: Path
    """The file."""

    timeout_s: float
    """How long a lock is waited for, [s]."""

    @property
    def place(self) -> str:
        """The file, for people."""
        return str(self.path)

    def exists(self) -> bool:
        """Tell whether there is a file, or a log that a lost one left behind."""
        return self.path.exists() or _sqlite.is_orphaned(self.path)

    def facts(self) -> Facts:
        """Tell which SQLite it is."""
        return Facts(
            product=f"SQLite {sqlite3.sqlite_version}", place=self.place, exists=self.exists()
        )

    def prepare(self, *, create: bool, fill: Callable[[Engine], None]) -> None:
        """Make the file if it is missing and may be made, and refuse one that is not ours."""
        _mounts.refuse_network(self.path)
        with self.plain_errors():
            if not self.path.exists():
                self._create(create=create, fill=fill)
            _sqlite.recognise(self.path, self.timeout_s)

    def engine(self) -> Engine:
        """Return an engine that never makes a file."""
        return _sqlite.engine_for(self.path, self.timeout_s)

    def plain_errors(self) -> AbstractContextManager[None]:
        """Turn SQLite's codes into plain words."""
        return plain_errors(self.path, self.timeout_s)

    def back_up(self, version: int) -> Path | None:
        """Put a checked copy beside the file."""
        return _backup.write(self.path, version, self.timeout_s)

    def is_lost(self, error: Exception) -> bool:
        """Tell that a file does not come back by waiting."""
        return False

    def sign(self, connection: Connection, writer: str, write: int) -> None:
        """Do nothing: the commit of a file is never in doubt."""

    def is_signed(self, connection: Connection, writer: str, write: int) -> bool:
        """Tell that nothing was lost."""
        return False

    def forget(self, connection: Connection, writer: str) -> None:
        """Do nothing: nothing was signed."""

    def standing(self, connection: Connection, holder: Owner) -> Standing:
        """Look for the process that holds a study."""
        process = holder.process
        return "dead" if process is None else standing(process, this_process())

    def claim(self, engine: Engine, number: int, label: str) -> Claim:
        """Hold nothing beside the row of the owner."""
        return NoClaim()

    def _create(self, *, create: bool, fill: Callable[[Engine], None]) -> None:
        if _sqlite.is_orphaned(self.path):
            raise StoreError(
                f"{self.path} is missing, but its write-ahead log is there.",
                hint="Put the file back beside its log, or move the log away to start anew.",
            )
        if not create:
            raise StoreError(
                f"{self.path} does not exist.",
                hint="Run a study first, or name the workspace with --home or FORMULATION_HOME.",
            )
        _sqlite.create_file(self.path, fill, self.timeout_s)
