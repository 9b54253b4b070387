"""What may be measured in people, in which units it may be written, and what is possible.

Values come out in the unit that `formulation.targets` has for the endpoint.
"""

from attrs import frozen

from formulation.errors import InputError, UnknownNameError, did_you_mean
from formulation.targets import ENDPOINTS, get_endpoint
from formulation.units import MG_PER_MMOL

MEQ_PER_MMOL = 2.0
"""Milliequivalents in a millimole of magnesium, [mEq/mmol]."""

DL_PER_L = 10.0
"""Decilitres in a litre, [dL/L]."""

MG_PER_G = 1000.0
"""Milligrams in a gram, [mg/g]."""


@frozen(kw_only=True)
class Bounds:
    """What the mean of people may be; a value beyond is another unit, or a slip."""

    low: float
    """Least, in the endpoint's unit."""

    high: float
    """Most, in the endpoint's unit."""


MEASURABLE = {
    "absorbed_increment": Bounds(low=-100.0, high=1000.0),
    "fraction_absorbed": Bounds(low=-50.0, high=100.0),
    "serum": Bounds(low=0.3, high=1.5),
    "serum_change": Bounds(low=-0.5, high=0.5),
    "urine_change": Bounds(low=-10.0, high=20.0),
    "red_cell_change": Bounds(low=-50.0, high=100.0),
    "muscle_change": Bounds(low=-50.0, high=100.0),
    "laxation_risk": Bounds(low=0.0, high=100.0),
}
"""Endpoints that are measured in people; the others are the simulator's alone."""

_PER_DAY = ("d", "day", "24h", "24_h")
_SHARES = {"%": 1.0, "percent": 1.0, "fraction": 100.0}
_UNITS: dict[str, dict[str, float]] = {
    "mg/d": {"mg": 1.0, "g": MG_PER_G, "ug": 1e-3, "µg": 1e-3, "mmol": MG_PER_MMOL},
    "mmol/d": {"mmol": 1.0, "mg": 1 / MG_PER_MMOL, "meq": 1 / MEQ_PER_MMOL},
    "mmol/L": {
        "mmol/l": 1.0,
        "mg/dl": DL_PER_L / MG_PER_MMOL,
        "mg/l": 1 / MG_PER_MMOL,
        "meq/l": 1 / MEQ_PER_MMOL,
    },
    "percent": _SHARES,
}
"""Factor of each unit, by the unit it is turned into; those of a day without the day."""


def unit_factor(written: str, wanted: str) -> float:
    """Return what turns a value of a written unit into one of the unit wanted.

    Parameters
    ----------
    written : str
        Unit as it is written, such as ``mg/day``, [-].
    wanted : str
        ``mg/d``, ``mmol/d``, ``mmol/L`` or ``percent``, [-].

    Returns
    -------
    float
        Factor, [-].

    Raises
    ------
    InputError
        It is no such unit.

    Examples
    --------
    >>> unit_factor("mmol/day", "mg/d")
    24.305
    """
    known = _UNITS[wanted]
    plain = written.strip().replace("μ", "µ").casefold().replace(" ", "_")
    if wanted.endswith("/d"):
        stem, _, per = plain.partition("/")
        plain = stem if per in _PER_DAY else ""
    if plain not in known:
        shown = [f"{name}/d" for name in known] if wanted.endswith("/d") else list(known)
        raise InputError(f"{written!r} is no unit of it.", hint=f"Write one of {', '.join(shown)}.")
    return known[plain]


def measured_endpoint(name: str) -> tuple[str, str]:
    """Return the endpoint that a name means, and its unit.

    Parameters
    ----------
    name : str
        As in a study file, without a percentile, [-].

    Returns
    -------
    tuple of str
        Name and unit, [-].

    Raises
    ------
    InputError
        No endpoint has that name, or it is not measured in people.
    """
    written = name.strip().casefold().replace(" ", "_")
    if written not in MEASURABLE:
        if written in {endpoint.name for endpoint in ENDPOINTS}:
            raise InputError(
                f"endpoint {written!r} is not measured in people.",
                hint=f"Known: {', '.join(MEASURABLE)}.",
            )
        raise InputError(
            UnknownNameError("endpoint", name, MEASURABLE).message,
            hint=did_you_mean(written, MEASURABLE),
        )
    return written, get_endpoint(written).unit
