"""The store: one database in which every finished trial is durable before it counts.

A write with a lease checks that lease inside its own transaction; a transaction is on disk when the
call returns (write-ahead log, full synchronisation). A write is a function of the connection, which
is called again where a server went away before anything was committed.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from attrs import AttrsInstance
from sqlalchemy import Connection, Table

from experiments.store import _audit, _datasets, _models, _outbox, _studies, _trials
from experiments.store._schema import confirmation, curve
from experiments.store.lease import Lease
from experiments.store.opening import OpenStore
from experiments.store.reading import CONFIRMATION_KEYS, CURVE_KEYS
from experiments.store.records import (
    ConfirmationRecord,
    CurveRecord,
    OutboxRecord,
    StudyRecord,
    StudyState,
    TrialRecord,
)
from experiments.store.versions import DatasetRecord, ModelRecord


class Store(OpenStore):
    """A store that is open for reading and writing."""

    def create_study(
        self,
        name: str,
        config: Mapping[str, Any],
        config_text: str,
        config_sha256: str,
        seed: int,
        budget: int,
        info: Mapping[str, Any] | None = None,
    ) -> StudyRecord:
        """Store a new study, in state ``running``.

        Parameters
        ----------
        name : str
            Name in the study file, [-].
        config : mapping
            The study file, parsed, [-].
        config_text : str
            The study file as written, [-].
        config_sha256 : str
            Hash that names the study file, [-].
        seed : int
            Seed of the search, [-].
        budget : int
            Trials asked for, [-].
        info : mapping or None, optional
            What is recorded about it from the first moment on, [-].

        Returns
        -------
        StudyRecord
            The study with its uuid and number, [-].
        """
        about = {"config_text": config_text, "config_sha256": config_sha256, "info": info or {}}
        given = {"name": name, "config": config, "seed": seed, "budget": budget, **about}
        return self._database.write(
            lambda connection: _studies.create(connection, self._actor, **given)
        )

    def add_running(self, lease: Lease, records: Sequence[TrialRecord]) -> None:
        """Store trials that are about to be evaluated, all or none.

        An attempt above 1 turns earlier attempts that are still running into failed ones.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        records : sequence of TrialRecord
            Trials in state ``running``, [-].

        Raises
        ------
        StoreError
            The study was taken over, a number is complete, or an attempt is stored already.
        """
        add = partial(_trials.add_running, lease=lease, records=records)
        self._write_as_owner(lease, add)

    def finish(self, lease: Lease, records: Sequence[TrialRecord]) -> None:
        """Turn running trials into complete or failed ones, all or none.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        records : sequence of TrialRecord
            Trials in state ``complete`` or ``failed``, [-].

        Raises
        ------
        StoreError
            The study was taken over, or a trial is not running (any more).
        """

        def finish(connection: Connection) -> None:
            _trials.finish(connection, lease, records)
            _studies.touch(connection, lease.study_id)

        self._write_as_owner(lease, finish)

    def set_study(
        self,
        lease: Lease,
        *,
        state: StudyState | None = None,
        info: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> StudyRecord:
        """Change where a study stands, and add to what it records about itself.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        state : str or None, optional
            New state, noted in the audit trail; None leaves it, [-].
        info : mapping or None, optional
            Entries to add, or to put in place of those with the same key, [-].
        reason : str, optional
            Why the state changes, [-].

        Returns
        -------
        StudyRecord
            The study as it is stored now, [-].
        """

        def change(connection: Connection) -> StudyRecord:
            before = _studies.find(connection, lease.study_id)
            return _studies.change(
                connection, self._actor, before, state=state, info=info or {}, reason=reason
            )

        return self._write_as_owner(lease, change)

    def put_confirmations(self, lease: Lease, records: Sequence[ConfirmationRecord]) -> None:
        """Store confirmed candidates, in place of earlier ones of the same trials.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        records : sequence of ConfirmationRecord
            One record per candidate, [-].
        """
        self._replace(lease, confirmation, CONFIRMATION_KEYS, records)

    def put_curves(self, lease: Lease, records: Sequence[CurveRecord]) -> None:
        """Store curves of candidates, in place of earlier ones of the same trial and name.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        records : sequence of CurveRecord
            One record per curve, [-].
        """
        self._replace(lease, curve, CURVE_KEYS, records)

    def put_model(
        self, *, name: str, sha256: str, path: str, card: Mapping[str, Any]
    ) -> ModelRecord:
        """Store a version of a model; one with the same name, bytes and place is kept as it is.

        Parameters
        ----------
        name : str
            Name of the model, [-].
        sha256 : str
            Hash of its bytes, [-].
        path : str
            Where the bytes lie, [-].
        card : mapping
            What it was fitted on and how good it is, [-].

        Returns
        -------
        ModelRecord
            The version as stored, [-].
        """
        return self._database.write(
            partial(_models.put, name=name, sha256=sha256, path=path, card=card)
        )

    def put_dataset(
        self,
        *,
        name: str,
        sha256: str,
        path: str,
        card: Mapping[str, Any],
        systems: Sequence[str],
        n_curves: int,
    ) -> DatasetRecord:
        """Accept a laboratory's data set; the same bytes keep their record, whatever their name.

        Parameters
        ----------
        name : str
            Name of the data set; a later version may have the same, [-].
        sha256 : str
            Hash of its bytes, [-].
        path : str
            Where the bytes lie, [-].
        card : mapping
            Where it comes from, and what was found when it was checked, [-].
        systems : sequence of str
            Delivery systems it holds, [-].
        n_curves : int
            Release curves it holds, [-].

        Returns
        -------
        DatasetRecord
            The version as stored; accepted again if it was retired, [-].
        """
        return self._database.write(
            lambda connection: _datasets.put(
                connection,
                self._actor,
                name=name,
                sha256=sha256,
                path=path,
                card=card,
                systems=systems,
                n_curves=n_curves,
            )
        )

    def retire_dataset(self, ref: str, reason: str) -> DatasetRecord:
        """Take a laboratory's data set out of use; its record and its bytes stay.

        Parameters
        ----------
        ref : str
            Its name, or at least six digits of the start of its hash, [-].
        reason : str
            Why, for the audit trail, [-].

        Returns
        -------
        DatasetRecord
            The version as it is stored now, [-].

        Raises
        ------
        UnknownNameError
            No data set is meant.
        InputError
            Several accepted ones are meant, the one meant was retired before, or no reason is
            given.
        """
        retire = partial(_datasets.retire, actor=self._actor, ref=ref, reason=reason)
        return self._database.write(retire)

    def enqueue(
        self, lease: Lease, kind: str, key: str, payload: Mapping[str, Any]
    ) -> OutboxRecord:
        """Store a message to another tool, unless its event was stored before.

        Parameters
        ----------
        lease : Lease
            Lease of the study, [-].
        kind : str
            What is to be delivered, [-].
        key : str
            Names the event in this store; the first message under a key stays, [-].
        payload : mapping
            What is delivered, [-].

        Returns
        -------
        OutboxRecord
            The message as stored, [-].
        """
        return self._write_as_owner(
            lease,
            lambda connection: _outbox.enqueue(connection, lease.study_id, kind, key, payload),
        )

    def mark_outbox(self, seq: int, *, error: str | None = None) -> None:
        """Note the outcome of one try to deliver a message.

        Parameters
        ----------
        seq : int
            Number of the message, [-].
        error : str or None, optional
            What went wrong, which leaves it pending; None if it was delivered, [-].

        Raises
        ------
        StoreError
            There is no such message, or it was delivered before.
        """
        self._database.write(lambda connection: _outbox.mark(connection, seq, error=error))

    def audit(
        self, *, actor: str, action: str, object: str, old_hash: str, new_hash: str, reason: str
    ) -> None:
        """Add a row to the audit trail, for a change that is made outside this store.

        Parameters
        ----------
        actor : str
            Who did it, [-].
        action : str
            What was done, [-].
        object : str
            What it was done to, [-].
        old_hash, new_hash : str
            Hash of the object before and after; empty if it was not there, [-].
        reason : str
            Why, [-].
        """
        change = _audit.Change(
            actor=actor,
            action=action,
            object=object,
            old_hash=old_hash,
            new_hash=new_hash,
            reason=reason,
        )
        self._database.write(lambda connection: _audit.append(connection, change))

    def _replace(
        self, lease: Lease, table: Table, keys: Sequence[str], records: Sequence[AttrsInstance]
    ) -> None:
        put = partial(_trials.replace, lease=lease, table=table, keys=keys, records=records)
        self._write_as_owner(lease, put)
