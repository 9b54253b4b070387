"""How busy a search keeps sixteen Ray actors whose evaluation takes a second.

The objective sleeps and needs no processor, so two cores are enough for sixteen actors: what is
measured is how long actors wait for the driver, or for the slowest of a batch. Efficiency is the
time that evaluations take, over actors times wall time. The whole counts from the first proposal
to the last trial on disk; the steady state only from the end of the first wave of actors to the
begin of the last. The start of Ray, and the evaluator's way to the actors, are not counted.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from experiments.config import StudySpec
from experiments.executors import Executor, make_executor
from experiments.objective import Outcome, Task
from experiments.search.asynchronous import AsynchronousSearch
from experiments.search.ends import Ends
from experiments.search.loop import CHUNK, Search
from experiments.search.strategies import make_strategy
from experiments.store import Store

ACTORS, WAVES = 16, 12
TRIALS = ACTORS * WAVES
EQUAL, DRAWN = (1.0, 1.0), (0.5, 1.5)
CASES = (
    ("asynchronous", "random", EQUAL),
    ("asynchronous", "tpe", EQUAL),
    ("asynchronous", "random", DRAWN),
    ("asynchronous", "tpe", DRAWN),
    ("batch", "random", EQUAL),
    ("batch", "random", DRAWN),
)
"""Mode, strategy, and the shortest and longest evaluation, [s]. A batch holds a chunk for each
actor."""


@frozen(kw_only=True)
class Sleeping:
    """Sleeps as long as a trial's number says, then answers."""

    keys: tuple[str, ...]
    seconds: tuple[float, float]

    def __call__(self, tasks: Sequence[Task]) -> tuple[Outcome, ...]:
        """Return values that follow from the trial's number."""
        return tuple(self._outcome(task.number) for task in tasks)

    def duration_s(self, number: int) -> float:
        """Return how long a trial takes, the same in every mode."""
        return float(np.random.default_rng([7, number]).uniform(*self.seconds))

    def _outcome(self, number: int) -> Outcome:
        time.sleep(self.duration_s(number))
        values = {key: float(number * (k + 7) % 101) for k, key in enumerate(self.keys)}
        return Outcome(
            number=number,
            values=values,
            lo90=values,
            hi90=values,
            slacks={"free": 1.0},
            origin="simulated",
        )


def efficiencies(spec: StudySpec, stored: Callable[[Store, StudySpec, int], Any]) -> dict[str, Any]:
    """Return the runs of every case, and what they were run on."""
    with make_executor("ray", ACTORS, preload=(), start_deadline_s=600.0) as executor:
        runs = [_run(executor, spec, stored, *case) for case in CASES]
    return {
        "actors": ACTORS,
        "trials": TRIALS,
        "actors_sleep": "the objective sleeps, so actors need no processor of their own",
        "runs": runs,
    }


def efficiency_pct(found: dict[str, Any], strategy: str) -> float:
    """Return the whole efficiency of the asynchronous mode with evaluations of 1 s each, [%]."""
    (run,) = (
        run
        for run in found["runs"]
        if (run["mode"], run["strategy"], run["seconds"]) == ("asynchronous", strategy, EQUAL)
    )
    return float(run["efficiency_pct"])


def _run(
    executor: Executor,
    spec: StudySpec,
    stored: Callable[[Store, StudySpec, int], Any],
    mode: str,
    strategy: str,
    seconds: tuple[float, float],
) -> dict[str, Any]:
    evaluator = Sleeping(keys=tuple(o.endpoint for o in spec.objectives), seconds=seconds)
    list(executor.run(evaluator, [()] * ACTORS))
    acked: list[tuple[float, int]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "store.sqlite") as store,
    ):
        study = stored(store, spec, TRIALS)
        with store.own(study.id) as lease:
            search = (AsynchronousSearch if mode == "asynchronous" else Search)(
                space=spec.space,
                strategy=make_strategy(strategy, spec.space, spec.objectives),
                evaluator=evaluator,
                executor=executor,
                store=store,
                lease=lease,
                study_id=study.id,
                seed=spec.budget.seed,
                ends=Ends(budget=study.budget),
                batch=ACTORS * CHUNK,
                on_ack=lambda numbers: acked.extend((time.perf_counter(), n) for n in numbers),
                on_progress=lambda _: None,
            )
            cpu, begin = time.process_time(), time.perf_counter()
            search.run()
            cpu = time.process_time() - cpu
    assert sorted(n for _, n in acked) == list(range(TRIALS))
    wall = acked[-1][0] - begin
    between = acked[ACTORS:-ACTORS]
    steady = between[-1][0] - acked[ACTORS - 1][0]
    found = {
        "mode": mode,
        "strategy": strategy,
        "seconds": seconds,
        "wall_s": wall,
        "efficiency_pct": 100 * _work(evaluator, acked) / (ACTORS * wall),
        # Batches come back in groups, whose times say nothing of a steady state.
        "steady_pct": 100 * _work(evaluator, between) / (ACTORS * steady)
        if mode == "asynchronous"
        else None,
        "driver_cpu_ms_per_trial": 1e3 * cpu / TRIALS,
    }
    print(found, flush=True)
    return found


def _work(evaluator: Sleeping, acked: Sequence[tuple[float, int]]) -> float:
    return sum(evaluator.duration_s(number) for _, number in acked)
