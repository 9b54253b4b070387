"""The tables of scenarios, the same on the terminal and on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.reports.spans import span
from experiments.reports.tables import NONE, Column, Table
from experiments.scenarios.wording import (
    expected_text,
    held_text,
    name_words,
    people_text,
    signed,
    taken_text,
)
from experiments.simulation.wording import unit_words
from formulation.provenance import Origin

Told = Mapping[str, Any]


def summary_table(document: Told) -> Table:
    """Return every expectation of every scenario with what came of it.

    Parameters
    ----------
    document : mapping
        What `run_scenarios` returned, [-].

    Returns
    -------
    Table
        One row an expectation, [-].
    """
    rows = []
    for scenario in document["scenarios"]:
        for k, x in enumerate(scenario["expected"]):
            name = "" if k else name_words(scenario["name"])
            rows.append((name, expected_text(x), held_text(x), _difference(x), _ahead(x)))
    return Table(
        caption="What was expected before the run, and what came out: the median difference, with"
        " the 90 % interval that so many subjects allow, and the share of people in whom the first"
        " arm is ahead, ties half. Higher and lower held where that share is above or below one"
        " half with 90 % certainty, however small the difference; no different, where no trial is"
        " worth it.",
        columns=(
            *map(_column, ("Scenario", "Expected", "Result", "Came out")),
            Column(title="Ahead", unit="% of people", is_number=True),
        ),
        rows=tuple(rows),
    )


def scenario_tables(scenario: Told) -> dict[str, Table]:
    """Return the tables of one scenario.

    Parameters
    ----------
    scenario : mapping
        One of the document, [-].

    Returns
    -------
    dict of str to Table
        By name, in the order they are told; one without rows is left out by faces, [-].
    """
    return {
        "arms": _arms(scenario),
        "cofactors": _cofactors(scenario),
        "expected": _expected(scenario),
        "endpoints": _endpoints(scenario),
        "risk": _risk(scenario),
        "monitored": _monitored(scenario),
        "monitoring": _monitoring(scenario),
    }


def _arms(scenario: Told) -> Table:
    rows = []
    for arm in scenario["arms"]:
        refusal = arm["people"]["refusal"]
        claims = ", ".join(name_words(name) for name in arm["claims"]) or NONE
        who = "refused" if refusal else people_text(arm["people"])
        rows.append((name_words(arm["name"]), refusal or taken_text(arm), who, claims))
    return Table(
        caption=f"The arms, {scenario['days']} days each, from the steady state of the diet.",
        columns=tuple(map(_column, ("Arm", "Takes", "People", "Claims switched on"))),
        rows=tuple(rows),
    )


def _cofactors(scenario: Told) -> Table:
    found: dict[str, tuple[str, ...]] = {}
    for arm in scenario["arms"]:
        for dose in arm["with"]:
            unit = dose["field_unit"]
            effect = f"{dose['field_title']}: {dose['shift']:+.4g} {unit}"
            acts = "; ".join(_modulator(m) for m in dose["modulators"])
            none = "nothing, unless a claim is switched on"
            source = f"{dose['source']}: {dose['note']}"
            found[dose["text"]] = (dose["text"], effect, acts or none, dose["basis"], source)
    return Table(
        caption="Co-factors, each by the one patient field it shifts from the first day on, and"
        " what that field acts on, with grade and source of both.",
        columns=tuple(map(_column, ("Co-factor", "Shifts", "Acts on", "Grade", "Source"))),
        rows=tuple(found.values()),
    )


def _modulator(m: Told) -> str:
    known = f"{m['effect']:g} ({m['low']:g} to {m['high']:g})"
    step = f" for {m['per']:g} {m['unit']}" if m["per"] else ""
    words = "adds" if m["kind"] == "shift" else "times"
    return f"{name_words(m['target'])}: {words} {known}{step}; {m['basis']}, {m['source']}"


def _expected(scenario: Told) -> Table:
    rows = tuple(
        (expected_text(x), x["because"], held_text(x), x["came"]) for x in scenario["expected"]
    )
    return Table(
        caption="Expected before the run, why, and what came out.",
        columns=tuple(map(_column, ("Expected", "Because", "Result", "Came out"))),
        rows=rows,
    )


def _endpoints(scenario: Told) -> Table:
    arms = [arm for arm in scenario["arms"] if arm["endpoints"]]
    is_patient = all(arm["people"]["is_patient"] for arm in arms)
    rows = []
    for e in scenario["endpoints"]:
        cells = [
            span(arm["endpoints"][e["name"]], e["decimals"], is_patient=arm["people"]["is_patient"])
            if e["name"] in arm["endpoints"]
            else NONE
            for arm in arms
        ]
        title = f"{e['title']}, {unit_words(e['unit'])}"
        if e["origin"] == Origin.CLAIM:
            title += " (claim)"
        rows.append((title, *(cell.replace(" (", "\n(") for cell in cells)))
    reading = (
        "One person, so one value."
        if is_patient
        else "Middle subject, and the 5th to 95th percentile between subjects."
    )
    return Table(
        caption=f"The last day; increments and changes are against the placebo arm. {reading}",
        columns=(
            Column(title="Endpoint"),
            *(Column(title=name_words(arm["name"]), is_number=True) for arm in arms),
        ),
        rows=tuple(rows),
    )


def _risk(scenario: Told) -> Table:
    rows = []
    for arm in scenario["arms"]:
        refusal, risk = arm["people"]["refusal"], arm["risk"]
        if refusal:
            rows.append((name_words(arm["name"]), "refused", refusal, NONE))
        elif risk is not None:
            words = " ".join(r["words"] for r in risk["reasons"])
            irritation = risk["irritation"]["category"]
            rows.append((name_words(arm["name"]), risk["class"], words, irritation))
    return Table(
        caption="Risk class with its reasons, gravest first. A low class only says that no rule of"
        " this program was touched.",
        columns=tuple(map(_column, ("Arm", "Class", "Why", "Irritation"))),
        rows=tuple(rows),
    )


def _monitored(scenario: Told) -> Table:
    rows = []
    for asked in scenario["monitored"]:
        head = (asked["title"], f"every {asked['every_weeks']} weeks")
        days = dict.fromkeys(value["day"] for value in asked["values"])
        if not asked["values"]:
            rows.append((*head, NONE, "not predicted: no model here tells it"))
        for name in dict.fromkeys(value["arm"] for value in asked["values"]):
            values = [v for v in asked["values"] if v["arm"] == name]
            cells = [
                f"day {v['day']}: {span(v, asked['decimals'], is_patient=v['p05'] == v['p95'])}"
                for v in values
                if v["day"] in days
            ]
            rows.append((*head, name_words(name), f"{'; '.join(cells)} {asked['unit']}"))
            head = ("", "")
    return Table(
        caption="What the scenario asks to be measured, with what is simulated at those times:"
        " middle subject, and the 5th to 95th percentile.",
        columns=tuple(map(_column, ("Measure", "When", "Arm", "Simulated"))),
        rows=tuple(rows),
    )


def _monitoring(scenario: Told) -> Table:
    """Return the plan of this program; arms with the same plan share its rows."""
    found: dict[tuple[str, str], list[str]] = {}
    for arm in scenario["arms"]:
        for check in arm["monitoring"]["checks"] if arm["monitoring"] else ():
            why = "; ".join(dict.fromkeys(r["why"] for r in check["reasons"]))
            found.setdefault((check["text"], why), []).append(name_words(arm["name"]))
    n = sum(arm["monitoring"] is not None for arm in scenario["arms"])
    rows = tuple(
        ("every arm with a product" if len(names) == n else ", ".join(names), text, why)
        for (text, why), names in found.items()
    )
    return Table(
        caption="What this program would measure, and when; its weeks are by judgement.",
        columns=tuple(map(_column, ("Arm", "Check", "Why"))),
        rows=_grouped(rows),
    )


def _grouped(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return rows that name their arm only where it begins."""
    found, before = [], ""
    for group, *cells in rows:
        found.append(("" if group == before else group, *cells))
        before = group
    return tuple(found)


def _difference(x: Told) -> str:
    found = x["comparison"]
    if found is None:
        return str(x["came"])
    unit = unit_words(found["unit"])
    text = f"{signed(found['median_difference'])} {unit}"
    if found["lo90"] is not None:
        text += f" ({signed(found['lo90'])} to {signed(found['hi90'])})"
    if x["within"] and found["ratio_of_medians"] is not None:
        return f"{text}; ratio {found['ratio_of_medians']:.2f}"
    worth = {True: "; a trial would show it", False: "; no difference worth a trial", None: ""}
    return text + str(worth[found["worth_a_trial"]])


def _ahead(x: Told) -> str:
    found = x["comparison"]
    return NONE if found is None else f"{100 * found['share_ahead']:.0f}"


def _column(title: str) -> Column:
    return Column(title=title)
