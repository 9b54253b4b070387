"""Write the README's tables of simulator, panel and emulator from the JSON beside the documents.

``make readme`` puts them between their marks; `tests/test_docs.py` makes them again and compares.
Numbers have two significant figures, so that a table only changes when a figure does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

UNITS = {"-": "", "x": " ×"}
"""How the units of figures are written behind a number, where they differ."""

TIMED = ("subjects/s/core", "rows/s", "ms", "s")
"""Units of times and rates."""

VERDICTS = {"aim": "better than aimed at", "must": "as it must be", "MISSED": "**missed**"}
"""What a figure's verdict says."""

ROLES = {
    "kernel": "kernel: decides constants of transport",
    "calibration": "calibration: may decide a parameter",
    "held_out": "held out: decides none",
    "negative_control": "negative control: nothing may show",
}
"""Roles of contrasts, in the order they are told."""

MODELS = {
    "simulator": "the simulator",
    "dose curve": "null model: a published dose curve alone",
    "no effect": "null model: no effect, every ratio 1",
}
"""What predicts the held-out rows."""

ALL = "all studies"
"""The score over all studies."""


def two(value: float) -> str:
    """Return a number with two significant figures.

    Examples
    --------
    >>> two(0.0), two(1.549), two(21.36), two(9990.9), two(1.67e-05)
    ('0', '1.5', '21', '10,000', '1.7e-05')
    """
    rounded = float(f"{value:.1e}")
    if rounded == 0 or not 1e-3 <= abs(rounded) < 1e6:
        return f"{rounded:.1e}" if rounded else "0"
    decimals = max(0, 1 - int(f"{rounded:e}".split("e")[1]))
    return f"{rounded:,.{decimals}f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a table of the README."""
    lines = [heads, ["---"] * len(heads), *rows]
    return (
        "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
        .replace("| --- ", "|---")
        .replace("--- |\n", "---|\n")
    )


def simulator_table(document: Mapping[str, Any]) -> str:
    """Return every figure that has a bound, with what it must and should be."""
    bounded = [f for f in document["figures"] if f["must"] is not None]
    return table(
        ("figure", "measured", "must", "aim", ""),
        (
            (
                f["name"],
                _measured(f),
                *(_with_unit(f[bound], f["unit"]) for bound in ("must", "aim")),
                VERDICTS[f["verdict"]],
            )
            for f in bounded
        ),
    )


def _measured(figure: Mapping[str, Any]) -> str:
    """Return a value; a time, which belongs to one machine, over what it must be."""
    if figure["unit"] in TIMED:
        return f"{two(figure['value'] / figure['must'])} × must"
    return _with_unit(figure["value"], figure["unit"])


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else two(value) + UNITS.get(unit, f" {unit}")


def panel_table(document: Mapping[str, Any]) -> str:
    """Return how many contrasts of each role lie inside, and which do not."""
    rows = document["panel"]["rows"]

    def cells(role: str) -> Sequence[str]:
        of_role = [r for r in rows if r["role"] == role]
        ids = {
            verdict: sorted(r["id"] for r in of_role if r["verdict"] == verdict)
            for verdict in ("inside", "outside", "not computable")
        }
        missed = [f"{len(ids[v])}: {', '.join(ids[v])}" if ids[v] else "0" for v in list(ids)[1:]]
        return (ROLES[role], str(len(ids["inside"])), *missed)

    return table(("published contrasts", "inside", "outside", "not computable"), map(cells, ROLES))


def scores_table(document: Mapping[str, Any]) -> str:
    """Return the errors of the held-out rows beside the null models, on the same rows."""
    summary = document["panel"]["summary"]
    whole = {s["model"]: s for s in summary["scores"] if s["study"] == ALL}
    found = [(MODELS[name], whole[name]) for name in MODELS]
    fewer = summary["simulator_on_the_rows_of_no_effect"]
    if fewer is not None and fewer["rows"] != whole["simulator"]["rows"]:
        found.insert(2, (f"{MODELS['simulator']}, on the rows of the last line", fewer))
    return table(
        ("held-out rows, mean over studies", "off by a factor of", "interval score", "rows"),
        (
            (title, two(s["fold_error"]), two(s["interval_score"]), str(len(s["rows"])))
            for title, s in found
        ),
    )


def emulator_table(document: Mapping[str, Any]) -> str:
    """Return every figure of the emulator, the worst of all systems and populations."""
    return table(
        ("the worst of all systems and populations", "measured", "must", "aim", ""),
        (
            (
                f["name"],
                _share(f) if f["unit"] == "-" else _measured(f),
                *(_with_unit(f[bound], f["unit"]) for bound in ("must", "aim")),
                VERDICTS[f["verdict"]],
            )
            for f in document["figures"]
        ),
    )


def _share(figure: Mapping[str, Any]) -> str:
    """Return a correlation, which two figures would round to 1."""
    return f"{figure['value']:.3f}"


TABLES = {
    "emulator": ("emulator.json", emulator_table),
    "simulator": ("simulator.json", simulator_table),
    "panel": ("panel.json", panel_table),
    "scores": ("panel.json", scores_table),
}
"""Mark in the README, file beside the documents, and what makes the table."""


def made(mark: str) -> str:
    """Return a table as the JSON says it."""
    file, make = TABLES[mark]
    return make(json.loads((ROOT / "docs" / file).read_text(encoding="utf-8")))


def written(readme: str, mark: str) -> str:
    """Return a table as it stands between its marks."""
    return readme.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


def main() -> None:
    """Put every table between its marks."""
    text = README.read_text(encoding="utf-8")
    for mark in TABLES:
        before, rest = text.split(f"<!-- {mark} -->\n")
        after = rest.split(f"<!-- /{mark} -->")[1]
        text = f"{before}<!-- {mark} -->\n{made(mark)}<!-- /{mark} -->{after}"
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
