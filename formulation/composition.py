"""The composition of a unit as a polytope, and its points as amounts on the balance.

Variables in order: salt, unit mass, the form's dimensions, then the other components present but
the last, which balances the sum. A point is rounded to the balance amount by amount; where that
leaves the polytope, a point of the inner polytope is taken, which stays valid under any rounding.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.delivery import Form, Relation
from formulation.design import BALANCE_MG, on_grid
from formulation.errors import InputError
from formulation.polytope import Polytope

ROUNDING_MG = 1e-6
"""Numbers nearer than this are equal, [mg]."""


@frozen(kw_only=True, eq=False)
class Composition:
    """The compositions that some components of a form can be made with, in natural amounts."""

    outer: Polytope
    """Every composition, [mg]."""

    inner: Polytope
    """Compositions that stay valid under any rounding to the balance, [mg]."""

    def salt_range(self) -> tuple[float, float]:
        """Return the salt mass for which a composition can surely be weighed, [mg]."""
        low, high = self.inner.conditional_range(np.empty(0))
        return (
            float(np.ceil(low / BALANCE_MG - ROUNDING_MG) * BALANCE_MG),
            float(np.floor(high / BALANCE_MG + ROUNDING_MG) * BALANCE_MG),
        )

    def to_cube(self, point: FloatArray, salt: tuple[float, float]) -> FloatArray:
        """Return the chart coordinates of a recipe.

        Parameters
        ----------
        point : ndarray of shape (n_variables,)
            Salt, unit mass, dimensions and the other components but the last, [mg].
        salt : tuple of float
            Least and most salt allowed, [mg].

        Returns
        -------
        ndarray of shape (n_variables,)
            Coordinates between 0 and 1, [-].
        """
        return self.outer.to_cube(point, salt)

    def point(self, cube: FloatArray, salt: tuple[float, float]) -> FloatArray:
        """Return the recipe with these chart coordinates, on the balance grid.

        Parameters
        ----------
        cube : ndarray of shape (n_variables,)
            Coordinates between 0 and 1, [-].
        salt : tuple of float
            Least and most salt allowed, on the balance grid, [mg].

        Returns
        -------
        ndarray of shape (n_variables,)
            Salt, unit mass, dimensions and the other components but the last, [mg].
        """
        point = _rounded(self.outer.from_cube(cube, salt))
        inside = salt[0] - ROUNDING_MG <= point[0] <= salt[1] + ROUNDING_MG
        if not (inside and self.outer.contains(point)):
            point = _rounded(self.inner.from_cube(cube, salt))
        return point


def coordinates(form: Form, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the variables of a composition.

    Parameters
    ----------
    form : Form
        The form, [-].
    names : tuple of str
        Components present, salt first, [-].

    Returns
    -------
    tuple of str
        Salt, unit mass, dimensions, other components but the last, [-].
    """
    return (names[0], "unit_mass", *(d.name for d in form.dimensions), *names[1:-1])


def composition(form: Form, names: tuple[str, ...], salt_per_solvent: float | None) -> Composition:
    """Return the compositions of some components of a form.

    Parameters
    ----------
    form : Form
        The form, with the ranges of the study, [-].
    names : tuple of str
        Components present, salt first, [-].
    salt_per_solvent : float or None
        Most salt that dissolves in the form's solvent; None where it may stay solid, [mg/mg].

    Returns
    -------
    Composition
        Its compositions, [-].

    Raises
    ------
    InputError
        The components cannot sum to 100 %, or leave less than the balance can weigh.
    """
    matrix, bounds = _inequalities(form, names, salt_per_solvent)
    present = [form.component(name) for name in names]
    low, high = sum(c.low_pct for c in present), sum(c.high_pct for c in present)
    try:
        outer = Polytope(matrix=matrix, bounds=bounds)
    except InputError as error:
        raise InputError(
            f"{form.name}: the composition cannot sum to 100 % w/w; its components give"
            f" {low:g} to {high:g} %.",
            hint="Widen a component's range, or narrow the others.",
        ) from error
    try:
        inner = outer.shrunk(BALANCE_MG / 2)
    except InputError as error:
        raise InputError(
            f"{form.name}: the ranges are so narrow that no recipe weighed to {BALANCE_MG:g} mg"
            f" surely meets them; together the components give {low:g} to {high:g} % w/w.",
            hint="Widen the narrowest share or the unit mass by a few parts in a thousand.",
        ) from error
    return Composition(outer=outer, inner=inner)


def signature(
    form: Form, names: tuple[str, ...], salt_per_solvent: float | None
) -> tuple[object, ...]:
    """Return what decides a composition's polytope; equal ones need computing once.

    Parameters
    ----------
    form : Form
        The form, [-].
    names : tuple of str
        Components present, [-].
    salt_per_solvent : float or None
        As for `composition`, [mg/mg].

    Returns
    -------
    tuple
        A hashable value, [-].
    """
    bounds = tuple((c.low_pct, c.high_pct) for c in map(form.component, names))
    sides = tuple(
        tuple(
            tuple(k for k, name in enumerate(names) if name in side) for side in (r.part, r.whole)
        )
        for r in form.relations
    )
    at = names.index(form.dissolves_in) if salt_per_solvent is not None else -1
    return form.name, bounds, sides, at, salt_per_solvent


def _inequalities(
    form: Form, names: tuple[str, ...], salt_per_solvent: float | None
) -> tuple[FloatArray, FloatArray]:
    variables = coordinates(form, names)
    row_of = {name: _unit_row(k, len(variables)) for k, name in enumerate(variables)}
    mass = row_of["unit_mass"]
    row_of[names[-1]] = mass - _total(row_of, names[:-1])
    lightest, heaviest = form.range_of("unit_mass")
    rows, bounds = [mass, -mass], [heaviest, -lightest]
    for component in map(form.component, names):
        row = row_of[component.name]
        rows += [component.low_pct / 100 * mass - row, row - component.high_pct / 100 * mass]
        bounds += [0.0, 0.0]
    for dimension in form.dimensions:
        rows += [-row_of[dimension.name], row_of[dimension.name]]
        bounds += [-dimension.low, dimension.high]
    for relation in form.relations:
        if relation.is_about(variables + names):
            more = _ratio_rows(relation, row_of)
            rows += more
            bounds += [0.0] * len(more)
    if salt_per_solvent is not None:
        rows.append(row_of["salt"] - salt_per_solvent * row_of[form.dissolves_in])
        bounds.append(0.0)
    return np.array(rows), np.array(bounds)


def _ratio_rows(relation: Relation, row_of: Mapping[str, FloatArray]) -> list[FloatArray]:
    part = _total(row_of, (name for name in relation.part if name in row_of))
    whole = _total(row_of, (name for name in relation.whole if name in row_of))
    rows = []
    if relation.low is not None:
        rows.append(relation.low / relation.per * whole - part)
    if relation.high is not None:
        rows.append(part - relation.high / relation.per * whole)
    return rows


def _total(row_of: Mapping[str, FloatArray], names: Iterable[str]) -> FloatArray:
    total: FloatArray = np.sum([row_of[name] for name in names], axis=0)
    return total


def _unit_row(k: int, n: int) -> FloatArray:
    row = np.zeros(n)
    row[k] = 1.0
    return row


def _rounded(point: FloatArray) -> FloatArray:
    return np.array([on_grid(x) for x in point])
