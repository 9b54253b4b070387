"""The polytope of a composition, and coordinates in which every point of it is a plain box.

A composition obeys linear inequalities ``A x <= b``. Fourier-Motzkin elimination, done once, gives
the exact range of each variable when the ones before it are fixed (its *conditional range*). A
point is then described by where it stands in each conditional range, 0 to 1: every vector of the
unit cube is a point of the polytope and the other way round. Of the inequalities that elimination
makes, those with too long a history are redundant (Kohler1967) and left out: a polytope costs less
than a millisecond, one with the same rows as another next to nothing, a point a few microseconds.

Points drawn uniformly in the cube are not uniform in the polytope; they favour its narrow ends.
`Polytope.uniform` keeps each in proportion to the product of its ranges, which is exact. Where too
few are kept it walks by hit-and-run (Smith1984): many chains at once, each along random chords.
Half the chords change one variable or exchange two, which meets few faces and so goes far; the
others mix all, as wide in each direction as a first walk found the polytope.
"""

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.elimination import TOLERANCE, Side, elimination_of
from formulation.errors import InputError

TRIED = 64
"""Points of the cube that are tried first, each kept in proportion to its ranges, [-]."""

MOST_TRIED, MOST_TRIED_FOR_ONE = 1024, 8
"""Tried until one is kept, and for each one wanted besides, before chains walk instead, [-]."""

MOST_ENDS = 500
"""Ends of ranges beyond which trying a point costs more than walking to one, [-]."""

CHAINS = 128
"""Chains of a hit-and-run walk that go side by side, [-]."""

WARM_ROUNDS = 3
"""Walks that only learn how wide the polytope is in each direction, [-]."""

ROUND_WAYS = 64
"""Directions of a walk that mix all variables, drawn anew for each walk, [-]."""


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

    _ends: tuple[tuple[Side, Side], ...] = field(init=False, eq=False)
    """What bounds variable k from below and from above, the ones before it being fixed."""

    def __attrs_post_init__(self) -> None:
        rows = np.ascontiguousarray(self.matrix, dtype=float)
        elimination = elimination_of(rows.tobytes(), rows.shape[1])
        object.__setattr__(self, "_ends", elimination.ends(self.bounds))
        low, high = self.conditional_range(np.empty(0))
        if not low <= high + TOLERANCE:
            raise InputError(
                "The composition is impossible: its bounds leave nothing between them."
            )

    @property
    def n_variables(self) -> int:
        """Number of variables, [-]."""
        return int(self.matrix.shape[1])

    def contains(self, point: FloatArray, tolerance: float = TOLERANCE) -> bool:
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
            if high - low > TOLERANCE:
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
            Points: independent ones, or, where the chart is far from uniform, those of chains
            that pass on about ``n / 128`` each, far apart on their way, [-].
        """
        if sum(len(side.bounds) for sides in self._ends for side in sides) > MOST_ENDS:
            return self._by_chains(n, rng)
        found, tried = np.empty((0, self.n_variables)), 0
        while len(found) < n:
            # Of none kept yet, nothing is known: try a few times as many, but not for long.
            needed = tried / len(found) * (n - len(found)) if len(found) else 3.0 * tried
            most = MOST_TRIED + MOST_TRIED_FOR_ONE * n if len(found) else MOST_TRIED
            if tried + needed > most:
                return self._by_chains(n, rng)
            now = TRIED + min(int(needed), MOST_TRIED)
            found = np.concatenate([found, self._kept(rng.random((now, self.n_variables + 1)))])
            tried += now
        return found[:n]

    def _kept(self, cubes: FloatArray) -> FloatArray:
        """Return points of the cube, each kept as often as its ranges are wide."""
        points = np.empty((len(cubes), self.n_variables))
        chance = np.ones(len(cubes))
        box_low, box_high = np.empty(self.n_variables), np.empty(self.n_variables)
        for k, (down, up) in enumerate(self._ends):
            low = down.ends_of_all(points[:, :k]).max(axis=1)
            width = np.maximum(up.ends_of_all(points[:, :k]).min(axis=1) - low, 0.0)
            points[:, k] = low + cubes[:, k] * width
            # A range is no wider than the box in which the variable lies, whatever those before do.
            box_low[k] = down.farthest(box_low[:k], box_high[:k]).max()
            box_high[k] = up.farthest(box_low[:k], box_high[:k]).min()
            if box_high[k] - box_low[k] > TOLERANCE:
                chance *= width / (box_high[k] - box_low[k])
        return points[cubes[:, -1] < chance]

    def _by_chains(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return points of hit-and-run walks."""
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
        flat = np.abs(slopes) <= TOLERANCE * np.abs(slopes).max(axis=0)
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
