"""Stratified random designs, the strategy that the others are compared with."""

from collections.abc import Sequence

from attrs import frozen

from experiments.search.makeable import Neighbours
from experiments.search.strategy import Observation, Proposal, next_number
from formulation.design import Design
from formulation.space import DesignSpace


@frozen(kw_only=True)
class RandomStrategy:
    """Stratified random designs in feasible coordinates: the comparator."""

    space: DesignSpace
    """What may be made."""

    @property
    def name(self) -> str:
        """Name with its settings."""
        return "random(stratified)"

    def propose(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        n: int,
        seed: int,
    ) -> list[Proposal]:
        """Return the next n of the stratified sequence, away from what could not be made."""
        first = next_number(history, pending)
        # Its own failures teach it nothing, or it would be no comparator.
        told = [o for o in history if o.values or not o.is_own]
        neighbours = Neighbours(space=self.space, history=told)
        return [
            Proposal(design=neighbours.started(number, seed), rung="stratified")
            for number in range(first, first + n)
        ]
