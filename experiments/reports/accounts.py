"""What a report tells of the candidates in people: serum, urine, losses, risk, monitoring, drivers.

Everything comes from the accounts that were kept when the front was confirmed, so a report can be
written again without integrating anybody.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import frozen

from experiments.reports.account_plots import (
    MOST_BARS,
    candidate_losses_png,
    tornado_alt,
    tornado_png,
)
from experiments.reports.account_tables import (
    assumptions_table,
    body_table,
    drivers_table,
    losses_table,
    monitoring_table,
    risk_table,
    spacing_table,
)
from experiments.reports.account_words import limit_words
from experiments.reports.html import Picture, picture_of
from experiments.reports.shortening import LongTable, in_two
from experiments.reports.tables import Table


@frozen(kw_only=True)
class AccountSection:
    """Tables and pictures of the candidates in people, in the order they are shown."""

    body: LongTable
    """Serum, urine and loose stools."""

    losses_picture: Picture
    """What limits absorption."""

    losses: LongTable
    """The same in numbers."""

    risk: LongTable
    """Risk classes, reasons and limits."""

    monitoring: tuple[Table, ...]
    """One plan a group of candidates."""

    remarks: tuple[str, ...]
    """What the plans do not claim."""

    spacing: Table
    """Hours to keep from medicines."""

    tornado: tuple[Picture, ...]
    """What assumptions do to the best candidate; none where nothing moves it."""

    assumptions: Table
    """The same in numbers."""

    drivers: LongTable
    """What moves each candidate most."""


def account_sections(
    document: Mapping[str, Any], best: str | None, opened: Collection[str] = ()
) -> list[AccountSection]:
    """Return what a report tells of the candidates in people.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    best : str or None
        Candidate whose assumptions are told in full; the first one when left out, [-].
    opened : collection of str, optional
        Candidates whose rows of long tables are open; all where none is named, [-].

    Returns
    -------
    list of AccountSection
        One, or none where no account was kept, [-].
    """
    front = [c for c in document["front"] if c["account"] and c["confirmation"]]
    if not front:
        return []
    chosen = next((c for c in front if c["label"] == best), front[0])
    found = chosen["account"]["assumptions"]
    is_one = document["study"]["population"]["is_one_person"]
    plans = [c["account"]["monitoring"] for c in front]
    return [
        AccountSection(
            body=in_two(body_table(front, is_one_person=is_one), opened),
            losses_picture=_losses_picture(front),
            losses=in_two(losses_table(front), opened),
            risk=in_two(risk_table(front), opened),
            monitoring=_plans(front),
            remarks=tuple(dict.fromkeys(text for plan in plans for text in plan["remarks"])),
            spacing=spacing_table(plans[0]),
            tornado=_tornado(chosen["label"], found) if found["quantities"] else (),
            assumptions=assumptions_table(found, chosen["label"]),
            drivers=in_two(drivers_table(front), opened),
        )
    ]


def _losses_picture(front: Sequence[Mapping[str, Any]]) -> Picture:
    shown = front[:MOST_BARS]
    left = len(front) - len(shown)
    alt = " ".join(f"{c['label']}: {limit_words(c['account']['losses'])}" for c in shown)
    caption = f"In the table only: {left} more." if left else ""
    return picture_of(candidate_losses_png(shown), alt, caption)


def _tornado(label: str, found: Mapping[str, Any]) -> tuple[Picture]:
    caption = f"{label}, the middle subject: one quantity moved at a time, the others as they are."
    return (picture_of(tornado_png(found), tornado_alt(found["quantities"]), caption),)


def _plans(front: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    """Return each monitoring plan once, with the candidates it is for."""
    labels: dict[str, list[str]] = {}
    for candidate in front:
        checks = candidate["account"]["monitoring"]["checks"]
        labels.setdefault(json.dumps(checks, sort_keys=True), []).append(candidate["label"])
    tables = (
        monitoring_table({"checks": json.loads(checks)}, names if len(labels) > 1 else ())
        for checks, names in labels.items()
    )
    return tuple(table for table in tables if table.rows)
