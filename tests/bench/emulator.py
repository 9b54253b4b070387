"""Measure the emulator of absorption on designs that no fit has seen.

For every delivery system of the quickstart and two populations: errors of the absorbed increment,
rank correlation, what choosing by emulator instead of simulator costs, coverage of the emulator's
own interval (no stated model error in it) and rows a second. Beside it, by cross-validation on the
training rows, the families and scales that were tried and lost. Relative errors are over the true
value or `FLOOR`, whichever is greater: below it a patch brings nothing that anybody could measure.
Times are CPU seconds of one core. Writes JSON with commit, versions, seeds and every run, anew
after each. A workspace keeps training rows and simulated fresh designs between runs.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve

from experiments.config import load_study
from experiments.fitting import TRAINING_DESIGNS, TRAINING_SEED, FittedModels, fit_or_load
from experiments.processors import one_thread
from experiments.store import Store
from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.patients import Population
from formulation.space import DesignSpace, SystemSpace
from models.chain import MechanisticChain
from models.surrogates.emulator import SystemSurrogate, fit
from models.surrogates.law_features import DOSE, body_columns
from models.surrogates.process import fitted_process
from models.surrogates.rows import SimulatedRows, read_rows_file
from models.surrogates.scales import from_learnt, to_learnt
from models.surrogates.table import (
    ENDPOINT_KEYS,
    code_fingerprint,
    space_filling,
    with_measured,
)
from models.surrogates.validation import N_FOLDS, cross_validate
from tests.bench.record import commit, exit_code

STUDY = Path("configs/studies/quickstart.yaml")
POPULATIONS = ("healthy_adults", "ppi_users")
FRESH, FRESH_SEED = 128, 424242
"""Designs never trained on, and their seed, [-]."""

FLOOR = 0.5
"""Smallest increment that an error is taken relative to, [mg/d]."""

INCREMENT = tuple(f"absorbed_increment.{p}" for p in ("p05", "p50", "p95"))
FAMILIES_OF = ("timed_release",)
"""Systems, the hardest, on which families and scales are compared."""

REPEATS = 3
MANY = 20_000
"""Rows of a timed prediction, [-]."""

BOUNDS = {
    "p95_relative_error_pct": ("P95 relative error of the absorbed increment", "%", 10.0, 5.0, -1),
    "rank": ("rank correlation with the simulator", "-", 0.95, 0.98, 1),
    "regret_pct": ("lost by choosing by emulator, of the best", "%", 5.0, 2.0, -1),
    "coverage90_pct": ("coverage of the emulator's own 90 % interval", "%", 80.0, 87.0, 1),
    "rows_per_s": ("rows a second with intervals, one core", "rows/s", 1e3, 5e4, 1),
    "refit_s": ("CPU of a refit from kept rows", "s", 5.0, 3.0, -1),
}
"""Name, unit, must, aim and which way is better, of the worst of all runs."""


def increment(values: FloatArray, statistic: str = "p50") -> FloatArray:
    """Return one percentile of the absorbed increment."""
    return values[:, ENDPOINT_KEYS.index(f"absorbed_increment.{statistic}")]


def relative(found: FloatArray, truth: FloatArray) -> FloatArray:
    """Return relative errors, [-]."""
    return np.abs(found - truth) / np.maximum(truth, FLOOR)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of something on one core, and what came of it."""
    with one_thread():
        begin = time.process_time()
        found = work()
        return time.process_time() - begin, found


def accuracy(found: FloatArray, truth: FloatArray) -> dict[str, Any]:
    """Return errors, order and what the emulator's pick costs."""
    from scipy.stats import spearmanr

    mine, best = increment(found), increment(truth)
    errors = {p: relative(increment(found, p), increment(truth, p)) for p in ("p05", "p50", "p95")}
    return {
        "p95_relative_error_pct": 100 * float(np.percentile(errors["p50"], 95)),
        "median_relative_error_pct": 100 * float(np.median(errors["p50"])),
        "p95_relative_error_of_p05_pct": 100 * float(np.percentile(errors["p05"], 95)),
        "p95_relative_error_of_p95_pct": 100 * float(np.percentile(errors["p95"], 95)),
        "below_floor": int((best < FLOOR).sum()),
        "rank": float(spearmanr(mine, best).statistic),
        "regret_pct": 100 * float((best.max() - best[mine.argmax()]) / best.max()),
        "r2": {
            key: float(1 - ((t - f) ** 2).sum() / ((t - t.mean()) ** 2).sum())
            for key, t, f in zip(ENDPOINT_KEYS, truth.T, found.T, strict=True)
        },
    }


def coverage(surrogate: SystemSurrogate, features: FloatArray, truth: FloatArray) -> float:
    """Return how often the increment lies in the interval without the model error, [%]."""
    none = np.zeros((len(ENDPOINT_KEYS), 2))
    bare = evolve(surrogate, calibration=evolve(surrogate.calibration, measured_error=none))
    found = bare.predict(features)
    inside = (found.endpoints_lo90 <= truth + 1e-9) & (truth - 1e-9 <= found.endpoints_hi90)
    columns = [ENDPOINT_KEYS.index(key) for key in INCREMENT]
    return 100 * float(inside[:, columns].mean())


def speed(
    models: FittedModels, system: str, designs: list[Design], features: FloatArray
) -> dict[str, float]:
    """Return rows a second: from features, and from designs."""
    surrogate = models.chain.surrogates[system]
    many = np.tile(features, (-(-MANY // len(features)), 1))[:MANY]
    surrogate.predict(many[:FRESH])
    fastest = min(cpu(lambda: surrogate.predict(many))[0] for _ in range(REPEATS))
    whole = min(
        cpu(lambda: models.chain.evaluate(designs, models.chain.population, INCREMENT))[0]
        for _ in range(REPEATS)
    )
    return {"rows_per_s": MANY / fastest, "designs_per_s": len(designs) / whole}


def refit(models: FittedModels, population: Population) -> tuple[float, SimulatedRows]:
    """Return the CPU seconds of a fit from kept rows, and the rows."""
    kept = models.records[0].card["rows"]

    def again() -> SimulatedRows:
        rows = read_rows_file(Path(kept["path"]), kept["sha256"])
        fit(with_measured(rows, population, ()), rows.endpoint_fit, curves=rows.curve_fit)
        return rows

    return cpu(again)


def families(rows: SimulatedRows) -> Iterator[dict[str, Any]]:
    """Cross-validate by formulation what was tried, on the training rows."""
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.multioutput import MultiOutputRegressor

    body = body_columns(rows.feature_names)
    dose = np.exp(rows.features[:, rows.feature_names.index(DOSE)])
    seen = {"body": rows.features[:, body], "recipe": rows.features[:, ~body]}
    learnt = {"scaled": to_learnt(rows.endpoints, dose), "as they are": rows.endpoints}
    trees = {
        "extra trees": ExtraTreesRegressor(200, random_state=0),
        "boosted trees": MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0)),
    }
    columns = [ENDPOINT_KEYS.index(key) for key in INCREMENT]
    for family, features, scale in (
        ("Gaussian process", "body", "scaled"),
        ("Gaussian process", "body", "as they are"),
        ("Gaussian process", "recipe", "scaled"),
        ("Gaussian process", "recipe", "as they are"),
        ("extra trees", "body", "scaled"),
        ("boosted trees", "body", "scaled"),
    ):
        x, y = seen[features], learnt[scale]
        if family in trees:
            found = y.copy()
            found[:, columns] = cross_val_predict(
                trees[family], x, y[:, columns], groups=rows.groups, cv=GroupKFold(N_FOLDS)
            )
        else:
            found = cross_validate(fitted_process(x, y), x, y, rows.groups).mean
        values = from_learnt(found, dose) if scale == "scaled" else found
        errors = relative(increment(values), increment(rows.endpoints))
        yield {
            "family": family,
            "features": features,
            "outputs": scale,
            "p95_relative_error_pct": 100 * float(np.percentile(errors, 95)),
            "mean_relative_error_pct": 100 * float(errors.mean()),
        }


def truth(
    designs: list[Design], population: Population, seed: int, folder: Path
) -> tuple[float, FloatArray]:
    """Return CPU seconds and endpoints of fresh designs, simulated or kept by the same code."""
    kept = folder / f"fresh-{seed}-{code_fingerprint()[:16]}.npz"
    if not kept.exists():
        seconds, table = cpu(
            lambda: MechanisticChain().evaluate(designs, population, ENDPOINT_KEYS)
        )
        np.savez(kept, seconds=seconds, value=table.value)
    with np.load(kept, allow_pickle=False) as found:
        return float(found["seconds"]), found["value"]


def measure(part: SystemSpace, population: Population, seed: int, folder: Path) -> dict[str, Any]:
    """Fit one system in one population and compare it with the simulator on fresh designs."""
    system = part.name
    said: list[str] = []
    with Store.open(folder / "s.sqlite") as store:
        first_s, models = cpu(
            lambda: fit_or_load(
                DesignSpace(spaces=(part,)), population, store, folder / "models", said.append
            )
        )
    surrogate = models.chain.surrogates[system]
    designs = space_filling(part, FRESH, seed)
    simulated_s, values = truth(designs, population, seed, folder)
    features = models.chain.features(designs)
    refit_s, rows = refit(models, population)
    rates = speed(models, system, designs, features)
    found = {
        "system": system,
        "population": population.name,
        "subjects": population.size,
        "designs": len(designs),
        "trained_on_any": len({d.key for d in designs} & set(rows.groups)),
        **accuracy(surrogate.predict(features).endpoints, values),
        "coverage90_pct": coverage(surrogate, features, values),
        **rates,
        "simulator_rows_per_s": FRESH / simulated_s,
        "times_the_simulator": rates["rows_per_s"] * simulated_s / FRESH,
        "first_fit_s": first_s if any("subjects" in text for text in said) else None,
        "refit_s": refit_s,
    }
    if system in FAMILIES_OF and population.name == POPULATIONS[0]:
        found["families"] = list(families(rows))
    return found


def figures(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the worst of all runs against what it must and should be."""
    found = []
    for key, (name, unit, must, aim, way) in BOUNDS.items():
        worst = min(runs, key=lambda run: way * run[key])
        value = worst[key]
        verdict = "aim" if way * value >= way * aim else "must"
        found.append(
            {
                "name": name,
                "unit": unit,
                "value": value,
                "worst_in": f"{worst['system']}@{worst['population']}",
                "must": must,
                "aim": aim,
                "verdict": verdict if way * value >= way * must else "MISSED",
            }
        )
    return found


def main() -> int:
    """Measure, write the JSON, and end with 1 when something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=FRESH_SEED, help="of the fresh designs")
    parser.add_argument("--workspace", type=Path, help="keeps training rows between runs")
    arguments = parser.parse_args()
    at = commit()
    text = STUDY.read_text(encoding="utf-8")
    runs = []
    for name in POPULATIONS:
        spec = load_study(text.replace("population: healthy_adults", f"population: {name}"))
        for system in spec.space.systems:
            with tempfile.TemporaryDirectory() as empty:
                folder = (arguments.workspace or Path(empty)) / f"{system}-{name}"
                folder.mkdir(parents=True, exist_ok=True)
                part = spec.space.space_of(system)
                runs.append(measure(part, spec.population, arguments.seed, folder))
            told = {key: runs[-1][key] for key in ("system", "population", *BOUNDS)}
            print(json.dumps(told), flush=True)
            arguments.out.parent.mkdir(parents=True, exist_ok=True)
            arguments.out.write_text(
                json.dumps(document(at, arguments.seed, runs), indent=1) + "\n"
            )
    return exit_code(figures(runs))


def document(at: str, seed: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything measured so far."""
    return {
        "schema": "formulation/bench-emulator",
        "version": 1,
        "commit": at,
        "python": platform.python_version(),
        "versions": {n: version(n) for n in ("numpy", "scipy", "scikit-learn")},
        "training": {"designs": TRAINING_DESIGNS, "seed": TRAINING_SEED},
        "fresh": {"designs": FRESH, "seed": seed},
        "floor_mg_per_day": FLOOR,
        "floor_note": "relative errors are over the true increment or this, whichever is greater",
        "figures": figures(runs),
        "runs": runs,
    }


if __name__ == "__main__":
    sys.exit(main())
