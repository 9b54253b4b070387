"""The composition of a delivery system as a polytope, and its points as amounts on the balance.

Variables in order: salt, unit mass, then the other components but the last, which balances the
sum. A point is rounded to the balance amount by amount; where that leaves the polytope, a point of
the inner polytope is taken, which stays valid under any rounding.
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.delivery import DeliverySystem
from formulation.design import BALANCE_MG, on_grid
from formulation.errors import InputError
from formulation.polytope import Polytope
from formulation.violations import ROUNDING_MG


@frozen(kw_only=True, eq=False)
class Composition:
    """The compositions a system can be made with, in natural amounts."""

    names: tuple[str, ...]
    """Components in the order of the system."""

    outer: Polytope
    """Every composition, [mg]."""

    inner: Polytope
    """Compositions that stay valid under any rounding to the balance, [mg]."""

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the variables: salt, unit mass, other components but the last."""
        return (self.names[0], "unit_mass", *self.names[1:-1])

    def salt_range(self) -> tuple[float, float]:
        """Return the salt mass for which a composition can surely be weighed, [mg]."""
        return self.inner.conditional_range(np.empty(0))

    def to_cube(self, amounts: Mapping[str, float], salt: tuple[float, float]) -> FloatArray:
        """Return the chart coordinates of a recipe.

        Parameters
        ----------
        amounts : mapping of str to float
            Amount of each component, [mg].
        salt : tuple of float
            Least and most salt allowed, [mg].

        Returns
        -------
        ndarray of shape (n_components,)
            Coordinates between 0 and 1, [-].
        """
        others = (amounts[name] for name in self.names[1:-1])
        point = np.array([amounts[self.names[0]], sum(amounts.values()), *others])
        return self.outer.to_cube(point, salt)

    def amounts(self, cube: FloatArray, salt: tuple[float, float]) -> dict[str, float]:
        """Return the recipe with these chart coordinates, on the balance grid.

        Parameters
        ----------
        cube : ndarray of shape (n_components,)
            Coordinates between 0 and 1, [-].
        salt : tuple of float
            Least and most salt allowed, on the balance grid, [mg].

        Returns
        -------
        dict of str to float
            Amount of each component, [mg].
        """
        point = _rounded(self.outer.from_cube(cube, salt))
        inside = salt[0] - ROUNDING_MG <= point[0] <= salt[1] + ROUNDING_MG
        if not (inside and self.outer.contains(point)):
            point = _rounded(self.inner.from_cube(cube, salt))
        amounts = dict(zip(self.coordinates, point.tolist(), strict=True))
        mass = amounts.pop("unit_mass")
        amounts[self.names[-1]] = on_grid(mass - sum(amounts.values()))
        return amounts


def composition(system: DeliverySystem) -> Composition:
    """Return the compositions of a delivery system.

    Parameters
    ----------
    system : DeliverySystem
        The system, with the ranges of the study, [-].

    Returns
    -------
    Composition
        Its compositions, [-].

    Raises
    ------
    InputError
        Its components cannot sum to 100 %, or leave less than the balance can weigh.
    """
    matrix, bounds = _inequalities(system)
    low = sum(c.low_pct for c in system.components)
    high = sum(c.high_pct for c in system.components)
    try:
        outer = Polytope(matrix=matrix, bounds=bounds)
    except InputError as error:
        raise InputError(
            f"{system.name}: the composition cannot sum to 100 % w/w; its components give"
            f" {low:g} to {high:g} %.",
            hint="Widen a component's range, or narrow the others.",
        ) from error
    try:
        inner = outer.shrunk(BALANCE_MG / 2)
    except InputError as error:
        raise InputError(
            f"{system.name}: the ranges are so narrow that no recipe weighed to {BALANCE_MG:g} mg"
            f" surely meets them; together the components give {low:g} to {high:g} % w/w.",
            hint="Widen the narrowest share or the unit mass by a few parts in a thousand.",
        ) from error
    return Composition(names=tuple(c.name for c in system.components), outer=outer, inner=inner)


def _inequalities(system: DeliverySystem) -> tuple[FloatArray, FloatArray]:
    n = len(system.components)
    amount = np.zeros((n, n))
    amount[0, 0] = 1.0
    for i in range(1, n - 1):
        amount[i, i + 1] = 1.0
    amount[n - 1] = -amount[: n - 1].sum(axis=0)
    amount[n - 1, 1] = 1.0
    mass = np.zeros(n)
    mass[1] = 1.0
    lightest, heaviest = system.range_of("unit_mass")
    rows, bounds = [mass, -mass], [heaviest, -lightest]
    for component, row in zip(system.components, amount, strict=True):
        rows += [component.low_pct / 100 * mass - row, row - component.high_pct / 100 * mass]
        bounds += [0.0, 0.0]
    return np.array(rows), np.array(bounds)


def _rounded(point: FloatArray) -> FloatArray:
    return np.array([on_grid(x) for x in point])
