"""How a search went, trial by trial: what its front was worth, and the best of each objective."""

from collections.abc import Sequence

import numpy as np

from experiments.search.front import hypervolume, normalised
from experiments.store import TrialRecord
from experiments.tracking_messages import Metric, metric_name
from formulation.arrays import FloatArray
from formulation.targets import Goal, Objective


def course(objectives: Sequence[Objective], trials: Sequence[TrialRecord]) -> list[Metric]:
    """Return the metrics of a search over its trials.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    trials : sequence of TrialRecord
        Finished trials in their order, [-].

    Returns
    -------
    list of tuple
        ``hypervolume``, ``feasible_fraction`` and, from the first feasible trial on, the best value
        of each objective in its own unit; the step is the number of the trial, [-].
    """
    found: list[Metric] = []
    front = np.empty((0, len(objectives)))
    best: dict[str, float] = {}
    worth, n_feasible = 0.0, 0
    for count, trial in enumerate(trials, start=1):
        if trial.is_feasible:
            n_feasible += 1
            score = normalised(objectives, [trial.values])
            if not _is_beaten(score[0], front):
                front = np.vstack([front[~(front <= score[0]).all(axis=1)], score])
                worth = hypervolume(front)
            for objective in objectives:
                _improve(best, objective, trial.values[objective.endpoint])
        found += [
            ("hypervolume", worth, trial.number),
            ("feasible_fraction", n_feasible / count, trial.number),
            *((f"best_{metric_name(key)}", x, trial.number) for key, x in best.items()),
        ]
    return found


def _is_beaten(score: FloatArray, front: FloatArray) -> bool:
    return bool((front >= score).all(axis=1).any())


def _improve(best: dict[str, float], objective: Objective, value: float) -> None:
    better = max if objective.goal is Goal.MAXIMISE else min
    best[objective.endpoint] = better(best.get(objective.endpoint, value), value)
