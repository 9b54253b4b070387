"""What is followed: a product as it is taken, and the subjects where they stand before it."""

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.regimen import Regimen
from models.release import ReleaseLaw
from models.release.vessel import NOTHING
from models.simulator.equations import flux_model
from models.simulator.grid import intake_times_h

MODEL = flux_model()
"""The equations, built once."""


@frozen(kw_only=True, eq=False)
class Taken:
    """A product as it is taken: its law, clock times, units at each, day by day."""

    law: ReleaseLaw
    """Law of one unit."""

    times_h: tuple[float, ...]
    """Clock times of the intakes of a day, [h]."""

    units: FloatArray
    """Units taken, of shape (n_days, n_times), [-]."""

    @property
    def repeats(self) -> bool:
        """Whether every day is like the first."""
        return bool((self.units == self.units[0]).all())

    def emptied(self) -> "Taken":
        """Return the same schedule with nothing in the units."""
        return evolve(self, law=NOTHING_TAKEN.law, units=0 * self.units)


def taken_daily(law: ReleaseLaw, regimen: Regimen, days: int) -> Taken:
    """Return a product taken by the same regimen every day.

    Parameters
    ----------
    law : ReleaseLaw
        Law of one unit, [-].
    regimen : Regimen
        How it is taken, [-].
    days : int
        Days, [d].

    Returns
    -------
    Taken
        The product and its schedule, [-].
    """
    times = intake_times_h(regimen)
    units = np.full((days, len(times)), float(regimen.units_per_intake))
    return Taken(law=law, times_h=times, units=units)


@frozen(kw_only=True, eq=False)
class Start:
    """Where subjects stand before a product: at the steady state of their diet."""

    state: FloatArray
    """Every state, of shape (n_states, n_subjects)."""

    numbers: dict[str, FloatArray]
    """Numbers of the subjects by name."""

    meal_times_h: tuple[float, ...]
    """When meals are eaten, [h]."""

    serum: FloatArray
    """Mean serum magnesium, of shape (n_subjects,), [mmol/L]."""

    retention: FloatArray
    """Tubular maximum over that of filtration and modulators, of shape (n_subjects,); 1 unless a
    stated serum decides it, [-]."""


NOTHING_TAKEN = Taken(
    law=ReleaseLaw(
        route=Route.ORAL, mechanism="dispersed", parameters={"k_pour_per_h": 0.0}, solids=(NOTHING,)
    ),
    times_h=(),
    units=np.zeros((1, 0)),
)
