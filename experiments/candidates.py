"""One candidate of a study, as its document tells it: recipe, values, limits, quality, curves."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.config import StudySpec
from experiments.confirmation import RELEASE, RELEASE_MECHANISTIC
from experiments.quality import candidate_quality
from experiments.store import ConfirmationRecord, CurveRecord, TrialRecord, candidate_label
from formulation.delivery import FORM, get_system
from formulation.design import Design
from formulation.desirability import desirability, overall_desirability
from formulation.endpoint_keys import get_endpoint
from formulation.endpoints import STATISTICS
from formulation.space import warnings
from formulation.targets import Objective
from formulation.units import with_unit

ACCOUNTS = "accounts"
"""Entry of what a study records about itself that holds the accounts of its candidates by label."""

PROFILER = "profiler"
"""Entry of what a study records about itself that holds the slices through one candidate."""

COURSES = "courses"
"""Entry of what a study records about itself that holds what one candidate does day by day."""

EVALUATION_FAILED, EVALUATION_LOST = "evaluation failed", "evaluation lost"
"""Stand among the missed limits for designs that gave no number, and for those whose workers were
lost, of which nothing is known."""

BODY = ("serum", "serum_change", "urine_change", "laxation_risk")
"""Endpoints of the body that are told of every confirmed candidate, whatever was asked for."""

MOVERS_FOR = 3
"""Candidates, the best first, of which it is looked up what moves their quality, [-]."""

FIRST_FORMS: Mapping[str, str] = {"immediate_release": "tablet", "timed_release": "hpmc_matrix"}
"""The only form each system had in the first version of the store, whose designs name none."""


def candidate(
    spec: StudySpec,
    trial: TrialRecord,
    confirmation: ConfirmationRecord | None,
    curves: Mapping[str, CurveRecord],
    account: Mapping[str, Any] | None,
    place: int,
) -> dict[str, Any]:
    """Return everything that is shown of one candidate.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].
    trial : TrialRecord
        The trial that found it, [-].
    confirmation : ConfirmationRecord or None
        What every subject integrated gave; None before, [-].
    curves : mapping of str to CurveRecord
        Its curves by name, [-].
    account : mapping or None
        What `experiments.account` told of it; None before, or by an earlier version, [-].
    place : int
        Its place on the front; the first few are told what moves them, [-].

    Returns
    -------
    dict
        The member of the document's front, JSON-able, [-].
    """
    design = Design.from_dict(trial.design)
    keys = [o.endpoint for o in spec.objectives]
    limited = [limit.endpoint for limit in spec.limits]
    return {
        "number": trial.number,
        "title": title_of(design),
        "design_key": design.key,
        **recipe_of(trial),
        "process": dict(design.process),
        "objectives": {key: trial.values[key] for key in keys},
        "intervals": {key: [trial.lo90[key], trial.hi90[key]] for key in [*keys, *limited]},
        "desirability": _desirability(spec.objectives, trial.values, confirmation),
        "values": trial.values,
        "limits": trial.slacks,
        "origin": trial.origin,
        "rung": trial.rung,
        "warnings": list(design_warnings(design)),
        "remarks": [*trial.reasons, *_beyond_worst(spec, trial)],
        "quality": candidate_quality(
            spec.space,
            spec.jurisdiction,
            spec.profile,
            design,
            (trial.values, trial.lo90, trial.hi90),
            with_movers=place < MOVERS_FOR,
        ),
        "confirmation": None if confirmation is None else _confirmation(confirmation),
        "account": None if account is None else dict(account),
        "curves": {
            name: _curve(curves[name]) for name in (RELEASE, RELEASE_MECHANISTIC) if name in curves
        },
    }


def recipe_of(trial: TrialRecord) -> dict[str, Any]:
    """Return what is needed to make the design of a trial, and how it is taken.

    Parameters
    ----------
    trial : TrialRecord
        Any trial, [-].

    Returns
    -------
    dict
        Label, design, recipe of one unit [mg], its mass [mg] and elemental magnesium [mg], regimen.
    """
    design = Design.from_dict(trial.design)
    return {
        "label": candidate_label(trial.number),
        "design": trial.design,
        "recipe_mg": dict(design.amounts_mg),
        "unit_mass_mg": design.unit_mass_mg,
        "elemental_mg_per_unit": design.elemental_mg_per_unit,
        "regimen": regimen_text(design),
    }


def design_warnings(design: Design) -> tuple[str, ...]:
    """Return what a design deserves to be warned of, each thing once.

    Parameters
    ----------
    design : Design
        A valid design, [-].

    Returns
    -------
    tuple of str
        Sentences; no warning that another repeats with more, as those of two excipients on one
        property of the salt do, [-].
    """
    told = tuple(dict.fromkeys(warnings(design)))
    return tuple(text for text in told if not any(_says_more(other, text) for other in told))


def _says_more(more: str, text: str) -> bool:
    """Tell whether every sentence of a text begins one of another text, which goes on."""
    sentences = more.split(". ")
    begun = [part.rstrip(".") for part in text.split(". ")]
    is_said = all(
        any(re.match(rf"{re.escape(part)}(?!\w)", s) for s in sentences) for part in begun
    )
    return is_said and len(more) > len(text)


def form_name(design: Mapping[str, Any]) -> str:
    """Return the form of a design.

    Parameters
    ----------
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    str
        Name of the form, that of `FIRST_FORMS` where the design names none, [-].

    Examples
    --------
    >>> form_name({"system": "timed_release", "process": {"hpmc_grade": "K4M"}})
    'hpmc_matrix'
    """
    process = design["process"]
    return str(process[FORM] if FORM in process else FIRST_FORMS[design["system"]])


def most_desirable(
    objectives: Sequence[Objective] | None, trials: Sequence[TrialRecord]
) -> dict[str, Any] | None:
    """Return which feasible trial is the most desirable, and how much.

    Parameters
    ----------
    objectives : sequence of Objective or None
        What is wanted; None where that cannot be read, [-].
    trials : sequence of TrialRecord
        Finished trials, [-].

    Returns
    -------
    dict or None
        ``label`` and ``desirability`` as the search predicted it; None of nothing feasible, or
        where it is not known what is wanted, [-].
    """
    if objectives is None:
        return None
    scores = {t.number: overall_desirability(objectives, t.values) for t in trials if t.is_feasible}
    if not scores:
        return None
    best = max(scores, key=lambda number: (scores[number], -number))
    return {"label": candidate_label(best), "desirability": scores[best]}


def title_of(design: Design) -> str:
    """Return what a person calls a design, such as "citrate matrix tablet, HPMC K4M 31 %".

    Parameters
    ----------
    design : Design
        The design, [-].

    Returns
    -------
    str
        Words, [-].
    """
    system = get_system(design.system)
    title = system.form(form_name(design.as_dict())).title
    words = f"{design.salt_name.replace('_', ' ')} {title[0].lower()}{title[1:]}"
    for polymer in ("hpmc", "ethylcellulose"):
        if polymer in design.amounts_mg:
            grade = design.process[f"{polymer}_grade"]
            words += f", {grade} {design.share_pct(polymer):.0f} %"
    coats = [name for name in design.amounts_mg if name.endswith("_coat") or "enteric" in name]
    coated = f", {' and '.join(coats).replace('_', ' ')}" if coats else ""
    return f"{words}{coated}, {design.elemental_mg_per_unit:.0f} mg Mg"


def regimen_text(design: Design) -> str:
    """Return how a design is taken, without meals where they do not matter.

    Parameters
    ----------
    design : Design
        The design, [-].

    Returns
    -------
    str
        Words, [-].
    """
    text = str(design.regimen)
    if get_system(design.system).form(form_name(design.as_dict())).route.knows_meals:
        return text
    return text.removesuffix(" between meals")


def _beyond_worst(spec: StudySpec, trial: TrialRecord) -> list[str]:
    """Say which objectives are worse than the worst the study accepts."""
    return [
        f"{o.endpoint} {trial.values[o.endpoint]:.4g} is worse than the worst acceptable"
        f" {with_unit(o.worst, get_endpoint(o.endpoint).unit)}"
        for o in spec.objectives
        if o.normalise(trial.values[o.endpoint]) < 0
    ]


def _desirability(
    objectives: Sequence[Objective],
    predicted: Mapping[str, float],
    confirmation: ConfirmationRecord | None,
) -> dict[str, Any]:
    """Return the desirability by Derringer and Suich, predicted and confirmed."""
    return {
        "predicted": overall_desirability(objectives, predicted),
        "confirmed": None
        if confirmation is None
        else overall_desirability(objectives, confirmation.values),
        "of": {o.endpoint: desirability(o, predicted[o.endpoint]) for o in objectives},
    }


def _confirmation(record: ConfirmationRecord) -> dict[str, Any]:
    return {
        "n_subjects": record.n_subjects,
        "values": record.values,
        "lo90": record.lo90,
        "hi90": record.hi90,
        "limits": record.slacks,
        "is_confirmed": all(slack >= 0 for slack in record.slacks.values()),
        "reasons": list(record.reasons),
        "origin": record.origin,
        "kind": record.kind,
        "body": [_percentiles(record, name) for name in BODY if f"{name}.p50" in record.values],
    }


def _percentiles(record: ConfirmationRecord, name: str) -> dict[str, Any]:
    """Return the percentiles of one endpoint between the integrated subjects."""
    endpoint = get_endpoint(f"{name}.p50")
    found = {p: record.values[f"{name}.{p}"] for p in STATISTICS}
    return {"name": name, "title": endpoint.title, "unit": endpoint.unit, **found}


def _curve(record: CurveRecord) -> dict[str, Any]:
    return {
        "x_unit": record.x_unit,
        "x": record.x,
        "y_unit": record.y_unit,
        "y": record.y,
        "lo90": record.lo90,
        "hi90": record.hi90,
        "origin": record.origin,
        "kind": record.kind,
    }
