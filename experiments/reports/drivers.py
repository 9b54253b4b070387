"""What drives the predictions of each surrogate: picture and tables."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from experiments.reports.driver_data import (
    NOTHING,
    DependencePanel,
    DriverPanel,
    absent_text,
    driver_data,
)
from experiments.reports.html import Picture, picture_of
from experiments.reports.plots import COLOURS, INK, NORMAL, SMALL, finish, new_figure, png
from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import endpoint_title, unit_text
from formulation.delivery import get_system

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_BARS = 3
"""Bars that an importance leaves room for, so that one alone is no block, [-]."""


def draw_drivers(panels: Sequence[DriverPanel], axes: "Sequence[Axes]") -> None:
    """Draw importances above, and below each the dependence on its most important number.

    Parameters
    ----------
    panels : sequence of DriverPanel
        What to draw, [-].
    axes : sequence of Axes
        Where, two a panel: all importances first, [-].
    """
    for panel, above, below in zip(panels, axes[: len(panels)], axes[len(panels) :], strict=True):
        _draw_importance(panel, above)
        if panel.dependence is None:
            _say(panel.remark, below)
        else:
            _draw_dependence(panel, panel.dependence, below)


def driver_pictures(model: Mapping[str, Any], keys: Sequence[str]) -> list[Picture]:
    """Return the picture of what drives the predictions of a surrogate.

    Parameters
    ----------
    model : mapping
        A model card, [-].
    keys : sequence of str
        Endpoint keys of the study's objectives, [-].

    Returns
    -------
    list of Picture
        One; none for a card of a version that did not keep them, [-].
    """
    panels = driver_data(model)
    if not panels:
        return []
    figure, axes = new_figure(2 * len(panels), 2.9 * len(panels), 4.6, n_rows=2)
    draw_drivers(panels, axes)
    firsts = "; ".join(f"{endpoint_title(p.key)}: {p.parts[0]}" for p in panels if p.parts)
    bands = sorted({p.dependence.band for p in panels if p.dependence is not None})
    caption = (
        f"{get_system(model['system']).title}. Above: {model['drivers']['protocol']}. What the"
        " release law alone gives follows from the recipe (polymer, coat, salt), so it stands for"
        " what it was computed from. Below: the mean prediction over the most important single"
        f" number, all else as in the training designs; band: {', '.join(bands) or 'none'}."
        f"{absent_text(model, keys)}"
    )
    most = f" Most important: {firsts}." if firsts else ""
    alt = f"Bars of importance and curves of partial dependence.{most}"
    return [picture_of(png(figure), alt, caption)]


def driver_tables(model: Mapping[str, Any]) -> list[Table]:
    """Return the importance of every question to every output.

    Parameters
    ----------
    model : mapping
        A model card, [-].

    Returns
    -------
    list of Table
        One; none for a card of a version that did not keep them, [-].
    """
    found = model.get("drivers")
    if not found:
        return []
    outputs = found["outputs"]
    rows = {
        key: {row["part"]: row for row in output["importance"]} for key, output in outputs.items()
    }
    parts = dict.fromkeys(part for of_output in rows.values() for part in of_output)
    return [
        Table(
            caption=f"What drives the predictions: increase of the mean absolute error ({NONE} is"
            " below a thousandth of the largest; empty where a question is not seen).",
            columns=(
                Column(title="Question"),
                Column(title="Its features"),
                *(
                    Column(
                        title=endpoint_title(key), unit=unit_text(output["unit"]), is_number=True
                    )
                    for key, output in outputs.items()
                ),
            ),
            rows=tuple(
                (
                    part,
                    "; ".join(found["questions"][part]),
                    *(_cell(rows[key], part) for key in outputs),
                )
                for part in parts
            ),
        )
    ]


def dependence_tables(model: Mapping[str, Any]) -> list[Table]:
    """Return how predictions move with the most important single number of each output.

    Parameters
    ----------
    model : mapping
        A model card, [-].

    Returns
    -------
    list of Table
        One; none where no output follows a single number, [-].
    """
    told = [(p, p.dependence) for p in driver_data(model) if p.dependence is not None]
    if not told:
        return []
    return [
        Table(
            caption="Mean prediction over the most important single number, at its ends; in"
            f" brackets: {', '.join(sorted({d.band for _, d in told}))}.",
            columns=(
                Column(title="Output"),
                Column(title="Number, and over what"),
                Column(title="At its low end", unit="as the output", is_number=True),
                Column(title="At its high end", unit="as the output", is_number=True),
            ),
            rows=tuple(
                (
                    f"{endpoint_title(panel.key)}, {panel.unit}",
                    f"{found.feature}: {found.values[0]:.3g} to {found.values[-1]:.3g}",
                    *(
                        f"{found.mean[k]:.3g} [{found.low[k]:.3g}, {found.high[k]:.3g}]"
                        for k in (0, -1)
                    ),
                )
                for panel, found in told
            ),
        )
    ]


def _cell(rows: Mapping[str, Mapping[str, float]], part: str) -> str:
    largest = max(row["increase"] for row in rows.values())
    row = rows.get(part)
    if row is None:
        return ""
    if row["increase"] <= 1e-3 * largest:
        return NONE
    return f"{row['increase']:.2g} ± {row['spread']:.1g}"


def _say(words: str, axes: "Axes") -> None:
    """Say in a panel why nothing is drawn there."""
    axes.set_axis_off()
    axes.text(0.5, 0.6, fill(words, 20), ha="center", fontsize=NORMAL, transform=axes.transAxes)


def _draw_importance(panel: DriverPanel, axes: "Axes") -> None:
    axes.set_title(fill(endpoint_title(panel.key), 34), fontsize=NORMAL, loc="left")
    if not panel.parts:
        _say(NOTHING, axes)
        return
    names = [fill(part, 24) for part in panel.parts]
    axes.barh(
        names,
        panel.increase,
        xerr=panel.spread,
        color=COLOURS[0],
        ecolor=INK,
        error_kw={"elinewidth": 1, "capsize": 2},
        height=0.6,
    )
    axes.set_ylim(max(len(names), LEAST_BARS) - 0.5, -0.5)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlim(left=min(0.0, float((panel.increase - panel.spread).min(initial=0.0))))
    axes.set_xlabel(f"Increase of the mean\nabsolute error, {panel.unit}", fontsize=SMALL)
    finish(axes)
    axes.grid(visible=False, axis="y")


def _draw_dependence(panel: DriverPanel, told: DependencePanel, axes: "Axes") -> None:
    axes.fill_between(told.values, told.low, told.high, color=COLOURS[0], alpha=0.15, lw=0)
    axes.plot(told.values, told.mean, color=COLOURS[0], lw=1.8, marker="o", ms=3)
    if told.is_log:
        axes.set_xscale("log")
    else:
        axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(fill(told.axis, 40), fontsize=SMALL)
    axes.set_ylabel(f"Mean prediction, {panel.unit}", fontsize=SMALL)
    finish(axes)
