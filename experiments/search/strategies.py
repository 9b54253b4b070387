"""Every strategy by the name that a study gives it."""

from collections.abc import Callable, Mapping

from experiments.search.evolutionary import EvolutionaryStrategy
from experiments.search.model_based.strategy import ModelBasedStrategy
from experiments.search.randomised import RandomStrategy
from experiments.search.strategy import Reach, Strategy
from experiments.search.tpe import TpeStrategy
from formulation.errors import UnknownNameError
from formulation.space import DesignSpace
from formulation.targets import Objective

Maker = Callable[[DesignSpace, tuple[Objective, ...], Reach | None], Strategy]
"""Makes a strategy for a space, what is wanted, and where extrapolation is penalised."""

STRATEGIES: Mapping[str, Maker] = {
    "tpe": lambda space, objectives, reach: TpeStrategy(
        space=space, objectives=objectives, reach=reach
    ),
    "model_based": lambda space, objectives, reach: ModelBasedStrategy(
        space=space, objectives=objectives, reach=reach
    ),
    "evolutionary": lambda space, objectives, reach: EvolutionaryStrategy(
        space=space, objectives=objectives, reach=reach
    ),
    # It ranks nothing, so it neither wants nor looks.
    "random": lambda space, objectives, reach: RandomStrategy(space=space),
}
"""The strategies."""


def make_strategy(
    name: str,
    space: DesignSpace,
    objectives: tuple[Objective, ...],
    reach: Reach | None = None,
) -> Strategy:
    """Return the strategy of that name.

    Parameters
    ----------
    name : str
        One of `STRATEGIES`, [-].
    space : DesignSpace
        What may be made, [-].
    objectives : tuple of Objective
        What is wanted, [-].
    reach : callable, optional
        How far designs lie from the training data, [%], where extrapolation is penalised, [-].

    Returns
    -------
    Strategy
        The strategy, [-].

    Raises
    ------
    UnknownNameError
        No strategy has that name.
    """
    if name not in STRATEGIES:
        raise UnknownNameError("Strategy", name, STRATEGIES)
    return STRATEGIES[name](space, objectives, reach)
