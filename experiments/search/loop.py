"""The loop: propose, store as running, evaluate in parallel, commit, acknowledge.

Batches are cut by trial number and evaluated as a whole before the next proposal, so the same seed
gives the same trials on every executor and after every interruption. A trial counts only when the
store has committed it; what an interruption left running is evaluated again as a further attempt.
"""

import time
from collections.abc import Callable, Sequence

from attrs import evolve, field, frozen

from experiments import failpoints
from experiments.executors import Executor
from experiments.objective import Outcome, StudyEvaluator, Task
from experiments.search.asking import Asking, Ladder
from experiments.search.ends import End, Ends
from experiments.search.rescue import evaluated
from experiments.search.strategy import Observation, Pending, Strategy
from experiments.store import AckWriter, Lease, Store, TrialRecord
from experiments.store.writer import MAX_GROUP
from formulation.design import Design
from formulation.errors import FormulationError
from formulation.space import DesignSpace

CHUNK, LARGE_CHUNK = 4, MAX_GROUP
"""Trials sent to a worker at once, in small batches and in those of `LARGE_BATCH` and more, [-]."""

LARGE_BATCH = 96
"""Trials proposed at once from which on workers get large chunks, [-]."""

assert MAX_GROUP % CHUNK == 0, "a group holds whole chunks, or a resumed study cuts them otherwise"


@frozen(kw_only=True)
class Progress:
    """Where a search stands."""

    done: int
    """Finished trials, [-]."""

    budget: int
    """Trials asked for, [-]."""

    infeasible: int
    """Finished trials that miss a limit or failed, [-]."""

    trials: tuple[TrialRecord, ...] = field(repr=False)
    """Finished trials."""


@frozen(kw_only=True)
class Searched:
    """What a search came to."""

    trials: tuple[TrialRecord, ...] = field(repr=False)
    """Every trial of the study in the order of their numbers."""

    n_chunks: int
    """Chunks sent out, [-]."""

    end: End
    """Why it ended."""


@frozen(kw_only=True, eq=False)
class Search:
    """One study's search with everything it needs."""

    space: DesignSpace
    """What may be made."""

    strategy: Strategy
    """Who proposes."""

    evaluator: StudyEvaluator
    """Who evaluates."""

    executor: Executor
    """Where it is evaluated."""

    store: Store
    """Where it is kept."""

    lease: Lease
    """Ownership of the study."""

    study_id: str
    """Uuid of the study."""

    seed: int
    """Seed of the study."""

    ends: Ends
    """What ends it."""

    batch: int
    """Trials proposed at once, [-]."""

    told: tuple[Observation, ...] = ()
    """What is known besides the trials, such as what a laboratory could not make."""

    ladder: Ladder | None = None
    """A cheaper strategy, and when it is asked; None for never."""

    on_ack: Callable[[tuple[int, ...]], None]
    """Told the numbers of every commit, after it."""

    on_progress: Callable[[Progress], None]
    """Told after every batch, or as many trials."""

    def run(self) -> Searched:
        """Search until something ends it.

        Returns
        -------
        Searched
            Every trial of the study, the chunks sent out, and why it ended, [-].
        """
        n_chunks, begun = 0, time.monotonic()
        asking = Asking(strategy=self.strategy, ladder=self.ladder)
        trials = self.store.trials(self.study_id)
        finished = [t for t in trials if t.state != "running"]
        history = [observation(t) for t in finished]
        batch = [evolve(t, attempt=t.attempt + 1) for t in trials if t.state == "running"]
        while True:
            self._tell(finished)
            if not batch:
                # A run does at least one batch, however short its time.
                elapsed_s = time.monotonic() - begun if n_chunks else 0.0
                end = self.ends.reached(finished, elapsed_s)
                if end is not None:
                    trials = self.store.trials(self.study_id)
                    return Searched(trials=trials, n_chunks=n_chunks, end=end)
                n = min(self.batch, self.ends.budget - len(finished))
                batch = self._propose(asking, history, (), n)
            self.store.add_running(self.lease, batch)
            done, chunks = self._evaluate(batch)
            finished = sorted([*finished, *done], key=lambda t: t.number)
            history = sorted([*history, *map(observation, done)], key=lambda o: o.number)
            n_chunks, batch = n_chunks + chunks, []

    def _propose(
        self, asking: Asking, history: Sequence[Observation], pending: Pending, n: int
    ) -> list[TrialRecord]:
        failpoints.hit("ask")
        first = len(history) + len(pending)
        # Values it was told of count as trials before the first; what could not be made does not.
        told = sorted(self.told, key=lambda o: not o.is_trial)
        n_told = sum(o.is_trial for o in told)
        known = [evolve(o, number=k if o.is_trial else -1) for k, o in enumerate(told)]
        known += [evolve(o, number=o.number + n_told) if n_told else o for o in history]
        under_way = [(number + n_told, design) for number, design in pending]
        records = []
        for k, proposal in enumerate(asking.propose(known, under_way, n, self.seed, first)):
            broken = self.space.violations(proposal.design)
            if broken:
                raise FormulationError(
                    f"Strategy {self.strategy.name} proposed an invalid design for trial"
                    f" {first + k}: {broken[0].message}",
                    hint="This is a fault of the program; please report it with the study file.",
                )
            records.append(
                TrialRecord(
                    number=first + k,
                    state="running",
                    design=proposal.design.as_dict(),
                    seed=self.seed,
                    rung=proposal.rung,
                )
            )
        return records

    def _evaluate(self, batch: Sequence[TrialRecord]) -> tuple[list[TrialRecord], int]:
        """Return a batch as the store has it now, acknowledged, and the chunks it was cut into."""
        by_number = {t.number: t for t in batch}
        tasks = [Task(number=t.number, design=Design.from_dict(t.design)) for t in batch]
        size = LARGE_CHUNK if self.batch >= LARGE_BATCH else CHUNK
        chunks = [tuple(tasks[k : k + size]) for k in range(0, len(tasks), size)]
        writer = AckWriter(self.store, self.lease, self.on_ack)
        done: list[TrialRecord] = []
        try:
            for outcomes in evaluated(self.executor, self.evaluator, chunks):
                failpoints.hit("flight")
                found = [finished_as(by_number[o.number], o) for o in outcomes]
                writer.add(found)
                done += found
        finally:
            # What has come back is kept, whatever ends the batch.
            writer.flush()
        failpoints.hit("tell")
        return done, len(chunks)

    def _tell(self, finished: Sequence[TrialRecord]) -> None:
        self.on_progress(
            Progress(
                done=len(finished),
                budget=self.ends.budget,
                infeasible=sum(not t.is_feasible for t in finished),
                trials=tuple(finished),
            )
        )


def observation(trial: TrialRecord) -> Observation:
    """Return a stored trial as a strategy sees it.

    Parameters
    ----------
    trial : TrialRecord
        A finished trial, [-].

    Returns
    -------
    Observation
        The same facts, [-].
    """
    return Observation(
        number=trial.number,
        design=Design.from_dict(trial.design),
        values=trial.values,
        slacks=trial.slacks,
        is_lost=trial.was_lost,
    )


def finished_as(running: TrialRecord, outcome: Outcome) -> TrialRecord:
    """Return a running trial with what came out of it.

    Parameters
    ----------
    running : TrialRecord
        The trial as it was stored before it was sent, [-].
    outcome : Outcome
        What the evaluator says of it, [-].

    Returns
    -------
    TrialRecord
        Complete, or failed with its reasons, [-].
    """
    return evolve(
        running,
        state="failed" if outcome.has_failed else "complete",
        values=outcome.values,
        lo90=outcome.lo90,
        hi90=outcome.hi90,
        slacks=outcome.slacks,
        reasons=outcome.reasons,
        origin=outcome.origin,
    )
