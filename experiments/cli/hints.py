"""Commands in hints and answers, with the workspace that the person named.

Whoever writes ``--home lab`` and is told "formulation resume S001" would look in another folder.
The texts come from use cases that know nothing of flags, so the flag is added where they are
printed.
"""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import pairwise
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.workspace import Workspace

OPTION = "--home"

_home: ContextVar[str] = ContextVar("home", default="")

COMMANDS = (
    *("run", "resume", "cancel", "status", "export-optuna", "compare", "rerun", "front", "plot"),
    *("report", "ranges", "ui", "doctor", "track sync", "track status", "track"),
    *("data import", "data versions", "data retire", "data fetch", "dissolution predict"),
    *("models ls", "models card", "models train", "models compare", "models fetch"),
    *("models evaluate", "models predict"),
)
"""Commands that take a workspace."""

_HINT = re.compile(
    rf"\bformulation (?:{'|'.join(COMMANDS)})(?![\w-])(?: [SC]\d{{3,}}\b)*+(?! --(?:home|help)\b)"
)


def absent_home(workspace: "Workspace") -> str:
    """Say that the folder of a workspace is not there, which may be a slip in its name.

    Parameters
    ----------
    workspace : Workspace
        In which nothing was found, [-].

    Returns
    -------
    str
        A remark in brackets behind a blank; empty where the folder is there, or the store is
        elsewhere, [-].
    """
    if workspace.store or workspace.home.exists():
        return ""
    return f" (the folder {workspace.home} does not exist yet)"


def take_home(words: Sequence[str]) -> None:
    """Remember which workspace the words of a command line name.

    Parameters
    ----------
    words : sequence of str
        What was written behind the program's name, [-].
    """
    named = [word.partition("=")[2] for word in words if word.startswith(f"{OPTION}=")]
    named += [after for word, after in pairwise(words) if word == OPTION]
    _home.set(named[-1] if named else "")


def with_home(text: str) -> str:
    """Return a text whose commands look in the workspace that the person named.

    Parameters
    ----------
    text : str
        A line for people, [-].

    Returns
    -------
    str
        The same where no workspace was named, [-].

    Examples
    --------
    >>> take_home(["status", "--home", "my lab"])
    >>> with_home("Go on with it: formulation resume S001.")
    "Go on with it: formulation resume S001 --home 'my lab'."
    >>> take_home(["status"])
    >>> with_home("Go on with it: formulation resume S001.")
    'Go on with it: formulation resume S001.'
    """
    home = _home.get()
    return _HINT.sub(lambda found: f"{found[0]} {OPTION} {quote(home)}", text) if home else text
