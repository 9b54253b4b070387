"""Pictures of a study for the mouse, from the drawings of the report, and calibration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.pictures.plotly_parts import bars, figure_of, panels
from experiments.reports.calibration import CalibrationPanel
from experiments.reports.drawings import (
    history_drawing,
    profiler_drawing,
    release_drawing,
)
from experiments.reports.plot_data import History
from experiments.reports.plots import COLOURS, GREY
from experiments.reports.profiler import ProfilerPanel
from experiments.reports.release_data import ReleasePanel
from experiments.reports.trade_off_data import TradeOff
from experiments.reports.trade_off_drawing import trade_off_drawing
from experiments.reports.wording import endpoint_title, unit_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def show_front(data: TradeOff) -> "list[Figure]":
    """Return the trade-off, with the intervals of the front.

    Parameters
    ----------
    data : TradeOff
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One, [-].
    """
    return [figure_of(trade_off_drawing(data))]


def show_curves(data: Sequence[ReleasePanel]) -> "list[Figure]":
    """Return release curves.

    Parameters
    ----------
    data : sequence of ReleasePanel
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One a delivery system, [-].
    """
    return [figure_of(release_drawing(panel)) for panel in data]


def show_history(data: History) -> "list[Figure]":
    """Return how the search went.

    Parameters
    ----------
    data : History
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One, [-].
    """
    return [figure_of(history_drawing(data))]


def show_profiler(data: Sequence[ProfilerPanel]) -> "list[Figure]":
    """Return slices through a candidate.

    Parameters
    ----------
    data : sequence of ProfilerPanel
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One an objective, [-].
    """
    return [figure_of(profiler_drawing(panel)) for panel in data]


def show_calibration(data: Sequence[CalibrationPanel]) -> "list[Figure]":
    """Return predicted against integrated values.

    Parameters
    ----------
    data : sequence of CalibrationPanel
        What to draw, [-].

    Returns
    -------
    list of plotly.graph_objects.Figure
        One, a panel an endpoint, [-].
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
    return [figure]
