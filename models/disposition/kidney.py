"""The kidney: it spills what is filtered above a tubular maximum, with splay.

Filtration F against a tubular maximum T gives a urine of
``U = (x + sqrt(x^2 + 4 s^2 T^2)) / 2 - c T`` with ``x = F - T`` and splay s. The last term is what
the first would give at no filtration at all, so a body without magnesium loses none. The law is
smooth, rises with F and can be inverted: ``F = T + U' - s^2 T^2 / U'``, ``U' = U + c T``. A hard
threshold would give a third of the serum response of the 48-trial meta-analysis. Filtration and
tubular maximum fall together in kidney disease, so a failing kidney shows in serum, not in lost
urine: at steady state the urine carries what is absorbed more, at any filtration rate.
"""

from math import sqrt

import numpy as np

from formulation.arrays import FloatArray
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
    value=0.655,
    unit="mmol/L",
    low=0.576,
    high=0.72,
    basis=Basis.ASSUMED,
    source="Rude1980",
    note="0.576 was measured by infusion; 0.655 puts the ordinary diet near 0.83 mmol/L",
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


CONSERVED = (sqrt(1 + 4 * float(SPLAY) ** 2) - 1) / 2
"""What splay alone would lose without filtration, over the tubular maximum, [-]."""


def excreted_at(filtered: FloatArray, tubular: FloatArray) -> FloatArray:
    """Return what the kidney excretes of what it filters.

    Parameters
    ----------
    filtered : ndarray of shape (n,)
        Filtered, [mmol/h].
    tubular : ndarray of shape (n,)
        Tubular maximum, [mmol/h].

    Returns
    -------
    ndarray of shape (n,)
        Excreted, [mmol/h].

    References
    ----------
    .. [1] Rude1980 (key in formulation/sources.bib)
    """
    beyond = filtered - tubular
    root = np.sqrt(beyond**2 + 4 * (float(SPLAY) * tubular) ** 2)
    excreted: FloatArray = (beyond + root) / 2 - CONSERVED * tubular
    return excreted


def filtered_at(excreted: FloatArray, tubular: FloatArray) -> FloatArray:
    """Return what the kidney filters when it excretes so much.

    Parameters
    ----------
    excreted : ndarray of shape (n,)
        Excreted at steady state, [mmol/h].
    tubular : ndarray of shape (n,)
        Tubular maximum, [mmol/h].

    Returns
    -------
    ndarray of shape (n,)
        Filtered, [mmol/h].
    """
    lost = excreted + CONSERVED * tubular
    filtered: FloatArray = tubular + lost - (float(SPLAY) * tubular) ** 2 / lost
    return filtered


def tubular_for(filtered: FloatArray, excreted: FloatArray) -> FloatArray:
    """Return the tubular maximum with which a kidney excretes so much of what it filters.

    The law is linear in it, as what is conserved ends the square of the splay.

    Parameters
    ----------
    filtered : ndarray of shape (n,)
        Filtered at steady state, [mmol/h].
    excreted : ndarray of shape (n,)
        Excreted then, below what is filtered, [mmol/h].

    Returns
    -------
    ndarray of shape (n,)
        Tubular maximum; infinite where no kidney of this splay loses so little, [mmol/h].
    """
    kept = filtered - excreted
    room = (1 + CONSERVED) * excreted - CONSERVED * kept
    found: FloatArray = np.where(room > 0, kept * excreted / np.where(room > 0, room, 1.0), np.inf)
    return found
