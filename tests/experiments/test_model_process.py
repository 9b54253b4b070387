"""The processes behind a model-based search, and what they promise of a candidate."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from experiments.search.model_based import kernel, process
from experiments.search.model_based.improvement import (
    expected_improvement,
    probability_of_feasibility,
)
from experiments.search.model_based.kernel import posterior_and_gradient, prior, surface_terms
from experiments.search.model_based.process import fitted

GROUPS = np.array([0, 1, 2, 3, 3, 3])
"""Three numbers, and a choice of three in columns."""


def rows(n: int, seed: int = 0):
    """Return features of three numbers and a choice."""
    rng = np.random.default_rng(seed)
    return np.hstack([rng.random((n, 3)), np.eye(3)[rng.integers(3, size=n)]])


def outcome(x):
    """Return something smooth that depends on two numbers and on the choice."""
    return np.sin(4 * x[:, 0]) + 2 * x[:, 1] ** 2 + 0.7 * x[:, 4]


@pytest.mark.parametrize("has_surface", [True, False])
def test_the_gradient_of_the_posterior_is_that_of_differences(has_surface):
    """Also over groups and priors, with the terms of a surface and without."""
    x = rows(25)
    y = (outcome(x) - outcome(x).mean()) / outcome(x).std()
    middle, spread = prior(np.array([False, False, False, True]), 4.0)
    theta = middle + np.array([0.3, -0.4, 0.2, 0.5, -0.1, 1.0, -0.6, 0.8])
    slopes, bends = surface_terms(x, np.array([True] * 3 + [False] * 3))
    terms = (slopes @ slopes.T, bends @ bends.T) if has_surface else ()
    n = 6 + len(terms)
    theta, given = theta[:n], (x, y, GROUPS, middle[:n], spread[:n], terms)
    _, gradient = posterior_and_gradient(theta, *given)
    by_differences = approx_fprime(theta, lambda t: posterior_and_gradient(t, *given)[0], 1e-6)
    assert gradient == pytest.approx(by_differences, rel=1e-4, abs=1e-4)


def test_a_process_predicts_what_it_has_not_seen_and_knows_how_well():
    """Nine errors of ten lie within two spreads, and errors are small beside the outcome."""
    x, new = rows(60), rows(400, seed=1)
    mean, spread = fitted(x, outcome(x), GROUPS, 4.0).predict(new)
    error = np.abs(mean - outcome(new))
    assert np.sqrt((error**2).mean()) < 0.1 * outcome(new).std()
    assert (error < 2 * spread + 1e-3).mean() > 0.9


def test_few_rows_tell_where_the_middle_of_each_range_is_best():
    """Sixteen rows of a sum of squares over six numbers; corners are not hoped for."""
    rng = np.random.default_rng(4)
    x = rng.random((16, 6))
    bowl = fitted(x, ((x - 0.5) ** 2).sum(axis=1), np.arange(6), 6.0)
    corners = rng.integers(2, size=(200, 6)).astype(float)
    lowest = bowl.predict(np.full((1, 6), 0.5))[0][0]
    mean, spread = bowl.predict(corners)
    assert lowest < 0.2
    assert (mean - 2 * spread > lowest).all()


def test_a_process_finds_noise_and_smooths_it():
    """Its spread is that of the mean, not of a reading."""
    x = rows(120)
    noise = 0.3 * np.random.default_rng(3).standard_normal(120)
    noisy = fitted(x, outcome(x) + noise, GROUPS, 4.0)
    assert noisy.is_noisy
    assert not fitted(x, outcome(x), GROUPS, 4.0).is_noisy
    mean, _ = noisy.predict(x)
    assert ((mean - outcome(x)) ** 2).mean() < 0.5 * (noise**2).mean()


def test_a_row_added_gives_the_process_that_had_it_from_the_start():
    """The factor grown by a row is the factor of all rows."""
    x, y = rows(40), outcome(rows(40))
    first = fitted(x[:-1], y[:-1], GROUPS, 4.0)
    grown = first.conditioned(x[-1], y[-1])
    whole = process._seen(
        first.kernel, x, (y - first.offset) / first.scale, first.offset, first.scale
    )
    new = rows(50, seed=2)
    for one, other in zip(grown.predict(new), whole.predict(new), strict=True):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-9)


def test_a_fit_to_many_rows_searches_length_scales_on_some_and_sees_all(monkeypatch):
    """So an ask stays affordable, and no row is lost."""
    asked = []
    inner = kernel.posterior_and_gradient

    def noted(theta, features, *given):
        asked.append(len(features))
        return inner(theta, features, *given)

    monkeypatch.setattr(kernel, "posterior_and_gradient", noted)
    x = rows(400)
    found = fitted(x, outcome(x), GROUPS, 4.0)
    assert set(asked) == {process.MOST_ROWS}
    assert len(found.rows) == 400


def test_equal_outcomes_make_a_process_that_predicts_them():
    """A spread of zero divides nothing."""
    mean, _ = fitted(rows(12), np.full(12, 3.0), GROUPS, 4.0).predict(rows(5))
    assert mean == pytest.approx(np.full(5, 3.0))


FRONTS = {
    1: np.array([[0.6]]),
    2: np.array([[0.1, 0.8], [0.4, 0.5], [0.9, 0.2]]),
    3: np.array([[0.1, 0.8, 0.5], [0.4, 0.5, 0.6], [0.9, 0.2, 0.1]]),
    4: np.array([[0.1, 0.8, 0.5, 0.3], [0.4, 0.5, 0.6, 0.2]]),
    5: np.array([[0.1, 0.8, 0.5, 0.3, 0.6], [0.4, 0.5, 0.6, 0.2, 0.7]]),
}


def drawn_improvement(mean, spread, front, reference, n=40_000):
    """Average the hypervolume that drawn outcomes add, one by one."""
    from moocore import hypervolume

    rng = np.random.default_rng(0)
    before = hypervolume(front, ref=reference) if len(front) else 0.0
    total = 0.0
    for drawn in mean + spread * rng.standard_normal((n, len(mean))):
        if (drawn < reference).all():
            total += hypervolume(np.vstack([front, drawn]), ref=reference) - before
    return total / n


@pytest.mark.parametrize("n_objectives", [1, 2, 3, 4, 5])
def test_expected_improvement_is_the_mean_over_drawn_outcomes(n_objectives):
    """Closed for one and two objectives, an integral for more; an empty front too."""
    reference = np.ones(n_objectives)
    rng = np.random.default_rng(n_objectives)
    mean = 0.3 + 0.4 * rng.random((3, n_objectives))
    spread = 0.05 + 0.2 * rng.random((3, n_objectives))
    for front in (FRONTS[n_objectives], np.empty((0, n_objectives))):
        found = expected_improvement(mean, spread, front, reference)
        brute = [
            drawn_improvement(m, s, front, reference, 8_000)
            for m, s in zip(mean, spread, strict=True)
        ]
        assert found == pytest.approx(brute, rel=0.12, abs=2e-3)


def test_expected_improvement_of_two_is_exact_where_the_outcome_is_known():
    """A spread of next to nothing gives the hypervolume itself."""
    found = expected_improvement(
        np.array([[0.3, 0.3], [0.95, 0.95], [1.5, 0.1]]),
        np.full((3, 2), 1e-9),
        FRONTS[2],
        np.ones(2),
    )
    # (0.3, 0.3) adds 0.1 x 0.5 left of the second member, 0.5 x 0.2 below it.
    assert found == pytest.approx([0.1 * 0.5 + 0.5 * 0.2, 0.0, 0.0], abs=1e-6)


def test_feasibility_is_the_product_over_limits_and_one_without():
    """Half a chance for each slack of mean zero."""
    assert probability_of_feasibility(np.zeros((2, 2)), np.ones((2, 2))) == pytest.approx(0.25)
    assert probability_of_feasibility(np.empty((3, 0)), np.empty((3, 0))).tolist() == [1, 1, 1]
