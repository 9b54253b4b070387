"""The tables of a report, as text in rows and columns; every column says its unit."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from experiments.reports.account_words import is_refused
from experiments.reports.unconfirmed import unconfirmed
from experiments.reports.wording import (
    endpoint_title,
    form_title,
    integrated_text,
    interval_text,
    limit_key,
    limit_text,
    number_text,
    salts_text,
    unit_of,
)
from formulation.endpoints import does_not_apply
from formulation.targets import Scope, get_endpoint

NONE = "–"
"""Stands where there is no value."""


@frozen(kw_only=True)
class Column:
    """Head of a column."""

    title: str
    """What it holds."""

    unit: str = "-"
    """Unit of its values."""

    is_number: bool = False
    """Whether it is set to the right."""


@frozen(kw_only=True)
class Table:
    """A table with what has to be said of it."""

    caption: str
    """What it shows, and how to read it."""

    columns: tuple[Column, ...]
    """Heads."""

    rows: tuple[tuple[str, ...], ...]
    """Cells; a line break inside a cell stands for a second line."""


def candidate_text(candidate: Mapping[str, Any]) -> str:
    """Return what a row of a candidate begins with.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].

    Returns
    -------
    str
        Its label; behind a colon, that it is the one recommended, [-].
    """
    label: str = candidate["label"]
    return f"{label}: recommended" if candidate.get("is_recommended") else label


def candidates_table(document: Mapping[str, Any]) -> Table:
    """Return the front with predicted and confirmed objectives.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        One row a candidate, [-].
    """
    keys = [o["key"] for o in document["objectives"]]
    words, sentence = unconfirmed(document)
    return Table(
        caption="Candidates of the front. First line of a cell: what the search predicted, with"
        " its 90 % interval; second line, marked c: confirmed with every subject integrated."
        " Desirability is the geometric mean of the objectives, 0 with one at its worst and"
        f" 1 with all at their ideal values (Derringer and Suich); it ranks, the front decides."
        f" {sentence}".rstrip(),
        columns=(
            Column(title="Candidate"),
            Column(title="Form"),
            Column(title="Magnesium salt"),
            Column(title="How taken"),
            *(_endpoint_column(key) for key in keys),
            Column(title="Desirability", is_number=True),
            Column(title="Confirmed"),
        ),
        rows=tuple(
            (
                candidate_text(c),
                form_title(c["design"]),
                salts_text(c["design"]),
                c["regimen"],
                *(_objective_cell(c, key) for key in keys),
                _desirability_cell(c),
                _verdict(c, words),
            )
            for c in document["front"]
        ),
    )


def limits_table(document: Mapping[str, Any]) -> Table:
    """Return how far inside each limit the candidates lie.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        Slacks, predicted and confirmed, [-].
    """
    front = document["front"]
    names = list(front[0]["limits"]) if front else []
    return Table(
        caption="Room to each limit, below zero when it is missed. First line: predicted; second"
        " line, marked c: confirmed with every subject integrated.",
        columns=(
            Column(title="Candidate"),
            *(
                Column(title=limit_text(n), unit=unit_of(limit_key(n)), is_number=True)
                for n in names
            ),
        ),
        rows=tuple((candidate_text(c), *(_limit_cell(c, n) for n in names)) for c in front),
    )


def remarks_table(document: Mapping[str, Any]) -> Table:
    """Return warnings, remarks and missed limits, each once with the candidates it is about.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        One row a remark, [-].
    """
    about: dict[str, list[str]] = {}
    for candidate in document["front"]:
        confirmation = candidate["confirmation"] or {"reasons": []}
        missed = [f"At confirmation: {reason}" for reason in confirmation["reasons"]]
        for text in (*candidate["warnings"], *candidate["remarks"], *missed):
            about.setdefault(text, []).append(candidate["label"])
    return Table(
        caption="Warnings and remarks on candidates.",
        columns=(Column(title="Remark"), Column(title="Candidates")),
        rows=tuple((text, ", ".join(labels)) for text, labels in about.items()),
    )


def reasons_table(document: Mapping[str, Any]) -> Table:
    """Return why designs are infeasible, with an example each.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        The most frequent first, [-].
    """
    n = document["trials"]
    return Table(
        caption=f"Limits missed among {n} designs; a design may miss several.",
        columns=(
            Column(title="Limit"),
            Column(title="Designs", is_number=True),
            Column(title="Share", unit="%", is_number=True),
            Column(title="Example"),
        ),
        rows=tuple(
            (limit_text(r["limit"]), str(r["count"]), f"{100 * r['count'] / n:.0f}", r["example"])
            for r in document["infeasible_reasons"]
        ),
    )


def confirmation_table(document: Mapping[str, Any]) -> Table:
    """Return how far the surrogate and the mechanistic chain lie apart on the front.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        One row an objective that is not exact arithmetic, [-].
    """
    found = document["confirmation"]
    return Table(
        caption=f"Surrogate against {integrated_text(found['n_subjects'])} on"
        f" {found['n_candidates']} candidates; {found['n_confirmed']} still meet every limit.",
        columns=(
            Column(title="Objective"),
            Column(title="Median gap", unit="% of confirmed", is_number=True),
            Column(title="Largest gap", unit="% of confirmed", is_number=True),
            Column(title="Spearman rank correlation", is_number=True),
        ),
        rows=tuple(
            (
                endpoint_title(key),
                f"{100 * row['median_relative_gap']:.1f}",
                f"{100 * row['largest_relative_gap']:.1f}",
                NONE if row["spearman"] is None else f"{row['spearman']:.2f}",
            )
            for key, row in found["objectives"].items()
        ),
    )


def targets_table(document: Mapping[str, Any]) -> Table:
    """Return the target profile: objectives between worst and ideal, and the limits.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        Objectives first, then limits, [-].
    """
    rows = [
        (
            endpoint_title(o["key"]),
            o["goal"],
            number_text(o["worst"], o["key"]),
            number_text(o["ideal"], o["key"]),
            unit_of(o["key"]),
        )
        for o in document["objectives"]
    ]
    rows += [
        (limit_text(n), "limit", NONE, NONE, unit_of(limit_key(n))) for n in document["limits"]
    ]
    return Table(
        caption="What was asked for. The worst acceptable value is no limit: a design may be worse,"
        " and then this objective counts nothing. It is where the box begins in which the"
        " hypervolume is counted; the box ends at the ideal value.",
        columns=(
            Column(title="Objective or limit"),
            Column(title="Goal"),
            Column(title="Worst acceptable", unit="as in the last column", is_number=True),
            Column(title="Ideal", unit="as in the last column", is_number=True),
            Column(title="Unit"),
        ),
        rows=tuple(rows),
    )


def _endpoint_column(key: str) -> Column:
    return Column(title=endpoint_title(key), unit=unit_of(key), is_number=True)


def _objective_cell(candidate: Mapping[str, Any], key: str) -> str:
    low, high = candidate["intervals"][key]
    lines = [f"{number_text(candidate['objectives'][key], key)} {interval_text(low, high, key)}"]
    confirmation = candidate["confirmation"]
    if confirmation is not None and get_endpoint(key).scope is not Scope.RECIPE:
        ends = interval_text(confirmation["lo90"][key], confirmation["hi90"][key], key)
        lines.append(f"c {number_text(confirmation['values'][key], key)} {ends}")
    return "\n".join(line.strip() for line in lines)


def _desirability_cell(candidate: Mapping[str, Any]) -> str:
    found = candidate["desirability"]
    lines = [f"{found['predicted']:.2f}"]
    if found["confirmed"] is not None:
        lines.append(f"c {found['confirmed']:.2f}")
    return "\n".join(lines)


def _limit_cell(candidate: Mapping[str, Any], name: str) -> str:
    key = limit_key(name)
    if does_not_apply(key, candidate["values"].get(key)):
        return "does not apply"
    lines = [number_text(candidate["limits"][name], key)]
    confirmed = (candidate["confirmation"] or {"limits": {}})["limits"]
    # Whoever integrates every subject was fitted on nothing, and is far from nothing.
    if name in confirmed:
        lines.append(f"c {number_text(confirmed[name], key)}")
    return "\n".join(lines)


def _verdict(candidate: Mapping[str, Any], unconfirmed_words: str) -> str:
    confirmation = candidate["confirmation"]
    if confirmation is None or is_refused(candidate):
        return unconfirmed_words if confirmation is None else "no, refused on its risk"
    return "yes" if confirmation["is_confirmed"] else "no, misses a limit"
