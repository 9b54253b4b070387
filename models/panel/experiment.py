"""An experiment of the panel: who and what is simulated, what is read off, what was assumed."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.provenance import Quantity

Values = Mapping[str, float]
"""A value of each assumption of an experiment, by name."""

Arms = tuple[FloatArray, ...]
"""One value a subject for each arm, each of shape (n_subjects,)."""


class Statistic(StrEnum):
    """What is made of the arms' means."""

    MEAN = "mean"
    """Mean of the only arm."""

    RATIO = "ratio"
    """Mean of the first arm over that of the second."""

    DIFFERENCE = "difference"
    """Mean of the first arm less that of the second."""


@frozen(kw_only=True)
class Experiment:
    """One row of the panel as it is simulated."""

    row: str
    """Number of the row."""

    statistic: Statistic
    """What is made of the arms."""

    outcome: str
    """What is read off in each subject."""

    arms: tuple[str, ...]
    """The arms in words, in order."""

    n_people: Quantity
    """People of the study, [-]."""

    simulate: Callable[[Values, int], Arms]
    """Values of the arms, given a value of each assumption and how many subjects, [-]."""

    is_crossover: bool = True
    """Whether the same people are in every arm."""

    noise: Quantity | None = None
    """Scatter of one measurement in one person, in the unit of the arms; None on the bench."""

    assumptions: Mapping[str, Quantity] = field(factory=dict)
    """What the study's text leaves open, by name; those with a range widen the interval."""

    dose_curve: float | None = None
    """What the published curve on intake alone predicts; None where it says nothing."""

    remark: str = ""
    """What the simulation does otherwise than the study did."""

    @property
    def is_logarithmic(self) -> bool:
        """Whether its scale is that of ratios: above zero by nature."""
        return self.statistic is not Statistic.DIFFERENCE

    def base(self) -> Values:
        """Return the assumptions at their values."""
        return {name: float(quantity) for name, quantity in self.assumptions.items()}
