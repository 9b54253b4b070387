"""Serum and urine at steady state: the kidney spills what is absorbed more.

At steady state the urine carries the net absorbed magnesium, at any filtration rate. Filtration
``F = GFR fu C`` against a tubular maximum ``T = Tm GFR`` gives a urine of
``U = (x + sqrt(x^2 + 4 s^2 T^2)) / 2`` with ``x = F - T`` and splay s, which is positive, smooth
and invertible: ``C = (T + U - s^2 T^2 / U) / (GFR fu)``. A hard threshold would give a third of the
serum response of the 48-trial meta-analysis. Filtration and tubular maximum fall together in
kidney disease, so a failing kidney shows in serum, not in lost urine.

Not described: the months it takes to get there, adaptation, pools, hormones and drugs.
"""

import numpy as np

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.provenance import Basis, Quantity

ULTRAFILTERABLE = Quantity(
    value=0.72,
    unit="1",
    low=0.70,
    high=0.80,
    basis=Basis.MEASURED,
    source="RenalPhysiologyText",
    note="share of plasma magnesium that is filtered",
)
TUBULAR_MAXIMUM = Quantity(
    value=0.67,
    unit="mmol/L",
    low=0.576,
    high=0.72,
    basis=Basis.ASSUMED,
    source="Rude1980",
    note="0.576 was measured by infusion; 0.67 puts the ordinary diet near 0.83 mmol/L",
)
SPLAY = Quantity(
    value=0.08,
    unit="1",
    low=0.08,
    high=0.10,
    basis=Basis.ASSUMED,
    source="Zhang2016",
    note="calibrated on the serum response of the meta-analysis, panel row C30",
)
LITRES_PER_DAY = 1.44
"""Litres a day for one mL/min, [L min/mL/d]."""


def serum_mmol_per_l(urine_mmol_per_day: FloatArray, egfr_ml_min: FloatArray) -> FloatArray:
    """Return the serum magnesium at which the kidney excretes so much.

    Parameters
    ----------
    urine_mmol_per_day : ndarray of shape (..., n_subjects)
        Magnesium excreted at steady state, [mmol/d].
    egfr_ml_min : ndarray of shape (n_subjects,)
        Filtration rate, [mL/min/1.73m2].

    Returns
    -------
    ndarray of shape (..., n_subjects)
        Total serum magnesium, [mmol/L].

    Raises
    ------
    InputError
        Somebody excretes less than the kidney loses at any serum, so there is no steady state.

    References
    ----------
    .. [1] Rude1980 (key in formulation/sources.bib)
    """
    filtration = egfr_ml_min * LITRES_PER_DAY
    maximum = float(TUBULAR_MAXIMUM) * filtration
    spread = (float(SPLAY) * maximum) ** 2
    least = (np.sqrt(maximum**2 + 4 * spread) - maximum) / 2
    if not (urine_mmol_per_day > least).all():
        raise InputError(
            f"Serum at steady state: {np.min(urine_mmol_per_day):.3g} mmol/d of magnesium is"
            f" absorbed by somebody, and their kidney loses up to {np.max(least):.3g} mmol/d at any"
            " serum; such a body has no steady state.",
            hint="Raise the diet, or whatever keeps this population from absorbing it.",
        )
    urine = urine_mmol_per_day
    return (maximum + urine - spread / urine) / (filtration * float(ULTRAFILTERABLE))
