"""Curves with their bands and reference ranges, as plain values that a picture only draws."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.account.arms import Arm
from experiments.account.courses import (
    CONTROL,
    SERUM_RANGES,
    course_curves,
    curve_of,
    series_of,
)
from experiments.account.detail import Detail
from formulation.arrays import FloatArray
from formulation.profiles import Medium
from models.population import Subjects
from models.release import dissolve, release_law

VESSEL_H, SLOW_VESSEL_H, N_TIMES = 4.0, 24.0, 97
"""How long a vessel is watched, for ordinary forms and for slow ones, and at how many times."""

QUICK = ("disintegration", "dispersed")
"""Mechanisms of ordinary forms."""


def body_curves(
    arms: Sequence[Arm], details: Sequence[Detail], subjects: Subjects
) -> list[dict[str, Any]]:
    """Return the curves of serum, urine and red cells.

    Parameters
    ----------
    arms : sequence of Arm
        Products in the people, [-].
    details : sequence of Detail
        The last day of each, step by step, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    list of dict
        Plain values, each curve with its band of each product and the control, [-].
    """
    return [
        _serum_in_a_day(arms, details),
        *course_curves(arms, subjects),
    ]


def vessel_curve(arms: Sequence[Arm], medium: Medium) -> dict[str, Any]:
    """Return what of each product is dissolved in a bench vessel, which is no body.

    Parameters
    ----------
    arms : sequence of Arm
        Products, [-].
    medium : Medium
        The vessel, [-].

    Returns
    -------
    dict
        Plain values; one unit in one vessel, so that there is no band, [-].
    """
    laws = {arm.product.name: release_law(arm.product.design) for arm in arms}
    is_quick = all(law.mechanism in QUICK and law.coat is None for law in laws.values())
    times = np.linspace(0.0, VESSEL_H if is_quick else SLOW_VESSEL_H, N_TIMES)
    series = []
    for name, law in laws.items():
        dissolved = 100 * dissolve(law, medium, times).fraction[:, None]
        series.append(series_of(f"{name}, dissolved", dissolved))
        if law.coat is None:
            released = 100 * law.liberated(times)[:, None]
            series.append(series_of(f"{name}, released by the form", released))
    words = f"{medium.name}, {medium.apparatus} at {medium.rpm:g} rpm"
    x = ("Time in the vessel", "h", times)
    return curve_of(
        "vessel", f"In the bench vessel ({words})", x, ("Share of label", "percent"), series
    )


def _serum_in_a_day(arms: Sequence[Arm], details: Sequence[Detail]) -> dict[str, Any]:
    shared = sorted({float(t) for d in details for t in d.hours})
    series = [
        series_of(arm.product.name, _at(shared, detail.hours, detail.serum))
        for arm, detail in zip(arms, details, strict=True)
    ]
    first = details[0]
    series.append(series_of(CONTROL, _at(shared, first.hours, first.serum_control)))
    return curve_of(
        "serum_day",
        "Serum Mg within the last day",
        ("Time of the last day", "h", np.array(shared)),
        ("Serum Mg", "mmol/L"),
        series,
        SERUM_RANGES,
    )


def _at(hours: Sequence[float], known: FloatArray, serum: FloatArray) -> FloatArray:
    return np.stack([np.interp(hours, known, lane) for lane in serum.T], axis=1)
