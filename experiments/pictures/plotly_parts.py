"""What the pictures for the mouse have in common; the one place that loads Plotly."""

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.reports.drawings import Drawing
from formulation.arrays import FloatArray
from formulation.errors import InputError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHORT = 4
"""Significant digits of what the mouse is told, [-]."""

ROW_PX = 360
"""Height of a row of panels, [px]."""


def graph_objects() -> Any:
    """Return Plotly's drawing module.

    Returns
    -------
    module
        ``plotly.graph_objects``, [-].

    Raises
    ------
    InputError
        Plotly is not installed.
    """
    try:
        import plotly.graph_objects as drawn
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "plotly":
            raise
        raise InputError(
            "A picture as .html is drawn with Plotly, which is not installed.",
            hint="Install it with: pip install 'formulation-design[interactive]'; or write .svg.",
        ) from error
    return drawn


def figure_of(drawing: Drawing) -> "Figure":
    """Return a drawing of the report as a figure.

    Parameters
    ----------
    drawing : Drawing
        Traces and layout, [-].

    Returns
    -------
    plotly.graph_objects.Figure
        The same, [-].
    """
    traces, layout = drawing
    figure: Figure = graph_objects().Figure(data=traces, layout=layout)
    return figure


def panels(titles: Sequence[str], *, across: int, row_px: int = ROW_PX) -> "Figure":
    """Return an empty figure with a panel for each title, row by row.

    Parameters
    ----------
    titles : sequence of str
        One a panel, [-].
    across : int
        Panels beside each other, [-].
    row_px : int, optional
        Height of a row, [px].

    Returns
    -------
    plotly.graph_objects.Figure
        Without data, [-].
    """
    graph_objects()
    from plotly.subplots import make_subplots

    rows = -(-len(titles) // across)
    figure = make_subplots(
        rows=rows,
        cols=across,
        subplot_titles=[escape(title) for title in titles],
        vertical_spacing=min(0.3 / rows, 90 / (row_px * rows)),
    )
    figure.update_layout(height=row_px * rows + 120)
    return figure


def broken(title: str, width: int = 44) -> str:
    """Return a title in lines, with nothing in it that Plotly takes for markup.

    Parameters
    ----------
    title : str
        The title, [-].
    width : int, optional
        Characters of a line, [-].

    Returns
    -------
    str
        The title, [-].
    """
    return "<br>".join(escape(line) for line in wrap(title, width))


def band(
    figure: "Figure", x: FloatArray, low: FloatArray, high: FloatArray, colour: str, **place: Any
) -> None:
    """Draw a band as one closed line, which the mouse passes over.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Where, [-].
    x, low, high : ndarray of shape (n,)
        Places and ends, in the units of the axes, [-].
    colour : str
        Its colour, [-].
    **place : object
        Row and column of the panel, [-].
    """
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=colour,
        opacity=0.15,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        **{**place, "showlegend": False},
    )


def bars(values: FloatArray, ends: FloatArray) -> dict[str, Any]:
    """Return error bars.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Values, in the unit of the axis, [-].
    ends : ndarray of shape (2, n)
        Lower and upper ends, in that unit, [-].

    Returns
    -------
    dict
        As Plotly takes them, [-].
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": ends[1] - values,
        "arrayminus": values - ends[0],
        "thickness": 0.8,
        "width": 0,
    }
