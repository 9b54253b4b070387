"""The trade-off picture as plotly.js takes it: what the drawn one shows, and each mark tells more.

Every mark belongs to its delivery system, which a click in the lower legend hides.
"""

from collections.abc import Sequence
from math import sqrt
from textwrap import wrap
from typing import Any

import numpy as np

from experiments.reports.drawings import Drawing, Trace, axis_of
from experiments.reports.labels import sides_of
from experiments.reports.plots import GREY, INK
from experiments.reports.trade_off import mark_of
from experiments.reports.trade_off_data import (
    RING_AREA,
    STAR_AREA,
    Point,
    PointState,
    Sizes,
    TradeOff,
    system_colour,
)
from experiments.reports.wording import (
    axis_title,
    endpoint_title,
    interval_text,
    salt_name,
    value_text,
)
from experiments.store import candidate_label
from formulation.arrays import FloatArray
from formulation.delivery import get_system

PX_PER_PT = 4 / 3
"""Pixels of the screen a point of paper, [px/pt]."""

MARGIN = 0.04
"""Room around all marks and intervals, as a share of what they span, [-]."""

LETTERS, LETTERS_BELOW = 28, 40
"""Letters of a line of the legend at the right, and of that below, [-]."""

CROSS = "x-thin-open"
"""Mark of what misses a limit."""

RING: Trace = {"symbol": "circle-open", "color": INK, "line": {"width": 2}}
"""Look of the ring around the plain tablet."""

BAR_STRENGTH = "8c"
"""How strong the colour of an interval is, as the last two digits of a colour."""

HALO = "0 0 2px white, 0 0 2px white, 0 0 3px white"
"""What keeps a label readable on a line, as CSS shadows."""

OPACITIES: dict[PointState, float] = {"infeasible": 0.75, "feasible": 0.4, "front": 0.95}
"""How strong the marks are, the faintest kind first."""


def trade_off_drawing(data: TradeOff) -> Drawing:
    """Return the trade-off.

    Parameters
    ----------
    data : TradeOff
        Every design that gave numbers, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    size = Sizes(data)
    others = [p for p in data.points if not p.is_recommended]
    traces = []
    for state in OPACITIES:
        for system in sorted({p.system for p in others}):
            members = [p for p in others if (p.state, p.system) == (state, system)]
            if members:
                marker = _marker(data, state, members, size)
                traces.append({**_points(data, members), "marker": marker})
    if (plain := data.plain) is not None:
        traces.append(_silent([plain], marker={**RING, "size": _px(RING_AREA)}))
    if (best := data.recommended) is not None:
        traces.append({**_points(data, [best]), "marker": _star(best)})
    traces += _names(data, size)
    ends = _ends(data)
    x, y = (
        axis_of(axis_title(key), range=ends[:, k].tolist()) for k, key in enumerate(data.keys[:2])
    )
    return [*traces, *_legend(data, size)], {
        "xaxis": x,
        "yaxis": y,
        "height": 560,
        "margin": {"l": 70, "r": 20, "t": 30, "b": 60},
        "legend": {"itemclick": False, "itemdoubleclick": False},
        "legend2": {
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "title": {"text": "Delivery system (a click hides it)"},
        },
    }


def _on(points: Sequence[Point]) -> Trace:
    """Return where marks of one delivery system stand, which come and go together."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": get_system(points[0].system).title,
        "legendgroup": points[0].system,
        "showlegend": False,
        "x": [_number(p.values[0]) for p in points],
        "y": [_number(p.values[1]) for p in points],
    }


def _silent(points: Sequence[Point], **more: Any) -> Trace:
    """Return what is drawn on marks that tell of themselves already."""
    return {**_on(points), "hoverinfo": "skip", **more}


def _points(data: TradeOff, points: Sequence[Point]) -> Trace:
    """Return marks that tell the mouse what they are, with their values and intervals."""
    values = (f"{endpoint_title(key)}: %{{customdata[{k}]}}" for k, key in enumerate(data.keys))
    found = {
        **_on(points),
        "hovertext": [_title(p) for p in points],
        "customdata": [_told(data, p) for p in points],
        "hovertemplate": "<br>".join(["%{hovertext}", *values]) + "<extra></extra>",
    }
    if data.with_intervals and any(p.intervals for p in points):
        found.update({f"error_{axis}": _bars(points, k) for k, axis in enumerate("xy")})
    return found


def _title(point: Point) -> str:
    label = point.role or f"{candidate_label(point.number)}, {salt_name(point.salt)}"
    return f"{label}, misses a limit" if point.state == "infeasible" else label


def _told(data: TradeOff, point: Point) -> list[str]:
    """Return the values of a design, with their intervals where it has any."""
    ends = [
        interval_text(*pair, key) for pair, key in zip(point.intervals, data.keys, strict=False)
    ]
    return [
        " ".join(filter(None, (value_text(value, key), end)))
        for value, key, end in zip(
            point.values, data.keys, ends or [""] * len(data.keys), strict=True
        )
    ]


def _bars(points: Sequence[Point], k: int) -> dict[str, Any]:
    """Return the intervals of an objective; no bar for who has none."""
    pairs = [(p.values[k], *(p.intervals[k] if p.intervals else [p.values[k]] * 2)) for p in points]
    return {
        "type": "data",
        "symmetric": False,
        "array": [_number(high - value) for value, _, high in pairs],
        "arrayminus": [_number(value - low) for value, low, _ in pairs],
        "color": f"{system_colour(points[0].system)}{BAR_STRENGTH}",
        "thickness": 1.2,
        "width": 0,
    }


def _marker(
    data: TradeOff, state: PointState, points: Sequence[Point], size: Sizes
) -> dict[str, Any]:
    if state == "infeasible":
        return {"symbol": CROSS, "size": 6, "color": GREY, "opacity": OPACITIES[state]}
    shapes = data.shapes
    edge = {"width": 1 if state == "front" else 0, "color": "black"}
    return {
        "symbol": [shapes[p.salt][1] for p in points],
        "size": [_px(size.of(p)) for p in points],
        "color": system_colour(points[0].system),
        "opacity": [OPACITIES["front" if p.role else state] for p in points],
        "line": edge,
    }


def _star(best: Point) -> dict[str, Any]:
    line = {"width": 1, "color": "black"}
    return {
        "symbol": "star", "size": _px(STAR_AREA), "color": system_colour(best.system), "line": line
    }  # fmt: skip


def _names(data: TradeOff, size: Sizes) -> list[Trace]:
    """Return the labels, each at the side of its mark where it covers least."""
    named = data.named
    marks = [mark_of(p, size) for p in named]
    sides = sides_of(marks, [mark_of(p, size) for p in data.points], _ends(data))
    return [
        _silent(
            [point],
            mode="markers+text",
            marker={"opacity": 0, "size": 2 * PX_PER_PT * mark.radius_pt},
            text=[f"<b>{point.label}</b>" if mark.is_bold else point.label],
            textposition=side,
            textfont={"size": 11, "color": INK, "shadow": HALO},
        )
        for point, mark, side in zip(named, marks, sides, strict=True)
    ]


def _legend(data: TradeOff, size: Sizes) -> list[Trace]:
    """Return what explains the marks: those of their own, states, salts, sizes, then systems."""
    line = {"color": "black", "width": 1}
    found = []
    if (best := data.recommended) is not None:
        found.append(_entry(best.role, **_star(best)))
    if (plain := data.plain) is not None:
        found.append(_entry(plain.role, **{**RING, "size": 14}))
    found += [
        _entry(data.words("front"), symbol="circle", size=10, color="white", line=line),
        _entry(data.words("feasible"), symbol="circle", size=10, color=GREY, opacity=0.4),
        _entry(data.words("infeasible"), symbol=CROSS, size=7, color=GREY),
    ]
    found += [
        _entry(salt_name(salt), symbol=symbol, size=9, color=INK)
        for salt, (_, symbol) in data.shapes.items()
    ]
    found += [
        _entry(
            f"size: {endpoint_title(size.key)} {value_text(v, size.key)}",
            symbol="circle",
            size=_px(size.area(v)),
            color="#bbbbbb",
        )
        for v in size.samples()
    ]
    for system in sorted({p.system for p in data.points}):
        entry = _entry(
            get_system(system).title,
            LETTERS_BELOW,
            symbol="square",
            size=12,
            color=system_colour(system),
        )
        found.append({**entry, "legend": "legend2", "legendgroup": system})
    return found


def _entry(words: str, letters: int = LETTERS, **marker: Any) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "<br>".join(wrap(words, letters)),
        "x": [None],
        "y": [None],
        "marker": marker,
    }


def _ends(data: TradeOff) -> FloatArray:
    """Return the ends of both axes, shape (2, 2), so that marks and intervals have room."""
    told = [[p.place] for p in data.points]
    told += [list(zip(*p.intervals[:2], strict=True)) for p in data.with_intervals]
    places = np.array([place for places in told for place in places])
    low, high = places.min(axis=0), places.max(axis=0)
    room = MARGIN * np.where(high > low, high - low, 1.0)
    return np.array([low - room, high + room])


def _px(area: float) -> float:
    return round(PX_PER_PT * sqrt(area), 1)


def _number(value: float) -> float:
    return float(f"{value:.5g}")
