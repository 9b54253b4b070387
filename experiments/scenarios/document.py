"""Scenarios as one document of plain values: what text, page and JSON are made from."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.account.bands import bands
from experiments.account.safety import judge, monitoring_dict, risk_dict
from experiments.config.scenario_spec import CRAMPS, ENDPOINTS, PLACEBO, Scenario, ScenarioArm, Who
from experiments.scenarios.arms import Followed, follow_arms
from experiments.scenarios.verdicts import verdict
from experiments.scenarios.wording import endpoint_head
from experiments.simulation.document import NOTICE, product_dict
from experiments.simulation.request import check_subject_days
from formulation.claims import announcement
from formulation.cofactors import Dose
from formulation.modulators import modulators
from formulation.monitoring import MEASURES, NOT_MODELLED
from formulation.patients import Population, get_patient_field, named_spreads
from formulation.provenance import Origin

SCHEMA, VERSION = "formulation/scenarios", 1

MONITORED: Mapping[str, tuple[str, str, int]] = {
    "serum_mg": ("serum_mean", "mmol/L", 3),
    "urine_mg_24h": ("urine", "mmol/d", 2),
}
"""Daily column, unit and decimals of what is monitored and simulated."""

DAYS_PER_WEEK = 7
"""Days in a week, [d/week]."""

Told = dict[str, Any]


def run_scenarios(scenarios: Sequence[Scenario]) -> Told:
    """Run scenarios, and tell what came out against what was expected.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios, already checked, [-].

    Returns
    -------
    dict
        Plain values that JSON can hold, with ``schema`` and ``version``, [-].

    Raises
    ------
    InputError
        There are too many subjects for so many days, or somebody absorbs less than is secreted
        into the bowel, so there is no steady state.
    """
    for scenario in scenarios:
        for who in (scenario.who, *map(scenario.who_takes, scenario.arms)):
            if who.population is not None:
                check_subject_days(who.population.size, scenario.days)
    told = [_scenario(scenario) for scenario in scenarios]
    expected = [x for s in told for x in s["expected"]]
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "notice": NOTICE,
        "announcements": [
            {
                "scenario": s.name,
                "arm": name,
                "announcement": announcement(claims, s.designs_of(name)),
            }
            for s in scenarios
            for name, claims in s.switched_on.items()
        ],
        "expected": len(expected),
        "held": sum(x["held"] for x in expected),
        "scenarios": told,
    }


def _scenario(scenario: Scenario) -> Told:
    arms = follow_arms(scenario)
    return {
        "name": scenario.name,
        "question": scenario.question,
        "people": _people(scenario.who),
        "days": scenario.days,
        "jurisdiction": scenario.jurisdiction,
        "claims": [claim.name for claim in scenario.claims],
        "endpoints": [
            _head(name) for name in ENDPOINTS if any(name in arm.values for arm in arms.values())
        ],
        "arms": [
            _arm(arm, scenario, arms.get(arm.name)) for arm in (*scenario.arms, scenario.placebo)
        ],
        "expected": [verdict(x, scenario, arms) for x in scenario.expected],
        "article": [verdict(x, scenario, arms) for x in scenario.article],
        "monitored": _monitored(scenario, arms),
        "not_predicted": list(scenario.not_predicted)
        + ([] if scenario.tells_cramps or not _has_cramps(scenario) else ["frequency of cramps"]),
    }  # fmt: skip


def _head(name: str) -> Told:
    """Return how an endpoint is called, and where its numbers come from."""
    title, unit, decimals = endpoint_head(name)
    origin = Origin.CLAIM if name == CRAMPS else Origin.SIMULATED
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "decimals": decimals,
        "origin": origin.value,
    }


def _has_cramps(scenario: Scenario) -> bool:
    population = scenario.who.population
    return population is not None and "cramps_per_week" in population.spreads


def _people(who: Who) -> Told:
    population = who.population
    if population is None:
        return {"name": None, "size": None, "is_patient": False, "refusal": who.refusal}
    return {
        "name": population.name,
        "size": population.size,
        "seed": population.seed,
        "is_patient": who.is_patient,
        "medication": list(population.medication),
        "changed": _changed(population),
        "refusal": "",
    }


def _changed(population: Population) -> list[Told]:
    """Return what a population states otherwise than the known one of its name."""
    own = named_spreads().get(population.name)
    if own is None:
        return []
    found = []
    for name, spread in population.spreads.items():
        if own.get(name) != spread:
            known = get_patient_field(name)
            unit = "" if known.default.unit == "1" else f" {known.default.unit}"
            found.append(
                {"field": name, "title": known.title, "words": f"{spread.mean:g}{unit} on average"}
            )
    return found


def _arm(arm: ScenarioArm, scenario: Scenario, followed: Followed | None) -> Told:
    told: Told = {
        "name": arm.name,
        "is_placebo": arm.name == PLACEBO,
        "people": _people(scenario.who_takes(arm)),
        "with": [_dose(dose) for dose in arm.doses],
        "claims": [claim.name for claim in arm.claims],
        "product": None,
        "endpoints": {},
        "held_at_end": [],
        "risk": None,
        "monitoring": None,
    }
    if followed is None:
        return told
    if arm.product is not None:
        told["product"] = product_dict(arm.product, followed.taken)
    told["endpoints"] = {
        name: bands(followed.values[name]) for name in ENDPOINTS if name in followed.values
    }
    told["held_at_end"] = list(followed.held)
    return told | _safety(scenario, followed)


def _safety(scenario: Scenario, followed: Followed) -> Told:
    """Return risk and monitoring of an arm with a product; nothing of the others."""
    simulated = followed.as_arm()
    if simulated is None:
        return {}
    risk = judge(simulated, scenario.jurisdiction, followed.subjects)
    return {
        "risk": risk_dict(risk),
        "monitoring": monitoring_dict(risk, followed.subjects),
    }


def _dose(dose: Dose) -> Told:
    known = dose.cofactor
    changed = get_patient_field(known.field)
    return {
        "name": known.name,
        "text": dose.text,
        "amount": dose.amount,
        "unit": known.unit,
        "field": known.field,
        "field_title": changed.title,
        "shift": dose.shift,
        "field_unit": changed.default.unit,
        "modulators": [
            {
                "target": m.target.value,
                "kind": m.kind.value,
                "effect": m.effect.value,
                "low": m.effect.low,
                "high": m.effect.high,
                "per": m.per,
                "unit": changed.default.unit,
                "basis": m.effect.basis.value,
                "source": m.effect.source,
            }
            for m in modulators()
            if m.field == known.field and not m.is_neutral
        ],
        "basis": known.per_unit.basis.value,
        "source": known.per_unit.source,
        "note": known.per_unit.note,
    }


def _monitored(scenario: Scenario, arms: Mapping[str, Followed]) -> list[Told]:
    """Return what the scenario asks to be measured, with what is simulated at those times."""
    found = []
    for measure, every in scenario.monitor.items():
        days = range(DAYS_PER_WEEK * every, scenario.days + 1, DAYS_PER_WEEK * every)
        told: Told = {
            "measure": measure,
            "title": MEASURES[measure],
            "every_weeks": every,
            "is_modelled": measure not in NOT_MODELLED,
            "unit": None,
            "values": [],
        }
        if measure in MONITORED:
            column, told["unit"], told["decimals"] = MONITORED[measure]
            told["values"] = [
                {"arm": name, "day": day, **bands(arm.course.day(column)[0, day - 1])}
                for name, arm in arms.items()
                for day in days
            ]
        found.append(told)
    return found
