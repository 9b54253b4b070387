"""Optuna's tree-structured Parzen estimator as a strategy, in feasible coordinates.

Its studies live in memory, hold feasible coordinates, and are rebuilt from the history for each
batch.
"""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from attrs import field, frozen

from experiments.search.front import front_indices, normalised
from experiments.search.makeable import Neighbours
from experiments.search.model_based.outcomes import MADE
from experiments.search.questions import questions_of, suggested
from experiments.search.strategy import (
    MOST_REDRAWS,
    Observation,
    Proposal,
    Reach,
    known_keys,
    next_number,
    penalties,
    penalty_text,
    within,
)
from experiments.search.stratified import cells
from formulation.design import Design
from formulation.space import DesignSpace
from formulation.targets import Objective

STARTS_PER_CELL = 2
"""Stratified designs for each pair of system and salt before a model proposes, [-]."""


@frozen(kw_only=True)
class TpeStrategy:
    """Optuna's tree-structured Parzen estimator in feasible coordinates.

    A stratified start covers every system and salt. Afterwards every other trial goes to the
    systems in turn, so none is given up on a few unlucky draws, and the ones between go to the
    systems that stand on the front. The estimator chooses everything else. It models one coordinate
    at a time: over eight seeds of an early quickstart that gave a larger hypervolume than the
    multivariate form. `make quality` measures it against random.
    """

    space: DesignSpace
    """What may be made."""

    objectives: tuple[Objective, ...] = field()
    """What is wanted."""

    reach: Reach | None = None
    """Where extrapolation is penalised, how far designs lie from the training data. It worsens the
    objectives as the strategy ranks them, and nothing that is stored or shown."""

    _coordinates_of: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(
        factory=dict, init=False, eq=False, repr=False
    )

    @property
    def name(self) -> str:
        """Name with its settings."""
        more = penalty_text(self.reach)
        return f"tpe(univariate, constant_liar, half in turn, start={self.n_start}{more})"

    @property
    def n_start(self) -> int:
        """Stratified designs at the start, [-]."""
        return STARTS_PER_CELL * len(cells(self.space))

    def propose(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        n: int,
        seed: int,
    ) -> list[Proposal]:
        """Return n designs: stratified at the start, then by the model."""
        first = next_number(history, pending)
        numbers = range(first, first + n)
        known = known_keys(history, pending)
        model: Any = None
        neighbours = Neighbours(space=self.space, history=history)
        history = within(self.space, history)
        leading = self._leading(history)
        proposals = []
        for number in numbers:
            if number < self.n_start:
                design, rung = neighbours.started(number, seed), "stratified"
            else:
                model = model or self._study(history, pending, first, seed)
                design, rung = self._ask(model, self._turn(number, leading), known), "tpe"
            known.add(design.key)
            proposals.append(Proposal(design=design, rung=rung))
        return proposals

    def _leading(self, history: Sequence[Observation]) -> list[str]:
        """Return the system of each acceptable design on the front, in order of their numbers."""
        feasible = [o for o in history if o.is_feasible]
        scores = normalised(self.objectives, [o.values for o in feasible])
        scores -= penalties(self.reach, [o.design for o in feasible])[:, None]
        front = sorted(front_indices(scores))
        return [feasible[k].design.system for k in front if scores[k].min() >= 0]

    def _turn(self, number: int, leading: Sequence[str]) -> str:
        """Return whose turn it is: every other trial the next system's, else a leading one's."""
        turn, is_leaders = divmod(number, 2)
        order = leading if is_leaders and leading else self.space.systems
        return order[turn % len(order)]

    def _ask(self, study: Any, system: str, known: set[str]) -> Design:
        for _ in range(MOST_REDRAWS):
            design = self.space.draw_in(system, partial(suggested, study.ask()))
            if design.key not in known:
                break
        return design

    def _study(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        first: int,
        seed: int,
    ) -> Any:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            # constant_liar is experimental in name only; the test of equal trials pins it
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=1,
                multivariate=False,
                group=False,
                constant_liar=True,
                seed=int(np.random.SeedSequence([seed, first]).generate_state(1)[0]),
            )
        study = optuna.create_study(directions=["minimize"] * len(self.objectives), sampler=sampler)
        seen = [o for o in history if o.values]
        taken = penalties(self.reach, [o.design for o in seen]).tolist()
        losses = [self._losses(o, p) for o, p in zip(seen, taken, strict=True)]
        study.add_trials([self._finished(o, x) for o, x in zip(seen, losses, strict=True)])
        # What has no values misses a limit of its own; Optuna ranks it by that alone.
        worst = np.max(losses, axis=0).tolist() if losses else [0.0] * len(self.objectives)
        study.add_trials([self._finished(o, worst) for o in history if not o.values])
        for _, design in pending:
            params, distributions = self._coordinates(design)
            state = optuna.trial.TrialState.RUNNING
            study.add_trial(
                optuna.trial.create_trial(state=state, params=params, distributions=distributions)
            )
        return study

    def _losses(self, seen: Observation, penalty: float) -> list[float]:
        return [penalty - o.normalise(seen.values[o.endpoint]) for o in self.objectives]

    def _finished(self, seen: Observation, losses: list[float]) -> Any:
        import optuna

        params, distributions = self._coordinates(seen.design)
        missed = {name: -slack for name, slack in seen.slacks.items()}
        return optuna.trial.create_trial(
            params=params,
            distributions=distributions,
            values=losses,
            constraints=missed if seen.values else {**missed, MADE: 1.0},
        )

    def _coordinates(self, design: Design) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return answers and their ranges; they follow from the design, so they are kept."""
        found = self._coordinates_of.get(design.key)
        if found is None:
            found = self._coordinates_of[design.key] = self._encoded(design)
        return found

    def _encoded(self, design: Design) -> tuple[dict[str, Any], dict[str, Any]]:
        space = self.space.space_of(design.system)
        answers = space.encode(design)
        return answers, questions_of(space.draw, answers)
