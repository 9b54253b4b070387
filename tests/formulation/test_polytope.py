"""The polytope: its chart is a bijection, and its ranges are those of linear programming."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import beta, ks_2samp, kstest

from formulation.errors import InputError
from formulation.polytope import Polytope


@st.composite
def polytopes(draw):
    """Draw a box cut by half-spaces that all keep one inner point."""
    n = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    centre, half = rng.uniform(-50, 50, n), rng.uniform(0.5, 100, n)
    cuts = rng.normal(size=(draw(st.integers(0, 5)), n))
    room = rng.uniform(0.05, 40, len(cuts))
    rows = np.vstack([np.eye(n), -np.eye(n), cuts])
    inside = centre + rng.uniform(-0.9, 0.9, n) * half
    bounds = np.concatenate([centre + half, half - centre, cuts @ inside + room])
    return Polytope(matrix=rows, bounds=bounds), rng


def linprog_range(polytope, fixed):
    k, n = len(fixed), polytope.n_variables
    bounds = [(x, x) for x in fixed] + [(None, None)] * (n - k)
    ends = []
    for sign in (1, -1):
        cost = np.zeros(n)
        cost[k] = sign
        found = linprog(cost, A_ub=polytope.matrix, b_ub=polytope.bounds, bounds=bounds)
        assert found.status == 0, found.message
        ends.append(sign * found.fun)
    return ends


@settings(max_examples=40, deadline=None)
@given(polytopes())
def test_the_chart_is_a_bijection_onto_the_unit_cube(drawn):
    """Every vector of the cube is a point of the polytope, and is found back from it."""
    polytope, rng = drawn
    corners = rng.integers(0, 2, (10, polytope.n_variables))
    for cube in [*rng.random((20, polytope.n_variables)), *corners.astype(float)]:
        point = polytope.from_cube(cube)
        assert polytope.contains(point, tolerance=1e-6)
        back = polytope.to_cube(point)
        assert ((back >= 0) & (back <= 1)).all()
        np.testing.assert_allclose(polytope.from_cube(back), point, atol=1e-6)
    cube = rng.uniform(0.05, 0.95, polytope.n_variables)
    np.testing.assert_allclose(polytope.to_cube(polytope.from_cube(cube)), cube, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(polytopes())
def test_conditional_ranges_are_those_of_linear_programming(drawn):
    """Elimination gives the exact range of each variable behind any fixed ones before it."""
    polytope, rng = drawn
    point = polytope.from_cube(rng.uniform(0.02, 0.98, polytope.n_variables))
    for k in range(polytope.n_variables):
        found = polytope.conditional_range(point[:k])
        np.testing.assert_allclose(found, linprog_range(polytope, point[:k]), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(polytopes())
def test_every_point_of_the_polytope_has_coordinates(drawn):
    """Points found without the chart, by rejection, are reproduced by it."""
    polytope, rng = drawn
    low, high = zip(*(linprog_ends(polytope, k) for k in range(polytope.n_variables)), strict=True)
    points = rng.uniform(low, high, (200, polytope.n_variables))
    for point in [p for p in points if polytope.contains(p)][:10]:
        np.testing.assert_allclose(polytope.from_cube(polytope.to_cube(point)), point, atol=1e-6)


def linprog_ends(polytope, k):
    order = [k, *(i for i in range(polytope.n_variables) if i != k)]
    turned = Polytope(matrix=polytope.matrix[:, order], bounds=polytope.bounds)
    return turned.conditional_range(np.empty(0))


@settings(max_examples=30, deadline=None)
@given(polytopes(), st.floats(0.01, 0.3))
def test_points_of_the_shrunk_polytope_may_move_by_the_margin(drawn, margin):
    """However each variable is rounded, the point stays inside the original."""
    polytope, rng = drawn
    try:
        inner = polytope.shrunk(margin)
    except InputError:
        return
    for _ in range(20):
        point = inner.from_cube(rng.random(polytope.n_variables))
        moved = point + rng.choice([-margin, margin], polytope.n_variables)
        assert polytope.contains(moved, tolerance=1e-6)


def test_a_narrower_first_range_is_respected():
    """The salt may be bounded by the dose without a new polytope."""
    square = Polytope(
        matrix=np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), bounds=np.array([10.0, 0, 5, 0])
    )
    assert square.from_cube(np.array([0.5, 0.2]), (4, 6)).tolist() == [5, 1]
    assert square.to_cube(np.array([5.0, 1]), (4, 6)).tolist() == [0.5, 0.2]


def test_a_single_value_has_the_middle_coordinate():
    """Where nothing can be chosen the coordinate is 0.5, and the value is kept."""
    line = Polytope(
        matrix=np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), bounds=np.array([3.0, -3, 5, 0])
    )
    assert line.to_cube(np.array([3.0, 1])).tolist() == [0.5, 0.2]
    assert line.from_cube(np.array([0.9, 0.2])).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("rows", "bounds", "message"),
    [
        ([[1.0], [-1.0]], [1, -2], "leave nothing between them"),
        ([[1.0, 1], [-1, -1], [1, 0], [-1, 0]], [1, -2, 5, 5], "impossible|contradict"),
        ([[1.0]], [1], "every amount needs a low and a high end"),
        ([[1.0, 0], [-1, 0], [0, 1]], [1, 0, 1], "every amount needs a low and a high end"),
    ],
)
def test_an_empty_or_unbounded_set_is_refused(rows, bounds, message):
    """At construction, not at the first point."""
    with pytest.raises(InputError, match=message):
        Polytope(matrix=np.array(rows), bounds=np.array(bounds, dtype=float))


def mixture(n_components, low=0.0, high=1.0):
    """Return the shares of all components but the last, which is the rest to 1."""
    n = n_components - 1
    rows = np.vstack([np.eye(n), -np.eye(n), np.ones((1, n)), -np.ones((1, n))])
    bounds = [*[high] * n, *[-low] * n, 1 - low, high - 1]
    return Polytope(matrix=rows, bounds=np.array(bounds))


@pytest.mark.parametrize("n_components", [3, 7, 12, 20])
def test_uniform_points_of_a_simplex_have_its_margins(n_components):
    """Every share, the last too, is Beta(1, n - 1): a chart or a Dirichlet by halves is not."""
    points = mixture(n_components).uniform(4000, np.random.default_rng(1))
    shares = np.column_stack([points, 1 - points.sum(axis=1)])
    assert shares.min() >= -1e-9
    wanted = beta(1, n_components - 1).cdf
    chances = [kstest(share, wanted).pvalue for share in shares.T]
    # The least of so many chances, by Bonferroni.
    assert min(chances) * n_components > 1e-3
    pairs = np.corrcoef(shares, rowvar=False)[np.triu_indices(n_components, 1)]
    assert pairs == pytest.approx(-1 / (n_components - 1), abs=0.08)


def test_points_drawn_one_by_one_have_those_margins_too():
    """As mixtures of many supports draw them: none is favoured for coming first."""
    polytope, rng = mixture(5), np.random.default_rng(6)
    points = np.concatenate([polytope.uniform(1, rng) for _ in range(3000)])
    chances = [kstest(share, beta(1, 4).cdf).pvalue for share in points.T]
    assert min(chances) * 5 > 1e-3


def test_points_uniform_in_the_chart_would_fail_that_test():
    """They favour narrow ends, so the test can tell."""
    polytope, rng = mixture(7), np.random.default_rng(1)
    points = np.array([polytope.from_cube(rng.random(6)) for _ in range(4000)])
    chances = [kstest(share, beta(1, 6).cdf).pvalue for share in points.T]
    assert min(chances) * 7 < 1e-6


def test_uniform_points_of_a_bounded_mixture_are_those_that_rejection_leaves():
    """Bounds of very different width, and an inequality."""
    high = np.array([0.65, 0.40, 0.02, 0.40])
    rows = np.vstack([np.eye(4), -np.eye(4), np.ones((1, 4)), -np.ones((1, 4)), [[0, 1, 0, 1.0]]])
    bounds = np.array([*high, 0, 0, 0, 0, 1.0, -0.6, 0.6])
    rng = np.random.default_rng(2)
    points = Polytope(matrix=rows, bounds=bounds).uniform(3000, rng)
    boxed = rng.random((60_000, 4)) * high
    kept = boxed[(boxed @ rows.T <= bounds).all(axis=1)][:3000]
    for k in range(4):
        assert ks_2samp(points[:, k], kept[:, k]).pvalue > 1e-3


@settings(max_examples=15, deadline=None)
@given(polytopes())
def test_uniform_points_lie_in_the_polytope(drawn):
    """Whatever its shape; asked for few, few come."""
    polytope, rng = drawn
    points = polytope.uniform(40, rng)
    assert points.shape == (40, polytope.n_variables)
    assert all(polytope.contains(point, 1e-6) for point in points)


@pytest.mark.parametrize(
    ("rows", "bounds"),
    [
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], ([1, 1, 0.5], [0, 0, -0.5])),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], ([1, 1, 1, 1], [0, 0, 0, -1])),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], ([1, 1e-5, 1e3], [0, 0, 0])),
    ],
    ids=["one fixed", "a sum", "thin"],
)
def test_uniform_points_of_a_set_without_room_stay_inside(rows, bounds):
    """A fixed amount, amounts that add up, widths of unlike size: rounding leads nowhere."""
    matrix = np.array(rows, dtype=float)
    upper, lower = (np.array(part, dtype=float) for part in bounds)
    polytope = Polytope(matrix=np.vstack([matrix, -matrix]), bounds=np.concatenate([upper, lower]))
    for point in polytope.uniform(300, np.random.default_rng(0)):
        assert polytope.contains(point, tolerance=1e-6)
