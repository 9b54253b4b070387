"""A virtual ion-selective electrode for magnesium, as a sensor in the gut would read.

Its potential follows the activity of free magnesium, to which calcium adds by a selectivity
coefficient (Nikolsky and Eisenman, both ions divalent) and the membrane's own leakage by a lower
limit of detection. Drift, sodium, pH and fouling of the membrane are not described.
"""

from math import log

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.provenance import assumed
from models.absorption.speciation.equilibrium import MMOL_PER_MOL, Speciation
from models.absorption.speciation.network import METALS
from models.absorption.speciation.thermodynamics import (
    GAS_CONSTANT,
    ZERO_CELSIUS_K,
    charge_of,
)

FARADAY = assumed(96485.33212, "C/mol", "defined value, recalled", source="CRCHandbook")
MILLIVOLTS = 1000.0
"""Millivolts in a volt, [mV/V]."""

SELECTIVITY_CALCIUM = assumed(
    0.2, "1", "neutral carriers range from little better than water softeners to 0.02", 0.02, 1.0
)
DETECTION_LIMIT = assumed(1e-5, "mol/L", "usual limit of a liquid membrane", 1e-6, 1e-4)
STANDARD_POTENTIAL = assumed(0.0, "mV", "a constant of the cell, set to 0 at activity 1 mol/L")


@frozen(kw_only=True, eq=False)
class Reading:
    """What the electrode shows."""

    potential_mv: FloatArray
    """Potential, [mV]."""

    apparent_mmol_per_l: FloatArray
    """Free magnesium a reader would infer who knows of no calcium, [mmol/L]."""


@frozen(kw_only=True)
class Electrode:
    """A magnesium-selective electrode.

    Raises
    ------
    InputError
        Selectivity or detection limit are out of range.
    """

    selectivity_calcium: float = float(SELECTIVITY_CALCIUM)
    """Potentiometric selectivity coefficient of calcium over magnesium, [-]."""

    detection_limit_mol_per_l: float = float(DETECTION_LIMIT)
    """Activity the membrane shows in pure water, [mol/L]."""

    standard_potential_mv: float = float(STANDARD_POTENTIAL)
    """Potential at an activity of 1 mol/L, [mV]."""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.selectivity_calcium < np.inf:
            raise InputError(
                f"Electrode: a selectivity for calcium of {self.selectivity_calcium:g} must be 0"
                " or more and finite.",
                hint="Give the coefficient itself, not its logarithm.",
            )
        if not 0 < self.detection_limit_mol_per_l < np.inf:
            raise InputError(
                f"Electrode: a detection limit of {self.detection_limit_mol_per_l:g} mol/L must"
                " be above 0 and finite.",
                hint="Give it in mol/L.",
            )

    def slope_mv(self, temperature_c: float) -> float:
        """Return the potential of a tenfold activity.

        Parameters
        ----------
        temperature_c : float
            Temperature, [degC].

        Returns
        -------
        float
            Slope of Nernst for a divalent ion, [mV].

        Examples
        --------
        >>> round(Electrode().slope_mv(37.0), 2)
        30.77
        """
        return nernst_slope_mv(temperature_c, charge_of(METALS["Mg"]))

    def read(self, fluid: Speciation) -> Reading:
        """Return what the electrode shows in a fluid.

        Parameters
        ----------
        fluid : Speciation
            The fluid, [-].

        Returns
        -------
        Reading
            Arrays of the fluid's shape, [mV] and [mmol/L].
        """
        calcium = self.selectivity_calcium * fluid.activity("Ca")
        seen = fluid.activity("Mg") + calcium + self.detection_limit_mol_per_l
        slope = self.slope_mv(fluid.conditions.temperature_c)
        coefficient = fluid.conditions.activity_coefficient(charge_of(METALS["Mg"]))
        return Reading(
            potential_mv=self.standard_potential_mv + slope * np.log10(seen),
            apparent_mmol_per_l=seen * (MMOL_PER_MOL / coefficient),
        )


def nernst_slope_mv(temperature_c: float, charge: int) -> float:
    """Return the potential of a tenfold activity of an ion.

    Parameters
    ----------
    temperature_c : float
        Temperature, [degC].
    charge : int
        Charge of the ion, [-].

    Returns
    -------
    float
        Slope, [mV].
    """
    kelvin = temperature_c + ZERO_CELSIUS_K
    return MILLIVOLTS * float(GAS_CONSTANT) * kelvin * log(10.0) / (charge * float(FARADAY))
