"""The bench vessel: one unit in a stated medium.

Solid and dissolved magnesium and the acid that is left are stepped together; every step moves what
it takes from one place to another, so mass is conserved exactly and nothing becomes negative.
Stirring thins the layer around the particles; it does not move liberation. A buffer's acid counts
like free protons, which is too quick for weak buffers. A film coat opens when the medium's pH
allows; the units that never open lower the mean curve.
"""

from collections.abc import Sequence

import numpy as np
from attrs import asdict

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.profiles import Medium, ReleaseProfile
from formulation.provenance import Origin
from models.release._base import LAG_SHIFTS, Coat, ReleaseLaw, Solid

STEP_H = 1 / 60
"""Time step, [h]."""

SLOWEST_FILM = 4.0
"""Most that a film takes longer near its threshold than half a pH above, [-]."""

Columns = dict[str, FloatArray]
"""Parameters of one solid of several laws, by name with unit."""


NOTHING = Solid(
    dose_mmol=0.0,
    predissolved=0.0,
    k_water_per_h=0.0,
    k_acid_l_per_mmol_h=0.0,
    solubility_mmol_per_l=1.0,
    acid_demand_meq_per_mmol=0.0,
    osmoles_per_mmol=0.0,
)
"""A salt that is not there."""


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
    liberated = np.array([_liberated_in(law, medium, grid) for law in laws]).T
    dose = np.array([law.dose_mmol for law in laws])
    dissolved = _integrate(solid_columns(laws), medium, grid, liberated)
    fractions = np.minimum(dissolved / dose, 1.0)
    return [
        ReleaseProfile(
            times_h=times,
            fraction=np.interp(times, grid, fractions[:, k]),
            medium=medium,
            origin=Origin.SIMULATED,
        )
        for k in range(len(laws))
    ]


def solid_columns(laws: Sequence[ReleaseLaw]) -> list[Columns]:
    """Return the solids of several laws as arrays, first salts first.

    A law without a second salt has one without dose there.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Laws, [-].

    Returns
    -------
    list of dict of ndarray of shape (n_laws,)
        Fields of `Solid` by name, one dict for each place, [-].
    """
    n_places = max(len(law.solids) for law in laws)
    found = []
    for place in range(n_places):
        solids = [
            asdict(law.solids[place]) if place < len(law.solids) else asdict(NOTHING)
            for law in laws
        ]
        found.append({name: np.array([s[name] for s in solids]) for name in solids[0]})
    return found


def film_opening_h(coat: Coat, ph: FloatArray) -> FloatArray:
    """Return how long a film takes to dissolve at a pH above its threshold.

    Parameters
    ----------
    coat : Coat
        A coat that opens by pH, [-].
    ph : ndarray of shape (n,)
        pH around it, at or above the threshold, [-].

    Returns
    -------
    ndarray of shape (n,)
        Time, [h].
    """
    slower: FloatArray = np.minimum(0.5 / np.maximum(ph - coat.threshold_ph, 1e-6), SLOWEST_FILM)
    return coat.film_h * slower


def _liberated_in(law: ReleaseLaw, medium: Medium, grid: FloatArray) -> FloatArray:
    """Return the liberated fraction in a medium, from when the coat opens."""
    if law.coat is None:
        return law.liberated(grid)
    opens = _opening_h(law.coat, medium)
    if opens is None:
        return np.zeros_like(grid)
    mean = np.zeros_like(grid)
    spread = law.coat.lag_cv * law.coat.lag_h
    for shift in LAG_SHIFTS:
        mean += law.liberated(grid - max(opens + shift * spread, 0.0)) / len(LAG_SHIFTS)
    return mean * (1 - law.coat.failure)


def _opening_h(coat: Coat, medium: Medium) -> float | None:
    """Return when a coat opens in a vessel; None when it does not."""
    if not coat.threshold_ph:
        return coat.lag_h
    for start, stage in medium.stages:
        if stage.ph >= coat.threshold_ph:
            return start + float(film_opening_h(coat, np.array([stage.ph]))[0])
    return None


def _integrate(
    solids: Sequence[Columns], medium: Medium, grid: FloatArray, liberated: FloatArray
) -> FloatArray:
    """Return dissolved amounts, of shape (n_steps + 1, n_laws), [mmol]."""
    n_laws = liberated.shape[1]
    dissolved = np.zeros_like(liberated)
    left = [np.zeros(n_laws) for _ in solids]
    acid = np.full(n_laws, medium.acid_meq)
    stages = list(medium.stages)
    for step in range(1, len(grid)):
        while len(stages) > 1 and grid[step] >= stages[1][0]:
            stages.pop(0)
            acid = np.full(n_laws, stages[0][1].acid_meq)
        vessel = stages[0][1]
        done = dissolved[step - 1]
        fresh = liberated[step] - liberated[step - 1]
        for k, p in enumerate(solids):
            dose = p["dose_mmol"]
            done = done + dose * fresh * p["predissolved"]
            left[k] = left[k] + dose * fresh * (1 - p["predissolved"])
            out = dose * liberated[step] * (1 - p["predissolved"])
            by_water, by_acid = dissolve_step(
                solid=left[k],
                dissolved=done,
                acid=acid,
                acid_allowance=acid,
                volume=np.full(n_laws, vessel.volume_l),
                growth=vessel.stirring * np.cbrt(out / np.maximum(left[k], 1e-12)),
                p=p,
                step_h=STEP_H,
            )
            left[k] = left[k] - by_water - by_acid
            taken = p["acid_demand_meq_per_mmol"] * (by_water + by_acid)
            acid = np.maximum(acid - taken, 0.0)
            done = done + by_water + by_acid
        dissolved[step] = done
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
