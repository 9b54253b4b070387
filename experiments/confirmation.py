"""Confirm the front: every candidate again, every subject integrated, in subjects of their own.

The confirming subjects are another draw of the same population, so a candidate that only suited
the people the surrogate was trained on does not pass. The same subjects meet every candidate.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import asdict, evolve

from experiments.account import Accountant
from experiments.config.product import Product
from experiments.objective import StudyEvaluator, Task
from experiments.readings import Judging
from experiments.store import ConfirmationRecord, CurveRecord, TrialRecord, candidate_label
from formulation.design import Design
from formulation.errors import FormulationError
from formulation.patients import Population
from formulation.targets import Objective, OutcomeLimit
from models.chain import CURVE_TIMES_H, MechanisticChain
from models.comparison import compare
from models.measurement import get_measurement
from models.release import release_law
from models.release.bench import bench_curves
from models.responses import Watch
from models.surrogates.chain import SurrogateChain

MIN_SUBJECTS = 256
"""Fewest subjects that confirm a front, [-]."""

RELEASE = "release"
RELEASE_MECHANISTIC = "release_mechanistic"


def confirm(
    trials: Sequence[TrialRecord],
    population: Population,
    objectives: tuple[Objective, ...],
    limits: tuple[OutcomeLimit, ...],
    n_subjects: int,
    watch: Watch | None = None,
    judging: Judging | None = None,
) -> tuple[ConfirmationRecord, ...]:
    """Evaluate candidates at mechanistic fidelity.

    Parameters
    ----------
    trials : sequence of TrialRecord
        Candidates, [-].
    population : Population
        Who takes the products, [-].
    objectives : tuple of Objective
        What is wanted, [-].
    limits : tuple of OutcomeLimit
        What must hold, [-].
    n_subjects : int
        Subjects to integrate; at least `MIN_SUBJECTS` are, but for a patient, [-].
    watch : callable, optional
        Told of the candidates while their days are still at hand, [-].
    judging : Judging, optional
        How the study reads values; as predicted when absent, [-].

    Returns
    -------
    tuple of ConfirmationRecord
        One for each candidate, [-].

    Raises
    ------
    FormulationError
        The mechanistic chain gave no finite number for a candidate.
    """
    if not trials:
        return ()
    # People who are all alike are one person, and another draw is that person again.
    size = 1 if population.is_alike else max(n_subjects, MIN_SUBJECTS)
    others = evolve(population, size=size, seed=population.seed + 1)
    chain = MechanisticChain(watch=watch)
    evaluator = StudyEvaluator(
        chain=chain,
        population=others,
        objectives=objectives,
        limits=limits,
        judging=judging or Judging(),
        neighbours_by=MechanisticChain(),
    )
    tasks = [Task(number=t.number, design=Design.from_dict(t.design)) for t in trials]
    outcomes = evaluator(tasks)
    for outcome in outcomes:
        if outcome.has_failed:
            raise FormulationError(
                f"Candidate {candidate_label(outcome.number)} cannot be confirmed:"
                f" {'; '.join(outcome.reasons)}.",
                hint="This is a fault of the program; please report it with the study file.",
            )
    kind = chain.interval_kind(others)
    return tuple(
        ConfirmationRecord(
            number=o.number,
            n_subjects=others.size,
            values=o.values,
            lo90=o.lo90,
            hi90=o.hi90,
            slacks=o.slacks,
            reasons=o.reasons,
            origin=o.origin,
            kind=kind,
        )
        for o in outcomes
    )


def make_accountant(trials: Sequence[TrialRecord], jurisdiction: str) -> Accountant:
    """Return who tells the account of candidates while they are confirmed.

    Parameters
    ----------
    trials : sequence of TrialRecord
        Candidates, in the order in which they are confirmed, [-].
    jurisdiction : str
        Whose limits on supplements hold, [-].

    Returns
    -------
    Accountant
        To be given to `confirm` as its `watch`; accounts stand under the candidates' labels, [-].
    """
    return Accountant(
        [
            Product(name=candidate_label(t.number), design=Design.from_dict(t.design))
            for t in trials
        ],
        jurisdiction,
    )


def against_plain(accountant: Accountant, labels: Sequence[str], plain: str) -> dict[str, Any]:
    """Return whether a trial would tell candidates from a plain tablet by what is absorbed.

    Parameters
    ----------
    accountant : Accountant
        Who watched all of them, [-].
    labels : sequence of str
        Candidates, [-].
    plain : str
        The plain tablet, [-].

    Returns
    -------
    dict
        Comparisons in the same subjects by label, as plain values; the tablet has none, [-].
    """
    measured = get_measurement("absorbed_increment")
    tablet = accountant.absorbed[plain]
    return {
        label: {
            "label": plain,
            **asdict(compare(accountant.absorbed[label], tablet, measured, names=(label, plain))),
        }
        for label in labels
        if label != plain
    }


def release_curves(trials: Sequence[TrialRecord], chain: SurrogateChain) -> tuple[CurveRecord, ...]:
    """Return the release curves of candidates: the surrogate's with its band, and the law's.

    Parameters
    ----------
    trials : sequence of TrialRecord
        Candidates, [-].
    chain : SurrogateChain
        The fitted surrogates, [-].

    Returns
    -------
    tuple of CurveRecord
        Two for each candidate, in % of label against minutes, [-].
    """
    found = []
    for trial, law in zip(trials, law_curves(trials), strict=True):
        design = Design.from_dict(trial.design)
        mean, low, high = (100 * np.asarray(part) for part in chain.curve(design))
        surrogate = chain.surrogates[design.system]
        learnt = evolve(
            law,
            name=RELEASE,
            y=mean.tolist(),
            lo90=low.tolist(),
            hi90=high.tolist(),
            origin=trial.origin,
            kind=surrogate.calibration.curve_kind,
        )
        found += [learnt, law]
    return tuple(found)


def law_curves(trials: Sequence[TrialRecord]) -> tuple[CurveRecord, ...]:
    """Return the release curves that the laws of candidates give; no surrogate is asked.

    Parameters
    ----------
    trials : sequence of TrialRecord
        Candidates, [-].

    Returns
    -------
    tuple of CurveRecord
        One for each, in % of label against minutes, [-].
    """
    if not trials:
        return ()
    laws = [release_law(Design.from_dict(t.design)) for t in trials]
    return tuple(
        CurveRecord(
            number=trial.number,
            name=RELEASE_MECHANISTIC,
            x_unit="min",
            x=(60 * CURVE_TIMES_H).tolist(),
            y_unit="% of label",
            y=(100 * profile.fraction).tolist(),
            origin=profile.origin.value,
            kind=f"the release law itself in {profile.medium.name}, without interval",
        )
        for trial, profile in zip(trials, bench_curves(laws, CURVE_TIMES_H), strict=True)
    )
