"""Parallel coordinates of the front: a line a candidate, an axis a factor or an objective.

Only what every candidate shown has is an axis, and only what differs between them. Axes stand on
their own scales, with the least and the greatest value at their ends.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from experiments.candidates import form_name
from experiments.reports.on_front import not_on_front
from experiments.reports.plots import GREY, INK, SMALL
from experiments.reports.process_words import setting_title
from experiments.reports.spans import significant
from experiments.reports.trade_off_data import system_colour
from experiments.reports.wording import component_name, endpoint_title, unit_of, unit_text
from formulation.arrays import FloatArray
from formulation.delivery import get_system
from formulation.design import SECOND_SALT
from formulation.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

MOST_FACTORS = 9
"""Most factors that are drawn, those that differ most; the table of the front has all, [-]."""

BETTER: Mapping[str, str] = {"maximise": "more is better", "minimise": "less is better"}
"""What is said below the axis of an objective."""


@frozen(kw_only=True, eq=False)
class ParallelAxis:
    """One axis."""

    name: str
    """Factor or endpoint key."""

    title: str
    """What people call it."""

    unit: str
    """Unit of its values."""

    values: FloatArray
    """One a candidate, shape (n_candidates,), in `unit`."""

    goal: str = ""
    """``maximise`` or ``minimise`` of an objective; empty of a factor."""

    @property
    def ends(self) -> tuple[float, float]:
        """Least and greatest value, in `unit`."""
        return float(self.values.min()), float(self.values.max())

    @property
    def heights(self) -> FloatArray:
        """Where each candidate crosses the axis, shape (n_candidates,), 0 to 1."""
        low, high = self.ends
        return (self.values - low) / (high - low) if high > low else np.full(len(self.values), 0.5)


@frozen(kw_only=True, eq=False)
class Parallel:
    """The candidates of a front over common axes."""

    labels: tuple[str, ...]
    """Candidates."""

    systems: tuple[str, ...]
    """Their delivery systems."""

    axes: tuple[ParallelAxis, ...]
    """Factors, then objectives."""

    chosen: str
    """The candidate that stands out; empty without one."""

    of_form: str
    """Title of the only form shown; empty where all are."""

    n_left_out: int
    """Factors that differ, but less than those drawn, [-]."""


def parallel_data(document: Mapping[str, Any], label: str | None = None) -> Parallel:
    """Return the front over factors and objectives.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    label : str, optional
        A candidate that stands out; then only candidates of its form are shown, [-].

    Returns
    -------
    Parallel
        With at most `MOST_FACTORS` factors, [-].

    Raises
    ------
    InputError
        There is no candidate.
    """
    front = document["front"]
    if not front:
        raise InputError(
            f"Study {document['study']['label']} has no candidate to draw.",
            hint="`formulation front` says which limit was missed most often.",
        )
    chosen = None
    if label is not None:
        chosen = next((c for c in front if c["label"] == label), None)
        if chosen is None:
            raise not_on_front(document, label)
        front = [c for c in front if _form(c) == _form(chosen)]
    factors = _factors(front)
    kept = sorted(factors, key=_spread, reverse=True)[:MOST_FACTORS]
    return Parallel(
        labels=tuple(c["label"] for c in front),
        systems=tuple(c["design"]["system"] for c in front),
        axes=(*(a for a in factors if a in kept), *_objectives(document, front)),
        chosen="" if chosen is None else chosen["label"],
        of_form="" if chosen is None else _form_title(chosen),
        n_left_out=len(factors) - len(kept),
    )


def draw_parallel(data: Parallel, axes: "Axes") -> None:
    """Draw a line for each candidate over all axes.

    Parameters
    ----------
    data : Parallel
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    places = list(range(len(data.axes)))
    heights = np.array([axis.heights for axis in data.axes])
    for k, (label, system) in enumerate(zip(data.labels, data.systems, strict=True)):
        is_chosen = label == data.chosen
        fades = bool(data.chosen) and not is_chosen
        axes.plot(
            places,
            heights[:, k],
            color=GREY if fades else system_colour(system),
            lw=2.6 if is_chosen else 1.2,
            alpha=0.45 if fades else 0.8,
            marker="o",
            ms=5 if is_chosen else 3,
            zorder=4 if is_chosen else 2,
        )
    for place, axis in zip(places, data.axes, strict=True):
        axes.vlines(place, 0, 1, color=INK, lw=0.8, zorder=1)
        for height, value, side in ((0, axis.ends[0], "top"), (1, axis.ends[1], "bottom")):
            axes.text(
                place,
                height + (-0.02 if height == 0 else 0.02),
                significant(value),
                ha="center",
                va=side,
                fontsize=SMALL,
            )
    axes.set_xticks(places, [_axis_text(axis) for axis in data.axes], fontsize=SMALL)
    axes.set_yticks([])
    axes.set_xlim(-0.5, len(data.axes) - 0.5)
    axes.set_ylim(-0.09, 1.09)
    axes.tick_params(length=0, pad=4)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.legend(
        handles=_handles(data),
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=2,
        fontsize=SMALL,
        frameon=False,
    )


def _handles(data: Parallel) -> "list[Line2D]":
    from matplotlib.lines import Line2D

    if not data.chosen:
        return [
            Line2D([], [], color=system_colour(s), lw=2, label=get_system(s).title)
            for s in dict.fromkeys(data.systems)
        ]
    colour = system_colour(data.systems[data.labels.index(data.chosen)])
    return [
        Line2D([], [], color=colour, lw=2.6, marker="o", label=data.chosen),
        Line2D([], [], color=GREY, lw=1.2, label=f"other candidates: {data.of_form}"),
    ]


def _axis_text(axis: ParallelAxis) -> str:
    """Return what stands below an axis, with its unit on a line of its own."""
    lines = [fill(axis.title, 15, break_long_words=False), f"[{axis.unit}]"]
    if axis.goal:
        lines.append(BETTER.get(axis.goal, axis.goal))
    return "\n".join(lines)


def _form(candidate: Mapping[str, Any]) -> tuple[str, str]:
    return candidate["design"]["system"], form_name(candidate["design"])


def _form_title(candidate: Mapping[str, Any]) -> str:
    system, form = _form(candidate)
    return get_system(system).form(form).title


def _factors(front: Sequence[Mapping[str, Any]]) -> list[ParallelAxis]:
    """Return what every candidate has and what differs between them."""
    told = [_told(candidate) for candidate in front]
    axes = [
        ParallelAxis(
            name=name,
            title=_shared([row[name, unit][0] for row in told]),
            unit=unit,
            values=np.array([row[name, unit][1] for row in told], dtype=float),
        )
        for name, unit in told[0]
        if all((name, unit) in row for row in told)
    ]
    return [axis for axis in axes if axis.ends[1] > axis.ends[0]]


def _told(candidate: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, float]]:
    """Return title and value of the factors of a candidate by name and unit."""
    design = candidate["design"]
    regimen = design["regimen"]
    units_per_day = regimen["units_per_intake"] * regimen["intakes_per_day"]
    elemental = candidate["elemental_mg_per_unit"] * units_per_day
    found: dict[tuple[str, str], tuple[str, float]] = {
        ("elemental_dose", "mg/d"): ("Elemental Mg", elemental),
        ("units_per_day", "1/d"): ("Units a day", units_per_day),
        ("unit_mass", "mg"): ("Mass of a unit", candidate["unit_mass_mg"]),
    }
    for name, mg in candidate["recipe_mg"].items():
        found[name, "mg"] = (_component(name, design), mg)
    units = get_system(design["system"]).names()
    for name, value in design["process"].items():
        if not isinstance(value, str):
            unit = units.get(name, "")
            found[name, _unit(unit_text(unit))] = (setting_title(name, unit), value)
    return found


def _shared(titles: Sequence[str]) -> str:
    """Return the words that titles begin with in common, such as a polymer's without its grade."""
    words = [title.split() for title in titles]
    n = 0
    while all(len(w) > n and w[n] == words[0][n] for w in words):
        n += 1
    return " ".join(words[0][:n]) or titles[0]


def _component(name: str, design: Mapping[str, Any]) -> str:
    """Return what a component is called in a picture of several salts and grades."""
    if name == "salt":
        return "Magnesium salt"
    if name == SECOND_SALT:
        return "Second salt"
    return component_name(name, design).split(",")[0]


def _objectives(
    document: Mapping[str, Any], front: Sequence[Mapping[str, Any]]
) -> list[ParallelAxis]:
    return [
        ParallelAxis(
            name=o["key"],
            title=endpoint_title(o["key"]),
            unit=_unit(unit_of(o["key"])),
            values=np.array([c["objectives"][o["key"]] for c in front], dtype=float),
            goal=o["goal"],
        )
        for o in document["objectives"]
    ]


def _unit(unit: str) -> str:
    return "-" if unit in ("", "1") else unit


def _spread(axis: ParallelAxis) -> float:
    """Return how much a factor differs, as a share of its greatest value."""
    low, high = axis.ends
    return (high - low) / max(abs(low), abs(high))
