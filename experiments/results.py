"""What a study found, assembled from the store alone, as one JSON document.

Everything a person or another tool sees of a study is read from this document: the command line,
the report, the tracking. It can be made again at any time from the database.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.candidates import (
    ACCOUNTS,
    COURSES,
    EVALUATION_FAILED,
    EVALUATION_LOST,
    PROFILER,
    candidate,
    plain_tablets,
)
from experiments.config import StudySpec, study_from_config
from experiments.config.decided import decided
from experiments.config.spec import FORBID
from experiments.objective import EXTRAPOLATION_LIMIT
from experiments.readings import judging_of, judging_words
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
from formulation.targets import Objective, OutcomeLimit, Scope, get_endpoint

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
    spec = study_from_config(study.config)
    trials = store.trials(study.id)
    finished = [t for t in trials if t.state != "running"]
    feasible = [t for t in finished if t.is_feasible]
    front = front_of(spec.objectives, finished)
    confirmations = {c.number: c for c in store.confirmations(study.id)}
    curves: dict[int, dict[str, CurveRecord]] = {}
    for curve in store.curves(study.id):
        curves.setdefault(curve.number, {})[curve.name] = curve
    accounts = study.info.get(ACCOUNTS, {})
    scores = normalised(spec.objectives, [t.values for t in feasible])
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": _study(study, spec),
        "trials": len(finished),
        "trials_by": _counts(finished),
        "invalid_asked": sum(bool(spec.space.violations(_design(t))) for t in trials),
        "feasible_fraction": len(feasible) / len(finished) if finished else 0.0,
        "hypervolume": hypervolume(scores),
        "objectives": [_objective(o) for o in spec.objectives],
        "limits": [
            *(limit.name for limit in spec.limits),
            *([EXTRAPOLATION_LIMIT] if spec.extrapolation == FORBID else []),
        ],
        "bounds": [_bound(limit) for limit in spec.limits],
        "front": [
            candidate(
                spec,
                t,
                confirmations.get(t.number),
                curves.get(t.number, {}),
                accounts.get(candidate_label(t.number)),
                place,
            )
            for place, t in enumerate(front)
        ],
        "plain": plain_tablets(spec, _beaten(feasible, front)),
        "courses": study.info.get(COURSES),
        "profiler": study.info.get(PROFILER),
        "confirmation": confirmation_summary(compared_keys(spec), front, confirmations),
        "infeasible_reasons": _reasons(finished),
        "history": _history(spec.objectives, finished),
        "points": [_point(spec, t) for t in finished],
        "rows_by_origin": dict(
            Counter(
                {
                    origin: sum(m["rows_by_origin"][origin] for m in study.info.get("models", []))
                    for origin in ("measured", "simulated")
                }
            )
        ),
        "models": study.info.get("models", []),
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


def _beaten(feasible: Sequence[TrialRecord], front: Sequence[TrialRecord]) -> list[TrialRecord]:
    numbers = {t.number for t in front}
    return [t for t in feasible if t.number not in numbers]


def _left_out(spec: StudySpec) -> list[str]:
    """Say which salts of the study fit no regimen in a system."""
    return [
        f"{space.name.replace('_', ' ')} with {source.name.replace('+', ' and ')} is left out:"
        " no regimen of the study fits it."
        for space in spec.space.spaces
        for source in space.sources
        if source.name not in space.options
    ]


def _against_law(study: StudyRecord) -> list[str]:
    """Say how far a laboratory's curves lie from the release law, where there are any."""
    return [text for m in study.info.get("models", []) if (text := m.get("against_law"))]


def _design(trial: TrialRecord) -> Design:
    return Design.from_dict(trial.design)


def _study(study: StudyRecord, spec: StudySpec) -> dict[str, Any]:
    return {
        "id": study.id,
        "label": study.label,
        "name": study.name,
        "question": spec.question,
        "state": study.state,
        "budget": study.budget,
        "config_sha256": study.config_sha256,
        "config": study.config,
        "created_utc": study.created_utc,
        "jurisdiction": spec.jurisdiction,
        "systems": list(spec.space.systems),
        "population": {
            "name": spec.population.name,
            "size": spec.population.size,
            "seed": spec.population.seed,
            "is_one_person": spec.population.is_alike,
            "medication": list(spec.population.medication),
            "idle_fields": list(spec.population.idle_fields),
        },
        "extrapolation": spec.extrapolation,
        "reference_release": _reference(spec),
        "judging": judging_words((*spec.objectives, *spec.limits), judging_of(spec)),
        **decided(spec),
        "stopped": study.info.get("stopped"),
        "depends_on_speed": spec.budget.depends_on_speed,
        "mode": spec.budget.mode,
        "strategy": study.info.get("strategy", spec.budget.strategy),
        "warnings": [*spec.lot_warnings, *_left_out(spec), *_against_law(study)],
        "code_sha256": study.info.get("code_sha256", ""),
        "versions": study.info.get("versions", {}),
    }


def _objective(objective: Objective) -> dict[str, Any]:
    endpoint = get_endpoint(objective.endpoint)
    return {
        "key": objective.endpoint,
        "title": endpoint.title,
        "unit": endpoint.unit,
        "goal": objective.goal.value,
        "worst": objective.worst,
        "ideal": objective.ideal,
        "weight": objective.weight,
        "importance": objective.importance,
    }


def _bound(limit: OutcomeLimit) -> dict[str, Any]:
    ends = {"low": limit.low, "high": limit.high}
    return {"name": limit.name, "key": limit.endpoint, **ends}


def _reference(spec: StudySpec) -> dict[str, list[float]] | None:
    """Return the release profile that products should resemble; None without one."""
    if spec.reference is None:
        return None
    return {
        "times_h": list(spec.reference.times_h),
        "released_pct": list(spec.reference.released_pct),
    }


def _counts(trials: Sequence[TrialRecord]) -> dict[str, dict[str, int]]:
    return {
        "system": dict(Counter(t.design["system"] for t in trials)),
        "salt": dict(Counter(_design(t).salt_name for t in trials)),
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


def _point(spec: StudySpec, trial: TrialRecord) -> dict[str, Any]:
    return {
        "number": trial.number,
        "system": trial.design["system"],
        "salt": _design(trial).salt_name,
        "is_feasible": trial.is_feasible,
        "reasons": _missed(trial),
        "rung": trial.rung,
        "objectives": {o.endpoint: trial.values.get(o.endpoint) for o in spec.objectives},
    }
