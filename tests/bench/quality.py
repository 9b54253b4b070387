"""Measure the search against random, and the surrogate against the simulator.

Both strategies work in feasible coordinates, with the same surrogates, the same budget and the same
seeds; hypervolumes are of surrogate values. The rank correlation is taken over the front of each
seed's search, integrated on subjects of its own. Writes JSON with commit, versions, seeds and every
run, and ends with 1 when the search does not win often enough.
"""

import argparse
import json
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.config import StudySpec, load_study
from experiments.confirmation import confirm
from experiments.fitting import fit_or_load
from experiments.objective import StudyEvaluator, Task
from experiments.results import compared_keys, confirmation_summary, front_of
from experiments.search.front import hypervolume, normalised
from experiments.search.loop import observation
from experiments.search.strategies import make_strategy
from experiments.store import Store, TrialRecord
from tests.bench.record import commit

STUDY = Path("configs/studies/quickstart.yaml")
SEEDS = (11, 12, 13, 14, 15)
"""None of them was used to choose a setting of the search."""

NEEDED_WINS = 4
PACKAGES = ("numpy", "optuna", "scikit-learn", "moocore")


def search(
    spec: StudySpec, strategy_name: str, seed: int, evaluator: StudyEvaluator
) -> list[TrialRecord]:
    """Run one search in memory and return its trials."""
    strategy = make_strategy(strategy_name, spec.space, spec.objectives)
    trials: list[TrialRecord] = []
    while len(trials) < spec.budget.trials:
        n = min(spec.budget.batch, spec.budget.trials - len(trials))
        proposals = strategy.propose([observation(t) for t in trials], (), n, seed)
        tasks = [Task(number=len(trials) + k, design=p.design) for k, p in enumerate(proposals)]
        trials += [
            TrialRecord(
                number=outcome.number,
                state="failed" if outcome.has_failed else "complete",
                design=task.design.as_dict(),
                seed=seed,
                values=outcome.values,
                slacks=outcome.slacks,
                reasons=outcome.reasons,
            )
            for task, outcome in zip(tasks, evaluator(tasks), strict=True)
        ]
    return trials


def measure(spec: StudySpec, trials: list[TrialRecord]) -> float:
    """Return the hypervolume of the feasible trials."""
    feasible = [t for t in trials if t.is_feasible]
    return hypervolume(normalised(spec.objectives, [t.values for t in feasible]))


def agreement(spec: StudySpec, trials: list[TrialRecord]) -> dict[str, Any]:
    """Return how the surrogate and the simulator agree on the front of a search."""
    front = front_of(spec.objectives, trials)
    found = confirm(front, spec.population, spec.objectives, spec.limits, 256)
    return confirmation_summary(compared_keys(spec), front, {c.number: c for c in found})


def run(spec: StudySpec, seeds: tuple[int, ...]) -> list[dict[str, Any]]:
    """Run both strategies for every seed with the same surrogates."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "s.sqlite") as store:
        models = fit_or_load(spec.space, spec.population, store, Path(folder) / "models", print)
        evaluator = StudyEvaluator(
            chain=models.chain,
            population=spec.population,
            objectives=spec.objectives,
            limits=spec.limits,
        )
        rows = []
        for seed in seeds:
            trials = {name: search(spec, name, seed, evaluator) for name in ("tpe", "random")}
            rows.append(
                {
                    "seed": seed,
                    "hypervolume": {name: measure(spec, found) for name, found in trials.items()},
                    "confirmation": agreement(spec, trials["tpe"]),
                }
            )
            print(json.dumps(rows[-1]["hypervolume"]), f"seed {seed}", flush=True)
        return rows


def main() -> int:
    """Measure, write the JSON, and say whether the search won often enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    spec = load_study(STUDY)
    rows = run(spec, SEEDS)
    wins = sum(r["hypervolume"]["tpe"] > r["hypervolume"]["random"] for r in rows)
    result = {
        "schema": "formulation/bench-quality",
        "version": 1,
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "study_sha256": spec.sha256,
        "budget": spec.budget.trials,
        "wins": wins,
        "needed": NEEDED_WINS,
        "runs": rows,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1))
    print(f"{wins} of {len(rows)} seeds ahead of random; {arguments.out}")
    return 0 if wins >= NEEDED_WINS else 1


if __name__ == "__main__":
    sys.exit(main())
