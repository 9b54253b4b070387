"""Which packages decide the trials of a study, and which of them are others than before.

The same record, seed and code give the same trials only with the same versions of what proposes
and what evaluates. A study keeps theirs; whoever goes on with it after an upgrade is told.
"""

from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import distributions, version
from pathlib import Path

DECIDING = ("formulation-design", "numpy", "optuna", "scikit-learn", "scipy")
"""Packages on which proposals or values depend."""

RECORDED = (*DECIDING, "mlflow", "ray")
"""Packages that a study records."""

LOCK_FILE = "requirements.lock"


def installed() -> dict[str, str]:
    """Return the version of each package that a study records.

    Returns
    -------
    dict of str to str
        Version by name, [-].
    """
    return {name: version(name) for name in RECORDED}


def lock() -> dict[str, str]:
    """Return a hash of everything that is installed, as far as it is pinned.

    Returns
    -------
    dict of str to str
        ``sha256``, and what it is ``of``: of ``requirements.lock`` where the program runs from a
        checkout that has one, else of the names and versions of what is installed, [-].
    """
    file = Path(__file__).resolve().parents[1] / LOCK_FILE
    if file.is_file():
        return {"sha256": sha256(file.read_bytes()).hexdigest(), "of": LOCK_FILE}
    found = sorted({f"{d.metadata['Name']}=={d.version}" for d in distributions()})
    return {"sha256": sha256("\n".join(found).encode()).hexdigest(), "of": "installed versions"}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the deciding packages whose versions differ.

    Parameters
    ----------
    before : mapping of str to str
        Versions that were recorded; what is missing there is not compared, [-].
    now : mapping of str to str
        Versions of `installed`, [-].

    Returns
    -------
    dict of str to tuple of str
        Version before and now, by name, [-].
    """
    return {
        name: (before[name], now[name])
        for name in DECIDING
        if name in before and name in now and before[name] != now[name]
    }


def warning(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return what to say of versions that differ.

    Parameters
    ----------
    before, now : mapping of str to str
        As for `changed`, [-].

    Returns
    -------
    str
        One sentence; empty if nothing that decides trials has changed, [-].
    """
    found = changed(before, now)
    if not found:
        return ""
    ways = ", ".join(f"{name} {old} to {new}" for name, (old, new) in found.items())
    origin = " and ".join(f"{name} {old}" for name, (old, _) in found.items())
    return f"since this study began, {ways}: trials from here on may differ from those of {origin}"
