"""The words of a simulation: its first lines, its answer, and how numbers are written."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.reports.account_words import limit_words
from experiments.reports.spans import number, share_text
from experiments.reports.wording import unit_text

UNITS: Mapping[str, str] = {"mmol*h/L": "mmol·h/L"}
"""Units as people write them, where they differ."""


def arms_told(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what is told of each product.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    list of mapping
        The product's part, and that of the one it is compared with, [-].
    """
    return [told for told in (document, document["compared_with"]) if told is not None]


def unit_words(unit: str) -> str:
    """Return a unit as people write it.

    Parameters
    ----------
    unit : str
        Unit of the document, [-].

    Returns
    -------
    str
        The same for people, [-].

    Examples
    --------
    >>> unit_words("percent"), unit_words("mmol*h/L")
    ('%', 'mmol·h/L')
    """
    return UNITS.get(unit, unit_text(unit))


def endpoint(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return one endpoint of a product.

    Parameters
    ----------
    told : mapping
        The document, or its part ``compared_with``, [-].
    name : str
        Name of the endpoint, [-].

    Returns
    -------
    mapping
        The endpoint, [-].
    """
    return next(e for e in told["endpoints"] if e["name"] == name)


def people_text(document: Mapping[str, Any]) -> str:
    """Return who takes the product.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    str
        One sentence without its point, [-].
    """
    people = document["people"]
    name = people["name"].replace("_", " ")
    if people["is_patient"]:
        medicines = ", ".join(people["medication"])
        return f"Patient {name}" + (f", taking {medicines}" if medicines else "")
    n = f"{people['size']:,} virtual subject{'s' if people['size'] > 1 else ''}"
    default = "; nobody was named, so healthy adults are taken" if people["is_default"] else ""
    return f"{n} of {name} (seed {people['seed']}){default}"


def product_text(told: Mapping[str, Any]) -> str:
    """Return what is taken.

    Parameters
    ----------
    told : mapping
        The document, or its part ``compared_with``, [-].

    Returns
    -------
    str
        Product, dose of elemental magnesium and regimen, [-].
    """
    p = told["product"]
    return (
        f"{p['name']}: {p['salt']}, {p['form'].lower()}; {p['elemental_mg_per_day']:.4g} mg of"
        f" elemental magnesium a day as {p['regimen']}"
    )


def head(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the first lines of every face.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Yields
    ------
    tuple of str
        Label and words, [-].
    """
    other = document["compared_with"]
    yield "Notice", document["notice"]
    if document["announcement"]:
        yield "Claims", document["announcement"]
    yield "Product", product_text(document)
    if other is not None:
        yield "Against", product_text(other)
    yield "Taken by", people_text(document)
    days = document["days"]
    yield (
        "Days",
        f"{days}, beside the same people on the same days without a product; limits of"
        f" jurisdiction {document['jurisdiction']}",
    )
    if idle := document["people"]["idle"]:
        yield "Idle", f"Stated, but without effect in this model: {', '.join(idle)}"
    if held := document["people"]["held"]:
        yield "Held", f"Kept at the end of what a modulator may do: {'; '.join(held)}"
    for told in filter(None, (document, other)):
        for text in told["product"]["warnings"]:
            yield "Warning", f"{told['product']['name']}: {text}"


def answer(document: Mapping[str, Any]) -> str:
    """Return what the product does, in one sentence or two.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    str
        Plain words, [-].
    """
    is_patient = document["people"]["is_patient"]
    who = "This patient" if is_patient else "The middle subject"
    increment, share, serum = (
        endpoint(document, name) for name in ("absorbed_increment", "fraction_absorbed", "serum")
    )
    most = "" if is_patient else f", nine in ten {_ends(increment)}"
    change = endpoint(document, "serum_change")
    return (
        f"{who} absorbs {number(increment['p50'], 1)} mg of magnesium a day more than from the"
        f" diet alone{most}: {number(share['p50'], 1)} % of the dose. Serum magnesium changes by"
        f" {change['p50']:+.3f} mmol/L and ends at {number(serum['p50'], 3)} mmol/L."
    )


def uptake_text(document: Mapping[str, Any]) -> str:
    """Return what is taken up in all, and when the increment is no measure of the person.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    str
        One sentence, or two where the uptake of the diet itself moves, [-].
    """
    total, diet = (
        f"{number(endpoint(document, name)['p50'], 1)} mg"
        for name in ("absorbed_total", "absorbed_diet")
    )
    text = f"Diet and product together bring {total} a day, the diet alone {diet}."
    if not (why := document["people"]["diet_moves"]):
        return text
    return (
        f"{text} Here the product also moves what is taken up of the diet, as {' and '.join(why)}:"
        " compare with other people or products by the total, not by the increment alone."
    )


def _ends(values: Mapping[str, Any]) -> str:
    return f"between {number(values['p05'], 1)} and {number(values['p95'], 1)}"


def details(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands below the answer: what limits, what is risked, what the comparison says.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Yields
    ------
    str
        A sentence each, [-].
    """
    yield uptake_text(document)
    yield limit_words(document["losses"])
    risk = document["risk"]
    yield f"Risk class: {risk['class']}. {risk['reasons'][0]['words']}"
    laxation = risk["laxation"]
    yield (
        f"Loose stools: {laxation['word']}, {share_text(laxation['probability'])} of people"
        f" ({share_text(laxation['low'])} to {share_text(laxation['high'])} as the assumed curve"
        f" is moved). Irritation: {risk['irritation']['category']}."
    )
    for compared in document["comparison"]:
        yield compared["sentence"]
    if moved := document["assumptions"]["quantities"]:
        yield f"The assumption that moves the result most: {moved[0]['title'].lower()}."
