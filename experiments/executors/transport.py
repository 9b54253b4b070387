"""What a pool needs of workers, wherever they live: `ProcessWorkers` and `RayWorkers` give it.

A worker's calls are ``prepare`` (posted by the transport when it starts one), ``load`` (when the
evaluator is another object than before) and ``evaluate``.
"""

from collections.abc import Collection
from typing import Any, Literal, Protocol

from attrs import frozen

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

    def restart(self, worker: int, opening: bytes) -> None:
        """End one worker by force, start another in its place, and post ``prepare(opening)``."""

    def stop(self) -> None:
        """End every worker, and whatever else was started."""


@frozen(kw_only=True)
class Owed:
    """The answer a worker owes."""

    step: Step
    """The call it was sent."""

    due_at: float
    """When it must have come, on the monotonic clock, [s]."""

    round: int = 0
    """The run it belongs to."""

    index: int = -1
    """The chunk, for ``evaluate``."""

    chunk: Any = None
    """The chunk itself, to be sent again if its worker is lost."""

    is_replacement: bool = False
    """Whether a worker that takes a lost one's place is starting."""

    @property
    def what(self) -> str:
        """The call in words, for errors."""
        words = {"prepare": "its start", "load": "the evaluator"}
        return words.get(self.step, f"chunk {self.index}")
