"""What the pictures of a report show, as plain values; trade-off and release have their files."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from experiments.reports.comparison import objectives_of
from experiments.reports.tables import candidate_text
from experiments.reports.wording import limit_text
from experiments.search.course import Course
from formulation.arrays import FloatArray


@frozen(kw_only=True, eq=False)
class ConfirmationPanel:
    """Surrogate against mechanistic values of one objective."""

    key: str
    """Endpoint key."""

    labels: tuple[str, ...]
    """Candidates, n of them, and which is the one recommended."""

    predicted: FloatArray
    """Surrogate's values, shape (n,), in the endpoint's unit."""

    predicted_ends: FloatArray
    """Their 90 % intervals, shape (2, n), in the endpoint's unit."""

    confirmed: FloatArray
    """Mechanistic values, shape (n,), in the endpoint's unit."""

    confirmed_ends: FloatArray
    """Their 90 % intervals, shape (2, n), in the endpoint's unit."""


@frozen(kw_only=True, eq=False)
class History:
    """Best of each objective so far, against trial number."""

    keys: tuple[str, ...]
    """Endpoint keys of the objectives."""

    numbers: FloatArray
    """Trial numbers, shape (n_trials,), [-]."""

    best: FloatArray
    """Normalised, shape (n_trials, n_objectives), [-]; NaN before the first feasible design."""


@frozen(kw_only=True)
class Reason:
    """How often one limit was missed."""

    limit: str
    """The limit in words."""

    count: int
    """Designs that missed it, [-]."""


def confirmation_data(document: Mapping[str, Any]) -> tuple[ConfirmationPanel, ...]:
    """Return surrogate against mechanistic values, one panel an objective.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of ConfirmationPanel
        Objectives that are exact arithmetic are left out, [-].
    """
    pairs = [c for c in document["front"] if c["confirmation"] is not None]
    return tuple(
        ConfirmationPanel(
            key=key,
            labels=tuple(candidate_text(c) for c in pairs),
            predicted=np.array([c["values"][key] for c in pairs]),
            predicted_ends=np.array([c["intervals"][key] for c in pairs]).T,
            confirmed=np.array([c["confirmation"]["values"][key] for c in pairs]),
            confirmed_ends=np.array(
                [[c["confirmation"][end][key] for c in pairs] for end in ("lo90", "hi90")]
            ),
        )
        for key in (document["confirmation"]["objectives"] if pairs else ())
    )


def history_data(document: Mapping[str, Any]) -> History:
    """Return the running best of each normalised objective.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    History
        Over all trials in their order; infeasible ones change nothing, [-].
    """
    objectives = objectives_of(document)
    rows = sorted(document["points"], key=lambda p: p["number"])
    so_far, best = Course(objectives=objectives), np.empty((len(rows), len(objectives)))
    for k, row in enumerate(rows):
        so_far.follow(row["objectives"] if row["is_feasible"] else None)
        best[k] = so_far.best_scores
    return History(
        keys=tuple(o.endpoint for o in objectives),
        numbers=np.array([row["number"] for row in rows], dtype=float),
        best=best,
    )


def reasons_data(document: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return how often each limit was missed.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of Reason
        The most frequent first, [-].
    """
    return tuple(
        Reason(limit=limit_text(r["limit"]), count=r["count"])
        for r in document["infeasible_reasons"]
    )
