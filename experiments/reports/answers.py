"""The answer of a study in plain words: what to make, for whom it was asked, and how sure it is.

The best all-round candidate has the largest product of normalised objectives, each counted from its
worst acceptable value, with confirmed values where there are any. A candidate that missed a limit
when every subject was integrated is never recommended.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import frozen

from experiments.candidates import EVALUATION_FAILED, EVALUATION_LOST
from experiments.plain_tablets import is_plain_soluble
from experiments.reports.account_words import (
    account_lines,
    is_high_risk,
    is_refused,
    risk_line,
    risk_reasons,
)
from experiments.reports.comparison import (
    falls_short_in,
    merit,
    objectives_of,
    search_kind,
    used_value,
)
from experiments.reports.headline import hardly_releases, headline, is_not_told_apart
from experiments.reports.process_words import process_text
from experiments.reports.quality import failing_text
from experiments.reports.wording import (
    component_name,
    endpoint_title,
    limit_text,
    number_text,
    value_text,
)
from formulation.targets import Objective, Scope, get_endpoint


class Verdict(StrEnum):
    """How a study ended."""

    RECOMMENDED = "recommended"
    """A candidate can be made."""

    REFUTED = "refuted"
    """Candidates were found, and all missed a limit when every subject was integrated."""

    NOTHING_FEASIBLE = "nothing_feasible"
    """No design met every limit."""

    NOT_RUN = "not_run"
    """No design has been evaluated."""


@frozen(kw_only=True)
class Answer:
    """What a study says, in sentences."""

    verdict: Verdict
    """How it ended."""

    sentence: str
    """The answer itself."""

    details: tuple[str, ...] = ()
    """Recipe, regimen, values with their intervals, confirmation and reservations."""

    label: str | None = None
    """The best all-round candidate, such as C042."""

    rival: str | None = None
    """The plain tablet it was compared with, on the front or off it, if there is one."""

    does_no_better: bool = False
    """Whether that plain tablet does as well within the intervals."""

    @property
    def text(self) -> str:
        """All sentences as one paragraph."""
        return " ".join((self.sentence, *self.details))


def answer(document: Mapping[str, Any]) -> Answer:
    """Return the answer of a study.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Answer
        The answer, [-].
    """
    if not document["trials"]:
        return Answer(
            verdict=Verdict.NOT_RUN,
            sentence="No design has been evaluated yet: there is nothing to make.",
            details=_standing(document),
        )
    if not document["front"]:
        return _nothing_feasible(document)
    held = [c for c in judged(document) if not _is_refuted(c)]
    if not held:
        return _refuted(document)
    return _recommended(document, held)


def judged(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the candidates that may be recommended.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    list of mapping
        Those that were confirmed; of a front that was not yet, all of them, [-].
    """
    confirmed = [c for c in document["front"] if c["confirmation"] is not None]
    return confirmed or list(document["front"])


def _quality(ranked: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say what the best candidate fails of its quality profile, and who does not."""
    failing = failing_text(ranked[0]).partition("  ")[2]
    if not failing:
        return ()
    keeps = next((c["label"] for c in ranked[1:] if not failing_text(c)), None)
    other = f"{keeps} is the best that keeps to it" if keeps else "no candidate keeps to it"
    return (f"But it probably fails its quality profile: {failing}; {other}.",)


def _is_refuted(candidate: Mapping[str, Any]) -> bool:
    confirmation = candidate["confirmation"]
    has_missed = confirmation is not None and not confirmation["is_confirmed"]
    return has_missed or is_refused(candidate)


def _recommended(document: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> Answer:
    objectives = objectives_of(document)
    ranked = sorted(held, key=lambda c: merit(objectives, c), reverse=True)
    best, others = ranked[0], ranked[1:]
    plain = [*(c for c in others if is_plain_soluble(c)), *document.get("plain", [])]
    rival, short = _rival(objectives, best, plain)
    hardly = hardly_releases(best)
    ahead = falls_short_in(objectives, best, rival) if rival else ()
    return Answer(
        verdict=Verdict.RECOMMENDED,
        sentence=hardly or headline(document, best, len(judged(document)), rival, short, ahead),
        details=(
            *([risk_line(best)] if is_high_risk(best) else ()),
            *_recipe(best),
            *(_value(document, best, o.endpoint) for o in objectives),
            _confirmation(document, best),
            *account_lines(document, best),
            *_reservations(objectives, best),
            *_quality(ranked),
            *_standing(document),
        ),
        label=best["label"],
        rival=None if rival is None else rival["label"],
        does_no_better=bool(hardly)
        or (rival is not None and (not short or is_not_told_apart(best, short))),
    )


def _rival(
    objectives: Sequence[Objective], best: Mapping[str, Any], plain: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """Return the plain tablet that comes nearest to the best, and where it falls short.

    Of several that come as near it is the one that met the same people as the best.
    """
    compared = [(falls_short_in(objectives, c, best), c) for c in plain]
    if not compared or is_plain_soluble(best):
        return None, ()
    met = ((best["account"] or {}).get("against_plain") or {}).get("label")
    short, rival = min(compared, key=lambda pair: (len(pair[0]), pair[1]["label"] != met))
    return rival, short


def _recipe(candidate: Mapping[str, Any]) -> tuple[str, str]:
    design, mass = candidate["design"], candidate["unit_mass_mg"]
    parts = ", ".join(
        f"{component_name(name, design)} {amount:.1f} mg ({100 * amount / mass:.1f} % w/w)"
        for name, amount in candidate["recipe_mg"].items()
        if amount > 0
    )
    return (
        f"One unit of {mass:.1f} mg with {candidate['elemental_mg_per_unit']:.1f} mg elemental"
        f" Mg: {'; '.join(filter(None, (parts, process_text(design))))}.",
        f"Taken as {candidate['regimen']}.",
    )


def _value(document: Mapping[str, Any], candidate: Mapping[str, Any], key: str) -> str:
    predicted = value_text(candidate["objectives"][key], key)
    title = endpoint_title(key)
    if get_endpoint(key).scope is Scope.RECIPE:
        return f"{title}: {predicted} (exact arithmetic)."
    low, high = candidate["intervals"][key]
    predicted += _interval(low, high, key, search_kind(document, candidate))
    confirmation = candidate["confirmation"]
    if confirmation is None:
        return f"{title}: {predicted}."
    low, high = confirmation["lo90"][key], confirmation["hi90"][key]
    confirmed = value_text(confirmation["values"][key], key)
    confirmed += _interval(low, high, key, confirmation["kind"])
    return f"{title}: confirmed {confirmed}; the search predicted {predicted}."


def _interval(low: float, high: float, key: str, kind: str) -> str:
    if high <= low:
        return " (without interval)"
    return f" ({number_text(low, key)} to {value_text(high, key)}; {kind})"


def _confirmation(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    confirmation = candidate["confirmation"]
    if confirmation is None:
        label = document["study"]["label"]
        if document["study"]["state"] == "running":
            return "Not confirmed at mechanistic fidelity yet: that comes at the end of the study."
        return f"Not confirmed at mechanistic fidelity yet: run `formulation resume {label}`."
    if confirmation["n_subjects"] == 1:
        return "Confirmed at mechanistic fidelity: in this one person it still meets every limit."
    return (
        f"Confirmed at mechanistic fidelity: over {confirmation['n_subjects']} virtual subjects,"
        f" each integrated, the percentiles still meet every limit. {_others(document, candidate)}"
    )


def _others(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    """Say who the people of the search were, and that those of the confirmation are others."""
    fitted_on = document["study"]["population"]["size"]
    n_subjects = candidate["confirmation"]["n_subjects"]
    return (
        f"The search asked surrogates fitted on {fitted_on} subjects; these {n_subjects} are others"
        " of the same population."
    )


def _reservations(objectives: Sequence[Objective], candidate: Mapping[str, Any]) -> tuple[str, ...]:
    beyond = tuple(
        f"Its {endpoint_title(o.endpoint)} lies beyond the worst acceptable value of"
        f" {value_text(o.worst, o.endpoint)}."
        for o in objectives
        if o.normalise(used_value(candidate, o.endpoint)) < 0
    )
    remarks = tuple(f"Remark: {text.rstrip('.')}." for text in candidate["remarks"])
    return (*beyond, *remarks, *candidate["warnings"])


def _standing(document: Mapping[str, Any]) -> tuple[str, ...]:
    study = document["study"]
    if study["state"] == "complete":
        return ()
    done = f"{document['trials']} of {study['budget']} designs"
    return (f"The study is {study['state']} after {done}: this is what is known so far.",)


def _nothing_feasible(document: Mapping[str, Any]) -> Answer:
    n = document["trials"]
    reasons = document["infeasible_reasons"]
    missed = [r for r in reasons if r["limit"] not in (EVALUATION_FAILED, EVALUATION_LOST)]
    failed = [r for r in reasons if r["limit"] == EVALUATION_FAILED]
    lost = [r for r in reasons if r["limit"] == EVALUATION_LOST]
    details = [
        f"The limit that binds most is {limit_text(r['limit'])}: missed by {r['count']} of {n}"
        f" designs (for example {r['example'].rstrip('.')})."
        for r in missed[:1]
    ]
    details += [f"{r['count']} of {n} designs gave no number: {r['example']}." for r in failed]
    details += [f"{r['count']} of {n} were not evaluated: {r['example']}." for r in lost]
    return Answer(
        verdict=Verdict.NOTHING_FEASIBLE,
        sentence="Nothing meets every limit: do not make"
        f" {f'any of these {n} designs' if n != 1 else 'the one design that was tried'}.",
        details=(*details, *_standing(document)),
    )


def _refuted(document: Mapping[str, Any]) -> Answer:
    front = judged(document)
    objectives = objectives_of(document)
    best = max(front, key=lambda c: merit(objectives, c))
    refusals = risk_reasons(best, "refused") if is_refused(best) else ()
    why = "; ".join((*best["confirmation"]["reasons"], *refusals)).rstrip(".")
    missed = "miss a limit or are refused" if any(map(is_refused, front)) else "miss a limit"
    n_subjects = best["confirmation"]["n_subjects"]
    whom = "this one person" if n_subjects == 1 else f"each of {n_subjects} virtual subjects"
    is_whole = len(front) == len(document["front"])
    which = "on the front" if is_whole else f"confirmed of {len(document['front'])} on the front"
    return Answer(
        verdict=Verdict.REFUTED,
        sentence=(
            f"No candidate holds up: all {len(front)} {which} {missed} when {whom} is"
            " integrated; do not make any of them."
            if len(front) > 1
            else f"No candidate holds up: the only one {which}"
            f" {missed.replace('miss ', 'misses ').replace('are ', 'is ')} when {whom} is"
            " integrated; do not make it."
        ),
        details=(
            f"The nearest, {best['label']}: {why}.",
            *([_others(document, best)] if n_subjects > 1 else ()),
            *_standing(document),
        ),
        label=None,
    )
