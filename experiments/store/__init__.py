"""Studies, trials and audit trail in one durable database."""

from experiments.store.address import read_address, without_password
from experiments.store.core import Store
from experiments.store.lease import Lease, Owner
from experiments.store.opening import LOCK_TIMEOUT_S, STORE_FILE, store_exists, store_facts
from experiments.store.reading import Reader
from experiments.store.records import (
    AuditHead,
    ConfirmationRecord,
    CurveRecord,
    OutboxRecord,
    OutboxState,
    StudyRecord,
    StudyState,
    TrialRecord,
    TrialState,
    as_candidate_label,
    candidate_label,
    study_label,
)
from experiments.store.versions import DatasetRecord, DatasetState, ModelRecord
from experiments.store.writer import AckWriter

__all__ = [
    "LOCK_TIMEOUT_S",
    "STORE_FILE",
    "AckWriter",
    "AuditHead",
    "ConfirmationRecord",
    "CurveRecord",
    "DatasetRecord",
    "DatasetState",
    "Lease",
    "ModelRecord",
    "OutboxRecord",
    "OutboxState",
    "Owner",
    "Reader",
    "Store",
    "StudyRecord",
    "StudyState",
    "TrialRecord",
    "TrialState",
    "as_candidate_label",
    "candidate_label",
    "read_address",
    "store_exists",
    "store_facts",
    "study_label",
    "without_password",
]
