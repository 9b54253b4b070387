"""The search of a study: its strategy, what it is told, what ends it, put together."""

from collections.abc import Callable, Mapping

from experiments.config import StudySpec
from experiments.config.spec import FORBID, PENALISE
from experiments.executors import Executor
from experiments.objective import StudyEvaluator
from experiments.readings import judging_of
from experiments.search.asking import Ladder
from experiments.search.asynchronous import AsynchronousSearch
from experiments.search.ends import Ends
from experiments.search.loop import Progress, Search, Searched
from experiments.search.model_based.proposer import TPE
from experiments.search.model_based.strategy import ModelBasedStrategy
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation, Strategy
from experiments.store import Lease, Store, StudyRecord
from models.surrogates.chain import SurrogateChain


def search_study(
    store: Store,
    lease: Lease,
    study: StudyRecord,
    spec: StudySpec,
    chain: SurrogateChain,
    executor: Executor,
    *,
    on_ack: Callable[[tuple[int, ...]], None],
    on_progress: Callable[[Progress], None],
    rungs: Mapping[int, str],
) -> Searched:
    """Search, and record by which strategy and why it ended.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    lease : Lease
        Ownership of the study, [-].
    study : StudyRecord
        The study as stored, [-].
    spec : StudySpec
        What it asks for, [-].
    chain : SurrogateChain
        What answers, [-].
    executor : Executor
        Where it is evaluated, [-].
    on_ack : callable
        Told the numbers of every commit, [-].
    on_progress : callable
        Told after every batch, or as many trials, [-].
    rungs : mapping of int to str
        Rungs of an earlier run by trial number, which a rerun follows; mostly empty, [-].

    Returns
    -------
    Searched
        Trials, chunks, and why it ended, [-].
    """
    reach = chain.reach_pct if spec.extrapolation == PENALISE else None
    strategy = make_strategy(spec.budget.strategy, spec.space, spec.objectives, reach)
    store.set_study(lease, info={"strategy": strategy.name})
    kind = AsynchronousSearch if spec.budget.is_asynchronous else Search
    found = kind(
        space=spec.space,
        strategy=strategy,
        evaluator=evaluator_of(spec, chain),
        executor=executor,
        store=store,
        lease=lease,
        study_id=study.id,
        seed=study.seed,
        ends=_ends(spec, study.budget),
        batch=spec.budget.batch,
        told=_told(spec),
        ladder=_ladder(spec, strategy, rungs),
        on_ack=on_ack,
        on_progress=on_progress,
    ).run()
    store.set_study(lease, info={"stopped": found.end.as_dict()})
    return found


def evaluator_of(spec: StudySpec, chain: SurrogateChain) -> StudyEvaluator:
    """Return what evaluates the designs of a study.

    Parameters
    ----------
    spec : StudySpec
        What it asks for, [-].
    chain : SurrogateChain
        What answers, [-].

    Returns
    -------
    StudyEvaluator
        The evaluator, [-].
    """
    return StudyEvaluator(
        chain=chain,
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
        forbids_extrapolation=spec.extrapolation == FORBID,
        judging=judging_of(spec),
    )


def _ends(spec: StudySpec, budget: int) -> Ends:
    return Ends(
        budget=budget,
        objectives=spec.objectives,
        stagnation=spec.budget.stagnation,
        wall_time_s=spec.budget.wall_time_s,
    )


def _told(spec: StudySpec) -> tuple[Observation, ...]:
    return tuple(
        Observation(number=k, design=unmade.design, values={}, slacks={}, is_own=False)
        for k, unmade in enumerate(spec.not_makeable)
    )


def _ladder(spec: StudySpec, strategy: Strategy, rungs: Mapping[int, str]) -> Ladder | None:
    seconds = spec.budget.ask_seconds
    if seconds is None:
        return None
    assert isinstance(strategy, ModelBasedStrategy), "a budget is checked when it is read"
    return Ladder(cheaper=strategy.cheaper(), seconds=seconds, rungs=rungs, cheap_rung=TPE)
