"""Which family is kept for a table: all are tried on groups left out, and the table is shown.

The mean or the median of all families is kept, whichever is better, unless one family alone beats
it by two standard errors of the difference between groups: what wins by less wins by luck, and is
worse on the next groups. Unlike families err differently, so that they are better together than the
best of them more often than not; the median is, where some family fails.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.conformal import Intervals, calibrate
from models.learning.curves import CurveModel, Together, fit_members, joined, put_together
from models.learning.families import FAMILIES, Layout
from models.learning.shape import Shape, never_falling, shape_of
from models.learning.table import TidyTable

INNER_FOLDS = 5
"""Folds by group on which families are compared and intervals calibrated, [-]."""

STANDARD_ERRORS = 2.0
"""By how many a family must beat all of them together, [-]."""

TOGETHER: Mapping[str, Together] = {"mean of all": "mean", "median of all": "median"}
"""How all families tried are put together, by the name under which it is tried."""

FEWEST_FOR_MEDIAN = 3
"""Families from which on their median differs from their mean, [-]."""


@frozen(kw_only=True, eq=False)
class Learnt:
    """A model with its intervals, and how it was chosen."""

    model: CurveModel
    """Fitted on every row."""

    intervals: Intervals
    """Calibrated on groups that were left out."""

    chosen: str
    """Family that was kept, or how all of them were put together."""

    tried: Mapping[str, float]
    """Mean absolute error of each family on groups left out, in the target's unit."""

    shape: Shape
    """What was known of the target."""

    def predict(self, table: TidyTable) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return predictions with 90 % intervals; of a release curve, all three never fall.

        Parameters
        ----------
        table : TidyTable
            Rows with the columns that were learnt, [-].

        Returns
        -------
        tuple of ndarray of shape (n,)
            Prediction, lower and upper end, [unit of the target].
        """
        if not self.shape.is_release:
            mean = self.model.predict(table)
            return mean, *self.intervals.around(mean, table.time)
        curves, curve = self.model.predict_curves(table)
        ends = self.intervals.around(curves.ravel(), np.tile(self.model.grid, len(curves)))
        low, high = (never_falling(end.reshape(curves.shape)) for end in ends)
        mean, low, high = (
            self.model.at_times(values, curve, table) for values in (curves, low, high)
        )
        return mean, low, high


def learn(
    table: TidyTable,
    *,
    families: Sequence[str] = (),
    shape: Shape | None = None,
    seed: int = 0,
) -> Learnt:
    """Try families on groups left out, keep what wins, and calibrate its intervals.

    Parameters
    ----------
    table : TidyTable
        Rows to learn from, [-].
    families : sequence of str, optional
        Names of families to try; all that suit the table when empty, [-].
    shape : Shape, optional
        What is known of the target; decided from the table when absent, [-].
    seed : int, optional
        Seed of the learners, [-].

    Returns
    -------
    Learnt
        The model, fitted on every row, [-].

    Raises
    ------
    DataError
        There is one group, or a feature changes along a release curve.
    """
    from sklearn.model_selection import GroupKFold

    if table.n_groups < 2:
        raise DataError(
            f"Table {table.source!r}: one group; nothing can be left out to choose a family by.",
            hint="Give more folds, so that more groups are learnt from, or more groups.",
        )
    shape = shape_of(table) if shape is None else shape
    names = tuple(dict.fromkeys(families)) or suited(table, shape)
    left_out = {name: np.empty(len(table)) for name in names}
    n_folds = min(INNER_FOLDS, table.n_groups)
    for train, test in GroupKFold(n_folds).split(table.target, groups=table.group):
        unseen = table.rows(test)
        for name, model in fit_members(table.rows(train), names, shape, seed).items():
            left_out[name][test] = model.predict(unseen)
    every = np.array([left_out[name] for name in names])
    for name, how in TOGETHER.items():
        if has_together(how, len(names)):
            left_out[name] = put_together(every, how)
    error = {name: np.abs(table.target - found) for name, found in left_out.items()}
    chosen = choose(error, table)
    kept = names if chosen in TOGETHER else (chosen,)
    fitted = fit_members(table, kept, shape, seed)
    return Learnt(
        model=joined(list(fitted.values()), TOGETHER.get(chosen, "mean")),
        intervals=calibrate(
            left_out[chosen],
            table.target,
            table.group,
            table.time,
            least=shape.least,
            most=shape.most,
            seed=seed,
        ),
        chosen=chosen,
        tried={name: float(values.mean()) for name, values in error.items()},
        shape=shape,
    )


def suited(table: TidyTable, shape: Shape) -> tuple[str, ...]:
    """Return the families that are tried on a table.

    Parameters
    ----------
    table : TidyTable
        A table, [-].
    shape : Shape
        What is known of its target, [-].

    Returns
    -------
    tuple of str
        Their names, [-].
    """
    layout = Layout(n_rows=len(table), n_moving=0 if table.time is None else 2)
    return tuple(f.name for f in FAMILIES if f.is_for(layout, is_release=shape.is_release))


def has_together(how: Together, n_families: int) -> bool:
    """Say whether so many families are put together in a way that says something new.

    Parameters
    ----------
    how : {"mean", "median"}
        How, [-].
    n_families : int
        Families tried, [-].

    Returns
    -------
    bool
        Two have a mean, three a median that differs from it, [-].
    """
    return n_families >= (FEWEST_FOR_MEDIAN if how == "median" else 2)


def choose(
    error: Mapping[str, FloatArray], table: TidyTable, stays: Collection[str] = tuple(TOGETHER)
) -> str:
    """Return what is kept.

    Parameters
    ----------
    error : mapping of str to ndarray of shape (n,)
        Absolute error of each row by family, its group left out, and of what stays, [unit of the
        target].
    table : TidyTable
        The rows, for their groups, [-].
    stays : collection of str, optional
        Names that are kept unless a family beats the best of them; all families put together when
        absent, [-].

    Returns
    -------
    str
        The best of what stays, unless a family is better by more than chance, [-].
    """
    means = {name: float(values.mean()) for name, values in error.items()}
    best = min(means, key=lambda name: means[name])
    staying = [name for name in error if name in stays]
    if not staying or best in stays:
        return best
    kept = min(staying, key=lambda name: means[name])
    _, group = np.unique(table.group, return_inverse=True)
    by_group = np.bincount(group, error[best] - error[kept])
    spread = float(by_group.std(ddof=1)) * np.sqrt(len(by_group))
    return best if -float(by_group.sum()) > STANDARD_ERRORS * spread else kept
