"""The picture of the panel: predicted against published, and how far each row is off.

Roles differ in shape and colour, verdicts in fill: what misses is hollow. Rows without a number,
and rows of which only a direction was published, are in the table only.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.reports.files import write_file
from experiments.reports.plots import COLOURS, GREY, INK, NORMAL, SMALL, finish, new_figure, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

MARKS: Mapping[str, tuple[str, str, str]] = {
    "kernel": ("s", INK, "kernel"),
    "calibration": ("o", COLOURS[0], "calibration"),
    "held_out": ("D", COLOURS[1], "held out"),
    "negative_control": ("^", COLOURS[2], "negative control"),
}
"""Shape, colour and name of each role."""

FOLDS = ((1.25, (0, (5, 2))), (2.0, (0, (1, 2))))
"""Folds that are drawn, and how."""

FARTHEST = 30.0
"""Fold at which the second panel ends; what lies beyond is drawn at its edge, [-]."""

OFFSETS = tuple(
    (r * np.cos(a), r * np.sin(a))
    for r in (11.0, 17.0, 24.0, 32.0)
    for a in np.linspace(0, 2 * np.pi, 16, endpoint=False)
)
"""Places for a label about its mark, near ones first, [pt]."""


def write_picture(document: Mapping[str, Any], path: Path) -> Path:
    """Write the picture as a PNG file.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].
    path : Path
        File to write, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written.
    """
    return write_file(path, picture(document), "Picture", "--picture")


def picture(document: Mapping[str, Any]) -> bytes:
    """Return the picture as PNG.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    rows = drawn(document)
    figure, (scatter, forest) = new_figure(2, 12.4, 6.6)
    draw_scatter(rows, scatter)
    draw_forest(rows, forest)
    figure.draw_without_rendering()
    _place_labels(rows, scatter)
    return png(figure)


def drawn(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that can stand on logarithmic axes.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    list of dict
        Rows with a number above zero on either side, misses first, [-].
    """
    return [
        row
        for row in document["rows"]
        if row["predicted"] is not None
        and not row["observed_is_bound"]
        and min(row["predicted"], row["observed"]) > 0
    ]


def draw_scatter(rows: Sequence[Mapping[str, Any]], axes: "Axes") -> None:
    """Draw predicted against published, with the lines of 1.25-fold and 2-fold.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the document, [-].
    axes : Axes
        Where, [-].
    """
    values = [row[key] for row in rows for key in ("observed", "predicted")] or [1.0]
    low, high = min(values) / 2.2, max(values) * 2.2
    line = np.array([low, high])
    axes.plot(line, line, color=GREY, lw=1, zorder=1)
    for fold, style in FOLDS:
        for factor in (fold, 1 / fold):
            axes.plot(line, line * factor, color=GREY, lw=0.9, ls=style, zorder=1)
    for row in rows:
        ends = [max(row["lo"], low), max(min(row["hi"], high), low)]
        axes.plot([row["observed"]] * 2, ends, color=_colour(row), lw=0.9, alpha=0.45, zorder=2)
        _mark(axes, row, row["observed"], row["predicted"])
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set_xlabel("Published, each row in its own unit", fontsize=NORMAL)
    axes.set_ylabel("Predicted, in the same unit", fontsize=NORMAL)
    axes.set_title("Predicted against published", fontsize=NORMAL, loc="left")
    finish(axes)
    axes.legend(
        handles=_legend(rows), loc="upper left", fontsize=SMALL, frameon=True, framealpha=0.9
    )


def draw_forest(rows: Sequence[Mapping[str, Any]], axes: "Axes") -> None:
    """Draw predicted over published for each row, the worst on top.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the document, [-].
    axes : Axes
        Where, [-].
    """
    order = sorted(rows, key=lambda row: -abs(np.log(row["predicted"] / row["observed"])))
    for fold, shade in ((2.0, "#f3f3f3"), (1.25, "#e4e4e4")):
        axes.axvspan(1 / fold, fold, color=shade, lw=0, zorder=0)
    axes.axvline(1.0, color=GREY, lw=1, zorder=1)
    for place, row in enumerate(order):
        lo, value, hi = (
            float(np.clip(row[key] / row["observed"], 1 / FARTHEST, FARTHEST))
            for key in ("lo", "predicted", "hi")
        )
        axes.plot([lo, hi], [place, place], color=_colour(row), lw=1.3, alpha=0.55, zorder=2)
        _mark(axes, row, value, place)
    axes.set_yticks(range(len(order)), [f"{row['id']}  {row['study']}" for row in order])
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set(xscale="log", xlim=(1 / FARTHEST, FARTHEST))
    ticks = [0.05, 0.1, 0.25, 0.5, 0.8, 1.25, 2, 4, 10, 20]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.set_xlabel("Predicted over published, - (line: 90 % interval)", fontsize=NORMAL)
    axes.set_title(
        "How far off, worst first; bands: 1.25-fold and 2-fold", fontsize=NORMAL, loc="left"
    )
    finish(axes)
    axes.grid(visible=False, axis="y")


def _colour(row: Mapping[str, Any]) -> str:
    return MARKS[row["role"]][1]


def _mark(axes: "Axes", row: Mapping[str, Any], x: float, y: float) -> None:
    shape, colour, _ = MARKS[row["role"]]
    face = colour if row["passed"] else "white"
    axes.plot(x, y, shape, color=colour, mfc=face, ms=6, mew=1.4, zorder=4)


def _legend(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    from matplotlib.lines import Line2D

    roles = {row["role"] for row in rows}
    found = [
        Line2D([], [], marker=shape, color=colour, lw=0, ms=6, label=name)
        for role, (shape, colour, name) in MARKS.items()
        if role in roles
    ]
    hollow = Line2D([], [], marker="o", color=INK, mfc="white", mew=1.4, lw=0, ms=6)
    hollow.set_label("hollow: outside its tolerance")
    lines = [
        Line2D([], [], color=GREY, lw=1, ls=style, label=f"{fold:g}-fold") for fold, style in FOLDS
    ]
    return [*found, hollow, *lines]


def _place_labels(rows: Sequence[Mapping[str, Any]], axes: "Axes") -> None:
    """Put each row's number where it covers least: not on marks, other labels or the legend."""
    figure = axes.figure
    scale = figure.dpi / 72
    marks = axes.transData.transform([(r["observed"], r["predicted"]) for r in rows])
    legend = axes.get_legend()
    taken = [] if legend is None else [legend.get_window_extent().extents]
    taken += [(x - 4 * scale, y - 4 * scale, x + 4 * scale, y + 4 * scale) for x, y in marks]
    for row, (x, y) in zip(rows, marks, strict=True):
        label = axes.annotate(
            row["id"],
            (row["observed"], row["predicted"]),
            xytext=OFFSETS[0],
            textcoords="offset points",
            fontsize=SMALL - 1,
            color=_colour(row),
            ha="center",
            va="center",
            zorder=5,
            arrowprops={"arrowstyle": "-", "color": _colour(row), "lw": 0.5, "shrinkB": 3},
        )
        taken.append(_settle(label, x, y, taken, axes.bbox.extents, scale))


def _settle(
    label: "Annotation",
    x: float,
    y: float,
    taken: Sequence[Any],
    inside: Any,
    scale: float,
) -> tuple[float, float, float, float]:
    """Move a label to the first free place; return the box it then covers, [px]."""
    half_width, half_height = 10.0 * scale, 4.5 * scale

    def covered(offset: tuple[float, float]) -> tuple[float, tuple[float, float, float, float]]:
        cx, cy = x + offset[0] * scale, y + offset[1] * scale
        box = (cx - half_width, cy - half_height, cx + half_width, cy + half_height)
        outside = (
            box[0] < inside[0] or box[1] < inside[1] or box[2] > inside[2] or box[3] > inside[3]
        )
        return sum(_overlap(box, other) for other in taken) + 1e6 * outside, box

    best = min(OFFSETS, key=lambda offset: covered(offset)[0])
    label.set_position(best)
    return covered(best)[1]


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)
