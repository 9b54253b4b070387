"""Calibration of the gut on Fine 1991: three numbers of the publication, three constants.

The publication's curve, stated once for the whole product: with x = meal (1.48 mmol, recalled)
plus supplement, ``A = 1.719 x / (1.482 + x) + 0.07 x`` mmol. Its fraction is 0.65 at 1.48 mmol and
0.11 at 41.48 mmol. One fed meal with all magnesium dissolved, typical subject.
"""

import numpy as np
from attrs import evolve

from formulation.arrays import FloatArray
from formulation.provenance import Basis, Quantity, assumed
from models.population import alike
from models.simulator.arms import MODEL, NOTHING_TAKEN
from models.simulator.numbers import CALIBRATED, Transport
from models.simulator.run import follow
from models.simulator.settle import unsettled


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
    """Return the same fraction as the simulator has it.

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
    subjects = alike(
        len(intake_mmol), dietary_phytate_mmol_per_day=0.0, dietary_oxalate_mmol_per_day=0.0
    )
    meals = unsettled(
        subjects, meal_mmol=intake_mmol, meal_times_h=(MEAL_TIME_H,), transport=transport
    )
    meals = evolve(meals, numbers={**meals.numbers, "secretion": 0 * intake_mmol})
    day = follow([NOTHING_TAKEN], meals, subjects, days=1, adapts=False, keep_path=True)
    absorbed = day.path[0, 0, :, MODEL.index("absorbed")[0]]
    washed_out_h = MEAL_TIME_H + float(WASHED_OUT_H)
    until = [np.interp(washed_out_h, day.grid.edges_h[1:], lane) for lane in absorbed.T]
    return np.array(until) / intake_mmol


MEAL_TIME_H = 1.0
"""When the one meal is eaten, [h]."""

WASHED_OUT_H = assumed(
    12.0, "h", "the one-meal method washes the bowel out half a day later; recalled"
)


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
    low, high = np.array([-9.0, np.log(float(LEAST_KM)), -9.0]), np.array([3.0, 0.5, 0.0])
    start = np.clip(start, low + 1e-3, high - 1e-3)
    return _transport(least_squares(residuals, start, bounds=(low, high), xtol=1e-10).x)


LEAST_KM = assumed(
    0.3,
    "mmol/L",
    "the curve hardly knows the half-saturation; the channels' affinity is recalled as 0.7 to 1.2",
)


def _transport(log_constants: FloatArray) -> Transport:
    vmax, km, paracellular = np.exp(log_constants)
    return Transport(vmax_mmol_per_h=vmax, km_mmol_per_l=km, paracellular_per_h=paracellular)
