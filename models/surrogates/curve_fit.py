"""The fit of the law's curves: from the recipe, on simulated rows alone.

They alone decide it, so that it is kept with them and need not be searched again.
"""

from typing import Any

from formulation.arrays import FloatArray
from models.surrogates.law_features import body_columns
from models.surrogates.process import fitted_process, kernel_of
from models.surrogates.rows import ProcessFit
from models.surrogates.table import TrainingTable
from models.surrogates.validation import cross_validate


def fit_curves(table: TrainingTable) -> ProcessFit:
    """Search the kernel of the law's curves and cross-validate it; simulated rows alone decide.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].

    Returns
    -------
    ProcessFit
        The kernel and what cross-validation found, [-].
    """
    features, curves = _curve_rows(table)
    model = fitted_process(features, curves)
    groups = table.groups[: table.n_simulated]
    return ProcessFit(
        kernel=kernel_of(model), held_out=cross_validate(model, features, curves, groups)
    )


def curve_model(table: TrainingTable, kernel: FloatArray) -> Any:
    """Return the curves' process, whose kernel is known.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    kernel : ndarray of shape (n_numbers,)
        Logarithms of the kernel's numbers, [-].

    Returns
    -------
    Pipeline
        Fitted, [-].
    """
    return fitted_process(*_curve_rows(table), start=kernel, iterations=0)


def _curve_rows(table: TrainingTable) -> tuple[FloatArray, FloatArray]:
    """Return recipes and curves of the simulated rows."""
    n = table.n_simulated
    return table.features[:n, ~body_columns(table.feature_names)], table.curves[:n]
