"""Is what is stored whole, and what waits: interrupted studies, messages, lost models."""

from collections.abc import Sequence
from pathlib import Path

from experiments.diagnosis.finding import Finding, fine, warning
from experiments.standing import state_of
from experiments.store import Store, StudyRecord

MOST_NAMED = 5
"""Studies or folders that a sentence names, [-]."""


def _store(store: Store) -> Finding:
    """Verify the audit trail; that the store opened says its place, kind and version are right."""
    rows = store.verify_audit().rows
    return fine(f"Store {store.place} opens, and the {rows} rows of its audit trail are unbroken.")


def _studies(store: Store) -> Finding:
    """Look for studies whose driver is gone, which wait to be resumed."""
    studies = store.studies()
    stopped = [study for study in studies if state_of(store, study.id) == "interrupted"]
    if stopped:
        return warning(
            f"Interrupted, with all that was acknowledged kept: {_named(stopped)}.",
            f"Go on with: formulation resume {stopped[0].label}",
        )
    at_work = [study for study in studies if study.state == "running"]
    if at_work:
        return fine(f"At work: {_named(at_work)}.")
    return fine(f"None of {len(studies)} studies is waiting to be resumed.")


def _outbox(store: Store) -> Finding:
    """Count what MLflow has not taken yet."""
    waiting = store.pending_outbox()
    if not waiting:
        return fine("Nothing waits for MLflow.")
    last = next((m.last_error for m in reversed(waiting) if m.last_error), "")
    why = f", lastly because of {last}" if last else ""
    return warning(
        f"{len(waiting)} messages wait for MLflow{why}.", "Deliver them with: formulation track"
    )


def _models(store: Store) -> Finding:
    """Look for models whose folder is gone; a study that asks for one fits it again."""
    models = store.models()
    missing = [model for model in models if not Path(model.path).is_dir()]
    if missing:
        folders = _some([model.path for model in missing])
        return warning(
            f"{len(missing)} of {len(models)} fitted models are missing: {folders}.",
            "Put the folders back, or let the next study fit the models again.",
        )
    return fine(f"All {len(models)} fitted models are in their place.")


STORE_CHECKS = (
    ("store", _store),
    ("studies", _studies),
    ("outbox", _outbox),
    ("models", _models),
)
"""Checks of an open store; the first stands for its opening as well."""


def _named(studies: Sequence[StudyRecord]) -> str:
    return _some([f"{study.label} {study.name}" for study in studies])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
