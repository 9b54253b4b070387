"""A design that costs its workers is a failed trial with a reason, and no other trial suffers."""

from pathlib import Path

import pytest

from experiments.executors import GivenUp
from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.search.loop import observation
from experiments.store import Store
from tests.experiments.cheap_chain import Harmful, cheap_evaluator
from tests.experiments.executor_jobs import die
from tests.experiments.small_study import small_study
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
    assert failed.reasons[0].startswith("its evaluation was given up: it cost 2 workers")
    assert "SIGKILL" in failed.reasons[0]
    assert facts(trials[:-1]) == whole[:-1]
    assert sorted(acks) == list(range(BUDGET))
    assert not observation(failed).values


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
    assert trials[2].reasons == ("its evaluation was given up: the test says so",)
    assert sorted(acks) == list(range(BUDGET))
