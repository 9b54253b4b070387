"""A number with its unit, its range, and where it comes from.

Every constant of the product is a `Quantity`; a bare literal in an equation is only 0, 1, 2 or pi.
"""

from enum import StrEnum
from math import isfinite

from attrs import field, frozen, validators

from formulation.errors import InputError


class Basis(StrEnum):
    """How a value is known."""

    MEASURED = "measured"
    """Seen in a text, an abstract or a laboratory's table."""

    ESTIMATED = "estimated"
    """Derived or computed from measured values."""

    ASSUMED = "assumed"
    """From memory or by judgement; reports name it when it moved the result."""

    CLAIM = "claim"
    """A popular statement carried with neutral effect."""


class Origin(StrEnum):
    """Where a number that is shown to a person comes from."""

    MEASURED = "measured"
    """A laboratory's rows."""

    LITERATURE = "literature"
    """The reference tables."""

    SIMULATED = "simulated"
    """The mechanistic chain, or a surrogate trained on it."""

    ASSUMED = "assumed"
    CLAIM = "claim"


EVIDENCE_TO_BASIS = {
    "verified_in_text": Basis.MEASURED,
    "from_abstract": Basis.MEASURED,
    "secondary": Basis.MEASURED,
    "computed": Basis.ESTIMATED,
    "recalled": Basis.ASSUMED,
}
"""How the evidence words of the reference tables become the basis of a quantity."""


def _finite(value: float, name: str) -> None:
    if not isfinite(value):
        raise InputError(f"{name} is {value}; a quantity must be a finite number.")


@frozen(kw_only=True)
class Quantity:
    """A value with unit, range, basis and source.

    Raises
    ------
    InputError
        The value is not finite, lies outside its range, has no source, or is assumed without a
        note saying why.
    """

    value: float = field()
    """The number, in `unit`."""

    unit: str = field(validator=validators.min_len(1))
    """Unit as pint spells it; "1" for a pure number."""

    low: float | None = None
    """Lower end of the credible range, in `unit`."""

    high: float | None = None
    """Upper end of the credible range, in `unit`."""

    basis: Basis
    """How the value is known."""

    source: str
    """Key in ``formulation/sources.bib``."""

    where: str = ""
    """Table, page or row within the source."""

    note: str = ""
    """Conditions, and for assumed values the reason."""

    def __attrs_post_init__(self) -> None:
        _finite(self.value, "Quantity")
        if not self.source:
            raise InputError(f"Quantity {self.value} {self.unit} names no source.")
        if self.basis is Basis.ASSUMED and not self.note:
            raise InputError(
                f"Quantity {self.value} {self.unit} is assumed; its note must say why."
            )
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            raise InputError(
                f"Quantity {self.value} {self.unit} lies outside its own range {low} to {high}."
            )

    def __float__(self) -> float:
        return self.value


def assumed(
    value: float, unit: str, note: str, *ends: float, source: str = "ProductAssumption"
) -> Quantity:
    """Return a quantity that nobody measured for this product.

    Parameters
    ----------
    value : float
        The value, in `unit`, [-].
    unit : str
        Unit; "1" for a pure number, [-].
    note : str
        Why it is so, [-].
    *ends : float
        Low and high end of the credible range, in `unit`; none where nobody can say, [-].
    source : str, optional
        Key in ``formulation/sources.bib``, [-].

    Returns
    -------
    Quantity
        Marked as assumed, [-].

    Examples
    --------
    >>> assumed(0.5, "h", "a film of ordinary thickness").basis.value
    'assumed'
    """
    low, high = ends or (None, None)
    return Quantity(
        value=value, unit=unit, low=low, high=high, basis=Basis.ASSUMED, source=source, note=note
    )
