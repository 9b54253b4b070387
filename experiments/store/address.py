"""Where a store is: a file, or a database of PostgreSQL; and how an address is shown."""

import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from formulation.errors import InputError

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
"""How an address may begin, before ``://``."""

FORM = "postgresql://user@host:port/database"
"""How an address is written."""

_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^\s]*@")
_QUERY = re.compile(r"(\w*pass\w*\s*=\s*)('[^']*'|[^&\s]*)", re.IGNORECASE)


def is_address(place: str | Path) -> bool:
    """Tell whether a place is an address and not a file.

    Parameters
    ----------
    place : str or Path
        Where a store is, [-].

    Returns
    -------
    bool
        True for whatever has a scheme, also one that is not known, [-].
    """
    return isinstance(place, str) and "://" in place


def read_address(text: str) -> URL:
    """Return the parts of an address.

    Parameters
    ----------
    text : str
        Address in the form of `FORM`, [-].

    Returns
    -------
    URL
        Its parts, for the driver of this program, [-].

    Raises
    ------
    InputError
        It is no address of a database of PostgreSQL.
    """
    hint = f"Write it as {FORM}, or leave it out to keep studies in a file of the workspace."
    shown = without_password(text)
    try:
        url = make_url(text)
        scheme, database = url.drivername, url.database
    except (ArgumentError, ValueError):
        raise InputError(f"Store {shown!r} is not an address.", hint=hint) from None
    if scheme not in SCHEMES:
        raise InputError(
            f"Store {shown!r} is of kind {scheme!r}; only PostgreSQL has an address.", hint=hint
        )
    if not database:
        raise InputError(f"Store {shown!r} names no database.", hint=hint)
    return url.set(drivername="postgresql+psycopg")


def without_password(text: str) -> str:
    """Return a text in which no password of an address stands.

    Parameters
    ----------
    text : str
        An address, or a text that holds some, [-].

    Returns
    -------
    str
        The same with ``***`` in place of passwords, [-].

    Examples
    --------
    >>> without_password("postgresql://ana:secret@db.example/lab?password=secret")
    'postgresql://ana:***@db.example/lab?password=***'
    >>> without_password("postgresql://ana@db.example/lab?sslpassword=secret")
    'postgresql://ana@db.example/lab?sslpassword=***'
    """
    return _QUERY.sub(r"\1***", _PASSWORD.sub(r"\1***@", text))
