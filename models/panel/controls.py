"""Positive controls: what makes a negative control worth something.

A model that never sees a difference passes every negative control. So each is paired with a
contrast in the same people, at the same settings and by the same measure, where there is a
difference to be seen; only together do they say anything.
"""

from collections.abc import Callable
from math import inf

from attrs import frozen

from models.panel.body import CREAM_DAYS
from models.panel.experiment import Statistic
from models.panel.isotopes import resected
from models.panel.people import MEALS_H, people, take
from models.panel.prediction import SUBJECTS, statistic
from models.panel.products import tablet
from models.panel.rows import experiments
from models.panel.urine import fasted_500


@frozen(kw_only=True)
class PositiveControl:
    """A contrast that must be seen where a negative control must not."""

    row: str
    """The negative control it belongs to."""

    title: str
    """What is compared, in words."""

    must: str
    """What it must show, in words."""

    least: float
    """Least number that shows it, in the unit of the row."""

    most: float
    """Greatest number that shows it, in the unit of the row."""

    compute: Callable[[], float]
    """The number."""


@frozen(kw_only=True)
class Shown:
    """What a positive control showed."""

    control: PositiveControl
    """The control."""

    value: float
    """Its number, in the unit of the row."""

    @property
    def passed(self) -> bool:
        """Whether it showed what it must."""
        return self.control.least <= self.value <= self.control.most


def _all_late() -> float:
    arms = fasted_500(experiments()["C22"].base(), SUBJECTS, is_late=True)
    return statistic(Statistic.RATIO, arms)


def _without_acid() -> float:
    salts = ("bisglycinate", "oxide")
    arms = resected(salts, experiments()["C24"].base(), SUBJECTS, acid=0.0)
    return statistic(Statistic.RATIO, arms)


_ORAL_MG = 400.0


def _swallowed() -> float:
    law = tablet("citrate", _ORAL_MG)
    found = take(people(SUBJECTS), [law], times_h=(MEALS_H[0],), days=CREAM_DAYS)
    return float(found.over_control("serum_mean")[0, -1].mean())


POSITIVE_CONTROLS = (
    PositiveControl(
        row="C22",
        title="500 mg that open in the colon only, against 500 mg at once",
        must="lose more than the tolerance of the negative control allows: below 0.9",
        least=-inf,
        most=0.9,
        compute=_all_late,
    ),
    PositiveControl(
        row="C24",
        title="bisglycinate against oxide in the same people without gastric acid",
        must="favour bisglycinate beyond the tolerance of the negative control: above 1.4",
        least=1.4,
        most=inf,
        compute=_without_acid,
    ),
    PositiveControl(
        row="C28",
        title="400 mg a day as citrate tablets for the same 14 days, against nothing",
        must="raise the serum by 0.02 mmol/L or more, the lower end of row C30",
        least=0.02,
        most=inf,
        compute=_swallowed,
    ),
)
"""One for each negative control."""


def show_controls(rows: list[str]) -> list[Shown]:
    """Compute the positive controls of some negative ones.

    Parameters
    ----------
    rows : list of str
        Numbers of rows; those without a control are passed over, [-].

    Returns
    -------
    list of Shown
        In the order of the rows, [-].
    """
    wanted = [control for control in POSITIVE_CONTROLS if control.row in rows]
    return [Shown(control=control, value=control.compute()) for control in wanted]
