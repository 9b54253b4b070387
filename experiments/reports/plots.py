"""The pictures of a report: each function draws what one function of `plot_data` returned.

Figures are made without pyplot, so nothing is shared between threads and no window is ever opened.
Colours are those of Okabe and Ito, told apart by colour-blind readers.
"""

from collections.abc import Sequence
from io import BytesIO
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.reports.indexed import indexed_png
from experiments.reports.plot_data import ConfirmationPanel, History, Reason
from experiments.reports.release_data import ReleasePanel
from experiments.reports.wording import endpoint_title, unit_of
from formulation.delivery import get_system

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 110
"""Resolution of the pictures, [1/inch]."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#8a8a8a"
INK = "#333333"
SMALL, NORMAL = 8, 9
"""Font sizes of ticks and titles, [pt]."""


def new_figure(
    n_panels: int, width_in: float = 7.4, height_in: float = 4.2, *, n_rows: int = 1
) -> "tuple[Figure, list[Axes]]":
    """Return an empty figure with panels side by side.

    Parameters
    ----------
    n_panels : int
        Panels, [-].
    width_in, height_in : float, optional
        Size of the whole figure, [inch].
    n_rows : int, optional
        Rows the panels stand in; it divides their number, [-].

    Returns
    -------
    tuple of Figure and list of Axes
        The figure and its panels, [-].
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    return figure, list(figure.subplots(n_rows, n_panels // n_rows, squeeze=False).flat)


def png(figure: "Figure") -> bytes:
    """Return a figure as PNG, the same bytes for the same figure.

    Parameters
    ----------
    figure : Figure
        The figure, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return indexed_png(buffer.getvalue())


def draw_release(panel: ReleasePanel, axes: "Axes") -> None:
    """Draw the release curves of one delivery system with their bands.

    Parameters
    ----------
    panel : ReleasePanel
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    from matplotlib.lines import Line2D

    handles: list[Artist] = []
    for k, curve in enumerate(panel.curves):
        colour = COLOURS[k % len(COLOURS)]
        axes.plot(curve.hours, curve.mean, color=colour, lw=1.8, zorder=3)
        handles.append(Line2D([], [], color=colour, lw=1.8, label=curve.name))
        if len(curve.lo90):
            axes.fill_between(
                curve.hours, curve.lo90, curve.hi90, color=colour, alpha=0.13, lw=0, zorder=1
            )
        axes.plot(curve.law_hours, curve.law, color=colour, lw=1.1, ls=(0, (4, 2)), zorder=4)
    handles.append(Line2D([], [], color=INK, lw=1.1, ls=(0, (4, 2)), label="release law itself"))
    handles += _draw_wanted(panel, axes)
    kinds = sorted({c.kind for c in panel.curves if len(c.lo90)})
    handles += [
        Line2D([], [], color=GREY, lw=7, alpha=0.35, label=fill(f"band: {kind}", 46))
        for kind in kinds
    ]
    axes.set_title(get_system(panel.system).title, fontsize=NORMAL, loc="left")
    axes.set_xlabel("Time in the bench vessel, h", fontsize=NORMAL)
    axes.set_ylabel("Released, % of label", fontsize=NORMAL)
    axes.set_xlim(0, _settled_h(panel))
    axes.set_ylim(0, max(105.0, *(float(c.mean.max()) + 5 for c in panel.curves)))
    finish(axes)
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=2,
        fontsize=SMALL,
        frameon=False,
    )


def _draw_wanted(panel: ReleasePanel, axes: "Axes") -> "list[Artist]":
    """Draw the reference profile and the specification, and return what names them."""
    from matplotlib.lines import Line2D

    found: list[Artist] = []
    if len(panel.reference):
        style: dict[str, Any] = {"color": INK, "marker": "s", "ms": 4.5, "mfc": "white", "lw": 1.2}
        axes.plot(panel.reference_hours, panel.reference, zorder=5, **style)
        found.append(Line2D([], [], label="reference profile", **style))
    for shape, end, words in (("^", "low", "at least"), ("v", "high", "at most")):
        asked = [(s.hours, getattr(s, end)) for s in panel.specifications]
        marks = [(hours, value) for hours, value in asked if value is not None]
        if marks:
            style = {"color": INK, "marker": shape, "ms": 8, "ls": "none"}
            axes.plot(*zip(*marks, strict=True), zorder=6, clip_on=False, **style)
            found.append(Line2D([], [], label=f"limit of the study: {words}", **style))
    return found


def draw_confirmation(panel: ConfirmationPanel, axes: "Axes") -> None:
    """Draw mechanistic against predicted values of one objective, with the line of equality.

    Parameters
    ----------
    panel : ConfirmationPanel
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    axes.axline((panel.predicted[0], panel.predicted[0]), slope=1, color=GREY, lw=1, zorder=1)
    axes.errorbar(
        panel.predicted,
        panel.confirmed,
        xerr=np.abs(panel.predicted_ends - panel.predicted),
        yerr=np.abs(panel.confirmed_ends - panel.confirmed),
        fmt="o",
        color=COLOURS[0],
        ecolor="#7fb2d4",
        elinewidth=1,
        markersize=5,
        zorder=3,
    )
    axes.set_title(fill(endpoint_title(panel.key), 38), fontsize=NORMAL, loc="left")
    axes.set_xlabel(f"Predicted by the surrogate, {unit_of(panel.key)}", fontsize=NORMAL)
    axes.set_ylabel(f"Every subject integrated, {unit_of(panel.key)}", fontsize=NORMAL)
    finish(axes)


def draw_history(data: History, axes: "Axes") -> None:
    """Draw the best of each objective found so far.

    Parameters
    ----------
    data : History
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    styles = ("-", "--", "-.", ":")
    for k, key in enumerate(data.keys):
        axes.step(
            data.numbers,
            data.best[:, k],
            where="post",
            color=COLOURS[k % len(COLOURS)],
            ls=styles[k % len(styles)],
            lw=1.8,
            label=fill(endpoint_title(key), 30),
        )
    for level in (0, 1):
        axes.axhline(level, color=GREY, lw=0.8, zorder=1)
    axes.set_xlabel("Trial number", fontsize=NORMAL)
    axes.set_ylabel("Best so far\n(0 worst acceptable, 1 ideal)", fontsize=NORMAL)
    finish(axes)
    legend_outside(axes, axes.get_legend_handles_labels()[0])


def draw_reasons(data: Sequence[Reason], axes: "Axes") -> None:
    """Draw how many designs missed each limit.

    Parameters
    ----------
    data : sequence of Reason
        What to draw, the most frequent first, [-].
    axes : Axes
        Where, [-].
    """
    from matplotlib.ticker import MaxNLocator

    names = [fill(reason.limit, 44) for reason in data]
    bars = axes.barh(names, [reason.count for reason in data], color=COLOURS[0], height=0.6)
    axes.bar_label(bars, padding=3, fontsize=SMALL)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Designs that miss the limit", fontsize=NORMAL)
    finish(axes)
    axes.grid(visible=False, axis="y")


def legend_outside(
    axes: "Axes", handles: "Sequence[Artist]", around_in: float | None = None
) -> None:
    """Put a legend to the right of the data.

    Parameters
    ----------
    axes : Axes
        The panel, [-].
    handles : sequence of Artist
        What to name, [-].
    around_in : float or None, optional
        What the figure needs above and below a panel as high as the legend, for which it grows;
        None where the legend is short, [inch].
    """
    legend = axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.02),
        fontsize=SMALL,
        frameon=False,
        labelspacing=0.7,
    )
    figure = axes.get_figure(root=True)
    if around_in is not None and figure is not None:
        needed = legend.get_window_extent().height / figure.dpi + around_in
        figure.set_figheight(max(figure.get_figheight(), needed))


def finish(axes: "Axes") -> None:
    """Give a panel the look that all share.

    Parameters
    ----------
    axes : Axes
        The panel, [-].
    """
    axes.tick_params(labelsize=SMALL)
    axes.grid(visible=True, color="#e6e6e6", lw=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _settled_h(panel: ReleasePanel) -> float:
    """Return when every curve has all but reached its end, with some room, [h]."""
    ends = [float(c.hours[int(np.argmax(c.mean >= 0.98 * c.mean[-1]))]) for c in panel.curves]
    last = max(float(c.hours[-1]) for c in panel.curves)
    return min(max(1.4 * max(ends), 2.0), last)
