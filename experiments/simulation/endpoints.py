"""Endpoints of the last day in every subject, each with its unit, from the daily columns."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from experiments.account.arms import Arm
from experiments.account.courses import red_cells_mmol_per_l
from experiments.account.detail import Detail
from experiments.account.ledger import more, undissolved
from formulation.arrays import FloatArray
from formulation.units import MG_PER_MMOL
from models.population import Subjects
from models.simulator.arms import Start

HOURS_PER_DAY = 24.0
"""Hours in a day, [h/d]."""

ML_MIN_PER_L_DAY = 1000 / (24 * 60)
"""Millilitres a minute for a litre a day, [mL d/min/L]."""

STORES = {"leukocytes": "Leukocyte Mg", "muscle": "Muscle Mg"}
"""Slow pools that are told, by daily column."""


@frozen(kw_only=True, eq=False)
class Endpoint:
    """One number of every subject."""

    group: str
    """Heading it stands under."""

    name: str
    """Name in the document."""

    title: str
    """Name for people, without unit."""

    unit: str
    """Unit of its values."""

    values: FloatArray
    """Of shape (n_subjects,), in its unit."""

    decimals: int = 2
    """Decimals shown to people, [-]."""


def endpoints(arm: Arm, start: Start, subjects: Subjects, detail: Detail) -> tuple[Endpoint, ...]:
    """Return every endpoint of a product.

    Parameters
    ----------
    arm : Arm
        The product in the people, [-].
    start : Start
        Where they stood before it, [-].
    subjects : Subjects
        The people, [-].
    detail : Detail
        The last day of the first of them step by step, [-].

    Returns
    -------
    tuple of Endpoint
        In the order they are told, [-].
    """
    return (
        *_release(arm, detail),
        *_absorption(arm),
        *_serum(arm, detail),
        *_cells(arm, subjects),
        *_urine(arm, start),
        *_stool(arm),
    )


def _last(arm: Arm, name: str) -> FloatArray:
    return np.asarray(arm.course.day(name)[0, -1])


def _change(arm: Arm, name: str) -> FloatArray:
    return np.asarray(_last(arm, name) - arm.control.day(name)[0, -1])


def _percent(arm: Arm, name: str) -> FloatArray:
    return np.asarray(100 * _change(arm, name) / arm.control.day(name)[0, -1])


def _rows(group: str, *rows: tuple[str, str, str, int, FloatArray]) -> Iterator[Endpoint]:
    for name, title, unit, decimals, values in rows:
        yield Endpoint(
            group=group, name=name, title=title, unit=unit, decimals=decimals, values=values
        )


def _release(arm: Arm, detail: Detail) -> Iterator[Endpoint]:
    """Yield what the form lets go in a day and what of it dissolves, in the gut or the skin."""
    dose = float(arm.taken.units[-1].sum()) * arm.taken.law.dose_mmol
    released = detail.product.given_mmol + more(detail, "through_skin")
    dissolved = released - undissolved(detail)
    for name, title, amount in (
        ("released", "Released by the form", released),
        ("dissolved", "Dissolved", dissolved),
    ):
        yield from _rows(
            "Release in the body",
            (name, f"{title}, share of the dose", "percent", 1, 100 * amount / dose),
            (f"{name}_mg", title, "mg/d", 1, MG_PER_MMOL * amount),
        )


def _absorption(arm: Arm) -> Iterator[Endpoint]:
    v = arm.values
    yield from _rows(
        "Absorption",
        (
            *("absorbed_total", "Absorbed Mg, diet and product together", "mg/d", 1),
            MG_PER_MMOL * _last(arm, "absorbed"),
        ),
        (
            *("absorbed_diet", "Absorbed Mg, the diet alone on the same days", "mg/d", 1),
            MG_PER_MMOL * np.asarray(arm.control.day("absorbed")[0, -1]),
        ),
        (
            *("absorbed_increment", "Absorbed Mg, increment over diet", "mg/d", 1),
            v["absorbed_increment"],
        ),
        (
            *("fraction_absorbed", "Share of the dose absorbed (increment over diet)"),
            *("percent", 1, v["fraction_absorbed"]),
        ),
    )


def _serum(arm: Arm, detail: Detail) -> Iterator[Endpoint]:
    rise = detail.serum - detail.serum_control
    peak = detail.hours[rise.argmax(axis=0)]
    tmax = (peak - arm.taken.times_h[0]) % HOURS_PER_DAY
    yield from _rows(
        "Serum",
        ("serum", "Serum Mg, mean of the last day", "mmol/L", 3, _last(arm, "serum_mean")),
        (
            "serum_change",
            "Serum Mg, change against control",
            "mmol/L",
            3,
            _change(arm, "serum_mean"),
        ),
        ("serum_cmax", "Serum Mg, highest of the last day", "mmol/L", 3, _last(arm, "serum_max")),
        (
            *("serum_cmax_increment", "Serum Mg, greatest rise over control (Cmax)", "mmol/L", 3),
            np.asarray(rise.max(axis=0)),
        ),
        (
            "serum_tmax",
            "When that is, after the first intake of the day (Tmax)",
            "h",
            1,
            np.asarray(tmax),
        ),
        (
            *(
                "serum_auc_increment",
                "Serum Mg, area above control in the last day (AUC)",
                "mmol*h/L",
                2,
            ),
            HOURS_PER_DAY * _change(arm, "serum_mean"),
        ),
    )


def _cells(arm: Arm, subjects: Subjects) -> Iterator[Endpoint]:
    red = red_cells_mmol_per_l(_last(arm, "red_cells"), subjects)
    stores = (
        (f"{name}_change", f"{title}, change", "percent", 2, _percent(arm, name))
        for name, title in STORES.items()
    )
    yield from _rows(
        "Cells and stores",
        ("red_cell", "Red-cell Mg", "mmol/L", 2, red),
        ("red_cell_change", "Red-cell Mg, change", "percent", 2, _percent(arm, "red_cells")),
        *stores,
    )


def _urine(arm: Arm, start: Start) -> Iterator[Endpoint]:
    urine, serum = _last(arm, "urine"), _last(arm, "serum_mean")
    filtered = start.numbers["filtration"] * HOURS_PER_DAY * serum
    yield from _rows(
        "Urine",
        ("urine", "24 h urine Mg", "mmol/d", 2, urine),
        ("urine_change", "24 h urine Mg, change", "mmol/d", 2, _change(arm, "urine")),
        (
            *("fractional_excretion", "Fractional excretion of filtered Mg", "percent", 1),
            np.asarray(100 * urine / filtered),
        ),
        (
            *("clearance", "Urinary clearance of Mg", "mL/min", 1),
            np.asarray(urine / serum * ML_MIN_PER_L_DAY),
        ),
    )


def _stool(arm: Arm) -> Iterator[Endpoint]:
    v = arm.values
    solid, dissolved = _last(arm, "stool_solid"), _last(arm, "stool_dissolved")
    more_solid, more_dissolved = _change(arm, "stool_solid"), _change(arm, "stool_dissolved")
    yield from _rows(
        "Bowel",
        ("stool", "24 h stool Mg", "mmol/d", 2, solid + dissolved),
        ("stool_change", "24 h stool Mg, change", "mmol/d", 2, more_solid + more_dissolved),
        (
            *("soluble_unabsorbed_load", "Soluble Mg left in the stool by the product", "mmol/d"),
            *(2, v["soluble_unabsorbed_load"]),
        ),
        (
            *("other_solute", "Other solute that stays in the bowel, as assumed", "mOsm/d", 1),
            arm.other_mosm_per_day,
        ),
        ("laxation_risk", "Chance of loose stools", "percent", 1, v["laxation_risk"]),
        ("peak_gut_load", "Most dissolved Mg in the upper gut", "mmol", 2, v["peak_gut_load"]),
    )
