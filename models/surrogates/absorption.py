"""How far measured absorption lies from simulated: a discrepancy, kept apart from predictions.

Each measured value is divided by what the mechanistic chain says of the same product in the same
people; `models.surrogates.absorption_gap` pools the studies. Predictions keep their value. From
`MIN_STUDIES` independent studies on, the interval of that endpoint reaches where the studies say,
in place of the stated model error; before, the discrepancy is only told.

Studies that the panel holds out train nothing and are refused by name, whoever brings them. A row
that a parameter of the models was chosen on is no evidence either.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import log, sqrt
from typing import Protocol

import numpy as np

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.errors import DataError, UnknownNameError
from formulation.patients import Population
from models.panel.calibrated import calibrated_parameters
from models.panel.contrasts import Role, contrasts, get_contrast
from models.panel.prediction import predict as predict_contrast
from models.population import draw_subjects
from models.surrogates.absorption_gap import LogRatio, plain
from models.surrogates.gaps import NORMAL_90
from models.surrogates.table import LEARNT

FAMILIES: Mapping[str, str] = {
    **{name: name for name in LEARNT},
    "fraction_absorbed": "absorbed_increment",
}
"""Endpoint whose discrepancy a measured one speaks of: a share of the dose is the same amount."""

PANEL_ROWS: Mapping[str, str] = {
    "C06": "absorbed_increment",
    "C08": "urine_change",
    "C30": "serum_change",
}
"""Rows of the panel that are a level, not a contrast of two products, and what they speak of."""


LEAST_ERROR = 0.01
"""Smallest standard error of a log ratio, so that a spread of nothing has an end, [-]."""


class MeasuredAbsorption(Protocol):
    """One measured value of a product in people."""

    @property
    def design(self) -> Design:
        """What was taken."""

    @property
    def population(self) -> str:
        """Named population that stands for the people."""

    @property
    def endpoint(self) -> str:
        """Population endpoint, its mean over people."""

    @property
    def value(self) -> float:
        """Measured, in the endpoint's unit."""

    @property
    def sd(self) -> float | None:
        """Standard deviation between people, in the endpoint's unit; None when not stated."""

    @property
    def n(self) -> int:
        """People."""

    @property
    def design_kind(self) -> str:
        """Kind of trial, such as crossover."""

    @property
    def source(self) -> str:
        """Study it comes from."""


def measured_ratios(
    rows: Sequence[MeasuredAbsorption], population_of: Callable[[str], Population]
) -> tuple[LogRatio, ...]:
    """Return what measured rows say, one ratio a row.

    Parameters
    ----------
    rows : sequence of MeasuredAbsorption
        A laboratory's or a user's rows, [-].
    population_of : callable
        Population by name, [-].

    Returns
    -------
    tuple of LogRatio
        In the order of the rows, [-].

    Raises
    ------
    DataError
        A row is of a study that must train nothing, of an endpoint that no surrogate learns, or
        without a positive value measured or simulated.
    """
    from models.responses import simulate_responses

    for row in rows:
        _refuse_untrainable(row)
    found: dict[int, LogRatio] = {}
    for name in sorted({row.population for row in rows}):
        places = [k for k, row in enumerate(rows) if row.population == name]
        designs = [rows[k].design for k in places]
        simulated = simulate_responses(designs, draw_subjects(population_of(name))).values
        for place, k in enumerate(places):
            found[k] = _ratio(rows[k], simulated[rows[k].endpoint][place])
    return tuple(found[k] for k in range(len(rows)))


def panel_ratio(row: str) -> LogRatio:
    """Return what a row of the panel says, simulated as the panel simulates it.

    Its standard error is that of the panel's interval, which is for a trial of the study's size.

    Parameters
    ----------
    row : str
        Number of the row, one of `PANEL_ROWS`, [-].

    Returns
    -------
    LogRatio
        Published over simulated, [-].

    Raises
    ------
    UnknownNameError
        The row is no level of an endpoint that surrogates learn.
    DataError
        The role of the row does not let it train, or a parameter rests on it.
    """
    if row not in PANEL_ROWS:
        raise UnknownNameError("Row of the panel that is a level", row, PANEL_ROWS)
    contrast = get_contrast(row)
    if contrast.role is not Role.CALIBRATION:
        raise DataError(
            f"Row {row} of {contrast.study} has role {contrast.role.value}; it trains nothing."
        )
    if row in _spent():
        raise DataError(f"Row {row} of {contrast.study} has decided a parameter already.")
    found = predict_contrast(contrast)
    assert found.value is not None
    assert found.lo is not None
    assert found.hi is not None
    return LogRatio(
        study=contrast.study,
        family=PANEL_ROWS[row],
        value=log(contrast.observed / found.value),
        error=log(found.hi / found.lo) / (2 * NORMAL_90),
    )


@cache
def literature_ratios() -> tuple[LogRatio, ...]:
    """Return what published studies say that may train and have decided no parameter.

    Returns
    -------
    tuple of LogRatio
        One a row of the panel, [-].
    """
    allowed = (r for r in PANEL_ROWS if get_contrast(r).role is Role.CALIBRATION)
    return tuple(panel_ratio(row) for row in allowed if row not in _spent())


def _refuse_untrainable(row: MeasuredAbsorption) -> None:
    named = plain(row.source)
    for contrast in contrasts().values():
        if contrast.role in (Role.CALIBRATION, Role.KERNEL):
            continue
        if any(plain(name) in named for name in (contrast.study, contrast.source)):
            raise DataError(
                f"Absorption of {row.source!r}: {contrast.study} has role {contrast.role.value} in"
                " the panel; it trains nothing.",
                hint="Leave these rows out.",
            )
    if row.endpoint not in FAMILIES:
        raise DataError(
            f"Absorption of {row.source!r}: no surrogate learns {row.endpoint!r}.",
            hint=f"Known are {', '.join(FAMILIES)}.",
        )
    if not (np.isfinite(row.value) and row.value > 0 and row.n > 0):
        raise DataError(
            f"Absorption of {row.source!r}: {row.endpoint} {row.value:g} of {row.n} people; a ratio"
            " needs a value above 0 and people.",
            hint="Leave this row out.",
        )


def _ratio(row: MeasuredAbsorption, people: FloatArray) -> LogRatio:
    """Return one row's ratio; without a stated spread that of the simulated people stands."""
    simulated = float(people.mean())
    if simulated <= 0:
        raise DataError(
            f"Absorption of {row.source!r}: the simulator gives {simulated:.3g} for"
            f" {row.endpoint}; there is no ratio to it.",
            hint="Leave this row out.",
        )
    spread = float(people.std()) / simulated
    measured = spread if row.sd is None else row.sd / row.value
    return LogRatio(
        study=row.source,
        family=FAMILIES[row.endpoint],
        value=log(row.value / simulated),
        error=max(sqrt(measured**2 / row.n + spread**2 / len(people)), LEAST_ERROR),
    )


@cache
def _spent() -> frozenset[str]:
    """Return rows of the panel that a parameter of the models rests on."""
    return frozenset(row for parameter in calibrated_parameters() for row in parameter.rows)
