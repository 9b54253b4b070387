"""Who may write to a study: one process at a time, fenced by an epoch.

Every taking raises the study's epoch, and every write compares it inside its own transaction. An
owner that was stalled, and wakes after another has taken the study over, is refused.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from attrs import field, frozen
from sqlalchemy import Connection, insert, select, update

from experiments.store._codec import now_utc
from experiments.store._process import Process, Standing
from experiments.store._schema import owner
from formulation.errors import OwnedError, StoreError


class Claim(Protocol):
    """What shows others that a process lives and holds a study, beside the row of the owner."""

    def renew(self, connection: Connection) -> None:
        """See within the transaction of a write that it is held, and take it anew if it was lost.

        Parameters
        ----------
        connection : Connection
            Connection that holds the write lock, [-].
        """

    def release(self) -> None:
        """Let go; nothing happens if it was let go or lost."""


@frozen(kw_only=True)
class Owner:
    """Who holds a study, and since when."""

    study_id: str
    """Uuid of the study."""

    epoch: int
    """Raised by one at every taking."""

    pid: int | None
    """Number of the process; None once it was released."""

    host: str
    """Host of the process."""

    boot_id: str
    """Which boot of that host."""

    start_ticks: int
    """When the process started, in ticks since that boot."""

    since_utc: str
    """When it was taken, ISO-8601 in UTC."""

    standing: Standing = field(default="dead", eq=False)
    """Whether the process lived when it was looked for."""

    @property
    def process(self) -> Process | None:
        """The process that holds the study; None once it was given back."""
        if self.pid is None:
            return None
        return Process(
            pid=self.pid, host=self.host, boot_id=self.boot_id, start_ticks=self.start_ticks
        )

    @property
    def is_at_work(self) -> bool:
        """Whether the study was held by a process that lived, as far as could be seen."""
        return self.pid is not None and self.standing != "dead"

    @property
    def who(self) -> str:
        """The owner in words."""
        if self.pid is None:
            return f"a process on {self.host} since {self.since_utc}, which has given it back"
        return f"pid {self.pid} on {self.host} since {self.since_utc}"


class Lease:
    """The right to write to one study, until it is closed or taken over."""

    def __init__(
        self, holder: Owner, label: str, claim: Claim, release: Callable[["Lease"], None]
    ) -> None:
        self._holder = holder
        self._label = label
        self.claim = claim
        self._release = release
        self._closed = False

    @property
    def study_id(self) -> str:
        """Uuid of the study."""
        return self._holder.study_id

    @property
    def epoch(self) -> int:
        """Epoch under which this lease writes."""
        return self._holder.epoch

    @property
    def label(self) -> str:
        """Name of the study for people, such as S014."""
        return self._label

    @property
    def is_closed(self) -> bool:
        """Whether it was given back."""
        return self._closed

    def close(self) -> None:
        """Give the study back; nothing happens if it was closed or taken over."""
        if not self._closed:
            self._closed = True
            self._release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def find_owner(connection: Connection, study_id: str) -> Owner | None:
    """Return who last held a study.

    Parameters
    ----------
    connection : Connection
        Connection in a transaction, [-].
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    Owner or None
        None if nobody ever did, [-].
    """
    query = select(owner).where(owner.c.study_id == study_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Owner(**row._mapping)


def take(
    connection: Connection, study_id: str, before: Owner | None, here: Process
) -> tuple[Owner, Owner | None]:
    """Make a process the owner of a study.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    study_id : str
        Uuid of the study, [-].
    before : Owner or None
        Who held it before, and no longer does, [-].
    here : Process
        Process that takes it, [-].

    Returns
    -------
    tuple of Owner and (Owner or None)
        The new owner, and the one it was taken from without being given back, [-].
    """
    row: dict[str, Any] = {
        "study_id": study_id,
        "epoch": 1 if before is None else before.epoch + 1,
        "pid": here.pid,
        "host": here.host,
        "boot_id": here.boot_id,
        "start_ticks": here.start_ticks,
        "since_utc": now_utc(),
    }
    if before is None:
        connection.execute(insert(owner).values(row))
    else:
        connection.execute(update(owner).where(owner.c.study_id == study_id).values(row))
    gone = before if before is not None and before.pid is not None else None
    return Owner(**row, standing="alive"), gone


def check(connection: Connection, lease: Lease) -> None:
    """Refuse a write by whoever does not hold the study now.

    Parameters
    ----------
    connection : Connection
        Connection in the transaction of the write, [-].
    lease : Lease
        Lease of the writer, [-].

    Raises
    ------
    StoreError
        The lease was given back, or the study was taken over.
    """
    now = find_owner(connection, lease.study_id)
    if now is not None and now.epoch == lease.epoch and now.pid is not None:
        return
    if lease.is_closed:
        raise StoreError(
            f"Study {lease.label}: its lease of epoch {lease.epoch} was given back before this "
            "write; nothing of it was stored.",
            hint="Own the study again to write to it.",
        )
    raise OwnedError(
        f"Study {lease.label} was taken over by {now.who if now else 'nobody known'} (epoch "
        f"{now.epoch if now else 0}, this driver's was {lease.epoch}); nothing of this write was "
        "stored.",
        hint="Stop this driver and follow the study at its new owner.",
    )


def release(connection: Connection, lease: Lease) -> None:
    """Give a study back, if it is still held under this lease.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction, [-].
    lease : Lease
        Lease to end, [-].
    """
    held = (owner.c.study_id == lease.study_id) & (owner.c.epoch == lease.epoch)
    connection.execute(update(owner).where(held).values(pid=None))


def refuse_held(holder: Owner, label: str, here: Process, *, take_over: bool) -> None:
    """Refuse to take a study from a process that lives, or may live.

    Parameters
    ----------
    holder : Owner
        Who holds it, with its standing, [-].
    label : str
        Name of the study for people, [-].
    here : Process
        Process that would take it, [-].
    take_over : bool
        Whether an owner on another host, whose life cannot be seen from here, gives way, [-].

    Raises
    ------
    OwnedError
        Its owner lives, or is on another host and `take_over` is false.
    """
    if holder.pid is None:
        return
    if holder.standing == "alive":
        there = "" if holder.host == here.host else f" on {holder.host}"
        raise OwnedError(
            f"Study {label} is owned by {holder.who}, which is running.",
            hint=f"Wait for it; or stop it{there} with 'formulation cancel {label}', or"
            f" 'kill {holder.pid}', and resume.",
        )
    if holder.standing == "elsewhere" and not take_over:
        raise OwnedError(
            f"Study {label} is owned by {holder.who}, and whether that process still "
            f"runs cannot be seen from {here.host}.",
            hint="Resume on that host; or, if it is surely gone, take the study over with "
            f"'formulation resume {label} --take-over'.",
        )
