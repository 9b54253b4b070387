"""The report of a study: one HTML file that needs nothing else, with the answer first.

No script, no network, pictures inline. It is made from the study document alone, so it can be
written again at any time.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from experiments.reports.accounts import account_sections
from experiments.reports.answers import Answer, Verdict, answer
from experiments.reports.choices_made import choices_made, how_it_ended
from experiments.reports.drivers import driver_pictures, driver_tables
from experiments.reports.files import write_file
from experiments.reports.html import Picture, filled, picture_of
from experiments.reports.model_tables import model_table, origin_table, record_table
from experiments.reports.plot_data import (
    History,
    confirmation_data,
    history_data,
    reasons_data,
    release_data,
)
from experiments.reports.plots import (
    draw_confirmation,
    draw_history,
    draw_reasons,
    draw_release,
    new_figure,
    png,
)
from experiments.reports.quality import quality_sections
from experiments.reports.tables import (
    candidates_table,
    confirmation_table,
    limits_table,
    reasons_table,
    recipe_tables,
    remarks_table,
    targets_table,
)
from experiments.reports.trade_off import draw_trade_off, trade_off_data
from experiments.reports.wording import axis_title, endpoint_title
from experiments.tracking_links import TITLES
from formulation.delivery import get_system
from formulation.errors import InputError
from formulation.patients import get_patient_field

SCHEMA, VERSION = "formulation/run", 1
"""The document that is understood."""

TEMPLATE = "report.html.j2"

EXTRAPOLATION_WORDS = {
    "report": "Designs far from what the surrogates were fitted on stand among the others; the"
    " remarks say which they are.",
    "penalise": "Designs far from what the surrogates were fitted on were ranked lower while"
    " searching; every value shown is as predicted.",
    "forbid": "Designs far from what the surrogates were fitted on count as infeasible.",
}
"""What was done with extrapolation, by the study's key."""


def write_report(document: Mapping[str, Any], path: Path) -> Path:
    """Write the report of a study as one HTML file.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    path : Path
        File to write; an older one is replaced as a whole, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The document is of another kind or version, or the file cannot be written.
    """
    found = (document.get("schema"), document.get("version"))
    if found != (SCHEMA, VERSION):
        raise InputError(
            f"Document {found[0]!r} version {found[1]!r} is no study result;"
            f" {SCHEMA!r} version {VERSION} is wanted.",
            hint="Make it with `formulation front --json` of this version.",
        )
    return write_file(path, render(document), "Report", "--output")


def render(document: Mapping[str, Any]) -> str:
    """Return the report as text.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    found = answer(document)
    values = {
        "document": document,
        "study": document["study"],
        "answer": found,
        "is_negative": found.verdict is not Verdict.RECOMMENDED,
        "basis": _basis(document),
        "people": [
            *_people(document["study"]),
            EXTRAPOLATION_WORDS[document["study"].get("extrapolation", "report")],
            *document["study"].get("judging", []),
            *choices_made(document["study"]),
            *how_it_ended(document["study"]),
        ],
        "created": _time(document["study"]["created_utc"]),
        "pictures": _pictures(document, found),
        "tables": _tables(document),
        "quality": quality_sections(document, found.label),
        "accounts": account_sections(document, found.label),
        "without_account": _without_account(document),
        "views": _views(document["tracking"]),
    }
    return filled("experiments.reports", TEMPLATE, values)


def _views(tracking: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the views in MLflow by what they show; none of a study that was not delivered."""
    return [(TITLES[view], link) for view, link in tracking.get("links", {}).items()]


def _without_account(document: Mapping[str, Any]) -> str:
    """Say why nothing is told of candidates in people, where nothing is."""
    if not document["front"]:
        return "There is no candidate."
    if all(c["confirmation"] is None for c in document["front"]):
        return "No candidate has been integrated subject by subject."
    return (
        "This study was confirmed by a version that did not keep what its candidates do in people;"
        " run it again to see it."
    )


def _basis(document: Mapping[str, Any]) -> list[str]:
    """Say what the numbers of each delivery system rest on."""
    if not document["models"]:
        return ["No surrogate is recorded for this study yet."]
    return [f"{get_system(m['system']).title}: {m['headline']}." for m in document["models"]]


def _people(study: Mapping[str, Any]) -> list[str]:
    population = study["population"]
    who = population["name"].replace("_", " ")
    if population["is_one_person"]:
        who += ", one virtual person: every percentile is that person's own value"
    else:
        who += f", {population['size']} virtual subjects (seed {population['seed']})"
    found = [f"For: {who}; limits of jurisdiction {study['jurisdiction']}."]
    if population["medication"]:
        found.append(f"All of them take {', '.join(population['medication'])}.")
    if population["idle_fields"]:
        names = ", ".join(get_patient_field(n).title for n in population["idle_fields"])
        found.append(f"Stated of these people, but without effect in this model: {names}.")
    return found


def _time(utc: str) -> str:
    return datetime.fromisoformat(utc).strftime("%Y-%m-%d %H:%M UTC")


def _tables(document: Mapping[str, Any]) -> dict[str, Any]:
    has_front = bool(document["front"])
    remarks = remarks_table(document)
    return {
        "candidates": [candidates_table(document)] if has_front else [],
        "recipes": recipe_tables(document),
        "limits": [limits_table(document)] if has_front and document["front"][0]["limits"] else [],
        "remarks": [remarks] if remarks.rows else [],
        "reasons": [reasons_table(document)] if document["infeasible_reasons"] else [],
        "confirmation": [confirmation_table(document)]
        if document["confirmation"]["n_candidates"]
        else [],
        "targets": [targets_table(document)],
        "models": [
            (m, model_table(document, m), driver_pictures(m), driver_tables(m))
            for m in document["models"]
        ],
        "origin": [origin_table(document)],
        "record": [record_table(document)],
    }


def _pictures(document: Mapping[str, Any], found: Answer) -> dict[str, list[Picture]]:
    return {
        "trade_off": _trade_off(document),
        "release": _release(document, found.label),
        "reasons": _reasons(document),
        "confirmation": _confirmation(document),
        "history": _history(document),
    }


def _trade_off(document: Mapping[str, Any]) -> list[Picture]:
    if len(document["objectives"]) < 2 or not document["points"]:
        return []
    data = trade_off_data(document)
    figure, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(data, axes)
    counts = (
        f"{len(data.of('front'))} on the front, {len(data.of('feasible'))} feasible but beaten,"
        f" {len(data.of('infeasible'))} infeasible"
    )
    caption = f"Each mark is a design as the search predicted it: {counts}."
    if data.n_without_values:
        caption += f" Not drawn, because they gave no number: {data.n_without_values}."
    if len(document["objectives"]) > len(data.keys):
        more = [endpoint_title(o["key"]) for o in document["objectives"][len(data.keys) :]]
        caption += f" Not drawn, in the table only: {'; '.join(more)}."
    shown = " against ".join(axis_title(key) for key in reversed(data.keys[:2]))
    return [picture_of(png(figure), f"Scatter of {shown}: {counts}.", caption)]


def _release(document: Mapping[str, Any], must_show: str | None) -> list[Picture]:
    found = []
    for panel in release_data(document, must_show):
        figure, (axes,) = new_figure(1, 7.4, 3.8)
        draw_release(panel, axes)
        title = get_system(panel.system).title
        labels = ", ".join(c.label for c in panel.curves)
        kinds = "; ".join(sorted({c.kind for c in panel.curves}))
        caption = f"{title}. Band: {kinds}. Dashed: the release law itself, without interval."
        if panel.n_left_out:
            caption += f" In the tables only: {panel.n_left_out} more."
        alt = f"Released, % of label, against time, h, for {labels} ({title}), each with its band."
        found.append(picture_of(png(figure), alt, caption))
    return found


def _reasons(document: Mapping[str, Any]) -> list[Picture]:
    data = reasons_data(document)
    if not data:
        return []
    figure, (axes,) = new_figure(1, 7.4, 0.8 + 0.42 * len(data))
    draw_reasons(data, axes)
    counts = "; ".join(f"{reason.limit}: {reason.count}" for reason in data)
    return [picture_of(png(figure), f"Bars of designs that miss each limit. {counts}.", "")]


def _confirmation(document: Mapping[str, Any]) -> list[Picture]:
    found = []
    for panel in confirmation_data(document):
        figure, (axes,) = new_figure(1, 3.9, 3.5)
        draw_confirmation(panel, axes)
        alt = (
            f"{axis_title(panel.key)}: integrated against predicted values of"
            f" {len(panel.labels)} candidates, with the line of equality."
        )
        found.append(picture_of(png(figure), alt, ""))
    return found


def _history(document: Mapping[str, Any]) -> list[Picture]:
    if not any(point["is_feasible"] for point in document["points"]):
        return []
    data = history_data(document)
    figure, (axes,) = new_figure(1, 7.4, 3.0)
    draw_history(data, axes)
    return [picture_of(png(figure), _history_alt(data), "")]


def _history_alt(data: History) -> str:
    last = "; ".join(
        f"{endpoint_title(key)} {value:.2f}"
        for key, value in zip(data.keys, data.best[-1], strict=True)
    )
    return f"Best of each normalised objective against trial number, at the end: {last}."
