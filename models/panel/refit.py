"""The calibration once more, without one row: which parameters move, and which do not.

Two fits can be repeated: the transport of the gut on the published curve, and what phytate holds on
the bread meals. The other calibrated parameters are read off a row directly, so without it nothing
determines them. Without the kernel row its two intakes are left out of the curve; what remains is
the curve's middle, which the publication states as a formula and not as data.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from attrs import fields, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.absorption._parameters import PHYTATE_HELD
from models.absorption.calibration import (
    INTAKES_MMOL,
    LEAST_KM,
    calibrate,
    fine_fraction,
    simulated_fraction,
)
from models.panel.body import kernel_intakes
from models.panel.calibrated import Calibrated, calibrated_parameters
from models.panel.contrasts import get_contrast
from models.panel.isotopes import bread
from models.simulator.numbers import CALIBRATED, Transport

KERNEL_ROW = "C01"
PHYTATE_ROWS = {"C10": 1.49, "C11": 0.75}
"""Phytate of the bread meals that what phytate holds is fitted on, [mmol]."""

TRANSPORT = ("VMAX", "KM", "PARACELLULAR")
PHYTATE = "PHYTATE_HELD"
SUBJECTS = 32
"""Subjects of the bread meals, [-]."""

MOVES = 1e-6
"""A parameter that changes by less than this share has not moved, [-]."""


@frozen(kw_only=True)
class Refitted:
    """A parameter with and without one row."""

    name: str
    """Where it is and what it is called."""

    unit: str
    """Unit of the values."""

    rows: tuple[str, ...]
    """Rows it rests on."""

    everything: float
    """Value with every row, in `unit`."""

    without: float | None
    """Value without the row, in `unit`; None where nothing else determines it."""

    @property
    def moved(self) -> bool:
        """Whether it is another value, or none at all."""
        if self.without is None:
            return True
        return abs(self.without - self.everything) > MOVES * abs(self.everything)


def recalibrate(without: str) -> list[Refitted]:
    """Refit every calibrated parameter with all rows, and without one.

    Parameters
    ----------
    without : str
        Number of the row that is left out, [-].

    Returns
    -------
    list of Refitted
        Parameters with both values, [-].

    Raises
    ------
    UnknownNameError
        The panel has no such row.
    InputError
        A fit did not find a value.
    """
    row = get_contrast(without).id
    everything = {**_transport(has_kernel=True), **_phytate("")}
    left = {**_transport(has_kernel=row != KERNEL_ROW), **_phytate(row)}
    found = []
    for parameter in calibrated_parameters():
        name = parameter.name.rpartition(".")[2]
        if name in everything:
            found.append(_refitted(parameter, everything[name], left[name]))
        else:
            value = parameter.quantity.value
            is_lost = set(parameter.rows) == {row}
            found.append(_refitted(parameter, value, None if is_lost else value))
    return found


def _refitted(parameter: Calibrated, everything: float, without: float | None) -> Refitted:
    return Refitted(
        name=parameter.name,
        unit=parameter.quantity.unit,
        rows=parameter.rows,
        everything=everything,
        without=without,
    )


@cache
def _transport(*, has_kernel: bool) -> Mapping[str, float]:
    """Return the transport constants by name."""
    fitted = calibrate() if has_kernel else _without_the_ends()
    values = (fitted.vmax_mmol_per_h, fitted.km_mmol_per_l, fitted.paracellular_per_h)
    return dict(zip(TRANSPORT, map(float, values), strict=True))


def _without_the_ends() -> Transport:
    """Return the constants fitted on the curve between the two intakes of the kernel row."""
    from scipy.optimize import least_squares

    ends = kernel_intakes()
    between = np.array([x for x in INTAKES_MMOL if not np.isclose(x, ends).any()])
    wanted = fine_fraction(between)

    def residuals(logs: FloatArray) -> FloatArray:
        return simulated_fraction(between, _of_logs(logs)) / wanted - 1

    low, high = np.array([-9.0, np.log(float(LEAST_KM)), -9.0]), np.array([3.0, 0.5, 0.0])
    start = np.log([getattr(CALIBRATED, field.name) for field in fields(Transport)])
    found = least_squares(
        residuals, np.clip(start, low + 1e-3, high - 1e-3), bounds=(low, high), xtol=1e-10
    )
    return _of_logs(found.x)


def _of_logs(logs: FloatArray) -> Transport:
    vmax, km, paracellular = (float(x) for x in np.exp(logs))
    return Transport(vmax_mmol_per_h=vmax, km_mmol_per_l=km, paracellular_per_h=paracellular)


def _phytate(without: str) -> dict[str, float]:
    """Return what phytate holds by name."""
    return {PHYTATE: _phytate_held(tuple(row for row in PHYTATE_ROWS if row != without))}


@cache
def _phytate_held(rows: tuple[str, ...]) -> float:
    """Return what phytate holds, fitted on some bread meals, [mmol/mmol]."""
    from scipy.optimize import minimize_scalar

    (plain,) = bread(0.0, SUBJECTS)

    def misfit(log_scale: float) -> float:
        total = 0.0
        for row in rows:
            # Twice the phytate binds as phytate that holds twice as much.
            (bound,) = bread(PHYTATE_ROWS[row] * float(np.exp(log_scale)), SUBJECTS)
            ratio = bound.mean() / plain.mean()
            total += float(np.log(ratio / get_contrast(row).observed)) ** 2
        return total

    found = minimize_scalar(misfit, bounds=(-MOST_LOG, MOST_LOG), options={"xatol": 1e-5})
    if not found.success or abs(found.x) > 0.99 * MOST_LOG:
        raise InputError(
            f"Refit of what phytate holds on {', '.join(rows)}: no value within"
            f" {np.exp(MOST_LOG):.3g}-fold of {float(PHYTATE_HELD):g} fits."
        )
    return float(np.exp(found.x)) * float(PHYTATE_HELD)


MOST_LOG = 2.0
"""Farthest that the phytate's logarithm is searched, [-]."""
