"""The page of scenarios: one HTML file that needs nothing else, claims and answers first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.reports.files import write_file
from experiments.reports.html import filled, picture_of
from experiments.scenarios.figures import arms_alt, arms_png
from experiments.scenarios.tables import scenario_tables, summary_table
from experiments.scenarios.wording import announcements, article_text, name_words, summary

TEMPLATE = "scenarios.html.j2"
PACKAGES = ("experiments.scenarios", "experiments.simulation")

CAPTION = "Point: middle subject; bar: 5th to 95th percentile between subjects."


def write_page(document: Mapping[str, Any], path: Path) -> Path:
    """Write the page of scenarios as one HTML file.

    Parameters
    ----------
    document : mapping
        What `run_scenarios` returned, [-].
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


def render(document: Mapping[str, Any]) -> str:
    """Return the page as text.

    Parameters
    ----------
    document : mapping
        What `run_scenarios` returned, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    values = {
        "document": document,
        "announcements": list(announcements(document)),
        "summary": summary(document),
        "overview": summary_table(document),
        "scenarios": [_told(scenario) for scenario in document["scenarios"]],
    }
    return filled(PACKAGES, TEMPLATE, values)


def _told(scenario: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": name_words(scenario["name"]),
        "document": scenario,
        "held": sum(x["held"] for x in scenario["expected"]),
        "article": [article_text(x) for x in scenario["article"]],
        "kept": [
            f"{name_words(arm['name'])}: {text}"
            for arm in scenario["arms"]
            for text in arm["held_at_end"]
        ],
        "tables": scenario_tables(scenario),
        "picture": picture_of(arms_png(scenario), arms_alt(scenario), CAPTION),
    }
