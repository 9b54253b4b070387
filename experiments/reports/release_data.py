"""Release curves of a front, one panel a delivery system: which are drawn, and in what vessel."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from experiments.candidates import form_name
from experiments.reports.answers import answer
from formulation.arrays import FloatArray
from formulation.delivery import FORM
from formulation.design import Design
from formulation.endpoint_keys import parse_key
from formulation.endpoints import BENCH_TIMES_H
from formulation.errors import DataError
from formulation.units import MINUTES_PER_HOUR
from models.release import release_law
from models.release.bench import bench_medium

MOST_CURVES = 6
"""Most candidates in one panel, [-]."""

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

    vessel: str
    """Medium, apparatus and speed."""

    law_hours: FloatArray
    """Times of the mechanistic law, shape (n_law_times,), empty without one, [h]."""

    law: FloatArray
    """Mechanistic law, shape (n_law_times,), empty without one, [% of label]."""

    is_recommended: bool = False
    """Whether the answer of the study names the candidate."""

    @property
    def name(self) -> str:
        """Label of the candidate, and that it is the one recommended."""
        return f"{self.label}, recommended" if self.is_recommended else self.label


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
    """At most `MOST_CURVES`: the recommended first, then others spread along the front."""

    n_left_out: int
    """Candidates of that system that are not drawn, [-]."""

    reference_hours: FloatArray = field(factory=lambda: np.empty(0))
    """Times of the profile that products should resemble, shape (n,), empty without one, [h]."""

    reference: FloatArray = field(factory=lambda: np.empty(0))
    """The profile itself, shape (n,), [% of label]."""

    specifications: tuple[Specification, ...] = ()
    """Limits of the study on what is released by a time."""


def release_data(document: Mapping[str, Any], label: str | None = None) -> tuple[ReleasePanel, ...]:
    """Return the release curves of the front, one panel a delivery system.

    The candidate that the answer names is drawn in any case, so every page shows the same curves.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, with the whole front, [-].
    label : str, optional
        The only candidate to draw; all when absent, [-].

    Returns
    -------
    tuple of ReleasePanel
        In the order of the study's systems; without curves, none, [-].
    """
    panels = []
    best = answer(document).label
    reference = document["study"].get("reference_release") or {"times_h": (), "released_pct": ()}
    for system in document["study"]["systems"]:
        members = [
            c
            for c in document["front"]
            if c["design"]["system"] == system
            and "release" in c["curves"]
            and label in (None, c["label"])
        ]
        chosen = _spread(members, best)
        if chosen:
            panels.append(
                ReleasePanel(
                    system=system,
                    curves=tuple(_curve(c, best) for c in chosen),
                    n_left_out=len(members) - len(chosen),
                    reference_hours=np.array(reference["times_h"], dtype=float),
                    reference=np.array(reference["released_pct"], dtype=float),
                    specifications=_specifications(document),
                )
            )
    return tuple(panels)


def left_out_text(panel: ReleasePanel) -> str:
    """Say how many candidates of the front a panel does not draw.

    Parameters
    ----------
    panel : ReleasePanel
        What is drawn, [-].

    Returns
    -------
    str
        A sentence behind a blank; empty where all are drawn, [-].
    """
    if not panel.n_left_out:
        return ""
    n = len(panel.curves) + panel.n_left_out
    return f" Drawn: {len(panel.curves)} of {n} on the front; not drawn: {panel.n_left_out}."


def vessels_text(panel: ReleasePanel) -> str:
    """Say in what the curves of a panel are: medium, apparatus and speed.

    Parameters
    ----------
    panel : ReleasePanel
        What is drawn, [-].

    Returns
    -------
    str
        A sentence; with the candidates where they differ, [-].
    """
    found: dict[str, list[str]] = {}
    for curve in panel.curves:
        found.setdefault(curve.vessel, []).append(curve.label)
    if len(found) == 1:
        return f"In {next(iter(found))}."
    return " ".join(f"{', '.join(labels)} in {vessel}." for vessel, labels in found.items())


def _spread(members: Sequence[Mapping[str, Any]], best: str | None) -> list[Mapping[str, Any]]:
    """Return at most `MOST_CURVES` members: the best first, then others that are evenly spaced."""
    first = [c for c in members if c["label"] == best]
    others = [c for c in members if c["label"] != best]
    room = MOST_CURVES - len(first)
    if len(others) > room:
        chosen = np.linspace(0, len(others) - 1, room).round().astype(int).tolist()
        others = [others[k] for k in chosen]
    return [*first, *others]


def _specifications(document: Mapping[str, Any]) -> tuple[Specification, ...]:
    """Return the limits on the bench, in the order of the study."""
    found = ((parse_key(b["key"]).endpoint.name, b) for b in document.get("bounds", ()))
    return tuple(
        Specification(hours=BENCH_TIMES_H[name], low=b["low"], high=b["high"])
        for name, b in found
        if name in BENCH_TIMES_H
    )


def _curve(candidate: Mapping[str, Any], best: str | None) -> ReleaseCurve:
    curve = candidate["curves"]["release"]
    law = candidate["curves"].get("release_mechanistic")
    return ReleaseCurve(
        label=candidate["label"],
        hours=_hours(curve, candidate["label"]),
        mean=np.array(curve["y"], dtype=float),
        lo90=np.array(curve["lo90"], dtype=float),
        hi90=np.array(curve["hi90"], dtype=float),
        kind=curve["kind"],
        vessel=_vessel(candidate["design"]),
        law_hours=np.empty(0) if law is None else _hours(law, candidate["label"]),
        law=np.empty(0) if law is None else np.array(law["y"], dtype=float),
        is_recommended=candidate["label"] == best,
    )


def _vessel(design: Mapping[str, Any]) -> str:
    """Return in what the bench curve of a design is, computed as the curve itself was."""
    # Designs of the first version name no form.
    process = {FORM: form_name(design), **design["process"]}
    medium = bench_medium(release_law(Design.from_dict({**design, "process": process})))
    return f"{medium.name}; {medium.apparatus}, {medium.rpm:g} rpm, {medium.temperature_c:g} °C"


def _hours(curve: Mapping[str, Any], label: str) -> FloatArray:
    unit = curve["x_unit"]
    if unit not in _HOURS_PER_UNIT:
        raise DataError(
            f"Release curve of {label}: its times are in {unit!r}; min or h is wanted.",
            hint="Store curves with their times in min.",
        )
    return np.array(curve["x"], dtype=float) * _HOURS_PER_UNIT[unit]
