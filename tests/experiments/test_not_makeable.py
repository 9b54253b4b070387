"""What a laboratory could not make: part of the study, and every strategy learns from it."""

import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.config import load_study, study_from_config
from experiments.config.documents import node_of
from experiments.config.items import Item
from experiments.config.product import Product, product_config, read_product
from experiments.config.spec import STRATEGIES
from experiments.executors import make_executor
from experiments.search.ends import Ends
from experiments.search.loop import Search
from experiments.search.makeable import Neighbours
from experiments.search.model_based.candidates import moved_candidate, scaler_of
from experiments.search.model_based.outcomes import MADE, Seen
from experiments.search.model_based.spaces import ProductSpace
from experiments.search.parzen import ParzenEstimator
from experiments.search.strategies import make_strategy
from experiments.search.strategy import MOST_REDRAWS, Observation
from experiments.search.stratified import stratified
from experiments.store import Store
from formulation.design import Design
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_model_based import RecipeEvaluator, evaluated, history_of

SPEC = small_study()


def unmade(design, number=0):
    return Observation(number=number, design=design, values={}, slacks={}, is_own=False)


@pytest.mark.parametrize("n_own", [0, 30])
@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "random"])
def test_what_could_not_be_made_changes_the_very_next_proposal(name, n_own):
    """At its start as with its model; random leaves its neighbourhood, as the next test says."""
    asking = make_strategy(name, SPEC.space, SPEC.objectives)
    history = [evolve(o, number=o.number + 1) for o in history_of(n_own)]
    ways = [unmade(d) for d in SPEC.space.sample(2, np.random.default_rng(8))]
    proposed = [[p.design.key for p in asking.propose([way, *history], (), 4, 5)] for way in ways]
    first = asking.propose(history_of(n_own), (), 4, 5)
    assert [p.design.key for p in first] != proposed[0]


@pytest.mark.parametrize("name", ["tpe", "evolutionary", "random"])
def test_a_start_passes_over_what_lies_near_the_unmade(name):
    """The design whose turn it is could not be made: another of that system and salt is taken."""
    turn = stratified(SPEC.space, 0, 5)
    (found,) = make_strategy(name, SPEC.space, SPEC.objectives).propose([unmade(turn)], (), 1, 5)
    ways = [stratified(SPEC.space, 0, 5, attempt) for attempt in range(MOST_REDRAWS)]
    assert found.design in ways[1:]


def test_parzen_is_told_of_a_missed_limit():
    """Optuna ranks what could not be made behind everything that could, whatever its values."""
    asking = make_strategy("tpe", SPEC.space, SPEC.objectives)
    history = [*history_of(20), unmade(SPEC.space.sample(1, np.random.default_rng(3))[0], 20)]
    trials = asking._study(history, (), 21, 5).trials
    assert [MADE in trial.constraints for trial in trials] == [False] * 20 + [True]
    assert trials[-1].constraints[MADE] > 0
    worst = np.max([trial.values for trial in trials[:-1]], axis=0)
    assert trials[-1].values == worst.tolist()
    assert ParzenEstimator(
        ProductSpace(space=SPEC.space), [Seen(point=o.design) for o in history], [], [1]
    )._study.trials[-1].constraints == {MADE: 1.0}


@pytest.mark.parametrize("name", STRATEGIES)
def test_imported_measurements_change_the_very_next_proposal(name):
    """A row with values, from a laboratory, beside thirty trials."""
    asking = make_strategy(name, SPEC.space, SPEC.objectives)
    own = history_of(30)
    (row,) = history_of(1, seed=77)
    best = {**row.values, SPEC.objectives[0].endpoint: 39.0, SPEC.objectives[1].endpoint: 0.6}
    ways = [evolve(row, values=values, slacks={}, is_own=False) for values in (row.values, best)]
    history = [evolve(o, number=o.number + 1) for o in own]
    found = [[p.design.key for p in asking.propose([w, *history], (), 8, 5)] for w in ways]
    before = [p.design.key for p in asking.propose(own, (), 8, 5)]
    assert found[0] != before or name == "random"
    assert (found[0] != found[1]) == (name in ("tpe", "model_based"))


def test_the_model_learns_the_probability_that_something_can_be_made():
    """Twelve neighbours of its favourite could not be made: the next lies farther from it."""
    asking = make_strategy("model_based", SPEC.space, SPEC.objectives)
    history = history_of(24)
    (wanted,) = asking.propose(history, (), 1, 5)
    space, rng = ProductSpace(space=SPEC.space), np.random.default_rng(2)
    answers = space.encode(wanted.design)
    near = [moved_candidate(space, answers, answers, 0.1, rng).point for _ in range(12)]
    told = [unmade(d, 24 + k) for k, d in enumerate(near)]
    (other,) = asking.propose([*history, *told], (), 1, 5)
    scaled = scaler_of(space)(space.features([wanted.design, other.design, *near]))
    apart = np.linalg.norm(scaled - scaled[0], axis=1)
    assert apart[1] > np.median(apart[2:])


def test_neighbours_of_what_could_not_be_made_are_passed_over():
    """The first design that lies nearer to one that could; with none such, the farthest."""
    bad, good, *rest = SPEC.space.sample(40, np.random.default_rng(4))
    history = [unmade(bad), evaluated(good, 1)]
    known = Neighbours(space=SPEC.space, history=history)
    near = min(rest, key=lambda d: known._distances(d)[0])
    far = min(rest, key=lambda d: known._distances(d)[1])
    assert known.chosen(lambda attempt: far if attempt else near, set()) == far
    alone = Neighbours(space=SPEC.space, history=history[:1])
    farthest = max(rest[:8], key=lambda d: alone._distances(d)[0])
    assert alone.chosen(lambda attempt: rest[attempt], set()) == farthest
    nothing = Neighbours(space=SPEC.space, history=[])
    assert nothing.chosen(lambda attempt: rest[attempt], set()) == rest[0]


def with_unmade(tmp_path: Path):
    """Return a study told that two products could not be made: one in a file, one written out."""
    first, second = SPEC.space.sample(2, np.random.default_rng(9))
    texts = [product_config(Product(name=f"p{k}", design=d)) for k, d in enumerate((first, second))]
    (tmp_path / "p0.yaml").write_text(json.dumps(texts[0]), encoding="utf-8")
    listed = [
        {"product": "p0.yaml", "because": "it caps at 20 kN"},
        {"product": texts[1], "because": "it sticks to the punch"},
    ]
    path = tmp_path / "study.yaml"
    path.write_text(TEXT + f"not_makeable: {json.dumps(listed)}\n", encoding="utf-8")
    return load_study(path), (first, second)


def test_what_could_not_be_made_becomes_part_of_the_study(tmp_path):
    """By file or written out; nobody reads the file again."""
    study, designs = with_unmade(tmp_path)
    assert tuple(u.design for u in study.not_makeable) == designs
    (tmp_path / "p0.yaml").unlink()
    assert study_from_config(study.config) == study
    assert study.sha256 != SPEC.sha256


def test_a_product_written_out_reads_back_as_the_same_design():
    """Of both systems, with every setting."""
    for design in SPEC.space.sample(40, np.random.default_rng(5)):
        data = product_config(Product(name="a", design=design))
        item = Item(node=node_of(data), file="", problems=[])
        found = read_product(item)
        assert not item.problems
        assert found.design == design


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_search_that_was_told_numbers_its_trials_from_zero(name, tmp_path):
    """And what it was told is no trial of its own."""
    study, designs = with_unmade(tmp_path)
    told = tuple(unmade(d, k) for k, d in enumerate(designs))
    with Store.open(tmp_path / "s.sqlite") as store:
        record = recorded(store, study)
        with store.own(record.id) as lease:
            Search(
                space=study.space,
                strategy=make_strategy(name, study.space, study.objectives),
                evaluator=RecipeEvaluator(),
                executor=make_executor("inline"),
                store=store,
                lease=lease,
                study_id=record.id,
                seed=5,
                ends=Ends(budget=20),
                batch=8,
                told=told,
                on_ack=lambda _: None,
                on_progress=lambda _: None,
            ).run()
        trials = store.trials(record.id)
    assert [t.number for t in trials] == list(range(20))
    keys = {Design.from_dict(t.design).key for t in trials}
    assert not {d.key for d in designs} & keys


@pytest.mark.parametrize("name", ["tpe", "model_based", "evolutionary"])
def test_what_could_not_be_made_replaces_no_trial_of_the_start(name):
    """A hundred failures elsewhere leave a strategy as little to go by as none."""
    asking = make_strategy(name, SPEC.space, SPEC.objectives)
    told = [unmade(d, -1) for d in SPEC.space.sample(100, np.random.default_rng(4))]
    (alone,) = asking.propose([], (), 1, 5)
    (found,) = asking.propose(told, (), 1, 5)
    assert found.rung == alone.rung


def recorded(store, study):
    return store.create_study(
        name=study.name,
        config=study.config,
        config_text=study.text,
        config_sha256=study.sha256,
        seed=5,
        budget=20,
    )
