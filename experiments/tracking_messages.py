"""What the tracking is told, as plain values, and the names it has there.

A message in the outbox only says what is to be told. What is told is made when it is delivered,
from the store alone, so that nothing is kept twice and a search pays for nothing of it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from attrs import field, frozen

from experiments.store import ModelRecord
from experiments.workspace import ALL, FRONT
from formulation.targets import get_endpoint
from models.surrogates.card_text import card_markdown

STUDY, CANDIDATES, CANDIDATE, MODEL = "study", "candidates", "candidate", "model"
"""Kinds of messages. `CANDIDATE`, one for each of them, is of earlier versions."""

MOST_CHILDREN: Mapping[str, int] = {FRONT: 200, ALL: 1000}
"""Runs of one study at most, beside its own, [-]."""

LAB_STATUS, MEASURED_IN = "lab_status", "measured_in"
"""Tags of a candidate: whether a laboratory measured it; what it is called there, and where."""

NOTE_END = "\n\nSimulated unless said otherwise; not medical advice."
MODELS_EXPERIMENT = "surrogates"
"""Experiment of the fits behind registered surrogates; those of studies begin with ``mg-``."""

MOST_DESCRIPTION = 5000
"""Characters of a description that a registry on any database keeps, [-]."""

Metric = tuple[str, float, int]
"""Name with its unit, value and step."""

_SUFFIXES = (("% of label", "pct"), ("percent", "pct"), ("1/d", "per_d"), ("/", "_per_"))
"""Signs of a unit that a name cannot have, and what stands for them."""


@frozen(kw_only=True)
class RunContent:
    """Everything of one run."""

    key: str
    """Names the event that the run is of; there is one run for each."""

    experiment: str
    """Experiment it stands in."""

    name: str
    """Name a person reads."""

    note: str
    """What it is, in Markdown without HTML."""

    tags: Mapping[str, str]
    """Words to filter by."""

    params: Mapping[str, Any]
    """What was asked for."""

    metrics: Sequence[Metric]
    """What came out, with units in the names."""

    data: Sequence[Mapping[str, Any]] = ()
    """Data sets behind it, as a model card lists them: name, digest, origin and rows."""

    files: Mapping[str, bytes] = field(factory=dict, repr=False)
    """Artefacts by name."""


@frozen(kw_only=True)
class ShownNames:
    """What the view of a front draws."""

    objectives: Sequence[str]
    """Metrics of the objectives, the first of which sorts the runs."""

    curves: Sequence[Sequence[str]]
    """Metrics by time, those of one chart together."""

    params: Sequence[str]
    """Parameters beside the objectives."""


def unit_suffix(unit: str) -> str:
    """Return a unit as the end of a name.

    Parameters
    ----------
    unit : str
        The unit, [-].

    Returns
    -------
    str
        Letters, digits and underscores, [-].

    Examples
    --------
    >>> unit_suffix("mg/d"), unit_suffix("% of label"), unit_suffix("mmol/L")
    ('mg_per_d', 'pct', 'mmol_per_L')
    """
    for sign, word in _SUFFIXES:
        unit = unit.replace(sign, word)
    return unit.replace(" ", "_")


@cache
def metric_name(key: str) -> str:
    """Return the name of an endpoint in MLflow, with its unit as suffix.

    Parameters
    ----------
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Such as ``absorbed_increment_p50_mg_per_d``; a unit that the key names is not said again,
        [-].

    Examples
    --------
    >>> metric_name("absorbed_increment.p50"), metric_name("units_per_day")
    ('absorbed_increment_p50_mg_per_d', 'units_per_day')
    >>> metric_name("osmolality_mosm_per_kg"), metric_name("units_per_intake")
    ('osmolality_mosm_per_kg', 'units_per_intake')
    """
    name, unit = key.replace(".", "_"), unit_suffix(get_endpoint(key).unit)
    said = name.lower().replace("_per_day", "_per_d")
    return name if unit == "1" or said.endswith(f"_{unit.lower()}") else f"{name}_{unit}"


def experiment_name(project: str) -> str:
    """Return the experiment of a project, or of a study that belongs to none.

    Parameters
    ----------
    project : str
        Its name, [-].

    Returns
    -------
    str
        Name without a slash, at which MLflow would cut it, [-].

    Examples
    --------
    >>> experiment_name("magnesium-2026")
    'mg-magnesium-2026'
    """
    return "mg-" + project.replace("/", "-")


def study_key(study_id: str) -> str:
    """Return the key of the run of a study.

    Parameters
    ----------
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    str
        The key, [-].
    """
    return f"{study_id}/{STUDY}"


def candidate_key(study_id: str, label: str) -> str:
    """Return the key of the run of a candidate.

    Parameters
    ----------
    study_id : str
        Uuid of the study, [-].
    label : str
        Label of the candidate, [-].

    Returns
    -------
    str
        The key, [-].
    """
    return f"{study_id}/{label}"


def model_message(record: ModelRecord) -> dict[str, Any]:
    """Return what is told of a surrogate that a study used.

    Parameters
    ----------
    record : ModelRecord
        The surrogate's version, [-].

    Returns
    -------
    dict
        What the registry needs, but for the bytes, whose folder it names, [-].
    """
    card = record.card
    name, sha256, created = record.name, record.sha256, record.created_utc
    brief = card_markdown(card, name=name, sha256=sha256, created_utc=created, is_brief=True)
    if len(brief) > MOST_DESCRIPTION:
        end = "\n\nThe rest stands in card.md."
        brief = brief[: MOST_DESCRIPTION - len(end)] + end
    return {
        "folder": record.path,
        "description": brief,
        "card": card,
        "card_text": card_markdown(card, name=name, sha256=sha256, created_utc=created),
        "name": name,
        "sha256": sha256,
        "tags": {
            "kind": MODEL,
            "sha256": record.sha256,
            "uuid": record.id,
            "code_sha256": card["code_sha256"],
            "training_key": card["key"],
            "system": card["system"],
            "population": card["population"],
            "laboratory_data": str(bool(card["rows_by_origin"].get("measured"))).lower(),
        },
        "params": {
            "family": card["family"],
            "seed": card["seed"],
            **{f"rows_{origin}": count for origin, count in card["rows_by_origin"].items()},
        },
        "metrics": [
            (f"{key.replace('.', '_')}_{name}", value, 0)
            for key, found in card["metrics"].items()
            for name, value in found.items()
        ],
    }
