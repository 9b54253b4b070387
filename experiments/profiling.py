"""Slices through the surrogates at one candidate: each factor moved alone, all others held.

What statistics programs call a prediction profiler. A factor moves on the grid on which it is
weighed or set, as far as the design space goes; each design on the way is evaluated as the search
evaluates its trials. Components are held in mg, so the mass of the unit and all shares move along.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.config import StudySpec
from experiments.config.spec import FORBID
from experiments.factors import Factor, factors_of, space_edges
from experiments.objective import EXTRAPOLATION_LIMIT, Outcome, StudyEvaluator, Task
from experiments.readings import judging_of
from experiments.results import compared_keys
from formulation.design import Design
from models.surrogates.chain import SurrogateChain

POINTS = 17
"""Places at which a factor is looked at, at most and beside the candidate's own, [-]."""

DIGITS = 6
"""Significant digits that are kept of a value, [-]."""


def profile(label: str, design: Design, spec: StudySpec, chain: SurrogateChain) -> dict[str, Any]:
    """Return what is predicted as each factor of a candidate is moved alone.

    Parameters
    ----------
    label : str
        The candidate, such as C042, [-].
    design : Design
        Its design, valid in the study's space, [-].
    spec : StudySpec
        The study, [-].
    chain : SurrogateChain
        The surrogates its trials were judged with, [-].

    Returns
    -------
    dict
        ``candidate``, ``kind`` of the intervals, ``keys`` of the endpoints that are told,
        ``objectives`` and ``limits`` among them, and ``factors``: each with ``name``, ``title``,
        ``unit``, ``value`` of the candidate, ``x``, ``values`` (by key ``y``, ``lo90`` and
        ``hi90``, null where a design gave no number), ``missed`` (limits by name at each place) and
        what ends the range, ``low_ends_by`` and ``high_ends_by``, [-].
    """
    evaluator = StudyEvaluator(
        chain=chain,
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
        forbids_extrapolation=spec.extrapolation == FORBID,
        judging=judging_of(spec),
    )
    factors = tuple(factors_of(design))
    edges = [space_edges(spec.space, factor) for factor in factors]
    places = [_places(low.steps, high.steps) for low, high in edges]
    outcomes = iter(_evaluated(evaluator, factors, places))
    keys = compared_keys(spec)
    fence = [EXTRAPOLATION_LIMIT] if spec.extrapolation == FORBID else []
    return {
        "candidate": label,
        "kind": chain.interval_kind,
        "keys": keys,
        "objectives": [o.endpoint for o in spec.objectives],
        "limits": [*(limit.name for limit in spec.limits), *fence],
        "factors": [
            {
                **{key: getattr(factor, key) for key in ("name", "title", "unit", "value")},
                "x": [factor.at(k) for k in steps],
                **_slice([next(outcomes) for _ in steps], keys),
                "low_ends_by": low.by,
                "high_ends_by": high.by,
            }
            for factor, steps, (low, high) in zip(factors, places, edges, strict=True)
        ],
    }


def _places(low: int, high: int) -> list[int]:
    """Return the steps that are looked at, the candidate's own among them."""
    spread = np.linspace(low, high, POINTS).round().astype(int).tolist()
    return sorted({0, *spread})


def _evaluated(
    evaluator: StudyEvaluator, factors: Sequence[Factor], places: Sequence[Sequence[int]]
) -> tuple[Outcome, ...]:
    designs = [
        factor.moved(factor.at(k))
        for factor, steps in zip(factors, places, strict=True)
        for k in steps
    ]
    return evaluator([Task(number=n, design=design) for n, design in enumerate(designs)])


def _slice(outcomes: Sequence[Outcome], keys: Sequence[str]) -> dict[str, Any]:
    return {
        "values": {
            key: {
                "y": [_number(o.values, key) for o in outcomes],
                "lo90": [_number(o.lo90, key) for o in outcomes],
                "hi90": [_number(o.hi90, key) for o in outcomes],
            }
            for key in keys
        },
        "missed": [[name for name, slack in o.slacks.items() if slack < 0] for o in outcomes],
    }


def _number(values: Mapping[str, float], key: str) -> float | None:
    return float(f"{values[key]:.{DIGITS}g}") if key in values else None
