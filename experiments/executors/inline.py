"""Evaluates in the driver, chunk after chunk: for tests, small studies and debugging."""

import os
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from experiments.executors.replies import GivenUp, evaluator_failed
from formulation.errors import ExecutorError, FormulationError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


class InlineExecutor:
    """The driver is the only worker; nothing is pickled."""

    kind: ClassVar[str] = "inline"

    def __init__(self) -> None:
        self._pids: tuple[int, ...] = ()
        self._is_closed = False

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The driver's own process, once it has evaluated something."""
        return self._pids

    @property
    def n_requeued(self) -> int:
        """None: there is nobody else to send a chunk to."""
        return 0

    def warm_up(self) -> None:
        """Do nothing: the driver is up."""

    def run(
        self, evaluator: Callable[[Chunk], Result], chunks: Iterable[Chunk]
    ) -> Iterator[tuple[int, Result | GivenUp]]:
        """Yield (index of the chunk, its result), in order; `GivenUp` where memory ran out.

        Parameters
        ----------
        evaluator : callable
            Evaluates one chunk, [-].
        chunks : iterable
            What to evaluate; asked for the next when the last result was taken, [-].

        Yields
        ------
        tuple of int and result
            Index of the chunk and what the evaluator made of it, [-].

        Raises
        ------
        ExecutorError
            The executor is closed, or the evaluator raised something that is not ours.
        """
        if self._is_closed:
            raise ExecutorError("The inline executor is closed.", hint="Make another one.")
        for index, chunk in enumerate(chunks):
            result: Result | GivenUp
            try:
                result = evaluator(chunk)
            except MemoryError:
                result = GivenUp(reason="the driver, as its only worker, ran out of memory")
            except FormulationError:
                raise
            except Exception as error:  # the worker boundary: the same error as from a process
                raise evaluator_failed(index, error) from error
            self._pids = (os.getpid(),)
            yield index, result

    def close(self) -> None:
        """Take no further runs."""
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
