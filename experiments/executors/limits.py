"""How long an executor waits for its workers, and how often it tries a chunk."""

import os

from attrs import frozen

from formulation.errors import InputError

START_DEADLINE_S = 180.0
"""How long workers may take to come up; a loaded machine has been seen to need 40 s for Ray."""

START_DEADLINE_VARIABLE = "FORMULATION_RAY_START_DEADLINE_S"
"""Environment variable that replaces `START_DEADLINE_S` for Ray."""

CHUNK_DEADLINE_S = 600.0
"""How long one chunk may take; surrogates need well under a second for it."""

CHUNK_DEADLINE_VARIABLE = "FORMULATION_CHUNK_DEADLINE_S"
"""Environment variable that replaces `CHUNK_DEADLINE_S`."""

REPLACE_DEADLINE_S = 60.0
"""How long a worker in place of a lost one may take to come up before it is done without."""

MOST_LOSSES = 3
"""Workers that one chunk may cost before it is given up: the first try and two more, [-]."""


@frozen(kw_only=True)
class Limits:
    """What an executor puts up with."""

    start_s: float = START_DEADLINE_S
    """Time in which the workers must be up, [s]."""

    chunk_s: float = CHUNK_DEADLINE_S
    """Time in which a chunk must be answered before its worker is ended by force, [s]."""

    replace_s: float = REPLACE_DEADLINE_S
    """Time in which a worker in place of a lost one must be up, [s]."""

    most_losses: int = MOST_LOSSES
    """Workers that one chunk may cost, [-]."""


def limits_for(kind: str, start_s: float | None, chunk_s: float | None) -> Limits:
    """Return the limits of one kind of executor.

    Parameters
    ----------
    kind : str
        ``process`` or ``ray``, [-].
    start_s : float or None
        Time for the start; None for the environment's if the kind is ray, else the default, [s].
    chunk_s : float or None
        Time for a chunk; None for the environment's, else the default, [s].

    Returns
    -------
    Limits
        What holds, [-].

    Raises
    ------
    InputError
        A time is no number of seconds above 0.
    """
    variable = START_DEADLINE_VARIABLE if kind == "ray" else ""
    return Limits(
        start_s=_seconds(start_s, "start_deadline_s", variable, START_DEADLINE_S),
        chunk_s=_seconds(chunk_s, "chunk_deadline_s", CHUNK_DEADLINE_VARIABLE, CHUNK_DEADLINE_S),
    )


def _seconds(given: float | None, name: str, variable: str, default: float) -> float:
    text = str(given)
    if given is None:
        found = os.environ.get(variable) if variable else None
        if found is None:
            return default
        name, text = variable, found
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not 0 < seconds < float("inf"):
        raise InputError(
            f"{name} is {text!r}; it must be a number of seconds above 0.",
            hint=f"Give seconds, such as {default:g}.",
        )
    return seconds
