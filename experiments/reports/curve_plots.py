"""Curves of what happens in people: drawn with their bands, told as tables."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from experiments.account.courses import CONTROL
from experiments.reports.html import Picture, picture_of
from experiments.reports.plots import COLOURS, GREY, INK, NORMAL, SMALL, finish, new_figure, png
from experiments.reports.spans import span
from experiments.reports.tables import Column, Table
from experiments.reports.wording import unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHED: Any = (0, (4, 2))
"""Dashes of the control, and of what a form released."""

RANGE_STYLES: Any = ((0, (1, 1.5)), (0, (6, 2, 1, 2)))
"""Dashes of the reference ranges, in their order."""

TOLD_DAYS = (1, 7, 14, 28, 42)
"""Days that a table tells, where a course has them, [d]."""

DECIMALS = 3
"""Decimals of what a table tells, [-]."""


def curve_png(curve: Mapping[str, Any]) -> bytes:
    """Draw one curve with its bands and reference ranges.

    Parameters
    ----------
    curve : mapping
        One of the document's curves, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    figure, (axes,) = new_figure(1, 5.4, 3.7)
    hours = curve["x"]["values"]
    for colour, series in zip(_colours(curve["series"]), curve["series"], strict=True):
        is_released = series["label"].endswith("released by the form")
        style = DASHED if is_released or series["label"] == CONTROL else "-"
        axes.plot(hours, series["p50"], color=colour, lw=1.7, ls=style, label=series["label"])
        if series["label"] == CONTROL:
            for end in ("p05", "p95"):
                axes.plot(hours, series[end], color=colour, lw=0.8, ls=style)
        else:
            axes.fill_between(hours, series["p05"], series["p95"], color=colour, alpha=0.16, lw=0)
    for style, known in zip(RANGE_STYLES, curve["references"], strict=False):
        for end, label in ((known["low"], known["title"]), (known["high"], "_")):
            axes.axhline(end, color=INK, lw=0.9, ls=style, label=label, zorder=1)
    axes.set_title(fill(curve["title"], 62), fontsize=NORMAL, loc="left")
    axes.set_xlabel(f"{curve['x']['title']}, {curve['x']['unit']}", fontsize=NORMAL)
    axes.set_ylabel(f"{curve['y']['title']}, {unit_text(curve['y']['unit'])}", fontsize=NORMAL)
    axes.set_xlim(min(hours[0], 0.0) if curve["x"]["unit"] == "h" else hours[0], hours[-1])
    finish(axes)
    legend_below(axes)
    return png(figure)


def curve_picture(curve: Mapping[str, Any]) -> Picture:
    """Return one curve as a picture of a page, with its words.

    Parameters
    ----------
    curve : mapping
        What `experiments.account.courses` made, [-].

    Returns
    -------
    Picture
        With its band, the same people without a product, and reference ranges, [-].
    """
    unit = unit_text(curve["y"]["unit"])
    ends = "; ".join(
        f"{s['label']} from {s['p50'][0]:.3g} to {s['p50'][-1]:.3g} {unit}" for s in curve["series"]
    )
    ranges = "; ".join(
        f"{r['title']} {r['low']:g} to {r['high']:g} {r['unit']} ({r['source']})"
        for r in curve["references"]
    )
    has_band = any(s["p05"] != s["p95"] for s in curve["series"])
    captions = ["Middle subject; band: 5th to 95th percentile."] if has_band else []
    captions += [f"Lines: {ranges}."] if ranges else []
    return picture_of(curve_png(curve), f"{curve['title']}: {ends}.", " ".join(captions))


def course_table(curve: Mapping[str, Any], *, is_one_person: bool) -> Table:
    """Return one course at some of its days.

    Parameters
    ----------
    curve : mapping
        A curve over days, [-].
    is_one_person : bool
        Whether it is one person, who has no percentiles, [-].

    Returns
    -------
    Table
        One row a line of the picture, [-].
    """
    days = [round(x) for x in curve["x"]["values"]]
    told = [day for day in TOLD_DAYS if day in days]
    reading = (
        "The person's own values"
        if is_one_person
        else "Middle subject, and in brackets the 5th to 95th percentile between subjects"
    )
    unit = unit_text(curve["y"]["unit"])
    return Table(
        caption=f"{curve['title']}, simulated. {reading}.",
        columns=(
            Column(title="Who"),
            *(Column(title=f"Day {day}", unit=unit, is_number=True) for day in told),
        ),
        rows=tuple(
            (series["label"], *(_at(series, days.index(day), is_one_person) for day in told))
            for series in curve["series"]
        ),
    )


def _at(series: Mapping[str, Any], place: int, is_one_person: bool) -> str:
    values = {end: series[end][place] for end in ("p05", "p50", "p95")}
    return span(values, DECIMALS, is_patient=is_one_person)


def _colours(series: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a colour a product; the control is grey, and one product keeps one colour."""
    names = dict.fromkeys(s["label"].split(",")[0] for s in series if s["label"] != CONTROL)
    of = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}
    return [of.get(s["label"].split(",")[0], GREY) for s in series]


def legend_below(axes: "Axes") -> None:
    """Put a legend below the data.

    Parameters
    ----------
    axes : Axes
        The panel, [-].
    """
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=2,
        fontsize=SMALL - 0.5,
        frameon=False,
        labelspacing=0.4,
    )
