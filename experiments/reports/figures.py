"""The pictures of a report, each set with the tables that say the same."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from experiments.reports.answers import Answer
from experiments.reports.curve_plots import course_table, curve_picture
from experiments.reports.drivers import dependence_tables, driver_pictures, driver_tables
from experiments.reports.html import Picture, picture_of
from experiments.reports.plot_data import History, confirmation_data, history_data, reasons_data
from experiments.reports.plots import (
    draw_confirmation,
    draw_history,
    draw_reasons,
    draw_release,
    new_figure,
    png,
)
from experiments.reports.profiler import profiler_pictures, profiler_tables
from experiments.reports.release_data import ReleasePanel, left_out_text, release_data, vessels_text
from experiments.reports.tables import Table, reasons_table
from experiments.reports.trade_off import draw_trade_off
from experiments.reports.trade_off_data import trade_off_data
from experiments.reports.twins import history_table, pairs_table, release_table
from experiments.reports.wording import axis_title, endpoint_title
from formulation.delivery import get_system


@frozen(kw_only=True)
class Shown:
    """Pictures and what they show in words and numbers."""

    name: str
    """Name within the page, by which the pictures refer to their tables."""

    pictures: list[Picture] = field(factory=list)
    """Pictures."""

    tables: list[Table] = field(factory=list)
    """Tables that say the same."""


def shown_of(
    document: Mapping[str, Any], told: Mapping[str, Any], found: Answer
) -> dict[str, Shown]:
    """Return the pictures of a report with their tables.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    told : mapping
        The same with the candidates the report tells of, [-].
    found : Answer
        Its answer, [-].

    Returns
    -------
    dict of str to Shown
        By name; without pictures where there is nothing to draw, [-].
    """
    return {
        "trade_off": _trade_off(document),
        "courses": _courses(document),
        "release": _release(document),
        "profiler": Shown(
            name="profiler",
            pictures=profiler_pictures(document),
            tables=profiler_tables(document),
        ),
        "reasons": _reasons(document),
        "confirmation": _confirmation(told),
        "history": _history(document),
    }


def drivers_of(document: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Shown:
    """Return what drives the predictions of a surrogate.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    model : mapping
        One of its model cards, [-].
    name : str
        Name within the page, [-].

    Returns
    -------
    Shown
        Picture and tables; none for a card of a version that did not keep them, [-].
    """
    return Shown(
        name=name,
        pictures=driver_pictures(model, [o["key"] for o in document["objectives"]]),
        tables=[*driver_tables(model), *dependence_tables(model)],
    )


def _trade_off(document: Mapping[str, Any]) -> Shown:
    if len(document["objectives"]) < 2:
        return Shown(name="trade_off")
    data = trade_off_data(document)
    if not data.points:
        return Shown(name="trade_off")
    figure, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(data, axes)
    counts = (
        f"{len(data.of('front'))} on the front, {len(data.of('feasible'))} feasible but beaten,"
        f" {len(data.of('infeasible'))} infeasible"
    )
    caption = f"Each mark is a design as the search predicted it{data.interval_words}: {counts}."
    if data.n_without_values:
        caption += f" Not drawn, because they gave no number: {data.n_without_values}."
    if len(document["objectives"]) > len(data.keys):
        more = [endpoint_title(o["key"]) for o in document["objectives"][len(data.keys) :]]
        caption += f" Not drawn, in the table only: {'; '.join(more)}."
    shown = " against ".join(axis_title(key) for key in reversed(data.keys[:2]))
    return Shown(
        name="trade_off",
        pictures=[
            picture_of(png(figure), f"Scatter of {shown}: {counts}.{data.marked_text}", caption)
        ],
    )


def _courses(document: Mapping[str, Any]) -> Shown:
    found = document.get("courses")
    if not found:
        return Shown(name="courses")
    is_one = document["study"]["population"]["is_one_person"]
    return Shown(
        name="courses",
        pictures=[curve_picture(curve) for curve in found["curves"]],
        tables=[course_table(curve, is_one_person=is_one) for curve in found["curves"]],
    )


def _release(document: Mapping[str, Any]) -> Shown:
    panels = release_data(document)
    return Shown(
        name="release",
        pictures=[_release_picture(panel) for panel in panels],
        tables=[release_table(panel) for panel in panels],
    )


def _release_picture(panel: ReleasePanel) -> Picture:
    figure, (axes,) = new_figure(1, 7.4, 3.8)
    draw_release(panel, axes)
    title = get_system(panel.system).title
    labels = ", ".join(c.name for c in panel.curves)
    kinds = "; ".join(sorted({c.kind for c in panel.curves}))
    caption = (
        f"{title}. {vessels_text(panel)} Band: {kinds}. Dashed: the release law itself, without"
    )
    caption += f" interval.{left_out_text(panel)}"
    alt = f"Released, % of label, against time, h, for {labels} ({title}), each with its band."
    if len(panel.reference):
        alt += " Squares: the reference profile."
    if panel.specifications:
        alt += " Triangles: limits of the study."
    return picture_of(png(figure), alt, caption)


def _reasons(document: Mapping[str, Any]) -> Shown:
    data = reasons_data(document)
    if not data:
        return Shown(name="reasons")
    figure, (axes,) = new_figure(1, 7.4, 0.8 + 0.42 * len(data))
    draw_reasons(data, axes)
    counts = "; ".join(f"{reason.limit}: {reason.count}" for reason in data)
    return Shown(
        name="reasons",
        pictures=[picture_of(png(figure), f"Bars of designs that miss each limit. {counts}.")],
        tables=[reasons_table(document)],
    )


def _confirmation(told: Mapping[str, Any]) -> Shown:
    panels = confirmation_data(told)
    found = []
    for panel in panels:
        figure, (axes,) = new_figure(1, 3.9, 3.5)
        draw_confirmation(panel, axes)
        alt = (
            f"{axis_title(panel.key)}: integrated against predicted values of"
            f" {len(panel.labels)} candidates, with the line of equality."
        )
        found.append(picture_of(png(figure), alt))
    return Shown(name="confirmation", pictures=found, tables=pairs_table(panels))


def _history(document: Mapping[str, Any]) -> Shown:
    if not any(point["is_feasible"] for point in document["points"]):
        return Shown(name="history")
    data = history_data(document)
    figure, (axes,) = new_figure(1, 7.4, 3.0)
    draw_history(data, axes)
    return Shown(
        name="history",
        pictures=[picture_of(png(figure), history_alt(data))],
        tables=[history_table(data)],
    )


def history_alt(data: History) -> str:
    """Say what the picture of a search shows.

    Parameters
    ----------
    data : History
        What is drawn, [-].

    Returns
    -------
    str
        A sentence, with where it ended, [-].
    """
    last = "; ".join(
        f"{endpoint_title(key)} {value:.2f}"
        for key, value in zip(data.keys, data.best[-1], strict=True)
    )
    return f"Best of each normalised objective against trial number, at the end: {last}."
