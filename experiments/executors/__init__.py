"""Three ways to evaluate chunks of designs, one interface: inline, process, ray.

An executor knows nothing of the domain: it is given an evaluator (any picklable callable), and
chunks, and hands results back as they finish. It never falls back to another kind and never
evaluates a chunk twice unseen: when a worker is lost, or does not answer in time, it is replaced,
what it held goes to another, and that is said and counted. A chunk that costs one worker after
another comes back as `GivenUp`. Only this machine is used; a remote Ray cluster is not joined.

``warm_up()`` begins to bring workers up and returns at once, so that models are fitted meanwhile;
``run()`` waits for them. One thread drives an executor, and one run is under way at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import START_DEADLINE_S, START_DEADLINE_VARIABLE, limits_for
from experiments.executors.pool import PoolExecutor
from experiments.executors.replies import GivenUp
from experiments.processors import available_processors
from formulation.errors import InputError, UnknownNameError

__all__ = [
    "DEFAULT_PRELOAD",
    "KINDS",
    "START_DEADLINE_S",
    "START_DEADLINE_VARIABLE",
    "Executor",
    "GivenUp",
    "make_executor",
]

KINDS = ("inline", "process", "ray")
"""The driver itself; processes of its own; actors of a local Ray."""

DEFAULT_PRELOAD = ("sklearn.gaussian_process",)
"""What workers import while the driver still fits: the slowest import of a fitted model."""

MOST_WORKERS = 4
"""Workers taken unasked; more is a choice of the user."""

WORKERS_CAP = 64
"""More workers than this on one machine only bring it down."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


class Executor(Protocol):
    """What the search needs of an executor."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Processes that evaluated something so far, sorted; inline, the driver's own."""

    @property
    def n_requeued(self) -> int:
        """Times that a chunk was sent to another worker because one was lost, [-]."""

    def warm_up(self) -> None:
        """Begin to bring workers up, without waiting; `run` does it if nobody has."""

    def run(
        self, evaluator: Callable[[Chunk], Result], chunks: Iterable[Chunk]
    ) -> Iterator[tuple[int, Result | GivenUp]]:
        """Yield (index of the chunk, its result) as they finish, in any order.

        A sequence goes out as fast as workers take it; an iterator is asked for one more chunk when
        a worker is free (of many workers, a little in advance) and earlier results were taken. The
        evaluator travels to each worker once,
        and again only when another object is given. A chunk that cost too many workers is answered
        by `GivenUp`.
        """

    def close(self) -> None:
        """End every worker; may be called twice."""

    def __enter__(self) -> Self:
        """Return the executor itself, not warmed up."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


def make_executor(
    kind: str,
    n_workers: int | None = None,
    *,
    start_deadline_s: float | None = None,
    chunk_deadline_s: float | None = None,
    preload: Sequence[str] = DEFAULT_PRELOAD,
    say: Callable[[str], None] = lambda _: None,
) -> Executor:
    """Return an executor of one kind; nothing is started yet.

    Parameters
    ----------
    kind : str
        One of `KINDS`, [-].
    n_workers : int, optional
        Workers; by default one for each processor, at most 4, and for Ray at least 2. Inline takes
        1 only, [-].
    start_deadline_s : float, optional
        Time in which the workers must be up; by default the environment's for Ray, else 180, [s].
    chunk_deadline_s : float, optional
        Time in which a chunk must be answered; by default the environment's, else 600. Inline
        evaluates in the driver and cannot be stopped by it, [s].
    preload : sequence of str, optional
        Modules that workers import before the evaluator arrives; inline has no workers and takes
        none, [-].
    say : callable, optional
        Told in words when a worker is lost and what becomes of its chunk, [-].

    Returns
    -------
    Executor
        To be used as a context manager, or closed, [-].

    Raises
    ------
    UnknownNameError
        The kind is none of `KINDS`.
    InputError
        The number of workers or a deadline cannot be used.

    Examples
    --------
    >>> with make_executor("inline") as executor:
    ...     list(executor.run(sum, [(1, 2), (3, 4)]))
    [(0, 3), (1, 7)]
    """
    if kind not in KINDS:
        raise UnknownNameError("Executor", kind, KINDS)
    workers = _n_workers(kind, n_workers)
    if kind == "inline":
        return InlineExecutor()
    limits = limits_for(kind, start_deadline_s, chunk_deadline_s)
    if kind == "process":
        from experiments.executors.process import ProcessWorkers

        return PoolExecutor("process", ProcessWorkers(), workers, limits, tuple(preload), say)
    from experiments.executors.ray_local import RayWorkers

    return PoolExecutor("ray", RayWorkers(), workers, limits, tuple(preload), say)


def _n_workers(kind: str, wanted: int | None) -> int:
    if wanted is None:
        least = 2 if kind == "ray" else 1
        return 1 if kind == "inline" else max(least, min(available_processors(), MOST_WORKERS))
    if not 1 <= wanted <= WORKERS_CAP or (kind == "inline" and wanted != 1):
        rule = "exactly 1, the driver itself" if kind == "inline" else f"1 to {WORKERS_CAP}"
        raise InputError(
            f"Executor {kind!r}: {wanted} workers were asked for; it takes {rule}.",
            hint="Change the number of workers, or the executor.",
        )
    return wanted
