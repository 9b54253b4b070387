"""Fourier-Motzkin elimination of linear inequalities: what bounds each variable given those before.

Rows are eliminated once and kept: polytopes of the same rows differ in their right-hand sides only,
and each is then a few sums. Inequalities with too long a history are redundant (Kohler1967).
"""

from functools import lru_cache

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import InputError

TOLERANCE = 1e-9
"""Coefficients nearer to zero are none; room nearer to zero is none, [-]."""

MOST_PAIRS = 25_000_000
"""Pairs of inequalities that are looked at to eliminate one variable, [-]."""

SHARED = 64
"""Sets of rows whose elimination is kept, [-]."""

Places = NDArray[np.intp]


class OverlappingRulesError(InputError):
    """More rules overlap than can be worked out."""


@frozen(kw_only=True, eq=False)
class Side:
    """Inequalities that bound a variable from one side, the ones before it being fixed."""

    rows: FloatArray
    """Their rows for the variables before, of shape (n, k)."""

    bounds: FloatArray
    """Their right-hand sides, of shape (n,)."""

    slopes: FloatArray
    """Their rows for the variable itself, of shape (n,)."""

    def ends(self, fixed: FloatArray) -> FloatArray:
        """Return where each inequality ends the variable.

        Parameters
        ----------
        fixed : ndarray of shape (k,)
            The variables before, [-].

        Returns
        -------
        ndarray of shape (n,)
            Ends, [-].
        """
        found: FloatArray = (self.bounds - self.rows @ fixed) / self.slopes
        return found

    def ends_of_all(self, fixed: FloatArray) -> FloatArray:
        """Return where each inequality ends the variable, for many points.

        Parameters
        ----------
        fixed : ndarray of shape (n_points, k)
            The variables before, [-].

        Returns
        -------
        ndarray of shape (n_points, n)
            Ends, [-].
        """
        found: FloatArray = (self.bounds - fixed @ self.rows.T) / self.slopes
        return found

    def farthest(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return the farthest end of each inequality while the variables before lie in a box.

        Parameters
        ----------
        low, high : ndarray of shape (k,)
            Ends of the box, [-].

        Returns
        -------
        ndarray of shape (n,)
            Ends, [-].
        """
        farthest = (self.rows * np.where(self.rows > 0, low, high)).sum(axis=1)
        found: FloatArray = (self.bounds - farthest) / self.slopes
        return found


@frozen(kw_only=True, eq=False)
class _Level:
    """Inequalities on the first variables, and how those on one fewer follow from them.

    Nothing of it depends on right-hand sides, so polytopes of the same rows share it.
    """

    silent: Places
    """Inequalities before scaling that name no variable."""

    kept: Places
    """The others."""

    scale: FloatArray
    """Largest coefficient of each kept one."""

    carried: Places
    """Those of them that do not name the last variable."""

    above: Places
    """Of each pair that eliminates it, the one that bounds it from above."""

    below: Places
    """The one that bounds it from below."""

    divisor: FloatArray
    """Coefficient of the last variable, 1 where it is none."""

    sides: tuple[tuple[Places, FloatArray, FloatArray], ...]
    """Of those that bound the last variable from below, and from above: places, rows, slopes."""


@define(eq=False)
class Elimination:
    """The inequalities on all variables, on all but the last, and so on, each when it is asked for.

    A history is the set of first inequalities that one was combined from, as bits. After so many
    steps, one combined from more than a step's number and one is implied by the others.
    """

    _raw: FloatArray
    """Inequalities of the next level before scaling."""

    n_variables: int = field(init=False)
    """Variables of the first level."""

    _history: list[int] = field(init=False)
    """What each was combined from."""

    _levels: list[_Level] = field(factory=list, init=False)
    """Those worked out so far, all variables first."""

    def __attrs_post_init__(self) -> None:
        self.n_variables = self._raw.shape[1]
        self._history = [1 << k for k in range(len(self._raw))]

    def ends(self, bounds: FloatArray) -> tuple[tuple[Side, Side], ...]:
        """Return what bounds each variable for these right-hand sides.

        Parameters
        ----------
        bounds : ndarray of shape (n_rows,)
            Right-hand sides, [-].

        Returns
        -------
        tuple of tuple of Side
            From below and from above, the first variable first, [-].

        Raises
        ------
        InputError
            Some bounds contradict each other, or leave a variable without an end.
        OverlappingRulesError
            Too many rules overlap.
        """
        found: list[tuple[Side, Side]] = []
        while len(found) < self.n_variables:
            if len(self._levels) == len(found):
                self._levels.append(self._next(len(found) + 1))
            level = self._levels[len(found)]
            if (bounds[level.silent] < -TOLERANCE).any():
                raise InputError("The composition is impossible: its bounds contradict each other.")
            bounds = bounds[level.kept] / level.scale
            below, above = (
                Side(rows=rows, bounds=bounds[on], slopes=slopes)
                for on, rows, slopes in level.sides
            )
            found.append((below, above))
            ends = bounds / level.divisor
            bounds = np.concatenate([bounds[level.carried], ends[level.above] - ends[level.below]])
        return tuple(reversed(found))

    def _next(self, step: int) -> _Level:
        """Return the level of the inequalities at hand, and leave those that follow from it."""
        scale = np.abs(self._raw).max(axis=1)
        kept = np.flatnonzero(scale > TOLERANCE)
        rows, history = self._raw[kept] / scale[kept, None], [self._history[k] for k in kept]
        _check_bounded(rows)
        slope = rows[:, -1]
        carried = np.flatnonzero(np.abs(slope) <= TOLERANCE)
        up, down = np.flatnonzero(slope > TOLERANCE), np.flatnonzero(slope < -TOLERANCE)
        # The ends of the first variable are compared, not combined.
        pairs = _combined(up, down, history, step) if rows.shape[1] > 1 else []
        above, below = (np.array([pair[k] for pair in pairs], dtype=int) for k in (0, 1))
        divisor = np.where(np.abs(slope) <= TOLERANCE, 1.0, slope)
        shares = rows[:, :-1] / divisor[:, None]
        self._raw = np.concatenate([rows[carried, :-1], shares[above] - shares[below]])
        self._history = [*(history[k] for k in carried.tolist()), *(both for _, _, both in pairs)]
        return _Level(
            silent=np.flatnonzero(scale <= TOLERANCE),
            kept=kept,
            scale=scale[kept],
            carried=carried,
            above=above,
            below=below,
            divisor=divisor,
            sides=tuple((on, rows[on, :-1], slope[on]) for on in (down, up)),
        )


@lru_cache(maxsize=SHARED)
def elimination_of(matrix: bytes, n_variables: int) -> Elimination:
    """Return the elimination of rows; that of the same rows once.

    Parameters
    ----------
    matrix : bytes
        Rows of shape (n_rows, n_variables), as the bytes of their floats, [-].
    n_variables : int
        Variables of a row, [-].

    Returns
    -------
    Elimination
        What bounds each variable, given right-hand sides, [-].
    """
    return Elimination(np.frombuffer(matrix).reshape(-1, n_variables))


def _combined(
    up: Places, down: Places, history: list[int], step: int
) -> list[tuple[int, int, int]]:
    """Return the pairs that eliminate a variable and are not implied, with their history."""
    if len(up) * len(down) > MOST_PAIRS:
        raise OverlappingRulesError(
            f"The composition has too many rules that overlap: {len(up) * len(down):,} combinations"
            f" of them bound one amount, and {MOST_PAIRS:,} are worked out.",
            hint="State fewer rules, or rules that share fewer ingredients.",
        )
    return [
        (i, j, both)
        for i in up.tolist()
        for j in down.tolist()
        if (both := history[i] | history[j]).bit_count() <= step + 1
    ]


def _check_bounded(rows: FloatArray) -> None:
    last = rows[:, -1]
    if not ((last > TOLERANCE).any() and (last < -TOLERANCE).any()):
        raise InputError("The composition is unbounded: every amount needs a low and a high end.")
