"""The loop without batches: whenever a worker is free, one more design is proposed and sent.

Nobody waits for the slowest of a batch. A proposal knows what is finished, and what is under way as
pending, so it depends on the order in which evaluations finish, hence on the speed of machine and
evaluations: the seed alone does not repeat it. Where many are under way, a quarter as many are
proposed at once, since making a model costs as much for one. Everything else holds as in `Search`:
a trial is stored as running before it is sent, counts when the store has committed it, and is
evaluated again as a further attempt if an interruption left it running. The budget is met exactly.
"""

import time
from bisect import insort
from collections.abc import Iterator

from attrs import define, evolve, field, frozen
from typing_extensions import override

from experiments import failpoints
from experiments.objective import Task
from experiments.search.asking import Asking
from experiments.search.ends import End
from experiments.search.loop import Search, Searched, finished_as, observation
from experiments.search.rescue import streamed
from experiments.search.strategy import Observation
from experiments.store import AckWriter, TrialRecord
from formulation.design import Design

SHARE = 4
"""Designs under way for each that is proposed at once, [-]. With 16 workers, 160 trials and TPE an
ask of one takes 0.11 s of processor time, an ask of four 0.16 s."""


@define(kw_only=True)
class _Standing:
    """Where a run stands: what is finished, what is under way, what is to be sent again."""

    finished: list[TrialRecord]
    """Finished trials by number."""

    history: list[Observation]
    """The same as a strategy sees them."""

    again: list[TrialRecord]
    """Trials that an earlier run left running, with this run's attempt; stored, not yet sent."""

    running: dict[int, TrialRecord] = field(factory=dict)
    """Trials that are stored as running, sent or about to be sent, by number."""

    in_hand: list[TrialRecord] = field(factory=list)
    """Proposals that are neither stored nor sent yet, and may still be dropped."""

    begun: float = field(factory=time.monotonic)
    """When the run began, on the monotonic clock, [s]."""

    n_sent: int = 0
    """Designs sent by this run, [-]."""

    @property
    def pending(self) -> list[tuple[int, Design]]:
        """What is under way, as a strategy sees it."""
        return [(k, Design.from_dict(t.design)) for k, t in sorted(self.running.items())]

    def settle(self, trial: TrialRecord) -> None:
        """Count a trial that is committed."""
        del self.running[trial.number]
        insort(self.finished, trial, key=lambda t: t.number)
        insort(self.history, observation(trial), key=lambda o: o.number)


@frozen(kw_only=True, eq=False)
class AsynchronousSearch(Search):
    """One study's search that keeps every worker busy; `batch` only says how often to report."""

    @override
    def run(self) -> Searched:
        """Search until something ends it.

        Returns
        -------
        Searched
            Every trial of the study, the chunks sent out, and why it ended, [-].
        """
        asking = Asking(strategy=self.strategy, ladder=self.ladder)
        now = self._standing()
        self._tell(now.finished)
        # What is under way when an end is reached is waited for, and may take it back.
        while (end := self._end(now)) is None:
            self._keep_busy(asking, now)
            self._tell(now.finished)
        trials = self.store.trials(self.study_id)
        return Searched(trials=trials, n_chunks=now.n_sent, end=end)

    def _standing(self) -> _Standing:
        trials = self.store.trials(self.study_id)
        again = [evolve(t, attempt=t.attempt + 1) for t in trials if t.state == "running"]
        self.store.add_running(self.lease, again)
        finished = [t for t in trials if t.state != "running"]
        return _Standing(
            finished=finished,
            history=[observation(t) for t in finished],
            again=again,
            running={t.number: t for t in again},
        )

    def _end(self, now: _Standing) -> End | None:
        """Return why nothing more is to be proposed; None while there is."""
        if now.again:
            return None
        # A run sends at least one design, however short its time.
        elapsed_s = time.monotonic() - now.begun if now.n_sent else 0.0
        return self.ends.reached(now.finished, elapsed_s)

    def _keep_busy(self, asking: Asking, now: _Standing) -> None:
        """Send designs as workers become free, until an end is reached and all have come back."""
        writer = AckWriter(self.store, self.lease, self.on_ack)
        tasks = self._tasks(asking, now)
        try:
            for outcome in streamed(self.executor, self.evaluator, tasks):
                failpoints.hit("flight")
                trial = finished_as(now.running[outcome.number], outcome)
                writer.add([trial])
                # The next proposal is to know of it, and only what is committed counts.
                writer.flush()
                now.settle(trial)
                failpoints.hit("tell")
                if len(now.finished) % self.batch == 0:
                    self._tell(now.finished)
        finally:
            writer.flush()

    def _tasks(self, asking: Asking, now: _Standing) -> Iterator[Task]:
        """Yield the next design to send, proposed when it is asked for."""
        while True:
            n_left = self.ends.budget - len(now.finished) - len(now.running)
            if now.again:
                trial = now.again.pop(0)
            elif not n_left or self._end(now):
                return
            else:
                if not now.in_hand:
                    n = min(n_left, max(1, len(now.running) // SHARE))
                    now.in_hand = self._propose(asking, now.history, now.pending, n)
                trial = now.in_hand.pop(0)
                self.store.add_running(self.lease, [trial])
                now.running[trial.number] = trial
            now.n_sent += 1
            yield Task(number=trial.number, design=Design.from_dict(trial.design))
