"""What a study found, assembled from the store alone, as one JSON document.

Everything a person or another tool sees of a study is read from this document: the command line,
the report, the tracking. It can be made again at any time from the database.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.asked import bound_part, objective_part, study_part
from experiments.candidates import (
    ACCOUNTS,
    COURSES,
    EVALUATION_FAILED,
    EVALUATION_LOST,
    PROFILER,
    candidate,
)
from experiments.config import StudySpec, study_from_config
from experiments.config.spec import FORBID
from experiments.objective import EXTRAPOLATION_LIMIT
from experiments.plain_tablets import plain_tablets
from experiments.search.course import Course
from experiments.search.front import front_indices, hypervolume, normalised
from experiments.store import (
    ConfirmationRecord,
    CurveRecord,
    Store,
    StudyRecord,
    TrialRecord,
    candidate_label,
)
from formulation.design import Design
from formulation.targets import Objective, Scope, get_endpoint

SCHEMA, VERSION = "formulation/run", 1
HISTORY_STEP = 16
"""Trials between two points of the history, [-]."""


def study_document(store: Store, study: StudyRecord) -> dict[str, Any]:
    """Return everything a study found.

    Parameters
    ----------
    store : Store
        Where it is kept, [-].
    study : StudyRecord
        The study, [-].

    Returns
    -------
    dict
        The document, JSON-able, with ``schema`` and ``version``, [-].
    """
    return document_of(
        study, store.trials(study.id), store.confirmations(study.id), store.curves(study.id)
    )


def document_of(
    study: StudyRecord,
    trials: Sequence[TrialRecord],
    confirmed: Sequence[ConfirmationRecord],
    drawn: Sequence[CurveRecord],
) -> dict[str, Any]:
    """Return everything a study found, of what was read already.

    Parameters
    ----------
    study : StudyRecord
        The study, [-].
    trials : sequence of TrialRecord
        All its trials by number, [-].
    confirmed : sequence of ConfirmationRecord
        Its confirmations, [-].
    drawn : sequence of CurveRecord
        Its curves, [-].

    Returns
    -------
    dict
        As `study_document` returns it, [-].
    """
    spec = study_from_config(study.config)
    finished = [t for t in trials if t.state != "running"]
    feasible = [t for t in finished if t.is_feasible]
    designs = {t.number: Design.from_dict(t.design) for t in trials}
    salts = {number: design.salt_name for number, design in designs.items()}
    front = front_of(spec.objectives, finished)
    confirmations = {c.number: c for c in confirmed}
    models = study.info.get("models", [])
    scores = normalised(spec.objectives, [t.values for t in feasible])
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": study_part(study, spec),
        "trials": len(finished),
        "trials_by": _counts(finished, salts),
        "invalid_asked": sum(bool(spec.space.violations(d)) for d in designs.values()),
        "feasible_fraction": len(feasible) / len(finished) if finished else 0.0,
        "hypervolume": hypervolume(scores),
        "objectives": [objective_part(o) for o in spec.objectives],
        "limits": [
            *(limit.name for limit in spec.limits),
            *([EXTRAPOLATION_LIMIT] if spec.extrapolation == FORBID else []),
        ],
        "bounds": [bound_part(limit) for limit in spec.limits],
        "front": _members(study, spec, front, confirmations, drawn),
        "plain": plain_tablets(spec, _beaten(feasible, front)),
        "courses": study.info.get(COURSES),
        "profiler": study.info.get(PROFILER),
        "confirmation": confirmation_summary(compared_keys(spec), front, confirmations),
        "infeasible_reasons": _reasons(finished),
        "history": _history(spec.objectives, finished),
        "points": [_point(spec, t, salts[t.number]) for t in finished],
        "rows_by_origin": {
            origin: sum(m["rows_by_origin"][origin] for m in models)
            for origin in ("measured", "simulated")
        },
        "models": models,
        "executor": study.info.get("executor", {}),
        "seed": study.seed,
        "store": study.info.get("store", ""),
        "tracking": study.info.get("tracking", {}),
        "report": study.info.get("report", ""),
    }


def front_of(objectives: Sequence[Objective], trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the feasible trials that no other feasible trial beats, best first.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    trials : sequence of TrialRecord
        Finished trials, [-].

    Returns
    -------
    list of TrialRecord
        Sorted by the first objective, [-].
    """
    feasible = [t for t in trials if t.is_feasible]
    scores = normalised(objectives, [t.values for t in feasible])
    chosen = front_indices(scores)
    chosen.sort(key=lambda k: -scores[k, 0])
    return [feasible[k] for k in chosen]


def confirmation_summary(
    keys: Sequence[str],
    front: Sequence[TrialRecord],
    confirmations: Mapping[int, ConfirmationRecord],
) -> dict[str, Any]:
    """Compare surrogate and mechanistic values on the front.

    Parameters
    ----------
    keys : sequence of str
        Endpoints to compare, those of objectives and limits, [-].
    front : sequence of TrialRecord
        Candidates, [-].
    confirmations : mapping of int to ConfirmationRecord
        By trial number, [-].

    Returns
    -------
    dict
        Subjects, candidates that still meet every limit, and for each population or bench
        endpoint the median relative gap and the rank correlation, [-].
    """
    from scipy.stats import spearmanr

    pairs = [(t, confirmations[t.number]) for t in front if t.number in confirmations]
    if not pairs:
        return {"n_candidates": 0, "n_subjects": 0, "n_confirmed": 0, "objectives": {}}
    found: dict[str, Any] = {}
    for key in keys:
        if get_endpoint(key).scope is Scope.RECIPE:
            continue
        fast = np.array([t.values[key] for t, _ in pairs])
        slow = np.array([c.values[key] for _, c in pairs])
        gap = np.abs(fast - slow) / np.maximum(np.abs(slow), 1e-9)
        varies = len(pairs) > 2 and np.ptp(fast) > 0 and np.ptp(slow) > 0
        found[key] = {
            "median_relative_gap": float(np.median(gap)),
            "largest_relative_gap": float(gap.max()),
            "spearman": float(spearmanr(fast, slow).statistic) if varies else None,
        }
    return {
        "n_candidates": len(pairs),
        "n_subjects": pairs[0][1].n_subjects,
        "n_confirmed": sum(all(s >= 0 for s in c.slacks.values()) for _, c in pairs),
        "objectives": found,
    }


def compared_keys(spec: StudySpec) -> list[str]:
    """Return the endpoints that decide a study: of its objectives, then of its limits.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].

    Returns
    -------
    list of str
        Endpoint keys, each once, [-].
    """
    wanted = [objective.endpoint for objective in spec.objectives]
    return list(dict.fromkeys([*wanted, *(limit.endpoint for limit in spec.limits)]))


def _members(
    study: StudyRecord,
    spec: StudySpec,
    front: Sequence[TrialRecord],
    confirmations: Mapping[int, ConfirmationRecord],
    drawn: Sequence[CurveRecord],
) -> list[dict[str, Any]]:
    """Return everything that is shown of the candidates on the front."""
    curves: dict[int, dict[str, CurveRecord]] = {}
    for curve in drawn:
        curves.setdefault(curve.number, {})[curve.name] = curve
    accounts = study.info.get(ACCOUNTS, {})
    return [
        candidate(
            spec,
            t,
            confirmations.get(t.number),
            curves.get(t.number, {}),
            accounts.get(candidate_label(t.number)),
            place,
        )
        for place, t in enumerate(front)
    ]


def _beaten(feasible: Sequence[TrialRecord], front: Sequence[TrialRecord]) -> list[TrialRecord]:
    numbers = {t.number for t in front}
    return [t for t in feasible if t.number not in numbers]


def _counts(trials: Sequence[TrialRecord], salts: Mapping[int, str]) -> dict[str, dict[str, int]]:
    return {
        "system": dict(Counter(t.design["system"] for t in trials)),
        "salt": dict(Counter(salts[t.number] for t in trials)),
        "state": dict(Counter(t.state for t in trials)),
        "rung": dict(Counter(t.rung for t in trials)),
    }


def _reasons(trials: Sequence[TrialRecord]) -> list[dict[str, Any]]:
    """Return limits by how often they are missed, each with one example in words."""
    missed: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for trial in trials:
        for k, name in enumerate(n for n, slack in trial.slacks.items() if slack < 0):
            missed[name] += 1
            example = f"{candidate_label(trial.number)}: {trial.reasons[k]}"
            examples.setdefault(name, example)
        if trial.state == "failed":
            name = EVALUATION_LOST if trial.was_lost else EVALUATION_FAILED
            missed[name] += 1
            example = f"{candidate_label(trial.number)}: {'; '.join(trial.reasons)}"
            examples.setdefault(name, example)
    return [
        {"limit": name, "count": count, "example": examples[name]}
        for name, count in missed.most_common()
    ]


def _history(
    objectives: Sequence[Objective], trials: Sequence[TrialRecord]
) -> list[dict[str, float]]:
    """Return how the search went, every `HISTORY_STEP` trials and at the end."""
    found: list[dict[str, float]] = []
    so_far = Course(objectives=objectives)
    for n, trial in enumerate(trials, start=1):
        so_far.follow(trial.values if trial.is_feasible else None)
        if n % HISTORY_STEP == 0 or n == len(trials):
            found.append(
                {
                    "trial": n,
                    "hypervolume": so_far.hypervolume,
                    "feasible_fraction": so_far.feasible_fraction,
                }
            )
    return found


def _missed(trial: TrialRecord) -> list[str]:
    """Return why a design is not feasible; what else is remarked of it stands behind the misses."""
    n = None if trial.state == "failed" else sum(slack < 0 for slack in trial.slacks.values())
    return list(trial.reasons[:n])


def _point(spec: StudySpec, trial: TrialRecord, salt: str) -> dict[str, Any]:
    return {
        "number": trial.number,
        "system": trial.design["system"],
        "salt": salt,
        "is_feasible": trial.is_feasible,
        "reasons": _missed(trial),
        "rung": trial.rung,
        "objectives": {o.endpoint: trial.values.get(o.endpoint) for o in spec.objectives},
    }
