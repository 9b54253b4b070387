"""Solids: how much magnesium stays dissolved beside them.

A solid is at equilibrium with the fluid, or the fluid is below saturation and the solid is not
there. How fast it forms is not described: magnesite and hydromagnesite need far longer than food
stays in the gut, so their saturation is a limit and no forecast.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.absorption.speciation.equilibrium import Speciation, speciate
from models.absorption.speciation.network import get_mineral
from models.absorption.speciation.thermodynamics import BODY_C, GUT_IONIC_STRENGTH

LEAST_LOG10_MMOL, MOST_LOG10_MMOL = -15.0, 4.0
"""Dissolved magnesium looked for at saturation lies between, [log10 of mmol/L]."""

HALVINGS = 52
"""Halvings of an interval, as many as a double has binary digits."""


def solubility_mmol_per_l(
    mineral: str,
    ph: ArrayLike,
    *,
    totals_mmol_per_l: Mapping[str, ArrayLike] | None = None,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> FloatArray:
    """Return the dissolved magnesium of a fluid that is saturated with a solid.

    Parameters
    ----------
    mineral : str
        A solid of magnesium, such as ``"brucite"``, [-].
    ph : ndarray of shape (...)
        pH, held, [-].
    totals_mmol_per_l : mapping of str to ndarray of shape (...), optional
        What else is in solution, besides magnesium, [mmol/L].
    ionic_strength : float, optional
        Of the whole fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    ndarray of shape (...)
        Free and complexed magnesium; infinite where even 10 mol/L would not saturate the fluid,
        for want of the solid's anion, [mmol/L].

    Raises
    ------
    InputError
        The solid is unknown or holds no magnesium, magnesium stands among the totals, or the
        composition makes no sense.

    Examples
    --------
    >>> float(solubility_mmol_per_l("brucite", 9.5, ionic_strength=0.0, temperature_c=25).round(1))
    7.1
    """
    solid = get_mineral(mineral)
    others = dict(totals_mmol_per_l or {})
    if solid.metal != "Mg" or "Mg" in others:
        raise InputError(
            f"Solubility of {mineral!r}: a solid of {solid.metal} beside {sorted(others)}; it must"
            " be one of magnesium, and magnesium is what is looked for.",
            hint="Choose a solid of magnesium, and leave 'Mg' out of the totals.",
        )

    def fluid(magnesium: ArrayLike) -> Speciation:
        return speciate(
            {**others, "Mg": magnesium},
            ph,
            ionic_strength=ionic_strength,
            temperature_c=temperature_c,
        )

    def index(log_mmol: FloatArray) -> FloatArray:
        return fluid(10**log_mmol).saturation_index(mineral)

    shape = fluid(0.0).ph.shape
    low, high = np.full(shape, LEAST_LOG10_MMOL), np.full(shape, MOST_LOG10_MMOL)
    reachable = index(high) >= 0
    root = _bisect(index, low, high)
    return np.where(reachable, 10**root, np.inf)


def beside_newberyite(
    magnesium_mmol_per_l: ArrayLike,
    phosphate_mmol_per_l: ArrayLike,
    ph: ArrayLike,
    *,
    totals_mmol_per_l: Mapping[str, ArrayLike] | None = None,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> Speciation:
    """Return the fluid that is left when magnesium phosphate has settled.

    Newberyite takes one phosphate with each magnesium until the fluid is saturated; a fluid below
    saturation is returned as it is. The total of magnesium is then the cap on what is dissolved.

    Parameters
    ----------
    magnesium_mmol_per_l : ndarray of shape (...)
        Magnesium before, per volume of fluid, [mmol/L].
    phosphate_mmol_per_l : ndarray of shape (...)
        Phosphate before, [mmol/L].
    ph : ndarray of shape (...)
        pH, held, [-].
    totals_mmol_per_l : mapping of str to ndarray of shape (...), optional
        What else is in solution, [mmol/L].
    ionic_strength : float, optional
        Of the whole fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    Speciation
        What is left in solution, [mmol/L].

    Raises
    ------
    InputError
        The composition makes no sense.
    """
    others = dict(totals_mmol_per_l or {})
    if {"Mg", "phosphate"} & others.keys():
        raise InputError(
            f"Newberyite: the totals {sorted(others)} name magnesium or phosphate a second time.",
            hint="Give both as arguments of their own.",
        )
    before = [np.asarray(x, dtype=float) for x in (magnesium_mmol_per_l, phosphate_mmol_per_l)]

    def fluid(settled: FloatArray) -> Speciation:
        most = np.minimum(*before)
        left = {"Mg": before[0] - settled * most, "phosphate": before[1] - settled * most}
        return speciate(
            {**others, **left}, ph, ionic_strength=ionic_strength, temperature_c=temperature_c
        )

    start = fluid(np.zeros(()))
    lowest = np.zeros_like(start.ph)
    settled = _bisect(
        lambda share: -fluid(share).saturation_index("newberyite"), lowest, lowest + 1
    )
    stays = start.saturation_index("newberyite") <= 0
    return fluid(np.where(stays, 0.0, settled))


def _bisect(
    rising: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return where a rising function crosses 0, each point for itself."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = rising(middle) >= 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high
