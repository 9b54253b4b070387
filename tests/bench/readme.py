"""Write the tables of the README and of the documents from the JSON beside them.

``make readme`` puts them between their marks; `tests/test_docs.py` makes them again and compares.
Numbers have two significant figures, so that a table only changes when a figure does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SURROGATES = ROOT / "docs" / "surrogates.md"

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


def engine_table(document: Mapping[str, Any]) -> str:
    """Return what the engine of a search costs."""
    return _costs_table("engine of a search", document)


def tracking_table(document: Mapping[str, Any]) -> str:
    """Return what tracking costs the search, and the process behind it."""
    return _costs_table("MLflow", document)


def smoke_table(document: Mapping[str, Any]) -> str:
    """Return how long the smoke studies take with their surrogates at hand."""
    return _costs_table("smoke study", document)


def _costs_table(title: str, document: Mapping[str, Any]) -> str:
    return table(
        (title, "measured", "must", "aim", ""),
        (
            (
                f["name"],
                _measured(f),
                *(_with_unit(f[bound], f["unit"]) for bound in ("must", "aim")),
                VERDICTS[f["verdict"]],
            )
            for f in document["figures"]
        ),
    )


def _share(figure: Mapping[str, Any]) -> str:
    """Return a correlation, which two figures would round to 1."""
    return f"{figure['value']:.3f}"


def surrogates_table(document: Mapping[str, Any]) -> str:
    """Return every case of the public tables beside published figures and bounds."""
    found = document["figures"]
    few, zero = found["few"], found["zero"]

    def error(case: str) -> float | None:
        """Return an error as a share of the dose; None of a table that was not there."""
        return found[case]["mae"] / found[case]["full"] if case in found else None

    rows = [
        ("LAI few-shot, splits 0 to 9, MAE of rows", "0.114", few["mae"], 0.111, 0.105),
        ("LAI few-shot, after one day", "0.129", few["mae_late"], 0.125, 0.120),
        ("LAI zero-shot, splits 0 to 9, MAE of rows", "0.174", zero["mae"], 0.169, 0.160),
        ("LAI few-shot, mean width of the 90 % interval", "", few["width90"], 0.55, 0.44),
        ("LAI zero-shot, mean width of the 90 % interval", "", zero["width90"], 0.76, 0.61),
        (
            "liposomes, unseen formulation, MAE, share of the dose",
            "",
            error("liposome"),
            0.175,
            0.165,
        ),
        ("HPMC tablets, unseen recipe, MAE", "", error("hpmc_recipe"), 0.093, 0.085),
        ("HPMC tablets, unseen drug, MAE", "", error("hpmc_drug"), 0.168, 0.155),
    ]
    cells = [
        (name, published, _three(ours), _three(must), _three(aim), _below(ours, must, aim))
        for name, published, ours, must, aim in rows
    ]
    for name, case in (("few-shot", few), ("zero-shot", zero)):
        pooled, worst = case["coverage90"], case["coverage90_worst_split"]
        inside = "as it must be" if 0.87 <= pooled <= 0.95 else VERDICTS["MISSED"]
        cells += [
            (f"LAI {name}, held by the 90 % interval", "", _three(pooled), "0.87 to 0.95", "",
             inside),
            (f"LAI {name}, the same in the worst split", "", _three(worst), "0.700", "0.800",
             _below(-worst, -0.70, -0.80)),
        ]  # fmt: skip
    rise = all(found[name]["new_splits"]["curves_all_rise"] for name in ("few", "zero"))
    cells.append(("every curve starts at 0 and never falls", "", "yes" if rise else "no", "yes", "",
                  VERDICTS["must" if rise else "MISSED"]))  # fmt: skip
    return table(("case", "published", "ours", "must", "aim", ""), cells)


def gains_table(document: Mapping[str, Any]) -> str:
    """Return the paired differences on the splits that decided nothing, and what fits cost."""
    rows = []
    for name, title in (("few", "few-shot"), ("zero", "zero-shot")):
        case = document["figures"][name]
        new = case["new_splits"]
        for key, peer in (("over_lightgbm", "LightGBM, tuned"), ("over_forest", "random forest")):
            if key in new:
                gain = new[key]
                ends = f"{gain['low']:+.4f} to {gain['high']:+.4f}"
                won = f"{gain['better']} of {gain['splits']}"
                rows.append((title, peer, f"{gain['mean']:+.4f}", ends, won))
    return table(
        ("LAI, splits 10 to 29", "against", "MAE, difference", "95 % interval", "better in"), rows
    )


def costs_table(document: Mapping[str, Any]) -> str:
    """Return what fits and predictions cost on the LAI table; seconds are those of one machine."""
    rows = []
    for name, title in (("few", "few-shot"), ("zero", "zero-shot")):
        case = document["figures"][name]
        new = case["new_splits"]
        ratio = new.get("fit_cpu_over_lightgbm")
        rows.append(
            (
                title,
                *(two(case[key]) for key in ("wall_s", "cpu_s")),
                two(new["fit_cpu_s"]),
                "" if ratio is None else f"{two(ratio)} ×",
                two(new["predict_cpu_s_10000"]),
            )
        )
    return table(
        (
            *("LAI", "choose, calibrate and fit: wall s", "CPU s", "one fit: CPU s"),
            *("over one LightGBM fit", "10,000 predictions: CPU s"),
        ),
        rows,
    )


def row_wise_table(document: Mapping[str, Any]) -> str:
    """Return what intervals hold on unseen groups, calibrated by group and by row."""
    found = document["figures"]
    rows = []
    for name, title in (("few", "few-shot"), ("zero", "zero-shot")):
        for case, how in ((found[name], "by group"), (found[name]["row_wise"], "by row")):
            rows.append((title, how, _three(case["coverage90"]), _three(case["width90"])))
    return table(("LAI, splits 0 to 9", "calibrated", "held of 90 %", "mean width"), rows)


def search_figures_table(document: Mapping[str, Any]) -> str:
    """Return what the search was to reach, and whether it did."""
    rows = [
        (row["figure"], _three(row["value"]), f"{row['must']:g}", VERDICTS[row["verdict"]])
        for row in document["figures"]
    ]
    return table(("figure of the search", "measured", "must", ""), rows)


def search_table(document: Mapping[str, Any]) -> str:
    """Return the hypervolume of every strategy by problem, ours against the best peer."""
    peers = ("model_based", "tpe", "nsga2", "random")
    rows = []
    for found in document["comparisons"]:
        ends = (found["difference"], found["low95"], found["high95"])
        away = "{:+.3f} ({:+.3f} to {:+.3f})".format(*ends)
        means = [_three(found["means"][peer]) for peer in peers]
        rows.append((f"{found['problem']}, n = {found['n']}", *means, away))
    titles = ("model-based", "TPE", "NSGA-II", "random")
    return table(("share of the best known", *titles, "ahead of the best of them, 95 %"), rows)


def _three(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _below(value: float | None, must: float, aim: float) -> str:
    if value is None:
        return "not measured"
    return VERDICTS["aim" if value <= aim else "must" if value <= must else "MISSED"]


TABLES = {
    "surrogates": ("surrogates.json", surrogates_table),
    "gains": ("surrogates.json", gains_table),
    "costs": ("surrogates.json", costs_table),
    "row-wise": ("surrogates.json", row_wise_table),
    "emulator": ("emulator.json", emulator_table),
    "engine": ("engine.json", engine_table),
    "tracking": ("tracking.json", tracking_table),
    "smoke": ("smoke.json", smoke_table),
    "search": ("search.json", search_table),
    "search figures": ("search.json", search_figures_table),
    "simulator": ("simulator.json", simulator_table),
    "panel": ("panel.json", panel_table),
    "scores": ("panel.json", scores_table),
}
"""Mark, file beside the documents, and what makes the table."""

PLACES = {
    **dict.fromkeys(("surrogates", "gains", "costs", "row-wise"), SURROGATES),
    "smoke": ROOT / "docs" / "howto" / "ci.md",
}
"""Document of a table that does not stand in the README."""


def made(mark: str) -> str:
    """Return a table as the JSON says it."""
    file, make = TABLES[mark]
    return make(json.loads((ROOT / "docs" / file).read_text(encoding="utf-8")))


def written(mark: str) -> str:
    """Return a table as it stands between its marks."""
    text = PLACES.get(mark, README).read_text(encoding="utf-8")
    return text.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


def main() -> None:
    """Put every table between its marks."""
    for mark in TABLES:
        place = PLACES.get(mark, README)
        text = place.read_text(encoding="utf-8")
        before, rest = text.split(f"<!-- {mark} -->\n")
        after = rest.split(f"<!-- /{mark} -->")[1]
        text = f"{before}<!-- {mark} -->\n{made(mark)}<!-- /{mark} -->{after}"
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
