"""What could not be made keeps others away: nearest neighbours, where no process is fitted.

A design whose nearest known neighbour could not be made, or not be evaluated, is doubtful. A search
that samples takes another, as long as there is one; features are those of the model-based search.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np
from attrs import define

from experiments.search.model_based.candidates import Scaler, scaler_of
from experiments.search.model_based.spaces import ProductSpace
from experiments.search.strategy import MOST_REDRAWS, Observation
from experiments.search.stratified import stratified
from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.space import DesignSpace


@define(kw_only=True, eq=False)
class Neighbours:
    """Known designs by whether they could be made, in scaled features."""

    space: DesignSpace
    """What may be made."""

    history: Sequence[Observation]
    """What is known."""

    def chosen(self, draw: Callable[[int], Design], known: set[str]) -> Design:
        """Return the first new design that is not doubtful, or else the farthest from trouble.

        Parameters
        ----------
        draw : callable
            Returns the design of an attempt, the same for the same attempt, [-].
        known : set of str
            Keys of designs that are not wanted again, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        best: tuple[bool, float, Design] | None = None
        for attempt in range(MOST_REDRAWS):
            design = draw(attempt)
            is_new = design.key not in known
            from_unmade, from_made = self._distances(design)
            if is_new and from_made <= from_unmade:
                return design
            if best is None or (is_new, from_unmade) > best[:2]:
                best = is_new, from_unmade, design
        assert best is not None
        return best[2]

    def started(self, number: int, seed: int) -> Design:
        """Return a design of the stratified start: the one whose turn it is, or another like it.

        Parameters
        ----------
        number : int
            Trial number, [-].
        seed : int
            Seed of the study, [-].

        Returns
        -------
        Design
            A valid design; one that is known already may stand again, [-].
        """
        return self.chosen(partial(stratified, self.space, number, seed), set())

    def _distances(self, design: Design) -> tuple[float, float]:
        """Return how far the nearest is that could not be made, and that could."""
        if not self._unmade.size:
            return np.inf, 0.0
        row = self._scaler(self._product_space.features([design]))
        return _nearest(self._unmade, row), _nearest(self._made, row)

    @cached_property
    def _unmade(self) -> FloatArray:
        return self._rows(is_made=False)

    @cached_property
    def _made(self) -> FloatArray:
        return self._rows(is_made=True)

    def _rows(self, *, is_made: bool) -> FloatArray:
        told = [o for o in self.history if not o.is_lost]
        designs = [o.design for o in told if bool(o.values) == is_made]
        if not designs:
            return np.empty((0, 0))
        return self._scaler(self._product_space.features(designs))

    @cached_property
    def _product_space(self) -> ProductSpace:
        return ProductSpace(space=self.space)

    @cached_property
    def _scaler(self) -> Scaler:
        return scaler_of(self._product_space)


def _nearest(rows: FloatArray, row: FloatArray) -> float:
    return float(np.linalg.norm(rows - row, axis=1).min()) if rows.size else np.inf
