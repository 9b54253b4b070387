"""Kinetic models of release: the equations, their parameters, and which times each is fitted to.

F is what is released in % of label, t the time in hours since the start, or since the lag.

zero order           F = k t
first order          F = 100 (1 - exp(-k t)); with a plateau, F_max in place of 100
Higuchi              F = k t^(1/2) [1]_
Hixson-Crowell       F = 100 (1 - (1 - k t)^3), complete from t = 1/k on [2]_
Weibull              F = 100 (1 - exp(-(t/scale)^shape)) [3]_, 63.2 % at t = scale; or with F_max
Korsmeyer-Peppas     F = k t^n [4]_
Peppas-Sahlin        F = k1 t^m + k2 t^(2m) [5]_, m fitted or one half; k2 may be negative

The last two are laws of the first part of a curve: they are fitted to the times up to 60 % of
label. Zero order and Higuchi are the power law with n = 1 and n = 1/2, so they are fitted there
too, and to all times besides. A plateau stands for what is never released, or an assay off the
label.

References
----------
.. [1] Higuchi1961
.. [2] HixsonCrowell1931
.. [3] Langenbucher1972
.. [4] KorsmeyerPeppas1983
.. [5] PeppasSahlin1989
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import UnknownNameError
from formulation.profiles import MAX_FRACTION

COMPLETE_PCT = 100.0
"""All of the label, [%]."""

EARLY_PCT = 60.0
"""Up to this release the power laws are fitted, [%]."""

SHARE_AT_SCALE = 1 - 1 / np.e
"""Share released at the scale of a Weibull curve, and after one time constant, [-]."""

ALL_TIMES, EARLY_TIMES = "all times", "times up to 60 %"
"""Which times a model is fitted to."""

LAG = "lag"
"""Name of the parameter that every model may have besides."""

Curve = Callable[[Any, Any], Any]
Starts = Callable[[FloatArray, FloatArray], list[tuple[float, ...]]]


@frozen(kw_only=True)
class Parameter:
    """A parameter of a kinetic model."""

    name: str
    """Name in the equation."""

    unit: str
    """Unit, where time is in hours; ``n`` in it is another parameter."""

    low: float = 0.0
    """Lowest value, in that unit."""

    high: float = float("inf")
    """Highest value, in that unit."""


@frozen(kw_only=True)
class KineticModel:
    """One equation of release."""

    name: str
    """Stable name."""

    title: str
    """Name for people."""

    equation: str
    """The equation in words of text."""

    parameters: tuple[Parameter, ...]
    """What is fitted, without the lag."""

    ranges: tuple[str, ...] = (ALL_TIMES,)
    """Times it may be fitted to."""

    curve: Curve = field(repr=False)
    """Released [%] at times above zero [h] for parameters in their order."""

    starts: Starts = field(repr=False)
    """Where a fit begins, from times above zero [h] and what was released [%]."""


RATE = Parameter(name="k", unit="1/h")
SLOPE = Parameter(name="k", unit="%/h")
ROOT = Parameter(name="k", unit="%/h^0.5")
PLATEAU = Parameter(name="F_max", unit="%", high=100 * MAX_FRACTION)
SCALE = Parameter(name="scale", unit="h", low=1e-9)
SHAPE = Parameter(name="shape", unit="-", low=0.01, high=20.0)

SHAPES = (0.6, 1.0, 2.5)
EXPONENTS = (0.3, 0.6, 1.2)
POWERS = (0.25, 0.5, 0.8)
"""Shapes and exponents from which fits begin, [-]."""


def _time_of(share: float, times: FloatArray, released: FloatArray, complete: float) -> float:
    """Return about when a share of the complete release is reached, [h]."""
    reached = np.flatnonzero(released >= share * complete)
    if reached.size:
        return float(times[reached[0]])
    return float(times[-1]) * share * complete / max(float(released[-1]), 1.0)


def _rates(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [(1 / _time_of(SHARE_AT_SCALE, times, released, COMPLETE_PCT),)]


def _cube_rates(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    # Two thirds of the label are out when the cube root is down by three tenths.
    time = _time_of(2 / 3, times, released, COMPLETE_PCT)
    return [(0.3 / time,), (0.5 / float(times[-1]),)]


def _plateaus(times: FloatArray, released: FloatArray) -> list[float]:
    highest = min(max(float(released.max()), 1.0), 100 * MAX_FRACTION)
    return [0.99 * highest, min(1.3 * highest, 0.99 * 100 * MAX_FRACTION)]


def _plateau_rates(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [
        (top, 1 / _time_of(SHARE_AT_SCALE, times, released, top))
        for top in _plateaus(times, released)
    ]


def _weibulls(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    scale = _time_of(SHARE_AT_SCALE, times, released, COMPLETE_PCT)
    return [(scale, shape) for shape in SHAPES]


def _plateau_weibulls(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [
        (top, _time_of(SHARE_AT_SCALE, times, released, top), shape)
        for top in _plateaus(times, released)
        for shape in SHAPES
    ]


def _coefficients(columns: list[FloatArray], released: FloatArray) -> tuple[float, ...]:
    """Return the coefficients of a sum of known terms by linear least squares."""
    found = np.linalg.lstsq(np.stack(columns, axis=1), released, rcond=None)[0]
    return tuple(found.tolist())


def _slopes(power: float) -> Starts:
    return lambda times, released: [_coefficients([times**power], released)]


def _powers(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [(*_coefficients([times**n], released), n) for n in EXPONENTS]


def _sums(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [(*_coefficients([times**m, times ** (2 * m)], released), m) for m in POWERS]


def _half_sums(times: FloatArray, released: FloatArray) -> list[tuple[float, ...]]:
    return [_coefficients([times**0.5, times], released)]


def _left(times: Any, rate: Any) -> Any:
    """Return the cube root of what is left, zero once all is released."""
    left = 1 - rate * times
    return np.where(np.real(left) > 0, left, 0.0)


KINETIC_MODELS: tuple[KineticModel, ...] = (
    KineticModel(
        name="zero_order",
        title="zero order",
        equation="F = k t",
        parameters=(SLOPE,),
        ranges=(ALL_TIMES, EARLY_TIMES),
        curve=lambda t, p: p[0] * t,
        starts=_slopes(1.0),
    ),
    KineticModel(
        name="first_order",
        title="first order",
        equation="F = 100 (1 - exp(-k t))",
        parameters=(RATE,),
        curve=lambda t, p: COMPLETE_PCT * (1 - np.exp(-p[0] * t)),
        starts=_rates,
    ),
    KineticModel(
        name="first_order_plateau",
        title="first order with plateau",
        equation="F = F_max (1 - exp(-k t))",
        parameters=(PLATEAU, RATE),
        curve=lambda t, p: p[0] * (1 - np.exp(-p[1] * t)),
        starts=_plateau_rates,
    ),
    KineticModel(
        name="higuchi",
        title="Higuchi",
        equation="F = k t^0.5",
        parameters=(ROOT,),
        ranges=(ALL_TIMES, EARLY_TIMES),
        curve=lambda t, p: p[0] * t**0.5,
        starts=_slopes(0.5),
    ),
    KineticModel(
        name="hixson_crowell",
        title="Hixson-Crowell",
        equation="F = 100 (1 - (1 - k t)^3)",
        parameters=(RATE,),
        curve=lambda t, p: COMPLETE_PCT * (1 - _left(t, p[0]) ** 3),
        starts=_cube_rates,
    ),
    KineticModel(
        name="weibull",
        title="Weibull",
        equation="F = 100 (1 - exp(-(t/scale)^shape))",
        parameters=(SCALE, SHAPE),
        curve=lambda t, p: COMPLETE_PCT * (1 - np.exp(-((t / p[0]) ** p[1]))),
        starts=_weibulls,
    ),
    KineticModel(
        name="weibull_plateau",
        title="Weibull with plateau",
        equation="F = F_max (1 - exp(-(t/scale)^shape))",
        parameters=(PLATEAU, SCALE, SHAPE),
        curve=lambda t, p: p[0] * (1 - np.exp(-((t / p[1]) ** p[2]))),
        starts=_plateau_weibulls,
    ),
    KineticModel(
        name="korsmeyer_peppas",
        title="Korsmeyer-Peppas",
        equation="F = k t^n",
        parameters=(
            Parameter(name="k", unit="%/h^n"),
            Parameter(name="n", unit="-", low=0.01, high=10.0),
        ),
        ranges=(EARLY_TIMES,),
        curve=lambda t, p: p[0] * t ** p[1],
        starts=_powers,
    ),
    KineticModel(
        name="peppas_sahlin",
        title="Peppas-Sahlin",
        equation="F = k1 t^m + k2 t^(2m)",
        parameters=(
            Parameter(name="k1", unit="%/h^m", low=-float("inf")),
            Parameter(name="k2", unit="%/h^2m", low=-float("inf")),
            Parameter(name="m", unit="-", low=0.05, high=2.0),
        ),
        ranges=(EARLY_TIMES,),
        curve=lambda t, p: p[0] * t ** p[2] + p[1] * t ** (2 * p[2]),
        starts=_sums,
    ),
    KineticModel(
        name="peppas_sahlin_half",
        title="Peppas-Sahlin, m = 0.5",
        equation="F = k1 t^0.5 + k2 t",
        parameters=(
            Parameter(name="k1", unit="%/h^0.5", low=-float("inf")),
            Parameter(name="k2", unit="%/h", low=-float("inf")),
        ),
        ranges=(EARLY_TIMES,),
        curve=lambda t, p: p[0] * t**0.5 + p[1] * t,
        starts=_half_sums,
    ),
)
"""Every model, in the order in which they are told."""


def get_kinetic_model(name: str) -> KineticModel:
    """Return a kinetic model by its name.

    Parameters
    ----------
    name : str
        Stable name, [-].

    Returns
    -------
    KineticModel
        The model, [-].

    Raises
    ------
    UnknownNameError
        There is none of this name.
    """
    found = next((model for model in KINETIC_MODELS if model.name == name), None)
    if found is None:
        raise UnknownNameError("Kinetic model", name, [model.name for model in KINETIC_MODELS])
    return found
