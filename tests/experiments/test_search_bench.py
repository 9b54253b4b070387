"""The arithmetic of the search benchmark, and that its spaces are those of the problems."""

import json

import numpy as np
import pytest

from experiments.search.model_based.candidates import random_candidate
from tests.bench.search import NAMES, batch_share, paired, verdict
from tests.bench.search_peers import COMPETITORS
from tests.bench.search_problem import CONDITIONAL, problem_of
from tests.bench.search_spaces import PROBLEMS, ROOT


def runs_of(values):
    """Return runs of every competitor with the hypervolumes given, by seed."""
    return [
        {"problem": "p", "competitor": who, "seed": seed, "hypervolume": {"50": value}}
        for who, found in values.items()
        for seed, value in enumerate(found)
    ]


def test_the_difference_is_taken_seed_by_seed_against_the_best_peer():
    """Three seeds by hand: 0.1, 0.2 and 0.3 ahead, t of 2 degrees 4.303."""
    values = {who: [0.1, 0.1, 0.1] for who in COMPETITORS}
    values |= {"model_based": [0.6, 0.8, 1.0], "tpe": [0.5, 0.6, 0.7]}
    found = paired(runs_of(values), "p", 50)
    assert found["best_peer"] == "tpe"
    assert found["difference"] == pytest.approx(0.2)
    half = 4.3027 * 0.1 / np.sqrt(3)
    assert (found["low95"], found["high95"]) == pytest.approx((0.2 - half, 0.2 + half), rel=1e-4)


def test_a_figure_is_missed_below_what_it_must_be_and_for_costs_above():
    """The edge itself is reached."""
    assert [verdict(x, 0.9, 1.0) for x in (0.89, 0.9, 1.0)] == ["MISSED", "must", "aim"]
    assert [verdict(x, 2.0, 1.0, True) for x in (2.1, 2.0, 1.0)] == ["MISSED", "must", "aim"]


def test_batches_are_compared_problem_by_problem():
    """0.45 of 0.5."""
    found = batch_share(runs_of({"model_based": [0.5], "model_based_batch_8": [0.45]}), ["p"])
    assert found == {"p": pytest.approx(0.9), "all": pytest.approx(0.9)}


@pytest.mark.parametrize("name", NAMES)
def test_every_point_drawn_is_valid_and_comes_back_from_its_answers(name):
    """Peers and ours cannot leave a problem's space; the starting points lie in it."""
    if not PROBLEMS.is_file():
        pytest.skip(f"{PROBLEMS.name} is the user's own file")
    problem = problem_of(name, PROBLEMS)
    rng = np.random.default_rng(0)
    drawn = [random_candidate(problem.space, rng).point for _ in range(40)]
    for point in (*drawn, *problem.start(3)):
        assert problem.space.holds(point)
        assert problem.evaluate(point)[2]
        answers = problem.space.encode(point)
        again = problem.space.draw(lambda question, _, found=answers: found[question])
        features = problem.space.features([point, again])
        assert features[0] == pytest.approx(features[1], abs=1e-6)


def test_the_figures_written_are_of_seeds_on_which_nothing_was_chosen():
    """And say what was run and what was measured elsewhere."""
    file = ROOT / "docs" / "search.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    seeds = document["seeds"]
    assert not set(seeds["settings_chosen_on"]) & set(seeds["reported"])
    assert len(seeds["reported"]) >= 10
    assert set(document["problems"]) == set(NAMES) >= {CONDITIONAL}
    of = {(r["problem"], r["competitor"], r["seed"]) for r in document["runs"]}
    assert len(of) == len(NAMES) * (len(COMPETITORS) + 1) * len(seeds["reported"])
    assert "elsewhere" in document["measured_elsewhere"]["note"]
    for found in document["comparisons"]:
        again = paired(document["runs"], found["problem"], found["n"])
        assert again["difference"] == pytest.approx(found["difference"])
