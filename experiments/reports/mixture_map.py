"""A mixture of three components as a triangle: one objective, and where every limit holds.

The three share what they weigh together in the candidate, all else is held, so the unit keeps its
mass. Corners stand for what is left of the others at their least. Shades reach the edge of what may
be made; beyond it nothing is drawn.
"""

from collections.abc import Mapping
from math import sqrt
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from experiments.reports.plots import COLOURS, GREY, INK, NORMAL, SMALL
from experiments.reports.spans import significant
from experiments.reports.wording import axis_title, limit_text
from formulation.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.tri import Triangulation

LEVELS = 9
"""Shades of the objective, [-]."""

TICKS = 4
"""Parts into which the sides are divided, [-]."""

FLAT = 1e-12
"""Area below which a triangle has none, as a share of the square of a side, [-]."""

INSIDE = 0.05
"""Least weight of each corner where a mixture is taken to lie within a triangle, [-]."""

LIMIT_STYLES = ("-", "--", "-.", ":")


@frozen(kw_only=True, eq=False)
class MixtureMap:
    """What is predicted over the mixtures of three components of a candidate."""

    candidate: str
    """The candidate."""

    form: str
    """Title of its form."""

    names: tuple[str, str, str]
    """Components in its recipe."""

    titles: tuple[str, str, str]
    """What people call them."""

    total_mg: float
    """What the three weigh together in one unit, [mg]."""

    low_mg: tuple[float, float, float]
    """Least of each in the triangle, [mg]."""

    own_mg: tuple[float, float, float]
    """What the candidate has, [mg]."""

    steps: int
    """Steps along a side of the triangle, [-]."""

    amounts_mg: FloatArray
    """Mixtures, shape (n, 3), [mg]: a lattice row by row of the first component, then the candidate
    and the edge of what may be made."""

    key: str
    """Endpoint key of the objective."""

    value: FloatArray
    """The objective, shape (n,), in its unit; NaN where nothing may be made or nothing came out."""

    slacks: Mapping[str, FloatArray]
    """Room to each limit by its name, shape (n,), in its unit; below zero it is missed."""

    interval_kind: str
    """What the predictions are taken from."""

    @property
    def n_makeable(self) -> int:
        """Mixtures that may be made and gave a number, [-]."""
        return int(np.isfinite(self.value).sum())

    @property
    def n_holding(self) -> int:
        """Those of them that keep to every limit as predicted, [-]."""
        rooms = [np.nan_to_num(slack, nan=-1.0) >= 0 for slack in self.slacks.values()]
        return int(np.logical_and.reduce([np.isfinite(self.value), *rooms]).sum())

    @property
    def side_mg(self) -> float:
        """What goes from one corner to the other along a side, [mg]."""
        return self.total_mg - sum(self.low_mg)


def draw_mixture(data: MixtureMap, axes: "Axes") -> None:
    """Draw shades of the objective, what the limits take away, and the candidate.

    Parameters
    ----------
    data : MixtureMap
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    from matplotlib.ticker import MaxNLocator

    mesh, value = mesh_of(data), data.value[np.isfinite(data.value)]
    levels = MaxNLocator(LEVELS).tick_values(value.min(), value.max())
    shades = axes.tricontourf(mesh, value, levels=levels, cmap="cividis", zorder=1)
    figure = axes.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(shades, ax=axes, shrink=0.75, pad=0.02)
    bar.set_label(fill(axis_title(data.key), 46), fontsize=NORMAL)
    bar.ax.tick_params(labelsize=SMALL)
    handles = _draw_limits(data, mesh, axes)
    _draw_frame(data, axes)
    x, y = _places(data, np.array([data.own_mg]))
    axes.plot(x, y, marker="*", ms=15, color="white", markeredgecolor=INK, ls="", zorder=6)
    _finish(data, axes, handles)


def _finish(data: MixtureMap, axes: "Axes", handles: "list[Line2D]") -> None:
    from matplotlib.lines import Line2D

    own = Line2D([], [], ls="", marker="*", ms=12, color="white", markeredgecolor=INK,
                 label=data.candidate)  # fmt: skip
    axes.legend(
        handles=[own, *handles],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.02),
        fontsize=SMALL,
        frameon=False,
    )
    axes.set_aspect("equal")
    axes.set_xlim(-0.2, 1.2)
    axes.set_ylim(-0.16, sqrt(3) / 2 + 0.1)
    axes.set_axis_off()


def _draw_limits(data: MixtureMap, mesh: "Triangulation", axes: "Axes") -> "list[Line2D]":
    """Shade where a limit is missed, and draw the edge of each that ends within the picture."""
    from matplotlib.lines import Line2D

    handles: list[Line2D] = []
    rooms = []
    drawn = np.isfinite(data.value)
    for name, slack in ((name, slack[drawn]) for name, slack in data.slacks.items()):
        known = np.isfinite(slack)
        spread = np.ptp(slack[known]) if known.any() else 0.0
        if not spread or slack[known].min() >= 0:
            continue
        room = np.where(known, slack, 0.0) / spread
        rooms.append(room)
        if slack[known].max() < 0:
            continue
        colour = COLOURS[1 + len(handles) % (len(COLOURS) - 1)]
        style = LIMIT_STYLES[len(handles) % len(LIMIT_STYLES)]
        axes.tricontour(mesh, room, levels=[0.0], colors=[colour], linestyles=[style], zorder=4)
        text = fill(f"edge of: {limit_text(name)}", 60)
        handles.append(Line2D([], [], color=colour, ls=style, label=text))
    if rooms:
        worst = np.min(rooms, axis=0)
        axes.tricontourf(
            mesh, worst, levels=[-1e9, 0.0], colors=["white"], alpha=0.55, hatches=["///"], zorder=2
        )
        label = "hatched: at least one limit is missed, as predicted"
        handles.append(Line2D([], [], color=GREY, lw=7, alpha=0.4, label=label))
    elif data.slacks:
        label = "every limit holds wherever something is drawn, as predicted"
        handles.append(Line2D([], [], ls="", label=label))
    return handles


def mesh_of(data: MixtureMap) -> "Triangulation":
    """Return the triangles between all mixtures that have a value.

    Parameters
    ----------
    data : MixtureMap
        What is drawn, [-].

    Returns
    -------
    Triangulation
        Over the rows with a value, up to the edge of what may be made; a triangle around a mixture
        without one is hidden, [-].
    """
    from matplotlib.tri import Triangulation

    known = np.isfinite(data.value)
    mesh = Triangulation(*_places(data, data.amounts_mg[known]))
    x, y = _places(data, data.amounts_mg[~known])
    corners = np.stack([mesh.x, mesh.y], axis=1)[mesh.triangles]
    last = corners[:, 2]
    sides = np.stack([corners[:, 0] - last, corners[:, 1] - last], axis=2)
    area = np.linalg.det(sides)
    flat = np.abs(area) < FLAT
    turned = np.linalg.inv(np.where(flat[:, None, None], np.eye(2), sides))
    shares = np.einsum("tij,tnj->tni", turned, np.stack([x, y], axis=1) - last[:, None])
    least = np.minimum(shares.min(axis=2), 1 - shares.sum(axis=2))
    mesh.set_mask(flat | (least > INSIDE).any(axis=1))
    return mesh


def _projected(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the place of mixtures: the first at the top, the second at the left below."""
    return shares[:, 2] + shares[:, 0] / 2, shares[:, 0] * sqrt(3) / 2


def _places(data: MixtureMap, amounts_mg: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _projected((amounts_mg - np.array(data.low_mg)) / data.side_mg)


def _draw_frame(data: MixtureMap, axes: "Axes") -> None:
    """Draw the triangle, its grid with masses along each side, and the names at the corners."""
    corners = np.eye(3)
    x, y = _projected(corners[[0, 1, 2, 0]])
    axes.plot(x, y, color=INK, lw=1, zorder=5)
    for k in range(3):
        one, other = (k + 1) % 3, (k + 2) % 3
        for tick in range(TICKS + 1):
            share = tick / TICKS
            ends = np.zeros((2, 3))
            ends[:, k] = share
            ends[0, one] = ends[1, other] = 1 - share
            xs, ys = _projected(ends)
            if 0 < tick < TICKS:
                axes.plot(xs, ys, color=GREY, lw=0.5, alpha=0.6, zorder=3)
            mg = data.low_mg[k] + share * data.side_mg
            _tick(axes, k, (float(xs[0]), float(ys[0])), significant(mg, 4))
    spots = (
        (0.5, sqrt(3) / 2 + 0.05, "center", "bottom"),
        (-0.03, -0.07, "center", "top"),
        (1.03, -0.07, "center", "top"),
    )
    for k, (px, py, ha, va) in enumerate(spots):
        text = fill(f"{data.titles[k]}, mg", 24)
        axes.text(px, py, text, ha=ha, va=va, fontsize=NORMAL, fontweight="bold", color=COLOURS[k])


def _tick(axes: "Axes", k: int, place: tuple[float, float], text: str) -> None:
    """Write a mass where the line of equal mass meets the side on which it is read."""
    shift = ((-0.015, 0.0, "right"), (0.0, -0.035, "center"), (0.015, 0.012, "left"))[k]
    axes.text(
        place[0] + shift[0],
        place[1] + shift[1],
        text,
        ha=shift[2],
        va="center" if k != 1 else "top",
        fontsize=SMALL - 1,
        color=COLOURS[k],
    )
