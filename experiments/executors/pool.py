"""Feeds chunks to workers, one at a time each, and turns what comes back into results or errors.

How workers are started and reached is the business of a `Transport` (``process.py``,
``ray_local.py``). A worker's calls are ``prepare`` (posted by the transport when it starts one),
``load`` (when the evaluator is another object than before) and ``evaluate``.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar

from attrs import frozen

from experiments.executors.replies import (
    RESUME_HINT,
    Failure,
    RemoteTraceback,
    Reply,
    evaluator_failed,
    pack,
)
from formulation.errors import ExecutorError, FormulationError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
Step = Literal["prepare", "load", "evaluate"]


@frozen(kw_only=True)
class Arrival:
    """What came from one worker."""

    worker: int
    """Number of the worker, from 0."""

    data: bytes = b""
    """A packed reply."""

    loss: str = ""
    """How the worker was lost, if it was."""

    cause: Exception | None = None
    """What the transport raised, if it did."""


class Transport(Protocol):
    """Workers and the way to them."""

    def launch(self, n_workers: int, opening: bytes) -> None:
        """Begin to start workers, each with the call ``prepare(opening)``, without waiting."""

    def connect(self, deadline_s: float) -> None:
        """Wait until calls can be posted, or raise an `ExecutorError`."""

    def store(self, package: bytes) -> Any:
        """Return what ``load`` is to be posted with, so that a package is kept once."""

    def post(self, worker: int, step: Step, payload: Any) -> None:
        """Send one call to an idle worker."""

    def collect(self, workers: Collection[int], timeout_s: float | None) -> Arrival | None:
        """Wait for an answer of one of these; None after the timeout."""

    def stop(self) -> None:
        """End every worker, and whatever else was started."""


@frozen(kw_only=True)
class _Owed:
    """The answer a worker owes."""

    step: Step
    """The call it was sent."""

    round: int = 0
    """The run it belongs to."""

    index: int = -1
    """The chunk, for ``evaluate``."""

    @property
    def what(self) -> str:
        """The call in words, for errors."""
        words = {"prepare": "its start", "load": "the evaluator"}
        return words.get(self.step, f"chunk {self.index}")


class PoolExecutor:
    """An executor over workers in processes of their own."""

    def __init__(
        self,
        kind: str,
        transport: Transport,
        n_workers: int,
        start_deadline_s: float,
        preload: tuple[str, ...],
    ) -> None:
        self.kind = kind
        self._transport = transport
        self._n_workers = n_workers
        self._start_deadline_s = start_deadline_s
        self._preload = preload
        self._started_at: float | None = None
        self._end = ""
        self._owed: dict[int, _Owed] = {}
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
            The executor is closed or lost a worker, or the start was refused at once.
        """
        self._refuse_if_ended()
        if self._started_at is not None:
            return
        self._started_at = time.monotonic()
        search_path = tuple(str(folder) for folder in sys.path)
        self._owed = {worker: _Owed(step="prepare") for worker in range(self._n_workers)}
        self._end = "its start failed"
        self._transport.launch(self._n_workers, pack((search_path, self._preload), "The start"))
        self._end = ""

    def run(
        self, evaluator: Callable[[Chunk], Result], chunks: Sequence[Chunk]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the chunk, its result) as they finish.

        A run that is left early may be followed by another; late answers are dropped.

        Parameters
        ----------
        evaluator : callable
            Evaluates one chunk; picklable, and without state that matters between chunks. It is
            sent once: what is changed in the same object later stays in the driver, [-].
        chunks : sequence
            What to evaluate; picklable, [-].

        Yields
        ------
        tuple of int and result
            Index of the chunk and what the evaluator made of it, [-].

        Raises
        ------
        ExecutorError
            The workers did not come up in time, one was lost, the evaluator raised something that
            is not ours, or something cannot be pickled. Errors of ours pass unchanged.
        """
        self.warm_up()
        self._transport.connect(self._patience_s())
        self._take(evaluator)
        self._gather()
        self._round += 1
        this_round, n_left = self._round, len(chunks)
        waiting = deque(enumerate(chunks))
        for worker in set(range(self._n_workers)) - set(self._owed):
            self._feed(worker, waiting)
        while n_left:
            self._refuse_if_ended()
            if self._round != this_round:
                raise ExecutorError(
                    f"A run of the {self.kind} executor goes on after another was started.",
                    hint="Finish or drop one run before the next.",
                )
            owed, reply = self._harvest(waiting)
            if owed.step == "evaluate" and owed.round == this_round:
                n_left -= 1
                self._pids.add(reply.pid)
                yield owed.index, reply.value

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
        return max(0.0, started_at + self._start_deadline_s - time.monotonic())

    def _take(self, evaluator: object) -> None:
        if self._package is None or evaluator is not self._evaluator:
            self._package = self._transport.store(pack(evaluator, "The evaluator"))
            self._evaluator = evaluator
            self._loaded.clear()

    def _gather(self) -> None:
        """Bring every worker to the evaluator before the first chunk goes out.

        Otherwise the worker that is up first takes every chunk of a quick run.
        """
        nothing: deque[tuple[int, Any]] = deque()
        while any(owed.step == "prepare" for owed in self._owed.values()):
            self._refuse_if_ended()
            self._harvest(nothing)
        for worker in set(range(self._n_workers)) - set(self._owed) - self._loaded:
            self._load(worker)
        while any(owed.step == "load" for owed in self._owed.values()):
            self._refuse_if_ended()
            self._harvest(nothing)

    def _load(self, worker: int) -> None:
        self._owed[worker] = _Owed(step="load")
        self._loaded.add(worker)
        self._transport.post(worker, "load", self._package)

    def _feed(self, worker: int, waiting: deque[tuple[int, Any]]) -> None:
        if not waiting:
            return
        if worker not in self._loaded:
            self._load(worker)
            return
        index, chunk = waiting.popleft()
        payload = pack(chunk, f"Chunk {index}")
        self._owed[worker] = _Owed(step="evaluate", round=self._round, index=index)
        self._transport.post(worker, "evaluate", payload)

    def _harvest(self, waiting: deque[tuple[int, Any]]) -> tuple[_Owed, Reply]:
        """Wait for one answer, and keep its worker busy."""
        is_starting = any(owed.step == "prepare" for owed in self._owed.values())
        timeout_s = self._patience_s() if is_starting else None
        arrival = self._transport.collect(self._owed.keys(), timeout_s)
        if arrival is None:
            raise self._late()
        owed = self._owed.pop(arrival.worker)
        reply = self._reply(owed, arrival)
        is_late = owed.step == "evaluate" and owed.round != self._round
        if reply.failure is not None and not is_late:
            raise self._failed(owed, reply.pid, reply.failure)
        self._feed(arrival.worker, waiting)
        return owed, reply

    def _reply(self, owed: _Owed, arrival: Arrival) -> Reply:
        if arrival.loss:
            self._end = f"a worker was lost ({arrival.loss})"
            raise ExecutorError(
                f"The {self.kind} executor lost a worker at {owed.what}: {arrival.loss}. "
                "Nothing was tried again.",
                hint=RESUME_HINT + " If memory ran out, use fewer workers.",
            ) from arrival.cause
        try:
            return Reply.unpacked(arrival.data)
        except Exception as error:  # worker boundary: a class may raise anything here
            raise ExecutorError(
                f"The answer to {owed.what} cannot be read in the driver.", hint=RESUME_HINT
            ) from error

    def _failed(self, owed: _Owed, pid: int, failure: Failure) -> FormulationError:
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

    def _late(self) -> ExecutorError:
        late = [worker for worker, owed in self._owed.items() if owed.step == "prepare"]
        self._end = "its workers did not start in time"
        return ExecutorError(
            f"The {self.kind} executor: {len(late)} of {self._n_workers} workers were not up "
            f"within {self._start_deadline_s:g} s.",
            hint="Is the machine loaded? Choose fewer workers, or another executor yourself. "
            + RESUME_HINT,
        )
