"""Without batches: a design whenever a worker is free, and nothing lost or done twice."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from attrs import evolve, field, frozen

from experiments.cli.studies_text import studies_lines
from experiments.config import load_study, study_from_config
from experiments.config.schema_choices import budget as budget_schema
from experiments.config.spec import ASYNCHRONOUS, MODES, Stagnation
from experiments.executors import make_executor
from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.reports.choices_made import how_it_ended
from experiments.search.asynchronous import AsynchronousSearch
from experiments.search.ends import End, Ends
from experiments.search.strategies import STRATEGIES, make_strategy
from experiments.store import Store
from formulation.design import Design
from tests.experiments.cheap_chain import Harmful, HeldBack, cheap_evaluator
from tests.experiments.executor_jobs import die
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_config import problems_of
from tests.experiments.test_model_based import RecipeEvaluator
from tests.experiments.test_search import Stopping, run_search

SPEC = small_study()
BUDGET = SPEC.budget.trials
STATED = TEXT.replace("seed: 5}", "seed: 5, mode: asynchronous}")


def run_asynchronously(store: Store, executor, evaluator=None, study=None, **given):
    """Run or resume the small study's search in this mode."""
    answering = evaluator or cheap_evaluator(given.get("spec", SPEC))
    spec = given.pop("spec", SPEC)
    return run_search(store, spec, answering, executor, study, kind=AsynchronousSearch, **given)


def two_processes(**limits) -> PoolExecutor:
    return PoolExecutor("process", ProcessWorkers(), 2, Limits(**limits), ())


@frozen
class Watched:
    """A strategy that is seen asking, and told by whom before it answers."""

    inner: object
    before: Callable[[int], object] = lambda _: None
    asks: list[tuple[set[int], set[int]]] = field(factory=list)
    counts: list[int] = field(factory=list)
    name: str = "watched"

    def propose(self, history, pending, n, seed):
        """Note what it is told is finished and under way."""
        self.asks.append(({o.number for o in history}, {number for number, _ in pending}))
        self.counts.append(n)
        self.before(len(history) + len(pending))
        return self.inner.propose(history, pending, n, seed)


def watched(**given) -> Watched:
    return Watched(make_strategy("random", SPEC.space, SPEC.objectives), **given)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_meets_the_budget_with_valid_designs_each_once(name, tmp_path) -> None:
    """With designs under way at nearly every proposal."""
    strategy = make_strategy(name, SPEC.space, SPEC.objectives)
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        _, trials, acks = run_asynchronously(store, executor, strategy=strategy)
    assert [t.number for t in trials] == list(range(BUDGET))
    assert sorted(acks) == list(range(BUDGET))
    assert {(t.state, t.attempt) for t in trials} == {("complete", 1)}
    assert not [t for t in trials if SPEC.space.violations(Design.from_dict(t.design))]


def test_alone_the_driver_proposes_one_after_another(tmp_path: Path) -> None:
    """Each proposal knows all that came before, and nothing is under way."""
    strategy = watched()
    with Store.open(tmp_path / "s.sqlite") as store:
        _, _, acks = run_asynchronously(store, make_executor("inline"), strategy=strategy)
    assert acks == list(range(BUDGET))
    assert strategy.asks == [(set(range(k)), set()) for k in range(BUDGET)]


def test_a_proposal_knows_what_is_finished_and_what_is_under_way(tmp_path: Path) -> None:
    """Together all that was proposed before; with two workers one is under way."""
    strategy = watched()
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        run_asynchronously(store, executor, strategy=strategy)
    for number, (finished, pending) in enumerate(strategy.asks):
        assert finished | pending == set(range(number))
        assert not finished & pending
        assert len(pending) == min(number, 1)


def test_nobody_waits_for_the_slowest(tmp_path: Path) -> None:
    """The first trial ends only when the seventh is proposed, which a batch of eight never does."""
    gate = tmp_path / "seventh"
    strategy = watched(before=lambda number: number >= 6 and gate.touch())
    evaluator = HeldBack(inner=cheap_evaluator(SPEC), number=0, until=gate)
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        _, trials, acks = run_asynchronously(store, executor, evaluator, strategy=strategy)
    assert strategy.asks[6] == ({1, 2, 3, 4, 5}, {0})
    assert acks[:5] == [1, 2, 3, 4, 5]
    assert [t.number for t in trials] == sorted(acks) == list(range(BUDGET))


class Wide(InlineExecutor):
    """Takes nine chunks before it answers the first, as nine workers do."""

    def run(self, evaluator, chunks):
        """Answer the oldest, and take another."""
        source = enumerate(chunks)
        held = list(islice(source, 9))
        while held:
            index, chunk = held.pop(0)
            yield index, evaluator(chunk)
            held += islice(source, 1)


def test_with_many_under_way_a_quarter_as_many_are_proposed_at_once(tmp_path: Path) -> None:
    """A model is made once for them; the budget is met all the same."""
    strategy = watched()
    with Store.open(tmp_path / "s.sqlite") as store:
        _, trials, acks = run_asynchronously(store, Wide(), strategy=strategy)
    assert strategy.counts == [*[1] * 8, *[2] * 6]
    assert [len(pending) for _, pending in strategy.asks] == [*range(8), *[8] * 6]
    assert [t.number for t in trials] == acks == list(range(BUDGET))


@frozen
class Seeing:
    """An evaluator in the driver that looks what is in the store by then."""

    inner: object
    states: Callable[[], list[str]]
    seen: list[list[str]] = field(factory=list)

    def __call__(self, tasks):
        """Note the states of all trials, and answer."""
        self.seen.append(self.states())
        return self.inner(tasks)


def test_a_trial_is_stored_before_it_is_sent_and_committed_before_the_next(tmp_path: Path) -> None:
    """Or a kill would lose its number, and a proposal might rest on what a kill takes away."""
    with Store.open(tmp_path / "s.sqlite") as store:

        def states() -> list[str]:
            (study,) = store.studies()
            return [t.state for t in store.trials(study.id)]

        evaluator = Seeing(cheap_evaluator(SPEC), states)
        run_asynchronously(store, make_executor("inline"), evaluator)
    assert evaluator.seen == [[*["complete"] * k, "running"] for k in range(BUDGET)]


def test_what_was_under_way_is_evaluated_once_more_and_nothing_else(tmp_path: Path) -> None:
    """Interrupted with a result that was not taken: that trial has a second attempt."""
    with Store.open(tmp_path / "s.sqlite") as store:
        study, part, first = run_asynchronously(store, Stopping(after=3))
        assert [t.state for t in part] == [*["complete"] * 3, "running"]
        strategy = watched()
        with two_processes() as executor:
            _, trials, second = run_asynchronously(store, executor, study=study, strategy=strategy)
    assert sorted(first + second) == list(range(BUDGET))
    assert {t.number: t.attempt for t in trials if t.attempt > 1} == {3: 2}
    assert strategy.asks[0] == ({0, 1, 2}, {3})


def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    """Its trial goes to another, which is counted."""
    evaluator = Harmful(
        inner=cheap_evaluator(SPEC), harm=die, at=(5,), first_time_only=tmp_path / "once"
    )
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        _, trials, acks = run_asynchronously(store, executor, evaluator)
        assert executor.n_requeued == 1
    assert {t.state for t in trials} == {"complete"}
    assert sorted(acks) == list(range(BUDGET))


def test_a_design_that_kills_every_worker_fails_alone(tmp_path: Path) -> None:
    """With the reason, and the search goes on."""
    evaluator = Harmful(inner=cheap_evaluator(SPEC), harm=die, at=(5,))
    with Store.open(tmp_path / "s.sqlite") as store, two_processes(most_losses=2) as executor:
        _, trials, acks = run_asynchronously(store, executor, evaluator)
    assert [t.number for t in trials if t.state == "failed"] == [5]
    assert "it cost 2 workers" in trials[5].reasons[0]
    assert sorted(acks) == list(range(BUDGET))


@frozen(kw_only=True)
class EndAt(Ends):
    """Ends when so many trials are finished, and perhaps not any more with another."""

    at: int
    is_final: bool

    def reached(self, finished, elapsed_s) -> End | None:
        """Return an end at that number of trials, or what comes with the budget."""
        n = len(finished)
        if n == self.at or (n > self.at and self.is_final):
            return End(kind="stagnation", because="the test says so", trials=n, hypervolume=0.0)
        return super().reached(finished, elapsed_s)


@pytest.mark.parametrize(("is_final", "n_trials"), [(True, 7), (False, BUDGET)])
def test_what_is_under_way_at_an_end_is_kept_and_may_take_it_back(
    is_final, n_trials, tmp_path: Path
) -> None:
    """With two workers one is under way when the sixth is finished."""
    ends = EndAt(budget=BUDGET, at=6, is_final=is_final)
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        _, trials, acks = run_asynchronously(store, executor, ends=ends)
    assert {t.state for t in trials} == {"complete"}
    assert len(trials) == n_trials
    assert sorted(acks) == list(range(n_trials))


def test_a_stagnated_search_stays_ended(tmp_path: Path) -> None:
    """Resumed, it proposes nothing."""
    budget = evolve(SPEC.budget, trials=120, stagnation=Stagnation(trials=16, gain_pct=90.0))
    spec = evolve(SPEC, budget=budget)
    with Store.open(tmp_path / "s.sqlite") as store, two_processes() as executor:
        given = {"spec": spec, "evaluator": RecipeEvaluator()}
        study, trials, _ = run_asynchronously(store, executor, **given)
        assert 16 < len(trials) < 120
        _, again, acks = run_asynchronously(store, executor, study=study, **given)
    assert (len(again), acks) == (len(trials), [])


def test_a_run_whose_time_is_up_goes_on_when_it_is_resumed(tmp_path: Path) -> None:
    """At least one trial a run."""
    hurried = evolve(SPEC, budget=evolve(SPEC.budget, trials=3, wall_time_s=1e-9))
    study, counts = None, []
    with Store.open(tmp_path / "s.sqlite") as store:
        for _ in range(4):
            study, trials, _ = run_asynchronously(
                store, make_executor("inline"), study=study, spec=hurried
            )
            counts.append(len(trials))
    assert counts == [1, 2, 3, 3]


def test_the_mode_stands_in_the_config_only_when_it_is_asked_for() -> None:
    """Older studies keep their hash, and so do those that state what holds anyway."""
    spec = load_study(STATED)
    assert spec.budget.is_asynchronous
    assert spec.budget.depends_on_speed
    assert study_from_config(spec.config) == spec
    assert spec.sha256 != SPEC.sha256
    assert "mode" not in SPEC.config["budget"]
    assert load_study(STATED.replace("asynchronous", "reproducible")).sha256 == SPEC.sha256
    assert budget_schema()["properties"]["mode"]["enum"] == list(MODES)


def test_an_unknown_mode_is_refused_where_it_stands() -> None:
    """With the nearest that there is."""
    (found,) = problems_of(STATED.replace("asynchronous", "asynchron"))
    assert found.pointer == "budget.mode"
    assert "asynchronous" in str(found)


def test_people_are_told_that_such_a_search_depends_on_speed() -> None:
    """In the report, and below the list of studies; of others it is not said."""
    (said,) = how_it_ended({"mode": ASYNCHRONOUS, "depends_on_speed": True})
    assert "asynchronous" in said
    assert "The seed alone does not repeat it" in said
    listed = {
        "label": "S001",
        "name": "small",
        "state": "complete",
        "done": 20,
        "budget": 20,
        "feasible": 20,
        "updated_utc": "2026-01-01T00:00:00+00:00",
        "is_owned": False,
        "stopped": None,
    }
    assert "S001 is asynchronous" in studies_lines([{**listed, "mode": ASYNCHRONOUS}], 100)[-1]
    assert "asynchronous" not in "".join(studies_lines([{**listed, "mode": MODES[0]}], 100))
