"""What a laboratory's curves teach a surrogate: discrepancy, errors unseen, and the families tried.

The curve of the law is fitted before, to simulated rows alone.
"""

from typing import Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from models.chain import CURVE_TIMES_H
from models.surrogates.direct import Trial, try_families
from models.surrogates.discrepancy import Discrepancy, fit_discrepancy
from models.surrogates.gaps import NORMAL_90
from models.surrogates.law_features import body_columns
from models.surrogates.measured import LeftOut, left_out
from models.surrogates.table import TrainingTable
from models.surrogates.validation import monotone, predict


@frozen(kw_only=True, eq=False)
class MeasuredFit:
    """What was learnt of measured curves."""

    discrepancy: Discrepancy
    """What they add to the law."""

    left_out: LeftOut | None
    """Each foretold by law and discrepancy without its formulation; None of fewer than two."""

    trial: Trial | None
    """Families held against that; None of too few formulations to tell."""


def fit_measured(table: TrainingTable, curve_model: Any, curve_factor: FloatArray) -> MeasuredFit:
    """Learn what measured curves add to the law, and whether a family does better without it.

    Parameters
    ----------
    table : TrainingTable
        Simulated and measured rows, [-].
    curve_model : Pipeline
        Fitted process of the law's curves, [-].
    curve_factor : ndarray of shape (n_times,)
        Half-width of a 90 % interval over its spread, [-].

    Returns
    -------
    MeasuredFit
        Discrepancy, errors on formulations left out, and the families tried, [-].
    """
    n, recipe = table.n_simulated, ~body_columns(table.feature_names)
    recipes = table.features[:, recipe]
    discrepancy = _discrepancy(table, recipes)
    if table.n_measured_groups < 2:
        return MeasuredFit(discrepancy=discrepancy, left_out=None, trial=None)
    features, groups = recipes[n:], table.groups[n:]
    law, law_sd = predict(curve_model, features)
    law, law_sd = monotone(law), curve_factor * law_sd / NORMAL_90
    unseen = left_out(discrepancy, features, table.curves[n:], table.gaps, groups, law, law_sd)
    names = [name for name, kept in zip(table.feature_names, recipe, strict=True) if kept]
    return MeasuredFit(
        discrepancy=discrepancy,
        left_out=unseen,
        trial=try_families(names, features, groups, unseen.found),
    )


def _discrepancy(table: TrainingTable, recipes: FloatArray) -> Discrepancy:
    """Return what measured rows add to the law, on the scale of everything simulated."""
    n = table.n_simulated
    spread = recipes[:n].std(axis=0)
    return fit_discrepancy(
        recipes[n:],
        table.gaps,
        table.curves[n:] - table.gaps,
        table.groups[n:],
        times_h=CURVE_TIMES_H,
        centre=recipes[:n].mean(axis=0),
        scale=np.where(spread > 0, spread, 1.0),
    )
