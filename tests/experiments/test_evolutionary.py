"""Evolution: children of the best, valid, the same for the same arguments, better than chance."""

import numpy as np
import pytest

from experiments.config import load_study, study_from_config, with_budget
from experiments.executors import make_executor
from experiments.objective import StudyEvaluator, Task
from experiments.search import evolutionary, loop
from experiments.search.evolutionary import EvolutionaryStrategy, ranked
from experiments.search.front import hypervolume, normalised
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation
from experiments.store import Store
from formulation.errors import InputError
from tests.experiments.small_study import TEXT, small_chain, small_study, with_trials
from tests.experiments.test_search import Stopping, facts, history_of, run_search

GENERATION = 24


@pytest.fixture(scope="module")
def spec():
    return small_study()


@pytest.fixture(scope="module")
def evaluator(spec) -> StudyEvaluator:
    return StudyEvaluator(
        chain=small_chain(spec),
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
    )


@pytest.fixture(autouse=True)
def small_generations(monkeypatch) -> None:
    """Let a generation be small, and a batch of one a large batch."""
    monkeypatch.setattr(evolutionary, "GENERATION", GENERATION)
    monkeypatch.setattr(evolutionary, "PARENTS", GENERATION)


@pytest.fixture
def strategy(spec) -> EvolutionaryStrategy:
    return EvolutionaryStrategy(space=spec.space, objectives=spec.objectives)


def test_children_follow_from_history_and_seed_alone(spec, evaluator, strategy) -> None:
    """A new strategy object proposes the same; another seed other designs."""
    history = history_of(spec, evaluator, GENERATION)
    first = strategy.propose(history, (), 8, 3)
    again = make_strategy("evolutionary", spec.space, spec.objectives)
    assert again.propose(history, (), 8, 3) == first
    assert {p.rung for p in first} == {"evolutionary"}
    assert strategy.propose(history, (), 8, 4) != first


def test_a_generation_does_not_depend_on_how_it_is_cut_into_batches(
    spec, evaluator, strategy
) -> None:
    """Parents are of complete generations only."""
    history = history_of(spec, evaluator, GENERATION)
    whole = strategy.propose(history, (), 12, 3)
    first = strategy.propose(history, (), 5, 3)
    seen = [
        Observation(number=GENERATION + k, design=p.design, values={}, slacks={})
        for k, p in enumerate(first)
    ]
    assert first + strategy.propose([*history, *seen], (), 7, 3) == whole


def test_children_obey_every_rule_and_are_new(spec, evaluator, strategy) -> None:
    """Whatever their parents were."""
    history = history_of(spec, evaluator, 2 * GENERATION)
    found = [p.design for p in strategy.propose(history, (), 200, 9)]
    assert not any(spec.space.violations(design) for design in found)
    known = {o.design.key for o in history}
    keys = [design.key for design in found]
    assert len(set(keys) - known) == len(keys)


def test_measured_data_change_the_children(spec, evaluator, strategy) -> None:
    """A far better design among the history becomes a parent at once."""
    history = history_of(spec, evaluator, GENERATION)
    best = history[5]
    better = {**best.values, "absorbed_increment.p50": 1e3, "swallowed_mass": 0.0}
    told = [
        Observation(number=o.number, design=o.design, values=better, slacks={}) if o is best else o
        for o in history
    ]
    assert strategy.propose(told, (), 8, 3) != strategy.propose(history, (), 8, 3)


def test_parents_are_acceptable_first_then_by_front_then_by_room() -> None:
    """The order of NSGA-II on a case made by hand."""
    scores = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.52, 0.49], [0.4, 0.4], [0.9, 0.9]])
    missed = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.2])
    order = ranked(scores, missed).tolist()
    assert order[-1] == 5
    assert order[-2] == 4
    assert set(order[:2]) == {1, 2}


def test_of_designs_that_miss_limits_the_nearest_comes_first() -> None:
    """However good they are."""
    scores = np.array([[9.0, 9.0], [0.1, 0.1], [5.0, 5.0]])
    assert ranked(scores, np.array([0.9, 0.1, 0.5])).tolist() == [1, 2, 0]


def test_a_history_without_a_value_is_searched_at_random(spec, strategy) -> None:
    """Failed trials are nobody's parents."""
    history = [
        Observation(number=k, design=p.design, values={}, slacks={})
        for k, p in enumerate(strategy.propose((), (), GENERATION, 1))
    ]
    found = strategy.propose(history, (), 4, 1)
    assert len({p.design.key for p in found}) == 4


def test_evolution_finds_more_than_chance(spec, evaluator, strategy) -> None:
    """Forty generations, the same number of designs, three seeds."""
    n = 40 * GENERATION
    gains = []
    for seed in range(3):
        volumes = []
        for name in ("evolutionary", "random"):
            asking = make_strategy(name, spec.space, spec.objectives)
            history: list[Observation] = []
            while len(history) < n:
                designs = [p.design for p in asking.propose(history, (), GENERATION, seed)]
                tasks = [Task(number=len(history) + k, design=d) for k, d in enumerate(designs)]
                history += [
                    Observation(number=t.number, design=t.design, values=o.values, slacks=o.slacks)
                    for t, o in zip(tasks, evaluator(tasks), strict=True)
                ]
            feasible = [o.values for o in history if min(o.slacks.values()) >= 0]
            volumes.append(hypervolume(normalised(spec.objectives, feasible)))
        gains.append(volumes[0] - volumes[1])
    assert min(gains) > 0


@pytest.mark.parametrize("after", [0, 1])
def test_an_interrupted_evolution_in_large_chunks_goes_on_to_the_same_trials(
    spec, evaluator, tmp_path, after, monkeypatch
) -> None:
    """Interrupted within a batch, resumed from the store: as if nothing had happened."""
    monkeypatch.setattr(loop, "LARGE_BATCH", 8)
    monkeypatch.setattr(loop, "LARGE_CHUNK", 6)
    longer = with_trials(spec, 60)
    strategy = make_strategy("evolutionary", spec.space, spec.objectives)
    with Store.open(tmp_path / "a.sqlite") as store:
        _, whole, _ = run_search(
            store, longer, evaluator, make_executor("inline"), strategy=strategy
        )
    with Store.open(tmp_path / "b.sqlite") as store:
        study, part, _ = run_search(
            store, longer, evaluator, Stopping(after=after), strategy=strategy
        )
        assert any(t.state == "running" for t in part)
        _, rest, _ = run_search(
            store, longer, evaluator, make_executor("inline"), study, strategy=strategy
        )
    assert {t.rung for t in whole} == {"stratified", "evolutionary"}
    assert facts(rest) == facts(whole)


@pytest.mark.parametrize("batch", [97, 200])
def test_a_batch_of_more_than_a_generation_is_refused(batch):
    """At its place in the file, and by flag; what was stored so is still read."""
    text = TEXT.replace("batch: 8", f"batch: {batch}, strategy: evolutionary")
    with pytest.raises(InputError, match="more than one generation") as told:
        load_study(text)
    (problem,) = told.value.problems
    assert (problem.pointer, problem.line) == ("budget.batch", TEXT.count("\n"))
    assert "at most 96" in problem.rule
    with pytest.raises(InputError, match="more than one generation"):
        with_budget(load_study(TEXT), batch=batch, strategy="evolutionary")
    config = load_study(text.replace(f"batch: {batch}", "batch: 96")).config
    budget = {**config["budget"], "batch": batch}
    assert study_from_config({**config, "budget": budget}).budget.batch == batch
    assert load_study(text.replace("evolutionary", "random")).budget.batch == batch
