"""What was asked of a study, as the first part of its document."""

from typing import Any

from experiments.config import StudySpec
from experiments.config.decided import decided
from experiments.readings import judging_of, judging_words
from experiments.store import StudyRecord
from formulation.targets import Objective, OutcomeLimit, get_endpoint


def study_part(study: StudyRecord, spec: StudySpec) -> dict[str, Any]:
    """Return what stands of a study itself in its document.

    Parameters
    ----------
    study : StudyRecord
        The study, [-].
    spec : StudySpec
        What it asks, [-].

    Returns
    -------
    dict
        Question, people, settings and how it ended, [-].
    """
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


def objective_part(objective: Objective) -> dict[str, Any]:
    """Return an objective as a document tells it.

    Parameters
    ----------
    objective : Objective
        The objective, [-].

    Returns
    -------
    dict
        Endpoint, title, unit and what is wanted of it, [-].
    """
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


def bound_part(limit: OutcomeLimit) -> dict[str, Any]:
    """Return a limit as a document tells it.

    Parameters
    ----------
    limit : OutcomeLimit
        The limit, [-].

    Returns
    -------
    dict
        Name, endpoint and both ends, None where there is none, [-].
    """
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
