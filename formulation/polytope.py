"""The polytope of a composition, and coordinates in which every point of it is a plain box.

A composition obeys linear inequalities ``A x <= b``. Fourier-Motzkin elimination, done once, gives
the exact range of each variable when the ones before it are fixed (its *conditional range*). A
point is then described by where it stands in each conditional range, 0 to 1: every vector of the
unit cube is a point of the polytope and the other way round. Of the inequalities that elimination
makes, those with too long a history are redundant (Kohler1967) and left out: a polytope costs less
than a millisecond, a point of it a few microseconds.

Points drawn uniformly in the cube are not uniform in the polytope; they favour its narrow ends.
`Polytope.uniform` draws uniform ones by hit-and-run (Smith1984): many chains walk at once, each
along random chords. Half the chords change one variable or exchange two, which meets few faces and
so goes far; the others mix all, as wide in each direction as a first walk found the polytope.
"""

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError

_TOLERANCE = 1e-9

CHAINS = 128
"""Chains of a hit-and-run walk that go side by side, [-]."""

WARM_ROUNDS = 3
"""Walks that only learn how wide the polytope is in each direction, [-]."""

ROUND_WAYS = 64
"""Directions of a walk that mix all variables, drawn anew for each walk, [-]."""


@frozen(kw_only=True, eq=False)
class _Side:
    """Inequalities that bound a variable from one side, the ones before it being fixed."""

    rows: FloatArray
    """Their rows for the variables before, of shape (n, k)."""

    bounds: FloatArray
    """Their right-hand sides, of shape (n,)."""

    slopes: FloatArray
    """Their rows for the variable itself, of shape (n,)."""

    def ends(self, fixed: FloatArray) -> FloatArray:
        """Return where each inequality ends the variable."""
        found: FloatArray = (self.bounds - self.rows @ fixed) / self.slopes
        return found


@frozen(kw_only=True)
class Polytope:
    """A bounded set ``{x : A x <= b}`` with a chart onto the unit cube.

    Raises
    ------
    InputError
        The set is empty or unbounded.
    """

    matrix: FloatArray = field(eq=False)
    """Rows of A, of shape (n_rows, n_variables)."""

    bounds: FloatArray = field(eq=False)
    """Right-hand sides b, of shape (n_rows,)."""

    _ends: tuple[tuple[_Side, _Side], ...] = field(init=False, eq=False)
    """What bounds variable k from below and from above, the ones before it being fixed."""

    def __attrs_post_init__(self) -> None:
        rows, rhs, history = _scaled(
            self.matrix, self.bounds, [1 << k for k in range(len(self.bounds))]
        )
        ends = [_sides(rows, rhs)]
        for step in range(1, self.matrix.shape[1]):
            _check_bounded(rows)
            rows, rhs, history = _eliminate_last(rows, rhs, history, step)
            ends.append(_sides(rows, rhs))
        _check_bounded(rows)
        object.__setattr__(self, "_ends", tuple(reversed(ends)))
        low, high = self.conditional_range(np.empty(0))
        if not low <= high + _TOLERANCE:
            raise InputError(
                "The composition is impossible: its bounds leave nothing between them."
            )

    @property
    def n_variables(self) -> int:
        """Number of variables, [-]."""
        return int(self.matrix.shape[1])

    def contains(self, point: FloatArray, tolerance: float = _TOLERANCE) -> bool:
        """Tell whether a point obeys every inequality.

        Parameters
        ----------
        point : ndarray of shape (n_variables,)
            The point, [-].
        tolerance : float, optional
            Slack allowed for rounding, [-].

        Returns
        -------
        bool
            True inside or on the boundary, [-].
        """
        return bool((self.matrix @ point <= self.bounds + tolerance).all())

    def conditional_range(self, fixed: FloatArray) -> tuple[float, float]:
        """Return the range of the next variable when the first ones are fixed.

        Parameters
        ----------
        fixed : ndarray of shape (k,)
            Values of the first k variables, k < n_variables, [-].

        Returns
        -------
        tuple of float
            Low and high end; low exceeds high when nothing is left, [-].
        """
        down, up = self._ends[len(fixed)]
        return float(down.ends(fixed).max()), float(up.ends(fixed).min())

    def to_cube(self, point: FloatArray, first: tuple[float, float] | None = None) -> FloatArray:
        """Return the chart coordinates of a point.

        Parameters
        ----------
        point : ndarray of shape (n_variables,)
            A point of the polytope, [-].
        first : tuple of float, optional
            Narrower range for the first variable, [-].

        Returns
        -------
        ndarray of shape (n_variables,)
            Coordinates between 0 and 1; 0.5 where the range is a single value, [-].
        """
        cube = np.full(self.n_variables, 0.5)
        for k in range(self.n_variables):
            low, high = self._range(point[:k], first)
            if high - low > _TOLERANCE:
                cube[k] = min(max((point[k] - low) / (high - low), 0.0), 1.0)
        return cube

    def from_cube(self, cube: FloatArray, first: tuple[float, float] | None = None) -> FloatArray:
        """Return the point with these chart coordinates.

        Parameters
        ----------
        cube : ndarray of shape (n_variables,)
            Coordinates between 0 and 1, [-].
        first : tuple of float, optional
            Narrower range for the first variable, [-].

        Returns
        -------
        ndarray of shape (n_variables,)
            A point of the polytope, [-].
        """
        point = np.empty(self.n_variables)
        for k in range(self.n_variables):
            low, high = self._range(point[:k], first)
            point[k] = low + cube[k] * (high - low)
        return point

    def _range(self, fixed: FloatArray, first: tuple[float, float] | None) -> tuple[float, float]:
        low, high = self.conditional_range(fixed)
        if len(fixed) == 0 and first is not None:
            return max(low, first[0]), min(high, first[1])
        return low, high

    def uniform(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return points that are uniform in the polytope.

        Parameters
        ----------
        n : int
            How many, [-].
        rng : numpy.random.Generator
            Source of randomness, [-].

        Returns
        -------
        ndarray of shape (n, n_variables)
            Points; a chain passes on about ``n / 128`` of them, far apart on its way, [-].
        """
        cubes = rng.random((CHAINS, self.n_variables))
        points = np.array([self.from_cube(cube) for cube in cubes])
        # Corners are hard to leave: chains begin half way to the middle.
        points = (points + points.mean(axis=0)) / 2
        steps = max(self.n_variables**2, 2 * self.n_variables + 8)
        for _ in range(WARM_ROUNDS):
            points = self._walked(points, _widths(points), steps, rng)
        widths, found = _widths(points), [points]
        while CHAINS * len(found) < max(n, 1) + CHAINS:
            found.append(self._walked(found[-1], widths, steps, rng))
        return np.concatenate(found[1:])[:n]

    def _walked(
        self, points: FloatArray, widths: FloatArray, steps: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return where chains end after so many steps, each to a random place on a chord."""
        points = points.copy()
        rooms = self.bounds - points @ self.matrix.T
        ways = np.vstack([_exchanges(len(widths)), _round_ways(widths, rng)])
        slopes = ways @ self.matrix.T
        # A row is flat along a way by its own measure: a thin width beside a wide one is no zero.
        flat = np.abs(slopes) <= _TOLERANCE * np.abs(slopes).max(axis=0)
        inverse = 1.0 / np.where(flat, np.inf, slopes)
        taken = rng.integers(len(ways), size=(steps, len(points)))
        shares = rng.random((steps, len(points)))
        for way, share in zip(taken, shares, strict=True):
            # Rounding leaves a room a little below zero, from where a chord would lead outside.
            ends = np.maximum(rooms, 0.0) * inverse[way]
            high = np.where(inverse[way] > 0, ends, np.inf).min(axis=1)
            low = np.where(inverse[way] < 0, ends, -np.inf).max(axis=1)
            # A polytope without a width in some direction offers no chord there.
            high, low = (np.where(np.isfinite(end), end, 0.0) for end in (high, low))
            lengths = low + share * np.maximum(high - low, 0.0)
            points += lengths[:, None] * ways[way]
            rooms -= lengths[:, None] * slopes[way]
        return points

    def shrunk(self, margin: float) -> "Polytope":
        """Return the points that stay inside when every variable moves by up to a margin.

        Parameters
        ----------
        margin : float
            Greatest move of each variable, in its unit, [-].

        Returns
        -------
        Polytope
            The smaller polytope, [-].
        """
        reach = margin * np.abs(self.matrix).sum(axis=1)
        return Polytope(matrix=self.matrix, bounds=self.bounds - reach)


def _widths(points: FloatArray) -> FloatArray:
    """Return a square root of the covariance of points, which turns round steps into wide ones."""
    values, vectors = np.linalg.eigh(np.cov(points, rowvar=False).reshape(points.shape[1], -1))
    root: FloatArray = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root


def _exchanges(n: int) -> FloatArray:
    """Return the directions that change one variable, or one at the expense of another."""
    axes = np.eye(n)
    pairs = [axes[i] - axes[j] for i in range(n) for j in range(i)]
    return np.vstack([axes, *pairs])


def _round_ways(widths: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return about as many directions that mix all variables."""
    n = len(widths)
    ways: FloatArray = rng.standard_normal((max(ROUND_WAYS, n * (n + 1) // 2), n)) @ widths
    return ways


def _check_bounded(rows: FloatArray) -> None:
    last = rows[:, -1]
    if not ((last > _TOLERANCE).any() and (last < -_TOLERANCE).any()):
        raise InputError("The composition is unbounded: every amount needs a low and a high end.")


def _eliminate_last(
    rows: FloatArray, rhs: FloatArray, history: list[int], step: int
) -> tuple[FloatArray, FloatArray, list[int]]:
    """Return the inequalities on the variables but the last.

    A history is the set of first inequalities that one was combined from, as bits. After so many
    steps, one combined from more than a step's number and one is implied by the others.
    """
    slope = rows[:, -1]
    keep = np.flatnonzero(np.abs(slope) <= _TOLERANCE)
    up, down = np.flatnonzero(slope > _TOLERANCE), np.flatnonzero(slope < -_TOLERANCE)
    pairs = [
        (i, j, both)
        for i in up.tolist()
        for j in down.tolist()
        if (both := history[i] | history[j]).bit_count() <= step + 1
    ]
    above, below = [i for i, _, _ in pairs], [j for _, j, _ in pairs]
    scaled, ends = rows[:, :-1] / _divisor(slope), rhs / _divisor(slope)[:, 0]
    return _scaled(
        np.concatenate([rows[keep, :-1], scaled[above] - scaled[below]]),
        np.concatenate([rhs[keep], ends[above] - ends[below]]),
        [*(history[k] for k in keep.tolist()), *(both for _, _, both in pairs)],
    )


def _divisor(slope: FloatArray) -> FloatArray:
    """Return slopes as a column, 1 where there is none to divide by."""
    return np.where(np.abs(slope) <= _TOLERANCE, 1.0, slope)[:, None]


def _sides(rows: FloatArray, bounds: FloatArray) -> tuple[_Side, _Side]:
    """Return what bounds the last variable of some rows from below, and from above."""
    slopes = rows[:, -1]
    below, above = (
        _Side(rows=rows[on, :-1], bounds=bounds[on], slopes=slopes[on])
        for on in (slopes < -_TOLERANCE, slopes > _TOLERANCE)
    )
    return below, above


def _scaled(
    rows: FloatArray, rhs: FloatArray, history: list[int]
) -> tuple[FloatArray, FloatArray, list[int]]:
    """Return inequalities with a largest coefficient of 1, without those that say nothing."""
    scale = np.abs(rows).max(axis=1)
    trivial = scale <= _TOLERANCE
    if (rhs[trivial] < -_TOLERANCE).any():
        raise InputError("The composition is impossible: its bounds contradict each other.")
    kept = np.flatnonzero(~trivial)
    return rows[kept] / scale[kept, None], rhs[kept] / scale[kept], [history[k] for k in kept]
