"""Families of learners behind scikit-learn's interface, tried on every table.

Each takes a matrix whose first columns are time, its logarithm and what early values say; the other
columns stay the same along a curve. Sizes follow the number of rows, nothing else: what is better
is decided by cross-validation, not here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from models.learning.parametric import ParametricCurve
from models.learning.process import ScaledProcess

MANY_ROWS = 4000
"""Rows above which a Gaussian process is not tried, [-]."""


@frozen(kw_only=True)
class Layout:
    """Where everything stands in the matrix."""

    n_rows: int
    """Rows to be learnt from, [-]."""

    n_moving: int
    """First columns, which change along a curve; 0 when there is no time, [-]."""

    full: float = 1.0
    """What counts as everything released, in the target's unit."""


@frozen(kw_only=True)
class Family:
    """One way to learn."""

    name: str
    """Name, as the command line takes it."""

    title: str
    """What it is, for people."""

    build: Callable[[Layout, int], Any]
    """Layout and seed to an unfitted scikit-learn estimator."""

    needs_curves: bool = False
    """Whether it is for release curves alone."""

    max_rows: int | None = None
    """Most rows it is tried on, [-]; None for any."""

    def is_for(self, layout: Layout, *, is_release: bool) -> bool:
        """Say whether the family is tried on a table.

        Parameters
        ----------
        layout : Layout
            The matrix, [-].
        is_release : bool
            Whether the target is a release curve, [-].

        Returns
        -------
        bool
            Whether it is, [-].
        """
        if self.needs_curves and not (is_release and layout.n_moving):
            return False
        return self.max_rows is None or layout.n_rows <= self.max_rows


def _boosted(loss: str) -> Callable[[Layout, int], Any]:
    def build(layout: Layout, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            loss=loss,
            learning_rate=0.03,
            max_iter=400,
            max_leaf_nodes=24,
            min_samples_leaf=_leaf(layout, 150, 20),
            max_features=0.4,
            early_stopping=False,
            random_state=seed,
        )

    return build


def _extra_trees(layout: Layout, seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(
        200, min_samples_leaf=_leaf(layout, 1000, 3), max_features=0.5, random_state=seed
    )


def _forest(layout: Layout, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(
        200, min_samples_leaf=_leaf(layout, 1000, 3), max_features=0.33, random_state=seed
    )


def _process(layout: Layout, seed: int) -> Any:
    return ScaledProcess(random_state=seed)


def _parametric(law: str) -> Callable[[Layout, int], Any]:
    def build(layout: Layout, seed: int) -> Any:
        return ParametricCurve(
            law=law, n_moving=layout.n_moving, full=layout.full, random_state=seed
        )

    return build


def _leaf(layout: Layout, rows: int, most: int) -> int:
    """Return the smallest leaf: a row for so many rows, within bounds."""
    return int(np.clip(layout.n_rows // rows, 1, most))


FAMILIES: tuple[Family, ...] = (
    Family(
        name="boosted",
        title="boosted trees, absolute error",
        build=_boosted("absolute_error"),
    ),
    Family(name="boosted_squares", title="boosted trees, squares", build=_boosted("squared_error")),
    Family(name="extra_trees", title="extra trees", build=_extra_trees),
    Family(name="forest", title="random forest", build=_forest),
    Family(
        name="gaussian_process",
        title="Gaussian process, Matern 5/2",
        build=_process,
        max_rows=MANY_ROWS,
    ),
    Family(
        name="weibull",
        title="Weibull curve plus residual",
        build=_parametric("weibull"),
        needs_curves=True,
    ),
    Family(
        name="peppas_sahlin",
        title="Peppas-Sahlin curve plus residual",
        build=_parametric("peppas_sahlin"),
        needs_curves=True,
    ),
)
"""Every family, in the order in which they are told."""
