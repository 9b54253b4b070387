"""Optuna's tree-structured Parzen estimator over any space of questions.

It sees feasible coordinates only, so whatever it proposes is valid. Branches are modelled apart
(``group``), the answers of a branch together (``multivariate``), limits as Optuna's constraints;
points under way count as bad ones (``constant_liar``).
"""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from experiments.search.model_based.outcomes import MADE, Seen
from experiments.search.model_based.spaces import Point, SearchSpace
from experiments.search.questions import questions_of, suggested


class ParzenEstimator:
    """An estimator told of finished points and of those under way."""

    def __init__(
        self,
        space: SearchSpace[Any],
        seen: Sequence[Seen[Any]],
        pending: Sequence[Any],
        seed: Sequence[int],
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=1,
                multivariate=True,
                group=True,
                constant_liar=True,
                seed=int(np.random.SeedSequence(list(seed)).generate_state(1)[0]),
            )
        n_losses = max((len(s.losses) for s in seen), default=1) or 1
        self._space = space
        self._study = optuna.create_study(directions=["minimize"] * n_losses, sampler=sampler)
        rows = [s.losses for s in seen if s.losses]
        worst = tuple(np.max(rows, axis=0).tolist()) if rows else (0.0,) * n_losses
        for one in seen:
            if space.holds(one.point):
                self._study.add_trial(_trial(space, one.point, one, worst))
        for point in pending:
            if space.holds(point):
                self._study.add_trial(_trial(space, point, None))

    def ask(self) -> Any:
        """Return a valid point, which counts as under way from now on.

        Returns
        -------
        object
            The point, [-].
        """
        return self._space.draw(partial(suggested, self._study.ask()))


def _trial(
    space: SearchSpace[Point],
    point: Point,
    seen: Seen[Point] | None,
    worst: tuple[float, ...] = (),
) -> Any:
    """Return a point as a trial; what has no losses misses a limit of its own."""
    import optuna

    answers = space.encode(point)
    distributions = questions_of(space.draw, answers)
    given: dict[str, Any] = {"state": optuna.trial.TrialState.RUNNING}
    if seen is not None:
        missed = {name: -slack for name, slack in seen.slacks.items()}
        given = {
            "values": list(seen.losses or worst),
            "constraints": missed if seen.losses else {**missed, MADE: 1.0},
        }
    return optuna.trial.create_trial(
        params={name: answers[name] for name in distributions}, distributions=distributions, **given
    )
