"""Release laws: how a dosage form lets its magnesium go, before any vessel or body is named.

A law has two stages. *Liberation* exposes particles of salt (a tablet falls apart, a matrix swells
and erodes); *dissolution* turns particles into dissolved magnesium by Noyes-Whitney with the cube
root of Hixson and Crowell, limited by saturation, plus a faster route through protons that uses up
acid. The vessel or the gut supplies volume and acid, so one law serves both.

Particles are spheres of one size; agglomeration, wetting and reprecipitation are not described
(magnesium does not reprecipitate at pH 6 to 7, Lindberg1990).
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.errors import InputError
from formulation.provenance import Basis, Quantity
from formulation.salts import get_salt
from formulation.units import MG_PER_MMOL

MG_DIFFUSION = Quantity(
    value=2.54e-6,
    unit="m^2/h",
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="7.06e-10 m2/s at 25 degC, recalled",
)
PROTON_TO_MG_DIFFUSION = Quantity(
    value=13.2,
    unit="1",
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="protons at 9.31e-9 m2/s against magnesium, recalled",
)
PARTICLE_RADIUS = Quantity(
    value=50e-6,
    unit="m",
    low=5e-6,
    high=100e-6,
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="sieved powder; not a design variable yet",
)
DIFFUSION_LAYER = Quantity(
    value=30e-6,
    unit="m",
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="stagnant layer of stirred powders",
)
SALT_DENSITY = Quantity(
    value=1.8e3,
    unit="g/L",
    low=1.5e3,
    high=3.6e3,
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="between citrate and oxide; the rate is far from limiting for soluble salts",
)


@frozen(kw_only=True)
class ReleaseLaw:
    """A route, a mechanism and its parameters.

    Raises
    ------
    InputError
        A parameter is not finite or negative.
    """

    route: str
    """Way into the body."""

    mechanism: str
    """Name of the liberation mechanism, a key of `LIBERATION`."""

    parameters: Mapping[str, float]
    """Numbers by name, unit as suffix."""

    def __attrs_post_init__(self) -> None:
        for name, value in self.parameters.items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(
                    f"Release law {self.mechanism!r}: {name} is {value}; it must be >= 0."
                )

    def liberated(self, times_h: FloatArray) -> FloatArray:
        """Return the fraction of the dose exposed as particles.

        Parameters
        ----------
        times_h : ndarray of shape (n_times,)
            Times since the start, [h].

        Returns
        -------
        ndarray of shape (n_times,)
            Fraction of the labelled dose, non-decreasing, at most the plateau, [-].
        """
        return LIBERATION[self.mechanism](self.parameters, np.maximum(times_h, 0.0))


class ReleaseModel(Protocol):
    """Turns a design of one delivery system into its law."""

    def __call__(self, design: Design) -> ReleaseLaw:
        """Return the law of one unit of the design."""


def dissolution_parameters(design: Design) -> dict[str, float]:
    """Return how particles of the design's salt dissolve.

    The rate of a sphere far from saturation is ``3 D Cs / (rho h r0)``; in acid the saturation is
    replaced by half the proton concentration times the ratio of diffusivities.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    dict of str to float
        Rates, saturation, acid demand and osmoles by name, unit as suffix, [-].

    References
    ----------
    .. [1] NoyesWhitney1897 (key in formulation/sources.bib)
    .. [2] HixsonCrowell1931 (key in formulation/sources.bib)
    """
    salt = get_salt(design.salt)
    assert salt.solubility is not None
    assert salt.acid_demand is not None
    assert salt.osmoles is not None
    grams_per_mmol = MG_PER_MMOL / 1000 * 100 / design.salt_mg_pct
    geometry = float(SALT_DENSITY) * float(DIFFUSION_LAYER) * float(PARTICLE_RADIUS)
    per_mmol_per_l = 3 * float(MG_DIFFUSION) * grams_per_mmol / geometry
    demand = salt.acid_demand.value
    acid = per_mmol_per_l * float(PROTON_TO_MG_DIFFUSION) / demand if demand else 0.0
    return {
        "dose_mmol": design.elemental_mg_per_unit / MG_PER_MMOL,
        "k_water_per_h": per_mmol_per_l * salt.solubility.value,
        "k_acid_l_per_mmol_h": acid,
        "solubility_mmol_per_l": salt.solubility.value,
        "acid_demand_meq_per_mmol": demand,
        "osmoles_per_mmol": salt.osmoles.value,
    }


def _disintegration(p: Mapping[str, float], t: FloatArray) -> FloatArray:
    since = np.maximum(t - p["lag_h"], 0.0)
    quick = -np.expm1(-p["k_liberation_per_h"] * since)
    residue = -np.expm1(-p["k_residue_per_h"] * since)
    return p["plateau"] * quick + (1 - p["plateau"]) * residue


def _swelling_matrix(p: Mapping[str, float], t: FloatArray) -> FloatArray:
    root = t ** p["exponent"]
    return p["plateau"] * np.minimum(p["k_diffusion"] * root + p["k_relaxation"] * root**2, 1.0)


LIBERATION: Mapping[str, Callable[[Mapping[str, float], FloatArray], FloatArray]] = {
    "disintegration": _disintegration,
    "swelling_matrix": _swelling_matrix,
}
"""Liberated fraction by mechanism."""
