"""The drawings of a report as plotly.js takes them, from the same data as its pictures."""

from collections.abc import Mapping
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
from experiments.reports.wording import axis_title, endpoint_title, unit_of, unit_text
from formulation.arrays import FloatArray
from formulation.delivery import get_system

Trace = dict[str, Any]
Drawing = tuple[list[Trace], dict[str, Any]]
"""Traces and layout, as plotly.js takes them."""


def axis_of(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis.

    Parameters
    ----------
    title : str
        Its title, with the unit, [-].
    **more : object
        What else plotly.js takes of an axis, [-].

    Returns
    -------
    dict
        As plotly.js takes it, [-].
    """
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
    x, y = (
        axis_of("Time in the bench vessel, h"),
        axis_of("Released, % of label", rangemode="tozero"),
    )
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
    y = axis_of(f"{curve['y']['title']}, {unit_text(curve['y']['unit'])}")
    across = axis_of(f"{curve['x']['title']}, {curve['x']['unit']}")
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
        layout[f"xaxis{number}"] = axis_of(f"{told.title}, {told.unit}")
        layout[f"yaxis{number}"] = axis_of("", matches="y") if k else axis_of("")
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
    x, y = (
        axis_of(f"Predicted by the surrogate, {unit}"),
        axis_of(f"Every subject integrated, {unit}"),
    )
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
    y = axis_of("Best so far (0 worst acceptable, 1 ideal)")
    return traces, {"xaxis": axis_of("Trial number"), "yaxis": y}
