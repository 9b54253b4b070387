"""A problem of the search benchmark as every competitor sees it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from experiments.search.model_based.outcomes import Seen
from tests.bench.search_spaces import (
    CONDITIONAL_BEST,
    CONDITIONAL_WORST,
    BoxSpace,
    MixtureSpace,
    conditional_losses,
    conditional_space,
    conditional_start,
    problems_of,
)

CONDITIONAL = "conditional"


@frozen(kw_only=True, eq=False)
class Problem:
    """A space, what is evaluated in it, its starting points and its hypervolume."""

    name: str
    space: Any
    evaluate: Callable[[Any], tuple[tuple[float, ...], dict[str, float], bool]]
    """Losses, slacks, and whether the point is valid."""

    start: Callable[[int], list[Any]]
    volume: Callable[[Sequence[Sequence[float]]], float]
    worst: tuple[float, ...] | None = None
    """Worst acceptable losses where a user of this problem would state them."""

    def seen(self, point: Any) -> Seen[Any]:
        """Evaluate a point."""
        losses, slacks, _ = self.evaluate(point)
        return Seen(point=point, losses=losses, slacks=slacks)

    def hypervolume(self, seen: Sequence[Seen[Any]]) -> float:
        """Return the share of the best known hypervolume that feasible points dominate."""
        return float(self.volume([s.losses for s in seen if s.is_feasible]))


def problem_of(name: str, path: Path) -> Problem:
    """Return the problem of that name."""
    module = problems_of(path)
    if name == CONDITIONAL:
        return _conditional(module)
    spaces: dict[str, Callable[[], Any]] = {
        "mixture": lambda: MixtureSpace.of(module),
        "dtlz2": lambda: BoxSpace(low=np.zeros(6), high=np.ones(6)),
        "welded": lambda: BoxSpace(low=module.WB_LO, high=module.WB_HI),
    }

    def evaluate(point: Any) -> tuple[tuple[float, ...], dict[str, float], bool]:
        losses, limits, is_valid = module.evaluate(name, point)
        slacks = {} if limits is None else {f"g{k}": -float(g) for k, g in enumerate(limits)}
        return tuple(map(float, losses)), slacks, is_valid or bool(slacks)

    return Problem(
        name=name,
        space=spaces[name](),
        evaluate=evaluate,
        start=lambda seed: module.start(name, seed),
        volume=lambda rows: module.normalised_hv(name, np.array(rows).reshape(-1, 2)),
    )


def _conditional(module: Any) -> Problem:
    space = conditional_space()
    return Problem(
        name=CONDITIONAL,
        space=space,
        evaluate=lambda design: (conditional_losses(design), {}, space.holds(design)),
        start=lambda seed: conditional_start(space, seed),
        volume=lambda rows: (
            module.hv2(np.array(rows).reshape(-1, 2), np.array(CONDITIONAL_WORST))
            / CONDITIONAL_BEST
        ),
        worst=CONDITIONAL_WORST,
    )
