"""Every strategy as a sampler of Optuna, in feasible coordinates.

A study of Optuna that uses one asks for designs by `design_of`, in whatever process, and tells
values in natural units with the directions of the objectives; limits are constraints by name, above
zero when missed. What a sampler proposes follows from the trials of the study alone: finished ones
are history, running ones are pending. It keeps nothing itself; all answers that it gives a trial
stand among that trial's system attributes from its first question on, so that whoever asks next
knows the whole design. Threads that share a sampler ask one after another; two processes that ask
in the same moment may be given the same design.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState
from typing_extensions import override

from experiments.search.questions import questions_of, suggested
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation, Strategy
from formulation.design import Design
from formulation.errors import InputError
from formulation.space import DesignSpace
from formulation.targets import Goal, Objective

if TYPE_CHECKING:
    from optuna.study import Study

ANSWERS = "formulation:answers"
"""System attribute of a trial that holds the answers it was given."""


class StrategySampler(BaseSampler):
    """A strategy that answers for a study of Optuna.

    Parameters
    ----------
    strategy : Strategy
        Who proposes, [-].
    space : DesignSpace
        What may be made, [-].
    objectives : tuple of Objective
        What is wanted, in the order of the study's values, [-].
    seed : int
        Seed of the strategy, [-].
    """

    def __init__(
        self,
        strategy: Strategy,
        space: DesignSpace,
        objectives: tuple[Objective, ...],
        seed: int,
    ) -> None:
        self._strategy, self._space = strategy, space
        self._objectives, self._seed = objectives, seed
        self._turn = Lock()

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs; whose turn it is, is known in this one only."""
        return {name: value for name, value in self.__dict__.items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin in another process, where nobody asks yet."""
        self.__dict__.update(state)
        self._turn = Lock()

    @override
    def infer_relative_search_space(
        self, study: "Study", trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Propose a design, and return the questions on its way."""
        # Whoever asks next must find this design among those under way.
        with self._turn:
            history, pending = self._known(study, trial)
            (proposal,) = self._strategy.propose(history, pending, 1, self._seed)
            answers = self._space.encode(proposal.design)
            study._storage.set_trial_system_attr(trial._trial_id, ANSWERS, answers)
        return questions_of(self._space.draw, answers)

    @override
    def sample_relative(
        self,
        study: "Study",
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return the answers that make the proposed design."""
        attributes = study._storage.get_trial(trial._trial_id).system_attrs
        return {name: attributes[ANSWERS][name] for name in search_space}

    @override
    def sample_independent(
        self,
        study: "Study",
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Refuse what is no question of the space."""
        raise InputError(
            f"Parameter {param_name!r} of trial {trial.number} is no question on the way to its"
            " design.",
            hint="Take the whole design of a trial by `design_of(trial, space)`.",
        )

    def _known(
        self, study: "Study", trial: FrozenTrial
    ) -> tuple[list[Observation], list[tuple[int, Design]]]:
        history, pending = [], []
        for other in study.get_trials(deepcopy=False):
            if other.number == trial.number or other.state is TrialState.WAITING:
                continue
            design = self._design(other)
            if design is None:
                continue
            if other.state is TrialState.RUNNING:
                pending.append((other.number, design))
            else:
                history.append(self._observed(other, design))
        return history, pending

    def _observed(self, trial: FrozenTrial, design: Design) -> Observation:
        endpoints = [objective.endpoint for objective in self._objectives]
        is_complete = trial.state is TrialState.COMPLETE
        return Observation(
            number=trial.number,
            design=design,
            values=dict(zip(endpoints, trial.values, strict=True)) if is_complete else {},
            slacks={name: -over for name, over in trial.constraints.items()},
        )

    def _design(self, trial: FrozenTrial) -> Design | None:
        """Return the design of a trial; None for one of another space, which teaches nothing."""
        answers: Mapping[str, Any] = trial.system_attrs.get(ANSWERS, trial.params)
        try:
            return self._space.decode(answers)
        except (KeyError, InputError):
            return None


def make_sampler(
    name: str, space: DesignSpace, objectives: tuple[Objective, ...], seed: int
) -> StrategySampler:
    """Return the strategy of that name as a sampler.

    Parameters
    ----------
    name : str
        One of `experiments.search.strategies.STRATEGIES`, [-].
    space : DesignSpace
        What may be made, [-].
    objectives : tuple of Objective
        What is wanted, in the order of the study's values, [-].
    seed : int
        Seed of the strategy, [-].

    Returns
    -------
    StrategySampler
        The sampler, [-].

    Raises
    ------
    UnknownNameError
        No strategy has that name.
    """
    return StrategySampler(make_strategy(name, space, objectives), space, objectives, seed)


def design_of(trial: Trial, space: DesignSpace) -> Design:
    """Return the design that a trial of Optuna asks for; any sampler may answer.

    Parameters
    ----------
    trial : optuna.Trial
        The trial, [-].
    space : DesignSpace
        What may be made, [-].

    Returns
    -------
    Design
        A valid design, [-].
    """
    return space.draw(partial(suggested, trial))


def directions_of(objectives: Sequence[Objective]) -> list[str]:
    """Return the directions of a study of Optuna with these objectives.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].

    Returns
    -------
    list of str
        ``maximize`` or ``minimize`` for each, [-].
    """
    return ["maximize" if o.goal is Goal.MAXIMISE else "minimize" for o in objectives]
