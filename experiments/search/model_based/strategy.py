"""The model-based strategy of a study: for evaluations that cost minutes, or a day at the bench."""

from collections.abc import Sequence
from functools import cached_property

from attrs import define, evolve, field

from experiments.search.model_based.candidates import scaler_of
from experiments.search.model_based.outcomes import Seen
from experiments.search.model_based.proposer import MOST_MODELLED, Proposer, Settings
from experiments.search.model_based.spaces import ProductSpace
from experiments.search.strategy import Observation, Proposal, Reach, penalties, penalty_text
from formulation.design import Design
from formulation.space import DesignSpace
from formulation.targets import Objective


@define(kw_only=True, eq=False)
class ModelBasedStrategy:
    """Processes of every objective and unknown limit, over all systems of a study at once.

    Proposals follow from the arguments alone. What is kept between calls, the columns of the
    features and their ranges, follows from the space. Imported designs count from the first call;
    those that this space could not make still teach the processes.
    """

    space: DesignSpace
    """What may be made."""

    objectives: tuple[Objective, ...] = field()
    """What is wanted, with the worst acceptable values that serve as reference."""

    reach: Reach | None = None
    """Where extrapolation is penalised, how far designs lie from the training data; it worsens the
    objectives as the strategy sees them, and nothing that is stored or shown."""

    settings: Settings = field(factory=Settings)
    """Ends of the rungs."""

    @property
    def name(self) -> str:
        """Name with its settings."""
        start, parzen = self.settings.n_start, self.settings.n_parzen
        return f"model_based(start={start}, tpe={parzen}{penalty_text(self.reach)})"

    def propose(
        self,
        history: Sequence[Observation],
        pending: Sequence[tuple[int, Design]],
        n: int,
        seed: int,
    ) -> list[Proposal]:
        """Return n designs: spread at the start, then by the processes."""
        valued = [o.design for o in history if o.values]
        taken = iter(penalties(self.reach, valued).tolist())
        seen = [
            Seen(
                point=o.design,
                losses=self._losses(o, next(taken)) if o.values else (),
                slacks=o.slacks,
                is_trial=o.is_trial,
                is_lost=o.is_lost,
            )
            for o in history
        ]
        found = self._proposer.propose(seen, [design for _, design in pending], n, seed)
        return [Proposal(design=design, rung=rung) for design, rung in found]

    def cheaper(self) -> "ModelBasedStrategy":
        """Return the strategy that stays with Parzen after its start."""
        settings = evolve(self.settings, n_parzen=MOST_MODELLED)
        return ModelBasedStrategy(
            space=self.space, objectives=self.objectives, reach=self.reach, settings=settings
        )

    def _losses(self, seen: Observation, penalty: float) -> tuple[float, ...]:
        return tuple(penalty - o.normalise(seen.values[o.endpoint]) for o in self.objectives)

    @cached_property
    def _proposer(self) -> Proposer:
        space = ProductSpace(space=self.space)
        return Proposer(
            space=space,
            scaler=scaler_of(space),
            worst=(0.0,) * len(self.objectives),
            settings=self.settings,
        )
