"""How a study's document reads in a terminal: the answer, candidates, reasons, where to look."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from experiments.cli.output import table_lines
from experiments.cli.studies_text import local_time
from experiments.config.product import Product, product_config
from experiments.reports.account_words import body_span, is_refused, main_loss, risk_reasons
from experiments.reports.answers import answer
from experiments.reports.choices_made import choices_made, how_it_ended
from experiments.reports.on_front import not_on_front
from experiments.reports.process_words import process_text
from experiments.reports.quality import failing_text
from experiments.reports.unconfirmed import unconfirmed
from experiments.reports.wording import (
    integrated_text,
    limit_text,
    number_text,
    salts_text,
    times_text,
    unit_of,
)
from experiments.store import as_candidate_label
from experiments.tracking_links import view_title
from experiments.workspace import OFF
from formulation.delivery import FORM
from formulation.design import Design

MOST_CANDIDATES = 12
"""Candidates shown before the rest is counted, [-]."""


def study_line(document: Mapping[str, Any], others: Sequence[str]) -> str:
    """Return which study is shown, and which others its name could have meant.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    others : sequence of str
        Labels of other studies of that name, where it was asked for by name, [-].

    Returns
    -------
    str
        One line, [-].
    """
    study = document["study"]
    text = f"{study['label']} {study['name']}, {local_time(study['created_utc'])}"
    if not others:
        return text
    return f"{text}: the newest of {len(others) + 1} of that name; others: {', '.join(others)}"


def front_lines(document: Mapping[str, Any], width: int) -> list[str]:
    """Return the answer and the candidates with units, intervals and recipes.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    width : int
        Characters of a line, [-].

    Returns
    -------
    list of str
        Lines, [-].
    """
    found = answer(document)
    # Whom the answer names stands first, wherever it lies on the front.
    shown = sorted(document["front"], key=lambda c: c["label"] != found.label)[:MOST_CANDIDATES]
    lines = wrap(found.text, width)
    for warning in document["study"]["warnings"]:
        lines += wrap(f"Warning: {warning}", width)
    lines.append("")
    if not shown:
        return lines
    keys = [o["key"] for o in document["objectives"]]
    headings = [
        "",
        "salt",
        "system",
        *(f"{key} [{unit_of(key)}]" for key in keys),
        "confirmed",
        "taken",
    ]
    words, sentence = unconfirmed(document)
    lines += table_lines(headings, [_row(candidate, keys, words) for candidate in shown], width)
    lines += wrap(sentence, width)
    hidden = len(document["front"]) - len(shown)
    if hidden > 0:
        more = f"formulation front {document['study']['label']} -o front.xlsx, or --json"
        lines.append(f"and {hidden} more: {more}")
    lines += _people_lines(document, shown, width)
    lines += ["", "Recipes, mg in one unit:"]
    for candidate in shown:
        lines += wrap(_recipe(candidate), width, subsequent_indent="      ")
    if failing := [text for candidate in shown if (text := failing_text(candidate))]:
        lines += ["", "Misses its quality profile more likely than not:"]
        lines += [
            line for text in failing for line in wrap(text, width, subsequent_indent="      ")
        ]
    return lines


def _people_lines(
    document: Mapping[str, Any], shown: Sequence[Mapping[str, Any]], width: int
) -> list[str]:
    """Return what the candidates do in people; nothing before they are confirmed."""
    told = [c for c in shown if c["account"] and c["confirmation"]]
    if not told:
        return []
    is_one = document["study"]["population"]["is_one_person"]
    who = "that person" if is_one else "middle subject and 5th to 95th percentile"
    rows = [
        [
            c["label"],
            body_span(c, "serum_change", is_one_person=is_one),
            body_span(c, "urine_change", is_one_person=is_one),
            c["account"]["risk"]["class"],
            main_loss(c["account"]["losses"]),
        ]
        for c in told
    ]
    headings = [
        "",
        "serum Mg change [mmol/L]",
        "24 h urine change [mmol/d]",
        "risk",
        "lost most to",
    ]
    title = wrap(f"In people, simulated, {who}:", width)
    return ["", *title, *table_lines(headings, rows, width), *_risk_lines(told, width)]


def _risk_lines(told: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Say why each risk class, once for all the candidates it is the reason of."""
    labels: dict[tuple[str, str], list[str]] = {}
    for candidate in told:
        risk_class = candidate["account"]["risk"]["class"]
        reasons = risk_reasons(candidate, risk_class) or risk_reasons(candidate) or [""]
        labels.setdefault((risk_class, reasons[0]), []).append(candidate["label"])
    for (risk_class, reason), names in labels.items():
        text = f"risk {risk_class} of {', '.join(names)}: {reason}"
        yield from wrap(text, width, subsequent_indent="      ")


def summary_lines(document: Mapping[str, Any]) -> list[str]:
    """Return counts, commonest reasons and the agreement with the simulator.

    Parameters
    ----------
    document : mapping
        The study's document, [-].

    Returns
    -------
    list of str
        Lines, [-].
    """
    n, systems = document["trials"], document["trials_by"]["system"]
    by_system = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in systems.items())
    lines = [
        "",
        f"{n} trial{'s' if n != 1 else ''} ({by_system}),"
        f" {100 * document['feasible_fraction']:.0f} % feasible,"
        f" {len(document['front'])} on the front,"
        f" {document['invalid_asked']} invalid asked; hypervolume {document['hypervolume']:.3f}",
    ]
    lines += [*choices_made(document["study"]), *how_it_ended(document["study"])]
    for reason in document["infeasible_reasons"][:3]:
        how_often = times_text(reason["count"])
        lines.append(f"infeasible, {how_often}: {limit_text(reason['limit'])}")
    summary = document["confirmation"]
    for key, found in summary["objectives"].items():
        rank = "not defined" if found["spearman"] is None else f"{found['spearman']:.3f}"
        lines.append(
            f"surrogate against {integrated_text(summary['n_subjects'])}, {key}:"
            f" median gap {100 * found['median_relative_gap']:.1f} %, rank correlation {rank}"
        )
    return lines


def product_lines(document: Mapping[str, Any], label: str) -> list[str]:
    """Return one candidate as a product file, which every command that takes one reads.

    Parameters
    ----------
    document : mapping
        The study's document, [-].
    label : str
        The candidate, such as C042, on the front or a plain tablet it is compared with, [-].

    Returns
    -------
    list of str
        Lines of YAML, [-].

    Raises
    ------
    InputError
        Neither the front nor the plain tablets it is compared with have such a candidate; why,
        where the study has it.
    """
    known = (*document["front"], *document.get("plain", ()))
    found = {candidate["label"]: candidate["design"] for candidate in known}
    written, label = label, as_candidate_label(label)
    if label not in found:
        raise not_on_front(document, label, written)
    design = Design.from_dict(found[label])
    name = f"{document['study']['label']}-{label}"
    lines = [f"# {label} of {document['study']['name']}: a design, nothing was measured of it"]
    for key, value in product_config(Product(name=name, design=design)).items():
        if isinstance(value, dict):
            lines += [f"{key}:", *(f"  {k}: {_plain(v)}" for k, v in value.items())]
        else:
            lines.append(f"{key}: {value}")
    return lines


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def where_lines(document: Mapping[str, Any]) -> list[str]:
    """Return where the report and the tracking view are.

    Parameters
    ----------
    document : mapping
        The study's document, [-].

    Returns
    -------
    list of str
        Lines, [-].
    """
    tracking = document["tracking"]
    lines = [f"report: {document['report']}"]
    if tracking.get("error"):
        lines.append(f"tracking is waiting ({tracking['error']}); try: formulation track sync")
    elif tracking.get("uri", OFF) != OFF and not tracking.get("run_id"):
        lines.append("MLflow is being told; `formulation track status` says how far")
    if links := tracking.get("links"):
        is_local = tracking.get("uri", "").startswith("sqlite:")
        lines.append("MLflow: run `formulation ui`, then open" if is_local else "MLflow: open")
        lines += [f"  {view_title(view, link)}: {link}" for view, link in links.items()]
    return lines


def _row(candidate: Mapping[str, Any], keys: list[str], unconfirmed_words: str) -> list[str]:
    confirmation = candidate["confirmation"]
    verdict = "misses a limit"
    if confirmation is None:
        verdict = unconfirmed_words
    elif is_refused(candidate):
        verdict = "refused on its risk"
    elif confirmation["is_confirmed"]:
        verdict = "yes"
    return [
        candidate["label"],
        salts_text(candidate["design"]),
        candidate["design"]["system"].replace("_", " "),
        *(_value(candidate, key) for key in keys),
        verdict,
        candidate["regimen"],
    ]


def _value(candidate: Mapping[str, Any], key: str) -> str:
    low, high = candidate["intervals"][key]
    text = number_text(candidate["objectives"][key], key)
    if low == high:
        return text
    return f"{text} [{number_text(low, key)}, {number_text(high, key)}]"


def _recipe(candidate: Mapping[str, Any]) -> str:
    salts = {name: candidate["design"].get(name, "") for name in ("salt", "second_salt")}
    amounts = [
        f"{salts.get(name, name).replace('_', ' ')} {amount:.1f}"
        for name, amount in candidate["recipe_mg"].items()
        if amount > 0
    ]
    settings = [
        str(candidate["process"].get(FORM, "")).replace("_", " "),
        process_text(candidate["design"]),
    ]
    mass = f"{candidate['label']}  {candidate['unit_mass_mg']:.1f} = "
    return mass + " + ".join(amounts) + "; " + ", ".join(filter(None, settings))
