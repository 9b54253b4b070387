"""A study may report, penalise or forbid designs far from what its surrogates were fitted on."""

from pathlib import Path

import numpy as np
import pytest

from experiments import objective
from experiments.cli.check import describe
from experiments.config import load_study, study_from_config
from experiments.executors import make_executor
from experiments.objective import EXTRAPOLATION_LIMIT, StudyEvaluator, Task
from experiments.reports.page import render
from experiments.reports.tables import limits_table, targets_table
from experiments.reports.wording import limit_text
from experiments.results import front_of
from experiments.search.loop import observation
from experiments.search.strategies import make_strategy
from experiments.search.strategy import PENALTY
from experiments.store import Store
from formulation.errors import InputError
from models.learning.applicability import FAR_PCT
from tests.experiments.example_document import example_document
from tests.experiments.small_study import TEXT, small_chain, small_study
from tests.experiments.test_search import facts, history_of, run_search

SPEC = small_study()


@pytest.fixture(scope="module")
def chain():
    return small_chain(SPEC)


def evaluator_of(chain, *, forbids: bool = False) -> StudyEvaluator:
    return StudyEvaluator(
        chain=chain,
        population=SPEC.population,
        objectives=SPEC.objectives,
        limits=SPEC.limits,
        forbids_extrapolation=forbids,
    )


def searched(folder: Path, evaluator, *, strategy=None, kind: str = "inline"):
    """Return the trials of the small study."""
    workers = 1 if kind == "inline" else 2
    with Store.open(folder / f"{kind}.sqlite") as store, make_executor(kind, workers) as executor:
        executor.warm_up()
        return run_search(store, SPEC, evaluator, executor, strategy=strategy)[1]


def stated(word: str) -> str:
    return TEXT + f"extrapolation: {word}\n"


def test_a_study_that_leaves_the_key_out_keeps_its_hash() -> None:
    """It reports; stating so is another study file, and each word has a hash of its own."""
    assert SPEC.extrapolation == "report"
    assert "extrapolation" not in SPEC.config
    studies = [load_study(stated(word)) for word in ("report", "penalise", "forbid")]
    assert [s.extrapolation for s in studies] == ["report", "penalise", "forbid"]
    assert len({SPEC.sha256, *(s.sha256 for s in studies)}) == 4
    assert [study_from_config(s.config) == s for s in studies] == [True] * 3


def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    """With its place in the file."""
    with pytest.raises(InputError, match=r"'penalize'.*penalise") as caught:
        load_study(stated("penalize"))
    assert (caught.value.problems[0].line, caught.value.problems[0].pointer) == (
        len(TEXT.splitlines()) + 1,
        "extrapolation",
    )


def test_reporting_changes_no_trial(chain, tmp_path: Path, monkeypatch) -> None:
    """Designs, values and slacks are those of a search that never looks how far it goes."""
    (tmp_path / "blind").mkdir()
    looking = searched(tmp_path, evaluator_of(chain))
    monkeypatch.setattr(
        type(next(iter(chain.surrogates.values()))),
        "outside",
        lambda self, features: (np.zeros(len(features)), ((),) * len(features)),
    )
    blind = searched(tmp_path / "blind", evaluator_of(chain))
    assert facts(looking) == facts(blind)
    assert [t.lo90 for t in looking] == [t.lo90 for t in blind]
    assert any("extrapolating in" in r for t in looking for r in t.reasons)
    assert all(EXTRAPOLATION_LIMIT not in t.slacks for t in looking)


def test_forbidding_keeps_every_acceptable_design_inside(chain, tmp_path: Path) -> None:
    """What lies outside is infeasible, with the distance as slack and the reason in words."""
    trials = searched(tmp_path, evaluator_of(chain, forbids=True))
    reach = chain.reach_pct([observation(t).design for t in trials])
    outside = reach > FAR_PCT
    assert 0 < outside.sum() < len(trials)
    assert not any(t.is_feasible for t, far in zip(trials, outside, strict=True) if far)
    assert any(t.is_feasible for t in trials)
    front = [t.number for t in front_of(SPEC.objectives, trials)]
    assert front
    assert not outside[front].any()
    for trial, far in zip(trials, reach, strict=True):
        assert trial.slacks[EXTRAPOLATION_LIMIT] == FAR_PCT - far
        told = [r for r in trial.reasons if r.startswith("too far from the training data: ")]
        assert len(told) == (far > FAR_PCT)
        assert all("nearest simulated design" in text for text in told)
        assert trial.state == "complete"


def test_without_the_fence_designs_outside_are_acceptable(chain, tmp_path: Path) -> None:
    """The test above would see a fence that was taken away."""
    trials = searched(tmp_path, evaluator_of(chain))
    reach = chain.reach_pct([observation(t).design for t in trials])
    assert any(t.is_feasible and far > FAR_PCT for t, far in zip(trials, reach, strict=True))


def test_reasons_stand_in_the_order_of_the_limits_that_are_missed(chain) -> None:
    """The document takes the example of each limit from its place."""
    tasks = [
        Task(number=o.number, design=o.design) for o in history_of(SPEC, evaluator_of(chain), 60)
    ]
    found = evaluator_of(chain, forbids=True)(tasks)
    both = [o for o in found if sum(s < 0 for s in o.slacks.values()) == 2]
    assert both
    for outcome in both:
        assert list(outcome.slacks)[-1] == EXTRAPOLATION_LIMIT
        assert outcome.reasons[0].startswith("Most dissolved Mg in the upper gut")
        assert outcome.reasons[1].startswith("too far from the training data")
        assert len(outcome.reasons) == 2


def test_penalising_changes_no_value(chain, tmp_path: Path) -> None:
    """Each value is what the chain says of its design, however the search ranked it."""
    plain = evaluator_of(chain)
    strategy = make_strategy("tpe", SPEC.space, SPEC.objectives, chain.reach_pct)
    assert strategy.name.endswith(f"extrapolation penalised by {PENALTY:g})")
    trials = searched(tmp_path, plain, strategy=strategy)
    tasks = [Task(number=t.number, design=observation(t).design) for t in trials]
    for told, trial in zip(plain(tasks), trials, strict=True):
        assert dict(told.values) == pytest.approx(dict(trial.values), rel=1e-6, abs=1e-9)
    assert all(EXTRAPOLATION_LIMIT not in t.slacks for t in trials)


def test_a_penalised_search_proposes_nearer_designs(chain) -> None:
    """Over 128 designs of four seeds, the mean reach is lower than without."""
    history = history_of(SPEC, evaluator_of(chain), 80)
    mean = {}
    for name, reach in (("plain", None), ("penalised", chain.reach_pct)):
        strategy = make_strategy("tpe", SPEC.space, SPEC.objectives, reach)
        designs = [p.design for seed in range(4) for p in strategy.propose(history, (), 32, seed)]
        mean[name] = float(np.mean(chain.reach_pct(designs)))
    assert mean["penalised"] < mean["plain"]


def test_a_penalty_of_nothing_is_the_search_without_one(chain) -> None:
    """To the last digit."""
    history = history_of(SPEC, evaluator_of(chain), 40)
    first, second = (
        make_strategy("tpe", SPEC.space, SPEC.objectives, reach).propose(history, (), 8, 3)
        for reach in (None, lambda designs: np.zeros(len(designs)))
    )
    assert first == second


def test_processes_forbid_as_the_driver_does(chain, tmp_path: Path) -> None:
    """The evaluator goes to them whole."""
    inline, process = (
        searched(tmp_path, evaluator_of(chain, forbids=True), kind=kind)
        for kind in ("inline", "process")
    )
    assert facts(inline) == facts(process)
    assert [t.reasons for t in inline] == [t.reasons for t in process]


def test_the_limit_has_words_for_people() -> None:
    """As every other limit in a table."""
    assert limit_text(objective.EXTRAPOLATION_LIMIT) == (
        "Inside the ranges of the training data, distance at most their own 95th percentile"
    )


def test_a_report_of_a_fenced_study_shows_the_room_the_search_saw() -> None:
    """The confirmation was fitted on nothing, so it has no such room, and says none."""
    document = example_document()
    document["study"]["extrapolation"] = "forbid"
    document["limits"].append(EXTRAPOLATION_LIMIT)
    for candidate in document["front"]:
        candidate["limits"] = {**candidate["limits"], EXTRAPOLATION_LIMIT: 41.2}
    table = limits_table(document)
    assert table.columns[-1].title == limit_text(EXTRAPOLATION_LIMIT)
    assert {row[-1] for row in table.rows} == {"41"}
    assert targets_table(document).rows[-1][-1] == "%"
    page = render(document)
    assert "Designs far from what the surrogates were fitted on count as infeasible." in page


def test_check_says_what_a_study_does_with_extrapolation() -> None:
    """Also when nothing is stated."""
    assert describe(SPEC)["extrapolation"] == "report"
    assert describe(load_study(stated("forbid")))["extrapolation"] == "forbid"
