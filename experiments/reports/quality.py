"""The quality attributes of a candidate as a table and sentences, and what fails in one line."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import endpoint_title, unit_text

LIKELY = 0.5
"""Chance of failing above which a candidate is said to fail, [-]."""

DIGITS = 3
"""Significant digits of an attribute, [-]."""

STATUS_TEXT: Mapping[str, str] = {
    "computed": "computed",
    "assumed_relation": "assumed relation",
    "predicted": "predicted",
    "not_predicted": "not predicted",
    "does_not_apply": "does not apply",
    "not_known": "not known",
}
"""How an attribute is known, in words."""

PROFILE_TEXT: Mapping[str, str] = {
    "study": "the study's own target product profile",
    "usual": "the usual ranges of such forms, since the study states no profile",
}
"""Whose targets stand in a table."""


@frozen(kw_only=True)
class QualitySection:
    """What the report says of the quality of one candidate."""

    table: Table
    """Attributes with a number."""

    words: Table
    """Attributes in words."""

    notes: tuple[str, ...]
    """How to read the table, and the situations of dose dumping."""

    not_predicted: tuple[str, ...]
    """One sentence for each attribute nobody predicts here."""


def quality_sections(document: Mapping[str, Any], label: str | None) -> tuple[QualitySection, ...]:
    """Return the quality of the candidate the answer names, else of the first.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    label : str or None
        Candidate of the answer; None when it recommends none, [-].

    Returns
    -------
    tuple of QualitySection
        One; none without a candidate, or for a document without quality attributes, [-].
    """
    front = [c for c in document["front"] if "quality" in c]
    if not front:
        return ()
    best = next((c for c in front if c["label"] == label), front[0])
    return (_section(best),)


def failing_text(candidate: Mapping[str, Any]) -> str:
    """Say what a candidate fails more likely than not.

    Parameters
    ----------
    candidate : mapping
        A candidate of the study's document, [-].

    Returns
    -------
    str
        One line; empty when nothing fails, or quality was not computed, [-].
    """
    rows = candidate.get("quality", {"rows": []})["rows"]
    failing = [row for row in rows if (row["chance_of_failing"] or 0.0) > LIKELY]
    parts = (
        f"{_title(row)} {_number(row['value'])} {_unit(row)}".rstrip()
        + f" (target {_target(row)}, fails with {_chance(row)} %)"
        for row in failing
    )
    return f"{candidate['label']}  {'; '.join(parts)}" if failing else ""


def _section(candidate: Mapping[str, Any]) -> QualitySection:
    quality = candidate["quality"]
    missing = [row for row in quality["rows"] if row["status"] == "not_predicted"]
    return QualitySection(
        table=_table(candidate),
        words=Table(
            caption=f"{candidate['label']}: attributes in words, from the tables of salts and"
            " excipients and the form.",
            columns=(Column(title="Attribute"), Column(title="Finding")),
            rows=tuple(quality["words"].items()),
        ),
        notes=_notes(quality),
        not_predicted=tuple(map(_untested, missing)),
    )


def _table(candidate: Mapping[str, Any]) -> Table:
    quality = candidate["quality"]
    rows = [row for row in quality["rows"] if row["status"] != "not_predicted"]
    return Table(
        caption=f"{candidate['label']} against {PROFILE_TEXT[quality['profile']]}. First line of a"
        " value: the number; second line: its 90 % interval, with the assumed scatter of finished"
        " units.",
        columns=(
            Column(title="Attribute"),
            Column(title="Value", unit="as named", is_number=True),
            Column(title="Target", unit="as named", is_number=True),
            Column(title="Chance of failing", unit="%", is_number=True),
            Column(title="How it is known"),
            Column(title="What moves it"),
        ),
        rows=tuple(
            (
                f"{_title(row)}, {_unit(row)}".removesuffix(", "),
                _value(row),
                _target(row) or NONE,
                _chance(row),
                f"{STATUS_TEXT[row['status']]}: {row['basis']}",
                _moved(row),
            )
            for row in rows
        ),
    )


def _notes(quality: Mapping[str, Any]) -> tuple[str, ...]:
    notes = [
        "What moves an attribute is told in general; after 'here most' stand the coordinates of"
        " this recipe that move it most when each is changed by a twentieth of its range. The body"
        " is not simulated again for this.",
        "Lead, cadmium and arsenic stand at the limit of the salt's specification: upper bounds, no"
        " measurement. Costs are orders of magnitude of ingredients alone.",
    ]
    if quality["dumping"]:
        shares = "; ".join(f"{title}: {x:.1f} %" for title, x in quality["dumping"].items())
        notes.append(
            f"Chance that more than half the dose is out within 30 min, by situation: {shares}."
            " The risk of dose dumping is their mean."
        )
    return tuple(notes)


def _untested(row: Mapping[str, Any]) -> str:
    target = _target(row)
    aim = f" Target {target} {_unit(row)}".rstrip() + "." if target else ""
    moved = ", ".join(row["moved_by"])
    return (
        f"{row['title']}: not predicted ({row['basis']}), test it.{aim} It is moved by {moved};"
        f" {row['note']}."
    )


def _value(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return STATUS_TEXT[row["status"]]
    low, value, high = (_number(row[key]) for key in ("lo90", "value", "hi90"))
    return f"{value}\n[{low}, {high}]" if low != high else value


def _title(row: Mapping[str, Any]) -> str:
    """Return the name, of a population's endpoint with its percentile."""
    return endpoint_title(row["attribute"]) if "." in row["attribute"] else str(row["title"])


def _unit(row: Mapping[str, Any]) -> str:
    return "" if row["unit"] == "1" else unit_text(row["unit"])


def _target(row: Mapping[str, Any]) -> str:
    """Return the target in words without unit; empty without one."""
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return ""
    if low is None:
        return f"at most {_number(high)}"
    if high is None:
        return f"at least {_number(low)}"
    return f"{_number(low)} to {_number(high)}"


def _chance(row: Mapping[str, Any]) -> str:
    chance = row["chance_of_failing"]
    if chance is None:
        return NONE
    if chance in (0, 1):
        return f"{100 * chance:.0f}"
    return f"{100 * chance:.0f}" if 0.01 <= chance <= 0.99 else ("< 1" if chance < 0.5 else "> 99")


def _moved(row: Mapping[str, Any]) -> str:
    general = ", ".join(row["moved_by"]) or NONE
    here: Sequence[str] = row["sensitive_to"]
    return f"{general}\nhere most: {', '.join(here)}" if here else general


def _number(value: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{DIGITS}g}")
    return f"{rounded:.0f}" if abs(rounded) >= 100 else f"{rounded:.6f}".rstrip("0").rstrip(".")
