"""Magnesium in the lumen at its peak: total, free, and as an ion-selective electrode would read it.

The body model gives dissolved and labile magnesium and the fluid of each segment; speciation then
shares the labile part out between the salt's own anion and free ions, beside calcium. The anion is
taken to travel with the product's magnesium, which overstates what it binds further down.
"""

import numpy as np
from attrs import frozen

from experiments.account.detail import Detail
from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.provenance import assumed
from models.absorption import _parameters as gut
from models.absorption.speciation import ANIONS_OF_SALTS, Electrode, speciate
from models.simulator.equations import N_SEGMENTS, SEGMENTS, STOMACH, UPPER

LUMINAL_CALCIUM = assumed(
    2.0, "mmol/L", "free calcium of the lumen beside a meal; it disturbs the electrode", 0.5, 5.0
)
ACIDITY = (1.0, 7.0)
"""pH between which a stomach is held, [-]."""

MEQ_PER_EQ = 1000.0
"""Milliequivalents in an equivalent, [mEq/Eq]."""


@frozen(kw_only=True, eq=False)
class Lumen:
    """Magnesium of each segment at one moment; arrays of shape (7, n_subjects)."""

    hour: float
    """When: most is dissolved in stomach and small bowel of the middle subject, [h]."""

    total: FloatArray
    """Dissolved, bound or not, [mmol/L]."""

    free: FloatArray
    """Free ions, [mmol/L]."""

    sensor: FloatArray
    """What a reader of the electrode takes for free magnesium, [mmol/L]."""

    potential: FloatArray
    """Potential of the electrode, [mV]."""

    places: tuple[str, ...] = SEGMENTS
    """Names of the segments."""


def lumen(detail: Detail, design: Design) -> Lumen:
    """Return luminal magnesium when most of it is dissolved.

    Parameters
    ----------
    detail : Detail
        The last day step by step, [-].
    design : Design
        The product, [-].

    Returns
    -------
    Lumen
        All segments at that moment, [-].
    """
    day = detail.product
    dissolved = np.stack([day.of(f"D{i}") for i in range(N_SEGMENTS)], axis=1)
    step = max(int(np.median(dissolved[:, list(UPPER)].sum(axis=1), axis=1).argmax()), 1)
    fluid = np.stack([day.rates[f"fluid{i}"][step - 1] for i in range(N_SEGMENTS)])
    labile = dissolved[step].copy()
    for i in range(1, N_SEGMENTS):
        labile[i] = np.clip(day.rates[f"labile{i}"][step - 1], 0.0, labile[i])
    without = np.stack([detail.control.of(f"D{i}")[step] for i in range(N_SEGMENTS)])
    product = np.maximum(dissolved[step] - without, 0.0) / fluid
    totals = {"Mg": labile / fluid, "Ca": float(LUMINAL_CALCIUM), **_anions(design, product)}
    species = speciate(totals, _ph(detail, fluid[STOMACH], step))
    reading = Electrode().read(species)
    return Lumen(
        hour=float(day.hours[step]),
        total=dissolved[step] / fluid,
        free=species.free_mg_mmol_per_l,
        sensor=reading.apparent_mmol_per_l,
        potential=reading.potential_mv,
    )


def _anions(design: Design, product: FloatArray) -> dict[str, FloatArray]:
    """Return the anions that come with so much dissolved magnesium of a product, [mmol/L]."""
    whole = sum(part.elemental_mg for part in design.parts)
    found: dict[str, FloatArray] = {}
    for part in design.parts:
        if part.salt in ANIONS_OF_SALTS:
            anion, per_mg = ANIONS_OF_SALTS[part.salt]
            more = product * (per_mg * part.elemental_mg / whole)
            found[anion] = found.get(anion, 0 * product) + more
    return found


def _ph(detail: Detail, stomach_l: FloatArray, step: int) -> FloatArray:
    """Return the pH of each segment, the stomach's from its acid at that moment."""
    ph = gut.BOWEL_PH[:, None] + detail.subjects.values["bowel_ph_shift"][None]
    acid = np.maximum(detail.product.of("H")[step], 0.0) / MEQ_PER_EQ / stomach_l
    ph[STOMACH] = np.clip(-np.log10(np.maximum(acid, 10.0 ** -ACIDITY[1])), *ACIDITY)
    return np.asarray(ph)
