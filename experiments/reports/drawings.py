"""The drawings of a report as plotly.js takes them, from the same data as its pictures."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from experiments.account.courses import CONTROL
from experiments.reports.plot_data import ConfirmationPanel, History
from experiments.reports.plots import COLOURS, GREY, INK
from experiments.reports.profiler import (
    ACROSS,
    MISSED,
    FactorSlice,
    ProfilerPanel,
    missed_spans,
)
from experiments.reports.release_data import ReleasePanel
from experiments.reports.trade_off import Point, PointState, TradeOff, system_colour
from experiments.reports.wording import axis_title, endpoint_title, salt_name, unit_of, unit_text
from formulation.arrays import FloatArray
from formulation.delivery import get_system

Trace = dict[str, Any]
Drawing = tuple[list[Trace], dict[str, Any]]
"""Traces and layout, as plotly.js takes them."""

SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "hexagon", "cross")


def _axis(title: str, **more: Any) -> dict[str, Any]:
    text = "<br>".join(wrap(title, 46))
    return {
        "title": {"text": text},
        "automargin": True,
        "gridcolor": "#e6e6e6",
        "zeroline": False,
        **more,
    }


def _numbers(values: FloatArray) -> list[float | None]:
    """Return values as JSON knows them."""
    return [None if x != x else float(f"{x:.5g}") for x in values.tolist()]


def _line(x: FloatArray, y: FloatArray, name: str, colour: str, **more: Any) -> Trace:
    style = {"color": colour, "width": 2, **more.pop("line", {})}
    found = {"x": _numbers(x), "y": _numbers(y), "name": name, "mode": "lines", "line": style}
    return {"type": "scatter", **found, **more}


def _band(x: FloatArray, low: FloatArray, high: FloatArray, colour: str, **more: Any) -> Trace:
    there = low == low
    around = [*_numbers(x[there]), *reversed(_numbers(x[there]))]
    return {
        "type": "scatter",
        "x": around,
        "y": [*_numbers(high[there]), *reversed(_numbers(low[there]))],
        "fill": "toself",
        "fillcolor": colour,
        "opacity": 0.18,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        **more,
    }


def trade_off_drawing(data: TradeOff) -> Drawing:
    """Return the trade-off, colour the system and shape the salt.

    Parameters
    ----------
    data : TradeOff
        Every design that gave numbers, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    salts = sorted({p.salt for p in data.points})
    systems = sorted({p.system for p in data.points})
    states: dict[PointState, float] = {"infeasible": 0.25, "feasible": 0.45, "front": 1.0}
    others = [p for p in data.points if not p.is_recommended]
    last = {p.system: state for state in states for p in others if p.state == state}
    traces = []
    for state, opacity in states.items():
        for system in systems:
            members = [p for p in others if (p.state, p.system) == (state, system)]
            if members:
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "markers",
                        "name": get_system(system).title,
                        "legendgroup": system,
                        "showlegend": state == last[system],
                        "x": [float(f"{p.values[0]:.5g}") for p in members],
                        "y": [float(f"{p.values[1]:.5g}") for p in members],
                        "text": [f"{p.label or p.number}, {salt_name(p.salt)}" for p in members],
                        "opacity": opacity,
                        "marker": {
                            "size": 11 if state == "front" else 7,
                            "color": system_colour(system),
                            "symbol": ["x-thin-open"] * len(members)
                            if state == "infeasible"
                            else [SYMBOLS[salts.index(p.salt) % len(SYMBOLS)] for p in members],
                        },
                    }
                )
    if named := [p for p in data.named if not p.is_recommended]:
        traces.append(_names(named))
    if (best := data.recommended) is not None:
        traces.append(_star(best))
    x, y = (_axis(axis_title(key)) for key in data.keys[:2])
    return traces, {
        "xaxis": x,
        "yaxis": y,
        "height": 520,
        "legend": {"orientation": "h", "y": -0.2},
    }


def _names(points: Sequence[Point]) -> Trace:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [float(f"{p.values[0]:.5g}") for p in points],
        "y": [float(f"{p.values[1]:.5g}") for p in points],
        "text": [p.label for p in points],
        "textposition": "top center",
        "textfont": {"size": 10},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _star(best: Point) -> Trace:
    line = {"width": 1, "color": "black"}
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": f"{best.label}, recommended",
        "x": [float(f"{best.values[0]:.5g}")],
        "y": [float(f"{best.values[1]:.5g}")],
        "text": [best.label],
        "textposition": "top center",
        "marker": {"symbol": "star", "size": 17, "color": system_colour(best.system), "line": line},
    }


def release_drawing(panel: ReleasePanel) -> Drawing:
    """Return release curves with bands, reference profile and limits.

    Parameters
    ----------
    panel : ReleasePanel
        What to draw, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    traces = []
    for k, curve in enumerate(panel.curves):
        colour, group = COLOURS[k % len(COLOURS)], {"legendgroup": curve.label}
        if len(curve.lo90):
            traces.append(_band(curve.hours, curve.lo90, curve.hi90, colour, **group))
        traces.append(_line(curve.hours, curve.mean, curve.name, colour, **group))
        if len(curve.law):
            dashed = {"line": {"dash": "dash", "width": 1}, "showlegend": False}
            law = f"{curve.label}, the release law itself"
            traces.append(_line(curve.law_hours, curve.law, law, colour, **dashed, **group))
    if len(panel.reference):
        style = {"mode": "lines+markers"}
        hours = panel.reference_hours
        traces.append(_line(hours, panel.reference, "reference profile", INK, **style))
    for symbol, end, words in (
        ("triangle-up", "low", "at least"),
        ("triangle-down", "high", "at most"),
    ):
        asked = [(s.hours, getattr(s, end)) for s in panel.specifications]
        marks = [(hours, value) for hours, value in asked if value is not None]
        if marks:
            places: Trace = {
                "x": [h for h, _ in marks],
                "y": [v for _, v in marks],
                "mode": "markers",
            }
            drawn: Trace = {"marker": {"symbol": symbol, "size": 12, "color": INK}}
            traces.append({"type": "scatter", **places, **drawn, "name": f"limit: {words}"})
    title = {"title": {"text": get_system(panel.system).title}}
    x, y = _axis("Time in the bench vessel, h"), _axis("Released, % of label", rangemode="tozero")
    return traces, {**title, "xaxis": x, "yaxis": y}


def course_drawing(curve: Mapping[str, Any]) -> Drawing:
    """Return what happens in people day by day, with reference ranges.

    Parameters
    ----------
    curve : mapping
        What `experiments.account.courses` made, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    import numpy as np

    traces = []
    x = np.array(curve["x"]["values"], dtype=float)
    for k, told in enumerate(curve["series"]):
        is_control = told["label"] == CONTROL
        colour = GREY if is_control else COLOURS[k % len(COLOURS)]
        low, middle, high = (np.array(told[end], dtype=float) for end in ("p05", "p50", "p95"))
        traces.append(_band(x, low, high, colour))
        line = {"line": {"dash": "dash"}} if is_control else {}
        traces.append(_line(x, middle, told["label"], colour, **line))
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": end, "y1": end,
         "line": {"color": INK, "width": 1, "dash": "dot"}}
        for known in curve["references"] for end in (known["low"], known["high"])
    ]  # fmt: skip
    y = _axis(f"{curve['y']['title']}, {unit_text(curve['y']['unit'])}")
    across = _axis(f"{curve['x']['title']}, {curve['x']['unit']}")
    return traces, {"title": {"text": curve["title"]}, "xaxis": across, "yaxis": y, "shapes": lines}


def profiler_drawing(panel: ProfilerPanel) -> Drawing:
    """Return the slices of one objective, one panel a factor.

    Parameters
    ----------
    panel : ProfilerPanel
        What to draw, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    n_rows = -(-len(panel.slices) // ACROSS)
    traces: list[Trace] = []
    layout: dict[str, Any] = {
        "grid": {"rows": n_rows, "columns": ACROSS, "pattern": "independent", "ygap": 0.45},
        "height": 240 * n_rows,
        "showlegend": False,
        "shapes": [],
        "title": {"text": axis_title(panel.key)},
    }
    # fmt: off
    for k, told in enumerate(panel.slices):
        number = "" if k == 0 else str(k + 1)
        on = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        traces += [{**trace, **on} for trace in _slice(told, panel.candidate)]
        place = {"xref": f"x{number}", "yref": f"y{number} domain", "y0": 0, "y1": 1}
        layout["shapes"] += [
            {"type": "rect", **place, "x0": left, "x1": right, "fillcolor": MISSED,
             "line": {"width": 0}, "layer": "below"}
            for left, right in missed_spans(told)
        ]
        layout["shapes"] += [
            {"type": "line", "xref": f"x{number} domain", "yref": f"y{number}", "x0": 0, "x1": 1,
             "y0": end, "y1": end, "line": {"color": INK, "width": 1, "dash": "dashdot"}}
            for end in panel.lines
        ]
        layout[f"xaxis{number}"] = _axis(f"{told.title}, {told.unit}")
        layout[f"yaxis{number}"] = _axis("", matches="y") if k else _axis("")
    # fmt: on
    return traces, layout


def _slice(told: FactorSlice, candidate: str) -> list[Trace]:
    at = int((told.x == told.here).argmax())
    mark = {"color": COLOURS[1], "size": 9}
    missed = ["a limit is missed" if names else "" for names in told.missed]
    return [
        _band(told.x, told.lo90, told.hi90, COLOURS[0]),
        _line(told.x, told.y, told.title, COLOURS[0], text=missed),
        {
            "type": "scatter",
            "mode": "markers",
            "x": [told.here],
            "y": _numbers(told.y[at : at + 1]),
            "name": candidate,
            "marker": mark,
        },
    ]


def confirmation_drawing(panel: ConfirmationPanel) -> Drawing:
    """Return integrated against predicted values of one objective.

    Parameters
    ----------
    panel : ConfirmationPanel
        What to draw, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    unit = unit_of(panel.key)
    ends = [float(x) for x in (panel.predicted.min(), panel.predicted.max())]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": _numbers(panel.predicted),
            "y": _numbers(panel.confirmed),
            "text": list(panel.labels),
            "name": endpoint_title(panel.key),
            "marker": {"color": COLOURS[0], "size": 8},
        },
        {"type": "scatter", "mode": "lines", "x": ends, "y": ends, "name": "equal",
         "line": {"color": GREY}},
    ]  # fmt: skip
    x, y = _axis(f"Predicted by the surrogate, {unit}"), _axis(f"Every subject integrated, {unit}")
    title = {"text": endpoint_title(panel.key), "font": {"size": 13}}
    return traces, {"title": title, "xaxis": x, "yaxis": y, "showlegend": False}


def history_drawing(data: History) -> Drawing:
    """Return the best of each objective found so far.

    Parameters
    ----------
    data : History
        What to draw, [-].

    Returns
    -------
    Drawing
        Traces and layout, [-].
    """
    traces = [
        _line(data.numbers, data.best[:, k], endpoint_title(key), COLOURS[k % len(COLOURS)],
              line={"shape": "hv"})
        for k, key in enumerate(data.keys)
    ]  # fmt: skip
    y = _axis("Best so far (0 worst acceptable, 1 ideal)")
    return traces, {"xaxis": _axis("Trial number"), "yaxis": y}
