"""What the engine of a search costs: a trial, a resume, 20,000 surrogate evaluations, waiting.

A trial: random proposal, dispatch in the driver, tell and commit, with an objective that costs
nothing; CPU milliseconds. A resume: a store with five thousand finished trials, until the next
batch is evaluated, for each strategy; wall seconds. Twenty thousand: the quickstart's five systems
by evolution, surrogates fitted before, two worker processes, tracking on; wall seconds of the
search alone, from its start to the last trial on disk, and of everything with confirmation, report
and tracking. Waiting: `tests.bench.waves`, the efficiency of sixteen actors; `--only async`
measures it alone.
Writes JSON with commit, versions, seeds and every run.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from experiments.config import StudySpec, load_study, with_budget
from experiments.executors import make_executor
from experiments.objective import Outcome, Task
from experiments.search.ends import Ends
from experiments.search.loop import Search
from experiments.search.strategies import make_strategy
from experiments.store import Store, TrialRecord
from experiments.studies import Listener, run_study
from experiments.surrogates import train_models
from experiments.workspace import Workspace, open_workspace
from tests.bench import waves
from tests.bench.record import circumstances, exit_code, figure

STUDY = Path("configs/studies/quickstart.yaml")
TRIALS, REPEATS = 2000, 3
RESUMED, LARGE = 5000, 20_000
LARGE_BATCH, WORKERS = 96, 2
BOUNDS = {
    "cpu_ms_per_trial": ("engine, CPU of a trial", "ms", 2.0, 1.0),
    "resume_s": ("resume of 5,000 trials, the slowest strategy", "s", 10.0, 3.0),
    "large_search_s": ("20,000 surrogate evaluations on two cores", "s", 60.0, 20.0),
    "lost_pct": ("16 Ray actors, 1 s, asynchronous, random: time lost", "%", 5.0, 2.0),
    "lost_tpe_pct": ("16 Ray actors, 1 s, asynchronous, TPE: time lost", "%", 5.0, 2.0),
}
"""Name, unit, must and aim; smaller is better, so an efficiency of 95 % is a loss of 5 %."""


@frozen(kw_only=True)
class Free:
    """Answers at once."""

    keys: tuple[str, ...]

    def __call__(self, tasks: Sequence[Task]) -> tuple[Outcome, ...]:
        """Return values that follow from the trial's number."""
        return tuple(self._outcome(task.number) for task in tasks)

    def _outcome(self, number: int) -> Outcome:
        values = {key: float(number * (k + 7) % 101) for k, key in enumerate(self.keys)}
        return Outcome(
            number=number,
            values=values,
            lo90=values,
            hi90=values,
            slacks={"free": 1.0},
            origin="simulated",
        )


def search(store: Store, spec: StudySpec, study_id: str, lease: Any, strategy: str) -> None:
    """Search a study with the objective that costs nothing."""
    Search(
        space=spec.space,
        strategy=make_strategy(strategy, spec.space, spec.objectives),
        evaluator=Free(keys=tuple(o.endpoint for o in spec.objectives)),
        executor=make_executor("inline"),
        store=store,
        lease=lease,
        study_id=study_id,
        seed=spec.budget.seed,
        ends=Ends(budget=store.study(study_id).budget),
        batch=spec.budget.batch,
        on_ack=lambda _: None,
        on_progress=lambda _: None,
    ).run()


def stored(store: Store, spec: StudySpec, budget: int) -> Any:
    """Return a new study of a store."""
    return store.create_study(
        name=spec.name,
        config=spec.config,
        config_text=spec.text,
        config_sha256=spec.sha256,
        seed=spec.budget.seed,
        budget=budget,
    )


def a_trial(spec: StudySpec) -> float:
    """Return CPU milliseconds of a trial by random proposal."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "store.sqlite") as store,
    ):
        study = stored(store, spec, TRIALS)
        with store.own(study.id) as lease:
            begin = time.process_time()
            search(store, spec, study.id, lease, "random")
            return 1e3 * (time.process_time() - begin) / TRIALS


def a_resume(spec: StudySpec, strategy: str) -> float:
    """Return wall seconds from opening a store to the next batch on disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        with Store.open(path) as store:
            study = stored(store, spec, RESUMED)
            with store.own(study.id) as lease:
                search(store, spec, study.id, lease, "random")
                done = store.trials(study.id)
        with Store.open(path) as store:
            again = stored(store, spec, RESUMED + spec.budget.batch)
            with store.own(again.id) as lease:
                store.add_running(lease, list(map(_running, done)))
                store.finish(lease, done)
        begin = time.perf_counter()
        with Store.open(path) as store, store.own(again.id) as lease:
            search(store, spec, again.id, lease, strategy)
        return time.perf_counter() - begin


def _running(trial: TrialRecord) -> TrialRecord:
    return TrialRecord(number=trial.number, state="running", design=trial.design, seed=trial.seed)


def large(spec: StudySpec, workspace: Workspace) -> dict[str, float]:
    """Return wall seconds of the search and of everything, of twenty thousand trials."""
    begun: list[float] = []
    acked: list[float] = []
    listener = Listener(
        say=lambda text: print(f"  {text}", flush=True),
        on_started=lambda _: None,
        on_ack=lambda _study, _numbers: acked.append(time.perf_counter()),
        on_progress=lambda _o, progress: begun.append(time.perf_counter()),
    )
    start = time.perf_counter()
    document = run_study(spec, workspace, listener)
    return {
        "search_s": acked[-1] - begun[0],
        "whole_s": time.perf_counter() - start,
        "trials": document["trials"],
        "invalid_asked": document["invalid_asked"],
        "hypervolume": document["hypervolume"],
        "on_front": len(document["front"]),
    }


def costs(spec: StudySpec) -> tuple[dict[str, float], dict[str, Any]]:
    """Return what a trial, a resume and twenty thousand trials cost, and every run."""
    trials = [a_trial(spec) for _ in range(REPEATS)]
    print("CPU ms a trial", trials, flush=True)
    resumes = {name: a_resume(spec, name) for name in ("random", "tpe", "evolutionary")}
    print("resume, s", resumes, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(home=folder, executor="process", workers=WORKERS)
        train_models(spec, workspace, print)
        asked = with_budget(spec, trials=LARGE, batch=LARGE_BATCH, strategy="evolutionary")
        many = large(asked, workspace)
    print("large", many, flush=True)
    measured = {
        "cpu_ms_per_trial": min(trials),
        "resume_s": max(resumes.values()),
        "large_search_s": many["search_s"],
    }
    return measured, {"cpu_ms_per_trial": trials, "resume_s": resumes, "large": many}


def bounded(key: str, value: float) -> dict[str, Any]:
    """Return one figure with what it must be."""
    name, unit, must, aim = BOUNDS[key]
    return figure(name, unit, value, must, aim)


def main() -> int:
    """Measure, write the JSON, and end with 1 when something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=("async",), help="measure this alone")
    arguments = parser.parse_args()
    began = circumstances("numpy", "optuna", "ray", "sqlalchemy")
    spec = load_study(STUDY)
    measured, runs = ({}, {}) if arguments.only else costs(spec)
    runs["async"] = waves.efficiencies(spec, stored)
    measured["lost_pct"] = 100.0 - waves.efficiency_pct(runs["async"], "random")
    measured["lost_tpe_pct"] = 100.0 - waves.efficiency_pct(runs["async"], "tpe")
    figures = [bounded(key, value) for key, value in measured.items()]
    document = {
        "schema": "formulation/bench-engine",
        "version": 1,
        **began,
        "load": os.getloadavg(),
        "seed": spec.budget.seed,
        "figures": figures,
        "runs": runs,
    }
    arguments.out.write_text(json.dumps(document, indent=1) + "\n")
    return exit_code(figures)


if __name__ == "__main__":
    sys.exit(main())
