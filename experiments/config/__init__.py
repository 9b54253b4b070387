"""Study files: from YAML to objects of the domain, with every mistake at its line and column."""

from experiments.config.spec import BUDGET_RANGES, STRATEGIES, Budget, StudySpec
from experiments.config.study import (
    load_study,
    objectives_of_config,
    study_from_config,
    with_budget,
)

__all__ = [
    "BUDGET_RANGES",
    "STRATEGIES",
    "Budget",
    "StudySpec",
    "load_study",
    "objectives_of_config",
    "study_from_config",
    "with_budget",
]
