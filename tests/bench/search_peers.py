"""Competitors of the search benchmark, all in feasible coordinates of the same space.

Each is a function of a problem, its starting points, a seed and a budget, and returns every point
it evaluated with the CPU seconds of each ask. Peers keep their own state, as their users do.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from experiments.search.model_based.candidates import random_candidate, scaler_of
from experiments.search.model_based.outcomes import Seen
from experiments.search.model_based.proposer import Proposer
from experiments.search.parzen import ParzenEstimator, suggested
from tests.bench.search_problem import Problem

Run = tuple[list[Seen[Any]], list[float]]
"""Points in their order, and CPU seconds of each ask."""


def proposer_of(problem: Problem) -> Proposer:
    """Return our proposer in its default settings."""
    space = problem.space
    return Proposer(space=space, scaler=scaler_of(space), worst=problem.worst)


def model_based(problem: Problem, seed: int, budget: int, batch: int = 1) -> Run:
    """Ours, told nothing but what it evaluated, and worst values where a user states them."""
    proposer = proposer_of(problem)
    seen, seconds = [problem.seen(p) for p in problem.start(seed)], []
    while len(seen) < budget:
        begun = time.process_time()
        found = proposer.propose(seen, [], min(batch, budget - len(seen)), seed)
        seconds.append(time.process_time() - begun)
        seen += [problem.seen(point) for point, _ in found]
    return seen, seconds


def random(problem: Problem, seed: int, budget: int) -> Run:
    """Random answers."""
    rng = np.random.default_rng([seed, 7])
    return _told(problem, seed, budget, lambda _: random_candidate(problem.space, rng).point)


def tpe(problem: Problem, seed: int, budget: int) -> Run:
    """Optuna's TPE, multivariate and grouped."""
    return _told(
        problem,
        seed,
        budget,
        lambda seen: ParzenEstimator(problem.space, seen, [], [seed, len(seen)]).ask(),
    )


def _told(
    problem: Problem, seed: int, budget: int, ask: Callable[[Sequence[Seen[Any]]], Any]
) -> Run:
    seen, seconds = [problem.seen(p) for p in problem.start(seed)], []
    while len(seen) < budget:
        begun = time.process_time()
        point = ask(seen)
        seconds.append(time.process_time() - begun)
        seen.append(problem.seen(point))
    return seen, seconds


def nsga2(problem: Problem, seed: int, budget: int) -> Run:
    """Optuna's NSGA-II with generations of ten; the starting points are its first generation."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.NSGAIISampler(population_size=10, seed=seed)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for point in problem.start(seed):
            study.enqueue_trial(dict(problem.space.encode(point)))
        seen: list[Seen[Any]] = []
        seconds = []
        while len(seen) < budget:
            begun = time.process_time()
            trial = study.ask()
            point = problem.space.draw(partial(suggested, trial))
            seconds.append(time.process_time() - begun)
            seen.append(problem.seen(point))
            for name, slack in seen[-1].slacks.items():
                trial.set_constraint(name, -slack)
            study.tell(trial, list(seen[-1].losses))
    return seen, seconds[-(budget - 10) :]


COMPETITORS: dict[str, Callable[..., Run]] = {
    "model_based": model_based,
    "random": random,
    "tpe": tpe,
    "nsga2": nsga2,
}
"""Ours first."""
