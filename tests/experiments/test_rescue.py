"""A design that costs its workers is a failed trial with a reason, and no other trial suffers."""

from pathlib import Path

import numpy as np
import pytest

from experiments.config.spec import STRATEGIES
from experiments.executors import GivenUp
from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.search.loop import observation
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation
from experiments.store import Store, TrialRecord
from tests.experiments.cheap_chain import Harmful, cheap_evaluator
from tests.experiments.executor_jobs import die
from tests.experiments.small_study import small_study
from tests.experiments.test_model_based import history_of
from tests.experiments.test_search import facts, run_search

SPEC = small_study()
BUDGET = SPEC.budget.trials


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> list:
    """Return what the study finds when nothing happens."""
    with Store.open(tmp_path_factory.mktemp("whole") / "s.sqlite") as store:
        return facts(run_search(store, SPEC, cheap_evaluator(SPEC), InlineExecutor())[1])


def test_a_trial_that_kills_every_worker_fails_alone(whole, tmp_path: Path) -> None:
    """The others of its batch are what they would be, and the budget is met."""
    last_batch = BUDGET - 1
    evaluator = Harmful(inner=cheap_evaluator(SPEC), harm=die, at=(last_batch,))
    with (
        Store.open(tmp_path / "s.sqlite") as store,
        PoolExecutor("process", ProcessWorkers(), 2, Limits(most_losses=2), ()) as executor,
    ):
        _, trials, acks = run_search(store, SPEC, evaluator, executor)
    failed = trials[-1]
    assert (failed.state, failed.values) == ("failed", {})
    assert "which says nothing of the design: it cost 2 workers" in failed.reasons[0]
    assert "SIGKILL" in failed.reasons[0]
    assert facts(trials[:-1]) == whole[:-1]
    assert sorted(acks) == list(range(BUDGET))
    assert observation(failed).is_lost
    assert not any(observation(t).is_lost for t in trials[:-1])


class Refusing(InlineExecutor):
    """Gives up every chunk that holds one trial."""

    def run(self, evaluator, chunks):
        """Note how the trials came together."""
        for index, chunk in enumerate(chunks):
            numbers = [task.number for task in chunk]
            if 2 in numbers:
                yield index, GivenUp(reason="the test says so")
            else:
                yield index, evaluator(chunk)


def test_every_trial_is_answered_once_however_chunks_are_cut(tmp_path: Path) -> None:
    """One that was given up with others is tried without them."""
    with Store.open(tmp_path / "s.sqlite") as store:
        _, trials, acks = run_search(store, SPEC, cheap_evaluator(SPEC), Refusing())
    assert [t.number for t in trials if t.state == "failed"] == [2]
    assert trials[2].was_lost
    assert trials[2].reasons[0].endswith("says nothing of the design: the test says so")
    assert sorted(acks) == list(range(BUDGET))


@pytest.mark.parametrize("n_own", [0, 30])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_trial_that_lost_its_workers_teaches_no_strategy(name: str, n_own: int) -> None:
    """It counts, but where it lies moves no proposal; what cannot be evaluated does."""

    def proposed(design, *, is_lost: bool) -> list[str]:
        gone = Observation(number=n_own, design=design, values={}, slacks={}, is_lost=is_lost)
        asking = make_strategy(name, SPEC.space, SPEC.objectives)
        found = asking.propose([*history_of(n_own), gone], (), 4, 5)
        return [p.design.key for p in found]

    ways = SPEC.space.sample(2, np.random.default_rng(8))
    assert proposed(ways[0], is_lost=True) == proposed(ways[1], is_lost=True)
    if name in ("tpe", "model_based") and n_own:
        assert proposed(ways[0], is_lost=False) != proposed(ways[1], is_lost=False)


def test_what_was_lost_is_not_asked_for_again() -> None:
    """The design that would come next was lost: another comes."""
    asking = make_strategy("tpe", SPEC.space, SPEC.objectives)
    (wanted,) = asking.propose(history_of(30), (), 1, 5)
    gone = Observation(number=0, design=wanted.design, values={}, slacks={}, is_lost=True)
    told = [gone, *history_of(30)[1:]]
    assert wanted.design.key not in {p.design.key for p in asking.propose(told, (), 8, 5)}


def test_a_failure_of_the_model_is_no_loss() -> None:
    """It says something of the design."""
    trial = TrialRecord(
        number=0, state="failed", design={}, seed=1, reasons=("the model gave no finite number",)
    )
    assert not trial.was_lost
