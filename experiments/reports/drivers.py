"""What drives the predictions of each surrogate: data, picture and table, from its card alone."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from experiments.reports.html import Picture, picture_of
from experiments.reports.plots import COLOURS, INK, NORMAL, SMALL, finish, new_figure, png
from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import endpoint_title, unit_text
from formulation.arrays import FloatArray
from formulation.delivery import get_system
from formulation.feature_words import BODY, feature_words
from formulation.units import MG_PER_MMOL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PARTS = 6
"""Questions that are drawn for one output; the table has all, [-]."""

LEAST_BARS = 3
"""Bars that an importance leaves room for, so that one alone is no block, [-]."""

LEAST_SHARE = 0.01
"""Share of the largest importance below which a question is not drawn, nor a dependence on its
number, [-]."""

LOG_RATIO = 30.0
"""Greatest over least value from which an axis is logarithmic, [-]."""

INVERSES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "ln(1 + ": np.expm1,
    "ln ": np.exp,
    "log10 ": lambda values: np.power(10.0, values),
}
"""How values are read back whose unit begins so."""

MASSES: Mapping[str, str] = {
    feature_words("immediate_release", f"{BODY}log_mmol_per_day").title: "mg/d",
    feature_words("immediate_release", f"{BODY}log_mmol_per_intake").title: "mg",
}
"""Doses that surrogates count in mmol and people in mg of elemental magnesium, with their unit."""


@frozen(kw_only=True, eq=False)
class DependencePanel:
    """The mean prediction of one output over one feature."""

    feature: str
    """Feature with its unit, of people and not of the surrogate."""

    values: FloatArray
    """Its values, shape (n_values,), in its unit."""

    mean: FloatArray
    """Mean prediction, shape (n_values,), in the output's unit."""

    low: FloatArray
    """Lower end of the band, shape (n_values,), in the output's unit."""

    high: FloatArray
    """Upper end of the band, shape (n_values,), in the output's unit."""

    band: str
    """What the band is."""

    @property
    def is_log(self) -> bool:
        """Whether its values span so much that they stand on a logarithmic axis."""
        return bool(self.values.min() > 0 and self.values.max() > LOG_RATIO * self.values.min())

    @property
    def axis(self) -> str:
        """Title of its axis."""
        return f"{self.feature} (logarithmic)" if self.is_log else self.feature


@frozen(kw_only=True, eq=False)
class DriverPanel:
    """What drives one output of one surrogate."""

    key: str
    """Endpoint key of the output."""

    unit: str
    """Unit of the output."""

    parts: tuple[str, ...]
    """Questions, the most important first, at most `MOST_PARTS`."""

    increase: FloatArray
    """Increase of the mean absolute error, shape (n_parts,), in `unit`."""

    spread: FloatArray
    """Standard deviation between repeats, shape (n_parts,), in `unit`."""

    dependence: DependencePanel | None
    """Over the most important single number; None where there is none, or none that matters."""

    remark: str = ""
    """Why there is no dependence, in words."""


def driver_data(model: Mapping[str, Any]) -> tuple[DriverPanel, ...]:
    """Return what drives the predictions of a surrogate.

    Parameters
    ----------
    model : mapping
        A model card, [-].

    Returns
    -------
    tuple of DriverPanel
        One an output; none for a card of a version that did not keep them, [-].
    """
    drivers = model.get("drivers", {})
    questions = drivers.get("questions", {})
    return tuple(
        _panel(key, output, questions) for key, output in drivers.get("outputs", {}).items()
    )


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
            below.set_axis_off()
            remark = fill(panel.remark, 20)
            below.text(0.5, 0.6, remark, ha="center", fontsize=NORMAL, transform=below.transAxes)
        else:
            _draw_dependence(panel, panel.dependence, below)


def driver_pictures(model: Mapping[str, Any]) -> list[Picture]:
    """Return the picture of what drives the predictions of a surrogate.

    Parameters
    ----------
    model : mapping
        A model card, [-].

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
    )
    alt = f"Bars of importance and curves of partial dependence. Most important: {firsts}."
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


def _panel(
    key: str, output: Mapping[str, Any], questions: Mapping[str, Sequence[str]]
) -> DriverPanel:
    rows = output["importance"]
    least = LEAST_SHARE * max((row["increase"] for row in rows), default=0.0)
    told, remark = output["dependence"], "No question here is a single number."
    if told is not None:
        text = f"{told['feature']}, {told['unit']}" if told["unit"] else told["feature"]
        parts = [part for part, features in questions.items() if list(features) == [text]]
        if any(row["part"] in parts and row["increase"] <= least for row in rows):
            told = None
            remark = (
                "No single number matters here: each counts for less than"
                f" {100 * LEAST_SHARE:g} % of the most important question."
            )
    rows = [row for row in rows[:MOST_PARTS] if row["increase"] > least]
    return DriverPanel(
        key=key,
        unit=unit_text(output["unit"]),
        parts=tuple(row["part"] for row in rows),
        increase=np.array([row["increase"] for row in rows]),
        spread=np.array([row["spread"] for row in rows]),
        dependence=None if told is None else _dependence(told),
        remark="" if told is not None else remark,
    )


def _dependence(told: Mapping[str, Any]) -> DependencePanel:
    """Return a dependence over what people measure, not over its logarithm."""
    unit, values = told["unit"], np.array(told["values"], dtype=float)
    for start, back in INVERSES.items():
        if unit.startswith(start):
            unit, values = unit.removeprefix(start).removesuffix(")"), back(values)
            break
    if unit == "mmol" and told["feature"] in MASSES:
        unit, values = MASSES[told["feature"]], MG_PER_MMOL * values
    return DependencePanel(
        feature=f"{told['feature']}, {unit}" if unit else told["feature"],
        values=values,
        mean=np.array(told["mean"], dtype=float),
        low=np.array(told["low"], dtype=float),
        high=np.array(told["high"], dtype=float),
        band=told["band"],
    )


def _cell(rows: Mapping[str, Mapping[str, float]], part: str) -> str:
    largest = max(row["increase"] for row in rows.values())
    row = rows.get(part)
    if row is None:
        return ""
    if row["increase"] <= 1e-3 * largest:
        return NONE
    return f"{row['increase']:.2g} ± {row['spread']:.1g}"


def _draw_importance(panel: DriverPanel, axes: "Axes") -> None:
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
    axes.set_title(fill(endpoint_title(panel.key), 34), fontsize=NORMAL, loc="left")
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
