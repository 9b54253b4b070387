"""The tables of a simulation, the same on the terminal and on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.reports.account_tables import (
    assumptions_table,
    monitoring_table,
    risk_rows,
    spacing_table,
)
from experiments.reports.spans import number, span
from experiments.reports.tables import Column, Table
from experiments.simulation.wording import arms_told, unit_words

EARLY, LATE = 0, -1
"""Points of a curve that its table tells: the first and the last."""


def tables(document: Mapping[str, Any]) -> dict[str, Table]:
    """Return every table of a simulation.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    dict of str to Table
        By name, in the order they are told; one without rows is left out by faces, [-].
    """
    return {
        "endpoints": _endpoints(document),
        "comparison": _comparison(document),
        "losses": _losses(document),
        "uptake": _uptake(document),
        "lumen": _lumen(document),
        "curves": _curves(document),
        "risk": _risk(document),
        "monitoring": monitoring_table(document["monitoring"]),
        "spacing": spacing_table(document["monitoring"]),
        "assumptions": assumptions_table(document["assumptions"]),
    }


def _names(document: Mapping[str, Any]) -> list[str]:
    return [told["product"]["name"] for told in arms_told(document)]


def _reading(document: Mapping[str, Any]) -> str:
    if document["people"]["is_patient"]:
        return "One person, so one value."
    return "Middle subject, and the 5th to 95th percentile between subjects."


def _endpoints(document: Mapping[str, Any]) -> Table:
    is_patient = document["people"]["is_patient"]
    rows = []
    for k, e in enumerate(document["endpoints"]):
        values = [told["endpoints"][k] for told in arms_told(document)]
        cells = (span(v, e["decimals"], is_patient=is_patient) for v in values)
        rows.append((e["group"], e["title"], unit_words(e["unit"]), *cells))
    return Table(
        caption=f"The last day. {_reading(document)}",
        columns=(
            Column(title=""),
            Column(title="Endpoint"),
            Column(title="Unit"),
            *(Column(title=name, is_number=True) for name in _names(document)),
        ),
        rows=_grouped(rows),
    )


def _grouped(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return rows that name their group only where it begins."""
    before = ""
    found = []
    for group, *cells in rows:
        found.append(("" if group == before else group, *cells))
        before = group
    return tuple(found)


def _comparison(document: Mapping[str, Any]) -> Table:
    names = _names(document)
    rows = tuple(
        (
            c["endpoint"],
            unit_words(c["unit"]),
            f"{c['median_difference']:+.3g}{_interval(c['lo90'], c['hi90'], '+.3g')}",
            _share(c),
            _size(c["trial_size_crossover"]),
            _size(c["trial_size_parallel"]),
            "yes" if c["worth_a_trial"] else "no difference worth a trial",
        )
        for c in document["comparison"]
    )
    return Table(
        caption=f"{names[0]} against {names[-1]} in the same subjects. In brackets the 90 %"
        " interval that so many subjects allow; a trial has power 80 % at two-sided 5 %, and is"
        " worth it below 50 subjects.",
        columns=(
            Column(title="Endpoint"),
            Column(title="Unit"),
            Column(title="Median difference", is_number=True),
            Column(title=f"{names[0]} ahead", unit="% of subjects", is_number=True),
            Column(title="Crossover trial", unit="subjects", is_number=True),
            Column(title="Parallel trial", unit="subjects an arm", is_number=True),
            Column(title="Worth a trial"),
        ),
        rows=rows,
    )


def _interval(low: float | None, high: float | None, style: str) -> str:
    return "" if low is None or high is None else f" ({low:{style}} to {high:{style}})"


def _share(c: Mapping[str, Any]) -> str:
    if c["probability_of_superiority"] is None:
        return "one patient"
    low, high = 100 * c["probability_lo90"], 100 * c["probability_hi90"]
    return f"{100 * c['probability_of_superiority']:.1f}{_interval(low, high, '.1f')}"


def _size(n: int | None) -> str:
    return "none" if n is None else f"{n:,}"


def _losses(document: Mapping[str, Any]) -> Table:
    arms = arms_told(document)
    rows = tuple(
        (
            part["title"],
            *(_loss(told["losses"]["parts"][k]) for told in arms),
            part["meaning"],
        )
        for k, part in enumerate(document["losses"]["parts"])
    )
    n = document["losses"]["n_subjects"]
    return Table(
        caption="What limits absorption: the mg of a day's dose that are not absorbed beyond the"
        " diet, by the state in which they leave: share of them, and mg a day in brackets, once"
        f" a day is like the one before.{f' Means of {n} subjects.' if n > 1 else ''} Shares sum to"
        " 100 %.",
        columns=(
            Column(title="Lost to"),
            *(Column(title=x, unit="% (mg/d)", is_number=True) for x in _names(document)),
            Column(title="Meaning"),
        ),
        rows=rows,
    )


def _loss(part: Mapping[str, Any]) -> str:
    return f"{number(part['percent'], 1)} ({number(part['mg_per_day'], 1)})"


def _uptake(document: Mapping[str, Any]) -> Table:
    is_patient = document["people"]["is_patient"]
    arms = arms_told(document)
    keys = dict.fromkeys((u["segment"], u["route"]) for told in arms for u in told["uptake"])
    rows = []
    for segment, route in keys:
        cells = []
        for told in arms:
            found = [u for u in told["uptake"] if (u["segment"], u["route"]) == (segment, route)]
            cells.append(span(found[0], 2, is_patient=is_patient) if found else "–")
        rows.append((segment, "through the skin" if route == "skin" else route, *cells))
    return Table(
        caption="Where the increment over the diet is absorbed, likewise. A negative number:"
        " the product keeps magnesium of the meals from being absorbed there."
        f" {_reading(document)}",
        columns=(
            Column(title="Segment"),
            Column(title="Route"),
            *(Column(title=name, unit="mg/d", is_number=True) for name in _names(document)),
        ),
        rows=_grouped(rows),
    )


def _lumen(document: Mapping[str, Any]) -> Table:
    is_patient = document["people"]["is_patient"]
    rows = [
        (
            told["product"]["name"],
            s["segment"],
            *(span(s[key], 1, is_patient=is_patient) for key in ("total", "free", "sensor")),
            span(s["potential_mv"], 0, is_patient=is_patient),
        )
        for told in arms_told(document)
        for s in told["lumen"]["segments"]
    ]
    hours = ", ".join(f"{told['lumen']['hour']:.1f}" for told in arms_told(document))
    return Table(
        caption="Magnesium of the lumen, diet and product together, when most is dissolved in"
        f" stomach and small bowel (hour {hours} of the last day). The sensor is a virtual"
        f" ion-selective electrode, which calcium disturbs. {_reading(document)}",
        columns=(
            Column(title="Product"),
            Column(title="Segment"),
            Column(title="Dissolved", unit="mmol/L", is_number=True),
            Column(title="Free ions", unit="mmol/L", is_number=True),
            Column(title="As the sensor reads", unit="mmol/L", is_number=True),
            Column(title="Its potential", unit="mV", is_number=True),
        ),
        rows=_grouped(rows),
    )


def _curves(document: Mapping[str, Any]) -> Table:
    """Return where the curves begin, are highest and end: the table beside the pictures."""
    rows = []
    for curve in document["curves"]:
        for series in curve["series"]:
            middle, hours = series["p50"], curve["x"]["values"]
            top = max(range(len(middle)), key=middle.__getitem__)
            cells = (f"{middle[EARLY]:.3g}", f"{middle[top]:.3g}", f"{hours[top]:.3g}")
            unit = f"{unit_words(curve['y']['unit'])}, {curve['x']['unit']}"
            rows.append((curve["title"], series["label"], unit, *cells, f"{middle[LATE]:.3g}"))
    return Table(
        caption="The curves in numbers: middle values at the first time, at their highest and at"
        " the last time.",
        columns=(
            Column(title="Curve"),
            Column(title="With"),
            Column(title="Units of value and time"),
            *(Column(title=title, is_number=True) for title in ("First", "Highest", "at", "Last")),
        ),
        rows=_grouped(rows),
    )


def _risk(document: Mapping[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = []
    for told in arms_told(document):
        rows += [(told["product"]["name"], *row) for row in risk_rows(told["risk"])]
    return Table(
        caption="Risk, the gravest reason first. A low class only says that no rule of this program"
        " was touched.",
        columns=tuple(map(_column, ("Product", "What", "Class", "Words", "Source"))),
        rows=_grouped(rows),
    )


def _column(title: str) -> Column:
    return Column(title=title)
