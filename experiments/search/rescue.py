"""One design that costs its workers must not take a whole study along.

An executor gives a chunk up when it has cost one worker after another: a design whose evaluation
hangs, crashes, or needs more memory than there is. Its designs are then evaluated each on its own,
and the one that is given up again is a failed trial with the reason; the search goes on without it.
Whether the design or the machine is at fault is not known, so no strategy learns from it: its
design is not asked for again, and that is all. Trials that stood in a chunk with it are thereby
computed alone, which may move their last digit.
"""

from collections.abc import Iterable, Iterator, Sequence

from experiments.executors import Executor, GivenUp
from experiments.objective import Outcome, StudyEvaluator, Task
from experiments.store.records import GIVEN_UP

Chunk = tuple[Task, ...]


def evaluated(
    executor: Executor, evaluator: StudyEvaluator, chunks: Sequence[Chunk]
) -> Iterator[tuple[Outcome, ...]]:
    """Yield the outcomes of every chunk as they come, each design once.

    Parameters
    ----------
    executor : Executor
        Where they are evaluated, [-].
    evaluator : StudyEvaluator
        Who evaluates, [-].
    chunks : sequence of tuple of Task
        What to evaluate, [-].

    Yields
    ------
    tuple of Outcome
        What came out of a chunk, or of a part of it, [-].
    """
    alone: list[Chunk] = []
    for index, found in executor.run(evaluator, chunks):
        if not isinstance(found, GivenUp):
            yield found
        elif len(chunks[index]) == 1:
            yield (_failed(chunks[index][0], found),)
        else:
            alone += [(task,) for task in chunks[index]]
    if alone:
        yield from evaluated(executor, evaluator, alone)


def streamed(
    executor: Executor, evaluator: StudyEvaluator, tasks: Iterable[Task]
) -> Iterator[Outcome]:
    """Yield outcomes as they come, of designs that are asked for while others are evaluated.

    Parameters
    ----------
    executor : Executor
        Where they are evaluated, [-].
    evaluator : StudyEvaluator
        Who evaluates, [-].
    tasks : iterable of Task
        Asked for one more whenever a worker is free, [-].

    Yields
    ------
    Outcome
        What came out of a design; each is a chunk of its own, so one that is given up is a failed
        trial at once, [-].
    """
    sent: dict[int, Task] = {}

    def chunks() -> Iterator[Chunk]:
        for index, task in enumerate(tasks):
            sent[index] = task
            yield (task,)

    for index, found in executor.run(evaluator, chunks()):
        task = sent.pop(index)
        yield _failed(task, found) if isinstance(found, GivenUp) else found[0]


def _failed(task: Task, given_up: GivenUp) -> Outcome:
    reason = f"{GIVEN_UP}, which says nothing of the design: {given_up.reason}"
    return Outcome(number=task.number, reasons=(reason,))
