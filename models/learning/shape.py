"""What the outcome of a table is: a cumulative release curve, or any value.

A release curve starts at 0, never falls, and ends on a plateau that may lie below everything, or,
by assay, somewhat above. Whether a table holds such curves is decided by its unit, its range and
its direction, and said.
"""

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.profiles import MAX_FRACTION
from models.learning.table import TidyTable

PERCENT = 100.0
RISING = 0.8
"""Share of the steps along curves that must not fall in a table of release, [-]."""

BEYOND = 1.2
"""Most that may be released, in terms of everything, for a table to be one of release, [-]."""

_NOISE = 0.02
_EXPLICIT = {"%": PERCENT, "percent": PERCENT, "fraction": 1.0, "1": 1.0, "-": 1.0}


@frozen(kw_only=True)
class Shape:
    """What is known of the target before anything is learnt."""

    is_release: bool
    """Whether it is a cumulative release curve."""

    full: float
    """What counts as everything released, in the target's unit."""

    note: str
    """How this was decided, for people; empty without a time."""

    least: float = -np.inf
    """Least a value can be, in the target's unit: 0 of a release curve, or what was read below."""

    most: float = np.inf
    """Most a value can be, in the target's unit: the assay limit of a release curve, or what was
    read beyond."""


def shape_of(table: TidyTable) -> Shape:
    """Decide whether a table holds release curves, by its unit, range and direction.

    Parameters
    ----------
    table : TidyTable
        A table, [-].

    Returns
    -------
    Shape
        The decision with its reason, [-].
    """
    if table.time is None:
        return Shape(is_release=False, full=1.0, note="")
    unit = table.units.get(table.target_name, "").casefold()
    largest = float(table.target.max())
    full = _EXPLICIT.get(unit, PERCENT if largest > BEYOND else 1.0)
    name = f"{table.target_name!r} over {table.time_name!r}"
    if unit and unit not in _EXPLICIT:
        return _free(full, f"{name} is in {unit}, no share of a dose: no shape is asked of it")
    if largest > BEYOND * full or table.target.min() < -0.1 * full:
        return _free(full, f"{name} leaves 0 to {full:g}: no shape is asked of it")
    share = _rising_share(table, _NOISE * full)
    if share < RISING:
        rises = f"{name} rises in {100 * share:.0f} % of its steps only"
        return _free(full, f"{rises}: no shape is asked of it")
    said = f"in {unit}" if unit else f"taken as {'%' if full == PERCENT else 'a fraction'}"
    return release_shape(
        table, full, f"{name} is a release curve ({said}): it starts at 0 and never falls"
    )


def release_shape(table: TidyTable, full: float, note: str) -> Shape:
    """Return the shape of a table of release curves.

    Parameters
    ----------
    table : TidyTable
        A table with times, [-].
    full : float
        Everything released, [unit of the target].
    note : str
        How it was decided, [-].

    Returns
    -------
    Shape
        With bounds that hold everything that was read, [-].
    """
    return Shape(
        is_release=True,
        full=full,
        least=min(0.0, float(table.target.min())),
        most=max(MAX_FRACTION * full, float(table.target.max())),
        note=note,
    )


def shaped(raw: FloatArray, most: float) -> FloatArray:
    """Return curves that start at 0, never fall, and end at most at a limit.

    Parameters
    ----------
    raw : ndarray of shape (..., n_times)
        Curves, the first time being 0, [unit of the target].
    most : float
        Most that can be released, [that unit].

    Returns
    -------
    ndarray of shape (..., n_times)
        The nearest such curves, [that unit].
    """
    rising = never_falling(raw)
    rising[..., 0] = 0.0
    return np.clip(rising, 0.0, most)


def never_falling(curves: FloatArray) -> FloatArray:
    """Return the nearest curves that never fall.

    Parameters
    ----------
    curves : ndarray of shape (..., n_times)
        Curves, [any].

    Returns
    -------
    ndarray of shape (..., n_times)
        By isotonic regression, [same as given].
    """
    from scipy.optimize import isotonic_regression

    flat = curves.reshape(-1, curves.shape[-1])
    return np.array([isotonic_regression(curve).x for curve in flat]).reshape(curves.shape)


def _rising_share(table: TidyTable, noise: float) -> float:
    assert table.time is not None
    order = np.lexsort((table.time, table.curve))
    same = table.curve[order][1:] == table.curve[order][:-1]
    steps = np.diff(table.target[order])[same]
    return float((steps >= -noise).mean()) if len(steps) else 1.0


def _free(full: float, note: str) -> Shape:
    return Shape(is_release=False, full=full, note=note)
