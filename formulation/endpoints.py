"""The endpoints that a study may name, and how their keys are spelt.

A key is a name, for endpoints of the population a statistic, and perhaps how the value is read:
``absorbed_increment.p05`` is what all but 5 % of the subjects exceed, ``absorbed_increment.mean``
the mean over them, ``absorbed_increment.p05.pessimistic`` the worse end of its 90 % interval, and
``absorbed_increment.p05.worst_case`` its worst over weighing, process and batches.
"""

from enum import StrEnum

from attrs import frozen

from formulation.errors import InputError, UnknownNameError

STATISTICS = ("p05", "p50", "p95")
"""Population percentiles that are predicted, [-]."""

MEAN = "mean"
"""The mean over the population, a statistic beside the percentiles."""

PESSIMISTIC, WORST_CASE = READINGS = ("pessimistic", "worst_case")
"""How a value may be read: at the end of its 90 % interval that is worse for what is asked of it;
the worst over what may be executed instead of the plan."""

READING_WORDS = {
    PESSIMISTIC: "at the pessimistic end of its 90 % interval",
    WORST_CASE: "in the worst case as executed",
}
"""What a reading is called, after the name of an endpoint."""

STATISTIC_WORDS = {"p05": "5th percentile", "p50": "median", "p95": "95th percentile", MEAN: "mean"}
"""What a statistic is called."""

LIMITS_MET = "limits_met"
"""Endpoint: the chance that every limit of a study holds."""

PREDICTED_F2 = "predicted_f2"
"""Endpoint: the lower bound of f2 to a study's reference profile."""


class Scope(StrEnum):
    """Where an endpoint's number comes from."""

    RECIPE = "recipe"
    """Arithmetic on the recipe; exact, and 0 where it does not apply to the form."""

    BENCH = "bench"
    """The release profile in the stated bench medium, or the release law itself."""

    POPULATION = "population"
    """A percentile or the mean over a virtual population."""

    STUDY = "study"
    """Follows from the study's own limits or reference profile; no chain gives it."""


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

    has_mean: bool = True
    """Whether a mean over people means something; a ratio to what may be 0 has none."""

    has_interval: bool = True
    """Whether a prediction of it has an interval; none for arithmetic on the recipe."""


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
        name="dose_dumping_risk",
        title="Risk of dose dumping",
        unit="percent",
        scope=Scope.BENCH,
        has_interval=False,
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
        has_mean=False,
    ),
    Endpoint(
        name=LIMITS_MET,
        title="Chance that every limit holds",
        unit="percent",
        scope=Scope.STUDY,
        has_interval=False,
    ),
    Endpoint(
        name=PREDICTED_F2,
        title="Predicted f2 to the reference profile, lower bound",
        unit="1",
        scope=Scope.STUDY,
        decimals=0,
        has_interval=False,
    ),
)
"""Every endpoint a study may name."""

BENCH_TIMES_H = {"released_1h": 1.0, "released_2h": 2.0, "released_8h": 8.0}
"""Time at which a bench endpoint is read, [h]."""


@frozen(kw_only=True)
class Key:
    """What the text of an endpoint names."""

    endpoint: Endpoint
    """The endpoint."""

    statistic: str = ""
    """One of `STATISTICS` or `MEAN`; empty for endpoints outside the population."""

    reading: str = ""
    """One of `READINGS`; empty for the value as predicted."""

    @property
    def base(self) -> str:
        """Key of the value as predicted."""
        return ".".join(filter(None, (self.endpoint.name, self.statistic)))

    @property
    def text(self) -> str:
        """The full key, under which values are stored."""
        return ".".join(filter(None, (self.base, self.reading)))


def parse_key(name: str) -> Key:
    """Return what an endpoint's text names; the median where a statistic is left out.

    Parameters
    ----------
    name : str
        Such as ``absorbed_increment``, ``absorbed_increment.p05`` or ``released_1h.pessimistic``,
        [-].

    Returns
    -------
    Key
        Endpoint, statistic and reading, [-].

    Raises
    ------
    UnknownNameError
        No endpoint, statistic or reading has that name.
    InputError
        The endpoint has no such statistic or reading.
    """
    stem, *parts = name.split(".")
    endpoint = next((e for e in ENDPOINTS if e.name == stem), None)
    if endpoint is None:
        raise UnknownNameError("Endpoint", stem, (e.name for e in ENDPOINTS))
    reading = parts.pop() if parts and parts[-1] in READINGS else ""
    if len(parts) > 1:
        raise InputError(
            f"Endpoint {name!r} has too many parts; <name>.<statistic>.<reading> is the longest.",
            hint=f"Statistics: {', '.join((*STATISTICS, MEAN))}; readings: {', '.join(READINGS)}.",
        )
    statistic = _statistic(endpoint, parts[0]) if parts else ""
    if endpoint.scope is Scope.POPULATION and not parts:
        statistic = "p50"
    _refuse_reading(endpoint, reading)
    return Key(endpoint=endpoint, statistic=statistic, reading=reading)


def get_endpoint(name: str) -> Endpoint:
    """Return the endpoint of a key, with or without its statistic and reading.

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
        No endpoint, statistic or reading has that name.
    InputError
        The endpoint has no such statistic or reading.
    """
    return parse_key(name).endpoint


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
    >>> endpoint_key("serum.worst_case")
    'serum.p50.worst_case'
    """
    return parse_key(name).text


def every_key() -> tuple[str, ...]:
    """Return every way to write an endpoint in a study file.

    Returns
    -------
    tuple of str
        Names with and without statistics and readings, [-].
    """
    found: list[str] = []
    for endpoint in ENDPOINTS:
        statistics: tuple[str, ...] = ("",)
        if endpoint.scope is Scope.POPULATION:
            statistics = ("", *STATISTICS, *((MEAN,) if endpoint.has_mean else ()))
        readings = ("", *(r for r in READINGS if not _why_no_reading(endpoint, r)))
        found += [
            ".".join(filter(None, (endpoint.name, statistic, reading)))
            for statistic in statistics
            for reading in readings
        ]
    return tuple(found)


def _statistic(endpoint: Endpoint, given: str) -> str:
    if endpoint.scope is not Scope.POPULATION:
        known = ", ".join(r for r in READINGS if not _why_no_reading(endpoint, r))
        raise InputError(
            f"Endpoint {endpoint.name!r} is no percentile; write it without .{given}.",
            hint=f"It may be read as: {known}." if known else "",
        )
    if given not in (*STATISTICS, MEAN):
        raise UnknownNameError("Statistic", given, (*STATISTICS, MEAN, *READINGS))
    if given == MEAN and not endpoint.has_mean:
        raise InputError(
            f"Endpoint {endpoint.name!r} has no mean: it divides by what some people may have"
            " next to nothing of.",
            hint="Ask for .p50 or .p95.",
        )
    return given


def _refuse_reading(endpoint: Endpoint, reading: str) -> None:
    if reading and (why := _why_no_reading(endpoint, reading)):
        raise InputError(
            f"Endpoint {endpoint.name!r} cannot be read as {reading}: {why}.",
            hint=f"Write it without .{reading}.",
        )


def _why_no_reading(endpoint: Endpoint, reading: str) -> str:
    if endpoint.scope is Scope.STUDY:
        return "it is a chance or a lower bound already"
    if reading == PESSIMISTIC and not (
        endpoint.has_interval and endpoint.scope is not Scope.RECIPE
    ):
        return "it is computed from the recipe and has no interval"
    return ""
