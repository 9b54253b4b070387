"""How far measured absorption lies from simulated: a discrepancy, kept apart from predictions.

Each measured value is divided by what the mechanistic chain says of the same product in the same
people; `models.surrogates.absorption_gap` pools the studies. Predictions keep their value. From
`MIN_STUDIES` independent studies on, the interval of that endpoint reaches where the studies say,
in place of the stated model error; before, the discrepancy is only told.

Studies that the panel holds out train nothing and are refused by name, whoever brings them. A row
that a parameter of the models was chosen on is no evidence either. Nor is a value at or below 0,
which has no ratio: such rows are left out, and it is told.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from math import log, sqrt
from typing import Protocol

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.errors import DataError, UnknownNameError
from formulation.patients import Population
from models.data.studies import data_set_of, held_out_study, studies_named
from models.panel.calibrated import calibrated_parameters
from models.panel.contrasts import Role, get_contrast
from models.panel.prediction import predict as predict_contrast
from models.population import draw_subjects
from models.surrogates.absorption_gap import LogRatio
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
        """Study it comes from, behind ``name@hash:`` where it came in a data set."""


@frozen(kw_only=True)
class Heard:
    """What measured rows say, and what could not speak."""

    ratios: tuple[LogRatio, ...] = ()
    """One a row that speaks, in the order of the rows."""

    left_out: tuple[str, ...] = ()
    """Why the others do not, a sentence for each reason."""


def measured_ratios(
    rows: Sequence[MeasuredAbsorption], population_of: Callable[[str], Population]
) -> Heard:
    """Return what measured rows say, one ratio a row, and which of them cannot speak.

    Parameters
    ----------
    rows : sequence of MeasuredAbsorption
        A laboratory's or a user's rows, [-].
    population_of : callable
        Population by name, [-].

    Returns
    -------
    Heard
        Ratios, and why rows were left out: their study has decided a parameter, or a value
        measured or simulated is not above 0, [-].

    Raises
    ------
    DataError
        A row is of a study that must train nothing, of an endpoint that no surrogate learns, or
        no number of people.
    """
    from models.responses import simulate_responses

    for row in rows:
        _refuse_untrainable(row)
    silent = {k: reason for k, row in enumerate(rows) if (reason := _why_silent(row))}
    found: dict[int, LogRatio] = {}
    for name in sorted({row.population for k, row in enumerate(rows) if k not in silent}):
        places = [k for k, row in enumerate(rows) if row.population == name and k not in silent]
        designs = [rows[k].design for k in places]
        simulated = simulate_responses(designs, draw_subjects(population_of(name))).values
        for place, k in enumerate(places):
            people = simulated[rows[k].endpoint][place]
            if people.mean() > 0:
                found[k] = _ratio(rows[k], people)
            else:
                silent[k] = "the simulator's own value is not above 0, so there is no ratio to it"
    return Heard(
        ratios=tuple(found[k] for k in sorted(found)),
        left_out=_sentences((rows[k], silent[k]) for k in sorted(silent)),
    )


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
    study = held_out_study(row.source)
    if study is not None:
        raise DataError(
            f"Absorption of {row.source!r}: {study.reason}.",
            hint="Retire the data set, and import it again without these rows.",
        )
    if row.endpoint not in FAMILIES:
        raise DataError(
            f"Absorption of {row.source!r}: no surrogate learns {row.endpoint!r}.",
            hint=f"Known are {', '.join(FAMILIES)}.",
        )
    if not (np.isfinite(row.value) and row.n > 0):
        raise DataError(
            f"Absorption of {row.source!r}: {row.endpoint} {row.value:g} of {row.n} people; a ratio"
            " needs a number and people.",
            hint="Leave this row out.",
        )


def _why_silent(row: MeasuredAbsorption) -> str:
    """Return why a row cannot speak; empty when it can."""
    for study in studies_named(row.source):
        if study.name in _spent_studies():
            return f"{study.name} has decided a parameter already"
    return "" if row.value > 0 else "a value at or below 0 has no ratio to what is simulated"


def _sentences(silent: Iterable[tuple[MeasuredAbsorption, str]]) -> tuple[str, ...]:
    """Say what was left out, once for all rows of a study and endpoint with one reason."""
    counted = Counter((_study_of(row), row.endpoint, reason) for row, reason in silent)
    return tuple(
        f"{study}: {n} {'row' if n == 1 else 'rows'} of {endpoint} left out; {reason}."
        for (study, endpoint, reason), n in counted.items()
    )


def _study_of(row: MeasuredAbsorption) -> str:
    """Return the study that a row counts for: of the panel, else its data set, else its source."""
    named = studies_named(row.source)
    return named[0].name if named else data_set_of(row.source) or row.source


def _ratio(row: MeasuredAbsorption, people: FloatArray) -> LogRatio:
    """Return one row's ratio; without a stated spread that of the simulated people stands."""
    simulated = float(people.mean())
    spread = float(people.std()) / simulated
    measured = spread if row.sd is None else row.sd / row.value
    return LogRatio(
        study=_study_of(row),
        family=FAMILIES[row.endpoint],
        value=log(row.value / simulated),
        error=max(sqrt(measured**2 / row.n + spread**2 / len(people)), LEAST_ERROR),
    )


@cache
def _spent() -> frozenset[str]:
    """Return rows of the panel that a parameter of the models rests on."""
    return frozenset(row for parameter in calibrated_parameters() for row in parameter.rows)


@cache
def _spent_studies() -> frozenset[str]:
    """Return studies that have decided a parameter and have no row left that may speak."""
    speaking = {ratio.study for ratio in literature_ratios()}
    return frozenset(get_contrast(row).study for row in _spent()) - speaking
