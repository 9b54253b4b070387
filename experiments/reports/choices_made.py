"""What was decided about the space of a study, and how its search ended, in words."""

from collections.abc import Mapping
from typing import Any

from experiments.config.spec import ASYNCHRONOUS

ASYNCHRONOUS_WORDS = (
    "a design is proposed whenever a worker is free, so proposals depend on the order in which"
    " evaluations finish, hence on speed"
)
"""What the asynchronous mode of a search means."""


def choices_made(study: Mapping[str, Any]) -> list[str]:
    """Return a line for everything that somebody decided about the space of a study.

    Parameters
    ----------
    study : mapping
        Member ``study`` of a study's document, [-].

    Returns
    -------
    list of str
        Sentences; none for a study that leaves its space as it is, [-].
    """
    fixed = [
        f"Fixed: {f['name']} is {f['value']} in {f['system']}." for f in study.get("fixed", [])
    ]
    excluded = [
        f"Excluded: {e['region']}, because {e['because']}." for e in study.get("excluded", [])
    ]
    unmade = [
        f"Not makeable, says the laboratory: {u['product']}, because {u['because']}. The search"
        " keeps away from it; nothing was measured of it."
        for u in study.get("not_makeable", [])
    ]
    return [*fixed, *excluded, *unmade]


def how_it_ended(study: Mapping[str, Any]) -> list[str]:
    """Return why the search of a study ended, and what that means for repeating it.

    Parameters
    ----------
    study : mapping
        Member ``study`` of a study's document, [-].

    Returns
    -------
    list of str
        Sentences; none for a study of before reasons were kept, [-].
    """
    found = []
    if stopped := study.get("stopped"):
        found.append(f"The search stopped because {stopped['because']}.")
    if study.get("mode") == ASYNCHRONOUS:
        found.append(
            f"The search was asynchronous: {ASYNCHRONOUS_WORDS}. The seed alone does not repeat it;"
            " trials are numbered as they were proposed, and `formulation rerun` says which differ."
        )
    elif study.get("depends_on_speed"):
        found.append(
            "Proposals depend on this machine's speed (ask_seconds): the seed alone does not"
            " repeat them; `formulation rerun` follows the rungs that are kept with the trials."
        )
    return found
