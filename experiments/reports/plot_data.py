"""What the pictures of a report show, as plain values; the trade-off has its own file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from experiments.reports.comparison import objectives_of
from experiments.reports.wording import limit_text
from experiments.search.course import Course
from formulation.arrays import FloatArray
from formulation.endpoint_keys import parse_key
from formulation.endpoints import BENCH_TIMES_H
from formulation.errors import DataError
from formulation.units import MINUTES_PER_HOUR

MOST_CURVES = 6
"""Most candidates in one panel of release curves, [-]."""

_HOURS_PER_UNIT = {"min": 1 / MINUTES_PER_HOUR, "h": 1.0}


@frozen(kw_only=True, eq=False)
class ReleaseCurve:
    """The release of one candidate."""

    label: str
    """Candidate label."""

    hours: FloatArray
    """Times, shape (n_times,), [h]."""

    mean: FloatArray
    """Released, shape (n_times,), [% of label]."""

    lo90: FloatArray
    """Lower end of the band, shape (n_times,) or (0,) without one, [% of label]."""

    hi90: FloatArray
    """Upper end of the band, shape (n_times,) or (0,) without one, [% of label]."""

    kind: str
    """What the band is."""

    law_hours: FloatArray
    """Times of the mechanistic law, shape (n_law_times,), empty without one, [h]."""

    law: FloatArray
    """Mechanistic law, shape (n_law_times,), empty without one, [% of label]."""


@frozen(kw_only=True)
class Specification:
    """What a study asks of the release at one time."""

    hours: float
    """When, [h]."""

    low: float | None
    """Least that must be out by then, [% of label]."""

    high: float | None
    """Most that may be out by then, [% of label]."""


@frozen(kw_only=True, eq=False)
class ReleasePanel:
    """Release curves of the candidates of one delivery system."""

    system: str
    """Delivery system."""

    curves: tuple[ReleaseCurve, ...]
    """At most `MOST_CURVES`, spread along the front."""

    n_left_out: int
    """Candidates of that system that are not drawn, [-]."""

    reference_hours: FloatArray = field(factory=lambda: np.empty(0))
    """Times of the profile that products should resemble, shape (n,), empty without one, [h]."""

    reference: FloatArray = field(factory=lambda: np.empty(0))
    """The profile itself, shape (n,), [% of label]."""

    specifications: tuple[Specification, ...] = ()
    """Limits of the study on what is released by a time."""


@frozen(kw_only=True, eq=False)
class ConfirmationPanel:
    """Surrogate against mechanistic values of one objective."""

    key: str
    """Endpoint key."""

    labels: tuple[str, ...]
    """Candidate labels, n of them."""

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


def release_data(
    document: Mapping[str, Any], must_show: str | None = None
) -> tuple[ReleasePanel, ...]:
    """Return the release curves of the front, one panel a delivery system.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    must_show : str, optional
        Label of a candidate that is drawn in any case, [-].

    Returns
    -------
    tuple of ReleasePanel
        In the order of the study's systems; without curves, none, [-].
    """
    panels = []
    reference = document["study"].get("reference_release") or {"times_h": (), "released_pct": ()}
    for system in document["study"]["systems"]:
        members = [
            c
            for c in document["front"]
            if c["design"]["system"] == system and "release" in c["curves"]
        ]
        chosen = _spread(members, must_show)
        if chosen:
            panels.append(
                ReleasePanel(
                    system=system,
                    curves=tuple(_curve(c) for c in chosen),
                    n_left_out=len(members) - len(chosen),
                    reference_hours=np.array(reference["times_h"], dtype=float),
                    reference=np.array(reference["released_pct"], dtype=float),
                    specifications=_specifications(document),
                )
            )
    return tuple(panels)


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
            labels=tuple(c["label"] for c in pairs),
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


def _spread(members: Sequence[Mapping[str, Any]], must_show: str | None) -> list[Mapping[str, Any]]:
    """Return at most `MOST_CURVES` members, evenly spaced, with the one that must be shown."""
    if len(members) <= MOST_CURVES:
        return list(members)
    chosen = set(np.linspace(0, len(members) - 1, MOST_CURVES).round().astype(int).tolist())
    wanted = next((k for k, c in enumerate(members) if c["label"] == must_show), None)
    if wanted is not None and wanted not in chosen:
        chosen.remove(min(chosen, key=lambda k: abs(k - wanted)))
        chosen.add(wanted)
    return [members[k] for k in sorted(chosen)]


def _specifications(document: Mapping[str, Any]) -> tuple[Specification, ...]:
    """Return the limits on the bench, in the order of the study."""
    found = ((parse_key(b["key"]).endpoint.name, b) for b in document.get("bounds", ()))
    return tuple(
        Specification(hours=BENCH_TIMES_H[name], low=b["low"], high=b["high"])
        for name, b in found
        if name in BENCH_TIMES_H
    )


def _curve(candidate: Mapping[str, Any]) -> ReleaseCurve:
    curve = candidate["curves"]["release"]
    law = candidate["curves"].get("release_mechanistic")
    return ReleaseCurve(
        label=candidate["label"],
        hours=_hours(curve, candidate["label"]),
        mean=np.array(curve["y"], dtype=float),
        lo90=np.array(curve["lo90"], dtype=float),
        hi90=np.array(curve["hi90"], dtype=float),
        kind=curve["kind"],
        law_hours=np.empty(0) if law is None else _hours(law, candidate["label"]),
        law=np.empty(0) if law is None else np.array(law["y"], dtype=float),
    )


def _hours(curve: Mapping[str, Any], label: str) -> FloatArray:
    unit = curve["x_unit"]
    if unit not in _HOURS_PER_UNIT:
        raise DataError(
            f"Release curve of {label}: its times are in {unit!r}; min or h is wanted.",
            hint="Store curves with their times in min.",
        )
    return np.array(curve["x"], dtype=float) * _HOURS_PER_UNIT[unit]
