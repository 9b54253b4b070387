"""A model card as Markdown for people: what the surrogate is, how good, where it applies, what not.

The card itself is plain JSON (`models.surrogates.card`); nothing is computed here. Cards of earlier
versions lack some parts, and those are left out rather than guessed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from formulation.delivery import get_system
from formulation.targets import get_endpoint

UNITS = {
    "_share_of_mg": "fraction of the Mg",
    "_acid_demand_meq_per_mmol": "mEq/mmol",
    "_log_solubility_mmol_per_l": "log10 of mmol/L",
    "_log_viscosity_mpa_s": "log10 of mPa s",
    "_log_viscosity_pa_s": "log10 of Pa s",
    "_mosm_per_day": "mOsm/d",
    "_per_day": "1/d",
    "_mmol_per_l": "mmol/L",
    "_mg_per_cm2": "mg/cm2",
    "_per_cm2": "1/cm2",
    "_ma_min": "mA min",
    "_mmol": "mmol",
    "_meq": "mEq",
    "_pct": "%",
    "_cm2": "cm2",
    "_mg": "mg",
    "_kn": "kN",
    "_um": "um",
    "_nm": "nm",
    "_ma": "mA",
    "_bar": "bar",
    "_h": "h",
}
"""Unit that the end of a feature's name states; the longest end counts."""

STATISTICS = {"p05": "5th percentile", "p50": "median", "p95": "95th percentile"}

CURVES = {"curve": "Release curve", "curve_of_law": "Release curve of the law, simulated designs"}
"""What people call the outputs that are curves."""

NOT_FOR = (
    "another population, delivery system, or designs outside its ranges",
    "replacing a dissolution test: a design is confirmed by integrating every subject, and in the"
    " end by a laboratory",
)
"""What no surrogate of this product may be used for."""

NO_LABORATORY = "saying how a real product of this system releases: it saw no laboratory's curve"


def card_markdown(
    card: Mapping[str, Any], *, name: str, sha256: str, created_utc: str, is_brief: bool = False
) -> str:
    """Return a model card as Markdown.

    Parameters
    ----------
    card : mapping
        The card, [-].
    name : str
        Name of the model, [-].
    sha256 : str
        Hash of its file, [-].
    created_utc : str
        When it was stored, ISO-8601 in UTC, [-].
    is_brief : bool, optional
        Leave out all outputs but the medians, coverage told apart, and the ranges of features,
        [-].

    Returns
    -------
    str
        Markdown without HTML, [-].
    """
    lines = [f"# {_text(name)}", "", _what_it_is(card), ""]
    lines += [f"**{_text(card['headline'])}.** {_text(card.get('against_law', ''))}".strip(), ""]
    lines += [*_rows_part(card), "", *_people_part(card), *_errors_part(card, is_brief), ""]
    lines += _families_part(card)
    if not is_brief:
        lines += [*_coverage_part(card, "split", "fold")]
        lines += [*_coverage_part(card, "group", "measured formulation")]
        lines += [*_ranges_part(card), "", *_assumed_part(card), ""]
    lines += ["## Not for", "", *(f"- {line}" for line in _not_for(card)), ""]
    lines += [*_record_part(card, sha256, created_utc)]
    return "\n".join(lines).rstrip() + "\n"


def feature_unit(name: str) -> str:
    """Return the unit of a feature, as the end of its name states it.

    Parameters
    ----------
    name : str
        Feature, [-].

    Returns
    -------
    str
        Unit; ``0 or 1`` for a yes or no, empty for a plain number, [-].

    Examples
    --------
    >>> feature_unit("unit_mass_mg"), feature_unit("is_capsule"), feature_unit("film_ph")
    ('mg', '0 or 1', '')
    """
    if name.startswith(("is_", "with_")):
        return "0 or 1"
    ends = sorted((end for end in UNITS if f"_{name}".endswith(end)), key=len)
    return UNITS[ends[-1]] if ends else ""


def output_title(key: str) -> tuple[str, str]:
    """Return what people call an output, and its unit.

    Parameters
    ----------
    key : str
        ``curve``, ``curve_of_law`` or an endpoint key, [-].

    Returns
    -------
    tuple of str
        Title and unit, [-].

    Examples
    --------
    >>> output_title("absorbed_increment.p50")
    ('Absorbed Mg, increment over diet, median', 'mg/d')
    """
    if key in CURVES:
        return CURVES[key], "fraction of the label"
    statistic = key.partition(".")[2]
    endpoint = get_endpoint(key)
    return f"{endpoint.title}, {STATISTICS[statistic]}", endpoint.unit


def _what_it_is(card: Mapping[str, Any]) -> str:
    title = get_system(card["system"]).title
    return (
        f"A surrogate of the system `{card['system']}` ({_text(title)}) in the population"
        f" {_text(card['population'])} ({card['subjects']} virtual subjects): from a recipe and how"
        " it is taken to its release curve and to percentiles of the population, each with a 90 %"
        f" interval. {_text(card['family'])}."
    )


def _rows_part(card: Mapping[str, Any]) -> list[str]:
    rows = card["rows_by_origin"]
    said = [f"{count} {_text(origin)} rows" for origin, count in sorted(rows.items(), reverse=True)]
    lines = ["## Learnt from", "", f"- system: {_text(card['system'])}", f"- {', '.join(said)}"]
    lines.append(f"- formulations measured: {card['measured_groups']}")
    for data in card.get("data", ()):
        count = f", {data['rows']} rows" if "rows" in data else ""
        lines.append(
            f"- data: {_text(data['name'])} ({data['origin']}{count}), version"
            f" {_text(data['digest'])}"
        )
    if "data" not in card:
        lines += [f"- data: {_text(name)}" for name in card["data_sets"]]
    return lines


def _people_part(card: Mapping[str, Any]) -> list[str]:
    """Return what was measured in people, and which rows could not speak."""
    told = [gap["sentence"] for gap in card.get("measured_absorption", ())]
    told += card.get("measured_absorption_left_out", ())
    return ["## Measured in people", "", *(f"- {_text(line)}" for line in told), ""] if told else []


def _errors_part(card: Mapping[str, Any], is_brief: bool) -> list[str]:
    shown = [
        (key, found)
        for key, found in card["metrics"].items()
        if not is_brief or key == "curve" or key.endswith(".p50")
    ]
    columns = ("Output", "Unit", "MAE", "RMSE", "R2", "Coverage of 90 %", "Mean width")
    table = _table(
        columns,
        (
            (
                *output_title(key),
                f"{found['mae']:.3g}",
                f"{found['rmse']:.3g}",
                f"{found['r2']:.3f}",
                f"{100 * found['coverage90']:.0f} %",
                f"{found['width90']:.3g}",
            )
            for key, found in shown
        ),
    )
    kinds = card["intervals"]
    return [
        *("## How good", "", f"Protocol: {_text(card['protocol'])}.", ""),
        *table,
        "",
        "Errors, coverage and width are those of the surrogate alone, against its own rows.",
        f"Intervals of curves: {_text(kinds['curve'])}. Of endpoints: {_text(kinds['endpoints'])}.",
    ]


def _families_part(card: Mapping[str, Any]) -> list[str]:
    """Return what was tried for whole curves; nothing of a card from before it was."""
    found = card.get("families")
    if not found:
        return []
    tried = sorted(found["tried"].items(), key=lambda item: item[1])
    rows = (
        (f"{name} (kept)" if name == found["kept"] else name, f"{error:.4f}")
        for name, error in tried
    )
    columns = ("Family", "Error on formulations left out")
    table = [*_table(columns, rows), ""] if tried else []
    note = _text(found["note"])
    if tried:
        note = f"Mean absolute error, fraction of the label, on the same readings. {note}"
    return ["## Families tried for curves", "", *table, note, ""]


def _coverage_part(card: Mapping[str, Any], by: str, called: str) -> list[str]:
    found = card.get(f"coverage_by_{by}")
    if not found:
        return []
    rows = ((name, f"{100 * share:.0f} %") for name, share in found.items())
    title = f"## Coverage of 90 % intervals by {called}"
    return [title, "", *_table((called.capitalize(), "Covered"), rows), ""]


def _ranges_part(card: Mapping[str, Any]) -> list[str]:
    rows = (
        (name, f"{low:.4g}", f"{high:.4g}", feature_unit(name))
        for name, (low, high) in card["features"].items()
    )
    return [
        *("## Where it applies", "", "Beyond these ranges it extrapolates, and says so.", ""),
        *_table(("Feature", "From", "To", "Unit"), rows),
    ]


def _assumed_part(card: Mapping[str, Any]) -> list[str]:
    lines = ["## Assumed", "", "Half-widths of the 90 % model error:", ""]
    gaps = card.get("measured_absorption", ())
    replaced = {gap["endpoint"] for gap in gaps if gap["applied"]}
    for name, value in card["model_error"].items():
        title = "Release curve" if name == "curve" else get_endpoint(name).title
        if name in replaced:
            lines.append(f"- {title}: that of measured studies, in place of {100 * value:.0f} %")
        elif value:
            basis = card["model_error_basis"].get(name, "")
            lines.append(f"- {title}: {100 * value:.0f} % ({_text(basis)})")
    return lines


def _not_for(card: Mapping[str, Any]) -> Iterable[str]:
    yield f"advice to a patient: it is research software, and {_in_people(card)}"
    yield from NOT_FOR
    if not card["rows_by_origin"].get("measured"):
        yield NO_LABORATORY


def _in_people(card: Mapping[str, Any]) -> str:
    """Say what of it was held against people: nothing, or these endpoints, by so many studies."""
    gaps = card.get("measured_absorption", ())
    if not gaps:
        return "nothing here was measured in people"
    counts = ((get_endpoint(gap["endpoint"]).title, len(gap["studies"])) for gap in gaps)
    held = (f"{title} ({n} {'study' if n == 1 else 'studies'})" for title, n in counts)
    return f"its values are simulated; held against people were only: {', '.join(held)}"


def _record_part(card: Mapping[str, Any], sha256: str, created_utc: str) -> list[str]:
    versions = ", ".join(f"{name} {found}" for name, found in card["versions"].items())
    lines = [
        *("## Record", "", f"- file, sha256: {sha256}", f"- stored: {created_utc}"),
        f"- code of domain and models, sha256: {card['code_sha256']}",
        f"- training run: {card['key']}, seed {card['seed']}",
        f"- versions: {_text(versions)}",
    ]
    return [*lines, *(f"- warning when fitted: {_text(w)}" for w in card.get("warnings", ()))]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(_text(cell) for cell in line)} |" for line in lines]


def _text(text: object) -> str:
    """Return text in which nothing is HTML, a cell's end, a link or a new line."""
    plain: str = re.sub(r"([|\[\]`*])", r"\\\1", escape(" ".join(str(text).split()), quote=False))
    return plain
