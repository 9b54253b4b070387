"""How far the training data of a delivery system reach: over the recipe, in people's words."""

import numpy as np

from formulation.feature_words import feature_words
from models.learning.applicability import Applicability, learn_applicability
from models.surrogates.law_features import body_columns
from models.surrogates.table import TrainingTable


def learn_reach(table: TrainingTable) -> Applicability:
    """Return what lies near the training rows of a system, and what does not.

    Parameters
    ----------
    table : TrainingTable
        What is learnt from, [-].

    Returns
    -------
    Applicability
        Over the features of the recipe; what the body sees follows from them, [-].
    """
    recipe = ~body_columns(table.feature_names)
    names = tuple(np.array(table.feature_names)[recipe].tolist())
    words = {name: feature_words(table.system, name) for name in names}
    return learn_applicability(
        table.features[:, recipe],
        table.groups,
        names=names,
        titles={name: found.title for name, found in words.items()},
        units={name: found.unit for name, found in words.items() if found.unit},
    )
