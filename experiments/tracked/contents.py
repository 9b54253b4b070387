"""Where a delivery finds what a message of the outbox stands for."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from experiments.store import OutboxRecord, Store, candidate_label
from experiments.tracked.candidates import candidate_content
from experiments.tracked.facts import StudyFacts
from experiments.tracked.study import EXPERIMENT_NOTE, shown_names, study_content
from experiments.tracking_messages import (
    CANDIDATE,
    RunContent,
    ShownNames,
    experiment_name,
    model_message,
)
from experiments.workspace import FRONT
from formulation.errors import DataError


class StoredContents:
    """What is told of the studies of a store; the latest study stays at hand."""

    note = EXPERIMENT_NOTE
    """What the names in every experiment mean."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._facts = lru_cache(maxsize=1)(lambda study_id: StudyFacts(store, study_id))

    def experiment(self, study_id: str) -> str:
        """Return the experiment that a study belongs to.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        str
            Its name, [-].
        """
        facts = self._facts(study_id)
        return experiment_name(facts.spec.project or facts.study.name)

    def shown(self, study_id: str) -> ShownNames:
        """Return what the view of a front draws.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        ShownNames
            Objectives, the bench curve, and what tells products apart, [-].
        """
        return shown_names(self._facts(study_id))

    def study(self, study_id: str) -> RunContent:
        """Return the run of a study.

        Parameters
        ----------
        study_id : str
            Uuid of the study, [-].

        Returns
        -------
        RunContent
            The run, [-].
        """
        return study_content(self._facts(study_id))

    def candidates(self, message: OutboxRecord) -> Iterator[tuple[int | None, RunContent]]:
        """Yield the runs of the candidates that a message stands for.

        Parameters
        ----------
        message : OutboxRecord
            One for all of them, or of an earlier version for one, [-].

        Yields
        ------
        tuple
            Place among those of the front, None off it, and the run, [-].
        """
        facts = self._facts(message.study_id)
        trials = facts.children(str(message.payload.get("children", FRONT)))
        places = {t.number: place for place, t in enumerate(facts.in_order(trials))}
        if message.kind == CANDIDATE:
            label = message.key.rpartition("/")[2]
            trials = [t for t in facts.trials if candidate_label(t.number) == label]
        for trial in trials:
            yield places.get(trial.number), candidate_content(facts, trial)

    def model(self, message: OutboxRecord) -> dict[str, Any]:
        """Return what is told of a surrogate.

        Parameters
        ----------
        message : OutboxRecord
            Its key ends with the checksum of the model, [-].

        Returns
        -------
        dict
            As `experiments.tracking_messages.model_message` makes it, [-].

        Raises
        ------
        DataError
            The store knows no such model any more.
        """
        checksum = message.key.rpartition("/")[2]
        used = {m["id"] for m in self._facts(message.study_id).models}
        known = [m for m in self._store.models() if m.sha256 == checksum]
        for record in sorted(known, key=lambda m: m.id not in used):
            return model_message(record)
        raise DataError(f"The store has no model {checksum[:12]}.", hint="Fit it again.")
