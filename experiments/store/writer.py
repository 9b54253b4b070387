"""Results to the store in small groups; only what is on disk is acknowledged."""

import time
from collections.abc import Callable, Sequence

from experiments import failpoints
from experiments.store.core import Store
from experiments.store.lease import Lease
from experiments.store.records import TrialRecord

MAX_GROUP = 48
"""Most trials in one transaction: whole chunks of the search, at most 50."""

MAX_WAIT_S = 0.25
"""How long the first result of a group may wait for others, [s]."""


class AckWriter:
    """Collects finished trials, commits them in groups, and then acknowledges them.

    A group is committed when it is full, or, at the next `add`, when its first trial has waited
    long enough; `flush` commits what is left. A group whose commit fails or is interrupted is not
    acknowledged and not tried again: unless its commit went through, its trials are still running
    in the store, and a resumed study evaluates them anew.
    """

    def __init__(
        self,
        store: Store,
        lease: Lease,
        on_ack: Callable[[tuple[int, ...]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._lease = lease
        self._on_ack = on_ack
        self._clock = clock
        self._waiting: list[TrialRecord] = []
        self._since_s = 0.0

    @property
    def n_waiting(self) -> int:
        """Trials that are collected and not acknowledged."""
        return len(self._waiting)

    def add(self, records: Sequence[TrialRecord]) -> None:
        """Collect finished trials, and commit what is full or has waited long enough.

        Parameters
        ----------
        records : sequence of TrialRecord
            Trials in state ``complete`` or ``failed``, [-].

        Raises
        ------
        StoreError
            The commit failed; its trials are not acknowledged.
        """
        # What comes together is committed together, or a resumed study would cut it otherwise.
        if self._waiting and len(self._waiting) + len(records) > MAX_GROUP:
            self._commit()
        if not self._waiting:
            self._since_s = self._clock()
        self._waiting.extend(records)
        while len(self._waiting) >= MAX_GROUP:
            self._commit()
        if self._waiting and self._clock() - self._since_s >= MAX_WAIT_S:
            self._commit()

    def flush(self) -> None:
        """Commit and acknowledge everything that is collected.

        Raises
        ------
        StoreError
            The commit failed; its trials are not acknowledged.
        """
        while self._waiting:
            self._commit()

    def _commit(self) -> None:
        group = self._waiting[:MAX_GROUP]
        numbers = tuple(record.number for record in group)
        too_early = failpoints.broken("ack_before_commit")
        if too_early:
            self._on_ack(numbers)
        failpoints.hit("commit")
        # Taken out first: a signal may surface after the database has committed.
        del self._waiting[: len(group)]
        self._store.finish(self._lease, group)
        self._since_s = self._clock()
        if not too_early:
            self._on_ack(numbers)
