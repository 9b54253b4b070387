"""Labels beside the marks of a scatter, where they cover least of the others.

On paper each stands off with a leader; for the mouse, which may zoom in, it stands at a side of its
mark.
"""

from collections.abc import Callable, Mapping, Sequence
from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from experiments.reports.plots import INK, SMALL
from formulation.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RINGS_PT = (17.0, 24.0, 32.0, 42.0, 54.0, 68.0)
"""How far a label may stand from its mark, [pt]."""

ANGLES = 16
"""Directions in which it may stand, [-]."""

WIDTH_PER_LETTER, HEIGHT = 0.62, 1.3
"""Size of a text as a share of its font size, [-]."""

GAP_PT = 2.0
"""Least distance between a label and a mark, [pt]."""

SIDES: Mapping[str, tuple[int, int]] = {
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}
"""Sides of a mark as Plotly calls them, with their directions: those where its interval is not."""

PANEL_PT = (480.0, 320.0)
"""Size that a panel for the mouse is taken to have, [pt]."""

COSTS = {"outside": 1e6, "label": 1e4, "leader": 30.0, "farther": 0.1}
"""What it costs that a label leaves the panel, lies on another, has a leader over a mark of weight,
and stands a point farther off, [-]; a mark that it covers has a cost of its own."""


@frozen(kw_only=True)
class Mark:
    """Something that a label should not cover."""

    place: tuple[float, float]
    """Where it is, in the units of the axes."""

    radius_pt: float
    """Its size, [pt]."""

    cost: float
    """How bad it is to cover it, [-]."""

    label: str = ""
    """What is written beside it; empty for nothing."""

    is_bold: bool = False
    """Whether that stands out."""


def name_marks(axes: "Axes", named: Sequence[Mark], others: Sequence[Mark]) -> None:
    """Write the labels of some marks, each where it covers least.

    Parameters
    ----------
    axes : Axes
        The panel, with all that it draws, [-].
    named : sequence of Mark
        Marks with labels, the most important first, [-].
    others : sequence of Mark
        All that should not be covered, the named among them, [-].
    """
    from matplotlib.patheffects import withStroke

    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    scale = 72 / figure.dpi
    box = axes.get_window_extent().get_points() * scale

    def to_pt(places: FloatArray) -> FloatArray:
        return np.asarray(axes.transData.transform(places) * scale)

    for mark, offset in zip(
        named, _placed(named, others, box, to_pt, lambda *_: _offsets()), strict=True
    ):
        axes.annotate(
            mark.label,
            mark.place,
            (float(offset[0]), float(offset[1])),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=SMALL,
            fontweight="bold" if mark.is_bold else "normal",
            zorder=7,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            arrowprops={"arrowstyle": "-", "lw": 0.6, "color": INK, "shrinkA": 0, "shrinkB": 3},
        )


def sides_of(named: Sequence[Mark], others: Sequence[Mark], ends: FloatArray) -> list[str]:
    """Return at which side of its mark each label covers least.

    Parameters
    ----------
    named : sequence of Mark
        Marks with labels, the most important first, [-].
    others : sequence of Mark
        All that should not be covered, the named among them, [-].
    ends : ndarray of shape (2, 2)
        Lower and upper ends of both axes, in their units, [-].

    Returns
    -------
    list of str
        One of `SIDES` a label, [-].
    """
    size = np.array(PANEL_PT)
    span = np.where(ends[1] > ends[0], ends[1] - ends[0], 1.0)
    directions = np.array(list(SIDES.values()), dtype=float)

    def beside(mark: Mark, half: FloatArray) -> list[FloatArray]:
        return list(directions * (half + mark.radius_pt + GAP_PT))

    offsets = _placed(
        named,
        others,
        np.array([np.zeros(2), size]),
        lambda places: (places - ends[0]) / span * size,
        beside,
    )
    signs = {direction: side for side, direction in SIDES.items()}
    return [signs[int(np.sign(x)), int(np.sign(y))] for x, y in offsets]


def _placed(
    named: Sequence[Mark],
    others: Sequence[Mark],
    box: FloatArray,
    to_pt: Callable[[FloatArray], FloatArray],
    offsets: Callable[[Mark, FloatArray], Sequence[FloatArray]],
) -> list[FloatArray]:
    """Return how far from its mark each label stands, of the offsets possible for it, [pt]."""
    places = to_pt(np.array([m.place for m in others]).reshape(-1, 2))
    radii, costs = (np.array([getattr(m, name) for m in others]) for name in ("radius_pt", "cost"))
    taken: list[tuple[FloatArray, FloatArray]] = []
    found = []
    for mark in named:
        here = to_pt(np.array([mark.place]))[0]
        half = SMALL * np.array([WIDTH_PER_LETTER * len(mark.label), HEIGHT]) / 2
        offset = min(
            offsets(mark, half),
            key=lambda o: _cost(here, o, half, box, places, radii, costs, taken),
        )
        taken.append((here + offset, half))
        found.append(offset)
    return found


def _offsets() -> list[FloatArray]:
    turns = [2 * pi * k / ANGLES for k in range(ANGLES)]
    return [ring * np.array([cos(turn), sin(turn)]) for ring in RINGS_PT for turn in turns]


def _cost(
    here: FloatArray,
    offset: FloatArray,
    half: FloatArray,
    box: FloatArray,
    places: FloatArray,
    radii: FloatArray,
    costs: FloatArray,
    taken: Sequence[tuple[FloatArray, FloatArray]],
) -> float:
    """Return how bad it is to write there."""
    spot = here + offset
    is_outside = bool(((spot - half < box[0]) | (spot + half > box[1])).any())
    reach = half + (radii + GAP_PT)[:, None]
    covered = (np.abs(places - spot) < reach).all(axis=1)
    n_labels = sum(bool((np.abs(spot - s) < half + h + GAP_PT).all()) for s, h in taken)
    # The leader is looked at in its outer part, since it begins at the mark itself.
    is_heavy = costs >= COSTS["leader"]
    steps = here + np.linspace(0.4, 1.0, 4)[:, None] * offset
    gaps = np.linalg.norm(places[is_heavy][:, None] - steps[None], axis=2)
    n_crossed = int((gaps.min(axis=1) <= radii[is_heavy]).sum())
    return (
        COSTS["outside"] * is_outside
        + COSTS["label"] * n_labels
        + float(costs[covered].sum())
        + COSTS["leader"] * n_crossed
        + COSTS["farther"] * float(np.linalg.norm(offset))
    )
