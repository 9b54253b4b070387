"""Which experiment stands for which row, and which rows no experiment can stand for."""

from collections.abc import Mapping
from functools import cache

from models.panel.bench import EXPERIMENTS as BENCH
from models.panel.body import EXPERIMENTS as BODY
from models.panel.experiment import Experiment
from models.panel.isotopes import EXPERIMENTS as ISOTOPES
from models.panel.urine import EXPERIMENTS as URINE

NOT_COMPUTABLE: Mapping[str, str] = {
    "C20": "the abstract names neither the products nor their composition; a ratio of the best to"
    " the worst of 15 unknown products cannot be simulated",
    "C21": "the abstract names neither the products nor their composition; a ratio of the best to"
    " the worst of 15 unknown products cannot be simulated",
}
"""Rows without a number, and why."""


@cache
def experiments() -> Mapping[str, Experiment]:
    """Return the experiments by row.

    Returns
    -------
    mapping of str to Experiment
        In the order of the rows, [-].
    """
    found = (*ISOTOPES, *URINE, *BODY, *BENCH)
    return {e.row: e for e in sorted(found, key=lambda e: e.row)}
