"""A simulation as one document of plain values: what text, page and JSON are made from."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from experiments.account.arms import Arm, run_arm
from experiments.account.bands import bands
from experiments.account.detail import Detail, detail_of
from experiments.account.ledger import losses, losses_dict, uptake
from experiments.account.safety import judge, monitoring_dict, risk_dict
from experiments.account.tornado import Tornado
from experiments.candidates import design_warnings
from experiments.config.product import Product
from experiments.simulation.curves import body_curves, vessel_curve
from experiments.simulation.endpoints import endpoints
from experiments.simulation.lumen import lumen
from experiments.simulation.request import Request
from experiments.simulation.versus import versus
from formulation.claims import acting, announcement
from formulation.delivery import FORM, get_system
from formulation.modulators import clippings
from formulation.patients import get_patient_field
from formulation.provenance import Origin
from models.population import Subjects, draw_subjects
from models.simulator.arms import Start, Taken
from models.simulator.settle import kept_kidneys, settle

SCHEMA, VERSION = "formulation/simulation", 1

NOTICE = (
    "Simulated, not measured: no number here was measured in these people. Research software for"
    " formulation scientists, not medical advice."
)


@frozen(kw_only=True, eq=False)
class Simulated:
    """Everything that was run for a request."""

    request: Request
    """What was asked for."""

    subjects: Subjects
    """The people."""

    start: Start
    """Where they stood before, at the steady state of their diet."""

    arms: tuple[Arm, ...]
    """The product in them, then what it is compared with."""

    details: tuple[Detail, ...]
    """A day of each arm step by step."""


def run(request: Request) -> Simulated:
    """Follow the people with each product and without it.

    Parameters
    ----------
    request : Request
        What is asked for, already checked, [-].

    Returns
    -------
    Simulated
        Every course and day, [-].

    Raises
    ------
    InputError
        Somebody absorbs less than is secreted into the bowel, so there is no steady state.
    """
    subjects = draw_subjects(request.people.population)
    start = settle(subjects, claims=acting(request.claims, None))
    arms = tuple(
        run_arm(product, start, subjects, request.days, request.claims)
        for product in request.products
    )
    details = tuple(detail_of(arm, start, subjects) for arm in arms)
    return Simulated(request=request, subjects=subjects, start=start, arms=arms, details=details)


def simulate(request: Request) -> dict[str, Any]:
    """Simulate a product in the people, and tell everything about it.

    Parameters
    ----------
    request : Request
        What is asked for, already checked, [-].

    Returns
    -------
    dict
        As `document_of` returns it, [-].

    Raises
    ------
    InputError
        Somebody absorbs less than is secreted into the bowel, so there is no steady state.
    """
    return document_of(run(request))


def document_of(simulated: Simulated) -> dict[str, Any]:
    """Tell everything about what was run.

    Parameters
    ----------
    simulated : Simulated
        What `run` returned, [-].

    Returns
    -------
    dict
        Plain values that JSON can hold, with ``schema`` and ``version``, [-].
    """
    request, subjects, start = simulated.request, simulated.subjects, simulated.start
    arms, details = simulated.arms, simulated.details
    told = [_told(a, d, request, start, subjects) for a, d in zip(arms, details, strict=True)]
    curves = body_curves(arms, details, subjects)
    if request.medium is not None:
        curves.append(vessel_curve(arms, request.medium))
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "notice": NOTICE,
        "question": _question(request),
        "people": _people_dict(request, subjects, start),
        "days": request.days,
        "jurisdiction": request.jurisdiction,
        "claims": [claim.name for claim in request.claims],
        "announcement": announcement(request.claims, [p.design for p in request.products]),
        **told[0],
        "compared_with": told[1] if len(told) > 1 else None,
        "comparison": versus(*arms) if len(arms) > 1 else [],
        "curves": curves,
        "assumptions": Tornado(start, subjects).of(arms[0].taken, arms[0].begun),
        "quality": _quality(arms),
    }


def _question(request: Request) -> str:
    names = " or ".join(product.name for product in request.products)
    what = f"What does {names} do in {request.people.population.name.replace('_', ' ')}"
    return f"{what} in {request.days} day{'s' if request.days > 1 else ''}?"


def _people_dict(request: Request, subjects: Subjects, start: Start) -> dict[str, Any]:
    people, population = request.people, request.people.population
    return {
        "name": population.name,
        "is_patient": people.is_patient,
        "is_default": people.is_default,
        "size": population.size,
        "seed": population.seed,
        "medication": list(population.medication),
        "stated": sorted(population.spreads),
        "idle": [get_patient_field(name).title for name in population.idle_fields],
        "held": [*_held(request, subjects), *kept_kidneys(start)],
        "diet_moves": list(_diet_moves(request, subjects)),
    }


def _diet_moves(request: Request, subjects: Subjects) -> Iterator[str]:
    """Yield why the product moves what is taken up of the diet itself."""
    name = "dietary_phytate_mmol_per_day"
    if np.median(subjects.values[name]) > get_patient_field(name).default.value:
        yield "magnesium of both fills phytate"
    if any(c.product is not None and c.concerns(request.product.design) for c in request.claims):
        yield "the claim acts on all magnesium while the product is taken"


def _held(request: Request, subjects: Subjects) -> list[str]:
    """Return which multipliers were held at an end, with either product."""
    of = (acting(request.claims, product.design) for product in request.products)
    found = (str(clipping) for claims in of for clipping in clippings(subjects.values, claims))
    return list(dict.fromkeys(found))


def _told(
    arm: Arm, detail: Detail, request: Request, start: Start, subjects: Subjects
) -> dict[str, Any]:
    """Return what is told of one product."""
    risk = judge(arm, request.jurisdiction, subjects)
    return {
        "product": product_dict(arm.product, arm.taken),
        "endpoints": [
            {
                "group": e.group,
                "name": e.name,
                "title": e.title,
                "unit": e.unit,
                "decimals": e.decimals,
                "origin": Origin.SIMULATED.value,
                "n_subjects": len(e.values),
                **bands(e.values),
            }
            for e in endpoints(arm, start, subjects, detail)
        ],
        "uptake": [
            {"segment": u.place, "route": u.route, "unit": "mg/d", "origin": Origin.SIMULATED.value}
            | {**bands(u.mg_per_day), "mean": float(u.mg_per_day.mean())}
            for u in uptake(detail)
        ],
        "losses": losses_dict(losses(detail, arm.taken)),
        "lumen": _lumen(arm, detail),
        "risk": risk_dict(risk),
        "monitoring": monitoring_dict(risk, subjects),
    }


def product_dict(product: Product, taken: Taken) -> dict[str, Any]:
    """Return a product as plain values.

    Parameters
    ----------
    product : Product
        What is taken, [-].
    taken : Taken
        The same as the simulator takes it, [-].

    Returns
    -------
    dict
        Name, form, salt, dose, mass, regimen and warnings, [-].
    """
    design = product.design
    system = get_system(design.system)
    return {
        "name": product.name,
        "system": system.title,
        "form": system.form(str(design.process[FORM])).title,
        "salt": design.salt_name,
        "design": design.as_dict(),
        "elemental_mg_per_unit": design.elemental_mg_per_unit,
        "elemental_mg_per_day": design.elemental_mg_per_day,
        "unit_mass_mg": design.unit_mass_mg,
        "route": taken.law.route.value,
        "regimen": str(design.regimen),
        "intake_times_h": list(taken.times_h),
        "warnings": list(design_warnings(design)),
    }


def _lumen(arm: Arm, detail: Detail) -> dict[str, Any]:
    found = lumen(detail, arm.product.design)
    rows = zip(found.places, found.total, found.free, found.sensor, found.potential, strict=True)
    return {
        "hour": found.hour,
        "origin": Origin.SIMULATED.value,
        "n_subjects": len(detail.subjects),
        "segments": [
            {
                "segment": place,
                "total": bands(total),
                "free": bands(free),
                "sensor": bands(sensor),
                "unit": "mmol/L",
                "potential_mv": bands(potential),
            }
            for place, total, free, sensor, potential in rows
        ],
    }


def _quality(arms: Sequence[Arm]) -> dict[str, float]:
    courses = [course for arm in arms for course in (arm.course, arm.control)]
    return {
        "mass_balance_error": float(np.max([course.mass_error for course in courses])),
        "replay_error": float(np.max([course.replay_error for course in courses])),
    }
