"""Models of measured rows alone, without a prior, that the learning curves compare with."""

from collections.abc import Callable, Mapping
from typing import Any


def gaussian_process(seed: int) -> Any:
    """Return a Gaussian process of one length over features and time."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(1.0, (1e-1, 1e2), nu=2.5) + WhiteKernel(1e-2)
    return GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)


def extra_trees(seed: int) -> Any:
    """Return extremely randomised trees."""
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(100, min_samples_leaf=2, random_state=seed)


def boosted_trees(seed: int) -> Any:
    """Return gradient-boosted trees."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=150, learning_rate=0.05, min_samples_leaf=5, random_state=seed
    )


DIRECT: Mapping[str, Callable[[int], Any]] = {
    "gaussian_process": gaussian_process,
    "extra_trees": extra_trees,
    "boosted_trees": boosted_trees,
}
"""Models of the measured rows alone."""
