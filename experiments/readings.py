"""How a study reads what a chain gives: as predicted, pessimistic, worst case, or out of its aims.

A pessimistic value is the end of the 90 % interval that is worse for what is asked of it. A worst
case is the worst over the plan and its executed neighbours, all evaluated by the same chain in one
call; so it costs as many evaluations more as there are neighbours. The chance that every limit
holds comes from the same intervals, each limit taken as independent of the others: where errors go
together, as they mostly do, the true chance is higher. People are in it only as far as a limit is
on a percentile of them.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isnan, nan, prod
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from experiments.prediction import Prediction
from formulation.design import Design
from formulation.endpoint_keys import PESSIMISTIC, WORST_CASE, parse_key
from formulation.endpoints import LIMITS_MET, MEAN, PREDICTED_F2, Scope
from formulation.errors import InputError
from formulation.executed import Tolerances, neighbours
from formulation.patients import Population
from formulation.similarity import ReferenceRelease, f2_lower_bound
from formulation.targets import Objective, OutcomeLimit
from models.chain import Chain, EndpointTable

if TYPE_CHECKING:
    from experiments.config import StudySpec

Aim = Objective | OutcomeLimit

_parsed = lru_cache(maxsize=512)(parse_key)
"""The same as `parse_key`; asked for every aim of every design."""


@frozen(kw_only=True)
class Judging:
    """What besides its aims decides how a study reads values."""

    tolerances: Tolerances | None = None
    """How far from the plan a design may be executed; None where no worst case is asked for."""

    reference: ReferenceRelease | None = None
    """The release profile that products should resemble; None without one."""

    seed: int = 0
    """Seed of the study: under which accidents its designs are compared."""


def judging_of(spec: "StudySpec") -> Judging:
    """Return how a study judges.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].

    Returns
    -------
    Judging
        Its tolerances, reference profile and seed, [-].
    """
    return Judging(tolerances=spec.tolerances, reference=spec.reference, seed=spec.budget.seed)


def judging_words(aims: Sequence[Aim], judging: Judging) -> list[str]:
    """Say how a study reads values, where it reads any otherwise than as predicted.

    Parameters
    ----------
    aims : sequence of Objective or OutcomeLimit
        What is wanted, [-].
    judging : Judging
        Tolerances, reference profile and seed, [-].

    Returns
    -------
    list of str
        Sentences; none for a study that reads values as predicted, [-].
    """
    keys = [parse_key(aim.endpoint) for aim in aims]
    readings, names = {key.reading for key in keys}, {key.endpoint.name for key in keys}
    found = []
    if PESSIMISTIC in readings:
        found.append(
            "Pessimistic: the end of the 90 % interval that is worse for what is asked of it."
        )
    if WORST_CASE in readings and judging.tolerances is not None:
        found.append(_worst_case_words(judging.tolerances))
    if LIMITS_MET in names:
        found.append(
            "The chance that every limit holds counts 90 % intervals as those of normals and limits"
            " as independent; people are in it only as far as a limit is on a percentile of them."
            " When a candidate is confirmed, the intervals know no model error."
        )
    if PREDICTED_F2 in names and judging.reference is not None:
        found.append(
            f"f2 is to the study's reference profile of {len(judging.reference.times_h)} times,"
            " with the further end of the predicted interval at each; the product is in its own"
            " bench medium, whatever the reference was measured in. It is no measured f2."
        )
    if any(key.statistic == MEAN for key in keys):
        found.append(
            "Means over people: while searching from three percentiles (extended Pearson-Tukey),"
            " when confirmed over the subjects themselves."
        )
    return found


def _worst_case_words(tolerances: Tolerances) -> str:
    parts = {
        "every mass weighed": tolerances.weighing_pct,
        "every process setting": tolerances.process_pct,
        "the magnesium content of every lot": tolerances.batch_pct,
    }
    off = ", ".join(f"{what} ± {pct:g} %" for what, pct in parts.items() if pct)
    n = tolerances.draws
    which = (
        "the worst of"
        if tolerances.share_pct == 100
        else f"what {tolerances.share_pct:g} % reach of"
    )
    return (
        f"Worst case as executed: {which} the plan and {n} ways of executing it, uniform within"
        f" {off} (tolerances the study assumes), the same accidents for every design. Each"
        f" evaluation is {n + 1} evaluations."
    )


def chain_keys(aims: Sequence[Aim]) -> tuple[str, ...]:
    """Return the endpoints that a chain has to give for some aims.

    Parameters
    ----------
    aims : sequence of Objective or OutcomeLimit
        What is wanted, [-].

    Returns
    -------
    tuple of str
        Keys as predicted, each once, [-].
    """
    keys = (parse_key(aim.endpoint) for aim in aims)
    return tuple(dict.fromkeys(k.base for k in keys if k.endpoint.scope is not Scope.STUDY))


def read_aims(
    aims: Sequence[Aim],
    designs: Sequence[Design],
    table: EndpointTable,
    judging: Judging,
    chain: Chain,
    population: Population,
) -> list[tuple[Prediction, ...]]:
    """Return what each aim is judged by.

    Parameters
    ----------
    aims : sequence of Objective or OutcomeLimit
        What is wanted, [-].
    designs : sequence of Design
        What was evaluated, [-].
    table : EndpointTable
        What came out, with every key of `chain_keys`, [-].
    judging : Judging
        Tolerances, reference profile and seed, [-].
    chain : Chain
        What evaluates neighbours and curves, where they are needed, [-].
    population : Population
        Who takes the products, [-].

    Returns
    -------
    list of tuple of Prediction
        For each design one a limit or objective, in the order of the aims, [-].
    """
    executed = _executed(aims, designs, judging, chain, population)
    similar = _similarity(aims, designs, judging, chain)
    columns = _Columns(table, chain_keys(aims))
    beside = None if executed is None else _Columns(executed, executed.keys)
    found = []
    for k in range(len(designs)):
        plan = _Rows(columns, [k])
        others = None if beside is None else _Rows(beside, _neighbours_of(k, judging))
        read = [_read(aim, plan, others, judging) for aim in aims]
        found.append(_with_study(aims, read, plan, similar[k]))
    return found


def worse_end(aim: Aim, low: float, high: float) -> float:
    """Return the end of an interval that is worse for an aim.

    Parameters
    ----------
    aim : Objective or OutcomeLimit
        What is wanted, [-].
    low, high : float
        Ends, in the endpoint's unit, [-].

    Returns
    -------
    float
        One of them, [-].
    """
    return min(low, high, key=lambda end: _goodness(aim, end))


class _Columns:
    """Columns of a table as lists: values and both ends of the intervals by key."""

    def __init__(self, table: EndpointTable, keys: Sequence[str]) -> None:
        at = {key: j for j, key in enumerate(table.keys)}
        parts = (table.value, table.lo90, table.hi90)
        self.ends = {key: [part[:, at[key]].tolist() for part in parts] for key in keys}


class _Rows:
    """Rows of a table that belong to one design."""

    def __init__(self, columns: _Columns, rows: Sequence[int]) -> None:
        self._columns, self._rows = columns, rows

    def of(self, key: str) -> list[Prediction]:
        values, low, high = self._columns.ends[key]
        return [Prediction(value=values[k], low=low[k], high=high[k]) for k in self._rows]


def _goodness(aim: Aim, value: float) -> float:
    return aim.normalise(value) if isinstance(aim, Objective) else aim.slack(value)


def _read(aim: Aim, plan: _Rows, others: _Rows | None, judging: Judging) -> Prediction | None:
    """Return what an aim is judged by; None where the study's other aims decide."""
    key = _parsed(aim.endpoint)
    if key.endpoint.scope is Scope.STUDY:
        return None
    (found,) = plan.of(key.base)
    if key.reading == PESSIMISTIC:
        worse = worse_end(aim, found.low, found.high)
        return Prediction(value=worse, low=found.low, high=found.high)
    if key.reading == WORST_CASE:
        assert others is not None
        assert judging.tolerances is not None
        every = [found, *others.of(key.base)]
        if any(isnan(p.value) for p in every):
            return Prediction(value=nan, low=nan, high=nan)
        ranked = sorted(every, key=lambda p: _goodness(aim, p.value), reverse=True)
        return ranked[judging.tolerances.rank]
    return found


def _with_study(
    aims: Sequence[Aim], read: Sequence[Prediction | None], plan: _Rows, similar: float
) -> tuple[Prediction, ...]:
    """Return predictions with those filled in that follow from the others."""
    known = [
        Prediction(value=similar, low=similar, high=similar)
        if aim.endpoint == PREDICTED_F2
        else found
        for aim, found in zip(aims, read, strict=True)
    ]
    chances = []
    for aim, found in zip(aims, known, strict=True):
        if isinstance(aim, OutcomeLimit) and found is not None:
            key = _parsed(aim.endpoint)
            # The chance has the interval in it already.
            judged = plan.of(key.base)[0] if key.reading == PESSIMISTIC else found
            chances.append(1.0 - judged.chance_of_failing(aim.low, aim.high))
    met = 100.0 * prod(chances)
    every = Prediction(value=met, low=met, high=met)
    return tuple(every if found is None else found for found in known)


def _executed(
    aims: Sequence[Aim],
    designs: Sequence[Design],
    judging: Judging,
    chain: Chain,
    population: Population,
) -> EndpointTable | None:
    """Return what the neighbours of all designs give, one design after the other."""
    keys = chain_keys([a for a in aims if _parsed(a.endpoint).reading == WORST_CASE])
    if not keys:
        return None
    if judging.tolerances is None:
        raise InputError(
            "A worst case is asked for, but not how far from the plan a design may be executed.",
            hint="Give the study 'robustness', such as {weighing: 1 %, process: 3 %}.",
        )
    drawn = [d for design in designs for d in neighbours(design, judging.tolerances, judging.seed)]
    return chain.evaluate(drawn, population, keys)


def _neighbours_of(k: int, judging: Judging) -> list[int]:
    """Return the rows of a design's neighbours."""
    draws = judging.tolerances.draws if judging.tolerances is not None else 0
    return list(range(k * draws, (k + 1) * draws))


def _similarity(
    aims: Sequence[Aim], designs: Sequence[Design], judging: Judging, chain: Chain
) -> list[float]:
    if not any(aim.endpoint == PREDICTED_F2 for aim in aims):
        return [nan] * len(designs)
    if judging.reference is None:
        raise InputError(
            f"{PREDICTED_F2} is asked for, but not which profile it is f2 to.",
            hint="Give the study 'reference_release', a list of {time: 1 h, released: 25 %}.",
        )
    times = np.array(judging.reference.times_h)
    wanted = np.array(judging.reference.released_pct)
    _, low, high = chain.release(designs, times)
    return [f2_lower_bound(wanted, 100 * a, 100 * b) for a, b in zip(low, high, strict=True)]
