"""What a bench vessel would show of one product: its release law in a stated medium, in numbers.

The vessel is kept apart from the body: a curve made here says nothing of what anybody absorbs. The
law comes from the recipe, so the answer is simulated; where a laboratory measured the same recipe,
its curves stand beside what the law gives in their own medium. No interval is made up.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import asdict, evolve, frozen

from experiments.candidates import design_warnings
from experiments.config.product import Product
from experiments.config.quantities import parse_quantity
from experiments.datasets import measured_curves
from experiments.products.explanation import acid_warnings, basis_of, reasons
from experiments.products.vessel import Vessel
from experiments.store import Store
from experiments.workspace import Workspace
from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.profiles import ReleaseProfile
from formulation.provenance import Origin
from formulation.units import MINUTES_PER_HOUR
from models.release import ReleaseLaw, dissolve, release_law
from models.surrogates.table import MeasuredCurve

MAX_TIME_H = 72.0
"""Longest time that is asked of a vessel, [h]."""

MAX_TIMES = 200
"""Most times of one curve, [-]."""

QUICK_TIMES_H = (1 / 12, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0)
SLOW_TIMES_H = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
"""Times that are shown when nobody asks for others, [h]."""

QUICK_MECHANISMS = ("disintegration", "dispersed")
"""Mechanisms that are over within hours."""

LOOK_AHEAD_H = 24.0
"""How far a curve is followed to see where it ends, [h]."""

LEVEL_RISE, LEVEL_H, COMPLETE = 0.005, 2.0, 0.995
"""A curve is level when it rises by less than this share in the last hours of what was followed;
from `COMPLETE` on it counts as all of the label, [-], [h] and [-]."""


@frozen(kw_only=True, eq=False)
class Comparison:
    """A measured curve of the same recipe, with what the law gives in its medium."""

    source: str
    """Data set and version."""

    measured: ReleaseProfile
    """What the laboratory found."""

    simulated: ReleaseProfile
    """The law in the same medium at the same times."""


@frozen(kw_only=True, eq=False)
class Prediction:
    """What a vessel would show of one product."""

    product: Product
    """What was made."""

    law: ReleaseLaw
    """Its release law."""

    vessel: Vessel
    """Where it is dissolved."""

    profile: ReleaseProfile
    """Fraction of label at the times asked for."""

    t50_h: float | None
    """When half of the label is dissolved; None when that is not reached, [h]."""

    t80_h: float | None
    """When 80 % of the label is dissolved; None when that is not reached, [h]."""

    followed_h: float
    """How long the curve was followed for these times and the end, [h]."""

    end_fraction: float
    """Fraction of label when it was left, [-]."""

    is_level: bool
    """Whether the curve had stopped rising by then."""

    reasons: tuple[str, ...]
    """What keeps the rest of the label back; empty when all of it dissolves."""

    warnings: tuple[str, ...]
    """What a reader of the curve has to know."""

    comparisons: tuple[Comparison, ...] = ()
    """Curves a laboratory measured of the same recipe."""

    @property
    def basis(self) -> str:
        """What the numbers of the law rest on."""
        return basis_of(self.product.design, self.law)

    @property
    def interval_note(self) -> str:
        """Why no interval is shown."""
        if not self.comparisons:
            return "no interval: the release law alone, no laboratory rows of this recipe"
        return f"no interval: {len(self.comparisons)} measured curve(s) are no distribution"


def read_times(text: str) -> FloatArray:
    """Return the times of a text.

    Parameters
    ----------
    text : str
        Times with their units, a comma between them, such as ``"15 min, 1 h"``, [-].

    Returns
    -------
    ndarray of shape (n_times,)
        Increasing times, [h].

    Raises
    ------
    InputError
        One is no time, they do not increase, or there are too many or too late ones.
    """
    try:
        times = [parse_quantity(part, "h") for part in text.split(",")]
    except InputError as error:
        problem = error.problems[0]
        raise InputError(f"--times {text!r}: {problem.message}", hint=problem.hint) from None
    is_rising = all(a < b for a, b in pairwise(times))
    if not is_rising or len(times) > MAX_TIMES or times[0] < 0 or times[-1] > MAX_TIME_H:
        raise InputError(
            f"--times {text!r}: up to {MAX_TIMES} increasing times from 0 h to {MAX_TIME_H:g} h"
            " are wanted.",
            hint="Write them such as '15 min, 1 h, 8 h'.",
        )
    return np.array(times)


def predict_dissolution(
    product: Product,
    vessel: Vessel,
    times_h: FloatArray | None = None,
    measured: Sequence[MeasuredCurve] = (),
) -> Prediction:
    """Return what a vessel would show of a product.

    Parameters
    ----------
    product : Product
        What was made, [-].
    vessel : Vessel
        Where it is dissolved, [-].
    times_h : ndarray of shape (n_times,), optional
        Increasing times; those usual for the mechanism when absent, [h].
    measured : sequence of MeasuredCurve, optional
        Curves a laboratory measured of the same recipe, [-].

    Returns
    -------
    Prediction
        Simulated, without an interval, [-].
    """
    design, law = product.design, release_law(product.design)
    times = _usual_times(law) if times_h is None else times_h
    followed = max(LOOK_AHEAD_H, float(times[-1]))
    grid = np.arange(int(np.ceil(followed * MINUTES_PER_HOUR)) + 1) / MINUTES_PER_HOUR
    curve = dissolve(law, vessel.medium, grid).fraction
    end = float(curve[-1])
    is_level = end - float(np.interp(grid[-1] - LEVEL_H, grid, curve)) < LEVEL_RISE
    return Prediction(
        product=product,
        law=law,
        vessel=vessel,
        profile=ReleaseProfile(
            times_h=times,
            fraction=np.interp(times, grid, curve),
            medium=vessel.medium,
            origin=Origin.SIMULATED,
        ),
        t50_h=_reached(grid, curve, 0.5),
        t80_h=_reached(grid, curve, 0.8),
        followed_h=followed,
        end_fraction=end,
        is_level=is_level,
        reasons=() if end >= COMPLETE else tuple(reasons(design, law, vessel.medium)),
        warnings=(*acid_warnings(design, law, vessel.medium), *design_warnings(design)),
        comparisons=tuple(
            Comparison(
                source=found.source,
                measured=found.profile,
                simulated=dissolve(law, found.profile.medium, found.profile.times_h),
            )
            for found in measured
        ),
    )


def curves_of(product: Product, workspace: Workspace) -> tuple[MeasuredCurve, ...]:
    """Return the accepted curves a laboratory measured of the same recipe.

    Parameters
    ----------
    product : Product
        A product; how it is taken does not matter, [-].
    workspace : Workspace
        Where data sets are kept; no store is made where there is none, [-].

    Returns
    -------
    tuple of MeasuredCurve
        In the order in which they were accepted, [-].

    Raises
    ------
    DataError
        A data set's file is missing or was changed.
    """
    if not workspace.has_store:
        return ()
    design = product.design
    with Store.open(workspace.store_place, create=False) as store:
        known = measured_curves(store, design.system)
    return tuple(c for c in known if evolve(c.design, regimen=design.regimen).key == design.key)


def prediction_dict(found: Prediction) -> dict[str, Any]:
    """Return a prediction as plain data.

    Parameters
    ----------
    found : Prediction
        What `predict_dissolution` returned, [-].

    Returns
    -------
    dict
        Without ``schema`` and ``version``, which the face that shows it adds, [-].
    """
    design, law = found.product.design, found.law
    return {
        "product": {
            "name": found.product.name,
            "design": design.as_dict(),
            "unit_mass_mg": design.unit_mass_mg,
            "elemental_mg_per_unit": design.elemental_mg_per_unit,
        },
        "vessel": {**asdict(found.vessel.medium), "unstated": list(found.vessel.unstated)},
        "law": {
            "route": law.route.value,
            "mechanism": law.mechanism,
            "parameters": dict(law.parameters),
            "coat": None if law.coat is None else asdict(law.coat),
            "basis": found.basis,
        },
        "profile": _profile_dict(found.profile),
        "interval": None,
        "interval_note": found.interval_note,
        "t50_h": found.t50_h,
        "t80_h": found.t80_h,
        "end": {
            "time_h": found.followed_h,
            "percent": 100 * found.end_fraction,
            "is_level": found.is_level,
            "reasons": list(found.reasons),
        },
        "warnings": list(found.warnings),
        "measured": [
            {
                "source": pair.source,
                "medium": asdict(pair.measured.medium),
                "measured": _profile_dict(pair.measured),
                "simulated": _profile_dict(pair.simulated),
            }
            for pair in found.comparisons
        ],
    }


def _profile_dict(profile: ReleaseProfile) -> dict[str, Any]:
    return {
        "times_h": profile.times_h.tolist(),
        "percent": (100 * profile.fraction).tolist(),
        "origin": profile.origin.value,
    }


def _usual_times(law: ReleaseLaw) -> FloatArray:
    is_quick = law.mechanism in QUICK_MECHANISMS and law.coat is None
    return np.array(QUICK_TIMES_H if is_quick else SLOW_TIMES_H)


def _reached(times_h: FloatArray, curve: FloatArray, level: float) -> float | None:
    """Return when a curve first reaches a level, between the two times around it."""
    if curve[-1] < level:
        return None
    k = int(np.argmax(curve >= level))
    if k == 0:
        return float(times_h[0])
    return float(np.interp(level, curve[k - 1 : k + 1], times_h[k - 1 : k + 1]))
