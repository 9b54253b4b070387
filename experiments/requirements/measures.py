"""The numbers of a study's document that may be required, each with how it is read.

The registry is explicit: those of any study in `MEASURES`, and two for each objective of a study.
A number that is taken over several is known only where each of them is: a worst of what is left
would hide the one that is missing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from attrs import frozen

from experiments.reports.model_tables import DERIVED_FROM
from formulation.endpoint_keys import get_endpoint, parse_key
from formulation.endpoints import MEAN, PREDICTED_F2, STATISTICS, Scope
from formulation.possible import FROM_ZERO, Possible
from formulation.targets import Goal, Objective

BEST, CONFIRMED = "best", "confirmed"
"""First part of the names that stand for an objective of the study."""

PART = Possible(least=0.0, most=1.0)
"""A share that is told as a part of 1, [-]."""

NOTHING_FEASIBLE = "nothing is feasible, or a candidate has no finite value"
"""Why there is no best of a front."""

NOTHING_CONFIRMED = "no candidate is confirmed, or one has no finite value"
"""Why there is no best of what was confirmed."""

NO_SURROGATE = "the study names no surrogate"
"""Why nothing is known of surrogates."""

_SOURCES: Mapping[str, str] = {
    "fraction_absorbed": DERIVED_FROM["fraction_absorbed"],
    "cost_per_absorbed_mg": "absorbed_increment",
}
"""Endpoints of people that are arithmetic on one that is learnt."""


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
        absent=NOTHING_FEASIBLE,
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
        absent=NOTHING_CONFIRMED,
    )


def _extreme(objective: Objective, values: Iterable[float | None]) -> float | None:
    return _over(values, max if objective.goal is Goal.MAXIMISE else min)


def _over(values: Iterable[float | None], pick: Callable[[list[float]], float]) -> float | None:
    """Return one of all values; None without any, or where one is missing or not finite."""
    found = list(values)
    known = [float(value) for value in found if value is not None and isfinite(value)]
    return pick(known) if known and len(known) == len(found) else None


def _confirmed_fraction(document: Mapping[str, Any]) -> float | None:
    told = document["confirmation"]
    return told["n_confirmed"] / told["n_candidates"] if told["n_candidates"] else None


def _agreement(
    document: Mapping[str, Any], name: str, worst: Callable[[list[float]], float]
) -> float | None:
    """Return the worst of a figure of the confirmation over every endpoint that decides."""
    rows = document["confirmation"]["objectives"].values()
    return _over((row[name] for row in rows), worst)


def _coverage(document: Mapping[str, Any]) -> float | None:
    """Return the least coverage of all surrogates, over the curve and what the study decides by."""
    keys = {*document["confirmation"]["objectives"]}
    keys |= {told["key"] for told in (*document["objectives"], *document.get("bounds", ()))}
    outputs = {"curve", *(output for key in keys for output in learnt_behind(key))}
    return _over(
        (
            model["metrics"].get(output, {}).get("coverage90")
            for model in document["models"]
            for output in sorted(outputs)
        ),
        min,
    )


def learnt_behind(key: str) -> tuple[str, ...]:
    """Return the outputs of a surrogate that an endpoint rests on.

    Parameters
    ----------
    key : str
        Key of an endpoint that decides a study, in any reading, [-].

    Returns
    -------
    tuple of str
        Names among the metrics of a model's card; none where the recipe alone, or other limits of
        the study, decide, [-].

    Examples
    --------
    >>> learnt_behind("serum.p95.pessimistic"), learnt_behind("cost_per_absorbed_mg.p50")
    (('serum.p95',), ('absorbed_increment.p50',))
    >>> learnt_behind("released_1h"), learnt_behind("unit_mass")
    (('curve',), ())
    """
    parsed = parse_key(key)
    name, scope = parsed.endpoint.name, parsed.endpoint.scope
    if scope is Scope.BENCH or name == PREDICTED_F2:
        return ("curve",)
    if scope is not Scope.POPULATION:
        return ()
    statistics = STATISTICS if parsed.statistic == MEAN else (parsed.statistic,)
    return tuple(f"{_SOURCES.get(name, name)}.{statistic}" for statistic in statistics)


def _desirability(document: Mapping[str, Any]) -> float | None:
    return _over((c["desirability"]["predicted"] for c in document["front"]), max)


def _measured_rows(document: Mapping[str, Any]) -> float | None:
    return document["rows_by_origin"].get("measured") if document["models"] else None


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
        absent=NOTHING_FEASIBLE,
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
        absent="too few candidates were integrated, or one of what decides does not vary",
    ),
    Measure(
        name="relative_gap",
        title="largest median gap of surrogate and simulator, over what decides the study",
        read=lambda document: _agreement(document, "median_relative_gap", max),
        absent="no candidate was integrated, or a gap is not finite",
    ),
    Measure(
        name="coverage90",
        title="what the 90 % intervals of the surrogates held on designs left out, at least",
        possible=PART,
        read=_coverage,
        absent=f"{NO_SURROGATE}, or a card lacks it for something that decides",
    ),
    Measure(
        name="measured_rows",
        title="measured rows that the surrogates learnt from",
        read=_measured_rows,
        is_count=True,
        absent=NO_SURROGATE,
    ),
    Measure(
        name="requeued_chunks",
        title="chunks that another worker had to do again",
        read=lambda document: document["executor"].get("requeued"),
        is_count=True,
        absent="the study records no executor",
    ),
)
"""Numbers that may be required of any study."""
