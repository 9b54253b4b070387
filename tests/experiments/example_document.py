"""A small study document built by hand: 30 designs, six on the front, two delivery systems.

Values are plausible, not computed. Immediate release rests on an emulator, timed release on nine
measured formulations, so both kinds of interval occur; C026 misses a limit at confirmation.
"""

from copy import deepcopy
from math import exp
from typing import Any

from formulation.design import Design
from formulation.regimen import Regimen
from tests.experiments.example_account import account, body

ABSORBED, PEAK, MASS = "absorbed_increment.p50", "peak_gut_load.p50", "swallowed_mass"
LOAD, SERUM = "soluble_unabsorbed_load.p95", "serum.p95"
LOAD_LIMIT, SERUM_LIMIT = f"{LOAD} <= 8 mmol/d", f"{SERUM} <= 1.05 mmol/L"
SIMULATED = "90 %: 192 simulated designs held out by group, plus a stated model error"
MEASURED = "90 %: 9 measured formulations held out by group"
SUBJECTS = "90 %: percentile of 256 subjects; no model error"
HOURS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24)
IR, TR = "immediate_release", "timed_release"
SPAN_H = {"chloride": 0.2, "citrate": 0.4, "K100LV": 3, "K4M": 5, "K15M": 7}
MG_PCT = {"citrate": 16.16, "chloride": 11.96, "bisglycinate": 14.1, "oxide": 60.3}

# number, salt, salt mg, hpmc grade (timed release only), intakes a day, absorbed, peak, load
FRONT = (
    (11, "citrate", 618.8, None, 3, 31.5, 4.10, 6.9),
    (26, "bisglycinate", 600.0, "K100LV", 3, 29.4, 2.90, 7.8),
    (21, "citrate", 618.8, "K15M", 3, 28.6, 2.40, 7.4),
    (14, "chloride", 627.0, None, 3, 27.9, 3.40, 5.9),
    (5, "citrate", 618.8, None, 2, 24.0, 3.90, 4.4),
    (17, "citrate", 618.8, "K4M", 2, 22.1, 2.20, 5.1),
)
# number, system, salt, is feasible, absorbed, peak, swallowed mass
OTHERS = (
    (0, IR, "oxide", False, 9.1, 2.6, 1.21),
    (1, IR, "citrate", True, 15.8, 3.5, 1.02),
    (2, IR, "chloride", True, 19.6, 3.8, 1.92),
    (3, TR, "citrate", True, 14.2, 2.5, 1.40),
    (4, TR, "bisglycinate", False, 33.0, 3.6, 5.80),
    (6, IR, "bisglycinate", True, 21.0, 4.1, 1.90),
    (7, IR, "oxide", False, 8.7, 2.4, 0.98),
    (8, TR, "oxide", False, 6.2, 1.9, 1.33),
    (9, TR, "citrate", True, 18.3, 2.6, 2.41),
    (10, IR, "citrate", False, 35.2, 6.4, 3.30),
    (12, IR, "chloride", False, 36.8, 6.9, 4.10),
    (13, TR, "bisglycinate", True, 24.4, 3.3, 3.40),
    (15, IR, "bisglycinate", True, 26.1, 4.4, 2.90),
    (16, TR, "oxide", False, 7.5, 2.2, 1.71),
    (18, TR, "citrate", True, 20.5, 2.9, 2.60),
    (19, IR, "oxide", False, 11.9, 3.0, 1.80),
    (20, IR, "chloride", True, 23.2, 4.3, 2.30),
    (22, TR, "chloride", False, 33.9, 3.2, 5.10),
    (23, IR, "citrate", True, 28.8, 4.6, 2.60),
    (24, TR, "oxide", False, None, None, None),
    (25, IR, "oxide", False, 10.4, 2.9, 1.55),
    (27, TR, "chloride", False, 34.6, 3.5, 5.40),
    (28, IR, "bisglycinate", False, 34.1, 5.6, 4.50),
    (29, TR, "bisglycinate", True, 25.0, 3.1, 3.60),
)


def example_document(*, best_peak: float = 2.2) -> dict[str, Any]:
    """Return the document; a lower `best_peak` [mmol] makes C017 beat every plain tablet."""
    front = [_candidate(*row) for row in FRONT]
    for candidate in front:
        if candidate["label"] == "C017":
            _set_peak(candidate, best_peak)
    points = [_point(c["number"], c["design"], True, c["objectives"]) for c in front]
    points += [
        _point(number, {"system": system, "salt": salt}, ok, {ABSORBED: a, PEAK: p, MASS: m})
        for number, system, salt, ok, a, p, m in OTHERS
    ]
    points.sort(key=lambda p: p["number"])
    return {
        "schema": "formulation/run",
        "version": 1,
        "study": _study(),
        "trials": 30,
        "trials_by": {"state": {"complete": 29, "failed": 1}},
        "invalid_asked": 0,
        "feasible_fraction": 17 / 30,
        "hypervolume": 0.412,
        "objectives": [
            _objective(ABSORBED, "Absorbed Mg, increment over diet", "mg/d", "maximise", 10, 40),
            _objective(
                PEAK, "Most dissolved Mg in the upper gut at once", "mmol", "minimise", 6, 1.5
            ),
            _objective(MASS, "Mass taken", "g/d", "minimise", 5, 1.5),
        ],
        "limits": [LOAD_LIMIT, SERUM_LIMIT],
        "front": front,
        "confirmation": {
            "n_candidates": 6,
            "n_subjects": 256,
            "n_confirmed": 5,
            "objectives": {
                ABSORBED: _gap(0.031, 0.052, 0.94),
                PEAK: _gap(0.044, 0.081, None),
            },
        },
        "infeasible_reasons": _reasons(),
        "points": points,
        "rows_by_origin": {"measured": 27, "simulated": 384},
        "models": [_model(IR, 0, SIMULATED), _model(TR, 27, MEASURED)],
        "executor": {
            "kind": "process",
            "worker_pids": [101, 102],
            "driver_pid": 100,
            "chunks": 8,
            "requeued": 0,
        },
        "seed": 7,
        "store": "store.sqlite",
        "tracking": {},
        "report": "",
    }


def empty_front_document() -> dict[str, Any]:
    """Return the same study with nothing feasible."""
    document = deepcopy(example_document())
    document.update(front=[], feasible_fraction=0.0, hypervolume=0.0)
    for point in document["points"]:
        point["is_feasible"] = False
    document["infeasible_reasons"][0]["count"] = 27
    document["confirmation"].update(n_candidates=0, n_subjects=0, n_confirmed=0, objectives={})
    return document


def untouched_document() -> dict[str, Any]:
    """Return the same study before its first design, with nothing recorded of a run."""
    document = empty_front_document()
    document.update(
        trials=0, trials_by={}, points=[], infeasible_reasons=[], models=[], executor={}
    )
    document["rows_by_origin"] = {"measured": 0, "simulated": 0}
    document["study"].update(state="interrupted", code_sha256="", versions={})
    return document


def _study() -> dict[str, Any]:
    return {
        "id": "6c1c2c0e-4f0e-4d53-9f57-2f6f0f6a9c11",
        "label": "S014",
        "name": "citrate-or-matrix",
        "question": "Does a timed-release matrix bring more magnesium in with less in the gut?",
        "state": "complete",
        "budget": 30,
        "config_sha256": "3f" * 32,
        "config": {"study": "citrate-or-matrix", "budget": {"trials": 30, "seed": 7}},
        "created_utc": "2026-01-15T09:30:00Z",
        "jurisdiction": "EU",
        "systems": [IR, TR],
        "population": {
            "name": "healthy_adults",
            "size": 64,
            "seed": 3,
            "is_one_person": False,
            "medication": [],
            "idle_fields": ["dietary_phytate_mmol_per_day", "stool_ph"],
        },
        "strategy": "tpe(multivariate=True)",
        "warnings": [
            "A bisglycinate lot at 18 % magnesium cannot be pure (14.1 %): it holds about 8.4%"
            " magnesium oxide, 28% of its magnesium."
        ],
        "code_sha256": "a7" * 32,
        "versions": {"formulation-design": "0.1.0", "numpy": "2.4.6", "optuna": "5.0.0"},
    }


def _objective(*row: str | float) -> dict[str, Any]:
    return dict(zip(("key", "title", "unit", "goal", "worst", "ideal"), row, strict=True))


def _gap(*row: float | None) -> dict[str, Any]:
    return dict(zip(("median_relative_gap", "largest_relative_gap", "spearman"), row, strict=True))


def _reasons() -> list[dict[str, Any]]:
    load = "Soluble unabsorbed Mg from the product 9.61 mmol/d is over the limit of 8 mmol/d"
    serum = "Serum Mg at steady state 1.071 mmol/L is over the limit of 1.05 mmol/L by 0.021"
    rows = (
        (LOAD_LIMIT, 9, f"C004: {load} by 1.61"),
        (SERUM_LIMIT, 4, f"C012: {serum}"),
        ("evaluation failed", 1, "the model gave no finite number for peak_gut_load.p05"),
    )
    return [dict(zip(("limit", "count", "example"), row, strict=True)) for row in rows]


def _design(salt: str, salt_mg: float, grade: str | None, intakes: int) -> Design:
    share = 0.75 if grade is None else 0.55
    rest = salt_mg / share - salt_mg
    shares = (
        {"povidone": 0.12, "croscarmellose": 0.2, "magnesium_stearate": 0.03, "mcc": 0.65}
        if grade is None
        else {"hpmc": 0.68, "lactose": 0.1, "magnesium_stearate": 0.02, "mcc": 0.2}
    )
    process: dict[str, float | str] = (
        {"form": "tablet"} if grade is None else {"form": "hpmc_matrix", "hpmc_grade": grade}
    )
    return Design(
        system=IR if grade is None else TR,
        salt=salt,
        salt_mg_pct=MG_PCT[salt],
        amounts_mg={"salt": salt_mg, **{k: round(rest * v, 1) for k, v in shares.items()}},
        process={**process, "compression_force_kn": 15.0},
        regimen=Regimen(units_per_intake=1, intakes_per_day=intakes, with_meals=True),
    )


def _candidate(
    number: int,
    salt: str,
    salt_mg: float,
    grade: str | None,
    intakes: int,
    absorbed: float,
    peak: float,
    load: float,
) -> dict[str, Any]:
    design = _design(salt, salt_mg, grade, intakes)
    mass = design.unit_mass_mg * intakes / 1000
    values = {ABSORBED: absorbed, PEAK: peak, MASS: mass, LOAD: load, SERUM: 0.94}
    name = f"{salt} tablet" if grade is None else f"{salt} timed release, HPMC {grade}"
    return {
        "number": number,
        "label": f"C{number:03d}",
        "title": name,
        "design": design.as_dict(),
        "design_key": design.key,
        "recipe_mg": dict(design.amounts_mg),
        "unit_mass_mg": design.unit_mass_mg,
        "elemental_mg_per_unit": design.elemental_mg_per_unit,
        "regimen": str(design.regimen),
        "process": dict(design.process),
        "objectives": {key: values[key] for key in (ABSORBED, PEAK, MASS)},
        "intervals": {
            ABSORBED: [0.74 * absorbed, 1.26 * absorbed],
            PEAK: [0.7 * peak, 1.3 * peak],
            MASS: [mass, mass],
            LOAD: [0.74 * load, 1.26 * load],
            SERUM: [0.89, 0.99],
        },
        "desirability": {"predicted": 0.5, "confirmed": 0.49, "of": {ABSORBED: 0.6}},
        "values": values,
        "limits": {LOAD_LIMIT: 8 - load, SERUM_LIMIT: 0.11},
        "origin": "simulated",
        "rung": "model",
        "warnings": ["Lactose: not for vegan products."] if grade else [],
        "remarks": ["extrapolating in hpmc_pct (31.1 > 30)"] if grade == "K15M" else [],
        "confirmation": _confirmation(values, number),
        "account": account(
            absorbed,
            design.elemental_mg_per_day,
            acid=3.0 if salt == "bisglycinate" else 0.0,
        ),
        "curves": _curves(SPAN_H[grade or salt]),
    }


def _confirmation(values: dict[str, float], number: int) -> dict[str, Any]:
    shift = 1 + 0.01 * (number % 7 - 2)
    found = {key: shift * v if key in (ABSORBED, PEAK) else v for key, v in values.items()}
    found[LOAD] = values[LOAD] * 1.06
    slacks = {LOAD_LIMIT: 8 - found[LOAD], SERUM_LIMIT: 0.11}
    is_confirmed = min(slacks.values()) >= 0
    return {
        "n_subjects": 256,
        "values": found,
        "lo90": {key: v if key == MASS else 0.95 * v for key, v in found.items()},
        "hi90": {key: v if key == MASS else 1.05 * v for key, v in found.items()},
        "limits": slacks,
        "is_confirmed": is_confirmed,
        "reasons": []
        if is_confirmed
        else [
            "Soluble unabsorbed Mg from the product 8.27 mmol/d is over the limit of 8 mmol/d"
            " by 0.27"
        ],
        "origin": "simulated",
        "kind": SUBJECTS,
        "body": body(values[ABSORBED]),
    }


def _curves(hours: float) -> dict[str, Any]:
    law = [96 * (1 - exp(-t / hours)) for t in HOURS]
    mean = [min(0.97 * y + 1.5, 100) for y in law]
    common = {"x_unit": "min", "x": [60 * t for t in HOURS], "y_unit": "% of label"}
    return {
        "release": {
            **common,
            "y": mean,
            "lo90": [max(y - 10, 0) for y in mean],
            "hi90": [min(y + 10, 100) for y in mean],
            "origin": "simulated",
            "kind": SIMULATED if hours < 1 else MEASURED,
        },
        "release_mechanistic": {
            **common,
            "y": law,
            "lo90": [],
            "hi90": [],
            "origin": "simulated",
            "kind": "the release law itself, without interval",
        },
    }


def _set_peak(candidate: dict[str, Any], peak: float) -> None:
    candidate["objectives"][PEAK] = candidate["values"][PEAK] = peak
    candidate["intervals"][PEAK] = [0.7 * peak, 1.3 * peak]
    confirmation = candidate["confirmation"]
    confirmation["values"][PEAK] = peak
    confirmation["lo90"][PEAK], confirmation["hi90"][PEAK] = 0.95 * peak, 1.05 * peak


def _point(number: int, design: dict[str, Any], *found: Any) -> dict[str, Any]:
    names = ("number", "system", "salt", "is_feasible", "objectives", "rung")
    row = (number, design["system"], design["salt"], *found, "model")
    return dict(zip(names, row, strict=True))


def _model(system: str, n_measured: int, curve_kind: str) -> dict[str, Any]:
    metrics = {"mae": 0.6, "rmse": 0.9, "r2": 0.985, "coverage90": 0.91, "width90": 2.8}
    emulator = "emulator, no laboratory data"
    measured = f"{n_measured} measured curves of 9 formulations beside 192 simulated ones"
    return {
        "id": "0d5b3a60-5b8f-4a39-8b7a-6a7f5d0c1e22",
        "name": f"{system}@healthy_adults",
        "sha256": "c4" * 32,
        "system": system,
        "family": "Gaussian process, Matern 5/2",
        "population": "healthy_adults",
        "subjects": 64,
        "rows_by_origin": {"simulated": 192, "measured": n_measured},
        "measured_groups": 9 if n_measured else 0,
        "data_sets": ["lab-2026-01"] if n_measured else [],
        "headline": measured if n_measured else emulator,
        "protocol": "5 folds by formulation; a formulation never stands in two folds",
        "metrics": {
            "curve": {**metrics, "mae": 0.012, "rmse": 0.021, "width90": 0.06},
            ABSORBED: metrics,
            PEAK: {**metrics, "mae": 0.08, "rmse": 0.12, "width90": 0.41},
            LOAD: {**metrics, "mae": 0.11, "rmse": 0.15, "width90": 0.52},
            SERUM: {**metrics, "mae": 0.002, "rmse": 0.003, "width90": 0.011},
        },
        "intervals": {"curve": curve_kind, "endpoints": SIMULATED, "measured_groups_needed": 8},
        "model_error": {
            "curve": 0.0 if n_measured else 0.1,
            "absorbed_increment": 0.25,
            "peak_gut_load": 0.3,
            "soluble_unabsorbed_load": 0.25,
            "serum": 0.05,
        },
        "model_error_basis": {
            "curve": "how far a real curve may lie from the assumed law",
            "absorbed_increment": "relative; the kernel misses a published meal by 13 to 26 %",
            "peak_gut_load": "relative; emptying differs between publications",
            "soluble_unabsorbed_load": "relative; as the absorbed amount",
            "serum": "relative; width of published reference means",
        },
        "drivers": _drivers(),
        "seed": 20260101,
        "code_sha256": "a7" * 32,
        "versions": {"scikit-learn": "1.9.1"},
        "warnings": [],
    }


def _drivers() -> dict[str, Any]:
    """Return what drives the predictions, for two outputs; one follows no single number."""
    dose, matrix = "elemental Mg at one occasion", "matrix polymer, which and how much"
    dependence = {
        "feature": dose,
        "unit": "mmol",
        "values": [2.0, 3.5, 5.0],
        "mean": [8.0, 11.5, 14.2],
        "low": [6.0, 8.6, 10.6],
        "high": [10.0, 14.4, 17.8],
        "band": "mean 90 % interval of the predictions",
        "target_unit": "mg/d",
        "n_rows": 192,
    }
    return {
        "protocol": "permutation by formulation; mean and standard deviation of 3 repeats",
        "questions": {dose: [f"{dose}, mmol"], matrix: ["hypromellose, % w/w", "lactose, % w/w"]},
        "outputs": {
            ABSORBED: {
                "unit": "mg/d",
                "error": 0.1,
                "formulations": 192,
                "importance": [
                    {"part": dose, "increase": 2.9, "spread": 0.2},
                    {"part": matrix, "increase": 0.4, "spread": 0.05},
                ],
                "dependence": dependence,
            },
            "released_2h": {
                "unit": "percent",
                "error": 0.5,
                "formulations": 201,
                "importance": [
                    {"part": matrix, "increase": 11.3, "spread": 0.5},
                    {"part": dose, "increase": 0.0, "spread": 0.0},
                ],
                "dependence": None,
            },
        },
    }
