"""The bench vessel: one unit in a stated medium.

Solid and dissolved magnesium and the acid that is left are stepped together; every step moves what
it takes from one place to another, so mass is conserved exactly and nothing becomes negative.
Stirring does not act; it is recorded with the medium.
"""

from collections.abc import Sequence

import numpy as np

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.profiles import Medium, ReleaseProfile
from formulation.provenance import Origin
from models.release._base import ReleaseLaw

STEP_H = 1 / 60
"""Time step, [h]."""


def dissolve(law: ReleaseLaw, medium: Medium, times_h: FloatArray) -> ReleaseProfile:
    """Return the release profile of one unit in a vessel.

    Parameters
    ----------
    law : ReleaseLaw
        Law of the unit, [-].
    medium : Medium
        The vessel, [-].
    times_h : ndarray of shape (n_times,)
        Increasing times from the start, [h].

    Returns
    -------
    ReleaseProfile
        Simulated fraction of label dissolved, [-].

    Raises
    ------
    InputError
        Times are negative or do not increase.
    """
    return dissolve_all([law], medium, times_h)[0]


def dissolve_all(
    laws: Sequence[ReleaseLaw], medium: Medium, times_h: FloatArray
) -> list[ReleaseProfile]:
    """Return the release profile of several units, each in a vessel of its own.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Laws of the units, [-].
    medium : Medium
        The vessel, [-].
    times_h : ndarray of shape (n_times,)
        Increasing times from the start, [h].

    Returns
    -------
    list of ReleaseProfile
        Simulated profiles in the order of the laws, [-].

    Raises
    ------
    InputError
        Times are negative or do not increase.
    """
    times = np.asarray(times_h, dtype=float)
    if times.size == 0 or not (np.isfinite(times).all() and times[0] >= 0):
        raise InputError(f"dissolve: times {times} must be finite and start at 0 h or later.")
    if (np.diff(times) <= 0).any():
        raise InputError(f"dissolve: times {times} must increase.")
    n_steps = int(np.ceil(times[-1] / STEP_H)) or 1
    grid = np.arange(n_steps + 1, dtype=float) * STEP_H
    p = {name: np.array([law.parameters[name] for law in laws]) for name in _SHARED}
    liberated = p["dose_mmol"] * np.array([law.liberated(grid) for law in laws]).T
    dissolved = _integrate(p, medium, liberated)
    fractions = np.minimum(dissolved / p["dose_mmol"], 1.0)
    return [
        ReleaseProfile(
            times_h=times,
            fraction=np.interp(times, grid, fractions[:, k]),
            medium=medium,
            origin=Origin.SIMULATED,
        )
        for k in range(len(laws))
    ]


_SHARED = (
    "dose_mmol",
    "k_water_per_h",
    "k_acid_l_per_mmol_h",
    "solubility_mmol_per_l",
    "acid_demand_meq_per_mmol",
)


def _integrate(p: dict[str, FloatArray], medium: Medium, liberated: FloatArray) -> FloatArray:
    """Return dissolved amounts, of shape (n_steps + 1, n_laws), [mmol]."""
    dissolved = np.zeros_like(liberated)
    solid = np.zeros(liberated.shape[1])
    acid = np.full_like(solid, medium.acid_meq)
    for step in range(1, len(liberated)):
        solid = solid + liberated[step] - liberated[step - 1]
        done = dissolved[step - 1]
        growth = np.cbrt(liberated[step] / np.maximum(solid, 1e-12))
        by_water, by_acid = dissolve_step(
            solid=solid,
            dissolved=done,
            acid=acid,
            acid_allowance=acid,
            volume=np.full_like(solid, medium.volume_l),
            growth=growth,
            p=p,
            step_h=STEP_H,
        )
        solid = solid - by_water - by_acid
        acid = np.maximum(acid - p["acid_demand_meq_per_mmol"] * (by_water + by_acid), 0.0)
        dissolved[step] = done + by_water + by_acid
    return dissolved


def dissolve_step(
    *,
    solid: FloatArray,
    dissolved: FloatArray,
    acid: FloatArray,
    acid_allowance: FloatArray,
    volume: FloatArray,
    growth: FloatArray,
    p: dict[str, FloatArray],
    step_h: float,
) -> tuple[FloatArray, FloatArray]:
    """Return what dissolves in one step, by water and by acid.

    The water route stops at saturation, the acid route when the allowance is used up; `growth` is
    the cube root of exposed over remaining particles (Hixson and Crowell). In a vessel or a stomach
    the allowance is the acid itself; where acid is delivered, it is the delivery of the step.

    Parameters
    ----------
    solid, dissolved : ndarray of shape (...,)
        Amounts at the start of the step, [mmol].
    acid : ndarray of shape (...,)
        Acid standing in the fluid, which sets the rate, [mEq].
    acid_allowance : ndarray of shape (...,)
        Most acid that may be used in the step, [mEq].
    volume : ndarray of shape (...,)
        Fluid, [L].
    growth : ndarray of shape (...,)
        Cube-root factor, at least 1, [-].
    p : dict of ndarray of shape (...,)
        Dissolution parameters of the law, names with units, [-].
    step_h : float
        Length of the step, [h].

    Returns
    -------
    tuple of ndarray of shape (...,)
        Amounts dissolved by water and by acid, [mmol].
    """
    saturation = p["solubility_mmol_per_l"] * volume
    room = np.maximum(saturation - dissolved, 0.0)
    q = p["k_water_per_h"] * growth * step_h * (room / saturation)
    by_water = np.minimum(solid * q / (1 + q), room)
    left = solid - by_water
    demand = np.maximum(p["acid_demand_meq_per_mmol"], 1e-12)
    spare = np.maximum(acid_allowance - p["acid_demand_meq_per_mmol"] * by_water, 0.0)
    standing = acid * spare / np.maximum(acid_allowance, 1e-12)
    q = p["k_acid_l_per_mmol_h"] * growth * step_h * standing / volume
    by_acid = np.minimum(left * q / (1 + q), spare / demand)
    return by_water, np.where(p["acid_demand_meq_per_mmol"] > 0, by_acid, 0.0)
