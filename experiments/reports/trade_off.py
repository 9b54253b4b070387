"""The trade-off picture on paper."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from experiments.reports.labels import Mark, name_marks
from experiments.reports.plots import GREY, INK, NORMAL, finish, legend_outside
from experiments.reports.trade_off_data import (
    RING_AREA,
    STAR_AREA,
    Point,
    PointState,
    Sizes,
    TradeOff,
    system_colour,
)
from experiments.reports.wording import axis_title, salt_name, value_text
from formulation.delivery import get_system

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

COVERING: Mapping[PointState, float] = {"front": 1000.0, "feasible": 3.0, "infeasible": 1.0}
"""How bad it is that a label covers a mark, [-]."""

AROUND_IN = 0.5
"""Height of what stands below the panel: ticks and title of the abscissa, [inch]."""

STAR = "*"
"""Mark of the recommended candidate, as in the other pictures."""

RING: Mapping[str, Any] = {
    "marker": "o",
    "facecolors": "none",
    "edgecolors": INK,
    "linewidths": 1.6,
}
"""Look of the ring around the plain tablet it is compared with."""


def draw_trade_off(data: TradeOff, axes: "Axes", around_in: float = AROUND_IN) -> None:
    """Draw the first two objectives against each other, a third as the size of the markers.

    The figure grows where the legend needs it.

    Parameters
    ----------
    data : TradeOff
        What to draw, [-].
    axes : Axes
        Where, [-].
    around_in : float, optional
        What stands above and below the panel, [inch].
    """
    size = Sizes(data)
    style: dict[str, Any] = {"marker": "x", "color": GREY, "markersize": 4.5, "alpha": 0.75}
    infeasible = [p.place for p in data.of("infeasible")]
    axes.plot([x for x, _ in infeasible], [y for _, y in infeasible], ls="", zorder=1, **style)
    _marks(axes, data, [p for p in data.of("feasible") if not p.role], alpha=0.4, zorder=2)
    for point in data.with_intervals:
        _error_bars(axes, point)
    others = [p for p in data.of("front") if not p.is_recommended]
    _marks(axes, data, others, alpha=0.95, edge="black", zorder=4)
    if (plain := data.plain) is not None:
        if plain.state != "front":
            _marks(axes, data, [plain], alpha=0.95, zorder=4)
        axes.scatter(*plain.place, s=RING_AREA, zorder=5, **RING)
    if (best := data.recommended) is not None:
        colour = system_colour(best.system)
        axes.scatter(*best.place, s=STAR_AREA, c=colour, marker=STAR, edgecolors="black", zorder=6)
    axes.set_xlabel(fill(axis_title(data.keys[0]), 60), fontsize=NORMAL)
    axes.set_ylabel(fill(axis_title(data.keys[1]), 42), fontsize=NORMAL)
    finish(axes)
    legend_outside(axes, _handles(data, size), around_in)
    name_marks(
        axes, [mark_of(p, size) for p in data.named], [mark_of(p, size) for p in data.points]
    )


def mark_of(point: Point, size: Sizes) -> Mark:
    """Return the mark of a point, as labels keep clear of it.

    Parameters
    ----------
    point : Point
        A design, [-].
    size : Sizes
        Areas of the marks, [-].

    Returns
    -------
    Mark
        With its label, [-].
    """
    area = STAR_AREA if point.is_recommended else RING_AREA if point.role else size.of(point)
    return Mark(
        place=point.place,
        radius_pt=3.0 if point.state == "infeasible" else area**0.5 / 2,
        cost=COVERING["front" if point.role else point.state],
        label=point.label,
        is_bold=point.is_recommended,
    )


def _marks(
    axes: "Axes",
    data: TradeOff,
    points: Sequence[Point],
    *,
    alpha: float,
    edge: str = "none",
    zorder: int,
) -> None:
    size, shapes = Sizes(data), data.shapes
    for system, salt in sorted({(p.system, p.salt) for p in points}):
        members = [p for p in points if (p.system, p.salt) == (system, salt)]
        axes.scatter(
            [p.place[0] for p in members],
            [p.place[1] for p in members],
            s=[size.of(p) for p in members],
            c=system_colour(system),
            marker=shapes[salt][0],
            edgecolors=edge,
            linewidths=0.9,
            alpha=alpha,
            zorder=zorder,
        )


def _error_bars(axes: "Axes", point: Point) -> None:
    (x, y), ((x_low, x_high), (y_low, y_high)) = point.place, point.intervals[:2]
    colour = system_colour(point.system)
    for xs, ys in (([x_low, x_high], [y, y]), ([x, x], [y_low, y_high])):
        axes.plot(xs, ys, color=colour, lw=0.9, alpha=0.55, zorder=3)


def _handles(data: TradeOff, size: Sizes) -> "list[Line2D]":
    from matplotlib.lines import Line2D

    def entry(label: str, **style: object) -> Line2D:
        return Line2D([], [], ls="", label=label, **style)  # type: ignore[arg-type]

    front = {"marker": "o", "color": "white", "markeredgecolor": "black"}
    handles = []
    if (best := data.recommended) is not None:
        style = {"markerfacecolor": system_colour(best.system), "markeredgecolor": "black"}
        handles.append(entry(fill(best.role, 28), marker=STAR, markersize=13, **style))
    if (plain := data.plain) is not None:
        words, ring = fill(plain.role, 28), {"color": "none", "markeredgecolor": INK}
        handles.append(entry(words, marker="o", markersize=13, markeredgewidth=1.6, **ring))
    handles += [
        entry(data.words("front"), **front),
        entry(data.words("feasible"), marker="o", color=GREY, alpha=0.4),
        entry(data.words("infeasible"), marker="x", color=GREY),
    ]
    handles += [
        Line2D([], [], lw=6, color=system_colour(s), label=fill(get_system(s).title, 28))
        for s in data.systems
    ]
    handles += [entry(salt_name(s), marker=m, color=INK) for s, (m, _) in data.shapes.items()]
    if size.samples():
        handles.append(entry(fill(f"size: {axis_title(size.key)}", 30), marker=""))
    handles += [
        entry(value_text(v, size.key), marker="o", color="#bbbbbb", markersize=size.area(v) ** 0.5)
        for v in size.samples()
    ]
    return handles
