"""What can be read from a store, by anyone and while a study runs."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attrs import evolve
from sqlalchemy import Connection

from experiments.store import _audit, _datasets, _models, _outbox, _studies, _trials
from experiments.store._database import Database
from experiments.store._schema import confirmation, curve
from experiments.store.lease import Owner, find_owner
from experiments.store.records import (
    AuditHead,
    ConfirmationRecord,
    CurveRecord,
    OutboxRecord,
    StudyRecord,
    TrialRecord,
)
from experiments.store.versions import DatasetRecord, DatasetState, ModelRecord

R = TypeVar("R")

CONFIRMATION_KEYS = ("number",)
"""What names a confirmation within its study."""

CURVE_KEYS = ("number", "name")
"""What names a curve within its study."""


class Reader:
    """The reading side of a store; every answer is one state of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def place(self) -> str:
        """Where the database is: its file, or its address without a password."""
        return self._database.place

    @property
    def migrated_from(self) -> int | None:
        """Schema version from which this opening migrated the database; None if it did not."""
        return self._database.migrated_from

    @property
    def backup(self) -> Path | None:
        """Copy of the file from before that migration; None without one."""
        return self._database.backup

    def studies(self) -> tuple[StudyRecord, ...]:
        """Return all studies by number.

        Returns
        -------
        tuple of StudyRecord
            All studies, [-].
        """
        return self._read(_studies.every)

    def study(self, ref: str) -> StudyRecord:
        """Return the study that a person or a program means.

        Parameters
        ----------
        ref : str
            Uuid, at least six characters of its start, label such as ``S001`` or ``s1``, or name
            (the newest of that name), [-].

        Returns
        -------
        StudyRecord
            The study, [-].

        Raises
        ------
        UnknownNameError
            No study is meant; the message lists the nearest.
        InputError
            The start of a uuid fits several.
        """
        return self._read(lambda connection: _studies.find(connection, ref))

    def trials(self, study_id: str) -> tuple[TrialRecord, ...]:
        """Return the latest attempt of every trial, by number.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        tuple of TrialRecord
            One record per number, [-].
        """
        return self._read(lambda connection: _trials.latest(connection, study_id))

    def confirmations(self, study_id: str) -> tuple[ConfirmationRecord, ...]:
        """Return the confirmed candidates, by number.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        tuple of ConfirmationRecord
            One record per candidate, [-].
        """
        return self._read(
            lambda connection: _trials.of_study(
                connection, confirmation, CONFIRMATION_KEYS, ConfirmationRecord, study_id
            )
        )

    def curves(self, study_id: str) -> tuple[CurveRecord, ...]:
        """Return the curves of the candidates, by number and name.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        tuple of CurveRecord
            One record per curve, [-].
        """
        return self._read(
            lambda connection: _trials.of_study(
                connection, curve, CURVE_KEYS, CurveRecord, study_id
            )
        )

    def models(self) -> tuple[ModelRecord, ...]:
        """Return all versions of models, oldest first.

        Returns
        -------
        tuple of ModelRecord
            All versions, [-].
        """
        return self._read(_models.every)

    def datasets(self, *, state: DatasetState | None = "accepted") -> tuple[DatasetRecord, ...]:
        """Return the laboratory's data sets in the order in which they were accepted.

        Parameters
        ----------
        state : str or None, optional
            ``accepted`` or ``retired``; None for both, [-].

        Returns
        -------
        tuple of DatasetRecord
            One record per version, [-].
        """
        return self._read(lambda connection: _datasets.every(connection, state))

    def pending_outbox(self, study_id: str | None = None) -> tuple[OutboxRecord, ...]:
        """Return the messages still to be delivered, oldest first.

        Parameters
        ----------
        study_id : str or None, optional
            Uuid of one study; None for all, [-].

        Returns
        -------
        tuple of OutboxRecord
            Messages, [-].
        """
        return self._read(lambda connection: _outbox.pending(connection, study_id))

    def owner(self, study_id: str) -> Owner | None:
        """Return who last held a study.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        Owner or None
            Its `pid` is None once the study was given back; `is_at_work` says whether it lived
            when it was looked for. None if nobody ever held the study, [-].
        """
        return self._read(lambda connection: self._owner(connection, study_id))

    def verify_audit(self) -> AuditHead:
        """Check every row of the audit trail.

        Returns
        -------
        AuditHead
            The end of the trail, to be kept elsewhere, [-].

        Raises
        ------
        StoreError
            A row was changed, removed or inserted; the message names the first.
        """
        return self._read(_audit.verify)

    def _read(self, query: Callable[[Connection], R]) -> R:
        return self._database.read(query)

    def _owner(self, connection: Connection, study_id: str) -> Owner | None:
        holder = find_owner(connection, study_id)
        if holder is None or holder.pid is None:
            return holder
        return evolve(holder, standing=self._database.backend.standing(connection, holder))
