"""What limits a product and what it risks, in sentences; simulations and studies share them."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.reports.spans import number, span

CERTAIN = 0.5
"""Share of the mg lost from which one loss is the reason, [-]."""

MOST_NAMED = 3
"""Assumptions that are named of a candidate, the one that moves most first, [-]."""

DECIMALS: Mapping[str, int] = {
    "serum": 3,
    "serum_change": 3,
    "urine_change": 2,
    "laxation_risk": 1,
}
"""Decimals of what is told of the body, by endpoint, [-]."""


def limit_words(losses: Mapping[str, Any]) -> str:
    """Return what limits absorption.

    Parameters
    ----------
    losses : mapping
        The losses of an account, [-].

    Returns
    -------
    str
        One sentence, [-].
    """
    lost = losses["lost_mg_per_day"]
    return f"Of the {lost:.0f} mg a day that are lost, most go to: {main_loss(losses)}."


def main_loss(losses: Mapping[str, Any]) -> str:
    """Return where most of the magnesium goes that is lost.

    Parameters
    ----------
    losses : mapping
        The losses of an account, [-].

    Returns
    -------
    str
        The greatest loss with its share, and the next where it is less than half, [-].
    """
    ranked = sorted(losses["parts"], key=lambda part: -part["percent"])
    first, second = ranked[:2]
    words = f"{first['title'].lower()} ({first['percent']:.0f} %)"
    if first["percent"] < 100 * CERTAIN:
        words += f" and {second['title'].lower()} ({second['percent']:.0f} %)"
    return words


def is_refused(candidate: Mapping[str, Any]) -> bool:
    """Return whether a candidate is not offered on the grounds of its risk.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, [-].

    Returns
    -------
    bool
        False also where no account was kept, [-].
    """
    account = candidate["account"]
    return account is not None and account["risk"]["class"] == "refused"


def risk_reasons(candidate: Mapping[str, Any], risk_class: str = "") -> list[str]:
    """Return what decided the risk class of a candidate.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front, with an account, [-].
    risk_class : str, optional
        Only reasons that ask for this class; all when left out, [-].

    Returns
    -------
    list of str
        Sentences, the gravest first, [-].
    """
    reasons = candidate["account"]["risk"]["reasons"]
    return [r["words"] for r in reasons if risk_class in ("", r["class"])]


def body_span(candidate: Mapping[str, Any], name: str, *, is_one_person: bool) -> str:
    """Return an endpoint of the body with its spread between the integrated subjects.

    Parameters
    ----------
    candidate : mapping
        A confirmed member of the document's front, [-].
    name : str
        Name of the endpoint, [-].
    is_one_person : bool
        Whether it is one person, who has no percentiles, [-].

    Returns
    -------
    str
        Middle value and the 5th to 95th percentile; empty where it was not kept, [-].
    """
    found = [row for row in candidate["confirmation"]["body"] if row["name"] == name]
    return span(found[0], DECIMALS[name], is_patient=is_one_person) if found else ""


def account_lines(document: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the best candidate does in people, for the answer of a study.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    candidate : mapping
        A member of its front, [-].

    Yields
    ------
    str
        A sentence each; none before the candidate is confirmed, [-].
    """
    account = candidate["account"]
    if account is None or candidate["confirmation"] is None:
        return
    is_one = document["study"]["population"]["is_one_person"]
    serum, urine = (
        body_span(candidate, name, is_one_person=is_one)
        for name in ("serum_change", "urine_change")
    )
    who = "this person" if is_one else "the middle subject (5th to 95th percentile)"
    yield (
        f"In {who} serum magnesium changes by {serum} mmol/L and 24 h urine by {urine} mmol/d"
        " after six weeks, simulated."
    )
    if against := account.get("against_plain"):
        yield f"{against['sentence'].rstrip('.')}."
    yield limit_words(account["losses"])
    if not is_high_risk(candidate):
        yield risk_line(candidate)
    if moved := account["assumptions"]["quantities"]:
        names = " and ".join(f"{q['title'].lower()} ({q['basis']})" for q in moved[:2])
        yield f"What moves this most, and was not measured: {names}."


def is_high_risk(candidate: Mapping[str, Any]) -> bool:
    """Return whether the risk of a candidate has to be told before its recipe.

    Parameters
    ----------
    candidate : mapping
        A member of a front, [-].

    Returns
    -------
    bool
        Whether its class is ``high``; False where nothing is known yet, [-].
    """
    account = candidate["account"]
    return account is not None and account["risk"]["class"] == "high"


def risk_line(candidate: Mapping[str, Any]) -> str:
    """Return the risk class of a candidate with its gravest reason.

    Parameters
    ----------
    candidate : mapping
        A member of a front that has an account, [-].

    Returns
    -------
    str
        A sentence, [-].
    """
    return f"Risk class {candidate['account']['risk']['class']}: {risk_reasons(candidate)[0]}"


def driver_words(quantity: Mapping[str, Any]) -> str:
    """Return what one assumption does to the absorbed increment.

    Parameters
    ----------
    quantity : mapping
        One of the moved quantities of an account, [-].

    Returns
    -------
    str
        Its name, basis and both ends, [-].
    """
    low, high = (
        "no steady state" if end is None else number(end["absorbed_increment"], 1)
        for end in (quantity["with_low"], quantity["with_high"])
    )
    return f"{quantity['title']} ({quantity['basis']}): {low} to {high}"
