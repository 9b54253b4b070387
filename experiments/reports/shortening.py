"""What of a large front a report tells in full, so that it stays short and small."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from experiments.reports.answers import Answer
from experiments.reports.tables import Table

BUDGET_BYTES = 1_000_000
"""Size that a report without ``--interactive`` stays below, [byte]."""

MOST_MEMBERS = 64
"""Candidates that a report tells of, [-]; the others are counted."""

MOST_OPEN, OPEN_EACH = 8, 2
"""Candidates whose rows of long tables are open, and of each delivery system at least, [-]; those
of the others unfold."""


@frozen(kw_only=True)
class LongTable:
    """A table of many candidates, in two parts."""

    open: Table
    """Rows that are seen at once."""

    folded: Table | None
    """The others; None where there are none."""

    n_folded: int = 0
    """Candidates in the folded part, [-]."""


def told_of(document: Mapping[str, Any], found: Answer) -> dict[str, Any]:
    """Return the document with the candidates a report tells of.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    found : Answer
        Its answer, [-].

    Returns
    -------
    dict
        The same, its front the confirmed candidates, or the most desirable where none is; at most
        `MOST_MEMBERS`, the recommended first and marked ``is_recommended``, then in the order of
        the front, [-].
    """
    front = document["front"]
    confirmed = [c for c in front if c["confirmation"] is not None]
    kept = _best(confirmed or front, found, MOST_MEMBERS)
    members = [
        {**c, "is_recommended": c["label"] == found.label} for c in front if c["label"] in kept
    ]
    return {**document, "front": sorted(members, key=lambda c: not c["is_recommended"])}


def left_out(document: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Say how many candidates a report leaves out, and where they are.

    Parameters
    ----------
    document : mapping
        The whole document, [-].
    told : mapping
        What `told_of` made of it, [-].

    Returns
    -------
    str
        One sentence; empty where none is left out, [-].
    """
    n = len(document["front"]) - len(told["front"])
    if not n:
        return ""
    label = document["study"]["label"]
    return (
        f"Told of here: {len(told['front'])} of {len(document['front'])} candidates on the front;"
        f" formulation front {label} --json has all."
    )


def open_labels(document: Mapping[str, Any], found: Answer) -> frozenset[str]:
    """Return the candidates whose rows are open.

    Parameters
    ----------
    document : mapping
        What `told_of` made, [-].
    found : Answer
        Its answer, [-].

    Returns
    -------
    frozenset of str
        Labels: the recommended, the plain tablet it was compared with, the most desirable, and
        the most desirable of each delivery system, [-].
    """
    front = document["front"]
    at_all = _best(front, found, MOST_OPEN)
    of_systems = (
        _best([c for c in front if c["design"]["system"] == system], found, OPEN_EACH)
        for system in document["study"]["systems"]
    )
    return at_all.union(*of_systems)


def in_two(table: Table, labels: Collection[str]) -> LongTable:
    """Return a table with the rows of some candidates apart.

    Parameters
    ----------
    table : Table
        One row a candidate, whose first cell begins with its label, [-].
    labels : collection of str
        Candidates whose rows stay open, [-].

    Returns
    -------
    LongTable
        Whole, where no more than two rows would be folded or none would stay, [-].
    """
    first = [row for row in table.rows if row[0].partition(":")[0] in labels]
    rest = [row for row in table.rows if row[0].partition(":")[0] not in labels]
    if len(rest) <= 2 or not first:
        return LongTable(open=table, folded=None)
    return LongTable(
        open=evolve(table, rows=tuple(first)),
        folded=evolve(table, rows=tuple(rest)),
        n_folded=len(rest),
    )


def _best(members: Sequence[Mapping[str, Any]], found: Answer, most: int) -> frozenset[str]:
    """Return at most so many labels: those of the answer first, then the most desirable."""
    known = {c["label"] for c in members}
    named = [label for label in (found.label, found.rival) if label in known]
    ranked = sorted(members, key=lambda c: -_desirability(c))
    labels = dict.fromkeys([*named, *(c["label"] for c in ranked)])
    return frozenset(list(labels)[:most])


def _desirability(candidate: Mapping[str, Any]) -> float:
    found = candidate["desirability"]
    return float(found["predicted"] if found["confirmed"] is None else found["confirmed"])
