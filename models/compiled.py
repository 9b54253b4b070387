"""Where the simulator's compiled code is kept, so that only the first start compiles it.

Beside the program where that can be written to. Of an installation that cannot, below the user's
cache; without one of those in a folder of the user's own among the temporary ones. What is kept
there is loaded as code, so a temporary folder in which others may write is not used.
"""

import os
import stat
import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path

from attrs import frozen

from formulation.errors import ExecutorError

VARIABLE = "NUMBA_CACHE_DIR"
"""Names the folder; whoever sets it is obeyed."""

PROGRAM = Path(__file__).resolve().parent / "simulator"
"""Folder of what is compiled."""

FOLDER = "formulation-compiled"
"""Name of the folder below the user's cache."""

HINT = f"Name a folder where this user may write with {VARIABLE}."


@frozen(kw_only=True)
class Kept:
    """Where compiled code is kept."""

    folder: Path
    """The folder, which need not exist yet."""

    where: str
    """Which it is: stated, beside, cache or temporary."""


def may_write(place: Path) -> bool:
    """Tell whether this user may write to a folder, or make it.

    Parameters
    ----------
    place : Path
        A folder that need not exist, [-].

    Returns
    -------
    bool
        Judged by the nearest folder that exists, [-].
    """
    there = next(p for p in (place, *place.parents) if os.path.lexists(p))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def place_of_compiled(
    environ: Mapping[str, str],
    *,
    program: Path = PROGRAM,
    writable: Callable[[Path], bool] = may_write,
) -> Kept:
    """Return where compiled code is kept; nothing is made.

    Parameters
    ----------
    environ : mapping of str to str
        Variables of the environment, [-].
    program : Path, optional
        Folder of what is compiled, [-].
    writable : callable, optional
        Tells whether a folder can be written to, or made, [-].

    Returns
    -------
    Kept
        The first place that will do, [-].

    Raises
    ------
    ExecutorError
        Neither the program's folder, the user's cache nor the temporary folder will do.
    """
    if stated := environ.get(VARIABLE):
        return Kept(folder=Path(stated), where="stated")
    beside = program / "__pycache__"
    if writable(beside):
        return Kept(folder=beside, where="beside")
    cache = Path(environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / FOLDER
    if cache.is_absolute() and writable(cache):
        return Kept(folder=cache, where="cache")
    temporary = Path(tempfile.gettempdir()) / f"{FOLDER}-{os.getuid()}"
    if writable(temporary) and _is_private(temporary):
        return Kept(folder=temporary, where="temporary")
    raise ExecutorError(
        f"Compiled code can be kept neither in {beside}, {cache} nor {temporary}.", hint=HINT
    )


def keep_compiled(environ: MutableMapping[str, str] = os.environ) -> None:
    """Tell numba where to keep compiled code; to be called before numba is loaded.

    Where the program's own folder will do, nothing is changed. Processes that this one starts
    inherit the choice.

    Parameters
    ----------
    environ : mutable mapping of str to str, optional
        Variables of the environment, changed in place, [-].
    """
    kept = place_of_compiled(environ)
    if kept.where in ("cache", "temporary"):
        kept.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        environ[VARIABLE] = str(kept.folder)


def _is_private(folder: Path) -> bool:
    """Tell whether a folder is this user's alone to write to, or not there yet."""
    if not os.path.lexists(folder):
        return True
    found = folder.lstat()
    is_shared = bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not is_shared
