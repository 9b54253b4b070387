"""What the models say, for the mouse: importance, mixtures, the front over its factors."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from experiments.pictures.plotly_parts import SHORT, band, broken, graph_objects, panels
from experiments.pictures.questions import Importance
from experiments.reports.driver_data import NOTHING, DependencePanel, DriverPanel
from experiments.reports.mixture_map import MixtureMap
from experiments.reports.parallel import BETTER, Parallel
from experiments.reports.plots import COLOURS, GREY
from experiments.reports.spans import significant
from experiments.reports.trade_off_data import system_colour
from experiments.reports.wording import axis_title, endpoint_title, unit_of
from formulation.delivery import get_system

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HOLDS, MISSED = "every limit holds", "a limit is missed"


def show_importance(data: Importance) -> "list[Figure]":
    """Return importances at the left, dependences at the right.

    Parameters
    ----------
    data : Importance
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One, two panels an output, [-].
    """
    titles = [t for panel in data.panels for t in (endpoint_title(panel.key), "")]
    figure = panels(titles, across=2)
    for row, panel in enumerate(data.panels, 1):
        if panel.parts:
            _show_bars(figure, panel, row=row, col=1)
        else:
            _say(figure, NOTHING, row=row, col=1)
        if panel.dependence is not None:
            _show_dependence(figure, panel, panel.dependence, row=row, col=2)
        else:
            _say(figure, panel.remark, row=row, col=2)
    return [figure]


def show_ternary(data: MixtureMap) -> "list[Figure]":
    """Return the mixtures of three components.

    Parameters
    ----------
    data : MixtureMap
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One triangle, [-].
    """
    figure = graph_objects().Figure()
    known = np.isfinite(data.value)
    rooms = [np.nan_to_num(slack, nan=-1.0) >= 0 for slack in data.slacks.values()]
    holds = np.logical_and.reduce([known, *rooms])
    names = [f"{title}, mg" for title in data.titles]
    told = "<br>".join(f"{name}: %{{{axis}:.4g}}" for axis, name in zip("abc", names, strict=True))
    shades = {
        "colorscale": "Cividis",
        "cmin": float(np.nanmin(data.value)),
        "cmax": float(np.nanmax(data.value)),
        "colorbar": {"title": {"text": axis_title(data.key), "side": "right"}, "x": 1.05},
    }
    for chosen, name, symbol in ((holds, HOLDS, "hexagon"), (known & ~holds, MISSED, "x")):
        a, b, c = data.amounts_mg[chosen].T
        figure.add_scatterternary(
            a=a,
            b=b,
            c=c,
            mode="markers",
            cliponaxis=False,
            name=name,
            marker={
                **shades,
                "symbol": symbol,
                "size": 9,
                "color": data.value[chosen],
                "showscale": name == HOLDS or not holds.any(),
            },
            text=[f"{significant(v, SHORT)} {unit_of(data.key)}" for v in data.value[chosen]],
            hovertemplate=f"%{{text}}<br>{told}<extra></extra>",
        )
    own = {axis: [mg] for axis, mg in zip("abc", data.own_mg, strict=True)}
    figure.add_scatterternary(
        **own,
        mode="markers",
        cliponaxis=False,
        name=data.candidate,
        marker={"symbol": "star", "size": 16, "color": "white", "line": {"width": 1.5}},
    )
    axes = {
        f"{axis}axis": {"title": {"text": name}, "min": low, "nticks": 6}
        for axis, name, low in zip("abc", names, data.low_mg, strict=True)
    }
    figure.update_layout(ternary={"sum": data.total_mg, **axes}, height=700, legend={"x": -0.1})
    return [figure]


def show_parallel(data: Parallel) -> "list[Figure]":
    """Return the front over its factors and objectives.

    Parameters
    ----------
    data : Parallel
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One, drawn as lines, since Plotly's own kind needs WebGL, which not all have, [-].
    """
    figure = graph_objects().Figure()
    places = list(range(len(data.axes)))
    heights = np.array([axis.heights for axis in data.axes])
    named: set[str] = set()
    for k, (label, system) in enumerate(zip(data.labels, data.systems, strict=True)):
        fades = bool(data.chosen) and label != data.chosen
        others = f"other candidates: {data.of_form}"
        group = label if label == data.chosen else others if fades else get_system(system).title
        figure.add_scatter(
            x=places,
            y=heights[:, k],
            name=broken(group),
            legendgroup=group,
            showlegend=group not in named,
            line={"color": GREY if fades else system_colour(system), "width": 1 if fades else 2},
            opacity=0.5 if fades else 0.85,
            text=[
                f"{label}: {escape(axis.title)} {significant(axis.values[k], SHORT)} {axis.unit}"
                for axis in data.axes
            ],
            hoverinfo="text",
        )
        named.add(group)
    for place, axis in zip(places, data.axes, strict=True):
        line = {"color": "black", "width": 1}
        figure.add_shape(x0=place, x1=place, y0=0, y1=1, line=line, layer="below")
        for height, value, side in ((0, axis.ends[0], "top"), (1, axis.ends[1], "bottom")):
            figure.add_annotation(
                x=place, y=height, text=significant(value), showarrow=False, yanchor=side, yshift=0
            )
    words = [
        f"{broken(axis.title, 18)}<br>[{axis.unit}]"
        + (f"<br>{BETTER[axis.goal]}" if axis.goal in BETTER else "")
        for axis in data.axes
    ]
    figure.update_xaxes(
        tickvals=places, ticktext=words, showgrid=False, zeroline=False, tickangle=0
    )
    figure.update_yaxes(visible=False, range=[-0.08, 1.08])
    figure.update_layout(legend={"orientation": "h", "y": 1.12}, height=620)
    return [figure]


def _show_bars(figure: "Figure", panel: DriverPanel, **place: int) -> None:
    figure.add_bar(
        x=panel.increase,
        y=[escape(part) for part in panel.parts],
        orientation="h",
        error_x={"array": panel.spread},
        marker={"color": COLOURS[0]},
        hovertemplate=f"%{{y}}: %{{x:.4g}} {panel.unit}<extra></extra>",
        showlegend=False,
        **place,
    )
    figure.update_yaxes(autorange="reversed", automargin=True, **place)
    figure.update_xaxes(title=f"Increase of the error, {panel.unit}", **place)


def _show_dependence(
    figure: "Figure", panel: DriverPanel, told: DependencePanel, **place: int
) -> None:
    band(figure, told.values, told.low, told.high, COLOURS[0], legendgroup=panel.key, **place)
    figure.add_scatter(
        x=told.values,
        y=told.mean,
        line={"color": COLOURS[0]},
        showlegend=False,
        hovertemplate="%{x:.4g}: %{y:.4g}<extra></extra>",
        legendgroup=panel.key,
        **place,
    )
    kind = "log" if told.is_log else "linear"
    figure.update_xaxes(title=escape(told.axis), type=kind, **place)
    figure.update_yaxes(title=f"Mean prediction, {panel.unit}", **place)


def _say(figure: "Figure", words: str, **place: int) -> None:
    """Say in a panel why nothing is drawn there."""
    text = [broken(words, 34)]
    figure.add_scatter(
        x=[0], y=[0], mode="text", text=text, hoverinfo="skip", showlegend=False, **place
    )
    figure.update_xaxes(visible=False, **place)
    figure.update_yaxes(visible=False, **place)
