"""The run of one candidate: its recipe, what was predicted, confirmed and measured of it."""

from collections.abc import Iterator
from typing import Any

from experiments.candidates import regimen_text, title_of
from experiments.confirmation import law_curves
from experiments.results import compared_keys
from experiments.store import ConfirmationRecord, CurveRecord, TrialRecord, candidate_label
from experiments.tracked.facts import StudyFacts
from experiments.tracking_messages import (
    CANDIDATE,
    LAB_STATUS,
    MEASURED_IN,
    Metric,
    RunContent,
    candidate_key,
    experiment_name,
    metric_name,
    unit_suffix,
)
from formulation.design import Design
from formulation.endpoints import BENCH_TIMES_H, STATISTICS, does_not_apply
from formulation.risk import RiskClass
from formulation.salts import HEAVY_METALS
from formulation.units import MINUTES_PER_HOUR
from models.surrogates.table import MeasuredCurve

RELEASE_METRIC = "dissolved_pct_by_min"
MEASURED_METRIC = "measured_pct_by_min"
"""Names of the bench curve as predicted, and as a laboratory measured it; steps are minutes."""

CURVE_NAMES = {"release": "dissolved", "release_mechanistic": "dissolved_by_law"}
"""What curves of the store are called in the tracking."""

SPREAD = tuple(f".{statistic}" for statistic in STATISTICS if statistic != "p50")
"""How keys end that are no median over people."""

ONLY_IF_ASKED = frozenset({*BENCH_TIMES_H, *(f"{metal}_ug_per_day" for metal in HEAVY_METALS)})
"""Endpoints told only where the study asks for them: those of times that the curve shows, and
traces of metals, of which the salt decides nearly all."""

BODY_CURVES = ("serum", "urine", "red_cells")
"""Curves of the store that are of people, by day."""

READING_DECIMALS = 6
"""Decimals of a reading in percent, [-]; a share times a hundred has more than anybody read."""

DIGITS = 4
"""Significant digits of a parameter, [-]; the exact recipe stands among the metrics."""


def candidate_content(facts: StudyFacts, trial: TrialRecord) -> RunContent:
    """Return what is told of one trial of a study.

    Parameters
    ----------
    facts : StudyFacts
        The study, [-].
    trial : TrialRecord
        The trial, finished, [-].

    Returns
    -------
    RunContent
        Its run, [-].
    """
    design, label = Design.from_dict(trial.design), candidate_label(trial.number)
    confirmation = facts.confirmations.get(trial.number)
    measured = facts.measured_of(trial)
    curves = facts.curves.get(trial.number) or (law_curves([trial]) if measured else ())
    title, taken = title_of(design), regimen_text(design)
    return RunContent(
        key=candidate_key(facts.study.id, label),
        experiment=experiment_name(facts.spec.project or facts.study.name),
        name=f"{facts.study.label}-{label} {title}",
        note=f"{title}, {taken}",
        tags=_tags(facts, trial, design, confirmation, measured),
        params=_params(design, taken),
        metrics=[
            *_predicted(facts, trial),
            *_confirmed(facts, confirmation),
            *((f"{name}_mg", amount, 0) for name, amount in design.amounts_mg.items()),
            *(m for curve in curves for m in curve_metrics(curve)),
            *_readings(measured),
        ],
    )


def curve_metrics(curve: CurveRecord) -> Iterator[Metric]:
    """Yield a curve as metrics by time.

    Parameters
    ----------
    curve : CurveRecord
        The curve; its times are in min or h, [-].

    Yields
    ------
    tuple
        Name with both units, value, and the time in whole minutes; in whole hours where every time
        of a curve in h is one, [-].
    """
    name, steps = curve_name(curve), _steps(curve)[0]
    for suffix, values in (("", curve.y), ("_lo90", curve.lo90), ("_hi90", curve.hi90)):
        for step, value in zip(steps, values, strict=False):
            yield name + suffix, value, step


def curve_name(curve: CurveRecord) -> str:
    """Return what a curve is called in the tracking.

    Parameters
    ----------
    curve : CurveRecord
        The curve, [-].

    Returns
    -------
    str
        Such as ``serum_mmol_per_L_by_h``, [-].
    """
    what = CURVE_NAMES.get(curve.name, curve.name)
    return f"{what}_{unit_suffix(curve.y_unit)}_by_{_steps(curve)[1]}"


def _steps(curve: CurveRecord) -> tuple[list[int], str]:
    if curve.x_unit == "h" and all(float(x).is_integer() for x in curve.x):
        return [int(x) for x in curve.x], "h"
    scale = MINUTES_PER_HOUR if curve.x_unit == "h" else 1.0
    return [round(scale * x) for x in curve.x], "min"


def _predicted(facts: StudyFacts, trial: TrialRecord) -> list[Metric]:
    """Return what was predicted; what the study asks for comes first, and has its interval.

    MLflow draws a chart for each name, and begins a comparison with the first. Of what was not
    asked for it is told the medians over people, and the facts of the recipe that tell products
    apart; the rest stands with all trials.
    """
    asked = [key for key in compared_keys(facts.spec) if key in trial.values]
    found = [(metric_name(key), trial.values[key], 0) for key in asked]
    for suffix, ends in (("_lo90", trial.lo90), ("_hi90", trial.hi90)):
        found += [(metric_name(key) + suffix, ends[key], 0) for key in asked if key in ends]
    others = (
        (metric_name(key), value, 0)
        for key, value in trial.values.items()
        if not (
            key in asked
            or key.endswith(SPREAD)
            or key in ONLY_IF_ASKED
            or does_not_apply(key, value)
        )
    )
    return [*found, *others]


def _confirmed(facts: StudyFacts, confirmation: ConfirmationRecord | None) -> list[Metric]:
    if confirmation is None:
        return []
    keys = [o.endpoint for o in facts.spec.objectives]
    return [(f"{metric_name(key)}_confirmed", confirmation.values[key], 0) for key in keys]


def _readings(measured: list[MeasuredCurve]) -> list[Metric]:
    """Return what a laboratory read, each data set by its own name where there are several."""
    found: list[Metric] = []
    for place, curve in enumerate(measured):
        name = MEASURED_METRIC if place == 0 else f"{MEASURED_METRIC}_{place + 1}"
        profile = curve.profile
        found += [
            (name, round(100.0 * float(y), READING_DECIMALS), round(MINUTES_PER_HOUR * float(t)))
            for t, y in zip(profile.times_h, profile.fraction, strict=True)
        ]
    return found


def _params(design: Design, taken: str) -> dict[str, Any]:
    shares = {
        f"{name}_pct_ww": _rounded(100.0 * amount / design.unit_mass_mg)
        for name, amount in design.amounts_mg.items()
    }
    return {
        "delivery_system": design.system,
        "salt": "+".join(filter(None, (design.salt, design.second_salt))),
        "regimen": taken,
        "elemental_mg_per_unit": _rounded(design.elemental_mg_per_unit),
        **shares,
        **{k: x if isinstance(x, str) else _rounded(x) for k, x in design.process.items()},
    }


def _rounded(value: float) -> str:
    return f"{value:.{DIGITS}g}"


def _tags(
    facts: StudyFacts,
    trial: TrialRecord,
    design: Design,
    confirmation: ConfirmationRecord | None,
    measured: list[MeasuredCurve],
) -> dict[str, str]:
    is_confirmed = confirmation is not None and min(confirmation.slacks.values(), default=0) >= 0
    is_on_front, risk = trial.number in facts.front_numbers, facts.risk_of(trial)
    has_held_up = is_confirmed or confirmation is None
    is_suggested = is_on_front and has_held_up and risk != RiskClass.REFUSED
    missed = "" if trial.is_feasible else "; ".join(trial.reasons)
    return {
        "kind": CANDIDATE,
        "study": facts.study.label,
        "pareto": _word(is_on_front),
        "recommended": _word(trial.number == facts.recommended),
        "delivery_system": design.system,
        "feasible": _word(trial.is_feasible),
        "why_infeasible": missed,
        "origin": trial.origin,
        "design_key": design.key,
        "confirmed": _word(is_confirmed),
        "risk": risk,
        LAB_STATUS: "measured" if measured else "suggested" if is_suggested else "",
        MEASURED_IN: ", ".join(f"{c.name} of {c.source}" for c in measured),
    }


def _word(value: bool) -> str:
    return str(value).lower()
