"""The words of scenarios: names of endpoints and arms, what is taken, what the article says."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.config.scenario_spec import CRAMPS
from experiments.reports.wording import unit_text
from formulation.targets import get_endpoint

PERIOD = " after six weeks"
"""Words of the endpoints of studies that do not hold here, where days are the scenario's."""

IS_WORDS: Mapping[str, str] = {
    "higher": "higher than",
    "lower": "lower than",
    "no_different": "no different from",
    "refused": "refused",
}
"""Directions as people say them."""

HEADS: Mapping[str, tuple[str, str, int]] = {
    "absorbed_increment": ("Absorbed Mg, beyond the placebo arm", "mg/d", 1),
    "fraction_absorbed": ("Share of the dose absorbed, beyond the placebo arm", "percent", 1),
    "soluble_unabsorbed_load": ("Soluble Mg in the stool, beyond the placebo arm", "mmol/d", 2),
    CRAMPS: ("Muscle cramps, expected", "1/week", 2),
}
"""Endpoints that are called otherwise here than in a study, with unit and decimals."""


OUTCOMES: Mapping[str, str] = {
    "borne_out": "bears it out",
    "not_worth_a_trial": "sees that direction, and does not bear it out",
    "no_effect": "has no such effect",
    "contradicted": "contradicts it",
}
"""What may come of a statement of the article, as people say it."""


def endpoint_head(name: str) -> tuple[str, str, int]:
    """Return how an endpoint is called and written.

    Parameters
    ----------
    name : str
        One of `experiments.config.scenario_spec.ENDPOINTS`, [-].

    Returns
    -------
    tuple of str, str and int
        Title without unit, unit, and decimals shown to people, [-].

    Examples
    --------
    >>> endpoint_head("serum_change")
    ('Serum Mg, change', 'mmol/L', 3)
    """
    if name in HEADS:
        return HEADS[name]
    known = get_endpoint(name)
    return known.title.replace(PERIOD, ""), known.unit, known.decimals


def name_words(name: str) -> str:
    """Return the name of an arm or of people for people.

    Parameters
    ----------
    name : str
        Name of the document, [-].

    Returns
    -------
    str
        The same without low lines, [-].

    Examples
    --------
    >>> name_words("as_claimed")
    'as claimed'
    """
    return name.replace("_", " ")


def signed(value: float) -> str:
    """Return a difference with its sign; none where there is no difference.

    Parameters
    ----------
    value : float
        The difference, [-].

    Returns
    -------
    str
        Three digits, [-].

    Examples
    --------
    >>> signed(1.234), signed(-0.0)
    ('+1.23', '0')
    """
    return f"{value:+.3g}" if value else "0"


def taken_text(arm: Mapping[str, Any]) -> str:
    """Return what an arm takes.

    Parameters
    ----------
    arm : mapping
        An arm of the document, [-].

    Returns
    -------
    str
        Product, dose and co-factors, [-].
    """
    product = arm["product"]
    parts = [] if product is None else [
        f"{product['name']}: {product['elemental_mg_per_day']:.4g} mg of magnesium a day as"
        f" {product['regimen']}"
    ]  # fmt: skip
    parts += [dose["text"] for dose in arm["with"]]
    return "; ".join(parts) or "nothing"


def people_text(people: Mapping[str, Any]) -> str:
    """Return who takes an arm.

    Parameters
    ----------
    people : mapping
        People of the document, [-].

    Returns
    -------
    str
        How many of whom, [-].
    """
    if people["size"] is None:
        return "nobody"
    name = name_words(people["name"])
    if people["is_patient"]:
        return f"patient {name}"
    changed = ", ".join(f"{x['title'].lower()} {x['words']}" for x in people["changed"])
    return f"{people['size']:,} of {name}" + (f" but for {changed}" if changed else "")


def expected_text(expectation: Mapping[str, Any]) -> str:
    """Return what was expected, in words.

    Parameters
    ----------
    expectation : mapping
        An expectation of the document, [-].

    Returns
    -------
    str
        One sentence without its point, [-].
    """
    arm, words = name_words(expectation["arm"]), IS_WORDS[expectation["is"]]
    if expectation["endpoint"] is None:
        return f"{arm} is {words}"
    title = endpoint_head(expectation["endpoint"])[0]
    return f"{title}: {arm} is {words} {name_words(expectation['against'])}"


def held_text(expectation: Mapping[str, Any]) -> str:
    """Return whether an expectation held.

    Parameters
    ----------
    expectation : mapping
        An expectation of the document, [-].

    Returns
    -------
    str
        One word or two, [-].
    """
    return "held" if expectation["held"] else "did not hold"


def article_text(said: Mapping[str, Any]) -> str:
    """Return in one sentence what the simulator makes of a statement of the popular article.

    Parameters
    ----------
    said : mapping
        One of the article's statements of the document, [-].

    Returns
    -------
    str
        The statement, the simulator's answer, and the difference, [-].
    """
    verdict = OUTCOMES[said["outcome"]]
    found = said["comparison"]
    if found is None:
        return f"The article says that {said['says']}; the simulator {verdict}."
    arms = f"{name_words(said['arm'])} minus {name_words(said['against'])}"
    amount = f"{signed(found['median_difference'])} {unit_text(found['unit'])}"
    trial = ", no difference worth a trial" if found["worth_a_trial"] is False else ""
    return (
        f"The article says that {said['says']}; the simulator {verdict}: {arms} is {amount}"
        f" in the middle subject{trial}."
    )


def announcements(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands before everything else: the claims that are switched on.

    Parameters
    ----------
    document : mapping
        What `run_scenarios` returned, [-].

    Yields
    ------
    str
        A sentence for each arm with claims, [-].
    """
    for said in document["announcements"]:
        where = f"Scenario {said['scenario']}, {name_words(said['arm'])}"
        yield f"{where}: {said['announcement']}"


def summary(document: Mapping[str, Any]) -> str:
    """Return how much held, in one sentence.

    Parameters
    ----------
    document : mapping
        What `run_scenarios` returned, [-].

    Returns
    -------
    str
        Plain words, [-].
    """
    held, n = document["held"], document["expected"]
    said = [x for s in document["scenarios"] for x in s["article"]]
    words = f"Of {n} expectations stated before the run, {held} held."
    if said:
        counts = {name: sum(x["outcome"] == name for x in said) for name in OUTCOMES}
        words += (
            f" Of {len(said)} statements of a popular article that can be run, the simulator bears"
            f" out {counts['borne_out']}, contradicts {counts['contradicted']}, has no such effect"
            f" in {counts['no_effect']}, and sees the direction but no difference worth a trial in"
            f" {counts['not_worth_a_trial']}."
        )
    return words
