"""Names of columns: without case and blanks, apart from their unit, and misspelt ones found."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

MISSPELT = 0.8
"""How alike a column's name must be to one of ours to count as misspelt, 1 for the same, [-]."""

MIN_LETTERS = 3
"""Fewest letters of a name that may be misspelt; shorter ones are all alike, [-]."""

_BRACKETS = re.compile(r"(.*?)\s*[\[(]([^\[\]()]*)[\])]")


def column_key(name: str) -> str:
    """Return a name without case, its blanks and hyphens as underscores.

    Parameters
    ----------
    name : str
        As it is written, [-].

    Returns
    -------
    str
        The key, [-].

    Examples
    --------
    >>> column_key(" Formulation ID")
    'formulation_id'
    """
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def name_and_unit(cell: str) -> tuple[str, str]:
    """Return the name and the unit in brackets behind it.

    Parameters
    ----------
    cell : str
        Such as ``time [min]``, [-].

    Returns
    -------
    tuple of str
        Name and unit; the unit is empty when there are no brackets, [-].
    """
    match = _BRACKETS.fullmatch(cell)
    return (match[1], match[2].strip()) if match else (cell, "")


def role_of(name: str, roles: Mapping[str, str]) -> str:
    """Return the role of a column by its name.

    Parameters
    ----------
    name : str
        Name without unit, [-].
    roles : mapping of str to str
        Names of each role, with blanks between them, [-].

    Returns
    -------
    str
        Role; empty for a name that is none of them, [-].
    """
    written = column_key(name)
    return next((role for role, names in roles.items() if written in names.split()), "")


def misspelt(name: str, roles: Mapping[str, str]) -> str:
    """Return the name that was probably meant.

    Parameters
    ----------
    name : str
        Name without unit, [-].
    roles : mapping of str to str
        Names of each role, with blanks between them, [-].

    Returns
    -------
    str
        One of the names; empty when none is near, or the name is one of them, [-].
    """
    known = [known for names in roles.values() for known in names.split()]
    written = column_key(name)
    if written in known:
        return ""
    near = get_close_matches(
        written, [k for k in known if len(k) >= MIN_LETTERS], n=1, cutoff=MISSPELT
    )
    return near[0] if near else ""
