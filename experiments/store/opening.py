"""A store that is open: how it is opened and closed, and who may write to its studies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import asdict
from sqlalchemy import Connection

from experiments.store import _audit, _studies
from experiments.store import lease as leases
from experiments.store._database import Database, open_database
from experiments.store._process import this_process
from experiments.store.lease import Lease, Owner
from experiments.store.reading import Reader

STORE_FILE = "store.sqlite"
"""Name of the database in a workspace."""

LOCK_TIMEOUT_S = 60.0
"""How long a lock of another process is waited for, [s]."""


class OpenStore(Reader):
    """An open database file, and the leases taken through it."""

    def __init__(self, database: Database, actor: str) -> None:
        super().__init__(database)
        self._actor = actor
        self._leases: list[Lease] = []

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        create: bool = True,
        actor: str | None = None,
        timeout_s: float = LOCK_TIMEOUT_S,
    ) -> Self:
        """Open a database file, and make it if it is missing.

        A database of an earlier release is brought to the latest version by whoever opens it
        first, also to read only; a copy of it is put beside it before, see `migrated_from` and
        `backup`.

        Parameters
        ----------
        path : str or Path
            Database file, by custom ``store.sqlite`` in the workspace, [-].
        create : bool, optional
            Whether a missing file is made, [-].
        actor : str or None, optional
            Who is named in the audit trail; None for the user of this process, [-].
        timeout_s : float, optional
            How long a lock of another process is waited for, [s].

        Returns
        -------
        Store
            The open store, [-].

        Raises
        ------
        StoreError
            The file is missing, empty, damaged, foreign, of a newer version, or on a network file
            system, or of an earlier version while the copy cannot be written. It is never written
            over.
        """
        database = open_database(Path(path), create=create, timeout_s=timeout_s)
        return cls(database, actor or _audit.default_actor())

    def close(self) -> None:
        """Give back what this store still owns, and close the file."""
        try:
            for lease in self._leases:
                lease.close()
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def own(self, study_id: str, *, take_over: bool = False) -> Lease:
        """Make this process the only one that may write to a study.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].
        take_over : bool, optional
            Whether an owner on another host gives way; one that is seen to live never does, [-].

        Returns
        -------
        Lease
            A context manager, which gives the study back when it is closed, [-].

        Raises
        ------
        StoreError
            Another owner lives, or is on another host and `take_over` is false.
        """
        here = this_process()
        with self._database.writing() as connection:
            label = _studies.find(connection, study_id).label
            holder, gone = leases.take(connection, study_id, label, here, take_over=take_over)
            if gone is not None:
                self._note_take_over(connection, gone, holder)
        lease = Lease(holder, label, self._release)
        self._leases = [held for held in self._leases if not held.is_closed] + [lease]
        return lease

    @contextmanager
    def _leased(self, lease: Lease) -> Iterator[Connection]:
        with self._database.writing() as connection:
            leases.check(connection, lease)
            yield connection

    def _release(self, lease: Lease) -> None:
        with self._database.writing() as connection:
            leases.release(connection, lease)

    def _note_take_over(self, connection: Connection, gone: Owner, holder: Owner) -> None:
        change = _audit.Change(
            actor=self._actor,
            action="study.take_over",
            object=f"study:{holder.study_id}",
            old_hash=_audit.digest(asdict(gone)),
            new_hash=_audit.digest(asdict(holder)),
            reason=f"Taken from {gone.who}.",
        )
        _audit.append(connection, change)
