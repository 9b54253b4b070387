"""Where the magnesium of a product comes from: one lot of salt, or two in a stated share."""

from collections.abc import Iterable

from attrs import frozen

from formulation.design import Design
from formulation.errors import InputError
from formulation.salts import Lot, make_lot

SECOND_SHARE = "second_salt_pct"
"""Process setting of a mixture: the second salt in the mass of both, [%]."""


@frozen(kw_only=True)
class SaltSource:
    """One lot, or a mixture of two lots with the range of their share.

    Raises
    ------
    InputError
        There are no or more than two lots, both are the same salt, or the share is impossible.
    """

    lots: tuple[Lot, ...]
    """One lot or two."""

    low_pct: int = 0
    """Least share of the second lot in the salt mass, [%]; 0 for a single lot."""

    high_pct: int = 0
    """Greatest share of the second lot in the salt mass, [%]; 0 for a single lot."""

    def __attrs_post_init__(self) -> None:
        if len(self.lots) not in (1, 2) or len({lot.salt.key for lot in self.lots}) < len(
            self.lots
        ):
            raise InputError(
                f"Salt {self.name!r}: a product holds one salt, or two different ones."
            )
        if self.is_mixture and not 1 <= self.low_pct <= self.high_pct <= 99:
            raise InputError(
                f"Salt {self.name!r}: a share of {self.low_pct:g} to {self.high_pct:g} % of the"
                " second salt is impossible; 1 <= low <= high <= 99.",
                hint="For a single salt name it alone.",
            )

    @property
    def name(self) -> str:
        """Salt key, or two joined by a plus; equal to `Design.salt_name`."""
        return "+".join(lot.salt.key for lot in self.lots)

    @property
    def is_mixture(self) -> bool:
        """Whether it holds two salts."""
        return len(self.lots) == 2

    def mg_pct(self, second_pct: float) -> float:
        """Return the elemental magnesium of the salt mass.

        Parameters
        ----------
        second_pct : float
            Share of the second lot in the salt mass; ignored for a single lot, [%].

        Returns
        -------
        float
            Elemental magnesium, [%].
        """
        if not self.is_mixture:
            return self.lots[0].mg_pct
        first, second = (lot.mg_pct for lot in self.lots)
        return first + (second - first) * second_pct / 100

    @property
    def per_solvent(self) -> float:
        """Most salt that dissolves in its solvent, water at 25 degC, [mg/mg].

        Of a mixture the less soluble salt decides, as if all of it were that one.
        """
        return least_soluble(self.lots)


def single(lot: Lot) -> SaltSource:
    """Return a lot as a source of its own.

    Parameters
    ----------
    lot : Lot
        The lot, [-].

    Returns
    -------
    SaltSource
        The lot alone, [-].
    """
    return SaltSource(lots=(lot,))


def least_soluble(lots: Iterable[Lot]) -> float:
    """Return how much salt water dissolves of the least soluble of several lots.

    Parameters
    ----------
    lots : iterable of Lot
        Lots of one unit, [-].

    Returns
    -------
    float
        Salt over water, at 25 degC, [mg/mg].
    """
    return min(lot.per_water for lot in lots)


def lots_of(design: Design) -> tuple[Lot, ...]:
    """Return the lots of a design's salts.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    tuple of Lot
        One or two, [-].

    Raises
    ------
    InputError
        A salt is unknown or cannot be designed with, or its content is impossible.
    """
    return tuple(make_lot(part.salt, part.mg_pct) for part in design.parts)
