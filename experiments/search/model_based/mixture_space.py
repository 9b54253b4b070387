"""A mixture of any ingredients as a space that the model-based machinery can search."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from experiments.search.model_based.spaces import Answers, Layout
from formulation.arrays import FloatArray
from formulation.mixtures import Mixture
from formulation.system_space import Picker

Recipe = Mapping[str, float]
"""Amounts by ingredient, [mg]."""


@frozen(kw_only=True, eq=False)
class MixtureSearchSpace:
    """Recipes of a mixture; their features are the shares of all its ingredients."""

    mixture: Mixture
    """What may be made."""

    @property
    def layout(self) -> Layout:
        """A column for each ingredient."""
        names = tuple(item.name for item in self.mixture.ingredients)
        return Layout(names=names, groups=np.arange(float(len(names))))

    def draw(self, pick: Picker) -> Recipe:
        """Walk the questions of the mixture."""
        return self.mixture.draw(pick)

    def encode(self, point: Recipe) -> Answers:
        """Return the answers that draw a recipe again."""
        return self.mixture.encode(point)

    def holds(self, point: Recipe) -> bool:
        """Tell whether a recipe breaks no rule."""
        return not self.mixture.violations(point)

    def key(self, point: Recipe) -> str:
        """Return the recipe as text."""
        return repr(sorted(point.items()))

    def features(self, points: Sequence[Recipe]) -> FloatArray:
        """Return the shares, [% w/w]."""
        names, unit = self.layout.names, 100 / self.mixture.total_mg
        rows = [[unit * point.get(name, 0.0) for name in names] for point in points]
        return np.array(rows, dtype=float).reshape(len(points), len(names))
