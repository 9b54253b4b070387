"""How a search goes, trial by trial: what its front is worth, and the best of each objective.

One pass over the trials; of a front only what still stands is kept, so that a long search costs as
much a trial as a short one.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import define, field

from experiments.search.front import hypervolume, normalised
from formulation.arrays import FloatArray
from formulation.targets import Goal, Objective


@define(kw_only=True)
class Course:
    """Where a search stands after the trials it was told of."""

    objectives: Sequence[Objective]
    """What is wanted."""

    n_trials: int = 0
    """Trials so far, [-]."""

    n_feasible: int = 0
    """Those that meet every limit, [-]."""

    best: dict[str, float] = field(factory=dict)
    """Best value of each objective in its own unit; empty before the first feasible trial."""

    best_scores: FloatArray = field()
    """Best score of each objective, shape (n_objectives,), [-]; NaN before that."""

    _front: FloatArray = field()
    _worth: float | None = 0.0

    @best_scores.default
    def _no_scores(self) -> FloatArray:
        return np.full(len(self.objectives), np.nan)

    @_front.default
    def _no_front(self) -> FloatArray:
        return np.empty((0, len(self.objectives)))

    @property
    def hypervolume(self) -> float:
        """Share of the box between worst and ideal that is dominated, [-]."""
        if self._worth is None:
            self._worth = hypervolume(self._front)
        return self._worth

    @property
    def feasible_fraction(self) -> float:
        """Trials that meet every limit, of those so far, [-]."""
        return self.n_feasible / self.n_trials

    def follow(self, values: Mapping[str, float] | None) -> None:
        """Count one more trial.

        Parameters
        ----------
        values : mapping of str to float, or None
            Its endpoint values where it is feasible, [-].
        """
        self.n_trials += 1
        if values is None:
            return
        self.n_feasible += 1
        score = normalised(self.objectives, [values])
        self.best_scores = np.fmax(self.best_scores, score[0])
        for objective in self.objectives:
            better = max if objective.goal is Goal.MAXIMISE else min
            value = values[objective.endpoint]
            before = self.best.get(objective.endpoint, value)
            self.best[objective.endpoint] = better(before, value)
        if not (self._front >= score[0]).all(axis=1).any():
            kept = self._front[~(self._front <= score[0]).all(axis=1)]
            self._front, self._worth = np.vstack([kept, score]), None
