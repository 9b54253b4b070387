"""From columns of numbers and words to a matrix, the same for every learner.

Numbers stay as they are, NaN where missing; a positive one that spans more than two decades brings
its logarithm along. Words become a column for each level that is common enough; a level never seen
is a row of zeros. Columns that say nothing are left out.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from formulation.arrays import FloatArray
from formulation.errors import DataError

MAX_LEVELS = 20
"""Most levels of a text column that get a column of their own, [-]."""

MIN_ROWS_OF_A_LEVEL = 3
"""Fewest rows of such a level, [-]."""

WIDE = 100.0
"""Ratio of largest to smallest above which a positive column brings its logarithm, [-]."""


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode a data frame of numbers and words as one matrix."""

    def fit(self, frame: pd.DataFrame, y: Any = None) -> "TableEncoder":
        """Learn which columns there are.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            Columns of float or of text, [-].
        y : ignored, optional
            For scikit-learn's pipelines, [-].

        Returns
        -------
        TableEncoder
            Itself, [-].
        """
        self.columns_ = [str(name) for name in frame.columns]
        self.numbers_, self.logs_, self.levels_ = [], [], {}
        for name in self.columns_:
            if is_text(frame[name]):
                found = frame[name].astype(str).value_counts()
                known = [str(v) for v, n in found.items() if v and n >= MIN_ROWS_OF_A_LEVEL]
                self.levels_[name] = sorted(known[:MAX_LEVELS])
                continue
            values = frame[name].to_numpy(float)
            known = values[np.isfinite(values)]
            if len(known) and known.min() < known.max():
                self.numbers_.append(name)
                if known.min() > 0 and known.max() > WIDE * known.min():
                    self.logs_.append(name)
        return self

    def transform(self, frame: pd.DataFrame) -> FloatArray:
        """Return the matrix of a frame.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            The columns that were learnt, in any order, [-].

        Returns
        -------
        ndarray of shape (n, n_encoded)
            Numbers, logarithms and levels, NaN where a number is missing, [-].

        Raises
        ------
        DataError
            A column is missing.
        """
        if missing := [name for name in self.columns_ if name not in frame.columns]:
            raise DataError(f"The table lacks column {', '.join(map(repr, missing))}.")
        parts = [frame[name].to_numpy(float) for name in self.numbers_]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts += [np.log(frame[name].to_numpy(float)) for name in self.logs_]
        for name, levels in self.levels_.items():
            words = frame[name].astype(str).to_numpy()
            parts += [(words == level).astype(float) for level in levels]
        matrix = np.column_stack(parts) if parts else np.zeros((len(frame), 0))
        matrix[~np.isfinite(matrix)] = np.nan
        return matrix

    def get_feature_names_out(self, names: Any = None) -> list[str]:
        """Return the names of the matrix' columns.

        Parameters
        ----------
        names : ignored, optional
            For scikit-learn's pipelines, [-].

        Returns
        -------
        list of str
            One for each column, [-].
        """
        logs = [f"log {name}" for name in self.logs_]
        return [
            *self.numbers_,
            *logs,
            *(f"{n} = {v}" for n, vs in self.levels_.items() for v in vs),
        ]


def is_text(column: pd.Series) -> bool:
    """Say whether a column holds words.

    Parameters
    ----------
    column : Series of shape (n,)
        A column, [-].

    Returns
    -------
    bool
        False for numbers, [-].
    """
    return not pd.api.types.is_numeric_dtype(column)
