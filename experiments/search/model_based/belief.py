"""What the processes believe of all outcomes at once, and what a candidate promises then."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from experiments.search.front import front_indices
from experiments.search.model_based.improvement import (
    expected_improvement,
    probability_of_feasibility,
)
from experiments.search.model_based.outcomes import (
    MARGIN,
    Seen,
    calm_losses,
    limits_of,
    loss_matrix,
    reference_point,
)
from experiments.search.model_based.process import Process, fitted
from formulation.arrays import FloatArray

LIKELY = 0.5
"""Probability of feasibility above which a candidate belongs to the expected front, [-]."""

DOUBT = 0.5
"""How much worse than expected a design under way counts for the processes, in their spreads, so
that a batch does not gather where they know least, [-]."""


@frozen(kw_only=True, eq=False)
class Belief:
    """The processes of all outcomes, with front and reference."""

    objectives: tuple[Process, ...]
    """A process for each objective."""

    limits: tuple[Process, ...]
    """A process for each unknown limit."""

    front: FloatArray
    """What is to be beaten, of shape (n_front, n_objectives)."""

    reference: FloatArray
    """From where hypervolume counts."""

    has_feasible: bool
    """Whether anything feasible is known."""

    is_stated: bool
    """Whether the reference is what a user finds worst acceptable."""

    def score(self, features: FloatArray) -> FloatArray:
        """Return how much each candidate promises.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Scaled features, [-].

        Returns
        -------
        ndarray of shape (n,)
            Expected improvement times probability of feasibility; the latter alone while nothing
            feasible is known, [-].
        """
        chance = probability_of_feasibility(*_predicted(self.limits, features))
        if not self.has_feasible:
            return chance
        mean, spread = _predicted(self.objectives, features)
        return chance * expected_improvement(mean, spread, self.front, self.reference)

    def widened(self, features: FloatArray) -> "Belief":
        """Return the belief that also counts as far as the front is expected to reach.

        While few designs are known their front is short, and what lies beyond its ends adds nothing
        to its hypervolume. So the reference moves out to the worst of the front that the processes
        expect among candidates, and never in. A stated reference stays.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Scaled features of candidates over the whole space, [-].

        Returns
        -------
        Belief
            The belief with that reference, [-].
        """
        if self.is_stated or not self.has_feasible:
            return self
        mean, _ = _predicted(self.objectives, features)
        chance = probability_of_feasibility(*_predicted(self.limits, features))
        both = np.vstack([self.front, mean[chance > LIKELY]])
        if not len(both):
            return self
        expected = both[front_indices(-both)]
        reference = expected.max(axis=0) + MARGIN * np.ptp(expected, axis=0)
        return evolve(self, reference=np.maximum(self.reference, reference))

    def having(self, features: FloatArray) -> "Belief":
        """Return the belief while one more row is under way.

        The front has it as expected; the processes have seen it a little worse.

        Parameters
        ----------
        features : ndarray of shape (n_features,)
            Scaled features of the row, [-].

        Returns
        -------
        Belief
            The belief with that row, [-].
        """
        mean, spread = _predicted(self.objectives, features[None])
        slack, _ = _predicted(self.limits, features[None])
        front = self.front
        if (slack >= 0).all() and (mean[0] < self.reference).all():
            front = np.vstack([front, mean])
            front = front[front_indices(-front)]
        return evolve(
            self,
            objectives=_having(self.objectives, features, mean[0] + DOUBT * spread[0]),
            limits=_having(self.limits, features, slack[0]),
            front=front,
        )


def belief_of(
    seen: Sequence[Seen[Any]],
    features: FloatArray,
    groups: FloatArray,
    dimension: float,
    worst: Sequence[float] | None,
) -> Belief:
    """Return the processes of what was seen.

    Parameters
    ----------
    seen : sequence of Seen
        Finished trials, [-].
    features : ndarray of shape (n_seen, n_features)
        Their scaled features, [-].
    groups : ndarray of shape (n_features,)
        Group of each feature, [-].
    dimension : float
        Questions that a point answers on average, [-].
    worst : sequence of float or None
        Worst acceptable losses; None where none are stated, [-].

    Returns
    -------
    Belief
        The processes, [-].
    """
    rows, losses = loss_matrix(seen)
    feasible = np.array([seen[k].is_feasible for k in rows], dtype=bool)
    reference = reference_point(losses, feasible, worst)
    kept = losses[feasible]
    best = (kept if len(kept) else losses).min(axis=0)
    ends = np.maximum(reference, best)
    calm = [calm_losses(losses[:, j], ends[j], best[j]) for j in range(losses.shape[1])]
    objectives = tuple(fitted(features[rows], values, groups, dimension) for values in calm)
    limits = tuple(
        fitted(features[list(limit.rows)], limit.values, groups, dimension)
        for limit in limits_of(seen)
    )
    known = np.column_stack(calm)
    for j, process in enumerate(objectives):
        if process.is_noisy:
            known[:, j] = process.predict(features[rows])[0]
    front = known[feasible]
    front = front[(front < reference).all(axis=1)]
    return Belief(
        objectives=objectives,
        limits=limits,
        front=front[front_indices(-front)],
        reference=reference,
        has_feasible=bool(feasible.any()),
        is_stated=worst is not None and tuple(reference) == tuple(worst),
    )


def _predicted(processes: Sequence[Process], features: FloatArray) -> tuple[FloatArray, FloatArray]:
    if not processes:
        return np.empty((len(features), 0)), np.empty((len(features), 0))
    both = [process.predict(features) for process in processes]
    return np.column_stack([m for m, _ in both]), np.column_stack([s for _, s in both])


def _having(
    processes: Sequence[Process], features: FloatArray, values: FloatArray
) -> tuple[Process, ...]:
    return tuple(
        process.conditioned(features, float(value))
        for process, value in zip(processes, values, strict=True)
    )
