"""Speciation: what dissolved magnesium is bound to in gut fluid, made into tables beforehand.

`speciate` solves the equilibrium of a fluid; `solubility_mmol_per_l` and `beside_newberyite` put a
solid beside it; `segment_binding`, `oxalate_left_mmol_per_l` and `free_share` reduce it to what
the body model needs; `Electrode` reads it.
"""

from models.absorption.speciation.binding import (
    BINDERS,
    Binding,
    oxalate_left_mmol_per_l,
    segment_binding,
)
from models.absorption.speciation.electrode import Electrode, Reading
from models.absorption.speciation.equilibrium import Speciation, speciate
from models.absorption.speciation.network import COMPONENTS, MINERALS
from models.absorption.speciation.own_anion import ANIONS_OF_SALTS, UNBOUND_SALTS, free_share
from models.absorption.speciation.solids import beside_newberyite, solubility_mmol_per_l
from models.absorption.speciation.thermodynamics import Conditions

__all__ = [
    "ANIONS_OF_SALTS",
    "BINDERS",
    "COMPONENTS",
    "MINERALS",
    "UNBOUND_SALTS",
    "Binding",
    "Conditions",
    "Electrode",
    "Reading",
    "Speciation",
    "beside_newberyite",
    "free_share",
    "oxalate_left_mmol_per_l",
    "segment_binding",
    "solubility_mmol_per_l",
    "speciate",
]
