"""What is wanted of an endpoint: as good as possible, or inside bounds.

An objective is normalised between its worst acceptable and its ideal value; a limit is met when its
slack is zero or more. The endpoints are in `formulation.endpoints`, their keys beside it.
"""

from enum import StrEnum
from math import isfinite

from attrs import field, frozen

from formulation.endpoint_keys import READING_WORDS, endpoint_key, get_endpoint, parse_key
from formulation.endpoints import BENCH_TIMES_H, ENDPOINTS, STATISTICS, Endpoint, Scope
from formulation.errors import InputError, Problem
from formulation.units import with_unit

__all__ = [
    "BENCH_TIMES_H",
    "ENDPOINTS",
    "STATISTICS",
    "Endpoint",
    "Goal",
    "Objective",
    "OutcomeLimit",
    "Scope",
    "endpoint_key",
    "get_endpoint",
]

WEIGHTS = (0.1, 10.0)
"""Least and most of a weight; beyond, an objective is all or nothing, [-]."""

IMPORTANCES = (0.1, 10.0)
"""Least and most importance, [-]."""


class Goal(StrEnum):
    """What an objective asks for."""

    MAXIMISE = "maximise"
    MINIMISE = "minimise"


@frozen(kw_only=True)
class Objective:
    """An endpoint to be made as good as possible.

    Raises
    ------
    InputError
        Worst and ideal do not fit the goal, or are not finite.
    """

    endpoint: str = field(converter=endpoint_key)
    """Endpoint key."""

    goal: Goal
    """Direction."""

    worst: float
    """Worst acceptable value; the hypervolume counts from here."""

    ideal: float
    """Value beyond which nothing more is gained in the hypervolume."""

    weight: float = 1.0
    """Exponent of its desirability: above 1 only values near the ideal count much, [-]."""

    importance: float = 1.0
    """How much it counts in the overall desirability, against the other objectives, [-]."""

    def __attrs_post_init__(self) -> None:
        if not (isfinite(self.worst) and isfinite(self.ideal)):
            raise InputError(f"Objective {self.endpoint}: worst and ideal must be finite numbers.")
        wrong = []
        for name, low, high in (("weight", *WEIGHTS), ("importance", *IMPORTANCES)):
            if not low <= (given := getattr(self, name)) <= high:
                message = f"{name} {given:g} is not between {low:g} and {high:g}."
                wrong.append((message, "Write 1, or leave it out, for the usual one."))
        better = self.ideal > self.worst if self.goal is Goal.MAXIMISE else self.ideal < self.worst
        if not better:
            unit = get_endpoint(self.endpoint).unit
            ideal, worst = (with_unit(end, unit) for end in (self.ideal, self.worst))
            message = f"to {self.goal.value} it, ideal {ideal} must be better than worst {worst}."
            wrong.append((message, "Swap them, or change the goal."))
        if wrong:
            about = f"Objective {self.endpoint}: "
            raise InputError.of(
                Problem(code=InputError.code, message=about + message, hint=hint)
                for message, hint in wrong
            )

    def normalise(self, value: float) -> float:
        """Return 0 at the worst acceptable value and 1 at the ideal; not clipped.

        Parameters
        ----------
        value : float
            Value of the endpoint, in its unit, [-].

        Returns
        -------
        float
            Normalised value, greater is better, [-].
        """
        return (value - self.worst) / (self.ideal - self.worst)


@frozen(kw_only=True)
class OutcomeLimit:
    """An endpoint that must stay inside bounds.

    Raises
    ------
    InputError
        No bound is given, one is not finite, or they are reversed.
    """

    endpoint: str = field(converter=endpoint_key)
    """Endpoint key."""

    low: float | None = None
    """Smallest acceptable value, in the endpoint's unit."""

    high: float | None = None
    """Largest acceptable value, in the endpoint's unit."""

    def __attrs_post_init__(self) -> None:
        unit = get_endpoint(self.endpoint).unit
        if self.low is None and self.high is None:
            raise InputError(
                f"Limit on {self.endpoint} has neither low nor high.",
                hint=f"Add one or both, such as 'high: {with_unit(10, unit)}'.",
            )
        if not all(isfinite(end) for end in (self.low, self.high) if end is not None):
            raise InputError(f"Limit on {self.endpoint}: low and high must be finite numbers.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(
                f"Limit on {self.endpoint}: low {with_unit(self.low, unit)} lies above high"
                f" {with_unit(self.high, unit)}.",
                hint="Swap them, or drop one.",
            )

    @property
    def name(self) -> str:
        """Short text naming the limit, used as key of its slack."""
        unit = get_endpoint(self.endpoint).unit
        if self.low is None:
            return f"{self.endpoint} <= {self.high:g} {unit}"
        if self.high is None:
            return f"{self.endpoint} >= {self.low:g} {unit}"
        return f"{self.low:g} <= {self.endpoint} <= {self.high:g} {unit}"

    def slack(self, value: float) -> float:
        """Return how far inside the bounds a value lies; below zero it is missed.

        Parameters
        ----------
        value : float
            Value of the endpoint, in its unit, [-].

        Returns
        -------
        float
            Distance to the nearest bound, in the endpoint's unit, [-].
        """
        distances = []
        if self.low is not None:
            distances.append(value - self.low)
        if self.high is not None:
            distances.append(self.high - value)
        return min(distances)

    def reason(self, value: float) -> str:
        """Say in words how a value misses the limit; empty when it meets it.

        Parameters
        ----------
        value : float
            Value of the endpoint, in its unit, [-].

        Returns
        -------
        str
            A sentence, [-].
        """
        miss = self.slack(value)
        if miss >= 0:
            return ""
        endpoint = get_endpoint(self.endpoint)
        if self.high is not None and value > self.high:
            relation, bound = "over", self.high
        else:
            relation, bound = "under", self.low or 0.0
        d, how = endpoint.decimals, READING_WORDS.get(parse_key(self.endpoint).reading, "")
        unit = {"percent": " %", "1": ""}.get(endpoint.unit, f" {endpoint.unit}")
        return (
            f"{endpoint.title} {f'{how} ' if how else ''}{value:.{d}f}{unit} is {relation} the"
            f" limit of {bound:g}{unit} by {abs(miss):.{d}f}"
        )
