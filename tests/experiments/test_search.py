"""Strategies have no memory, the loop loses nothing, the front is the front."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve, frozen

from experiments.config.spec import STRATEGIES as NAMED
from experiments.executors import make_executor
from experiments.executors.inline import InlineExecutor
from experiments.objective import REPORTED, StudyEvaluator, Task
from experiments.search.ends import Ends
from experiments.search.front import front_indices, hypervolume, normalised, spread_indices
from experiments.search.loop import Search, observation
from experiments.search.strategies import STRATEGIES, make_strategy
from experiments.search.strategy import Observation
from experiments.search.stratified import cells, stratified
from experiments.search.tpe import TpeStrategy
from experiments.store import Store, TrialRecord
from formulation.design import Design
from formulation.errors import FormulationError, UnknownNameError
from models.chain import EndpointTable
from models.surrogates.chain import SurrogateChain
from tests.experiments.small_study import add_study, small_chain, small_study, with_trials


@pytest.fixture(scope="module")
def spec():
    return small_study()


@pytest.fixture(scope="module")
def chain(spec) -> SurrogateChain:
    return small_chain(spec)


@pytest.fixture(scope="module")
def evaluator(spec, chain) -> StudyEvaluator:
    return StudyEvaluator(
        chain=chain, population=spec.population, objectives=spec.objectives, limits=spec.limits
    )


def run_search(
    store: Store, spec, evaluator, executor, study=None, strategy=None, kind=Search, ends=None
):
    """Run or resume the small study's search; return its study and trials."""
    study = study or add_study(store, spec)
    acks: list[int] = []
    with store.own(study.id) as lease:
        search = kind(
            space=spec.space,
            strategy=strategy or make_strategy("tpe", spec.space, spec.objectives),
            evaluator=evaluator,
            executor=executor,
            store=store,
            lease=lease,
            study_id=study.id,
            seed=study.seed,
            ends=ends
            or Ends(
                budget=study.budget,
                objectives=spec.objectives,
                stagnation=spec.budget.stagnation,
                wall_time_s=spec.budget.wall_time_s,
            ),
            batch=spec.budget.batch,
            on_ack=acks.extend,
            on_progress=lambda _: None,
        )
        try:
            search.run()
        except KeyboardInterrupt:
            pass
    return study, store.trials(study.id), acks


def facts(trials: Sequence[TrialRecord]) -> list:
    """Return what must be equal between two runs of the same study."""
    return [(t.number, t.design, t.values, t.slacks, t.rung) for t in trials]


def history_of(spec, evaluator, n: int) -> list[Observation]:
    """Return n evaluated stratified designs."""
    designs = [stratified(spec.space, k, 7) for k in range(n)]
    tasks = [Task(number=k, design=d) for k, d in enumerate(designs)]
    return [
        Observation(number=t.number, design=t.design, values=o.values, slacks=o.slacks)
        for t, o in zip(tasks, evaluator(tasks), strict=True)
    ]


def test_a_strategy_proposes_the_same_for_the_same_history(spec, evaluator) -> None:
    """No hidden state: a new strategy object, the same designs."""
    history = history_of(spec, evaluator, 40)
    first, second = (
        make_strategy("tpe", spec.space, spec.objectives).propose(history, (), 8, 3)
        for _ in range(2)
    )
    assert first == second
    assert {p.rung for p in first} == {"tpe"}
    assert first != TpeStrategy(space=spec.space, objectives=spec.objectives).propose(
        history, (), 8, 4
    )


def test_every_other_trial_goes_to_the_systems_in_turn_and_the_rest_to_the_front(
    spec, evaluator
) -> None:
    """No system is given up; those without an acceptable design on the front get no more."""
    history = history_of(spec, evaluator, 40)
    strategy = TpeStrategy(space=spec.space, objectives=spec.objectives)
    asked = [p.design.system for p in strategy.propose(history, (), 16, 3)]
    assert Counter(asked[::2]) == dict.fromkeys(spec.space.systems, 4)
    scores = normalised(spec.objectives, [o.values for o in history])
    feasible = [k for k, o in enumerate(history) if min(o.slacks.values()) >= 0]
    front = [feasible[k] for k in front_indices(scores[feasible]) if scores[feasible][k].min() >= 0]
    assert set(asked[1::2]) <= {history[k].design.system for k in front}


def test_a_search_without_anything_acceptable_still_takes_turns(spec, evaluator) -> None:
    """Before a front stands, every trial goes to the systems in turn."""
    strategy = TpeStrategy(space=spec.space, objectives=spec.objectives)
    history = [evolve(o, slacks={"none": -1.0}) for o in history_of(spec, evaluator, 40)]
    asked = [p.design.system for p in strategy.propose(history, (), 8, 3)]
    assert Counter(asked) == dict.fromkeys(spec.space.systems, 4)


def test_no_strategy_asks_an_invalid_or_known_design(spec, evaluator) -> None:
    """Every proposal obeys the input rules and is new."""
    history = history_of(spec, evaluator, 48)
    known = {o.design.key for o in history}
    for name in ("tpe", "random"):
        strategy = make_strategy(name, spec.space, spec.objectives)
        for proposal in strategy.propose(history, (), 24, 9):
            assert not spec.space.violations(proposal.design)
            if name == "tpe":
                assert proposal.design.key not in known


def test_pending_designs_are_not_proposed_again(spec, evaluator) -> None:
    """A design under way counts as known and moves the numbers on."""
    history = history_of(spec, evaluator, 40)
    strategy = TpeStrategy(space=spec.space, objectives=spec.objectives)
    alone = strategy.propose(history, (), 4, 3)
    pending = [(40 + k, p.design) for k, p in enumerate(alone)]
    later = strategy.propose(history, pending, 4, 3)
    assert not {p.design.key for p in later} & {p.design.key for p in alone}


def test_the_start_covers_every_system_and_salt_alike(spec) -> None:
    """Each round of the stratified sequence holds each pair once."""
    pairs = cells(spec.space)
    designs = [stratified(spec.space, k, 11) for k in range(3 * len(pairs))]
    counts = Counter((d.system, d.salt) for d in designs)
    assert counts == dict.fromkeys(pairs, 3)


def test_an_unknown_strategy_lists_the_known(spec) -> None:
    """The message names what there is."""
    with pytest.raises(UnknownNameError, match="Did you mean 'tpe'"):
        make_strategy("tpee", spec.space, spec.objectives)


def test_the_front_and_its_hypervolume_are_those_of_a_hand_made_case() -> None:
    """Two steps in the unit square: 0.5 x 0.8 and 0.3 x 0.4."""
    scores = np.array([[0.5, 0.8], [0.8, 0.4], [0.4, 0.4], [0.8, 0.4], [-0.2, 2.0]])
    assert front_indices(scores) == [0, 1, 4]
    assert hypervolume(scores[:4]) == pytest.approx(0.5 * 0.8 + 0.3 * 0.4)
    assert hypervolume(np.empty((0, 2))) == 0.0
    assert front_indices(np.empty((0, 2))) == []


def test_a_long_front_is_thinned_to_designs_far_apart() -> None:
    """Both ends stay, and of a crowd only its edges; a short front stays whole."""
    along = np.concatenate([np.linspace(0, 0.1, 90), np.linspace(0.1, 1, 10)])
    scores = np.column_stack([1 - along, along])
    kept = spread_indices(scores, 9)
    assert len(kept) == 9
    assert {0, 99} <= set(kept)
    assert sum(k < 90 for k in kept) == 2
    assert spread_indices(scores, 100) == list(range(100))


def test_normalisation_turns_worst_into_0_and_ideal_into_1(spec) -> None:
    """Whatever the direction."""
    rows = [{"absorbed_increment.p50": 0.0, "swallowed_mass": 0.5}]
    assert normalised(spec.objectives, rows).tolist() == [[0.0, 1.0]]


def test_a_search_meets_its_budget_and_acknowledges_each_trial_once(
    spec, evaluator, tmp_path: Path
) -> None:
    """Twenty trials in batches of eight."""
    with Store.open(tmp_path / "s.sqlite") as store:
        _, trials, acks = run_search(store, spec, evaluator, make_executor("inline"))
    assert [t.number for t in trials] == list(range(20))
    assert {t.state for t in trials} == {"complete"}
    assert sorted(acks) == list(range(20))


@frozen
class Stopping:
    """An inline executor that is interrupted after so many chunks."""

    after: int

    def run(self, evaluator, chunks) -> Iterator:
        """Hand on the inner executor's results, then stop."""
        with InlineExecutor() as inner:
            for k, found in enumerate(inner.run(evaluator, chunks)):
                if k == self.after:
                    raise KeyboardInterrupt
                yield found


@pytest.mark.parametrize("after", [0, 1])
def test_an_interrupted_search_goes_on_to_the_same_trials(
    spec, evaluator, tmp_path: Path, after: int
) -> None:
    """Interrupted in the middle of a batch, then resumed: as if nothing had happened."""
    with Store.open(tmp_path / "a.sqlite") as store:
        _, whole, _ = run_search(store, spec, evaluator, make_executor("inline"))
    with Store.open(tmp_path / "b.sqlite") as store:
        study, part, first = run_search(store, spec, evaluator, Stopping(after=after))
        assert any(t.state == "running" for t in part)
        assert len(first) == 4 * after
        _, rest, second = run_search(store, spec, evaluator, make_executor("inline"), study)
    assert facts(rest) == facts(whole)
    assert sorted(first + second) == list(range(20))


def test_processes_give_the_same_trials_as_the_driver(spec, evaluator, tmp_path: Path) -> None:
    """One seed, two executors, equal to the last digit."""
    with Store.open(tmp_path / "a.sqlite") as store:
        _, inline, _ = run_search(store, spec, evaluator, make_executor("inline"))
    with Store.open(tmp_path / "b.sqlite") as store, make_executor("process", 2) as executor:
        _, process, _ = run_search(store, spec, evaluator, executor)
        assert len(executor.worker_pids) >= 1
    assert facts(process) == facts(inline)


@frozen
class BrokenChain:
    """Answers NaN for every second design."""

    inner: SurrogateChain

    def evaluate(self, designs, population, outputs) -> EndpointTable:
        """Spoil every second row."""
        table = self.inner.evaluate(designs, population, outputs)
        table.value[1::2] = np.nan
        return table


def test_a_value_that_is_not_finite_is_a_failed_trial_with_a_reason(
    spec, chain, tmp_path: Path
) -> None:
    """The search goes on, and the failed trials count against the budget."""
    evaluator = StudyEvaluator(
        chain=BrokenChain(chain),
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
    )
    with Store.open(tmp_path / "s.sqlite") as store:
        _, trials, _ = run_search(store, spec, evaluator, make_executor("inline"))
    failed = [t for t in trials if t.state == "failed"]
    assert len(trials) == 20
    assert len(failed) == 10
    assert "no finite number" in failed[0].reasons[0]


@frozen
class Cheating:
    """A strategy that proposes a design with half its salt missing."""

    space: object
    name: str = "cheating"

    def propose(self, history, pending, n, seed):
        """Propose the broken design."""
        from experiments.search.strategy import Proposal

        design = stratified(self.space, 0, seed)
        amounts = dict(design.amounts_mg, salt=design.amounts_mg["salt"] / 2)
        broken = Design.from_dict({**design.as_dict(), "amounts_mg": amounts})
        return [Proposal(design=broken, rung="cheat")] * n


def test_an_invalid_proposal_stops_the_search_before_it_is_evaluated(
    spec, evaluator, tmp_path: Path
) -> None:
    """It is a fault of the program, and says so."""
    with (
        Store.open(tmp_path / "s.sqlite") as store,
        pytest.raises(FormulationError, match="proposed an invalid design"),
    ):
        run_search(store, spec, evaluator, make_executor("inline"), strategy=Cheating(spec.space))


def test_infeasible_trials_say_which_limit_and_by_how_much(spec, evaluator) -> None:
    """The reason stands beside the slack."""
    tasks = [Task(number=k, design=stratified(spec.space, k, 1)) for k in range(32)]
    outcomes = evaluator(tasks)
    missed = [o for o in outcomes if any(s < 0 for s in o.slacks.values())]
    assert missed
    assert "is over the limit of 8 mmol by" in missed[0].reasons[0]
    assert set(missed[0].values) == set(REPORTED)


def test_a_stored_trial_reads_back_as_the_same_observation(spec, evaluator, tmp_path: Path) -> None:
    """What a strategy sees does not depend on where the history comes from."""
    with Store.open(tmp_path / "s.sqlite") as store:
        _, trials, _ = run_search(store, with_trials(spec, 8), evaluator, make_executor("inline"))
    rebuilt = [observation(t) for t in trials]
    tasks = [Task(number=o.number, design=o.design) for o in rebuilt]
    assert [o.values for o in evaluator(tasks)] == [dict(o.values) for o in rebuilt]


def test_a_study_may_name_every_strategy_and_no_other() -> None:
    """The words of a study file are the keys of the registry."""
    assert set(NAMED) == set(STRATEGIES)
