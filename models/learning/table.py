"""A table to learn from: one row a value, with what was made, when it was read, and its group.

The columns keep the names and units of whoever made the table. A group is what never stands on both
sides of a split: a formulation, or a drug with its polymer. A curve is one series of times.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError

Labels = NDArray[np.str_]
"""Array of names."""


@frozen(kw_only=True, eq=False)
class TidyTable:
    """Rows to learn from."""

    features: pd.DataFrame
    """What is known before the outcome: columns of float, NaN where missing, or of text, empty
    where missing. Without time, target, group and curve."""

    target: FloatArray
    """What was measured, of shape (n,), in `units`; never missing."""

    group: Labels
    """Group of each row, of shape (n,)."""

    curve: Labels
    """Series that each row belongs to, of shape (n,); its own where there is no time."""

    time: FloatArray | None = None
    """Time of each row, of shape (n,), in `units`; None when the target has none."""

    early: Mapping[str, float] = field(factory=dict)
    """Features that are early values of the same curve, and the time of each, as `time`."""

    target_name: str = "target"
    """Column of the target."""

    time_name: str = ""
    """Column of the time; empty when there is none."""

    group_name: str = "group"
    """Column of the groups."""

    units: Mapping[str, str] = field(factory=dict)
    """Unit of each column that has one."""

    source: str = ""
    """Data set and version, for people."""

    notes: tuple[str, ...] = ()
    """What was done to the rows on the way, in words."""

    def __attrs_post_init__(self) -> None:
        lengths = {len(self.features), len(self.target), len(self.group), len(self.curve)}
        lengths |= set() if self.time is None else {len(self.time)}
        if len(lengths) != 1:
            raise DataError(f"Table {self.source!r}: columns of {sorted(lengths)} rows.")
        values = self.target if self.time is None else np.concatenate([self.target, self.time])
        if not np.all(np.isfinite(values)):
            raise DataError(f"Table {self.source!r}: a target or time is missing.")
        if unknown := sorted(set(self.early) - set(self.features)):
            raise DataError(f"Table {self.source!r}: no early column {', '.join(unknown)}.")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    @property
    def n_groups(self) -> int:
        """Groups, [-]."""
        return len(np.unique(self.group))

    @property
    def n_curves(self) -> int:
        """Curves, [-]."""
        return len(np.unique(self.curve))

    def rows(self, index: NDArray[np.int64]) -> "TidyTable":
        """Return some of the rows.

        Parameters
        ----------
        index : ndarray of shape (n_kept,)
            Which, [-].

        Returns
        -------
        TidyTable
            The same columns, [-].
        """
        return evolve(
            self,
            features=self.features.iloc[index].reset_index(drop=True),
            target=self.target[index],
            group=self.group[index],
            curve=self.curve[index],
            time=None if self.time is None else self.time[index],
        )
