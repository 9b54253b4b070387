"""Tables of an account: risk, monitoring, hours to keep, assumptions; one product or many."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.account.lever import UNSTATED_HIGH, UNSTATED_LOW
from experiments.reports.account_words import (
    MOST_NAMED,
    body_span,
    driver_words,
    risk_reasons,
)
from experiments.reports.spans import number
from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import integrated_text, unit_of

Candidates = Sequence[Mapping[str, Any]]
"""Members of a document's front that have an account."""


def risk_rows(risk: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return everything that is said of a risk.

    Parameters
    ----------
    risk : mapping
        The risk of an account, [-].

    Returns
    -------
    list of tuple of str
        What it is, its class, the words and their source, [-].
    """
    return [
        *(("reason", r["class"], r["words"], "") for r in risk["reasons"]),
        *(("limit", _met(c["is_met"]), c["words"], c["source"]) for c in risk["limits"]),
        ("serum", "", risk["hypermagnesaemia"]["words"], ""),
        ("irritation", risk["irritation"]["category"], risk["irritation"]["words"], ""),
    ]


def monitoring_table(monitoring: Mapping[str, Any], labels: Sequence[str] = ()) -> Table:
    """Return what to measure, and when.

    Parameters
    ----------
    monitoring : mapping
        The monitoring of an account, [-].
    labels : sequence of str, optional
        Candidates it is about, where there are several plans, [-].

    Returns
    -------
    Table
        One row a check; none where no candidate is offered, [-].
    """
    rows = tuple(
        (
            check["text"],
            "; ".join(
                f"{r['fact']} ({100 * r['share']:.0f} %): {r['why']}" for r in check["reasons"]
            ),
            "; ".join(dict.fromkeys(r["source"] for r in check["reasons"])),
        )
        for check in monitoring["checks"]
    )
    about = f"{', '.join(labels)}: what" if labels else "What"
    return Table(
        caption=f"{about} to measure, and when. In brackets the share of these people it is true"
        " of.",
        columns=_words("Check", "Why", "Source"),
        rows=rows,
    )


def spacing_table(monitoring: Mapping[str, Any]) -> Table:
    """Return the hours to keep from medicines.

    Parameters
    ----------
    monitoring : mapping
        The monitoring of an account, [-].

    Returns
    -------
    Table
        One row a medicine, [-].
    """
    rows = tuple(
        (s["medicine"], f"{s['before_h']:g}", f"{s['after_h']:g}", s["why"], s["source"])
        for s in monitoring["spacing"]
    )
    return Table(
        caption="Hours to keep between magnesium and medicines.",
        columns=(
            Column(title="Medicine"),
            Column(title="Medicine before", unit="h", is_number=True),
            Column(title="Medicine after", unit="h", is_number=True),
            *_words("Why", "Source"),
        ),
        rows=rows,
    )


def assumptions_table(found: Mapping[str, Any], label: str = "") -> Table:
    """Return what each assumption does to uptake and serum.

    Parameters
    ----------
    found : mapping
        The assumptions of an account, [-].
    label : str, optional
        Candidate it is about, where there are several, [-].

    Returns
    -------
    Table
        The quantity that moves the result most first, [-].
    """
    base = found["base"]
    rows = tuple(
        (
            q["title"],
            q["basis"],
            _moved_over(q),
            _ends(q, "absorbed_increment", 1),
            _ends(q, "serum_change", 4),
            f"{q['source']}: {q['note']}",
        )
        for q in found["quantities"]
    )
    n = found["n_subjects"]
    about = f"{label}: assumed" if label else "Assumed"
    return Table(
        caption=f"{about} and estimated quantities, moved one at a time in {n}"
        f" subject{'s' if n > 1 else ''}, the one that moves the result most first; * nobody stated"
        f" a range, so {UNSTATED_LOW:g} and {UNSTATED_HIGH:g} times the value. With none moved"
        f" {number(base['absorbed_increment'], 1)} mg/d are absorbed and serum changes by"
        f" {number(base['serum_change'], 4)} mmol/L.",
        columns=(
            *_words("Quantity", "Basis", "Value, and what it is moved over"),
            Column(title="Absorbed then", unit="mg/d", is_number=True),
            Column(title="Serum change then", unit="mmol/L", is_number=True),
            Column(title="Source"),
        ),
        rows=rows,
    )


def body_table(front: Candidates, *, is_one_person: bool) -> Table:
    """Return serum, urine and loose stools of the candidates.

    Parameters
    ----------
    front : sequence of mapping
        Candidates with an account, [-].
    is_one_person : bool
        Whether they were integrated in one person, [-].

    Returns
    -------
    Table
        One row a candidate, [-].
    """
    names = [row["name"] for row in front[0]["confirmation"]["body"]]
    titles = {row["name"]: row["title"] for row in front[0]["confirmation"]["body"]}
    reading = (
        "The person's own values"
        if is_one_person
        else "Middle subject, and in brackets the 5th to 95th percentile between subjects"
    )
    who = integrated_text(front[0]["confirmation"]["n_subjects"])
    return Table(
        caption=f"The last of 42 days in {who}; changes are against the same people on"
        f" the same days without the product. {reading}. The reasons of a risk class stand in the"
        " table of risks.",
        columns=(
            Column(title="Candidate"),
            *(
                Column(title=titles[name], unit=unit_of(f"{name}.p50"), is_number=True)
                for name in names
            ),
            Column(title="Risk class"),
        ),
        rows=tuple(
            (
                c["label"],
                *(body_span(c, name, is_one_person=is_one_person) for name in names),
                c["account"]["risk"]["class"],
            )
            for c in front
        ),
    )


def losses_table(front: Candidates) -> Table:
    """Return what limits the absorption of the candidates.

    Parameters
    ----------
    front : sequence of mapping
        Candidates with an account, [-].

    Returns
    -------
    Table
        One row a candidate; what no candidate loses anything to has no column, [-].
    """
    parts = front[0]["account"]["losses"]["parts"]
    told = [k for k in range(len(parts)) if any(_share(c, k) >= 0.05 for c in front)]
    n = front[0]["account"]["losses"]["n_subjects"]
    meanings = "; ".join(f"{parts[k]['title']}: {parts[k]['meaning']}" for k in told)
    who = f" Means of {n} of the subjects." if n > 1 else ""
    return Table(
        caption="What limits absorption: of the mg of a day's dose that are not absorbed beyond"
        f" the diet, the share that goes to each, by the state in which it leaves.{who}"
        f" {meanings}.",
        columns=(
            Column(title="Candidate"),
            Column(title="Lost", unit="mg/d", is_number=True),
            *(Column(title=parts[k]["title"], unit="% of lost", is_number=True) for k in told),
        ),
        rows=tuple(
            (
                c["label"],
                number(c["account"]["losses"]["lost_mg_per_day"], 1),
                *(number(_share(c, k), 1) for k in told),
            )
            for c in front
        ),
    )


def risk_table(front: Candidates) -> Table:
    """Return risk classes with their reasons, and the limits that apply.

    Parameters
    ----------
    front : sequence of mapping
        Candidates with an account, [-].

    Returns
    -------
    Table
        One row a candidate, [-].
    """
    sources = dict.fromkeys(
        limit["source"] for c in front for limit in c["account"]["risk"]["limits"]
    )
    return Table(
        caption="Risk, the gravest reason first. A low class only says that no rule of this program"
        f" was touched. Limits are of {', '.join(filter(None, sources)) or 'nobody'}.",
        columns=_words("Candidate", "Class", "Why", "Limits that apply", "Irritation"),
        rows=tuple(
            (
                c["label"],
                c["account"]["risk"]["class"],
                "\n".join(risk_reasons(c)),
                "\n".join(limit["words"] for limit in c["account"]["risk"]["limits"])
                or "none: no limit bounds the skin",
                c["account"]["risk"]["irritation"]["category"],
            )
            for c in front
        ),
    )


def drivers_table(front: Candidates) -> Table:
    """Return the assumptions that move each candidate most.

    Parameters
    ----------
    front : sequence of mapping
        Candidates with an account, [-].

    Returns
    -------
    Table
        One row a candidate, [-].
    """
    n = front[0]["account"]["assumptions"]["n_subjects"]
    return Table(
        caption="Assumed and estimated quantities that move the result most, and what the middle of"
        f" {n} subject{'s' if n > 1 else ''} absorbs as each is moved over its range.",
        columns=(
            Column(title="Candidate"),
            Column(title="Absorbed, none moved", unit="mg/d", is_number=True),
            Column(title="Absorbed, each moved from low to high", unit="mg/d"),
        ),
        rows=tuple(
            (
                c["label"],
                number(c["account"]["assumptions"]["base"]["absorbed_increment"], 1),
                "\n".join(map(driver_words, c["account"]["assumptions"]["quantities"][:MOST_NAMED]))
                or NONE,
            )
            for c in front
        ),
    )


def _share(candidate: Mapping[str, Any], k: int) -> float:
    return float(candidate["account"]["losses"]["parts"][k]["percent"])


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _moved_over(quantity: Mapping[str, Any]) -> str:
    star = "" if quantity["range_stated"] else "*"
    unit = "" if quantity["unit"] == "1" else f" {quantity['unit']}"
    return f"{quantity['value']:.3g} ({quantity['low']:.3g} to {quantity['high']:.3g}{star}){unit}"


def _ends(quantity: Mapping[str, Any], name: str, decimals: int) -> str:
    ends: Iterable[Mapping[str, float] | None] = (quantity["with_low"], quantity["with_high"])
    return " to ".join("no steady state" if e is None else number(e[name], decimals) for e in ends)


def _words(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title=title) for title in titles)
