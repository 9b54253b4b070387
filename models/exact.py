"""Endpoints without a simulation: recipe arithmetic, risk of dumping, cost of an absorbed mg.

Both chains take them from here, so that they are equal at either fidelity.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from formulation.arrays import FloatArray
from formulation.attributes import recipe_attributes
from formulation.design import Design
from formulation.targets import ENDPOINTS, Scope
from models.dumping import dose_dumping_risk

Columns = dict[str, tuple[FloatArray, FloatArray, FloatArray]]
"""Value, lower and upper end of each endpoint, each of shape (n_designs,)."""

DUMPING = "dose_dumping_risk"
"""Bench endpoint that comes from the law in closed form, not from a vessel."""

OPPOSITE = {"p05": "p95", "p50": "p50", "p95": "p05"}
"""Percentile of the absorbed magnesium behind each percentile of its cost."""

LEAST_ABSORBED_MG_PER_DAY = 0.1
"""A smaller increment counts as this much in the cost per absorbed mg, which then is the least it
can be; without it a product that brings nothing would have no finite cost, [mg/d]."""


def recipe_values(design: Design) -> dict[str, float]:
    """Return the endpoints that are arithmetic on the recipe.

    Parameters
    ----------
    design : Design
        The design, [-].

    Returns
    -------
    dict of str to float
        Unit mass [mg], units a day [1/d], swallowed mass [g/d], elemental dose [mg/d] and what
        `formulation.attributes.recipe_attributes` gives; no cost where a price is unknown, [-].
    """
    units = design.regimen.units_per_day
    return {
        "unit_mass": design.unit_mass_mg,
        "units_per_day": float(units),
        "swallowed_mass": design.unit_mass_mg * units / 1000,
        "elemental_dose": design.elemental_mg_per_day,
        **recipe_attributes(design),
    }


def exact_columns(designs: Sequence[Design]) -> dict[str, FloatArray]:
    """Return the endpoints that have no interval: recipe arithmetic, and the risk of dumping.

    Parameters
    ----------
    designs : sequence of Design
        Designs of any system, [-].

    Returns
    -------
    dict of str to ndarray of shape (n_designs,)
        In each endpoint's unit; nan for the cost of a design with an unknown price, [-].
    """
    rows = [recipe_values(design) for design in designs]
    names = [e.name for e in ENDPOINTS if e.scope is Scope.RECIPE]
    return {
        **{name: np.array([row.get(name, np.nan) for row in rows]) for name in names},
        DUMPING: np.array([dose_dumping_risk(design) for design in designs]),
    }


def cost_per_absorbed(cost: FloatArray, absorbed: FloatArray) -> FloatArray:
    """Return what an absorbed mg costs in ingredients.

    Parameters
    ----------
    cost : ndarray of shape (n_designs,)
        Ingredients of a day, nan where a price is unknown, [EUR/d].
    absorbed : ndarray of shape (n_designs,)
        Absorbed increment, counted as `LEAST_ABSORBED_MG_PER_DAY` where it is smaller, [mg/d].

    Returns
    -------
    ndarray of shape (n_designs,)
        Cost, [EUR/mg].
    """
    found: FloatArray = cost / np.maximum(absorbed, LEAST_ABSORBED_MG_PER_DAY)
    return found


def cost_columns(
    cost: FloatArray, columns: Mapping[str, tuple[FloatArray, FloatArray, FloatArray]]
) -> Columns:
    """Return the percentiles of the cost per absorbed mg, with their intervals.

    Parameters
    ----------
    cost : ndarray of shape (n_designs,)
        Ingredients of a day, [EUR/d].
    columns : mapping of str to tuple of ndarray
        Holds the absorbed increment's percentiles, each of shape (n_designs,), [mg/d].

    Returns
    -------
    dict of str to tuple of ndarray of shape (n_designs,)
        Value, lower and upper end; who absorbs least pays most, [EUR/mg].
    """
    found = {}
    for statistic, opposite in OPPOSITE.items():
        value, low, high = columns[f"absorbed_increment.{opposite}"]
        found[f"cost_per_absorbed_mg.{statistic}"] = (
            cost_per_absorbed(cost, value),
            cost_per_absorbed(cost, high),
            cost_per_absorbed(cost, low),
        )
    return found
