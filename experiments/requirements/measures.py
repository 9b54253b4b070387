"""The numbers of a study's document that may be required, each with how it is read.

The registry is explicit: those of any study in `MEASURES`, and two for each objective of a study.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from formulation.endpoint_keys import get_endpoint
from formulation.possible import FROM_ZERO, Possible
from formulation.targets import Goal, Objective

BEST, CONFIRMED = "best", "confirmed"
"""First part of the names that stand for an objective of the study."""

PART = Possible(least=0.0, most=1.0)
"""A share that is told as a part of 1, [-]."""


@frozen(kw_only=True)
class Measure:
    """A number of a study's document that may be required."""

    name: str
    """How it is written."""

    title: str
    """What it is, in words."""

    read: Callable[[Mapping[str, Any]], float | None]
    """Returns it from the document of a study, or None where there is none."""

    unit: str = "1"
    """Its unit."""

    is_count: bool = False
    """Whether it is a whole number."""

    possible: Possible = FROM_ZERO
    """Which values it can have, in its unit."""

    absent: str = "the study tells none"
    """Why there may be none."""


def measures(objectives: Sequence[Objective]) -> tuple[Measure, ...]:
    """Return every number that may be required of a study.

    Parameters
    ----------
    objectives : sequence of Objective
        What the study wants, [-].

    Returns
    -------
    tuple of Measure
        Those of any study, then two for each objective, [-].
    """
    own = [
        measure
        for objective in objectives
        for measure in (_best(objective), _best_confirmed(objective))
    ]
    return (*MEASURES, *own)


def _best(objective: Objective) -> Measure:
    key = objective.endpoint

    def read(document: Mapping[str, Any]) -> float | None:
        return _extreme(objective, (c["objectives"][key] for c in document["front"]))

    endpoint = get_endpoint(key)
    return Measure(
        name=f"{BEST}.{key}",
        title=f"best of the front as predicted: {endpoint.title}",
        unit=endpoint.unit,
        possible=endpoint.possible,
        read=read,
        absent="nothing is feasible",
    )


def _best_confirmed(objective: Objective) -> Measure:
    key = objective.endpoint

    def read(document: Mapping[str, Any]) -> float | None:
        told = [c["confirmation"] for c in document["front"] if c["confirmation"]]
        return _extreme(objective, (c["values"][key] for c in told if c["is_confirmed"]))

    endpoint = get_endpoint(key)
    return Measure(
        name=f"{CONFIRMED}.{key}",
        title=f"best of the confirmed candidates, every subject integrated: {endpoint.title}",
        unit=endpoint.unit,
        possible=endpoint.possible,
        read=read,
        absent="no candidate is confirmed",
    )


def _extreme(objective: Objective, values: Iterable[float]) -> float | None:
    best = max if objective.goal is Goal.MAXIMISE else min
    return best(values, default=None)


def _confirmed_fraction(document: Mapping[str, Any]) -> float | None:
    told = document["confirmation"]
    return told["n_confirmed"] / told["n_candidates"] if told["n_candidates"] else None


def _agreement(
    document: Mapping[str, Any], name: str, worst: Callable[[list[float]], float]
) -> float | None:
    """Return the worst of a figure of the confirmation, over endpoints that have it."""
    rows = document["confirmation"]["objectives"].values()
    found = [float(row[name]) for row in rows if row[name] is not None]
    return worst(found) if found else None


def _coverage(document: Mapping[str, Any]) -> float | None:
    """Return the least coverage of all surrogates, over the curve and what the study decides by."""
    decisive = {"curve", *document["confirmation"]["objectives"]}
    decisive |= {objective["key"] for objective in document["objectives"]}
    return min(
        (
            metrics["coverage90"]
            for model in document["models"]
            for output, metrics in model["metrics"].items()
            if output in decisive
        ),
        default=None,
    )


def _desirability(document: Mapping[str, Any]) -> float | None:
    return max((c["desirability"]["predicted"] for c in document["front"]), default=None)


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="hypervolume",
        title="hypervolume between worst acceptable and ideal values",
        possible=PART,
        read=lambda document: document["hypervolume"],
    ),
    Measure(
        name="feasible_fraction",
        title="designs that meet every limit, of those evaluated",
        possible=PART,
        read=lambda document: document["feasible_fraction"],
    ),
    Measure(
        name="desirability",
        title="desirability of the most desirable candidate, as predicted",
        possible=PART,
        read=_desirability,
        absent="nothing is feasible",
    ),
    Measure(
        name="trials",
        title="finished trials",
        read=lambda document: document["trials"],
        is_count=True,
    ),
    Measure(
        name="failed_trials",
        title="trials whose evaluation failed",
        read=lambda document: document["trials_by"]["state"].get("failed", 0),
        is_count=True,
    ),
    Measure(
        name="invalid_asked",
        title="designs asked for that break an input rule",
        read=lambda document: document["invalid_asked"],
        is_count=True,
    ),
    Measure(
        name="n_front",
        title="candidates on the front",
        read=lambda document: len(document["front"]),
        is_count=True,
    ),
    Measure(
        name="n_confirmed",
        title="candidates that meet every limit when every subject is integrated",
        read=lambda document: document["confirmation"]["n_confirmed"],
        is_count=True,
    ),
    Measure(
        name="confirmed_fraction",
        title="candidates that meet every limit when every subject is integrated, of those tried",
        possible=PART,
        read=_confirmed_fraction,
        absent="no candidate was integrated",
    ),
    Measure(
        name="rank_correlation",
        title="least rank correlation of surrogate and simulator, over what decides the study",
        possible=Possible(least=-1.0, most=1.0),
        read=lambda document: _agreement(document, "spearman", min),
        absent="too few candidates were integrated, or their values do not vary",
    ),
    Measure(
        name="relative_gap",
        title="largest median gap of surrogate and simulator, over what decides the study",
        read=lambda document: _agreement(document, "median_relative_gap", max),
        absent="no candidate was integrated",
    ),
    Measure(
        name="coverage90",
        title="what the 90 % intervals of the surrogates held on designs left out, at least",
        possible=PART,
        read=_coverage,
        absent="the study names no surrogate",
    ),
    Measure(
        name="measured_rows",
        title="measured rows that the surrogates learnt from",
        read=lambda document: document["rows_by_origin"].get("measured", 0),
        is_count=True,
    ),
    Measure(
        name="requeued_chunks",
        title="chunks that another worker had to do again",
        read=lambda document: document["executor"].get("requeued", 0),
        is_count=True,
    ),
)
"""Numbers that may be required of any study."""
