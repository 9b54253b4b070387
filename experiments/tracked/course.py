"""How a search went, trial by trial: what its front was worth, and the best of each objective."""

from collections.abc import Sequence

from experiments.search.course import Course
from experiments.store import TrialRecord
from experiments.tracking_messages import Metric, metric_name
from formulation.targets import Objective

MOST_STEPS = 320
"""Trials told of at most, [-]: as many points as the interface draws of a metric."""


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
        of each objective in its own unit; the step is the number of the trial. Of more trials than
        `MOST_STEPS` every second, third and so on, and the last, [-].
    """
    found: list[Metric] = []
    so_far = Course(objectives=objectives)
    stride = max(1, -(-(len(trials) - 1) // (MOST_STEPS - 1)))
    for k, trial in enumerate(trials, start=1):
        so_far.follow(trial.values if trial.is_feasible else None)
        if (k - 1) % stride and k < len(trials):
            continue
        found += [
            ("hypervolume", so_far.hypervolume, trial.number),
            ("feasible_fraction", so_far.feasible_fraction, trial.number),
            *((f"best_{metric_name(key)}", x, trial.number) for key, x in so_far.best.items()),
        ]
    return found
