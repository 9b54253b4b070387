"""The page of a simulation: one HTML file that needs nothing else, question and answer first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.reports.account_plots import tornado_alt, tornado_png
from experiments.reports.account_words import limit_words
from experiments.reports.curve_plots import curve_picture
from experiments.reports.files import PAGE_HINT, PAGES, check_ending, check_file, write_file
from experiments.reports.html import Picture, filled, picture_of
from experiments.reports.spans import number
from experiments.simulation.figures import losses_png, uptake_png
from experiments.simulation.tables import tables
from experiments.simulation.wording import (
    answer,
    arms_told,
    details,
    head,
)

TEMPLATE = "simulation.html.j2"


def write_page(document: Mapping[str, Any], path: Path) -> Path:
    """Write the page of a simulation as one HTML file.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].
    path : Path
        File to write; an older one is replaced as a whole, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written.
    """
    return write_file(path, render(document), "Page", "--report")


def check_writable(path: Path) -> None:
    """Refuse a page that could not be written, before anything is simulated.

    Parameters
    ----------
    path : Path
        File to write, [-].

    Raises
    ------
    InputError
        It is a folder, stands in something that is none, or ends otherwise than a page does.
    """
    check_file(path, "Page", "--report")
    check_ending(path, "Page", PAGES, PAGE_HINT)


def render(document: Mapping[str, Any]) -> str:
    """Return the page as text.

    Parameters
    ----------
    document : mapping
        What `simulate` returned, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    values = {
        "document": document,
        "head": list(head(document)),
        "answer": answer(document),
        "details": list(details(document)),
        "is_negative": document["risk"]["class"] in ("high", "refused"),
        "tables": tables(document),
        "pictures": _pictures(document),
    }
    return filled("experiments.simulation", TEMPLATE, values)


def _pictures(document: Mapping[str, Any]) -> dict[str, list[Picture]]:
    arms = arms_told(document)
    moved = document["assumptions"]["quantities"]
    bench = [c for c in document["curves"] if c["name"] == "vessel"]
    return {
        "curves": [curve_picture(c) for c in document["curves"] if c["name"] != "vessel"],
        "vessel": [curve_picture(c) for c in bench],
        "losses": [picture_of(losses_png(arms), _losses_alt(arms))],
        "uptake": [picture_of(uptake_png(arms), _uptake_alt(arms))],
        "tornado": [picture_of(tornado_png(document["assumptions"]), tornado_alt(moved))]
        if moved
        else [],
    }


def _losses_alt(arms: list[Mapping[str, Any]]) -> str:
    return " ".join(f"{told['product']['name']}: {limit_words(told['losses'])}" for told in arms)


def _uptake_alt(arms: list[Mapping[str, Any]]) -> str:
    words = []
    for told in arms:
        sums: dict[str, float] = {}
        for u in told["uptake"]:
            sums[u["segment"]] = sums.get(u["segment"], 0.0) + u["mean"]
        named = ", ".join(f"{place} {number(x, 1)}" for place, x in sums.items())
        words.append(f"{told['product']['name']}: {named}")
    return f"Mean mg a day absorbed beyond the diet by segment. {'. '.join(words)}."
