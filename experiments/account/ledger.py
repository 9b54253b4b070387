"""Where the magnesium of a product goes: taken up by segment and route, or lost, and to what.

Lost is the dose less the increment over the diet, so magnesium of the meals that a product keeps
from being taken up is counted as lost by the product. What is lost is shared out by the state in
which it leaves: still in the form, as particles, precipitated, or dissolved. Dissolved magnesium is
told apart on its way from the ileum into the colon: held by ligands of the meal, labile (so that
only transport is left to blame), or not yet dissolved there, because it passed too early.

A salt that leaves as particles lacked acid where the fluid of stomach and small bowel could not
dissolve it and acid could have; solubility where acid does nothing; else time. The day is one that
is like the one before: everything taken has had the time to leave.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from experiments.account.bands import bands
from experiments.account.detail import Day, DayPair
from formulation.arrays import FloatArray
from formulation.provenance import Origin
from formulation.units import MG_PER_MMOL
from models.absorption import _parameters as gut
from models.release import Solid
from models.simulator.arms import Taken
from models.simulator.equations import ABSORBING, COLON, N_SEGMENTS, SALTS, SEGMENTS

LOSSES: Mapping[str, tuple[str, str]] = {
    "not_released": (
        "Not released",
        "leaves inside the form, or stays in the patch",
    ),
    "acid": (
        "Not dissolved, for want of acid",
        "leaves as particles of a salt that the fluid of stomach and small bowel cannot dissolve"
        " and acid could",
    ),
    "solubility": (
        "Not dissolved, for want of solubility",
        "leaves as particles of a salt that this fluid cannot dissolve, and that acid does not"
        " help",
    ),
    "precipitated": ("Precipitated", "dissolved, fell out again with phosphate, left as a solid"),
    "bound": ("Bound by ligands", "entered the colon held by phytate, oxalate or soaps, and left"),
    "transport": (
        "Transport",
        "entered the colon dissolved and labile: the small bowel could have taken it up and did"
        " not, and the colon hardly can",
    ),
    "transit": (
        "Transit",
        "passed the small bowel before it was dissolved: released or dissolved only in the colon,"
        " or left as particles for want of time",
    ),
}
"""Title and meaning of every way to lose magnesium, in the order of the gut."""


@frozen(kw_only=True, eq=False)
class Uptake:
    """What one segment takes up, the increment over the diet."""

    place: str
    """Segment, or the skin."""

    route: str
    """``active``, ``passive`` or ``skin``."""

    mg_per_day: FloatArray
    """Of shape (n_subjects,), [mg/d]."""


def uptake(detail: DayPair) -> tuple[Uptake, ...]:
    """Return what each segment takes up by each route.

    Parameters
    ----------
    detail : DayPair
        The last day step by step, [-].

    Returns
    -------
    tuple of Uptake
        In the order of the gut, then the skin where something passes it, [-].
    """
    names = [(SEGMENTS[i], way, f"{way}{i}") for i in ABSORBING for way in ("active", "passive")]
    found = [
        Uptake(place=place, route=way, mg_per_day=MG_PER_MMOL * more(detail, name))
        for place, way, name in names
    ]
    skin = MG_PER_MMOL * more(detail, "through_skin")
    if skin.any():
        found.append(Uptake(place="skin", route="skin", mg_per_day=skin))
    return tuple(found)


def losses(detail: DayPair, taken: Taken) -> dict[str, FloatArray]:
    """Return what is lost of a day's dose, by what limits it.

    Parameters
    ----------
    detail : DayPair
        The last day step by step, [-].
    taken : Taken
        The product and its schedule, [-].

    Returns
    -------
    dict of str to ndarray of shape (n_subjects,)
        By name in `LOSSES`; their sum is the dose less the increment over the diet, [mg/d].
    """
    dose = float(taken.units[-1].sum()) * taken.law.dose_mmol
    lost = dose - (detail.product.gained("absorbed") - detail.control.gained("absorbed"))
    parts = {name: np.zeros_like(lost) for name in LOSSES}
    skin = more(detail, "through_skin")
    parts["not_released"] = np.maximum(dose - detail.product.given_mmol - skin, 0.0)
    for name, amount in (*_solids(detail, taken), *_dissolved(detail)):
        parts[name] = parts[name] + np.maximum(amount, 0.0)
    # What the gut holds more in the evening than in the morning is shared out like the rest.
    whole = sum(parts.values())
    return {name: MG_PER_MMOL * amount * lost / whole for name, amount in parts.items()}


def undissolved(detail: DayPair) -> FloatArray:
    """Return what a product lets go in a day and what does not dissolve.

    Particles that leave with the stool, and those of which the gut holds more than a day before.

    Parameters
    ----------
    detail : DayPair
        The last day step by step, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Its sum over the salts, [mmol].
    """
    held = [detail.product.gained(f"P{k}_{i}") for k in SALTS for i in range(N_SEGMENTS)]
    left = detail.product.moved(*(f"moved{k}_{COLON}" for k in SALTS))
    return np.asarray(left + sum(held))


def more(detail: DayPair, *names: str) -> FloatArray:
    """Return what fluxes move in a day with the product beyond what they move without it.

    Parameters
    ----------
    detail : DayPair
        The last day step by step, [-].
    *names : str
        Names of fluxes, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Their sum, [mmol].
    """
    return np.asarray(detail.product.moved(*names) - detail.control.moved(*names))


def losses_dict(found: Mapping[str, FloatArray]) -> dict[str, Any]:
    """Return losses as plain values; shares are of the mean, so that they sum to 100.

    Parameters
    ----------
    found : mapping of str to ndarray of shape (n_subjects,)
        What `losses` returned, [mg/d].

    Returns
    -------
    dict
        ``n_subjects``, ``lost_mg_per_day`` and ``parts`` in the order of the gut, [-].
    """
    means = {name: float(amount.mean()) for name, amount in found.items()}
    whole = sum(means.values())
    return {
        "n_subjects": len(next(iter(found.values()))),
        "origin": Origin.SIMULATED.value,
        "lost_mg_per_day": whole,
        "parts": [
            {
                "name": name,
                "title": title,
                "meaning": meaning,
                "percent": 100 * means[name] / whole if whole else 0.0,
                "mg_per_day": means[name],
                **bands(found[name]),
            }
            for name, (title, meaning) in LOSSES.items()
        ],
    }


def _more_gained(detail: DayPair, name: str) -> FloatArray:
    return np.asarray(detail.product.gained(name) - detail.control.gained(name))


def _solids(detail: DayPair, taken: Taken) -> Sequence[tuple[str, FloatArray]]:
    """Return what leaves undissolved, by what it lacked, [mmol]."""
    at_once = float(taken.units[-1].max(initial=0.0))
    found = [("precipitated", more(detail, "solid_moved_6"))]
    for k, solid in zip(SALTS, taken.law.solids, strict=False):
        found.append((_lacking(solid, at_once), more(detail, f"moved{k}_6")))
    return found


def _lacking(solid: Solid, units_at_once: float) -> str:
    """Return what the particles of a salt lack that leave the body."""
    fluid = float(gut.RESTING_VOLUME_L[gut.UPPER_GUT].sum())
    if solid.dose_mmol * units_at_once <= solid.solubility_mmol_per_l * fluid:
        return "transit"
    return "acid" if solid.acid_demand_meq_per_mmol > 0 else "solubility"


def _dissolved(detail: DayPair) -> Sequence[tuple[str, FloatArray]]:
    """Return what leaves dissolved, shared out by how it came into the colon, [mmol]."""
    came = {
        "bound": _bound_into_colon(detail.product) - _bound_into_colon(detail.control),
        "transit": more(detail, "poured_6", *(f"by_{w}{k}_6" for k in SALTS for w in _WAYS)),
    }
    came["transport"] = more(detail, "moved_5") - came["bound"]
    positive = {name: np.maximum(amount, 0.0) for name, amount in came.items()}
    whole = np.maximum(sum(positive.values()), _TRACE_MMOL)
    lost = _more_gained(detail, "stool_dissolved")
    return [(name, amount / whole * lost) for name, amount in positive.items()]


_WAYS = ("water", "acid")
_TRACE_MMOL = 1e-12


def _bound_into_colon(day: Day) -> FloatArray:
    """Return what goes from ileum to colon held by ligands, [mmol]."""
    dissolved = (day.of("D5")[1:] + day.of("D5")[:-1]) / 2
    share = 1 - day.rates["labile5"] / np.maximum(dissolved, _TRACE_MMOL)
    return np.asarray(np.diff(day.hours) @ (day.rates["moved_5"] * share))
