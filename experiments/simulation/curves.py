"""Curves with their bands and reference ranges, as plain values that a picture only draws."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from experiments.account.arms import Arm
from experiments.account.bands import bands
from experiments.account.detail import Detail
from experiments.simulation.endpoints import red_cells_mmol_per_l
from formulation.arrays import FloatArray
from formulation.data import find_table, read_rows
from formulation.profiles import Medium
from formulation.provenance import Origin
from models.data import TABLES
from models.population import Subjects
from models.release import dissolve, release_law

CONTROL = "without a product"
"""Label of the control arm."""

SERUM_RANGES = (
    "serum Mg reference interval (IOM/Elin)",
    "serum Mg harmonised reference interval",
)
RED_CELL_RANGES = (
    "RBC Mg reference interval (common labs)",
    "RBC Mg reference interval (direct, xylidyl blue)",
)
"""Rows of the table of kinetics whose ends a curve is held against."""

RANGE_TITLES: Mapping[str, str] = {
    SERUM_RANGES[0]: "reference range (IOM)",
    SERUM_RANGES[1]: "reference range (harmonised, RCPA and AACB)",
    RED_CELL_RANGES[0]: "reference range, common laboratories (assay not stated)",
    RED_CELL_RANGES[1]: "reference range, assay: direct, xylidyl blue",
}
"""What a range is called beside a curve; that of red cells goes with the method."""

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
        _by_day(arms, "serum_weeks", "Serum Mg, mean of each day", "serum_mean", SERUM_RANGES),
        _by_day(arms, "urine_weeks", "24 h urine Mg", "urine", ()),
        _red_cells(arms, subjects),
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
        series.append(_series(f"{name}, dissolved", dissolved))
        if law.coat is None:
            released = 100 * law.liberated(times)[:, None]
            series.append(_series(f"{name}, released by the form", released))
    words = f"{medium.name}, {medium.apparatus} at {medium.rpm:g} rpm"
    x = ("Time in the vessel", "h", times)
    return _curve(
        "vessel", f"In the bench vessel ({words})", x, ("Share of label", "percent"), series
    )


def _serum_in_a_day(arms: Sequence[Arm], details: Sequence[Detail]) -> dict[str, Any]:
    shared = sorted({float(t) for d in details for t in d.hours})
    series = [
        _series(arm.product.name, _at(shared, detail.hours, detail.serum))
        for arm, detail in zip(arms, details, strict=True)
    ]
    first = details[0]
    series.append(_series(CONTROL, _at(shared, first.hours, first.serum_control)))
    return _curve(
        "serum_day",
        "Serum Mg within the last day",
        ("Time of the last day", "h", np.array(shared)),
        ("Serum Mg", "mmol/L"),
        series,
        SERUM_RANGES,
    )


def _at(hours: Sequence[float], known: FloatArray, serum: FloatArray) -> FloatArray:
    return np.stack([np.interp(hours, known, lane) for lane in serum.T], axis=1)


def _by_day(
    arms: Sequence[Arm], name: str, title: str, column: str, ranges: Iterable[str]
) -> dict[str, Any]:
    series = [_series(arm.product.name, arm.course.day(column)[0]) for arm in arms]
    series.append(_series(CONTROL, arms[0].control.day(column)[0]))
    unit = "mmol/d" if column == "urine" else "mmol/L"
    return _curve(name, title, _days(arms), (title.split(",")[0], unit), series, ranges)


def _red_cells(arms: Sequence[Arm], subjects: Subjects) -> dict[str, Any]:
    courses = [(arm.product.name, arm.course) for arm in arms]
    series = [
        _series(name, red_cells_mmol_per_l(course.day("red_cells")[0], subjects))
        for name, course in (*courses, (CONTROL, arms[0].control))
    ]
    y = ("Red-cell Mg", "mmol/L")
    return _curve("red_cells", "Red-cell Mg", _days(arms), y, series, RED_CELL_RANGES)


def _days(arms: Sequence[Arm]) -> tuple[str, str, FloatArray]:
    return "Day", "d", np.arange(1.0, arms[0].course.daily.shape[1] + 1)


def _series(label: str, values: FloatArray) -> dict[str, Any]:
    return {"label": label, "origin": Origin.SIMULATED.value, **bands(values)}


def _curve(
    name: str,
    title: str,
    x: tuple[str, str, FloatArray],
    y: tuple[str, str],
    series: list[dict[str, Any]],
    ranges: Iterable[str] = (),
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "x": {"title": x[0], "unit": x[1], "values": x[2].tolist()},
        "y": {"title": y[0], "unit": y[1]},
        "series": series,
        "references": [_range(row) for row in ranges],
    }


@cache
def _kinetics() -> Mapping[str, Mapping[str, str]]:
    return {row["parameter"]: row for row in read_rows(find_table("kinetics", TABLES))}


def _range(parameter: str) -> dict[str, Any]:
    row = _kinetics()[parameter]
    return {
        "title": RANGE_TITLES[parameter],
        "origin": Origin.LITERATURE.value,
        "low": float(row["low"]),
        "high": float(row["high"]),
        "unit": row["unit"],
        "source": row["source"],
    }
