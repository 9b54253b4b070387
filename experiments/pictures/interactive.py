"""Trade-off, curves, history and calibration for the mouse, from the same data as on paper."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.pictures.plotly_parts import SHORT, band, bars, broken, graph_objects, panels
from experiments.reports.calibration import CalibrationPanel
from experiments.reports.plot_data import History, ReleasePanel
from experiments.reports.plots import COLOURS, GREY
from experiments.reports.spans import significant
from experiments.reports.trade_off import Point, PointState, TradeOff, system_colour
from experiments.reports.wording import axis_title, endpoint_title, salt_name, unit_of
from formulation.delivery import get_system

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def show_front(data: TradeOff) -> "Figure":
    """Return the trade-off.

    Parameters
    ----------
    data : TradeOff
        What to draw, [-].

    Returns
    -------
    plotly.graph_objects.Figure
        One panel, [-].
    """
    go = graph_objects()
    figure = go.Figure()
    looks: tuple[tuple[PointState, dict[str, Any]], ...] = (
        ("infeasible", {"color": GREY, "symbol": "x", "size": 7, "opacity": 0.7}),
        ("feasible", {"symbol": "circle", "size": 8, "opacity": 0.4}),
        ("front", {"symbol": "circle", "size": 11, "line": {"color": "black", "width": 1}}),
    )
    for state, look in looks:
        points = data.of(state)
        systems = dict.fromkeys(p.system for p in points)
        for system in systems if state != "infeasible" else [None]:
            chosen = [p for p in points if system in (None, p.system)]
            title = "infeasible" if system is None else f"{get_system(system).title}: {state}"
            marker = look if system is None else {**look, "color": system_colour(system)}
            x, y = (np.array([p.values[k] for p in chosen]) for k in (0, 1))
            ends = [_ends(chosen, k) for k in (0, 1)] if state == "front" else [None, None]
            figure.add_scatter(
                x=x,
                y=y,
                error_x=ends[0],
                error_y=ends[1],
                mode="markers",
                name=escape(title),
                marker=marker,
                text=[_hover(p, data.keys) for p in chosen],
                hoverinfo="text",
            )
    figure.update_xaxes(title=axis_title(data.keys[0]))
    figure.update_yaxes(title=broken(axis_title(data.keys[1])))
    return figure


def show_curves(data: Sequence[ReleasePanel]) -> "Figure":
    """Return release curves.

    Parameters
    ----------
    data : sequence of ReleasePanel
        What to draw, [-].

    Returns
    -------
    plotly.graph_objects.Figure
        A panel a delivery system, [-].
    """
    figure = panels([get_system(panel.system).title for panel in data], across=1)
    for row, panel in enumerate(data, 1):
        for k, curve in enumerate(panel.curves):
            colour = COLOURS[k % len(COLOURS)]
            common = {"legendgroup": curve.label, "row": row, "col": 1}
            if len(curve.lo90):
                band(figure, curve.hours, curve.lo90, curve.hi90, colour, **common)
            figure.add_scatter(
                x=curve.hours,
                y=curve.mean,
                name=curve.label,
                mode="lines",
                line={"color": colour},
                hovertemplate=f"{curve.label}: %{{y:.4g}} % at %{{x:.4g}} h<extra></extra>",
                **common,
            )
            figure.add_scatter(
                x=curve.law_hours,
                y=curve.law,
                mode="lines",
                line={"color": colour, "dash": "dash", "width": 1},
                hoverinfo="skip",
                showlegend=False,
                **common,
            )
        _wanted(figure, panel, row)
        figure.update_xaxes(title="Time in the bench vessel, h", row=row, col=1)
        figure.update_yaxes(title="Released, % of label", row=row, col=1)
    return figure


def _wanted(figure: "Figure", panel: ReleasePanel, row: int) -> None:
    """Draw the reference profile and the limits on what is released."""
    common = {"row": row, "col": 1, "line": {"color": "black"}, "marker": {"color": "black"}}
    if len(panel.reference):
        figure.add_scatter(
            x=panel.reference_hours, y=panel.reference, name="reference profile", **common
        )
    for end, symbol, words in (
        ("low", "triangle-up", "at least"),
        ("high", "triangle-down", "at most"),
    ):
        asked = [(s.hours, getattr(s, end)) for s in panel.specifications]
        marks = [(hours, value) for hours, value in asked if value is not None]
        if marks:
            x, y = zip(*marks, strict=True)
            look = {**common, "mode": "markers", "marker": {"symbol": symbol, "size": 11}}
            figure.add_scatter(x=x, y=y, name=f"limit of the study: {words}", **look)


def show_history(data: History) -> "Figure":
    """Return how the search went.

    Parameters
    ----------
    data : History
        What to draw, [-].

    Returns
    -------
    plotly.graph_objects.Figure
        One panel, [-].
    """
    figure = graph_objects().Figure()
    for k, key in enumerate(data.keys):
        figure.add_scatter(
            x=data.numbers,
            y=data.best[:, k],
            name=broken(endpoint_title(key)),
            line={"shape": "hv", "color": COLOURS[k % len(COLOURS)]},
            hovertemplate="trial %{x}: %{y:.3f}<extra></extra>",
        )
    figure.update_xaxes(title="Trial number, -")
    figure.update_yaxes(title="Best so far, - (0 worst acceptable, 1 ideal)")
    return figure


def show_calibration(data: Sequence[CalibrationPanel]) -> "Figure":
    """Return predicted against integrated values.

    Parameters
    ----------
    data : sequence of CalibrationPanel
        What to draw, [-].

    Returns
    -------
    plotly.graph_objects.Figure
        A panel an endpoint, [-].
    """
    figure = panels([endpoint_title(found.panel.key) for found in data], across=1)
    for row, found in enumerate(data, 1):
        panel = found.panel
        tones = np.where(found.is_inside, COLOURS[0], COLOURS[1])
        ends = float(panel.predicted.min()), float(panel.predicted.max())
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line={"color": GREY}, showlegend=False, row=row, col=1
        )
        figure.add_scatter(
            x=panel.predicted,
            y=panel.confirmed,
            error_x={**bars(panel.predicted, panel.predicted_ends), "color": COLOURS[5]},
            error_y={**bars(panel.confirmed, panel.confirmed_ends), "color": COLOURS[5]},
            mode="markers",
            marker={"color": tones.tolist(), "size": 8},
            text=panel.labels,
            hovertemplate="%{text}: predicted %{x:.4g}, integrated %{y:.4g}<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
        unit = unit_of(panel.key)
        figure.update_xaxes(title=f"Predicted by the surrogate, {unit}", row=row, col=1)
        figure.update_yaxes(title=f"Every subject integrated, {unit}", row=row, col=1)
    return figure


def _ends(points: Sequence[Point], k: int) -> dict[str, Any]:
    values = np.array([p.values[k] for p in points])
    return bars(values, np.array([p.intervals[k] for p in points]).T)


def _hover(point: Point, keys: Sequence[str]) -> str:
    lines = [point.label or f"trial {point.number}", salt_name(point.salt)]
    for key, value in zip(keys, point.values, strict=True):
        lines.append(f"{endpoint_title(key)}: {significant(value, SHORT)} {unit_of(key)}")
    return "<br>".join(escape(line) for line in lines)
