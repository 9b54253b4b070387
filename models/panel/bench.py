"""Bench rows of the panel: what dissolves in a beaker, and what citrate binds."""

import numpy as np

from formulation.profiles import Medium
from formulation.provenance import assumed
from formulation.units import MG_PER_MMOL
from models.absorption.speciation import speciate
from models.panel._assumptions import people_assumed
from models.panel.experiment import Arms, Experiment, Statistic, Values
from models.panel.products import powder
from models.release import dissolve

BEAKER_L, LOAD_MMOL = 0.3, 25.0
ACID_MEQ = 24.2
"""Acid of the beaker that stands for a stomach at its most, [mEq]."""

ROOM_C = 25.0
BATCHES = people_assumed(1, "a beaker has no subjects")

_CITRATE_OF_SALT = 2 / 3
"""Citrate for each magnesium of the neutral salt, [mol/mol]."""

_TIME = {"hours": assumed(24.0, "h", "until nothing more dissolves", 4.0, 48.0)}
_SOLUTION = {
    "ph": assumed(7.0, "1", "of a solution of the neutral salt; not in the abstract", 6.0, 8.0),
    "ionic_strength": assumed(0.08, "mol/L", "of the dissolved salt itself", 0.05, 0.15),
}


def _share(salt: str, acid_meq: float, values: Values) -> Arms:
    law = powder(salt, LOAD_MMOL * MG_PER_MMOL, water_l=0.0)
    medium = Medium(
        name="beaker", volume_l=BEAKER_L, acid_meq=acid_meq, ph=1.1 if acid_meq else 7.0
    )
    return (dissolve(law, medium, np.array([values["hours"]])).fraction,)


def _oxide_in_acid(values: Values, size: int) -> Arms:
    return _share("oxide", ACID_MEQ, values)


def _oxide_in_water(values: Values, size: int) -> Arms:
    return _share("oxide", 0.0, values)


def _citrate_in_water(values: Values, size: int) -> Arms:
    return _share("citrate", 0.0, values)


def _bound(values: Values, size: int) -> Arms:
    (dissolved,) = _share("citrate", 0.0, {"hours": float(_TIME["hours"])})
    magnesium = dissolved * LOAD_MMOL / BEAKER_L
    fluid = speciate(
        {"Mg": magnesium, "citrate": magnesium * _CITRATE_OF_SALT},
        values["ph"],
        ionic_strength=values["ionic_strength"],
        temperature_c=ROOM_C,
    )
    return (fluid.complexes_mmol_per_l["citrate"] / magnesium,)


_DISSOLVED = "fraction of 25 mmol dissolved in 300 mL"

EXPERIMENTS = (
    Experiment(
        row="C14",
        statistic=Statistic.MEAN,
        outcome=_DISSOLVED,
        arms=("oxide powder with 24.2 mEq of acid",),
        n_people=BATCHES,
        simulate=_oxide_in_acid,
        assumptions=_TIME,
    ),
    Experiment(
        row="C15",
        statistic=Statistic.MEAN,
        outcome=_DISSOLVED,
        arms=("oxide powder in water",),
        n_people=BATCHES,
        simulate=_oxide_in_water,
        assumptions=_TIME,
    ),
    Experiment(
        row="C16",
        statistic=Statistic.MEAN,
        outcome=_DISSOLVED,
        arms=("citrate powder in water",),
        n_people=BATCHES,
        simulate=_citrate_in_water,
        assumptions=_TIME,
    ),
    Experiment(
        row="C17",
        statistic=Statistic.MEAN,
        outcome="share of dissolved magnesium bound to citrate",
        arms=("citrate powder in water",),
        n_people=BATCHES,
        simulate=_bound,
        assumptions=_SOLUTION,
        remark="the solution that row C16 predicts, at equilibrium",
    ),
)
"""Rows without a body."""
