"""The science as the program carries it: equations, numbers with sources, claims, the panel."""

import json
from collections.abc import Iterable
from pathlib import Path

from cells import cell, code, table

from formulation.claims import all_claims
from formulation.data import TABLES as DOMAIN_TABLES
from formulation.data import find_table, read_rows
from formulation.data.bibliography import load_sources
from models.data import TABLES as MODEL_TABLES
from models.simulator.equations import flux_model
from tests.bench.readme import ROLES

DOCS = Path(__file__).resolve().parents[1]


def claims() -> str:
    """Return every popular claim with how the evidence stands and what would decide."""
    rows = []
    for name, claim in all_claims().items():
        effect = "cannot be simulated"
        if claim.effect is not None and claim.target is not None:
            ends = claim.effect
            sign = "+" if claim.target.is_shifted else "×"
            of = claim.target.value.replace("_", " ")
            effect = f"{of} {sign} {ends.value:g} ({ends.low:g} to {ends.high:g})"
        rows.append(
            (
                f"{cell(claim.sentence)} ({code(name)})",
                claim.verdict.value,
                cell(claim.note),
                cell(effect),
                cell(claim.decided_by),
            )
        )
    heads = ("claim", "the evidence", "what speaks for or against it", "when switched on")
    return table((*heads, "what would decide"), rows)


def panel_rows() -> str:
    """Return every published contrast beside what the simulator predicts, misses first."""
    document = json.loads((DOCS / "panel.json").read_text(encoding="utf-8"))
    order = {"outside": 0, "not computable": 1, "inside": 2}
    rows = sorted(
        document["panel"]["rows"],
        key=lambda r: (order[r["verdict"]], list(ROLES).index(r["role"]), r["id"]),
    )
    return table(
        ("row", "contrast", "role", "published", "predicted", "90 % of trials", "accepted", ""),
        (
            (
                row["id"],
                f"{cell(row['title'])} ({code(row['source'])}), {cell(row['unit'])}",
                row["role"].replace("_", " "),
                _number(row["observed"]),
                _number(row["predicted"]),
                _ends(row["lo"], row["hi"]),
                _ends(row["accept_lo"], row["accept_hi"]),
                row["verdict"] if row["verdict"] != "outside" else "**outside**",
            )
            for row in rows
        ),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _ends(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"from {_number(low)}" if high is None else f"up to {_number(high)}"
    return f"{_number(low)} to {_number(high)}"


def fluxes() -> str:
    """Return every flux of the simulator with its rate, as it is integrated."""
    model = flux_model()
    titles = {state.name: state.title for state in model.states}

    def place(name: str) -> str:
        return cell(titles.get(name, "outside")) if name else "outside"

    return table(
        ("flux", "from", "to", "rate"),
        ((code(f.name), place(f.source), place(f.target), code(f.rate)) for f in model.fluxes),
    )


def definitions() -> str:
    """Return what the rates are made of."""
    rows = ((code(name), code(text)) for name, text in flux_model().definitions.items())
    return table(("name", "is"), rows)


def numbers() -> str:
    """Return the numbers of a subject, a product and a step, with their units."""
    model = flux_model()
    rows = ((code(p.name), cell(p.unit), cell(p.title)) for p in (*model.parameters, *model.inputs))
    return table(("name", "unit", "what it is"), rows)


def kinetics() -> str:
    """Return the table of measured and recalled kinetics."""
    return _sourced("kinetics", MODEL_TABLES, ("group", "parameter", "qualifier"))


def modulators() -> str:
    """Return how fields of a patient change the body, with range and source."""
    rows = read_rows(find_table("modulators", DOMAIN_TABLES))
    return table(
        ("patient field", "changes", "effect", "range", "source", "evidence"),
        (
            (
                f"{cell(row['modulator'])} ({code(row['field'])})",
                code(row["target"]),
                f"{row['kind']} {row['effect']}",
                f"{row['effect_low']} to {row['effect_high']}",
                code(row["source"]),
                cell(row["evidence"].replace("_", " ")),
            )
            for row in rows
        ),
    )


def _sourced(name: str, tables: Iterable, words: tuple[str, ...]) -> str:
    """Return a reference table of values with range, source and evidence."""
    rows = read_rows(find_table(name, tables))
    return table(
        ("quantity", "value", "range", "unit", "source", "evidence"),
        (
            (
                cell(", ".join(row[word] for word in words if row[word])),
                cell(row["value"]),
                cell(f"{row['low']} to {row['high']}" if row["low"] and row["high"] else ""),
                cell(row["unit"]),
                code(row["source"]),
                cell(row["evidence"].replace("_", " ")),
            )
            for row in rows
        ),
    )


def sources() -> str:
    """Return the register of sources."""
    rows = ((code(key), cell(text)) for key, text in sorted(load_sources().items()))
    return table(("key", "source"), rows)
