"""The fit of the endpoints: from what the body sees, on the scales they are learnt on.

Simulated rows alone decide it, so that it is kept with them and need not be searched again.
"""

from typing import Any

import numpy as np
from attrs import evolve

from formulation.arrays import FloatArray
from models.surrogates.law_features import DOSE, body_columns
from models.surrogates.process import fitted_process, kernel_of
from models.surrogates.rows import ProcessFit
from models.surrogates.scales import from_learnt, to_learnt
from models.surrogates.table import TrainingTable
from models.surrogates.validation import MIN_SPREAD, CrossValidation, cross_validate


def fit_endpoints(table: TrainingTable) -> ProcessFit:
    """Search the kernel of the endpoints and cross-validate it; simulated rows alone decide.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].

    Returns
    -------
    ProcessFit
        The kernel and what cross-validation found, [-].
    """
    features, learnt = _endpoint_rows(table)
    model = fitted_process(features, learnt)
    groups = table.groups[: table.n_simulated]
    return ProcessFit(
        kernel=kernel_of(model), held_out=cross_validate(model, features, learnt, groups)
    )


def endpoint_model(table: TrainingTable, kernel: FloatArray) -> Any:
    """Return the endpoints' process, whose kernel is known.

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
    return fitted_process(*_endpoint_rows(table), start=kernel, iterations=0)


def _endpoint_rows(table: TrainingTable) -> tuple[FloatArray, FloatArray]:
    """Return what the body sees of the simulated rows, and the endpoints as they are learnt."""
    body = body_columns(table.feature_names)
    return table.features[: table.n_simulated, body], to_learnt(table.endpoints, _dose(table))


def _dose(table: TrainingTable) -> FloatArray:
    """Return the magnesium of a day of the simulated rows, [mmol/d]."""
    column = table.feature_names.index(DOSE)
    return np.asarray(np.exp(table.features[: table.n_simulated, column]))


def in_units(table: TrainingTable, held_out: CrossValidation) -> CrossValidation:
    """Return what cross-validation of the endpoints found, in the endpoints' units.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    held_out : CrossValidation
        The same on the scales that are learnt, [-].

    Returns
    -------
    CrossValidation
        Each row predicted unseen, [-].
    """
    dose = _dose(table)
    low, high = (from_learnt(held_out.mean + x, dose) for x in (-held_out.sd, held_out.sd))
    return evolve(
        held_out,
        target=table.endpoints,
        mean=from_learnt(held_out.mean, dose),
        sd=np.maximum((high - low) / 2, MIN_SPREAD),
    )
