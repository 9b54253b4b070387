"""A store that is open: how it is opened and closed, and who may write to its studies."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from attrs import asdict, filters
from sqlalchemy import Connection

from experiments.store import _audit, _studies
from experiments.store import lease as leases
from experiments.store._backend import Facts
from experiments.store._database import Database, backend_for, open_database
from experiments.store._process import this_process
from experiments.store.lease import Claim, Lease, Owner
from experiments.store.reading import Reader

STORE_FILE = "store.sqlite"
"""Name of the database in a workspace."""

LOCK_TIMEOUT_S = 60.0
"""How long a lock of another process, or a server that went away, is waited for, [s]."""

R = TypeVar("R")


class OpenStore(Reader):
    """An open database, and the leases taken through it."""

    def __init__(self, database: Database, actor: str) -> None:
        super().__init__(database)
        self._actor = actor
        self._leases: list[Lease] = []

    @classmethod
    def open(
        cls,
        place: str | Path,
        *,
        create: bool = True,
        actor: str | None = None,
        timeout_s: float = LOCK_TIMEOUT_S,
    ) -> Self:
        """Open a database, and make what is missing of it.

        A database of an earlier release is brought to the latest version by whoever opens it
        first, also to read only. A copy of a file is put beside it before, see `migrated_from` and
        `backup`; copies of a database of PostgreSQL are its administrator's.

        Parameters
        ----------
        place : str or Path
            Database file, by custom ``store.sqlite`` in the workspace, or address of a database of
            PostgreSQL, which its administrator has made, [-].
        create : bool, optional
            Whether a missing file, or the tables of an empty database, are made, [-].
        actor : str or None, optional
            Who is named in the audit trail; None for the user of this process, [-].
        timeout_s : float, optional
            How long a lock of another process, or a server that went away, is waited for, [s].

        Returns
        -------
        Store
            The open store, [-].

        Raises
        ------
        InputError
            The address cannot be read.
        StoreError
            The database is missing, empty, damaged, foreign, of a newer version, on a network file
            system or cannot be reached, or of an earlier version while the copy cannot be written.
            It is never written over.
        """
        database = open_database(place, create=create, timeout_s=timeout_s)
        return cls(database, actor or _audit.default_actor())

    def close(self) -> None:
        """Give back what this store still owns, and close the database."""
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
        here, claims = this_process(), list[Claim]()

        def let_go() -> None:
            for left in claims:
                left.release()

        def take(connection: Connection) -> Lease:
            let_go()  # of what a try left whose connection was lost
            study = _studies.find(connection, study_id)
            before = self._owner(connection, study.id)
            if before is not None:
                leases.refuse_held(before, study.label, here, take_over=take_over)
            claims.append(
                self._database.backend.claim(self._database.engine, study.number, study.label)
            )
            holder, gone = leases.take(connection, study.id, before, here)
            if gone is not None:
                self._note_take_over(connection, gone, holder)
            return Lease(holder, study.label, claims[-1], self._release)

        try:
            lease = self._database.write(take)
        except BaseException:
            let_go()
            raise
        self._leases = [held for held in self._leases if not held.is_closed] + [lease]
        return lease

    def _write_as_owner(self, lease: Lease, action: Callable[[Connection], R]) -> R:
        """Commit what an action writes to a study, once, and only while the lease stands."""

        def checked(connection: Connection) -> R:
            leases.check(connection, lease)
            lease.claim.renew(connection)
            return action(connection)

        return self._database.write(checked)

    def _release(self, lease: Lease) -> None:
        def let_go(connection: Connection) -> None:
            lease.claim.release()
            leases.release(connection, lease)

        try:
            self._database.write(let_go)
        finally:
            lease.claim.release()

    def _note_take_over(self, connection: Connection, gone: Owner, holder: Owner) -> None:
        change = _audit.Change(
            actor=self._actor,
            action="study.take_over",
            object=f"study:{holder.study_id}",
            old_hash=_hash(gone),
            new_hash=_hash(holder),
            reason=f"Taken from {gone.who}.",
        )
        _audit.append(connection, change)


def store_exists(place: str | Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> bool:
    """Tell whether there is a store, or what is left of one, without making any.

    Parameters
    ----------
    place : str or Path
        Database file, or address of a database of PostgreSQL, [-].
    timeout_s : float, optional
        How long a server is waited for at most, [s].

    Returns
    -------
    bool
        False where nothing was stored yet, [-].

    Raises
    ------
    StoreError
        The server cannot be reached.
    """
    return backend_for(place, timeout_s).exists()


def store_facts(place: str | Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> Facts:
    """Tell what the database of a store is, changing nothing.

    Parameters
    ----------
    place : str or Path
        Database file, or address of a database of PostgreSQL, [-].
    timeout_s : float, optional
        How long a server is waited for at most, [s].

    Returns
    -------
    Facts
        Program, version and place, and whether a store is there, [-].

    Raises
    ------
    StoreError
        The server cannot be reached.
    """
    return backend_for(place, timeout_s).facts()


def _hash(owner: Owner) -> str:
    return _audit.digest(asdict(owner, filter=filters.exclude("standing")))
