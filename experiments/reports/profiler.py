"""Slices through the surrogates at the recommended candidate: data, picture and table.

One picture an objective, one panel a factor: what is predicted as that factor alone is moved, with
its 90 % band. Where the ground is grey, a limit of the study is missed.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from experiments.reports.html import Picture, picture_of
from experiments.reports.plots import COLOURS, INK, SMALL, finish, new_figure, png
from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import (
    axis_title,
    endpoint_title,
    interval_text,
    limit_text,
    number_text,
    unit_of,
)
from formulation.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 4
"""Panels side by side, [-]."""

MISSED = "#d9d9d9"
"""Ground where a limit is missed."""


@frozen(kw_only=True, eq=False)
class FactorSlice:
    """What is predicted of one endpoint as one factor is moved alone."""

    title: str
    """The factor."""

    unit: str
    """Unit of the factor."""

    here: float
    """Where the candidate has it, in `unit`."""

    x: FloatArray
    """Places, ascending, shape (n_places,), in `unit`."""

    y: FloatArray
    """Predicted, shape (n_places,), in the endpoint's unit; NaN where there is no number."""

    lo90: FloatArray
    """Lower end of the interval, shape (n_places,), in the endpoint's unit."""

    hi90: FloatArray
    """Upper end of the interval, shape (n_places,), in the endpoint's unit."""

    missed: tuple[tuple[str, ...], ...]
    """Limits that are missed at each place, by name."""


@frozen(kw_only=True, eq=False)
class ProfilerPanel:
    """The slices of one objective."""

    key: str
    """Endpoint key."""

    candidate: str
    """Label of the candidate."""

    kind: str
    """What the band is."""

    slices: tuple[FactorSlice, ...]
    """One a factor."""

    lines: tuple[float, ...]
    """Limits on this endpoint, in its unit."""


def profiler_data(document: Mapping[str, Any]) -> tuple[ProfilerPanel, ...]:
    """Return the slices through the candidate they were kept for.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of ProfilerPanel
        One an objective; none for a study of a version that kept no slices, [-].
    """
    found = document.get("profiler")
    if not found or not found["factors"]:
        return ()
    return tuple(
        ProfilerPanel(
            key=key,
            candidate=found["candidate"],
            kind=found["kind"],
            slices=tuple(_slice(factor, key) for factor in found["factors"]),
            lines=tuple(
                b[end] for b in document.get("bounds", ()) for end in ("low", "high")
                if b["key"] == key and b[end] is not None
            ),
        )
        for key in found["objectives"]
    )  # fmt: skip


def draw_profiler(panel: ProfilerPanel, axes: "Sequence[Axes]") -> None:
    """Draw the slices of one objective, one panel a factor, all with the same ordinate.

    Parameters
    ----------
    panel : ProfilerPanel
        What to draw, [-].
    axes : sequence of Axes
        Where, at least one a factor; those left over are hidden, [-].
    """
    ends = np.concatenate([x for s in panel.slices for x in (s.lo90, s.hi90)])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    room = 0.06 * (high - low) or 1.0
    for k, (told, place) in enumerate(zip(panel.slices, axes, strict=False)):
        _draw_slice(told, place)
        for line in panel.lines:
            place.axhline(line, color=INK, lw=1, ls=(0, (6, 2, 1, 2)))
        place.set_ylim(low - room, high + room)
        if k % ACROSS:
            place.tick_params(labelleft=False)
        else:
            place.set_ylabel(fill(axis_title(panel.key), 26), fontsize=SMALL)
    for place in axes[len(panel.slices) :]:
        place.set_axis_off()


def profiler_figure(panel: ProfilerPanel) -> bytes:
    """Return the picture of one objective.

    Parameters
    ----------
    panel : ProfilerPanel
        What to draw, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    n_rows = -(-len(panel.slices) // ACROSS)
    figure, axes = new_figure(ACROSS * n_rows, 8.6, 0.4 + 1.75 * n_rows, n_rows=n_rows)
    draw_profiler(panel, axes)
    return png(figure)


def profiler_pictures(document: Mapping[str, Any]) -> list[Picture]:
    """Return the pictures of the slices.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    list of Picture
        One an objective; none for a study of a version that kept no slices, [-].
    """
    found = []
    for panel in profiler_data(document):
        names = ", ".join(s.title for s in panel.slices)
        alt = (
            f"{axis_title(panel.key)} of {panel.candidate} as each factor is moved alone, with its"
            f" band: {names}. The table below has the ends."
        )
        lines = " Horizontal lines: its limits." if panel.lines else ""
        caption = (
            f"{endpoint_title(panel.key)}, predicted by the surrogate; dot: {panel.candidate};"
            f" band: {panel.kind}; grey: a limit is missed there.{lines}"
        )
        found.append(picture_of(profiler_figure(panel), alt, caption))
    return found


def profiler_tables(document: Mapping[str, Any]) -> list[Table]:
    """Return the slices at their ends and at the candidate.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    list of Table
        One; none for a study of a version that kept no slices, [-].
    """
    panels = profiler_data(document)
    if not panels:
        return []
    found = document["profiler"]
    return [
        Table(
            caption=f"{found['candidate']}, one factor moved at a time on the grid on which it is"
            " weighed or set, all others held; components are held in mg, so the mass of the unit"
            " moves with them. First line: at the low end of the space; second: at the candidate;"
            f" third: at the high end; in brackets {found['kind']}. Predicted, not measured.",
            columns=(
                Column(title="Factor"),
                Column(title="Low end, candidate, high end", unit="as named", is_number=True),
                *(
                    Column(title=endpoint_title(p.key), unit=unit_of(p.key), is_number=True)
                    for p in panels
                ),
                Column(title="Limits missed on the way"),
            ),
            rows=tuple(_row(panels, k) for k in range(len(panels[0].slices))),
        )
    ]


def missed_spans(told: FactorSlice) -> list[tuple[float, float]]:
    """Return the stretches on which a limit is missed, each half way to the next that is met.

    Parameters
    ----------
    told : FactorSlice
        A slice, [-].

    Returns
    -------
    list of tuple of float
        From where to where, in the factor's unit, [-].
    """
    middles = (told.x[1:] + told.x[:-1]) / 2
    edges = np.concatenate([told.x[:1], middles, told.x[-1:]])
    return [(float(edges[k]), float(edges[k + 1])) for k, m in enumerate(told.missed) if m]


def _slice(factor: Mapping[str, Any], key: str) -> FactorSlice:
    told = factor["values"][key]
    numbers = {name: np.array(told[name], dtype=float) for name in ("y", "lo90", "hi90")}
    return FactorSlice(
        title=factor["title"],
        unit=factor["unit"],
        here=factor["value"],
        x=np.array(factor["x"], dtype=float),
        **numbers,
        missed=tuple(map(tuple, factor["missed"])),
    )


def _draw_slice(told: FactorSlice, axes: "Axes") -> None:
    for left, right in missed_spans(told):
        axes.axvspan(left, right, color=MISSED, lw=0, zorder=0)
    axes.fill_between(told.x, told.lo90, told.hi90, color=COLOURS[0], alpha=0.18, lw=0)
    axes.plot(told.x, told.y, color=COLOURS[0], lw=1.6)
    at = int(np.flatnonzero(told.x == told.here)[0])
    axes.axvline(told.here, color=COLOURS[1], lw=0.9, ls=(0, (3, 2)))
    axes.plot([told.here], [told.y[at]], "o", color=COLOURS[1], ms=5, zorder=4)
    axes.set_title(fill(told.title, 24), fontsize=SMALL, loc="left")
    axes.set_xlabel(told.unit, fontsize=SMALL)
    axes.margins(x=0.03)
    axes.locator_params(axis="x", nbins=4)
    finish(axes)
    axes.tick_params(labelsize=SMALL - 1)


def _row(panels: Sequence[ProfilerPanel], k: int) -> tuple[str, ...]:
    told = panels[0].slices[k]
    at = int(np.flatnonzero(told.x == told.here)[0])
    places = (0, at, len(told.x) - 1)
    missed = dict.fromkeys(limit_text(name) for names in told.missed for name in names)
    return (
        told.title,
        "\n".join(f"{told.x[p]:.4g} {told.unit}" for p in places),
        *("\n".join(_cell(panel.slices[k], panel.key, p) for p in places) for panel in panels),
        "; ".join(missed) or NONE,
    )


def _cell(told: FactorSlice, key: str, place: int) -> str:
    if np.isnan(told.y[place]):
        return NONE
    ends = interval_text(float(told.lo90[place]), float(told.hi90[place]), key)
    return f"{number_text(float(told.y[place]), key)} {ends}".strip()
