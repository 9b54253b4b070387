"""The learners on public tables, beside published figures and on the same folds.

Needs the tables of `docs/public-data.md` in a folder (``--data``). Each case is kept as soon as it
is done (``--work``) with the commit of its code, so that an interrupted run goes on; empty that
folder to measure anew. ``--out`` gathers what is there. LightGBM
runs in the interpreter given by ``--lightgbm``, in which it is installed with ``pip install
lightgbm scikit-learn pandas``; without it the paired comparison is left out, and said.

LAI: split i holds out a fifth of the 34 groups, ``GroupShuffleSplit(test_size=0.2,
random_state=i)``, as published; the other tables are cut by ``GroupKFold``. Splits 0 to 9 were
looked at while the learners were made; 10 to 29 decided nothing, and there what was kept most often
on 0 to 9, the mean or the median of all families, is fitted without choosing again.
"""

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve

from experiments.datasets.tidy import load_tidy
from experiments.processors import one_thread
from models.learning.conformal import calibrate
from models.learning.curves import CurveModel, fit_members, joined
from models.learning.evaluation import Evaluation, evaluate_fold
from models.learning.selection import TOGETHER, suited
from models.learning.shape import shape_of
from models.learning.table import TidyTable
from tests.bench.record import commit

ROOT = Path(__file__).resolve().parents[2]
PAPER, NEW = range(10), range(10, 30)
LATE_D = 1.0
MAPPINGS = ROOT / "experiments" / "datasets" / "mappings"
TABLES: dict[str, Callable[[Path], TidyTable]] = {
    "few": lambda data: load_tidy(
        data / "lai_bannigan" / "lai_17feat.csv", mapping_path=MAPPINGS / "lai_few.yaml"
    ),
    "zero": lambda data: load_tidy(
        data / "lai_bannigan" / "lai_14feat.csv", mapping_path=MAPPINGS / "lai_zero.yaml"
    ),
    "liposome": lambda data: load_tidy(
        data / "nanomed_ivr_liposome" / "ivr_long.csv",
        mapping_path=MAPPINGS / "liposome_formulation.yaml",
        ignore=BEYOND_PROTOCOL,
    ),
    "hpmc_recipe": lambda data: _hpmc(data, "fid"),
    "hpmc_drug": lambda data: _hpmc(data, "drug"),
}
BEYOND_PROTOCOL = ("PDI", "zeta_potential", "drug_loading", "API_name")
"""Columns of the liposomes, mostly gaps, that the protocol's forest (0.179) did not see."""

FULL = {"liposome": 100.0}
"""What counts as everything released where it is not 1."""

FOLDS = {"liposome": 5, "hpmc_recipe": 10, "hpmc_drug": 10}


def _hpmc(data: Path, group: str) -> TidyTable:
    """Return the matrix tablets; what says again what another column says is not read."""
    return load_tidy(
        data / "srmt_hpmc" / "srmt_long.csv",
        target="rel",
        time="time",
        group=group,
        curve="" if group == "fid" else "fid",
        ignore=["reference", "tp"],
    )


def nested(name: str, split: int, *, data: Path) -> dict[str, Any]:
    """Choose, calibrate and fit on one training part, and score its test rows."""
    table = TABLES[name](data)
    train, test = _rows(table, name, split)
    wall, cpu = time.perf_counter(), time.process_time()
    result = evaluate_fold(table, split, train, test, shape=shape_of(table))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    scores = Evaluation(table=table, results=(result,), shape=shape_of(table), seed=0).document()
    target, error = table.target[test], np.abs(result.prediction - table.target[test])
    late = table.time[test] > LATE_D
    return {
        "split": split,
        "family": result.chosen,
        "tried": dict(result.tried),
        **scores["metrics"],
        "mae_late": float(error[late].mean()) if name in ("few", "zero") else None,
        "held": int(((target >= result.low - 1e-9) & (target <= result.high + 1e-9)).sum()),
        "width_sum": float((result.high - result.low).sum()),
        "error_sum": float(error.sum()),
        "wall_s": wall,
        "cpu_s": cpu,
    }


def fixed(name: str, split: int, *, data: Path) -> dict[str, Any]:
    """Fit all families on one training part without choosing, and score both ways of joining."""
    table = TABLES[name](data)
    train, test = _rows(table, name, split)
    known, shape = table.rows(train), shape_of(table)
    cpu = time.process_time()
    fitted = fit_members(known, suited(known, shape), shape)
    model = joined(list(fitted.values()))
    fit_cpu = time.process_time() - cpu
    unseen = table.rows(test)
    cpu = time.process_time()
    model.predict(unseen)
    predict_cpu = time.process_time() - cpu
    late = unseen.time > LATE_D
    errors = {
        name: np.abs(evolve(model, together=how).predict(unseen) - unseen.target)
        for name, how in TOGETHER.items()
    }
    return {
        "split": split,
        "mae": {name: float(error.mean()) for name, error in errors.items()},
        "mae_late": {name: float(error[late].mean()) for name, error in errors.items()},
        "forest_mae": float(np.abs(fitted["forest"].predict(unseen) - unseen.target).mean()),
        "fit_cpu_s": fit_cpu,
        "predict_cpu_s_10000": 1e4 * predict_cpu / len(test),
        "curves_all_rise": _all_rise(model, unseen),
    }


def row_wise(name: str, split: int, *, data: Path) -> dict[str, Any]:
    """Calibrate by rows, as is usual, and see what is held on unseen groups: what not to do."""
    from sklearn.model_selection import KFold

    table = TABLES[name](data)
    train, test = _rows(table, name, split)
    known, unseen, shape = table.rows(train), table.rows(test), shape_of(table)
    family = ("forest",)
    left_out = np.empty(len(known))
    for part, rest in KFold(5, shuffle=True, random_state=0).split(left_out):
        # As rows of their own, so that nothing of a curve is known to be one.
        learnt = fit_members(known.rows(part), family, shape)["forest"]
        left_out[rest] = learnt.predict(known.rows(rest))
    rows = np.arange(len(known)).astype(str)
    intervals = calibrate(
        left_out, known.target, rows, known.time, least=shape.least, most=shape.most
    )
    mean = fit_members(known, family, shape)["forest"].predict(unseen)
    low, high = intervals.around(mean, unseen.time)
    held = (unseen.target >= low - 1e-9) & (unseen.target <= high + 1e-9)
    return {
        "split": split,
        "rows": len(test),
        "held": int(held.sum()),
        "width_sum": float((high - low).sum()),
    }


def peer(name: str, split: int, *, data: Path, python: str, work: Path) -> dict[str, Any]:
    """Let LightGBM be tuned on one training part, in an interpreter of its own."""
    table = TABLES[name](data)
    frame = table.features.assign(
        time=table.time, group=table.group, curve=table.curve, target=table.target
    )
    csv = work / f"lai_{name}.csv"
    if not csv.exists():
        made = csv.with_suffix(f".{split}")
        frame.to_csv(made, index=False)
        made.replace(csv)
    command = [python, str(Path(__file__).with_name("lai_peer.py")), str(csv), str(split)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer.pop("test") == _rows(table, name, split)[1].tolist()
    return answer


def _rows(table: TidyTable, name: str, split: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import GroupKFold, GroupShuffleSplit

    if name in FOLDS:
        # Equal groups keep the order of their labels, which are numbers but for the drugs.
        group = table.group if name == "hpmc_drug" else table.group.astype(float).astype(int)
        folds = GroupKFold(FOLDS[name]).split(table.target, groups=group)
        train, test = list(folds)[split]
        return train, test
    splitter = GroupShuffleSplit(1, test_size=0.2, random_state=split)
    train, test = next(splitter.split(table.target, groups=table.group))
    return train, test


def _all_rise(model: CurveModel, table: TidyTable) -> bool:
    _, first = np.unique(table.curve, return_index=True)
    curves = model.predict_grid(table.rows(first))
    return bool((np.diff(curves) >= 0).all() and (curves[:, 0] == 0).all())


def _jobs(args: argparse.Namespace) -> list[tuple[str, Callable[..., Any], str, int]]:
    ask = {
        "nested": partial(nested, data=args.data),
        "fixed": partial(fixed, data=args.data),
        "row_wise": partial(row_wise, data=args.data),
        "peer": partial(peer, data=args.data, python=args.lightgbm, work=args.work),
    }
    jobs = [("nested", n, i) for i in PAPER for n in ("few", "zero")]
    for name, folds in FOLDS.items():
        if _is_there(name, args.data):
            jobs += [("nested", name, i) for i in range(folds)]
        else:
            print(f"{name} is left out: its table is not in {args.data}")
    jobs += [("fixed", n, i) for i in NEW for n in ("few", "zero")]
    jobs += [("row_wise", n, i) for i in PAPER for n in ("few", "zero")]
    if args.lightgbm:
        jobs += [("peer", "few", i) for i in NEW]
    return [(kind, ask[kind], name, split) for kind, name, split in jobs]


def _is_there(name: str, data: Path) -> bool:
    folder = "nanomed_ivr_liposome" if name == "liposome" else "srmt_hpmc"
    return (data / folder).is_dir()


def _run(job: tuple[str, Callable[..., Any], str, int], work: Path) -> str:
    kind, ask, name, split = job
    kept = work / f"{kind}-{name}-{split}.json"
    if not kept.exists():
        with one_thread():
            answer = ask(name, split)
        kept.write_text(json.dumps({**answer, "commit": commit()}))
    return kept.stem


def gather(work: Path) -> dict[str, Any]:
    """Return every run that was kept, and the figures of the table."""
    runs: dict[str, dict[str, list[Any]]] = {}
    for path in sorted(work.glob("*-*-*.json")):
        kind, name, _ = path.stem.split("-")
        runs.setdefault(kind, {}).setdefault(name, []).append(json.loads(path.read_text()))
    for of_kind in runs.values():
        for rows in of_kind.values():
            rows.sort(key=lambda row: row["split"])
    return {"figures": figures(runs), "runs": runs}


def figures(runs: dict[str, dict[str, list[Any]]]) -> dict[str, Any]:
    """Return what the table of the documentation says, from the runs."""
    found: dict[str, Any] = {}
    for name, rows in runs.get("nested", {}).items():
        n = sum(row["rows"] for row in rows)
        found[name] = {
            "splits": len(rows),
            "mae": _mean(rows, "mae") if name in ("few", "zero") else _pooled(rows, "error_sum"),
            "mae_late": _mean(rows, "mae_late") if name in ("few", "zero") else None,
            "mae_by_curve": _mean(rows, "mae_by_curve"),
            "coverage90": sum(row["held"] for row in rows) / n,
            "coverage90_worst_split": min(row["coverage90"] for row in rows),
            "width90": sum(row["width_sum"] for row in rows) / n,
            "families": sorted({row["family"] for row in rows}),
            "mae_without_features": _mean(rows, "mae_without_features"),
            "full": FULL.get(name, 1.0),
            "cpu_s": _mean(rows, "cpu_s"),
            "wall_s": _mean(rows, "wall_s"),
        }
    for name, rows in runs.get("row_wise", {}).items():
        n = sum(row["rows"] for row in rows)
        found[name]["row_wise"] = {
            "coverage90": sum(row["held"] for row in rows) / n,
            "width90": sum(row["width_sum"] for row in rows) / n,
        }
    for name, rows in runs.get("fixed", {}).items():
        kept = _most_often([row["family"] for row in runs["nested"][name]])
        rows = [{**row, **{key: row[key][kept] for key in ("mae", "mae_late")}} for row in rows]
        new: dict[str, Any] = {
            "kept": kept,
            **{key: _mean(rows, key) for key in ("mae", "mae_late", "fit_cpu_s")},
        }
        new["predict_cpu_s_10000"] = _mean(rows, "predict_cpu_s_10000")
        new["curves_all_rise"] = all(row["curves_all_rise"] for row in rows)
        new["over_forest"] = _paired([r["mae"] - r["forest_mae"] for r in rows])
        peers = {row["split"]: row for row in runs.get("peer", {}).get(name, [])}
        both = [(row, peers[row["split"]]) for row in rows if row["split"] in peers]
        if both:
            new["over_lightgbm"] = _paired([ours["mae"] - its["mae"] for ours, its in both])
            new["lightgbm_mae"] = _mean([its for _, its in both], "mae")
            new["fit_cpu_over_lightgbm"] = new["fit_cpu_s"] / _mean(
                [its for _, its in both], "fit_cpu_s"
            )
        found[name]["new_splits"] = new
    return found


def _most_often(families: list[str]) -> str:
    """Return the way of putting all together that was kept most often."""
    return max(TOGETHER, key=families.count)


def _mean(rows: list[Any], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def _pooled(rows: list[Any], key: str) -> float:
    return float(sum(row[key] for row in rows) / sum(row["rows"] for row in rows))


def _paired(differences: list[float]) -> dict[str, Any]:
    """Return the mean difference with a 95 % interval; splits share groups, so it is narrow."""
    from scipy.stats import t as student

    n = len(differences)
    mean, sem = float(np.mean(differences)), float(np.std(differences, ddof=1) / np.sqrt(n))
    half = float(student.ppf(0.975, n - 1)) * sem
    better = sum(d < 0 for d in differences)
    return {"mean": mean, "low": mean - half, "high": mean + half, "better": better, "splits": n}


def main() -> None:
    """Run what is missing and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "surrogates")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "surrogates.json")
    parser.add_argument("--lightgbm", default="", help="interpreter that has lightgbm")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="kind or kind-name, such as nested-few")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    jobs = [job for job in _jobs(args) if f"{job[0]}-{job[2]}".startswith(args.only)]
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        for done in pool.map(partial(_run, work=args.work), jobs):
            print(done, flush=True)
    document = {
        "schema": "formulation/bench-surrogates",
        "version": 1,
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {n: version(n) for n in ("numpy", "scipy", "scikit-learn", "pandas")},
        "seed": 0,
        "wall_s_of_this_part": time.perf_counter() - begun,
        "load": os.getloadavg(),
        **gather(args.work),
    }
    args.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
