"""Stratified random designs, the strategy that the others are compared with."""

from collections.abc import Sequence

from attrs import frozen

from experiments.search.strategy import Observation, Proposal
from experiments.search.stratified import stratified
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
        """Return the next n designs of the stratified sequence."""
        first = len(history) + len(pending)
        return [
            Proposal(design=stratified(self.space, number, seed), rung="stratified")
            for number in range(first, first + n)
        ]
