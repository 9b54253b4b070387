"""Acceptable ranges around a chosen design: how far each factor may go alone.

One factor is moved at a time on the grid on which it is weighed or set, the others held, as the
term "proven acceptable range" is defined [1]_. First to the edge of the design space, then to where
a limit of the study is missed, as predicted and at the pessimistic end of the 90 % interval. What
holds for several factors at once is not looked at. The ranges are predicted, not proven: a
laboratory proves them.

References
----------
.. [1] ICHQ8
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from experiments.config import StudySpec, study_from_config
from experiments.config.spec import FORBID
from experiments.fitting import fit_or_load, refuse_other_models
from experiments.objective import EXTRAPOLATION_LIMIT, Outcome, StudyEvaluator, Task
from experiments.ranges.factors import Factor, factors_of
from experiments.readings import judging_of, judging_words, worse_end
from experiments.reports.wording import limit_text
from experiments.searching import evaluator_of
from experiments.store import Store, TrialRecord, candidate_label
from experiments.workspace import Workspace
from formulation.design import Design
from formulation.errors import InputError
from formulation.space import DesignSpace

COARSE = 16
"""Steps that are looked at on each side of the candidate at once, [-]."""

MOST_STEPS = 1_000_000
"""Steps beyond which no edge is looked for, [-]."""

PREDICTED, SURELY = "predicted", "pessimistic"


@frozen(kw_only=True)
class Edge:
    """Where one side of a range ends."""

    steps: int
    """How far from the candidate, never away from its side, [-]."""

    by: str
    """What ends it, in words."""


def candidate_ranges(
    ref: str, candidate: str, workspace: Workspace, say: Callable[[str], None]
) -> dict[str, Any]:
    """Return how far each factor of a candidate may go alone.

    Parameters
    ----------
    ref : str
        Study: label such as ``S001``, name or uuid, [-].
    candidate : str
        Its candidate, such as ``C042``, [-].
    workspace : Workspace
        Where the study is kept, [-].
    say : callable
        Told what is being done, in words, [-].

    Returns
    -------
    dict
        ``study``, ``candidate``, ``factors`` with their ranges and what ends them, ``words``, [-].

    Raises
    ------
    InputError
        There is no such candidate, it gave no number, or it misses a limit itself.
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        spec = study_from_config(study.config)
        trial = _trial(store.trials(study.id), candidate, study.label)
        models = fit_or_load(spec.space, spec.population, store, workspace.models_folder, say)
        refuse_other_models(study, models)
    evaluator = evaluator_of(spec, models.chain)
    return {
        "study": {"label": study.label, "name": study.name, "id": study.id},
        "candidate": candidate_label(trial.number),
        "interval_kind": models.chain.interval_kind,
        **ranges_of(Design.from_dict(trial.design), spec, evaluator),
    }


def ranges_of(design: Design, spec: StudySpec, evaluator: StudyEvaluator) -> dict[str, Any]:
    """Return how far each factor of a design may go alone.

    Parameters
    ----------
    design : Design
        A valid design that keeps to every limit, [-].
    spec : StudySpec
        The study, [-].
    evaluator : StudyEvaluator
        What evaluates its designs, [-].

    Returns
    -------
    dict
        ``factors``, ``n_evaluated`` and ``words``, [-].

    Raises
    ------
    InputError
        The design gives no number, or misses a limit.
    """
    judge = _Judge(evaluator)
    if missed := judge.missed([design])[0][PREDICTED]:
        raise InputError(
            f"The candidate itself misses {missed}; there is no range around it.",
            hint="Choose a candidate of the front: formulation front STUDY.",
        )
    factors = tuple(factors_of(design))
    spaces = [_space_edges(spec.space, factor) for factor in factors]
    found = {kind: _edges(judge, factors, spaces, kind) for kind in (PREDICTED, SURELY)}
    return {
        "factors": [
            {
                **{key: getattr(factor, key) for key in ("name", "title", "unit", "step", "value")},
                "space": _range(factor, spaces[k]),
                **{kind: _range(factor, edges[k]) for kind, edges in found.items()},
            }
            for k, factor in enumerate(factors)
        ],
        "pessimistic_misses": judge.missed([design])[0][SURELY],
        "n_evaluated": judge.n_evaluated,
        "words": _words(spec),
    }


class _Judge:
    """Says which limit a design misses, as predicted and at the pessimistic end."""

    def __init__(self, evaluator: StudyEvaluator) -> None:
        self._evaluator = evaluator
        self._known: dict[str, dict[str, str]] = {}

    @property
    def n_evaluated(self) -> int:
        return len(self._known)

    def missed(self, designs: Sequence[Design]) -> list[dict[str, str]]:
        """Return by kind what each design misses first, in words; empty where it misses nothing."""
        new = {d.key: d for d in designs if d.key not in self._known}
        tasks = [Task(number=k, design=d) for k, d in enumerate(new.values())]
        outcomes = self._evaluator(tasks) if tasks else ()
        for key, outcome in zip(new, outcomes, strict=True):
            self._known[key] = self._words(outcome)
        return [self._known[d.key] for d in designs]

    def _words(self, outcome: Outcome) -> dict[str, str]:
        if outcome.has_failed:
            why = "; ".join(outcome.reasons)
            return {PREDICTED: why, SURELY: why}
        surely = dict(outcome.slacks)
        for limit in self._evaluator.limits:
            ends = outcome.lo90[limit.endpoint], outcome.hi90[limit.endpoint]
            surely[limit.name] = limit.slack(worse_end(limit, *ends))
        return {PREDICTED: _most(outcome.slacks), SURELY: _most(surely)}


def _most(slacks: dict[str, float]) -> str:
    return next((limit_text(name) for name, slack in slacks.items() if slack < 0), "")


def _space_edges(space: DesignSpace, factor: Factor) -> tuple[Edge, Edge]:
    """Return how far the factor may go before an input rule is broken.

    Every rule on amounts is linear and every range an interval, so what they allow is one interval
    around the candidate, whose ends are found by halving. What the study excludes cuts it step by
    step.
    """
    return _space_edge(space, factor, -1), _space_edge(space, factor, 1)


def _space_edge(space: DesignSpace, factor: Factor, side: int) -> Edge:
    def broken(k: int) -> str:
        value = factor.at(side * k)
        if value < 0:
            return f"{factor.title} cannot be below 0."
        found = space.violations(factor.moved(value))
        return found[0].message if found else ""

    inside, outside = 0, 1
    while not broken(outside) and outside < MOST_STEPS:
        inside, outside = outside, 2 * outside
    while outside - inside > 1:
        middle = (inside + outside) // 2
        inside, outside = (inside, middle) if broken(middle) else (middle, outside)
    for k in range(1, inside + 1 if space.excluded else 1):
        design = factor.moved(factor.at(side * k))
        if region := next((r for r in space.excluded if r.holds(design)), None):
            return Edge(steps=side * (k - 1), by=region.violation(design).message)
    return Edge(steps=side * inside, by=broken(outside))


def _edges(
    judge: _Judge, factors: Sequence[Factor], spaces: Sequence[tuple[Edge, Edge]], kind: str
) -> list[tuple[Edge, Edge] | None]:
    """Return how far each factor may go before a limit is missed; None where none holds at all."""
    if judge.missed([factors[0].moved(factors[0].value)])[0][kind]:
        return [None] * len(factors)
    sides = [(k, side) for k in range(len(factors)) for side in (0, 1)]
    inside = {place: 0 for place in sides}
    outside: dict[tuple[int, int], int | None] = {place: None for place in sides}
    by = {(k, side): spaces[k][side].by for k, side in sides}
    open_sides = list(sides)
    while open_sides:
        asked = {
            (k, side): _between(inside[k, side], outside[k, side], spaces[k][side].steps)
            for k, side in open_sides
        }
        designs = [factors[k].moved(factors[k].at(n)) for (k, _), ns in asked.items() for n in ns]
        answers = iter(judge.missed(designs))
        for place, ns in asked.items():
            told = [next(answers)[kind] for _ in ns]
            bad = next((j for j, said in enumerate(told) if said), None)
            if bad is not None:
                outside[place], by[place] = ns[bad], told[bad]
            good = ns[:bad]
            inside[place] = good[-1] if good else inside[place]
        open_sides = [p for p in open_sides if _is_open(inside[p], outside[p])]
    return [
        (Edge(steps=inside[k, 0], by=by[k, 0]), Edge(steps=inside[k, 1], by=by[k, 1]))
        for k in range(len(factors))
    ]


def _between(inside: int, outside: int | None, edge: int) -> list[int]:
    """Return steps to look at, outwards: up to the edge at first, then up to the first miss."""
    far = edge if outside is None else outside - int(np.sign(outside))
    spread = np.linspace(inside, far, COARSE + 1).round().astype(int)
    return [int(n) for n in dict.fromkeys(spread.tolist()) if n != inside]


def _is_open(inside: int, outside: int | None) -> bool:
    return outside is not None and abs(outside - inside) > 1


def _range(factor: Factor, edges: tuple[Edge, Edge] | None) -> dict[str, Any] | None:
    if edges is None:
        return None
    low, high = edges
    return {
        "low": factor.at(low.steps),
        "high": factor.at(high.steps),
        "low_ends_by": low.by,
        "high_ends_by": high.by,
    }


def _words(spec: StudySpec) -> list[str]:
    fence = [limit_text(EXTRAPOLATION_LIMIT)] if spec.extrapolation == FORBID else []
    limits = [*(limit_text(limit.name) for limit in spec.limits), *fence]
    return [
        "One factor at a time, the others held: what holds for several at once was not looked at.",
        "Components are held in mg, so the mass of the unit and all shares move with each of them.",
        f"Predicted, not proven. Limits: {'; '.join(limits) or 'none but those of the space'}.",
        f"Each side was looked at in up to {COARSE} steps, and between the last that holds and the"
        " first that does not down to the grid; what is missed between two steps that hold is not"
        " seen.",
        *judging_words((*spec.objectives, *spec.limits), judging_of(spec)),
    ]


def _trial(trials: Sequence[TrialRecord], candidate: str, study: str) -> TrialRecord:
    known = {candidate_label(t.number): t for t in trials if t.state == "complete"}
    if candidate.upper() not in known:
        raise InputError(
            f"Study {study} has no candidate {candidate[:40]!r} with values.",
            hint=f"`formulation front {study}` lists its candidates, such as C042.",
        )
    return known[candidate.upper()]
