"""Numbers of the flux list that are the same for everybody; the generator bakes them in."""

from collections.abc import Mapping

from models.absorption import _parameters as gut
from models.disposition.kidney import CONSERVED, SPLAY

QUANTITIES = {
    "acid_half": gut.ACID_HALF,
    "acid_bend": gut.ACID_BEND,
    "mixing": gut.MIXING,
    "acid_cap": gut.ACID_CAP,
    "isotonic": gut.ISOTONIC,
    "proton_half": gut.PROTON_HALF,
    "load_rest": gut.LOAD_AT_REST,
    "load_scale": gut.LOAD_SCALE,
    "bend": gut.BEND,
    "bowel_acid": gut.ACID_SMALL_BOWEL,
    "precipitation": gut.PRECIPITATION,
    "redissolution": gut.REDISSOLUTION,
    "splay": SPLAY,
}
"""Those that are quantities, by name in the flux list."""

CONSTANTS: Mapping[str, float] = {
    **{name: float(quantity) for name, quantity in QUANTITIES.items()},
    "conserved": CONSERVED,
    **{f"rest{i}": float(volume) for i, volume in enumerate(gut.RESTING_VOLUME_L)},
    **{
        f"unbinding{i}": float(gut.RESTING_VOLUME_L[i] / gut.PHYTATE_CONSTANT[i])
        for i in range(1, gut.N_SEGMENTS)
    },
    **{
        f"cap{i}": float(gut.RESTING_VOLUME_L[i] * gut.PHOSPHATE_CAP[i])
        for i in range(1, gut.N_SEGMENTS)
    },
}
"""Values by name; see the quantities for unit and source."""

CONSTANT_UNITS: Mapping[str, str] = {
    **{name: quantity.unit for name, quantity in QUANTITIES.items()},
    "conserved": "-",
    **{f"rest{i}": "L" for i in range(gut.N_SEGMENTS)},
    **{f"{stem}{i}": "mmol" for stem in ("unbinding", "cap") for i in range(1, gut.N_SEGMENTS)},
}
"""Their units; see the quantities for the sources."""
