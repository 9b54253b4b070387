"""How the keys of endpoints are spelt: a name, a statistic, and how the value is read.

``absorbed_increment.p05`` is what all but 5 % of the subjects exceed, ``absorbed_increment.mean``
the mean over them, ``absorbed_increment.p05.pessimistic`` the worse end of its 90 % interval, and
``absorbed_increment.p05.worst_case`` its worst over weighing, process and batches.
"""

from attrs import frozen

from formulation.endpoints import ENDPOINTS, MEAN, STATISTICS, Endpoint, Scope
from formulation.errors import InputError, UnknownNameError

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
    if reading and parts and parts[-1] in READINGS:
        raise InputError(
            f"Endpoint {name!r} has two readings; a value is read in one way.",
            hint=f"Keep one of {', '.join(READINGS)}.",
        )
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
