"""Endpoints that a study may name, and what is wanted of them.

An endpoint of the population has a statistic: ``absorbed_increment.p05`` is what all but 5 % of
the subjects exceed; without one the median is meant. An objective is normalised between its worst
acceptable and its ideal value; a limit is met when its slack is zero or more.
"""

from enum import StrEnum
from math import isfinite

from attrs import field, frozen

from formulation.errors import InputError, UnknownNameError

STATISTICS = ("p05", "p50", "p95")
"""Population percentiles that are predicted, [-]."""


class Scope(StrEnum):
    """Where an endpoint's number comes from."""

    RECIPE = "recipe"
    """Arithmetic on the recipe; exact, and 0 where it does not apply to the form."""

    BENCH = "bench"
    """The release profile in the stated bench medium, or the release law itself."""

    POPULATION = "population"
    """A percentile over a virtual population."""


@frozen(kw_only=True)
class Endpoint:
    """A number drawn from a design, a bench vessel or a population."""

    name: str
    """Name used in study files."""

    title: str
    """Name for people, without unit."""

    unit: str
    """Unit of its values."""

    scope: Scope
    """Where the number comes from."""

    decimals: int = 1
    """Decimals shown to people, [-]."""

    needs_prices: bool = False
    """Whether a design with an ingredient of unknown price has no such number."""


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(name="unit_mass", title="Mass of one unit", unit="mg", scope=Scope.RECIPE, decimals=0),
    Endpoint(name="units_per_day", title="Units a day", unit="1/d", scope=Scope.RECIPE, decimals=0),
    Endpoint(name="swallowed_mass", title="Mass taken", unit="g/d", scope=Scope.RECIPE, decimals=2),
    Endpoint(name="elemental_dose", title="Elemental Mg dose", unit="mg/d", scope=Scope.RECIPE),
    *(
        Endpoint(name=name, title=title, unit=unit, scope=Scope.RECIPE, decimals=decimals)
        for name, title, unit, decimals in (
            ("units_per_intake", "Units at one occasion", "1", 0),
            ("volume_per_intake_ml", "Volume at one occasion", "mL", 1),
            ("area_per_day_cm2", "Patch area a day", "cm2", 0),
            ("osmolality_mosm_per_kg", "Osmolality", "mOsm/kg", 0),
            ("sodium_mg_per_day", "Sodium", "mg/d", 0),
            ("lead_ug_per_day", "Lead, upper bound", "ug/d", 2),
            ("cadmium_ug_per_day", "Cadmium, upper bound", "ug/d", 2),
            ("arsenic_ug_per_day", "Arsenic, upper bound", "ug/d", 2),
            ("excipient_max_share", "Largest share of an excipient's maximum", "percent", 0),
        )
    ),
    Endpoint(
        name="cost_eur_per_day",
        title="Cost of ingredients",
        unit="EUR/d",
        scope=Scope.RECIPE,
        decimals=3,
        needs_prices=True,
    ),
    Endpoint(
        name="dose_dumping_risk", title="Risk of dose dumping", unit="percent", scope=Scope.BENCH
    ),
    Endpoint(name="released_1h", title="Released in 1 h", unit="percent", scope=Scope.BENCH),
    Endpoint(name="released_2h", title="Released in 2 h", unit="percent", scope=Scope.BENCH),
    Endpoint(name="released_8h", title="Released in 8 h", unit="percent", scope=Scope.BENCH),
    Endpoint(
        name="absorbed_increment",
        title="Absorbed Mg, increment over diet",
        unit="mg/d",
        scope=Scope.POPULATION,
    ),
    Endpoint(
        name="fraction_absorbed",
        title="Fraction of the dose absorbed (increment over diet)",
        unit="percent",
        scope=Scope.POPULATION,
    ),
    Endpoint(
        name="soluble_unabsorbed_load",
        title="Soluble unabsorbed Mg from the product",
        unit="mmol/d",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="peak_gut_load",
        title="Most dissolved Mg in the upper gut at once",
        unit="mmol",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="serum_change",
        title="Serum Mg, change after six weeks",
        unit="mmol/L",
        scope=Scope.POPULATION,
        decimals=3,
    ),
    Endpoint(
        name="serum",
        title="Serum Mg after six weeks",
        unit="mmol/L",
        scope=Scope.POPULATION,
        decimals=3,
    ),
    Endpoint(
        name="urine_change",
        title="24 h urine Mg, change after six weeks",
        unit="mmol/d",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="red_cell_change",
        title="Red-cell Mg, change after six weeks",
        unit="percent",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="muscle_change",
        title="Muscle Mg, change after six weeks",
        unit="percent",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="laxation_risk",
        title="Chance of loose stools",
        unit="percent",
        scope=Scope.POPULATION,
    ),
    Endpoint(
        name="cost_per_absorbed_mg",
        title="Cost of ingredients per absorbed mg",
        unit="EUR/mg",
        scope=Scope.POPULATION,
        decimals=4,
        needs_prices=True,
    ),
)
"""Every endpoint a study may name."""

BENCH_TIMES_H = {"released_1h": 1.0, "released_2h": 2.0, "released_8h": 8.0}
"""Time at which a bench endpoint is read, [h]."""


def get_endpoint(name: str) -> Endpoint:
    """Return the endpoint of a key, with or without its statistic.

    Parameters
    ----------
    name : str
        Such as ``absorbed_increment`` or ``absorbed_increment.p05``, [-].

    Returns
    -------
    Endpoint
        The endpoint, [-].

    Raises
    ------
    UnknownNameError
        No endpoint has that name.
    InputError
        The statistic is unknown, or the endpoint has none.
    """
    stem, _, statistic = name.partition(".")
    for endpoint in ENDPOINTS:
        if endpoint.name == stem:
            if statistic and endpoint.scope is not Scope.POPULATION:
                raise InputError(
                    f"Endpoint {stem!r} is no percentile; write it without .{statistic}."
                )
            if statistic and statistic not in STATISTICS:
                raise UnknownNameError("Statistic", statistic, STATISTICS)
            return endpoint
    raise UnknownNameError("Endpoint", stem, (e.name for e in ENDPOINTS))


def endpoint_key(name: str) -> str:
    """Return the full key of an endpoint: population endpoints get ``.p50`` by default.

    Parameters
    ----------
    name : str
        Name as written in a study, [-].

    Returns
    -------
    str
        Key under which values are stored, [-].

    Examples
    --------
    >>> endpoint_key("absorbed_increment"), endpoint_key("unit_mass")
    ('absorbed_increment.p50', 'unit_mass')
    """
    endpoint = get_endpoint(name)
    if endpoint.scope is Scope.POPULATION and "." not in name:
        return f"{name}.p50"
    return name


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

    def __attrs_post_init__(self) -> None:
        if not (isfinite(self.worst) and isfinite(self.ideal)):
            raise InputError(f"Objective {self.endpoint}: worst and ideal must be finite numbers.")
        better = self.ideal > self.worst if self.goal is Goal.MAXIMISE else self.ideal < self.worst
        if not better:
            raise InputError(
                f"Objective {self.endpoint}: to {self.goal.value} it, ideal {self.ideal:g}"
                f" must be better than worst {self.worst:g}.",
                hint="Swap them, or change the goal.",
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
        if self.low is None and self.high is None:
            raise InputError(f"Limit on {self.endpoint} has neither low nor high.")
        if not all(isfinite(end) for end in (self.low, self.high) if end is not None):
            raise InputError(f"Limit on {self.endpoint}: low and high must be finite numbers.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(
                f"Limit on {self.endpoint}: low {self.low:g} lies above high {self.high:g}."
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
        d = endpoint.decimals
        unit = "%" if endpoint.unit == "percent" else endpoint.unit
        return (
            f"{endpoint.title} {value:.{d}f} {unit} is {relation} the limit of {bound:g} {unit}"
            f" by {abs(miss):.{d}f}"
        )
