"""What is told to the tracking of a study, its candidates and its surrogates, as plain JSON.

Messages wait in the outbox, so each holds everything that its delivery needs, but for the bytes of
models and reports, which it names.
"""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from experiments.store import ModelRecord
from formulation.targets import get_endpoint
from models.surrogates.card_text import card_markdown

UI_PORT = 5000
STUDY, CANDIDATE, MODEL = "study", "candidate", "model"
RELEASE_METRIC = "dissolved_pct_by_min"
NOTE_END = "\n\nSimulated unless said otherwise; not medical advice."
MODELS_EXPERIMENT = "surrogates"
"""Experiment of the fits behind registered surrogates; those of studies begin with ``mg-``."""

MOST_DESCRIPTION = 5000
"""Characters of a description that a registry on any database keeps, [-]."""


def metric_name(key: str) -> str:
    """Return the name of an endpoint in MLflow, with its unit as suffix.

    Parameters
    ----------
    key : str
        Endpoint key, [-].

    Returns
    -------
    str
        Such as ``absorbed_increment_p50_mg_per_d``, [-].

    Examples
    --------
    >>> metric_name("absorbed_increment.p50")
    'absorbed_increment_p50_mg_per_d'
    """
    unit = get_endpoint(key).unit.replace("percent", "pct").replace("1/d", "per_d")
    return f"{key.replace('.', '_')}_{unit.replace('/', '_per_')}"


def front_link(experiment_id: str, study_id: str, order_by: str, port: int = UI_PORT) -> str:
    """Return the address of the view that shows a study's front with its curves.

    Parameters
    ----------
    experiment_id : str
        MLflow's experiment, [-].
    study_id : str
        Uuid of the study, [-].
    order_by : str
        Metric to sort by; without one MLflow folds the runs away, [-].
    port : int, optional
        Port of ``formulation ui``, [-].

    Returns
    -------
    str
        Address on this machine, [-].
    """
    wanted = quote(f"tags.study_id='{study_id}' and tags.pareto='true'", safe="")
    order = quote(f"metrics.`{order_by}`", safe="")
    return (
        f"http://127.0.0.1:{port}/#/experiments/{experiment_id}/runs"
        f"?workflowType=machine_learning&compareRunsMode=CHART"
        f"&orderByKey={order}&orderByAsc=false&searchFilter={wanted}"
    )


def study_message(document: Mapping[str, Any], report: Path) -> dict[str, Any]:
    """Return what is told of a study.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    report : Path
        Its report, [-].

    Returns
    -------
    dict
        The message, [-].
    """
    study = document["study"]
    series = [
        (name, value, point["trial"])
        for point in document["history"]
        for name, value in point.items()
        if name != "trial"
    ]
    return {
        "experiment": _experiment_name(study["name"]),
        "name": f"{study['label']} {study['name']}",
        "order_by": metric_name(document["objectives"][0]["key"]),
        # MLflow shows a note as Markdown, in which HTML would be more than text.
        "note": escape(study["question"]) + NOTE_END,
        "tags": {
            "kind": STUDY,
            "study": study["label"],
            "pareto": "false",
            "config_sha256": study["config_sha256"],
            "code_sha256": study["code_sha256"],
            "state": study["state"],
            "systems": ", ".join(study["systems"]),
            "population": study["population"]["name"],
        },
        "params": {
            "budget": study["budget"],
            "seed": document["seed"],
            "strategy": study["strategy"],
            "executor": document["executor"].get("kind", ""),
            "jurisdiction": study["jurisdiction"],
        },
        "metrics": [*series, ("n_front", float(len(document["front"])), 0)],
        "texts": [[json.dumps(document, indent=1), "study.json"]],
        "files": [str(report)],
    }


def candidate_message(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a candidate.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    candidate : mapping
        One of its front, [-].

    Returns
    -------
    dict
        The message, [-].
    """
    study = document["study"]
    metrics = [(f"{name}_mg", value, 0) for name, value in candidate["recipe_mg"].items()]
    metrics += [(metric_name(key), value, 0) for key, value in candidate["values"].items()]
    for key, (low, high) in candidate["intervals"].items():
        metrics += [(f"{metric_name(key)}_lo90", low, 0), (f"{metric_name(key)}_hi90", high, 0)]
    curve = candidate["curves"].get("release")
    if curve:
        for suffix, part in (("", "y"), ("_lo90", "lo90"), ("_hi90", "hi90")):
            metrics += [
                (RELEASE_METRIC + suffix, y, round(x))
                for x, y in zip(curve["x"], curve[part], strict=True)
            ]
    confirmation = candidate["confirmation"]
    if confirmation:
        metrics += [
            (f"{metric_name(o['key'])}_confirmed", confirmation["values"][o["key"]], 0)
            for o in document["objectives"]
        ]
    design = candidate["design"]
    return {
        "experiment": _experiment_name(study["name"]),
        "order_by": metric_name(document["objectives"][0]["key"]),
        "name": f"{study['label']}-{candidate['label']} {candidate['title']}",
        "note": f"{candidate['title']}, {candidate['regimen']}",
        "tags": {
            "kind": CANDIDATE,
            "study": study["label"],
            "pareto": "true",
            "delivery_system": design["system"],
            "feasible": "true",
            "origin": candidate["origin"],
            "design_key": candidate["design_key"],
            "confirmed": str(bool(confirmation and confirmation["is_confirmed"])).lower(),
        },
        "params": {
            "delivery_system": design["system"],
            "salt": "+".join(filter(None, (design["salt"], design.get("second_salt")))),
            "regimen": candidate["regimen"],
            **candidate["process"],
        },
        "metrics": metrics,
    }


def model_message(document: Mapping[str, Any], record: ModelRecord) -> dict[str, Any]:
    """Return what is told of a surrogate that a study used.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    record : ModelRecord
        The surrogate's version, [-].

    Returns
    -------
    dict
        The message, [-].
    """
    card, study = record.card, document["study"]
    name, sha256, created = record.name, record.sha256, record.created_utc
    brief = card_markdown(card, name=name, sha256=sha256, created_utc=created, is_brief=True)
    if len(brief) > MOST_DESCRIPTION:
        end = "\n\nThe rest stands in card.md."
        brief = brief[: MOST_DESCRIPTION - len(end)] + end
    return {
        "experiment": _experiment_name(study["name"]),
        "order_by": metric_name(document["objectives"][0]["key"]),
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


def _experiment_name(study_name: str) -> str:
    return "mg-" + study_name.replace("/", "-")
