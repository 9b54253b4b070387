"""Which values a quantity can have at all, whatever is made: a share never exceeds 100 %.

The bounds stand where a quantity is defined: endpoints in `formulation.endpoints`, attributes in
their table. They say nothing of what is likely, allowed or wanted.
"""

from attrs import frozen

from formulation.units import with_unit


@frozen(kw_only=True)
class Possible:
    """Least and most value that a quantity can have."""

    least: float | None = None
    """Least value, in the unit of the quantity; None without such an end."""

    most: float | None = None
    """Most it can be, in the unit of the quantity; None without such an end."""

    def includes(self, value: float) -> bool:
        """Tell whether a value can occur; the ends can.

        Parameters
        ----------
        value : float
            Any value, in the unit of the quantity, [-].

        Returns
        -------
        bool
            False below the least and above the most value, [-].
        """
        is_under = self.least is not None and value < self.least
        return not is_under and not (self.most is not None and value > self.most)

    def text(self, unit: str) -> str:
        """Return what is possible in words.

        Parameters
        ----------
        unit : str
            Unit of the quantity, as the tables spell it, [-].

        Returns
        -------
        str
            Such as ``0 % to 100 %``, [-].

        Examples
        --------
        >>> SHARE.text("percent"), FROM_ZERO.text("mg/d"), ANY.text("mmol/L")
        ('0 % to 100 %', '0 mg/d or more', 'any value')
        """
        least, most = (None if x is None else with_unit(x, unit) for x in (self.least, self.most))
        if least is None:
            return "any value" if most is None else f"{most} or less"
        return f"{least} or more" if most is None else f"{least} to {most}"

    def nearest(self, value: float) -> float:
        """Return the possible value that is nearest to a value.

        Parameters
        ----------
        value : float
            Any value, in the unit of the quantity, [-].

        Returns
        -------
        float
            The value itself where it can occur, else the end it lies beyond, [-].
        """
        if self.least is not None and value < self.least:
            return self.least
        return self.most if self.most is not None and value > self.most else value


ANY = Possible()
"""Every number: a difference may be negative."""

FROM_ZERO = Possible(least=0.0)
"""Amounts, counts, times and concentrations."""

SHARE = Possible(least=0.0, most=100.0)
"""Shares of a whole and chances, [percent]; similarity factors too, [-]."""

RELATIVE_CHANGE = Possible(least=-100.0)
"""A change of what cannot be negative, [% of it]: all of it may be lost."""
