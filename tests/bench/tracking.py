"""What tracking costs: the search nothing, and the process behind it so much CPU a thing.

Search: the same study with tracking off and on, in turn, from its first proposal to its last trial
on disk. CPU seconds of two alike searches differ by some percent on a shared machine, so what
decides is a count: every call that Python makes in that time, of which a search makes millions. The
CPU is told beside it, as the median of all pairs with the 95 % interval of a bootstrap.
Confirmation is left out, and the process that delivers is not started, since both come after that;
whether a start ever comes earlier is counted.
Behind it: what it takes to make and write the run of a study with two thousand trials over one with
a hundred and twenty (a trial), runs of candidates without curves (a child run), and one run with
three thousand points more (a point); CPU of everything, MLflow and its SQLite database included,
the median of all repeats, each in a process of its own, as the one that delivers is. Beside them,
in the same repeat, some of these runs told call by call, as MLflow's own
guide does it: the share of that is the same on a machine of any speed.
Writes JSON with commit, versions, seeds and every run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from cProfile import Profile
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import numpy as np
from attrs import evolve
from mlflow import MlflowClient

from experiments import courier, studies
from experiments.config import StudySpec, load_study, with_budget
from experiments.store import Store, StudyRecord, TrialRecord
from experiments.studies import Listener
from experiments.surrogates import train_models
from experiments.tracked import StoredContents
from experiments.tracked.candidates import candidate_content
from experiments.tracked.facts import StudyFacts
from experiments.tracking.desk import Desk
from experiments.tracking_messages import RunContent
from experiments.workspace import ALL, FRONT, OFF, Workspace, open_workspace
from tests.bench.engine import stored
from tests.bench.record import circumstances, exit_code, figure

STUDY = """\
study: tracked
jurisdiction: EU
systems: [immediate_release]
salts: [citrate, chloride]
dose: {low: 150 mg/d, high: 250 mg/d}
population: {name: healthy_adults, size: 16, seed: 3}
objectives:
  - {endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: 40 mg/d}
  - {endpoint: swallowed_mass, goal: minimise, worst: 6 g/d, ideal: 0.5 g/d}
limits:
  - {endpoint: peak_gut_load.p95, high: 12 mmol}
"""
TRIALS, LARGE, REPEATS, PAIRS, COUNTED = 120, 2000, 7, 24, 2
SPOKEN = 8
POINTS = 3000
BOUNDS = {
    "calls_pct": ("search with tracking on above off, calls of the driver", "%", 1.0, 0.0),
    "early_starts": ("deliveries started before the last trial was on disk", "-", 0.0, 0.0),
    "cpu_ms_per_trial": ("in the background: a trial", "ms", 1.0, None),
    "cpu_ms_per_child": ("in the background: run of a candidate", "ms", 20.0, None),
    "cpu_ms_per_point": ("in the background: point of a curve", "ms", 0.15, None),
    "child_pct_of_calls": ("run of a candidate, of the same told call by call", "%", 100.0, None),
}
"""Name, unit, must and aim; smaller is better."""


def a_search(spec: StudySpec, workspace: Workspace, *, is_counted: bool = False) -> dict[str, Any]:
    """Return CPU, wall seconds and calls from the first proposal to the last trial on disk."""
    begun: list[tuple[float, float]] = []
    acked: list[tuple[float, float]] = []
    started: list[float] = []
    done: list[int] = []
    counter = Profile()

    def begin(_objectives: object, _progress: object) -> None:
        if is_counted and not begun:
            counter.enable()
        begun.append((time.process_time(), time.perf_counter()))

    def acknowledge(_study: object, numbers: Sequence[int]) -> None:
        acked.append((time.process_time(), time.perf_counter()))
        done.extend(numbers)
        if len(done) == TRIALS:
            counter.disable()

    def start(_workspace: Workspace, _study_id: str) -> "subprocess.Popen[bytes]":
        started.append(time.perf_counter())
        return subprocess.Popen(["true"])

    listener = Listener(
        say=lambda _: None,
        on_started=lambda _: None,
        on_ack=acknowledge,
        on_progress=begin,
    )
    with (
        mock.patch.object(courier, "start", start),
        mock.patch.object(studies, "confirm_front"),
    ):
        studies.run_study(spec, workspace, listener)
    cpu_s, wall_s = (end - first for end, first in zip(acked[-1], begun[0], strict=True))
    return {
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "calls": sum(entry.callcount for entry in counter.getstats()) if is_counted else None,
        "delivery_starts_s_after": [at - acked[-1][1] for at in started],
    }


def searches(spec: StudySpec, workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """Return every search with tracking off and on, in turn."""
    ways = {"off": evolve(workspace, tracking_uri=OFF), "on": workspace}
    found: dict[str, list[dict[str, Any]]] = {"off": [], "on": []}
    for k in range(PAIRS + COUNTED):
        for way in ("off", "on") if k % 2 else ("on", "off"):
            found[way].append(a_search(spec, ways[way], is_counted=k >= PAIRS))
    return found


def cpu_above_pct(timed: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Return by how much CPU with tracking on is above off: median of pairs, and its interval."""
    on, off = ([run["cpu_s"] for run in timed[way][:PAIRS]] for way in ("on", "off"))
    gaps = 100.0 * (np.array(on) / np.array(off) - 1.0)
    drawn = np.random.default_rng(1).choice(gaps, size=(10_000, len(gaps)))
    low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
    return {"median_pct": float(np.median(gaps)), "lo95_pct": float(low), "hi95_pct": float(high)}


def enlarged(store: Store, spec: StudySpec, study: StudyRecord) -> StudyRecord:
    """Return a study with the trials of another, over and over, and its record."""
    done = store.trials(study.id)
    many = [evolve(done[k % len(done)], number=k, epoch=0, at_utc="") for k in range(LARGE)]
    made = stored(store, spec, LARGE)
    with store.own(made.id) as lease:
        store.add_running(lease, [_running(trial) for trial in many])
        store.finish(lease, many)
        store.set_study(lease, state="complete", info=store.study(study.id).info)
    return store.study(made.id)


def _running(trial: TrialRecord) -> TrialRecord:
    return TrialRecord(number=trial.number, state="running", design=trial.design, seed=trial.seed)


def cpu_ms(work: Callable[[], Any]) -> float:
    """Return CPU milliseconds of some work."""
    begin = time.process_time()
    work()
    return 1e3 * (time.process_time() - begin)


def in_fresh_process(work: Callable[..., dict[str, float]], *given: object) -> dict[str, float]:
    """Return what some work finds in a process that has done nothing else, as one that delivers."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def background(workspace: Workspace, few: str, many: str) -> dict[str, float]:
    """Return CPU milliseconds of a trial, of a child run and of a point of a curve, once."""
    with Store.open(workspace.store_place) as store:
        return _background(store, workspace, few, many)


def _background(store: Store, workspace: Workspace, few: str, many: str) -> dict[str, float]:
    desk = Desk(workspace)
    experiment = desk.experiment("bench")

    def study_run(study_id: str) -> float:
        # Nothing is kept from one time to the next.
        made = StoredContents(store)
        return cpu_ms(lambda: desk.write(experiment, study_id, made.study(study_id)))

    study_run(few)  # what is loaded once
    small, large = study_run(few), study_run(many)
    facts = StudyFacts(store, few)
    front = {t.number for t in facts.children(FRONT)}
    rest = [t for t in facts.children(ALL) if t.number not in front]
    # A delivery has read the study by now, for its run; of MLflow something is loaded once.
    desk.write(experiment, few, candidate_content(facts, rest[0]), "")
    children = cpu_ms(
        lambda: [desk.write(experiment, few, candidate_content(facts, t), "") for t in rest]
    )
    some = [candidate_content(facts, t) for t in rest[:SPOKEN]]
    spoken = cpu_ms(lambda: [_told_call_by_call(workspace, experiment, c) for c in some])
    plain = candidate_content(facts, rest[0])
    curve = [("curve_pct_by_min", 0.01 * k, k) for k in range(POINTS)]
    long = evolve(plain, metrics=[*plain.metrics, *curve])
    short, drawn = (
        cpu_ms(lambda content=content: desk.write(experiment, few, content))
        for content in (plain, long)
    )
    return {
        "cpu_ms_per_trial": (large - small) / (LARGE - TRIALS),
        "cpu_ms_per_child": children / len(rest),
        "cpu_ms_per_point": (drawn - short) / POINTS,
        "child_pct_of_calls": 100.0 * (children / len(rest)) / (spoken / SPOKEN),
    }


def _told_call_by_call(workspace: Workspace, experiment: str, content: RunContent) -> None:
    """Tell MLflow of a candidate with a call for each thing."""
    client = MlflowClient(workspace.tracking_uri, workspace.tracking_uri)
    run = client.create_run(experiment, run_name=content.name).info.run_id
    for name, text in content.tags.items():
        client.set_tag(run, name, text)
    for name, value in content.params.items():
        client.log_param(run, name, value)
    for name, number, step in content.metrics:
        client.log_metric(run, name, number, step=step)
    client.set_terminated(run)


def measure(folder: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the figures, and every run."""
    spec = with_budget(load_study(STUDY), trials=TRIALS, seed=1)
    workspace = open_workspace(home=folder, executor="inline", environment={})
    train_models(spec, workspace, print)
    timed = searches(spec, workspace)
    print("searches", timed, flush=True)
    with Store.open(workspace.store_place) as store:
        study = store.studies()[-1]
        large = enlarged(store, spec, study)
    costs = [in_fresh_process(background, workspace, study.id, large.id) for _ in range(REPEATS)]
    print("background", costs, flush=True)
    runs = {"searches": timed, "search_cpu_above": cpu_above_pct(timed), "background": costs}
    return figures_of(timed, costs), runs


def figures_of(
    timed: dict[str, list[dict[str, Any]]], costs: list[dict[str, float]]
) -> dict[str, float]:
    """Return the figures of all runs: the most of the counts, the median of the costs."""
    counted = ([run["calls"] for run in timed[way] if run["calls"]] for way in ("on", "off"))
    above = [100.0 * (on / off - 1.0) for on, off in zip(*counted, strict=True)]
    assert len(above) == COUNTED, "a search was not counted"
    gaps = [gap for run in timed["on"] for gap in run["delivery_starts_s_after"]]
    assert len(gaps) == PAIRS + COUNTED, "a study was not handed over"
    return {
        "calls_pct": max(above),
        "early_starts": float(sum(gap < 0 for gap in gaps)),
        **{key: median(cost[key] for cost in costs) for key in costs[0]},
    }


def bounded(key: str, value: float) -> dict[str, Any]:
    """Return one figure with what it must be."""
    name, unit, must, aim = BOUNDS[key]
    return figure(name, unit, value, must, aim)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write the JSON, and end with 1 when something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--home", help="workspace to keep, whose surrogates are not fitted again")
    asked = parser.parse_args(arguments)
    began = circumstances("mlflow", "numpy", "sqlalchemy")
    with tempfile.TemporaryDirectory() as folder:
        measured, runs = measure(asked.home or folder)
    figures = [bounded(key, value) for key, value in measured.items()]
    document = {
        "schema": "formulation/bench-tracking",
        "version": 1,
        **began,
        "seed": 1,
        "trials": {"few": TRIALS, "many": LARGE, "points": POINTS},
        "figures": figures,
        "runs": runs,
    }
    asked.out.write_text(json.dumps(document, indent=1) + "\n")
    return exit_code(figures)


if __name__ == "__main__":
    sys.exit(main())
