"""Feeds chunks to workers, one at a time each, and turns what comes back into results or errors.

How workers are started and reached is the business of a `Transport`.

A worker that is lost, or that does not answer in time and is then ended by force, is replaced, and
its chunk goes to whoever is free first; this is said and counted. A chunk that costs
`Limits.most_losses` workers is answered by `GivenUp`. Only a start that fails ends the executor.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from experiments.executors.limits import Limits
from experiments.executors.replies import (
    RESUME_HINT,
    Failure,
    GivenUp,
    RemoteTraceback,
    Reply,
    evaluator_failed,
    pack,
)
from experiments.executors.transport import Arrival, Owed, Step, Transport
from experiments.executors.waiting import Waiting
from formulation.errors import ExecutorError, FormulationError

AHEAD = 4
"""Workers for each chunk that an iterator is asked for in advance, [-]; fewer get none. With 16
workers and evaluations of 1 s, 1.6 % of the time went in waiting for the driver without it."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


class PoolExecutor:
    """An executor over workers in processes of their own."""

    def __init__(
        self,
        kind: str,
        transport: Transport,
        n_workers: int,
        limits: Limits,
        preload: tuple[str, ...],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.kind = kind
        self.n_requeued = 0
        self._transport = transport
        self._n_workers = n_workers
        self._limits = limits
        self._preload = preload
        self._say = say
        self._opening = b""
        self._started_at: float | None = None
        self._end = ""
        self._owed: dict[int, Owed] = {}
        self._retired: set[int] = set()
        self._costs: Counter[int] = Counter()
        self._failed_loads = 0
        self._evaluator: object = None
        self._package: Any = None
        self._loaded: set[int] = set()
        self._round = 0
        self._pids: set[int] = set()

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Processes that evaluated something so far, sorted."""
        return tuple(sorted(self._pids))

    def warm_up(self) -> None:
        """Begin to bring workers up, without waiting.

        Raises
        ------
        ExecutorError
            The executor is closed or could not be started, or the start was refused at once.
        """
        self._refuse_if_ended()
        if self._started_at is not None:
            return
        self._started_at = time.monotonic()
        search_path = tuple(str(folder) for folder in sys.path)
        self._opening = pack((search_path, self._preload), "The start")
        due_at = self._started_at + self._limits.start_s
        first = Owed(step="prepare", due_at=due_at)
        self._owed = dict.fromkeys(range(self._n_workers), first)
        self._end = "its start failed"
        self._transport.launch(self._n_workers, self._opening)
        self._end = ""

    def run(
        self, evaluator: Callable[[Chunk], Result], chunks: Iterable[Chunk]
    ) -> Iterator[tuple[int, Result | GivenUp]]:
        """Yield (index of the chunk, its result) as they finish.

        A run that is left early may be followed by another; late answers are dropped. A sequence
        goes out as fast as workers take it. Anything else is asked for one more chunk when a worker
        is free, or one in advance for every `AHEAD` workers, and only after the results that came
        before were taken from here.

        Parameters
        ----------
        evaluator : callable
            Evaluates one chunk; picklable, and without state that matters between chunks. It is
            sent once: what is changed in the same object later stays in the driver, [-].
        chunks : iterable
            What to evaluate; picklable, [-].

        Yields
        ------
        tuple of int and result
            Index of the chunk and what the evaluator made of it; `GivenUp` if it cost too many
            workers, [-].

        Raises
        ------
        ExecutorError
            The workers did not come up in time, none is left, the evaluator raised something that
            is not ours, or something cannot be pickled. Errors of ours pass unchanged.
        """
        self.warm_up()
        self._transport.connect(self._patience_s())
        self._take(evaluator)
        self._gather()
        self._round += 1
        self._costs.clear()
        this_round, waiting = self._round, Waiting(chunks)
        self._feed_idle(waiting)
        while True:
            self._refuse_if_ended()
            if self._round != this_round:
                raise ExecutorError(
                    f"A run of the {self.kind} executor goes on after another was started.",
                    hint="Finish or drop one run before the next.",
                )
            self._ask_for_more(waiting)
            if waiting.is_done:
                return
            owed, result = self._harvest(waiting)
            if owed.step == "evaluate" and owed.round == this_round and result is not None:
                waiting.n_unanswered -= 1
                if isinstance(result, GivenUp):
                    yield owed.index, result
                else:
                    self._pids.add(result.pid)
                    yield owed.index, result.value

    def close(self) -> None:
        """End every worker; may be called twice."""
        was_started = self._started_at is not None and self._end != "closed"
        self._end = "closed"
        if was_started:
            self._transport.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _refuse_if_ended(self) -> None:
        if self._end:
            raise ExecutorError(
                f"The {self.kind} executor cannot run any more: {self._end}.",
                hint="Close it and make another one.",
            )

    def _patience_s(self) -> float:
        started_at = self._started_at or time.monotonic()
        return max(0.0, started_at + self._limits.start_s - time.monotonic())

    def _take(self, evaluator: object) -> None:
        if self._package is None or evaluator is not self._evaluator:
            self._package = self._transport.store(pack(evaluator, "The evaluator"))
            self._evaluator = evaluator
            self._loaded.clear()

    def _gather(self) -> None:
        """Bring every worker to the evaluator before the first chunk goes out.

        Otherwise the worker that is up first takes every chunk of a quick run. One that replaces a
        lost worker is not waited for.
        """
        nothing = Waiting(())
        while any(o.step == "prepare" and not o.is_replacement for o in self._owed.values()):
            self._refuse_if_ended()
            self._harvest(nothing)
        for worker in self._idle() - self._loaded:
            self._load(worker)
        while any(owed.step == "load" for owed in self._owed.values()):
            self._refuse_if_ended()
            self._harvest(nothing)

    def _allowed_s(self, step: Step) -> float:
        if step == "prepare":
            return self._limits.replace_s
        # An evaluator brings its imports along, so it is loaded in a start's time at least.
        return max(self._limits.chunk_s, self._limits.replace_s * (step == "load"))

    def _idle(self) -> set[int]:
        return set(range(self._n_workers)) - set(self._owed) - self._retired

    def _load(self, worker: int) -> None:
        due_at = time.monotonic() + self._allowed_s("load")
        self._owed[worker] = Owed(step="load", due_at=due_at)
        self._loaded.add(worker)
        self._transport.post(worker, "load", self._package)

    def _feed_idle(self, waiting: Waiting) -> None:
        for worker in self._idle():
            if not waiting.in_hand:
                return
            if worker not in self._loaded:
                self._load(worker)
                continue
            index, chunk = waiting.in_hand.popleft()
            payload = pack(chunk, f"Chunk {index}")
            due_at = time.monotonic() + self._allowed_s("evaluate")
            self._owed[worker] = Owed(
                step="evaluate", due_at=due_at, round=self._round, index=index, chunk=chunk
            )
            self._transport.post(worker, "evaluate", payload)

    def _ask_for_more(self, waiting: Waiting) -> None:
        """Ask for a chunk for every free worker, and few in advance, where they come one by one."""
        for worker in self._idle():
            if not waiting.is_open:
                return
            if worker not in self._loaded:
                self._load(worker)
            elif waiting.ask():
                self._feed_idle(waiting)
        # Many workers would wait for the driver, one after another, whenever they are free.
        while waiting.is_open and len(waiting.in_hand) < self._n_workers // AHEAD:
            waiting.ask()

    def _harvest(self, waiting: Waiting) -> tuple[Owed, Reply | GivenUp | None]:
        """Wait for one answer, and keep every worker busy; None is no answer yet."""
        first_due = min(owed.due_at for owed in self._owed.values())
        # What has come is taken before anybody counts as late: the driver may have been stopped.
        left_s = max(0.0, first_due - time.monotonic())
        arrival = self._transport.collect(self._owed.keys(), left_s) or self._late(first_due)
        owed = self._owed.pop(arrival.worker)
        is_old = owed.step == "evaluate" and owed.round != self._round
        result: Reply | GivenUp | None = None
        if not arrival.loss:
            reply = self._reply(owed, arrival)
            if reply.failure is not None and reply.failure.is_memory and owed.step == "evaluate":
                arrival = Arrival(worker=arrival.worker, loss=reply.failure.summary)
            elif reply.failure is not None and not is_old:
                raise self._failed(owed, reply.pid, reply.failure)
            else:
                result = reply
        if arrival.loss:
            self._replace(owed, arrival)
            if owed.step == "evaluate" and not is_old:
                result = self._tried_again(owed, arrival.loss, waiting)
        elif owed.step == "load":
            self._failed_loads = 0
        self._feed_idle(waiting)
        return owed, result

    def _late(self, first_due: float) -> Arrival:
        """Return the loss of the worker whose answer is overdue, unless it never came up."""
        worker, owed = next((w, o) for w, o in self._owed.items() if o.due_at == first_due)
        if owed.step != "prepare":
            words = f"no answer within {self._allowed_s(owed.step):g} s, ended by force"
            return Arrival(worker=worker, loss=words)
        if owed.is_replacement:
            words = f"none came up in its place within {self._limits.replace_s:g} s"
            return Arrival(worker=worker, loss=words)
        n_late = sum(owed.step == "prepare" for owed in self._owed.values())
        self._end = "its workers did not start in time"
        raise ExecutorError(
            f"The {self.kind} executor: {n_late} of {self._n_workers} workers were not up "
            f"within {self._limits.start_s:g} s.",
            hint="Is the machine loaded? Choose fewer workers, or another executor yourself. "
            + RESUME_HINT,
        )

    def _replace(self, owed: Owed, arrival: Arrival) -> None:
        """Start another worker in the place of a lost one, or do without it."""
        worker = arrival.worker
        self._failed_loads += owed.step == "load"
        if owed.step == "prepare" and owed.is_replacement:
            self._retired.add(worker)
            self._say(f"{self.kind}: a lost worker is done without: {arrival.loss}")
            if len(self._retired) < self._n_workers:
                return
        if owed.step == "prepare" or self._failed_loads >= self._limits.most_losses:
            self._end = f"a worker was lost ({arrival.loss})"
            what = "its last worker, no node fits another" if self._retired else "a worker"
            raise ExecutorError(
                f"The {self.kind} executor lost {what}, at {owed.what}: {arrival.loss}.",
                hint="Is the machine, its memory or a node lost? Use fewer workers, or another "
                "executor. " + RESUME_HINT,
            ) from arrival.cause
        self._loaded.discard(worker)
        due_at = time.monotonic() + self._allowed_s("prepare")
        self._owed[worker] = Owed(step="prepare", due_at=due_at, is_replacement=True)
        self._transport.restart(worker, self._opening)

    def _tried_again(self, owed: Owed, loss: str, waiting: Waiting) -> GivenUp | None:
        """Put the chunk of a lost worker back in front, unless it cost too many."""
        self._costs[owed.index] += 1
        lost = f"{self.kind}: the worker at chunk {owed.index} was lost ({loss})"
        if self._costs[owed.index] >= self._limits.most_losses:
            self._say(f"{lost}; the chunk is given up")
            return GivenUp(reason=f"it cost {self._costs[owed.index]} workers, the last: {loss}")
        waiting.in_hand.appendleft((owed.index, owed.chunk))
        self.n_requeued += 1
        self._say(f"{lost}; the chunk goes to another")
        return None

    def _reply(self, owed: Owed, arrival: Arrival) -> Reply:
        try:
            return Reply.unpacked(arrival.data)
        except Exception as error:  # worker boundary: a class may raise anything here
            raise ExecutorError(
                f"The answer to {owed.what} cannot be read in the driver.", hint=RESUME_HINT
            ) from error

    def _failed(self, owed: Owed, pid: int, failure: Failure) -> FormulationError:
        place = f"{self.kind} worker {pid}, at {owed.what}"
        if owed.step != "evaluate":
            self._end = f"{owed.what} failed in a worker"
        error = failure.rebuilt(place)
        if error is not None:
            return error
        if owed.step == "evaluate":
            other = evaluator_failed(owed.index, failure.summary)
        else:
            other = ExecutorError(
                f"A {self.kind} worker failed at {owed.what} with {failure.summary}.",
                hint="What is evaluated must be importable in a worker. " + RESUME_HINT,
            )
        other.__cause__ = RemoteTraceback(f"In {place}:\n{failure.trace}")
        return other
