"""Parameters of the body, one quantity each: pools, red cells, kidney.

Exchange rates and pool sizes follow tracer studies in order of magnitude only (Avioli1966,
Silver1960); no compartment model of healthy people with readable constants was found.
"""

from formulation.provenance import Basis, Quantity, assumed
from models.disposition.kidney import LITRES_PER_DAY

L_PER_H = LITRES_PER_DAY / 24
"""Litres an hour for one mL/min, [L min/mL/h]."""

VOLUME = assumed(
    0.156, "L/kg", "plasma 0.043 and interstitium 0.157 L/kg, where only what is not bound is"
)
SECRETION = assumed(0.03, "mmol/h", "with bile and pancreatic juice, most of it taken up again")
RED_CELL_HOURS = 120 * 24.0
"""Life of a red cell, which keeps the magnesium it was made with, [h]."""

RED_CELLS_OVER_FLUID = assumed(0.48, "1", "4.4 mmol in two litres of cells over 9.1 mmol outside")
POOLS = {
    "soft": (
        Quantity(
            value=0.06,
            unit="1/h",
            basis=Basis.ESTIMATED,
            source="Lindberg1990",
            note="so slow that citrate shows in urine within hours, as in row C18 of the panel",
        ),
        assumed(1.2, "1", "cells hold their magnesium: far less moves than a tracer exchanges"),
    ),
    "muscle": (
        assumed(0.025, "1/h", "turns over 2 % a day at most"),
        assumed(33.0, "1", "300 mmol over 9 mmol"),
    ),
    "bone": (
        assumed(0.016, "1/h", "a slow compartment of the order of 1,000 h"),
        assumed(20.0, "1", "the third of the skeleton's magnesium that exchanges"),
    ),
    "leukocyte": (
        assumed(0.0001, "1/h", "half-time of some days"),
        assumed(0.012, "1", "0.1 mmol in the circulating cells"),
    ),
}
"""Rate into a pool, and size of the pool over the extracellular fluid."""
