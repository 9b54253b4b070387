"""Release laws: how a dosage form lets its magnesium go, before any vessel or body is named.

A law has two stages. *Liberation* exposes particles of salt (a tablet falls apart, a matrix swells
and erodes), after a coat has opened where there is one; *dissolution* turns particles into
dissolved magnesium by Noyes-Whitney with the cube root of Hixson and Crowell, limited by
saturation, plus a faster route through protons that uses up acid. The vessel or the gut supplies
volume, pH and acid, so one law serves both. Each salt of a mixture dissolves on its own.

Particles are spheres of one size; agglomeration, wetting and reprecipitation are not described
(magnesium does not reprecipitate at pH 6 to 7, Lindberg1990).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.design import Design, SaltPart
from formulation.errors import InputError
from formulation.provenance import Basis, Quantity
from formulation.salts import get_salt
from formulation.units import MG_PER_MMOL
from models.release._mechanisms import LIBERATION

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
class Solid:
    """How one salt of a unit dissolves."""

    dose_mmol: float
    """Magnesium it brings to one unit, [mmol]."""

    predissolved: float
    """Share that is dissolved before it is liberated, as in a solution, [-]."""

    k_water_per_h: float
    """Rate by water far from saturation, [1/h]."""

    k_acid_l_per_mmol_h: float
    """Rate by protons, [L/mmol/h]."""

    solubility_mmol_per_l: float
    """Saturation as dissolved magnesium, [mmol/L]."""

    acid_demand_meq_per_mmol: float
    """Acid taken per magnesium that dissolves, [mEq/mmol]."""

    osmoles_per_mmol: float
    """Osmotically active particles per magnesium, [mOsm/mmol]."""


LAG_SHIFTS = (-1.22, 0.0, 1.22)
"""Early, middle and late thirds of the units behind a coat that opens after a lag, in standard
deviations of the lag: three points with the mean and the variance of the whole, [-]."""


@frozen(kw_only=True)
class Coat:
    """What keeps a form closed: a film that dissolves above a pH, or that bursts after a lag."""

    threshold_ph: float = 0.0
    """pH above which the film dissolves; 0 for a coat that opens by time alone."""

    film_h: float = 0.0
    """Time the film takes half a pH above its threshold, [h]."""

    lag_h: float = 0.0
    """Mean lag of a coat that opens by time, [h]."""

    lag_cv: float = 0.0
    """Spread of that lag between units, over its mean, [-]."""

    failure: float = 0.0
    """Share of units that never open, whatever the pH, [-]."""


@frozen(kw_only=True)
class ReleaseLaw:
    """A route, a mechanism and its parameters.

    Raises
    ------
    InputError
        A parameter is not finite or negative.
    """

    route: Route
    """Way into the body."""

    mechanism: str
    """Name of the liberation mechanism."""

    parameters: Mapping[str, float]
    """Numbers of the mechanism by name, unit as suffix."""

    solids: tuple[Solid, ...]
    """How each salt dissolves, one or two."""

    coat: Coat | None = None
    """What has to open first."""

    residence_h: float = 0.0
    """Mean time the form adheres where it was put; 0 when it travels with the contents, [h]."""

    is_suspended: bool = False
    """Whether particles are drunk in water, with which they leave the fasted stomach."""

    def __attrs_post_init__(self) -> None:
        for name, value in self.parameters.items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(
                    f"Release law {self.mechanism!r}: {name} is {value}; it must be >= 0."
                )

    @property
    def dose_mmol(self) -> float:
        """Magnesium of one unit, [mmol]."""
        return sum(solid.dose_mmol for solid in self.solids)

    def liberated(self, times_h: FloatArray, *, in_body: bool = False) -> FloatArray:
        """Return the fraction of the dose let go, counted from when the form opened.

        Parameters
        ----------
        times_h : ndarray of shape (n_times,)
            Times since the start or, with a coat, since it opened, [h].
        in_body : bool, optional
            Whether bile and lipase act, [-].

        Returns
        -------
        ndarray of shape (n_times,)
            Fraction of the labelled dose, non-decreasing, at most the plateau, [-].
        """
        return LIBERATION[self.mechanism](self.parameters, np.maximum(times_h, 0.0), in_body)


class ReleaseModel(Protocol):
    """Turns a design of one delivery system into its law."""

    def __call__(self, design: Design) -> ReleaseLaw:
        """Return the law of one unit of the design."""


def solids_of(design: Design, predissolved: float | Sequence[float] = 0.0) -> tuple[Solid, ...]:
    """Return how the salts of a design dissolve.

    The rate of a sphere far from saturation is ``3 D Cs / (rho h r0)``; in acid the saturation is
    replaced by half the proton concentration times the ratio of diffusivities.

    Parameters
    ----------
    design : Design
        Any design, [-].
    predissolved : float or sequence of float, optional
        Share that is dissolved before it is liberated, of all salts or of each, [-].

    Returns
    -------
    tuple of Solid
        One or two, [-].

    References
    ----------
    .. [1] NoyesWhitney1897 (key in formulation/sources.bib)
    .. [2] HixsonCrowell1931 (key in formulation/sources.bib)
    """
    parts = design.parts
    shares = [predissolved] * len(parts) if isinstance(predissolved, float) else predissolved
    return tuple(_solid(part, share) for part, share in zip(parts, shares, strict=True))


def _solid(part: SaltPart, predissolved: float) -> Solid:
    salt = get_salt(part.salt)
    assert salt.solubility is not None
    assert salt.acid_demand is not None
    assert salt.osmoles is not None
    grams_per_mmol = MG_PER_MMOL / 1000 * 100 / part.mg_pct
    geometry = float(SALT_DENSITY) * float(DIFFUSION_LAYER) * float(PARTICLE_RADIUS)
    per_mmol_per_l = 3 * float(MG_DIFFUSION) * grams_per_mmol / geometry
    demand = salt.acid_demand.value
    return Solid(
        dose_mmol=part.elemental_mg / MG_PER_MMOL,
        predissolved=predissolved,
        k_water_per_h=per_mmol_per_l * salt.solubility.value,
        k_acid_l_per_mmol_h=per_mmol_per_l * float(PROTON_TO_MG_DIFFUSION) / demand
        if demand
        else 0.0,
        solubility_mmol_per_l=salt.solubility.value,
        acid_demand_meq_per_mmol=demand,
        osmoles_per_mmol=salt.osmoles.value,
    )
