"""Everything a store holds of one study, read once for all that is told of it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import define

from experiments.candidates import ACCOUNTS
from experiments.config import StudySpec, study_from_config
from experiments.datasets.versions import (
    RELEASE,
    accepted_versions,
    measured_curves,
    version_ref,
)
from experiments.reports.answers import answer
from experiments.results import document_of, front_of
from experiments.search.front import normalised, spread_indices
from experiments.store import (
    ConfirmationRecord,
    CurveRecord,
    Store,
    StudyRecord,
    TrialRecord,
    candidate_label,
)
from experiments.tracking_links import MOST_COMPARED
from experiments.tracking_messages import MOST_CHILDREN
from experiments.workspace import FRONT
from formulation.errors import DataError
from models.surrogates.table import MeasuredCurve

Unit = tuple[Any, ...]
"""What lies in the vessel: system, salts, amounts in mg, and how it was made."""


def unit_of(design: Mapping[str, Any]) -> Unit:
    """Return what a bench sees of a design; how it is taken and the assay of its lot it does not.

    Parameters
    ----------
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    tuple
        Equal for designs whose unit is the same, [-].
    """
    made = (tuple(sorted(design[part].items())) for part in ("amounts_mg", "process"))
    return (design["system"], design["salt"], design.get("second_salt"), *made)


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
    def all_trials(self) -> Sequence[TrialRecord]:
        """Its trials by number, those under way among them."""
        return self.store.trials(self.study_id)

    @cached_property
    def trials(self) -> list[TrialRecord]:
        """Those that are finished."""
        return [t for t in self.all_trials if t.state != "running"]

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
    def all_curves(self) -> Sequence[CurveRecord]:
        """All curves of its candidates, by number and name."""
        return self.store.curves(self.study_id)

    @cached_property
    def curves(self) -> dict[int, list[CurveRecord]]:
        """Curves by trial number."""
        found: dict[int, list[CurveRecord]] = {}
        for curve in self.all_curves:
            found.setdefault(curve.number, []).append(curve)
        return found

    def risk_of(self, trial: TrialRecord) -> str:
        """Return the risk class of a trial whose candidate was followed in people.

        Parameters
        ----------
        trial : TrialRecord
            The trial, [-].

        Returns
        -------
        str
            Such as ``low``; empty for any other, [-].
        """
        account = self.study.info.get(ACCOUNTS, {}).get(candidate_label(trial.number))
        return str(account["risk"]["class"]) if account else ""

    @cached_property
    def measured(self) -> dict[Unit, list[MeasuredCurve]]:
        """Accepted curves of a laboratory by the unit that was planned.

        A data set whose file lies on another machine cannot be looked into from here.
        """
        found: dict[Unit, list[MeasuredCurve]] = {}
        planned = {
            version_ref(r): r.card.get("planned", {})
            for r in accepted_versions(self.store, RELEASE)
        }
        for system in self.spec.space.systems if planned else ():
            try:
                curves = measured_curves(self.store, system)
            except DataError:
                continue
            for curve in curves:
                design = curve.design.as_dict()
                # What was weighed is never quite what was asked for.
                amounts = planned[curve.source].get(curve.name, design["amounts_mg"])
                found.setdefault(unit_of({**design, "amounts_mg": amounts}), []).append(curve)
        return found

    def measured_of(self, trial: TrialRecord) -> list[MeasuredCurve]:
        """Return the curves that a laboratory measured of a trial's unit.

        Parameters
        ----------
        trial : TrialRecord
            The trial, [-].

        Returns
        -------
        list of MeasuredCurve
            In the order in which their data sets were accepted, [-].
        """
        return self.measured.get(unit_of(trial.design), []) if self.measured else []

    @cached_property
    def measured_numbers(self) -> set[int]:
        """Trials whose very unit a laboratory has measured."""
        return {t.number for t in self.trials if self.measured_of(t)}

    @cached_property
    def measured_in(self) -> set[str]:
        """Data sets, by name and version, that hold curves of its trials."""
        return {curve.source for t in self.trials for curve in self.measured_of(t)}

    @cached_property
    def document(self) -> dict[str, Any]:
        """Its document."""
        confirmed = list(self.confirmations.values())
        return document_of(self.study, self.all_trials, confirmed, self.all_curves)

    @cached_property
    def recommended(self) -> int | None:
        """Number of the trial that its answer names."""
        label = answer(self.document).label
        return next((t.number for t in self.front if candidate_label(t.number) == label), None)

    def in_order(self, trials: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return those of some trials that are on the front, as they are told of.

        Parameters
        ----------
        trials : sequence of TrialRecord
            Trials, [-].

        Returns
        -------
        list of TrialRecord
            The recommended, the best of each other delivery system, then some that lie far apart,
            `MOST_COMPARED` together, so that one page shows all kinds; then the rest, [-].
        """
        numbers = {t.number for t in trials}
        front = [t for t in self.front if t.number in numbers]
        systems = {t.design["system"]: t for t in reversed(front)}
        systems |= {t.design["system"]: t for t in front if t.number == self.recommended}
        first = sorted(systems.values(), key=lambda t: t.number != self.recommended)
        rest = [t for t in front if t not in first]
        scores = normalised(self.spec.objectives, [t.values for t in rest])
        spread = [rest[k] for k in spread_indices(scores, max(MOST_COMPARED - len(first), 0))]
        return [*first, *spread, *(t for t in rest if t not in spread)]

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
