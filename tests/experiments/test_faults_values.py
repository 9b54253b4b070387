"""Values that are no numbers: a failed trial with its reason, never stored, never the best."""

from pathlib import Path

import numpy as np
import pytest
from attrs import frozen

from experiments import objective
from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.objective import StudyEvaluator
from experiments.results import front_of
from experiments.store import Store
from formulation.errors import FormulationError
from models.chain import EndpointTable
from tests.experiments.cheap_chain import CheapChain
from tests.experiments.small_study import small_study
from tests.experiments.test_search import run_search

pytestmark = pytest.mark.faults

SPEC = small_study()
BUDGET = SPEC.budget.trials
FLATTERY = {"value": "value", "lower end": "lo90", "upper end": "hi90"}


@frozen
class Spoilt:
    """Answers one number that is none for every second design."""

    number: float
    where: str

    def evaluate(self, designs, population, outputs) -> EndpointTable:
        """Spoil what is wanted most: the absorbed increment."""
        table = CheapChain().evaluate(designs, population, outputs)
        column = outputs.index(SPEC.objectives[0].endpoint)
        getattr(table, self.where)[1::2, column] = self.number
        return table


def spoilt_evaluator(number: float, where: str) -> StudyEvaluator:
    """Return an evaluator of the small study."""
    return StudyEvaluator(
        chain=Spoilt(number, where),
        population=SPEC.population,
        objectives=SPEC.objectives,
        limits=SPEC.limits,
    )


@pytest.mark.parametrize("kind", ["inline", "process"])
@pytest.mark.parametrize("where", FLATTERY.values(), ids=FLATTERY)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_a_failed_trial(
    number: float, where: str, kind: str, tmp_path: Path
) -> None:
    """The study goes on to its budget; infinity would beat every design and stands nowhere."""
    evaluator = spoilt_evaluator(number, where)
    inline = InlineExecutor()
    with (
        Store.open(tmp_path / "s.sqlite") as store,
        inline
        if kind == "inline"
        else PoolExecutor("process", ProcessWorkers(), 2, Limits(), ()) as executor,
    ):
        _, trials, acks = run_search(store, SPEC, evaluator, executor)
    failed = [t for t in trials if t.state == "failed"]
    assert len(failed) == BUDGET // 2
    for trial in failed:
        assert trial.reasons == ("the model gave no finite number for absorbed_increment.p50",)
        assert trial.values == {}
    assert sorted(acks) == list(range(BUDGET))
    front = front_of(SPEC.objectives, trials)
    assert front
    assert not {t.number for t in front} & {t.number for t in failed}


def test_without_the_check_the_store_still_refuses(tmp_path: Path, monkeypatch) -> None:
    """The check above taken out: such a value is no row of a store, and nothing is acknowledged."""
    monkeypatch.setattr(objective, "isfinite", lambda _: True)
    evaluator = spoilt_evaluator(np.inf, "value")
    with Store.open(tmp_path / "s.sqlite") as store:
        with pytest.raises(FormulationError, match=r"inf"):
            run_search(store, SPEC, evaluator, InlineExecutor())
        (study,) = store.studies()
        assert {t.state for t in store.trials(study.id)} == {"running"}
