"""Everything a store holds of one study, read once for all that is told of it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import define

from experiments.config import StudySpec, study_from_config
from experiments.datasets import measured_curves
from experiments.results import front_of, study_document
from experiments.search.front import normalised, spread_indices
from experiments.store import ConfirmationRecord, CurveRecord, Store, StudyRecord, TrialRecord
from experiments.tracking_messages import MOST_CHILDREN
from experiments.workspace import FRONT
from formulation.design import Design
from formulation.errors import DataError
from models.surrogates.table import MeasuredCurve


@define(slots=False)
class StudyFacts:
    """One study of a store; each part is read when it is first asked for."""

    store: Store
    """Where it is kept."""

    study_id: str
    """Its uuid."""

    @cached_property
    def study(self) -> StudyRecord:
        """Its record."""
        return self.store.study(self.study_id)

    @cached_property
    def spec(self) -> StudySpec:
        """What was asked."""
        return study_from_config(self.study.config)

    @cached_property
    def trials(self) -> list[TrialRecord]:
        """Its finished trials by number."""
        return [t for t in self.store.trials(self.study_id) if t.state != "running"]

    @cached_property
    def front(self) -> list[TrialRecord]:
        """Those on the front, best first."""
        return front_of(self.spec.objectives, self.trials)

    @cached_property
    def front_numbers(self) -> set[int]:
        """Numbers of those trials."""
        return {t.number for t in self.front}

    @cached_property
    def confirmations(self) -> dict[int, ConfirmationRecord]:
        """What integrating every subject gave, by trial number."""
        return {c.number: c for c in self.store.confirmations(self.study_id)}

    @cached_property
    def curves(self) -> dict[int, list[CurveRecord]]:
        """Curves by trial number."""
        found: dict[int, list[CurveRecord]] = {}
        for curve in self.store.curves(self.study_id):
            found.setdefault(curve.number, []).append(curve)
        return found

    @cached_property
    def measured(self) -> dict[str, list[MeasuredCurve]]:
        """Accepted curves of a laboratory by key of their design.

        A data set whose file lies on another machine cannot be looked into from here.
        """
        found: dict[str, list[MeasuredCurve]] = {}
        for system in self.spec.space.systems if self.store.datasets() else ():
            try:
                curves = measured_curves(self.store, system)
            except DataError:
                continue
            for curve in curves:
                found.setdefault(curve.design.key, []).append(curve)
        return found

    @cached_property
    def measured_numbers(self) -> set[int]:
        """Trials whose very design a laboratory has measured."""
        if not self.measured:
            return set()
        return {t.number for t in self.trials if Design.from_dict(t.design).key in self.measured}

    @cached_property
    def document(self) -> dict[str, Any]:
        """Its document."""
        return study_document(self.store, self.study)

    @property
    def models(self) -> list[Mapping[str, Any]]:
        """Cards of the surrogates it used."""
        return list(self.study.info.get("models", []))

    def children(self, which: str) -> list[TrialRecord]:
        """Return the trials that get a run of their own.

        Parameters
        ----------
        which : str
            One of `experiments.tracking_messages.CHILDREN`, [-].

        Returns
        -------
        list of TrialRecord
            At most `MOST_CHILDREN`, by number: what was measured, confirmed or on the front comes
            before the rest, and of a front that is too long some that lie far apart, [-].
        """
        most = MOST_CHILDREN[which]
        first = [
            t for t in self.trials if t.number in self.measured_numbers | {*self.confirmations}
        ]
        then = [t for t in self.front if t not in first]
        room = max(most - len(first), 0)
        scores = normalised(self.spec.objectives, [t.values for t in then])
        chosen = first[:most] + [then[k] for k in spread_indices(scores, room)[:room]]
        if which != FRONT:
            known = {t.number for t in chosen}
            chosen += [t for t in self.trials if t.number not in known][: most - len(chosen)]
        return sorted(chosen, key=lambda t: t.number)
