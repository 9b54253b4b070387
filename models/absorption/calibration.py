"""Calibration of the gut on Fine 1991: three numbers of the publication, three constants.

The publication's curve, stated once for the whole product: with x = meal (1.48 mmol, recalled)
plus supplement, ``A = 1.719 x / (1.482 + x) + 0.07 x`` mmol. Its fraction is 0.65 at 1.48 mmol and
0.11 at 41.48 mmol. One fed meal with all magnesium dissolved, typical subject.
"""

import numpy as np

from formulation.arrays import FloatArray
from formulation.provenance import Basis, Quantity
from models.absorption.gut import CALIBRATED, Day, Transport, simulate_diet
from models.population import typical_subject


def _fine(value: float, unit: str, basis: Basis, note: str) -> Quantity:
    return Quantity(value=value, unit=unit, basis=basis, source="Fine1991", note=note)


CAPACITY = _fine(1.719, "mmol", Basis.ESTIMATED, "from the two ends and the slope")
HALF_INTAKE = _fine(1.482, "mmol", Basis.ESTIMATED, "from the two ends and the slope")
SLOPE = _fine(0.07, "1", Basis.MEASURED, "non-saturable share")
MEAL = _fine(1.48, "mmol", Basis.ASSUMED, "36 mg in the meal, recalled")
INTAKES_MMOL = np.array([1.48, 2.9, 5.0, 10.0, 20.0, 41.48])
"""Intakes at which the curve is compared, [mmol]."""


def fine_fraction(intake_mmol: FloatArray) -> FloatArray:
    """Return the net fraction absorbed from one meal, as published.

    Parameters
    ----------
    intake_mmol : ndarray of shape (n,)
        Meal and supplement together, [mmol].

    Returns
    -------
    ndarray of shape (n,)
        Fraction absorbed, [-].

    References
    ----------
    .. [1] Fine1991 (key in formulation/sources.bib)
    """
    return float(CAPACITY) / (float(HALF_INTAKE) + intake_mmol) + float(SLOPE)


def simulated_fraction(intake_mmol: FloatArray, transport: Transport = CALIBRATED) -> FloatArray:
    """Return the same fraction as the gut model has it.

    Parameters
    ----------
    intake_mmol : ndarray of shape (n,)
        Dissolved magnesium of one fed meal, [mmol].
    transport : Transport, optional
        Transport constants, [-].

    Returns
    -------
    ndarray of shape (n,)
        Fraction absorbed, [-].
    """
    subject = typical_subject()
    found = []
    for intake in intake_mmol:
        day = Day(meal_times_h=(1.0,), dissolved_meal_mmol=float(intake))
        result = simulate_diet(subject, day=day, transport=transport)
        found.append(result.absorbed_mmol[0, 0] / intake)
    return np.array(found)


def calibrate() -> Transport:
    """Fit the three transport constants to the published curve.

    Returns
    -------
    Transport
        Constants with the smallest relative residuals, [-].
    """
    from scipy.optimize import least_squares

    wanted = fine_fraction(INTAKES_MMOL)

    def residuals(log_constants: FloatArray) -> FloatArray:
        return simulated_fraction(INTAKES_MMOL, _transport(log_constants)) / wanted - 1

    start = np.log(
        [CALIBRATED.vmax_mmol_per_h, CALIBRATED.km_mmol_per_l, CALIBRATED.paracellular_per_h]
    )
    return _transport(least_squares(residuals, start, xtol=1e-8).x)


def _transport(log_constants: FloatArray) -> Transport:
    vmax, km, paracellular = np.exp(log_constants)
    return Transport(vmax_mmol_per_h=vmax, km_mmol_per_l=km, paracellular_per_h=paracellular)
