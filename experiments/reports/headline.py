"""The first line of an answer: what comes out best, and whether it beats the plain product.

A product that hardly releases, or that does no better than a plain tablet of a soluble salt beyond
the 90 % intervals, is not sold as better.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.candidates import form_name
from experiments.confirmation import RELEASE, RELEASE_MECHANISTIC
from experiments.plain_tablets import PLAIN_FORM, PLAIN_SYSTEM, is_plain_soluble
from experiments.reports.wording import endpoint_title, salts_text
from formulation.delivery import get_system
from formulation.endpoint_keys import parse_key
from models.comparison import WORTH_BELOW

UPTAKE = ("absorbed_increment", "fraction_absorbed", "urine_change", "serum_change", "serum")
"""Endpoints that a trial of uptake measures, or would."""

LEAST_RELEASED_PCT = 10.0
"""Released at the last time of the curves, below which a product hardly releases, [% of label]
(assumed)."""


def headline(
    document: Mapping[str, Any],
    best: Mapping[str, Any],
    n_judged: int,
    rival: Mapping[str, Any] | None,
    short: Sequence[str],
    ahead: Sequence[str] = (),
) -> str:
    """Return the first line on the best candidate.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    best : mapping
        The best all-round candidate, [-].
    n_judged : int
        Candidates that may be recommended, [-].
    rival : mapping or None
        The plain tablet that comes nearest to it, [-].
    short : sequence of str
        Endpoint keys in which that one falls short beyond the intervals, [-].
    ahead : sequence of str, optional
        Endpoint keys in which that one does better beyond the intervals, [-].

    Returns
    -------
    str
        A sentence, [-].
    """
    n = len(document["front"])
    of = f"of {n} on the front" if n > 1 else "(the only one on the front)"
    if n_judged < n:
        of = f"of {n_judged} confirmed, far apart, of {n} on the front"
    name = f"{best['label']}, {_article(best)}{_product(best)},"
    first = f"{name} is the best all-round candidate {of}"
    if is_plain_soluble(best):
        itself = "it is itself a plain tablet of a soluble salt"
        return f"{first}: {itself}, and {_beside_plain(document)}."
    if rival is None:
        return (
            f"{first}; of the designs tried none is a plain immediate-release tablet of a soluble"
            " salt that keeps to every limit, so nothing says that it does better than one."
        )
    beaten = any(c["label"] == rival["label"] for c in document.get("plain", []))
    off = " off the front" if beaten else ""
    plain = f"{rival['label']}{off}, a plain {_product(rival)}"
    if not short:
        told_by = "" if ahead else _trial_that_tells(best, rival)
        if told_by:
            return (
                f"{first}. The 90 % intervals do not tell it from {plain}; simulated in the same"
                f" people it absorbs more, which {told_by}."
            )
        return f"{first}, but does no better than {plain}, within the 90 % intervals."
    if is_not_told_apart(best, short):
        against = best["account"]["against_plain"]["label"]
        return (
            f"{first}, but no trial of fewer than {WORTH_BELOW} people would tell its uptake from"
            f" that of {against}, a plain tablet of a soluble salt."
        )
    where = "; ".join(endpoint_title(key) for key in short)
    return f"{first} and does better than {plain}, beyond the 90 % intervals in: {where}."


def is_not_told_apart(candidate: Mapping[str, Any], short: Sequence[str]) -> bool:
    """Tell whether a candidate is better in uptake alone, and by less than a trial would show.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].
    short : sequence of str
        Endpoint keys in which the plain tablet falls short beyond the intervals, [-].

    Returns
    -------
    bool
        Whether fewer than `WORTH_BELOW` subjects would not show its uptake beside that of a plain
        tablet, [-].
    """
    against = (candidate["account"] or {}).get("against_plain")
    in_uptake = bool(short) and all(parse_key(key).endpoint.name in UPTAKE for key in short)
    if not in_uptake or against is None or against["n_subjects"] == 1:
        return False  # one person allows no trial, large or small
    return not against["worth_a_trial"]


def _trial_that_tells(best: Mapping[str, Any], rival: Mapping[str, Any]) -> str:
    """Say which trial would show that the best absorbs more; empty if none worth its while."""
    against = (best["account"] or {}).get("against_plain")
    if against is None or against["label"] != rival["label"] or not against["worth_a_trial"]:
        return ""
    if against["mean_difference"] < 0:
        return ""
    crossover = against["trial_size_crossover"]
    if crossover is not None:
        return f"a trial of {crossover} people who take both would show"
    return f"a trial of {against['trial_size_parallel']} people in each of two arms would show"


def hardly_releases(candidate: Mapping[str, Any]) -> str:
    """Return the first line on a product that keeps its magnesium; empty for any other.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].

    Returns
    -------
    str
        A sentence or two, [-].
    """
    curves = candidate["curves"]
    curve = curves.get(RELEASE_MECHANISTIC) or curves.get(RELEASE)
    if curve is None or curve["y"][-1] >= LEAST_RELEASED_PCT:
        return ""
    hours = curve["x"][-1] / 60
    return (
        f"{candidate['label']}, {_article(candidate)}{_product(candidate)}, comes out best all"
        f" round but hardly releases: {curve['y'][-1]:.1f} % of its label in {hours:g} h on the"
        " bench. It is not better than a plain soluble salt; what it scores is magnesium that stays"
        " in it."
    )


def _beside_plain(document: Mapping[str, Any]) -> str:
    """Say what a plain tablet was compared with: one delivery system, or more elaborate ones."""
    systems = document["study"]["systems"]
    if len(systems) > 1:
        return "nothing more elaborate did better all round"
    title = get_system(systems[0]).title
    return (
        f"no other design did better all round; the study searched one delivery system"
        f" ({title[0].lower()}{title[1:]}), so it says nothing of more elaborate ones"
    )


def _product(candidate: Mapping[str, Any]) -> str:
    design = candidate["design"]
    return f"{_form_words(design)} of magnesium {salts_text(design)}"


def _form_words(design: Mapping[str, Any]) -> str:
    system, form = design["system"], form_name(design)
    if (system, form) == (PLAIN_SYSTEM, PLAIN_FORM):
        return "immediate-release tablet"
    title = get_system(system).form(form).title
    return f"{title[0].lower()}{title[1:]}"


def _article(candidate: Mapping[str, Any]) -> str:
    """Return the article of a form with its blank; none for a plural, such as liposomes."""
    words = _form_words(candidate["design"])
    if words.endswith("s"):
        return ""
    return "an " if words[0] in "aeiou" else "a "
