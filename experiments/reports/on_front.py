"""Why a candidate is not on the front: nobody knows it, it is beaten, or it is not feasible."""

from collections.abc import Mapping
from typing import Any

from experiments.store import candidate_label
from formulation.errors import InputError, Problem, UnknownNameError

MOST_REASONS = 2
"""Reasons that are told, [-]."""


def not_on_front(document: Mapping[str, Any], label: str, written: str = "") -> InputError:
    """Return the error of a candidate that was asked for and that the front has not.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    label : str
        What was asked for, as `experiments.store.as_candidate_label` gives it, [-].
    written : str, optional
        The same as it was typed, [-].

    Returns
    -------
    InputError
        That the study has no such design; or that it has, why it is not on the front, and which to
        take, [-].
    """
    front = document["front"]
    labels = [candidate["label"] for candidate in front]
    point = next((p for p in document["points"] if candidate_label(p["number"]) == label), None)
    if point is None:
        return UnknownNameError("Candidate", written or label, labels)
    study = document["study"]["label"]
    if None in point["objectives"].values():
        why = f"its evaluation failed: {_infeasible(point['reasons'])}"
        hint = "Take one that was evaluated."
    elif not point["is_feasible"]:
        why = _infeasible(point["reasons"])
        hint = "Relax that limit and run the study again, or take a candidate that meets them all."
    else:
        better = [c["label"] for c in front if _beats(document, c, point)]
        why = f"{better[0]} does at least as well in every objective, and better in one"
        hint = f"Take {better[0]} instead."
    problem = Problem(
        code="not_on_front",
        message=f"Candidate {label} is a design of {study}, but not on its front: {why}.",
        value=label,
        rule="a candidate of the front",
        hint=f"{hint} `formulation front {study}` lists the {len(front)} on the front.",
    )
    return InputError(problem.message, problems=(problem,))


def _infeasible(reasons: list[str]) -> str:
    told = "; ".join(reason.rstrip(".") for reason in reasons[:MOST_REASONS])
    more = len(reasons) - MOST_REASONS
    return f"{told or 'it is not feasible'}{f'; and {more} more' if more > 0 else ''}"


def _beats(document: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether a candidate is nowhere worse than a feasible design."""
    return all(
        sign * one["objectives"][o["key"]] >= sign * other["objectives"][o["key"]]
        for o in document["objectives"]
        for sign in [1 if o["goal"] == "maximise" else -1]
    )
