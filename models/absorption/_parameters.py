"""Parameters of the gut, one quantity each.

The three transport constants are calibrated on the Fine 1991 curve (`calibration.py` does it again
and a test compares); the rest is physiology, much of it recalled. Segments in order: stomach,
duodenum, two of jejunum, two of ileum, colon.
"""

import numpy as np

from formulation.provenance import Basis, Quantity, assumed

N_SEGMENTS = 7
STOMACH, COLON = 0, 6
SMALL_BOWEL = slice(1, 6)
UPPER_GUT = slice(0, 6)
N_SMALL_BOWEL = 5


VMAX = Quantity(
    value=0.1697,
    unit="mmol/h",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="saturable capacity of the whole small bowel, calibrated",
)
KM = Quantity(
    value=0.4222,
    unit="mmol/L",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="half-saturation in the resting volume of a segment, calibrated",
)
PARACELLULAR = Quantity(
    value=0.009725,
    unit="1/h",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="first order in dissolved amount, as water follows osmoles; calibrated",
)
TRANSPORT_WEIGHTS = np.array([0.0, 0.4, 0.6, 0.8, 1.0, 1.2, 0.1]) / 4.0
"""Share of the saturable capacity by segment, [-]: distal pattern of TRPM6, colon assumed small."""

PARACELLULAR_WEIGHTS = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.1])
"""Relative paracellular rate by segment, [-]; the colon is tight (assumed)."""

RESTING_VOLUME_L = np.array([0.25, 0.05, 0.10, 0.08, 0.07, 0.06, 0.18])
"""Fluid of a segment without osmotic load, [L] (assumed)."""

BOWEL_PH = np.array([1.5, 6.0, 6.5, 6.8, 7.2, 7.4, 6.5])
"""pH along the gut of a usual subject, [-] (recalled from capsule studies); films see it."""

ISOTONIC = assumed(290.0, "mOsm/L", "water follows osmoles until the fluid is isotonic")
EMPTYING_FASTED = assumed(2.5, "1/h", "half-time of a quarter hour", source="OGrady2020")
EMPTYING_FED = assumed(0.9, "1/h", "inside 2 to 5 h for a meal", source="Lee2014")
FED_HOURS = assumed(3.0, "h", "time a meal rules the stomach")
ACID_AT_REST = assumed(1.6, "mEq", "50 mL at pH 1.5")
ACID_CAP = assumed(15.0, "mEq", "secretion stops when the stomach is full of it")
ACID_FASTED = assumed(1.0, "mEq/h", "basal secretion; low, as row C18 of the panel asks for")
ACID_FED = assumed(3.0, "mEq/h", "about 20 mEq/h secreted, most of it taken by the meal")
ACID_SMALL_BOWEL = assumed(0.05, "mEq/h", "protons a segment's bicarbonate can give to a solid")
ACID_COLON = assumed(0.5, "mEq/h", "protons that fermentation gives to a solid")
ACID_STANDS = assumed(0.05, "h", "how long a proton of the bowel stands before others take it")
MEAL_TIMES_H = (1.0, 6.0, 12.0)
"""Breakfast, lunch and dinner of the simulated day, [h]."""

BETWEEN_MEALS_H = (0.0, 4.5, 10.5)
"""When a product is taken that is not taken with meals, [h]."""

HORIZON_H = 32.0
"""Simulated time; what is left then sits in the colon, [h]."""

STEP_H = 0.05
"""Time step, [h]."""
