"""What to measure, and when, while somebody takes magnesium.

The plan (``monitoring.csv``) rests on what texts say should be watched; its weeks are a choice of
this product, no guideline. Potassium, calcium and creatinine are named in it and not modelled.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError
from formulation.interactions import MEDICINES_OF_FACT, medicine_name
from formulation.risk import RiskClass

CKD_STAGES: Mapping[str, tuple[float, float]] = {"ckd_3a": (45.0, 60.0), "ckd_3b": (30.0, 45.0)}
"""Filtration rate from and below which a stage holds, [mL/min/1.73m2] (KDIGO2012)."""

MEASURES: Mapping[str, str] = {
    "serum_mg": "Serum magnesium",
    "potassium": "Serum potassium",
    "calcium": "Serum calcium",
    "creatinine_egfr": "Creatinine and eGFR",
    "urine_mg_24h": "24 h urine magnesium",
    "red_cell_mg": "Red-cell magnesium",
}
"""Title of everything a plan may ask for, in the order of a plan."""

NOT_MODELLED = ("potassium", "calcium", "creatinine_egfr")
"""Measures of a plan that no model here predicts."""


@frozen(kw_only=True)
class Reason:
    """Why something is measured."""

    fact: str
    """What about the person asks for it."""

    share: float
    """Share of the subjects it is true of, [-]."""

    why: str
    """The reason in words."""

    source: str
    """Keys in ``formulation/sources.bib``."""


@frozen(kw_only=True)
class Check:
    """One thing to measure, and when."""

    measure: str
    """One of `MEASURES`."""

    baseline: bool
    """Whether to measure before the start."""

    weeks: tuple[int, ...]
    """Weeks after the start, rising."""

    every_weeks: int | None
    """Interval from then on, [week]; None when it ends there."""

    reasons: tuple[Reason, ...] = field(factory=tuple)
    """Every fact that asks for it; the densest of their schedules stands above."""

    @property
    def is_modelled(self) -> bool:
        """Whether a model here predicts it."""
        return self.measure not in NOT_MODELLED

    @property
    def text(self) -> str:
        """The check as one line."""
        plural = "s" if len(self.weeks) > 1 else ""
        weeks = f"in week{plural} {', '.join(map(str, self.weeks))}" if self.weeks else ""
        later = f"then every {self.every_weeks} weeks" if self.every_weeks else ""
        times = ("before the start" if self.baseline else "", weeks, later)
        return f"{MEASURES[self.measure]}: {', '.join(filter(None, times))}"


@frozen(kw_only=True)
class MonitoringPlan:
    """What to measure before and during the use of a product."""

    checks: tuple[Check, ...]
    """In the order of `MEASURES`; empty when no candidate is offered."""

    remarks: tuple[str, ...]
    """What the plan does not claim."""


def monitoring_plan(
    risk_class: RiskClass, patient: Mapping[str, FloatArray], medication: Sequence[str] = ()
) -> MonitoringPlan:
    """Return what to measure and when.

    Parameters
    ----------
    risk_class : RiskClass
        What `formulation.risk.assess` decided, [-].
    patient : mapping of str to ndarray
        Patient fields, each of shape (n_subjects,), in the field's unit, [-]; `egfr_ml_min` is
        needed, and a field of the name of a fact (such as `thiazide`) is 1 where it is true.
    medication : sequence of str, optional
        Medicines taken by all, [-].

    Returns
    -------
    MonitoringPlan
        One check a measure, [-].

    Raises
    ------
    InputError
        The filtration rate is missing.
    UnknownNameError
        As `medicine_name`.
    """
    if risk_class is RiskClass.REFUSED:
        words = "No candidate is offered, so there is nothing to plan; a clinician decides."
        return MonitoringPlan(checks=(), remarks=(words,))
    shares = _shares(risk_class, patient, [medicine_name(name) for name in medication])
    rows = [r for r in read_rows(find_table("monitoring", TABLES)) if shares.get(r["fact"])]
    checks = [_check(name, [r for r in rows if r["measure"] == name], shares) for name in MEASURES]
    named = ", ".join(MEASURES[name] for name in NOT_MODELLED)
    return MonitoringPlan(
        checks=tuple(check for check in checks if check.reasons),
        remarks=(
            f"Named and not modelled: {named}.",
            "The weeks are a choice of this product, no guideline.",
        ),
    )


def _shares(
    risk_class: RiskClass, patient: Mapping[str, FloatArray], medication: Sequence[str]
) -> dict[str, float]:
    """Return the share of the subjects each fact is true of."""
    if "egfr_ml_min" not in patient:
        raise InputError(
            "Monitoring needs the filtration rate, and the patient fields"
            f" {', '.join(sorted(patient)) or '(none)'} do not hold it.",
            hint="Add egfr_ml_min.",
        )
    egfr = np.asarray(patient["egfr_ml_min"], dtype=np.float64)
    shares = {"everybody": 1.0}
    shares["raised"] = float(risk_class in (RiskClass.RAISED, RiskClass.HIGH))
    shares["high"] = float(risk_class is RiskClass.HIGH)
    for stage, (low, high) in CKD_STAGES.items():
        shares[stage] = float(np.mean((egfr >= low) & (egfr < high)))
    for fact in ("diabetes", *MEDICINES_OF_FACT):
        stated = float(np.mean(np.asarray(patient.get(fact, 0.0), dtype=np.float64) > 0))
        takes = set(MEDICINES_OF_FACT.get(fact, ())) & set(medication)
        shares[fact] = 1.0 if takes else stated
    return shares


def _check(measure: str, rows: Sequence[Mapping[str, str]], shares: Mapping[str, float]) -> Check:
    """Merge the rows of one measure into the densest schedule."""
    weeks = {int(week) for row in rows for week in row["weeks"].split("; ") if week}
    later = [int(row["every_weeks"]) for row in rows if row["every_weeks"]]
    return Check(
        measure=measure,
        baseline=any(row["baseline"] == "1" for row in rows),
        weeks=tuple(sorted(weeks)),
        every_weeks=min(later, default=None),
        reasons=tuple(
            Reason(
                fact=row["title"],
                share=shares[row["fact"]],
                why=row["why"],
                source="; ".join(filter(None, (row["source"], row["also"]))),
            )
            for row in rows
        ),
    )
