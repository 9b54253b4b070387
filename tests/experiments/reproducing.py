"""The small study searched by each strategy, on any executor, in this process or in one that dies.

Workers and drivers import this module, so it needs no test tool.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field

from experiments.config.spec import STRATEGIES
from experiments.executors import Executor, make_executor
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation, Proposal, Strategy
from experiments.store import Store
from tests.experiments.cheap_chain import cheap_evaluator
from tests.experiments.driving import ROOT
from tests.experiments.small_study import small_study, with_trials
from tests.experiments.test_search import facts, run_search

SPEC = small_study()
EVALUATOR = cheap_evaluator(SPEC)
BUDGETS = {"tpe": 32, "random": 24, "model_based": 16, "evolutionary": 112}
LAST_RUNG = {
    "tpe": "tpe",
    "random": "stratified",
    "model_based": "gp",
    "evolutionary": "evolutionary",
}
"""What answers at the end of these budgets: each strategy is seen past its start."""

assert set(BUDGETS) == set(LAST_RUNG) == set(STRATEGIES)


@define
class Recording:
    """A strategy that keeps the histories it was shown."""

    inner: Strategy
    shown: list[tuple[Observation, ...]] = field(factory=list)

    @property
    def name(self) -> str:
        """Name of the strategy."""
        return self.inner.name

    def propose(self, history, pending, n, seed) -> list[Proposal]:
        """Return what the strategy proposes."""
        self.shown.append(tuple(history))
        return self.inner.propose(history, pending, n, seed)


def fresh(strategy: str) -> Strategy:
    """Return a strategy that has answered nothing yet."""
    return make_strategy(strategy, SPEC.space, SPEC.objectives)


def searched(
    path: Path,
    strategy: str,
    executor: Executor,
    evaluator=EVALUATOR,
    watched: Recording | None = None,
) -> tuple[list, list[int]]:
    """Run the study of a store, or go on with it; return its facts and what was acknowledged."""
    spec = with_trials(SPEC, BUDGETS[strategy])
    chosen = watched or fresh(strategy)
    with Store.open(path) as store:
        study = next(iter(store.studies()), None)
        _, trials, acks = run_search(store, spec, evaluator, executor, study, chosen)
    return facts(trials), acks


def killed_at(
    point: str, path: Path, strategy: str, kind: str, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Let a driver of its own search until it is killed at a named moment."""
    return subprocess.run(
        [sys.executable, "-m", __name__, str(path), strategy, kind],
        cwd=ROOT,
        env={**environment, "FORMULATION_FAILPOINT": point, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def main(words: Sequence[str]) -> None:
    """Search in this process; it is started to be killed."""
    path, strategy, kind = words
    with make_executor(kind, 1 if kind == "inline" else 2, preload=()) as executor:
        searched(Path(path), strategy, executor)


if __name__ == "__main__":
    main(sys.argv[1:])
