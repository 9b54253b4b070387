"""The amounts of some ingredients under equalities: which are free, and how the others follow.

Equalities are solved once (Gauss and Jordan), each for the widest amount that it knows. What is
left is a polytope of free amounts. Rounding moves a following amount by half a step and the one
that balances the sum by as much as all others together; the inner polytope leaves room for that.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import BALANCE_MG, on_grid
from formulation.errors import InputError
from formulation.polytope import Polytope

SMALL = 1e-9
"""Numbers nearer than this are equal, relative to what is compared, [-]."""


@frozen(kw_only=True, eq=False)
class Support:
    """What some ingredients can be made into: free amounts, and those that follow from them."""

    names: tuple[str, ...]
    """Its ingredients."""

    free: tuple[int, ...]
    """Places of the amounts that may be chosen."""

    follows: tuple[int, ...]
    """Places of the amounts that equalities determine; the last one balances the sum."""

    constant: FloatArray
    """Following amounts where the free ones are zero, [mg]."""

    slope: FloatArray
    """How they follow, [mg/mg]."""

    outer: Polytope
    """Every choice of the free amounts, [mg]."""

    inner: Polytope
    """Those that stay valid under any rounding, [mg]."""

    def amounts(self, free: FloatArray, total_mg: float) -> dict[str, float]:
        """Return the recipe of free amounts, every one on the balance.

        Parameters
        ----------
        free : ndarray of shape (n_free,)
            Free amounts, [mg].
        total_mg : float
            Mass of the unit, [mg].

        Returns
        -------
        dict of str to float
            Amounts by ingredient, [mg].
        """
        found = np.zeros(len(self.names))
        found[list(self.free)] = [on_grid(x) for x in free]
        follow = self.constant + self.slope @ found[list(self.free)]
        found[list(self.follows[:-1])] = [on_grid(x) for x in follow[:-1]]
        found[self.follows[-1]] = on_grid(total_mg - float(found.sum()))
        return {name: on_grid(x) for name, x in zip(self.names, found.tolist(), strict=True)}


def solved(
    equalities: Sequence[tuple[FloatArray, float]], total_mg: float, width: FloatArray
) -> tuple[tuple[int, ...], tuple[int, ...], FloatArray, FloatArray]:
    """Return which amounts equalities determine, the sum's last, and how they follow.

    Parameters
    ----------
    equalities : sequence of tuple
        Weights of shape (n_amounts,), and what they come to, [mg].
    total_mg : float
        What all amounts come to, [mg].
    width : ndarray of shape (n_amounts,)
        Room of each amount; wide ones follow, [% w/w].

    Returns
    -------
    tuple of tuple, tuple, ndarray of shape (n_follow,) and ndarray of shape (n_follow, n_free)
        Places of free and of following amounts, constant and slope of the latter, [mg].

    Raises
    ------
    InputError
        The equalities contradict each other, or one says what others do.
    """
    n = len(width)
    left = np.array([*(row for row, _ in equalities), np.ones(n)])
    right = np.array([*(end for _, end in equalities), total_mg])
    follows: list[int] = []
    for k in range(len(left)):
        scores = np.abs(left[k]) * width
        scores[follows] = 0.0
        pivot = int(scores.argmax())
        if scores[pivot] <= SMALL:
            raise InputError("Mixture: the equalities contradict each other or say the same twice.")
        follows.append(pivot)
        right[k] /= left[k, pivot]
        left[k] /= left[k, pivot]
        for j in range(len(left)):
            if j != k:
                right[j] -= left[j, pivot] * right[k]
                left[j] -= left[j, pivot] * left[k]
    free = tuple(j for j in range(n) if j not in follows)
    return free, tuple(follows), right, -left[:, list(free)]


def supported(
    names: tuple[str, ...],
    bounded: Sequence[tuple[FloatArray, float]],
    free: tuple[int, ...],
    follows: tuple[int, ...],
    constant: FloatArray,
    slope: FloatArray,
) -> Support:
    """Return the polytope of free amounts, and the part of it that any rounding leaves valid.

    Parameters
    ----------
    names : tuple of str
        Ingredients of the support, [-].
    bounded : sequence of tuple
        Weights of shape (n_amounts,), and what they come to at most, [mg].
    free, follows : tuple of int
        Places of free and of following amounts, [-].
    constant : ndarray of shape (n_follow,)
        Following amounts where the free ones are zero, [mg].
    slope : ndarray of shape (n_follow, n_free)
        How they follow, [mg/mg].

    Returns
    -------
    Support
        The support, [-].

    Raises
    ------
    InputError
        No recipe can surely be weighed.
    """
    if not free:
        raise InputError("Mixture: the equalities leave no amount free.")
    rows = np.array([row for row, _ in bounded])
    right = np.array([end for _, end in bounded])
    matrix = rows[:, list(free)] + rows[:, list(follows)] @ slope
    bounds = right - rows[:, list(follows)] @ constant
    # Each amount is rounded by half a step; the one that balances the sum takes the rest of all.
    last = rows[:, [follows[-1]]]
    steps = np.abs(matrix).sum(axis=1) + np.abs(rows[:, list(follows[:-1])] - last).sum(axis=1)
    return Support(
        names=names,
        free=free,
        follows=follows,
        constant=constant,
        slope=slope,
        outer=Polytope(matrix=matrix, bounds=bounds),
        inner=Polytope(matrix=matrix, bounds=bounds - BALANCE_MG / 2 * steps),
    )
