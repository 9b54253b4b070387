"""A predicted number with its interval, and how likely it lies outside bounds."""

from math import erfc, sqrt

from attrs import frozen

from models.surrogates.gaps import NORMAL_90


@frozen(kw_only=True)
class Prediction:
    """What is known of one number of a design."""

    value: float
    """Value, in its unit."""

    low: float
    """Lower end of the 90 % interval, in its unit."""

    high: float
    """Upper end of the 90 % interval, in its unit."""

    def chance_of_failing(self, low: float | None, high: float | None) -> float:
        """Return the probability that the number lies outside its target.

        Parameters
        ----------
        low, high : float or None
            Ends of the target, in its unit; None where there is none, [-].

        Returns
        -------
        float
            From 0 to 1; exactly 0 or 1 only when the interval has no width, [-].
        """
        below = 0.0 if low is None else self._below(low)
        above = 0.0 if high is None else 1.0 - self._below(high, counts_equal=True)
        return min(max(below + above, 0.0), 1.0)

    def _below(self, bound: float, *, counts_equal: bool = False) -> float:
        """Return the probability of lying below a bound, each side with its own width."""
        half = self.value - self.low if bound < self.value else self.high - self.value
        if half <= 0:
            return float(self.value < bound or (counts_equal and self.value == bound))
        return 0.5 * erfc((self.value - bound) * NORMAL_90 / half / sqrt(2))
