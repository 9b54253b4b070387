"""The polytope of a composition, and coordinates in which every point of it is a plain box.

A composition obeys linear inequalities ``A x <= b``. Fourier-Motzkin elimination, done once, gives
the exact range of each variable when the ones before it are fixed (its *conditional range*). A
point is then described by where it stands in each conditional range, 0 to 1: every vector of the
unit cube is a point of the polytope and the other way round. Redundant inequalities are removed by
linear programming at construction; afterwards a point costs a few microseconds.

Points drawn uniformly in the cube are not uniform in the polytope; they favour its narrow ends.
"""

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError

_TOLERANCE = 1e-9


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

    _levels: tuple[tuple[FloatArray, FloatArray], ...] = field(init=False, eq=False)
    """Inequalities on the first k variables for k = 1 ... n."""

    def __attrs_post_init__(self) -> None:
        rows, rhs = _irredundant(self.matrix, self.bounds)
        levels = [(rows, rhs)]
        for _ in range(self.matrix.shape[1] - 1):
            _check_bounded(rows)
            rows, rhs = _irredundant(*_eliminate_last(rows, rhs))
            levels.append((rows, rhs))
        _check_bounded(rows)
        object.__setattr__(self, "_levels", tuple(reversed(levels)))
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
        k = len(fixed)
        rows, rhs = self._levels[k]
        room = rhs - rows[:, :k] @ fixed
        slope = rows[:, k]
        up, down = slope > _TOLERANCE, slope < -_TOLERANCE
        return float((room[down] / slope[down]).max()), float((room[up] / slope[up]).min())

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


def _check_bounded(rows: FloatArray) -> None:
    last = rows[:, -1]
    if not ((last > _TOLERANCE).any() and (last < -_TOLERANCE).any()):
        raise InputError("The composition is unbounded: every amount needs a low and a high end.")


def _eliminate_last(rows: FloatArray, rhs: FloatArray) -> tuple[FloatArray, FloatArray]:
    slope = rows[:, -1]
    keep = np.abs(slope) <= _TOLERANCE
    up, down = np.flatnonzero(slope > _TOLERANCE), np.flatnonzero(slope < -_TOLERANCE)
    new_rows, new_rhs = [rows[keep, :-1]], [rhs[keep]]
    for i in up:
        combined = rows[i, :-1] / slope[i] - rows[down, :-1] / slope[down, None]
        new_rows.append(combined)
        new_rhs.append(rhs[i] / slope[i] - rhs[down] / slope[down])
    return np.vstack(new_rows), np.concatenate(new_rhs)


def _irredundant(rows: FloatArray, rhs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Drop inequalities implied by the others."""
    from scipy.optimize import linprog

    scale = np.abs(rows).max(axis=1)
    trivial = scale <= _TOLERANCE
    if (rhs[trivial] < -_TOLERANCE).any():
        raise InputError("The composition is impossible: its bounds contradict each other.")
    rows, rhs = rows[~trivial] / scale[~trivial, None], rhs[~trivial] / scale[~trivial]
    _, kept = np.unique(np.round(np.column_stack([rows, rhs]), 9), axis=0, return_index=True)
    rows, rhs = rows[np.sort(kept)], rhs[np.sort(kept)]
    needed = np.ones(len(rows), dtype=bool)
    for i in range(len(rows)):
        needed[i] = False
        if not needed.any():
            needed[i] = True
            continue
        best = linprog(-rows[i], A_ub=rows[needed], b_ub=rhs[needed], bounds=(None, None))
        needed[i] = best.status != 0 or bool(rows[i] @ best.x > rhs[i] + _TOLERANCE)
    return rows[needed], rhs[needed]
