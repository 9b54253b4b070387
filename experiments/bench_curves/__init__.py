"""Use cases about curves that a bench measured: fitted, and compared with each other.

Nothing is stored and no recipe is needed; what an import keeps for fitting is in `datasets`.
"""

from experiments.bench_curves.comparing import (
    Similarity,
    compare_curves,
    comparison_dict,
)
from experiments.bench_curves.fitting import CurveAccount, fit_curves, fit_dict, fit_rows
from experiments.bench_curves.reading import ReadOptions, read_curves
from experiments.bench_curves.relating import Relation, relate, relation_dict

__all__ = [
    "CurveAccount",
    "ReadOptions",
    "Relation",
    "Similarity",
    "compare_curves",
    "comparison_dict",
    "fit_curves",
    "fit_dict",
    "fit_rows",
    "read_curves",
    "relate",
    "relation_dict",
]
