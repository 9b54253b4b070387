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
    value=0.2325,
    unit="mmol/h",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="saturable capacity of the whole small bowel, calibrated",
)
KM = Quantity(
    value=0.5364,
    unit="mmol/L",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="half-saturation in the resting volume of a segment, calibrated",
)
PARACELLULAR = Quantity(
    value=0.008147,
    unit="1/h",
    basis=Basis.ESTIMATED,
    source="Fine1991",
    note="first order in dissolved amount, as water follows osmoles; calibrated",
)
TRANSPORT_WEIGHTS = np.array([0.0, 0.4, 0.6, 0.8, 1.0, 1.2, 0.1]) / 4.0
"""Share of the saturable capacity by segment, [-]: distal pattern of TRPM6, colon assumed small."""

COLON_LEAK = Quantity(
    value=0.8,
    unit="1",
    low=0.1,
    high=1.2,
    basis=Basis.ESTIMATED,
    source="Zhang2016",
    note="paracellular rate of the colon over that of the small bowel, set to the urine of row C08",
)
PARACELLULAR_WEIGHTS = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, float(COLON_LEAK)])
"""Relative paracellular rate by segment, [-]."""

RESTING_VOLUME_L = np.array([0.25, 0.05, 0.10, 0.08, 0.07, 0.06, 0.18])
"""Fluid of a segment without osmotic load, [L] (assumed)."""

BOWEL_PH = np.array([1.5, 6.0, 6.5, 6.8, 7.2, 7.4, 6.5])
"""pH along the gut of a usual subject, [-] (recalled from capsule studies); films see it."""

ISOTONIC = assumed(290.0, "mOsm/L", "water follows osmoles until the fluid is isotonic")
EMPTYING_FASTED = assumed(2.5, "1/h", "half-time of a quarter hour", source="OGrady2020")
EMPTYING_SOLID = assumed(
    0.87,
    "1/h",
    "solids wait for the fasted stomach's sweep: 48 of 10 to 48 min; recalled",
    0.5,
    2.5,
)
EMPTYING_FED = assumed(0.9, "1/h", "inside 2 to 5 h for a meal", source="Lee2014")
FED_HOURS = assumed(3.0, "h", "time a meal rules the stomach")
MEAL_LASTS = assumed(1 / 3, "h", "how long a meal is eaten")
ACID_AT_REST = assumed(1.6, "mEq", "50 mL at pH 1.5")
ACID_CAP = assumed(15.0, "mEq", "secretion stops when the stomach is full of it")
ACID_FASTED = assumed(0.8, "mEq/h", "basal secretion; low, as row C18 of the panel asks for")
ACID_FED = assumed(3.0, "mEq/h", "about 20 mEq/h secreted, most of it taken by the meal")
ACID_SMALL_BOWEL = assumed(0.05, "mEq/h", "protons a segment's bicarbonate can give to a solid")
ACID_COLON = assumed(0.5, "mEq/h", "protons that fermentation gives to a solid")
MEAL_TIMES_H = (1.0, 6.0, 12.0)
"""Breakfast, lunch and dinner of the simulated day, [h]."""

BETWEEN_MEALS_H = (0.0, 4.5, 10.5)
"""When a product is taken that is not taken with meals, [h]."""

FASTEST = assumed(12.0, "1/h", "no powder dissolves faster: the particles have to wet and part")
MIXING = assumed(12.0, "1/h", "protons of the stomach reach particles within some five minutes")
ACID_BEND = assumed(0.02, "mEq", "acid below which the stomach counts as neutral")
ACID_HALF = assumed(0.2, "mEq", "acid of the stomach at which a salt gets half of what it takes")
PROTON_HALF = assumed(0.2, "mmol", "particles that take half of a segment's protons")
LOAD_AT_REST = assumed(
    10.0, "mmol", "dissolved in the colon before it hurries; near an ordinary diet"
)
LOAD_SCALE = assumed(15.0, "mmol", "more of it that halves the transit time of the colon")
OSMOLES_OF_MAGNESIUM = assumed(2.5, "mOsm/mmol", "magnesium with its anions in the colon")
BEND = assumed(0.05, "1", "width over which a process begins, of what it begins at")
PRECIPITATION = assumed(2.0, "1/h", "of what is above saturation")
REDISSOLUTION = assumed(0.2, "1/h", "of what has precipitated")
ADAPTATION_DAYS = assumed(7.0, "d", "how long channels take to follow the body's need")

PHYTATE_HELD = Quantity(
    value=2.4,
    unit="mmol/mmol",
    low=1.0,
    high=6.0,
    basis=Basis.ESTIMATED,
    source="Bohn2004",
    note="magnesium that a phytate holds, calibrated on rows C10 and C11 of the panel",
)
PHYTATE_CONSTANT = np.array([3.25e-5, 2.318, 4.80, 6.375, 7.953, 8.464, 4.80])
"""Magnesium with a site of phytate that meets no calcium, by segment, [L/mmol]
(computed by `models.absorption.speciation`; a test compares)."""

OXALATE_CONSTANT = 0.411
"""Magnesium with oxalate, the same way, [L/mmol]."""

OXALATE_LEFT = assumed(0.15, "1", "most oxalate has met calcium; set to the recalled spinach study")
SOAP_CONSTANT = 0.2
"""Magnesium with two fatty acids, the same way, [L/mmol]."""

SOAP_SITES = assumed(0.02, "mmol/g", "of free fatty acids above those of an ordinary meal")
ORDINARY_FAT = assumed(80.0, "g/d", "fat of the diet on which the gut is calibrated")

PHOSPHATE_CAP = np.array([500.0, 500.0, 500.0, 500.0, 500.0, 500.0, 500.0])
"""Magnesium beside newberyite at `GUT_PHOSPHATE`, by segment, at most 500, [mmol/L] (computed by
`models.absorption.speciation`; a test compares)."""

GUT_PHOSPHATE = assumed(1.0, "mmol/L", "most phosphate is taken up before magnesium concentrates")
