"""What a PostgreSQL server says, in plain words with the next step: the one place of its codes."""

from attrs import frozen
from sqlalchemy.exc import DBAPIError

from experiments.store.address import without_password
from formulation.errors import StoreError

LOST = ("08", "57P")
"""Families of codes of a connection that is gone, or of a server that stops or starts."""

_KEPT = "nothing acknowledged is lost"


@frozen(kw_only=True)
class _Plain:
    """How one family of codes is told to a person."""

    says: str
    """What happened."""

    hint: str
    """What to do."""


_GONE = _Plain(
    says="cannot be reached",
    hint="See that the server runs, that address, database and user are right, and that the "
    f"password stands in PGPASSWORD or ~/.pgpass; then run the command again or resume; {_KEPT}.",
)
_PLAIN = {
    "08": _GONE,
    "57P": _GONE,
    "28": _GONE,
    "3D000": _GONE,
    "22023": _Plain(
        says="does not take the settings of a session",
        hint="Use PostgreSQL 14 or later, without a pooler between.",
    ),
    "42704": _Plain(
        says="does not know a setting or a type that the store needs",
        hint="Use PostgreSQL 14 or later, without a pooler between.",
    ),
    "23": _Plain(
        says="refused a row that breaks one of its rules",
        hint="Nothing of this write was stored; resume the study from what is stored.",
    ),
    "25006": _Plain(
        says="may only be read", hint="Name the primary server, not a copy that follows it."
    ),
    "42501": _Plain(
        says="may not be used in this way by this user",
        hint="Let its administrator give the right: GRANT CREATE, USAGE ON SCHEMA public TO user.",
    ),
    "53100": _Plain(
        says="could not grow: the server's disk is full",
        hint=f"Free some space on the server, then resume; {_KEPT}.",
    ),
    "53": _Plain(
        says="is short of connections or memory",
        hint=f"Close other clients or raise the server's limits, then resume; {_KEPT}.",
    ),
    "55P03": _Plain(
        says="is locked: another process held it for more than {timeout_s:g} s",
        hint=f"Stop that process or wait until it is done, then run the command again; {_KEPT}.",
    ),
    "58": _Plain(
        says="met an error of the server's disk",
        hint=f"Check the disk of the server, then resume; {_KEPT}.",
    ),
    "XX": _Plain(
        says="is damaged, or met a fault of the server",
        hint="Look into the server's log; let its administrator put a backup in its place.",
    ),
}
"""By code or by the start of one; the longest that fits counts."""


def told(error: DBAPIError, place: str, timeout_s: float) -> StoreError | None:
    """Return what an error of the server means to a person.

    Parameters
    ----------
    error : DBAPIError
        What was raised, [-].
    place : str
        Address without password, for the message, [-].
    timeout_s : float
        How long a lock is waited for, for the message, [s].

    Returns
    -------
    StoreError or None
        None where only a mistake in this program can be the cause, [-].
    """
    code = getattr(error.orig, "sqlstate", None)
    if code is None:
        is_driver_s = type(error).__name__ in ("OperationalError", "InterfaceError")
        plain = _GONE if is_driver_s or error.connection_invalidated else None
    else:
        fitting = [key for key in _PLAIN if code.startswith(key)]
        plain = _PLAIN[max(fitting, key=len)] if fitting else None
    if plain is None:
        return None
    said = without_password(" ".join(str(error.orig).split())).rstrip(".")
    return StoreError(
        f"Database {place} {plain.says.format(timeout_s=timeout_s)} ({said}).", hint=plain.hint
    )
