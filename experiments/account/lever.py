"""One quantity that is moved: over which range, and what of a subject or a release law follows."""

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from formulation.provenance import Quantity
from models.release import ReleaseLaw

UNSTATED_LOW, UNSTATED_HIGH = 0.7, 1.4
"""Factors where nobody stated a range, [-]."""


def _any_law(_: ReleaseLaw) -> bool:
    return True


@frozen(kw_only=True)
class Lever:
    """One quantity, and what of a lane is moved with it."""

    title: str
    """What it is."""

    quantity: Quantity
    """Value, range and source."""

    numbers: tuple[str, ...] = ()
    """Numbers of the subjects that rise in proportion."""

    changed: Callable[[ReleaseLaw, float], ReleaseLaw] | None = None
    """What a value of the quantity makes of the release law; None for a quantity of the body."""

    concerns: Callable[[ReleaseLaw], bool] = _any_law
    """Whether a release law rests on the quantity; where it does not, nothing is simulated."""

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high value: those stated, else a share of the value."""
        q = self.quantity
        low = UNSTATED_LOW * q.value if q.low is None else q.low
        return low, UNSTATED_HIGH * q.value if q.high is None else q.high


def with_parameters(law: ReleaseLaw, changed: Mapping[str, float]) -> ReleaseLaw:
    """Return a law with some of its parameters changed.

    Parameters
    ----------
    law : ReleaseLaw
        Law of a product, [-].
    changed : mapping of str to float
        New values by name, unit as suffix, [-].

    Returns
    -------
    ReleaseLaw
        The same law with them, [-].
    """
    return evolve(law, parameters={**law.parameters, **changed})
