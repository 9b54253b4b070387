"""Risk, monitoring and hours to keep, as plain values with their sources."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import asdict

from experiments.account.arms import Arm
from formulation.intake import Intake, Simulated
from formulation.interactions import Interaction, interactions
from formulation.monitoring import Check, MonitoringPlan, monitoring_plan
from formulation.risk import RiskAssessment, assess
from models.population import Subjects


def judge(arm: Arm, jurisdiction: str, subjects: Subjects) -> RiskAssessment:
    """Judge the risk of a product for these people.

    Parameters
    ----------
    arm : Arm
        The product in the people, [-].
    jurisdiction : str
        ``EU`` or ``US``, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    RiskAssessment
        Class and reasons, [-].
    """
    population = subjects.population
    # A product that leaves less in the stool than the diet did (a patch) loosens nothing.
    load = np.maximum(arm.values["soluble_unabsorbed_load"], 0.0)
    return assess(
        Intake.of_design(arm.product.design),
        jurisdiction,
        subjects.values,
        Simulated(
            serum_mmol_per_l=arm.course.day("serum_max")[0, -1],
            soluble_unabsorbed_mmol_per_day=load,
            soluble_unabsorbed_mmol_per_dose=load / arm.course.intakes_per_day,
            peak_gut_load_mmol=arm.values["peak_gut_load"],
            other_solute_mosm_per_day=arm.other_mosm_per_day,
        ),
        conditions=population.conditions,
        medication=population.medication,
    )


def risk_dict(found: RiskAssessment) -> dict[str, Any]:
    """Return a risk as plain values.

    Parameters
    ----------
    found : RiskAssessment
        What `judge` returned, [-].

    Returns
    -------
    dict
        Class, reasons in order, limits with their source, serum, bowel and assumptions, [-].
    """
    return {
        "class": found.risk_class.value,
        "reasons": [
            {"class": r.risk_class.value, "rule": r.rule, "words": r.words} for r in found.reasons
        ],
        "limits": [
            {
                "rule": check.rule,
                "is_met": check.is_met,
                "words": check.words,
                "source": check.limit.source,
            }
            for check in found.limits
        ],
        "hypermagnesaemia": asdict(found.hypermagnesaemia),
        "laxation": asdict(found.laxation),
        "irritation": asdict(found.irritation),
        "assumptions": {
            name: {"value": q.value, "unit": q.unit, "source": q.source, "note": q.note}
            for name, q in found.assumptions.items()
        },
    }


def monitoring_dict(found: RiskAssessment, subjects: Subjects) -> dict[str, Any]:
    """Return what to measure, when, and which hours to keep from medicines.

    Parameters
    ----------
    found : RiskAssessment
        What `judge` returned, [-].
    subjects : Subjects
        The people, [-].

    Returns
    -------
    dict
        Checks, remarks and spacing, with sources, [-].
    """
    medication = subjects.population.medication
    plan: MonitoringPlan = monitoring_plan(found.risk_class, subjects.values, medication)
    return {
        "checks": [_check_dict(check) for check in plan.checks],
        "remarks": list(plan.remarks),
        "spacing": [_spacing_dict(rule) for rule in _rules(found)],
    }


def _rules(found: RiskAssessment) -> Iterable[Interaction]:
    """Return the hours to keep: those of the medicines stated, and the general ones."""
    general = [rule for rule in interactions() if rule.is_general]
    return dict.fromkeys([*found.interactions, *general])


def _check_dict(check: Check) -> dict[str, Any]:
    return {
        "measure": check.measure,
        "text": check.text,
        "is_modelled": check.is_modelled,
        "reasons": [asdict(reason) for reason in check.reasons],
    }


def _spacing_dict(rule: Interaction) -> dict[str, Any]:
    return {
        "medicine": rule.medicine,
        "before_h": rule.before_h,
        "after_h": rule.after_h,
        "why": rule.why,
        "source": rule.source,
        "basis": rule.basis.value,
    }
