"""The report of a study: one HTML file that needs nothing else, with the answer first.

No script, no network, pictures inline. It is made from the study document alone, so it can be
written again at any time.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from experiments.config.written import study_yaml
from experiments.reports.accounts import account_sections
from experiments.reports.answers import Answer, Verdict, answer
from experiments.reports.choices_made import choices_made, how_it_ended
from experiments.reports.figures import Shown, drivers_of, shown_of
from experiments.reports.files import PAGE_HINT, PAGES, check_ending, write_file
from experiments.reports.html import filled
from experiments.reports.interactive import enlivened, plotly_js
from experiments.reports.model_tables import (
    measured_in_people,
    model_table,
    origin_table,
    record_table,
)
from experiments.reports.quality import quality_sections
from experiments.reports.recipes import (
    BATCH_G,
    COMPARED,
    check_batch,
    recipe_tables,
    weighing_table,
)
from experiments.reports.reproducing import claim_lines, commands
from experiments.reports.shortening import in_two, left_out, open_labels, told_of
from experiments.reports.tables import (
    candidates_table,
    confirmation_table,
    limits_table,
    remarks_table,
    targets_table,
)
from experiments.tracking_links import view_title
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


@frozen(kw_only=True)
class Report:
    """A report, and what is drawn in it."""

    html: str
    """The page."""

    shown: Mapping[str, Shown]
    """Its pictures by what they show."""


def write_report(
    document: Mapping[str, Any],
    path: Path,
    batch_g: float = BATCH_G,
    *,
    is_interactive: bool = False,
) -> Path:
    """Write the report of a study as one HTML file.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    path : Path
        File to write; an older one is replaced as a whole, [-].
    batch_g : float, optional
        Mass of the batch that recipes are written for, [g].
    is_interactive : bool, optional
        Whether pictures answer to the mouse; the file is then larger than `BUDGET_BYTES`, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The document is of another kind or version, nobody weighs such a batch, plotly is wanted
        and not installed, or the file cannot be written or ends otherwise than a page does.
    """
    check_ending(path, "Report", PAGES, PAGE_HINT)
    found = (document.get("schema"), document.get("version"))
    if found != (SCHEMA, VERSION):
        raise InputError(
            f"Document {found[0]!r} version {found[1]!r} is no study result;"
            f" {SCHEMA!r} version {VERSION} is wanted.",
            hint="Make it with `formulation front --json` of this version.",
        )
    return write_file(
        path, render(document, batch_g, is_interactive=is_interactive), "Report", "--output"
    )


def render(
    document: Mapping[str, Any], batch_g: float = BATCH_G, *, is_interactive: bool = False
) -> str:
    """Return the report as text.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    batch_g : float, optional
        Mass of the batch that recipes are written for, [g].
    is_interactive : bool, optional
        Whether pictures answer to the mouse; the file is then larger than `BUDGET_BYTES`, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    return report_of(document, batch_g, is_interactive=is_interactive).html


def report_of(
    document: Mapping[str, Any], batch_g: float = BATCH_G, *, is_interactive: bool = False
) -> Report:
    """Return the report as text, and the pictures in it.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    batch_g : float, optional
        As for `render`, [g].
    is_interactive : bool, optional
        As for `render`, [-].

    Returns
    -------
    Report
        Page and pictures, [-].
    """
    check_batch(batch_g)
    found = answer(document)
    told = told_of(document, found)
    opened = open_labels(told, found)
    shown = shown_of(document, told, found)
    values = {
        "document": document,
        "study": document["study"],
        "answer": found,
        "is_negative": found.verdict is not Verdict.RECOMMENDED,
        "basis": _basis(document),
        "in_people": measured_in_people(document),
        "people": [
            *_people(document["study"]),
            EXTRAPOLATION_WORDS[document["study"].get("extrapolation", "report")],
            *document["study"].get("judging", []),
            *choices_made(document["study"]),
            *how_it_ended(document["study"]),
        ],
        "created": _time(document["study"]["created_utc"]),
        "left_out": left_out(document, told),
        "shown": enlivened(shown, document, told, found) if is_interactive else shown,
        "plotly_js": plotly_js() if is_interactive else "",
        "tables": _tables(document, told, found, batch_g, opened),
        "models": [
            (m, model_table(document, m), drivers_of(document, m, f"drivers-{k}"))
            for k, m in enumerate(document["models"])
        ],
        "quality": quality_sections(document, found.label),
        "accounts": account_sections(told, found.label, opened),
        "without_account": _without_account(document),
        "without_profiler": _without_profiler(document),
        "claims": claim_lines(),
        "commands": commands(document),
        "study_text": study_yaml(document["study"]["config"]),
        "views": _views(document["tracking"]),
    }
    return Report(html=filled("experiments.reports", TEMPLATE, values), shown=shown)


def _views(tracking: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the views in MLflow by what they show; none of a study that was not delivered."""
    return [(view_title(view, link), link) for view, link in tracking.get("links", {}).items()]


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


def _without_profiler(document: Mapping[str, Any]) -> str:
    """Say why there are no slices, where there are none."""
    if not document["front"]:
        return "There is no candidate."
    return (
        "No slices were kept: they are made when a front is confirmed, since this version; run the"
        " study again to see them."
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


def _tables(
    document: Mapping[str, Any],
    told: Mapping[str, Any],
    found: Answer,
    batch_g: float,
    opened: frozenset[str],
) -> dict[str, Any]:
    has_front = bool(told["front"])
    remarks = remarks_table(told)
    best = [c for c in told["front"] if c["label"] == found.label]
    compared = [*document["front"], *document.get("plain", [])]
    rival = [c for c in compared if c["label"] == found.rival][:1]
    limits = [limits_table(told)] if has_front and told["front"][0]["limits"] else []
    return {
        "candidates": [candidates_table(told)] if has_front else [],
        "weighing": [
            *(weighing_table(c, batch_g) for c in best),
            *(weighing_table(c, batch_g, COMPARED) for c in rival),
        ],
        "recipes": [in_two(table, opened) for table in recipe_tables(told, batch_g)],
        "limits": [in_two(table, opened) for table in limits],
        "remarks": [remarks] if remarks.rows else [],
        "confirmation": [confirmation_table(document)]
        if document["confirmation"]["n_candidates"]
        else [],
        "targets": [targets_table(document)],
        "origin": [origin_table(document)],
        "record": [record_table(document)],
    }
