"""The document of a study: recomputed from its trials, it says the same."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.confirmation import RELEASE, RELEASE_MECHANISTIC, confirm, release_curves
from experiments.executors import make_executor
from experiments.objective import StudyEvaluator
from experiments.results import confirmation_summary, front_of, study_document
from experiments.search.ends import Ends
from experiments.search.front import hypervolume, normalised
from experiments.search.loop import Search
from experiments.search.strategies import make_strategy
from experiments.store import Store, TrialRecord
from tests.experiments.small_study import add_study, small_chain, small_study, with_trials

SPEC = with_trials(small_study(), 40)


class Written:
    """A store to read from, with other trials than the file holds."""

    def __init__(self, store: Store, trials) -> None:
        self.store, self.changed = store, trials

    def trials(self, study_id):
        """Return the changed trials."""
        return self.changed

    def __getattr__(self, name):
        return getattr(self.store, name)


def search(store: Store, chain):
    """Run the small study to its end in the driver, confirmed; return its record."""
    study = add_study(store, SPEC)
    evaluator = StudyEvaluator(
        chain=chain, population=SPEC.population, objectives=SPEC.objectives, limits=SPEC.limits
    )
    with store.own(study.id) as lease:
        trials = (
            Search(
                space=SPEC.space,
                strategy=make_strategy("tpe", SPEC.space, SPEC.objectives),
                evaluator=evaluator,
                executor=make_executor("inline"),
                store=store,
                lease=lease,
                study_id=study.id,
                seed=study.seed,
                ends=Ends(budget=study.budget),
                batch=SPEC.budget.batch,
                on_ack=lambda _: None,
                on_progress=lambda _: None,
            )
            .run()
            .trials
        )
        front = front_of(SPEC.objectives, trials)
        store.put_confirmations(
            lease, confirm(front, SPEC.population, SPEC.objectives, SPEC.limits, 256)
        )
        store.put_curves(lease, release_curves(front, chain))
    return store.study(study.id)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the open store and the study of a finished search."""
    path: Path = tmp_path_factory.mktemp("results") / "s.sqlite"
    with Store.open(path) as store:
        yield store, search(store, small_chain(SPEC))


@pytest.fixture(scope="module")
def trials(finished):
    store, study = finished
    return store.trials(study.id)


@pytest.fixture(scope="module")
def document(finished):
    return study_document(*finished)


def scores_of(trials):
    return normalised(SPEC.objectives, [t.values for t in trials])


def beats(a, b) -> bool:
    return bool((a >= b).all() and (a > b).any())


def test_the_document_is_json_without_nan(document) -> None:
    """With its schema and version, and the same after a round trip."""
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["schema"], document["version"]) == ("formulation/run", 1)


def test_the_document_can_be_made_again(finished, document) -> None:
    """From the store alone, equal."""
    assert study_document(*finished) == document


def test_the_front_is_what_nothing_beats(document, trials) -> None:
    """By brute force over every pair of feasible trials."""
    feasible = [t for t in trials if t.is_feasible]
    scores = scores_of(feasible)
    expected = [
        t.number
        for t, own in zip(feasible, scores, strict=True)
        if not any(beats(other, own) for other in scores)
    ]
    front = [c["number"] for c in document["front"]]
    assert sorted(front) == expected
    assert 1 < len(front) < len(feasible) < len(trials)
    first = [c["objectives"][SPEC.objectives[0].endpoint] for c in document["front"]]
    assert first == sorted(first, reverse=True)


def test_of_equal_trials_one_stands_on_the_front(trials) -> None:
    """The first; a repeated design is no second candidate."""
    best = front_of(SPEC.objectives, trials)[0]
    again = evolve(best, number=999)
    assert front_of(SPEC.objectives, [*trials, again]) == front_of(SPEC.objectives, trials)


def test_an_infeasible_or_failed_trial_never_stands_on_the_front(trials) -> None:
    """However good its values are."""
    values = {"absorbed_increment.p50": 1e3, "swallowed_mass": 0.1}
    base = TrialRecord(number=900, state="failed", design=trials[0].design, seed=1)
    missed = evolve(base, number=901, state="complete", values=values, slacks={"x": -1e-12})
    running = evolve(base, number=902, state="running")
    numbers = {t.number for t in front_of(SPEC.objectives, [*trials, base, missed, running])}
    assert not numbers & {900, 901, 902}
    assert front_of(SPEC.objectives, [base, missed]) == []


def test_the_hypervolume_is_the_area_of_the_steps(document, trials) -> None:
    """Computed by hand for two objectives, between worst and ideal."""
    scores = np.clip(scores_of([t for t in trials if t.is_feasible]), 0, 1)
    area, reached = 0.0, 0.0
    for x, y in sorted(map(tuple, scores), reverse=True):
        area += x * max(y - reached, 0.0)
        reached = max(reached, y)
    assert document["hypervolume"] == pytest.approx(area, rel=1e-9)
    assert document["hypervolume"] == hypervolume(scores)
    assert 0 < area < 1


def test_the_history_never_loses_hypervolume_and_ends_at_the_result(document) -> None:
    """More trials never make the front smaller."""
    history = document["history"]
    volumes = [point["hypervolume"] for point in history]
    assert [point["trial"] for point in history] == [16, 32, 40]
    assert volumes == sorted(volumes)
    assert volumes[-1] == document["hypervolume"]
    assert history[-1]["feasible_fraction"] == document["feasible_fraction"]


def test_counts_add_up_to_the_trials(document, trials) -> None:
    """By system, salt, state and rung; and the share that is feasible."""
    assert document["trials"] == len(document["points"]) == len(trials) == 40
    for counts in document["trials_by"].values():
        assert sum(counts.values()) == 40
    assert document["trials_by"]["salt"] == dict(Counter(t.design["salt"] for t in trials))
    assert document["feasible_fraction"] == sum(t.is_feasible for t in trials) / 40


def test_missed_limits_are_counted_with_an_example(document, trials) -> None:
    """As often as a slack is below zero, the example in the words of that limit."""
    (limit,) = SPEC.limits
    missed = [t for t in trials if t.slacks[limit.name] < 0]
    (found,) = document["infeasible_reasons"]
    assert found["limit"] == limit.name
    assert found["count"] == len(missed) > 0
    reason = limit.reason(missed[0].values[limit.endpoint])
    assert found["example"] == f"C{missed[0].number:03d}: {reason}"


def test_failed_trials_are_counted_among_the_reasons(finished, trials) -> None:
    """With what went wrong; they are no points of the plot's front."""
    store, study = finished
    broken = evolve(trials[0], state="failed", values={}, slacks={}, reasons=("no number",))
    found = study_document(Written(store, (broken, *trials[1:])), study)
    reasons = {r["limit"]: r for r in found["infeasible_reasons"]}
    assert reasons["evaluation failed"]["count"] == 1
    assert reasons["evaluation failed"]["example"] == "C000: no number"
    assert set(found["points"][0]["objectives"].values()) == {None}
    json.dumps(found, allow_nan=False)


def test_no_invalid_design_was_asked(finished, document, trials) -> None:
    """And a stored design that breaks a rule would be counted."""
    assert document["invalid_asked"] == 0
    store, study = finished
    amounts = trials[3].design["amounts_mg"]
    design = {**trials[3].design, "amounts_mg": {**amounts, "salt": amounts["salt"] * 3}}
    changed = [*trials[:3], evolve(trials[3], design=design), *trials[4:]]
    assert study_document(Written(store, changed), study)["invalid_asked"] == 1


def test_each_candidate_stands_with_recipe_interval_and_confirmation(document, finished) -> None:
    """Everything a person needs to make it and to doubt it."""
    store, study = finished
    records = {c.number: c for c in store.confirmations(study.id)}
    for candidate in document["front"]:
        record = records[candidate["number"]]
        assert candidate["label"] == f"C{candidate['number']:03d}"
        assert sum(candidate["recipe_mg"].values()) == pytest.approx(candidate["unit_mass_mg"])
        for key, (low, high) in candidate["intervals"].items():
            assert low <= candidate["values"][key] <= high
        assert {SPEC.limits[0].endpoint} < set(candidate["intervals"])
        assert candidate["confirmation"]["values"] == record.values
        assert candidate["confirmation"]["is_confirmed"] == (min(record.slacks.values()) >= 0)
        assert list(candidate["curves"]) == [RELEASE, RELEASE_MECHANISTIC]


def test_the_summary_of_the_confirmation_follows_from_its_records(document, finished) -> None:
    """Median and largest gap by objective and limit, and how many still meet every limit."""
    store, study = finished
    front = {c["number"]: c for c in document["front"]}
    records = store.confirmations(study.id)
    summary = document["confirmation"]
    assert (summary["n_candidates"], summary["n_subjects"]) == (len(records), 256)
    assert summary["n_confirmed"] == sum(min(r.slacks.values()) >= 0 for r in records)
    key = "absorbed_increment.p50"
    gaps = [abs(front[r.number]["values"][key] / r.values[key] - 1) for r in records]
    assert list(summary["objectives"]) == [key, SPEC.limits[0].endpoint]
    assert summary["objectives"][key]["median_relative_gap"] == pytest.approx(np.median(gaps))
    assert summary["objectives"][key]["largest_relative_gap"] == pytest.approx(max(gaps))


def test_without_candidates_the_summary_is_empty() -> None:
    """No division by nothing."""
    assert confirmation_summary(SPEC.objectives, [], {}) == {
        "n_candidates": 0,
        "n_subjects": 0,
        "n_confirmed": 0,
        "objectives": {},
    }


def test_a_study_without_trials_has_a_document(tmp_path: Path) -> None:
    """Just created: nothing found, nothing undefined."""
    with Store.open(tmp_path / "s.sqlite") as store:
        study = store.create_study(
            name=SPEC.name,
            config=SPEC.config,
            config_text=SPEC.text,
            config_sha256=SPEC.sha256,
            seed=1,
            budget=4,
        )
        found = study_document(store, study)
    assert (found["trials"], found["hypervolume"], found["front"]) == (0, 0.0, [])
    assert found["history"] == []
    json.dumps(found, allow_nan=False)
