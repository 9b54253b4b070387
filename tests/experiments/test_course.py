"""One pass over the trials of a search gives what was computed of all of them, exactly."""

import numpy as np
import pytest
from attrs import evolve

from experiments.config import load_study
from experiments.search import course
from experiments.search.front import hypervolume, normalised
from tests.experiments.small_study import TEXT

TWO = load_study(TEXT).objectives
THREE = (*TWO, evolve(TWO[0], endpoint="serum.p50"))


def made_up(objectives, n: int) -> list[dict[str, float] | None]:
    """Return values of trials on both sides of the worst acceptable; None of every fifth."""
    rng = np.random.default_rng(1)
    values = [
        {o.endpoint: o.worst + (o.ideal - o.worst) * rng.uniform(-0.2, 0.9) for o in objectives}
        for _ in range(n)
    ]
    return [None if k % 5 == 0 else row for k, row in enumerate(values)]


@pytest.mark.parametrize("objectives", [TWO, THREE], ids=len)
def test_a_course_is_what_all_trials_so_far_give(objectives) -> None:
    """Hypervolume, share and best of each objective, after every trial."""
    followed, feasible = course.Course(objectives=objectives), []
    for n, values in enumerate(made_up(objectives, 120), start=1):
        followed.follow(values)
        feasible += [values] if values else []
        scores = normalised(objectives, feasible)
        assert followed.hypervolume == hypervolume(scores)
        assert followed.feasible_fraction == len(feasible) / n
        if feasible:
            assert followed.best_scores.tolist() == scores.max(axis=0).tolist()
            for objective in objectives:
                found = [row[objective.endpoint] for row in feasible]
                best = max(found) if objective.goal.value == "maximise" else min(found)
                assert followed.best[objective.endpoint] == best


def test_a_course_without_feasible_trials_has_no_best() -> None:
    """Its front is worth nothing."""
    followed = course.Course(objectives=TWO)
    followed.follow(None)
    assert (followed.hypervolume, followed.feasible_fraction, followed.best) == (0.0, 0.0, {})
    assert np.isnan(followed.best_scores).all()


def test_a_trial_that_changes_no_front_costs_no_hypervolume(monkeypatch) -> None:
    """So a long search costs as much a trial as a short one."""
    asked = []
    monkeypatch.setattr(course, "hypervolume", lambda scores: asked.append(len(scores)) or 0.5)
    followed = course.Course(objectives=TWO)
    best = {o.endpoint: o.ideal for o in TWO}
    worse = {o.endpoint: o.worst for o in TWO}
    for values in (best, *[worse] * 50):
        followed.follow(values)
        assert followed.hypervolume == 0.5
    assert asked == [1]
