"""The pictures of a study as whole figures; what is drawn in a panel is drawn by `reports`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.pictures.questions import Importance
from experiments.reports.calibration import CalibrationPanel, draw_calibration
from experiments.reports.drivers import draw_drivers
from experiments.reports.mixture_map import MixtureMap, draw_mixture
from experiments.reports.parallel import Parallel, draw_parallel
from experiments.reports.plot_data import History
from experiments.reports.plots import NORMAL, SMALL, draw_history, draw_release, new_figure
from experiments.reports.profiler import ACROSS, ProfilerPanel, draw_profiler
from experiments.reports.release_data import ReleasePanel
from experiments.reports.trade_off import AROUND_IN, draw_trade_off
from experiments.reports.trade_off_data import TradeOff

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOLD_IN = 0.7
"""Height of the title above and the caption below a picture, [inch]."""

SIDE_BY_SIDE = 2
"""Most panels of release curves beside each other, [-]."""


def front_figure(data: TradeOff) -> "Figure":
    """Return the trade-off.

    Parameters
    ----------
    data : TradeOff
        What to draw, [-].

    Returns
    -------
    Figure
        One panel, [-].
    """
    figure, (axes,) = new_figure(1, 8.6, 5.2)
    # Labels find their places in the panel as it is left by the words around it.
    figure.suptitle(" ", fontsize=NORMAL)
    figure.supxlabel("\n ", fontsize=SMALL)
    draw_trade_off(data, axes, AROUND_IN + TOLD_IN)
    return figure


def curves_figure(data: Sequence[ReleasePanel]) -> "Figure":
    """Return release curves.

    Parameters
    ----------
    data : sequence of ReleasePanel
        What to draw, [-].

    Returns
    -------
    Figure
        A panel a delivery system, [-].
    """
    figure, axes = _grid(len(data), SIDE_BY_SIDE, 6.6, 4.4)
    for panel, place in zip(data, axes, strict=True):
        draw_release(panel, place)
    return figure


def history_figure(data: History) -> "Figure":
    """Return how the search went.

    Parameters
    ----------
    data : History
        What to draw, [-].

    Returns
    -------
    Figure
        One panel, [-].
    """
    figure, (axes,) = new_figure(1, 7.8, 3.6)
    draw_history(data, axes)
    return figure


def importance_figure(data: Importance) -> "Figure":
    """Return importances above, dependences below.

    Parameters
    ----------
    data : Importance
        What to draw, [-].

    Returns
    -------
    Figure
        Two panels an output, [-].
    """
    n = len(data.panels)
    figure, axes = new_figure(2 * n, 3.5 * n, 6.6, n_rows=2)
    draw_drivers(data.panels, axes)
    return figure


def profiler_figure(data: Sequence[ProfilerPanel]) -> "Figure":
    """Return the slices of every objective, one below the other.

    Parameters
    ----------
    data : sequence of ProfilerPanel
        What to draw, [-].

    Returns
    -------
    Figure
        A panel a factor and objective, [-].
    """
    rows_each = [-(-len(panel.slices) // ACROSS) for panel in data]
    n_rows = sum(rows_each)
    figure, axes = new_figure(ACROSS * n_rows, 9.0, 0.8 + 1.9 * n_rows, n_rows=n_rows)
    first = 0
    for panel, rows in zip(data, rows_each, strict=True):
        draw_profiler(panel, axes[first : first + ACROSS * rows])
        first += ACROSS * rows
    return figure


def ternary_figure(data: MixtureMap) -> "Figure":
    """Return the mixtures of three components.

    Parameters
    ----------
    data : MixtureMap
        What to draw, [-].

    Returns
    -------
    Figure
        One panel, [-].
    """
    figure, (axes,) = new_figure(1, 7.6, 6.2)
    draw_mixture(data, axes)
    return figure


def parallel_figure(data: Parallel) -> "Figure":
    """Return the front over its factors and objectives.

    Parameters
    ----------
    data : Parallel
        What to draw, [-].

    Returns
    -------
    Figure
        One panel, [-].
    """
    figure, (axes,) = new_figure(1, max(7.0, 1.25 * len(data.axes)), 5.2)
    draw_parallel(data, axes)
    return figure


def calibration_figure(data: Sequence[CalibrationPanel]) -> "Figure":
    """Return predicted against integrated values.

    Parameters
    ----------
    data : sequence of CalibrationPanel
        What to draw, [-].

    Returns
    -------
    Figure
        A panel an endpoint, [-].
    """
    figure, axes = _grid(len(data), 3, 4.0, 4.8)
    draw_calibration(data, axes)
    return figure


def _grid(n: int, most: int, width_in: float, height_in: float) -> "tuple[Figure, list[Axes]]":
    """Return a figure with n panels, at most so many beside each other; the rest is blank."""
    across = min(n, most)
    rows = -(-n // across)
    figure, axes = new_figure(across * rows, width_in * across, height_in * rows, n_rows=rows)
    for place in axes[n:]:
        place.set_axis_off()
    return figure, axes[:n]
