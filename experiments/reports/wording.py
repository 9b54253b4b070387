"""How the names and numbers of a study are written for people.

One home, so that a picture, a table and a sentence never call the same thing by two names.
"""

import re
from collections.abc import Mapping
from typing import Any

from experiments.candidates import EVALUATION_FAILED, EVALUATION_LOST, form_name
from experiments.objective import EXTRAPOLATION
from formulation.delivery import get_system
from formulation.design import SECOND_SALT
from formulation.endpoint_keys import READING_WORDS, STATISTIC_WORDS, get_endpoint, parse_key
from formulation.errors import DataError
from formulation.excipients import excipient_of

_ONE_SIDED = re.compile(r"(?P<key>\S+) (?P<relation><=|>=) (?P<bound>\S+) (?P<unit>\S+)")
_TWO_SIDED = re.compile(r"(?P<low>\S+) <= (?P<key>\S+) <= (?P<high>\S+) (?P<unit>\S+)")


def unit_text(unit: str) -> str:
    """Return a unit as people write it.

    Parameters
    ----------
    unit : str
        Unit of an endpoint, [-].

    Returns
    -------
    str
        The same, with ``%`` for percent, [-].

    Examples
    --------
    >>> unit_text("percent"), unit_text("mg/d")
    ('%', 'mg/d')
    """
    return "%" if unit == "percent" else unit


def unit_of(key: str) -> str:
    """Return the unit of an endpoint as people write it.

    Parameters
    ----------
    key : str
        Endpoint key, or ``extrapolation``, [-].

    Returns
    -------
    str
        Unit, [-].
    """
    return "%" if key == EXTRAPOLATION else unit_text(get_endpoint(key).unit)


def endpoint_title(key: str) -> str:
    """Return an endpoint's name with its statistic, without unit.

    Parameters
    ----------
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Name, [-].

    Examples
    --------
    >>> endpoint_title("absorbed_increment.p50")
    'Absorbed Mg, increment over diet (median)'
    """
    named = parse_key(key)
    words = [STATISTIC_WORDS[named.statistic]] if f".{named.statistic}." in f"{key}." else []
    words += [READING_WORDS[named.reading]] if named.reading else []
    return f"{named.endpoint.title} ({', '.join(words)})" if words else named.endpoint.title


def axis_title(key: str) -> str:
    """Return what stands beside an axis.

    Parameters
    ----------
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Name and unit, [-].
    """
    return f"{endpoint_title(key)}, {unit_of(key)}"


def number_text(value: float, key: str) -> str:
    """Return a value with the decimals of its endpoint.

    Parameters
    ----------
    value : float
        Value in the endpoint's unit, [-].
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        The number without unit, [-].

    Examples
    --------
    >>> number_text(31.2345, "absorbed_increment.p50"), number_text(-0.0001, "serum_change.p50")
    ('31.2', '0.000')
    """
    decimals = 0 if key == EXTRAPOLATION else get_endpoint(key).decimals
    return f"{value:z.{decimals}f}"


def value_text(value: float, key: str) -> str:
    """Return a value with its unit.

    Parameters
    ----------
    value : float
        Value in the endpoint's unit, [-].
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Number and unit, [-].
    """
    return f"{number_text(value, key)} {_behind(unit_of(key))}".rstrip()


def interval_text(low: float, high: float, key: str) -> str:
    """Return an interval as it stands in tables, empty when it has no width.

    Parameters
    ----------
    low, high : float
        Ends in the endpoint's unit, [-].
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Such as ``"[24.0, 39.1]"``, [-].
    """
    return f"[{number_text(low, key)}, {number_text(high, key)}]" if high > low else ""


def limit_key(name: str) -> str:
    """Return the endpoint key of a limit.

    Parameters
    ----------
    name : str
        Name of an `OutcomeLimit`, [-].

    Returns
    -------
    str
        Endpoint key, [-].

    Raises
    ------
    DataError
        It is no such name.
    """
    return _limit(name)["key"]


def times_text(n: int) -> str:
    """Return how often something happened.

    Parameters
    ----------
    n : int
        Count, [-].

    Returns
    -------
    str
        Words, [-].

    Examples
    --------
    >>> times_text(1), times_text(9)
    ('once', '9 times')
    """
    return "once" if n == 1 else f"{n:,} times"


def limit_text(name: str) -> str:
    """Return a limit in words.

    Parameters
    ----------
    name : str
        Name of an `OutcomeLimit`, `EVALUATION_FAILED` or `EVALUATION_LOST`, [-].

    Returns
    -------
    str
        Endpoint, bound and unit, [-].

    Raises
    ------
    DataError
        It is no such name.

    Examples
    --------
    >>> limit_text("released_1h <= 25 percent")
    'Released in 1 h at most 25 %'
    >>> limit_text("extrapolation <= 95 percent")
    'Inside the ranges of the training data, distance at most their own 95th percentile'
    """
    if name == EVALUATION_FAILED:
        return "Evaluation failed"
    if name == EVALUATION_LOST:
        return "Evaluation lost with its workers"
    parts = _limit(name)
    if parts["key"] == EXTRAPOLATION:
        return (
            "Inside the ranges of the training data, distance at most their own"
            f" {parts['bound']}th percentile"
        )
    title, unit = endpoint_title(parts["key"]), _behind(unit_text(parts["unit"]))
    if "low" in parts:
        return f"{title} between {parts['low']} and {parts['high']} {unit}".rstrip()
    relation = "at most" if parts["relation"] == "<=" else "at least"
    return f"{title} {relation} {parts['bound']} {unit}".rstrip()


def salt_name(salt: str) -> str:
    """Return what people call a salt.

    Parameters
    ----------
    salt : str
        Salt key, or two joined by a plus, [-].

    Returns
    -------
    str
        Such as ``"magnesium citrate"``, [-].
    """
    return f"magnesium {salt.replace('_', ' ').replace('+', ' with ')}"


def salts_text(design: Mapping[str, Any]) -> str:
    """Return the salts of a design as a table shows them.

    Parameters
    ----------
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    str
        Such as ``"citrate + oxide"``, [-].
    """
    names = [design["salt"], design.get("second_salt", "")]
    return " + ".join(name.replace("_", " ") for name in names if name)


def form_title(design: Mapping[str, Any]) -> str:
    """Return what people call the form of a design.

    Parameters
    ----------
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    str
        Such as ``"Hypromellose matrix tablet"``, [-].
    """
    return get_system(design["system"]).form(form_name(design)).title


def integrated_text(n_subjects: int) -> str:
    """Return who was integrated to confirm a front.

    Parameters
    ----------
    n_subjects : int
        Subjects; 1 for a patient, [-].

    Returns
    -------
    str
        In words, [-].

    Examples
    --------
    >>> integrated_text(256), integrated_text(1)
    ('256 integrated subjects', 'one integrated person')
    """
    return "one integrated person" if n_subjects == 1 else f"{n_subjects} integrated subjects"


def component_name(component: str, design: Mapping[str, Any]) -> str:
    """Return what people call a component of a design.

    Parameters
    ----------
    component : str
        Key in the recipe, [-].
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    str
        Such as ``"Hypromellose K4M"``, [-].
    """
    if component in ("salt", SECOND_SALT):
        key = "salt" if component == "salt" else "second_salt"
        return salt_name(design[key]).capitalize()
    return excipient_of(component, design["process"]).label


def _behind(unit: str) -> str:
    """Return what stands behind a number; nothing behind a pure one."""
    return "" if unit == "1" else unit


def _limit(name: str) -> dict[str, str]:
    match = _TWO_SIDED.fullmatch(name) or _ONE_SIDED.fullmatch(name)
    if match is None:
        raise DataError(
            f"Limit {name!r} is not of the form 'endpoint <= value unit'.",
            hint="The study document was changed by hand, or is of another version.",
        )
    return match.groupdict()
