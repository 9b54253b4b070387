"""What a study fixed, excluded, and was told could not be made, in words for every face."""

from collections.abc import Mapping
from typing import Any


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
