"""A study document as large as they get: 64 confirmed candidates of five systems, 2,000 designs.

Recipes and quality are computed, values are drawn; texts are as long as those of real studies.
"""

from copy import deepcopy
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from experiments.account.courses import CONTROL
from experiments.candidates import candidate
from experiments.config import StudySpec, load_study
from experiments.confirming import MOST_CONFIRMED
from experiments.objective import REPORTED
from experiments.profiling import profile
from experiments.store import ConfirmationRecord, CurveRecord, TrialRecord
from formulation.design import Design
from models.chain import CURVE_TIMES_H
from tests.experiments.example_account import account, body
from tests.experiments.example_document import SIMULATED, SUBJECTS, example_document
from tests.experiments.test_ranges import Lined

STUDY = Path(__file__).resolve().parents[2] / "configs" / "studies" / "quickstart.yaml"
N_FRONT, N_TRIALS = 200, 2000
MORE_LEVERS = 12
REMARK = (
    "unlike the training data as a whole: each feature lies within its range, but the nearest row"
    " is 0.{k} away, farther than for 98 % of the training rows"
)


def large_document() -> dict[str, Any]:
    """Return the document; only the first 64 of its 200 candidates are confirmed."""
    spec = load_study(STUDY)
    rng = np.random.default_rng(1)
    designs = list(spec.space.sample(N_FRONT, rng))
    document = example_document()
    front = [
        _candidate(spec, k, design, rng, is_confirmed=k < MOST_CONFIRMED)
        for k, design in enumerate(designs)
    ]
    keys = [o.endpoint for o in spec.objectives]
    points = [_point(k, designs[k % N_FRONT], keys, rng) for k in range(N_TRIALS)]
    for c in front:
        points[c["number"]].update(is_feasible=True, objectives=c["objectives"])
    document["study"].update(systems=list(spec.space.systems), budget=N_TRIALS)
    document.update(
        trials=N_TRIALS,
        objectives=[_objective(o) for o in spec.objectives],
        limits=[limit.name for limit in spec.limits],
        bounds=[
            {"name": x.name, "key": x.endpoint, "low": x.low, "high": x.high} for x in spec.limits
        ],
        front=front,
        points=points,
        courses={"candidate": front[3]["label"], "curves": _courses(front[3]["label"])},
        profiler=profile(front[3]["label"], designs[3], spec, Lined()),
        models=[
            _model(document, system, [*keys, *(x.endpoint for x in spec.limits)])
            for system in spec.space.systems
        ],
    )
    document["confirmation"].update(
        n_candidates=MOST_CONFIRMED,
        n_confirmed=MOST_CONFIRMED,
        objectives={key: document["confirmation"]["objectives"].popitem()[1] for key in keys[:2]},
    )
    return document


def _candidate(
    spec: StudySpec, number: int, design: Design, rng: np.random.Generator, *, is_confirmed: bool
) -> dict[str, Any]:
    values = {
        key: float(x) for key, x in zip(REPORTED, rng.uniform(1, 30, len(REPORTED)), strict=True)
    }
    low, high = ({key: f * x for key, x in values.items()} for f in (0.75, 1.25))
    slacks = {limit.name: 1.0 + number / 100 for limit in spec.limits}
    trial = TrialRecord(
        number=number,
        state="complete",
        design=design.as_dict(),
        values=values,
        lo90=low,
        hi90=high,
        slacks=slacks,
        reasons=(REMARK.format(k=number),),
        origin="simulated",
        seed=1,
        rung="model",
    )
    confirmed = ConfirmationRecord(
        number=number,
        n_subjects=256,
        values=values,
        lo90=low,
        hi90=high,
        slacks=slacks,
        origin="simulated",
        kind=SUBJECTS,
    )
    told = account(20.0, 240.0, acid=3.0)
    told["risk"]["limits"] *= 3
    told["assumptions"]["quantities"] = list(
        islice(cycle(told["assumptions"]["quantities"]), MORE_LEVERS)
    )
    found = candidate(
        spec,
        trial,
        confirmed if is_confirmed else None,
        _curves(number, rng),
        told if is_confirmed else None,
        number,
    )
    if is_confirmed:
        found["confirmation"]["body"] = body(20.0)
    return found


def _curves(number: int, rng: np.random.Generator) -> dict[str, CurveRecord]:
    rate = rng.uniform(0.1, 2)
    y = 100 * (1 - np.exp(-rate * CURVE_TIMES_H))
    common = {
        "number": number,
        "x_unit": "min",
        "x": (60 * CURVE_TIMES_H).tolist(),
        "y_unit": "% of label",
        "y": y.tolist(),
        "origin": "simulated",
    }
    band = {"lo90": (0.9 * y).tolist(), "hi90": (1.1 * y).tolist(), "kind": SIMULATED}
    return {
        "release": CurveRecord(name="release", **common, **band),
        "release_mechanistic": CurveRecord(name="release_mechanistic", **common, kind="the law"),
    }


def _courses(label: str) -> list[dict[str, Any]]:
    days = list(range(1, 43))
    middle = [0.82 + 0.03 * day / (day + 4) for day in days]
    series = [
        {
            "label": name,
            "origin": "simulated",
            "p05": [x - 0.1 for x in middle],
            "p50": middle,
            "p95": [x + 0.1 for x in middle],
        }
        for name in (label, CONTROL)
    ]
    known = {"title": "reference range", "low": 0.7, "high": 1.1, "unit": "mmol/L", "source": "X"}
    return [
        {
            "name": name,
            "title": title,
            "x": {"title": "Day", "unit": "d", "values": days},
            "y": {"title": title, "unit": unit},
            "series": series,
            "references": [known] * n_ranges,
        }
        for name, title, unit, n_ranges in (
            ("serum_weeks", "Serum Mg, mean of each day", "mmol/L", 2),
            ("urine_weeks", "24 h urine Mg", "mmol/d", 0),
            ("red_cells", "Red-cell Mg", "mmol/L", 2),
        )
    ]


def _point(
    number: int, design: Design, keys: list[str], rng: np.random.Generator
) -> dict[str, Any]:
    return {
        "number": number,
        "system": design.system,
        "salt": design.salt_name,
        "is_feasible": bool(rng.random() < 0.6),
        "rung": "model",
        "objectives": {key: float(rng.uniform(1, 30)) for key in keys},
    }


def _objective(objective: Any) -> dict[str, Any]:
    return {
        "key": objective.endpoint,
        "goal": objective.goal.value,
        "worst": objective.worst,
        "ideal": objective.ideal,
        "weight": objective.weight,
        "importance": objective.importance,
    }


def _model(document: dict[str, Any], system: str, keys: list[str]) -> dict[str, Any]:
    model = deepcopy(document["models"][0])
    model["metrics"].update(dict.fromkeys(keys, model["metrics"]["curve"]))
    for part in ("model_error", "model_error_basis"):
        model[part].update({key.partition(".")[0]: model[part]["serum"] for key in keys})
    outputs = model["drivers"]["outputs"]
    many = {f"part {k} of what the recipe decides": [f"feature {k}, % w/w"] * 4 for k in range(12)}
    model["drivers"]["questions"].update(many)
    rows = [{"part": part, "increase": 1.0, "spread": 0.1} for part in many]
    for output in outputs.values():
        output["importance"] += deepcopy(rows)
        output["dependence"] = next(iter(outputs.values()))["dependence"]
    outputs["released_8h"] = deepcopy(outputs["released_2h"])
    return {**model, "system": system, "name": f"{system}@healthy_adults"}
