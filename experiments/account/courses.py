"""Courses of serum, urine and red cells over the days of a simulation, as plain values.

Each curve carries its band between subjects, the same people without a product, and the reference
ranges that a laboratory would hold it against. Simulated, all of it; the ranges are literature.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from experiments.account.arms import Arm
from experiments.account.bands import PERCENTILES, bands
from formulation.arrays import FloatArray
from formulation.data import find_table, read_rows
from formulation.provenance import Origin, assumed
from models.data import TABLES
from models.population import Subjects

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

DIGITS = 5
"""Significant digits of a course that is kept, [-]."""

RED_CELL_VOLUME = assumed(0.03, "L/kg", "two litres of red cells at 70 kg; only their total counts")
"""Red cells per body weight."""


def course_curves(arms: Sequence[Arm], subjects: Subjects) -> list[dict[str, Any]]:
    """Return serum, urine and red cells day by day.

    Parameters
    ----------
    arms : sequence of Arm
        Products in the people, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    list of dict
        Plain values, each curve with its band of each product and the control, [-].
    """
    return [
        _by_day(arms, "serum_weeks", "Serum Mg, mean of each day", "serum_mean", SERUM_RANGES),
        _by_day(arms, "urine_weeks", "24 h urine Mg", "urine", ()),
        _red_cells(arms, subjects),
    ]


def rounded(curves: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return curves with no more digits than a picture or a table needs.

    Parameters
    ----------
    curves : sequence of mapping
        What `course_curves` returned, [-].

    Returns
    -------
    list of dict
        The same with `DIGITS` significant digits, [-].
    """
    return [
        {
            **curve,
            "series": [
                {
                    **line,
                    **{end: [float(f"{x:.{DIGITS}g}") for x in line[end]] for end in PERCENTILES},
                }
                for line in curve["series"]
            ],
        }
        for curve in curves
    ]


def red_cells_mmol_per_l(amount_mmol: FloatArray, subjects: Subjects) -> FloatArray:
    """Return magnesium per litre of red cells.

    Parameters
    ----------
    amount_mmol : ndarray of shape (..., n_subjects)
        Magnesium of all red cells, [mmol].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    ndarray of shape (..., n_subjects)
        Concentration in cells, [mmol/L].
    """
    litres = float(RED_CELL_VOLUME) * subjects.values["weight_kg"]
    return np.asarray(amount_mmol / litres)


def _by_day(
    arms: Sequence[Arm], name: str, title: str, column: str, ranges: Iterable[str]
) -> dict[str, Any]:
    series = [series_of(arm.product.name, arm.course.day(column)[0]) for arm in arms]
    series.append(series_of(CONTROL, arms[0].control.day(column)[0]))
    unit = "mmol/d" if column == "urine" else "mmol/L"
    return curve_of(name, title, _days(arms), (title.split(",")[0], unit), series, ranges)


def _red_cells(arms: Sequence[Arm], subjects: Subjects) -> dict[str, Any]:
    courses = [(arm.product.name, arm.course) for arm in arms]
    series = [
        series_of(name, red_cells_mmol_per_l(course.day("red_cells")[0], subjects))
        for name, course in (*courses, (CONTROL, arms[0].control))
    ]
    y = ("Red-cell Mg", "mmol/L")
    return curve_of("red_cells", "Red-cell Mg", _days(arms), y, series, RED_CELL_RANGES)


def _days(arms: Sequence[Arm]) -> tuple[str, str, FloatArray]:
    return "Day", "d", np.arange(1.0, arms[0].course.daily.shape[1] + 1)


def series_of(label: str, values: FloatArray) -> dict[str, Any]:
    """Return one line of a curve with its band.

    Parameters
    ----------
    label : str
        Product, or `CONTROL`, [-].
    values : ndarray of shape (n_times, n_subjects)
        Values in the curve's unit, [-].

    Returns
    -------
    dict
        Plain values, [-].
    """
    return {"label": label, "origin": Origin.SIMULATED.value, **bands(values)}


def curve_of(
    name: str,
    title: str,
    x: tuple[str, str, FloatArray],
    y: tuple[str, str],
    series: list[dict[str, Any]],
    ranges: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a curve as plain values.

    Parameters
    ----------
    name : str
        Name it is found by, [-].
    title : str
        What people call it, [-].
    x : tuple of str, str and ndarray of shape (n_times,)
        Title, unit and values of the abscissa, [-].
    y : tuple of str
        Title and unit of the ordinate, [-].
    series : list of dict
        What `series_of` made, [-].
    ranges : iterable of str, optional
        Reference ranges, rows of the table of kinetics, [-].

    Returns
    -------
    dict
        Plain values that a picture only draws, [-].
    """
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
