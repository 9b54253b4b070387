"""Files that a person asked for: written as a whole, or not at all."""

import csv
import io
import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from formulation.errors import InputError

BY_ENDING = "The ending says in which format it is written."
"""What to know of a file that may be written in several formats."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""Return rows as comma-separated text; numbers lose no digit.

    Parameters
    ----------
    header : sequence of str
        Names of the columns, [-].
    rows : iterable of sequence
        Cells, [-].

    Returns
    -------
    str
        The text, [-].

    Examples
    --------
    >>> csv_text(("a", "b"), [(1, "x, y")])
    'a,b\n1,"x, y"\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def check_file(path: Path, what: str, option: str) -> None:
    """Refuse a file that could not be written, before anything is simulated.

    Parameters
    ----------
    path : Path
        File to write, [-].
    what : str
        What it is, for the message, [-].
    option : str
        The option that names it, [-].

    Raises
    ------
    InputError
        It is a folder, a file of another kind, or nothing may be written where it would stand.
    """
    _refuse_foreign(path, what, option)
    check_place(path, what, option)


def check_ending(path: Path, what: str, endings: Collection[str], hint: str = BY_ENDING) -> None:
    """Refuse a file whose ending promises a format that is not written.

    Parameters
    ----------
    path : Path
        File to write, [-].
    what : str
        What it is, for the message, [-].
    endings : collection of str
        Those that are written, in small letters; at least one, [-].
    hint : str, optional
        What to do, [-].

    Raises
    ------
    InputError
        It is a folder, or ends otherwise; the message lists the endings.
    """
    *most, last = endings
    wanted = f"{', '.join(most)} or {last}" if most else last
    if path.is_dir():
        raise InputError(
            f"{what} {path} would replace a folder.",
            hint=f"Name a file in it that ends in {wanted}.",
        )
    if path.suffix.lower() not in endings:
        ending = repr(path.suffix) if path.suffix else "nothing"
        raise InputError(f"{what} {path} ends in {ending}; {wanted} is wanted.", hint=hint)


PAGES = (".html", ".htm")
"""Endings of a page for a browser."""

PAGE_HINT = "It is a page for a browser, which can print it as PDF."
"""What to do where a page was wanted as something else."""

REPLACED = (".html", ".htm", ".csv", ".png", ".svg", ".xlsx", ".json", ".parquet")
"""Endings of files that an older one of may be replaced; others may be somebody's work."""


def _refuse_foreign(path: Path, what: str, option: str) -> None:
    """Refuse to replace what this program does not write."""
    if path.is_dir():
        raise unwritable(path, what, option, "it is a folder")
    if not path.exists():
        return
    if not path.is_file():
        raise unwritable(path, what, option, "it is no ordinary file")
    if path.suffix.lower() not in REPLACED:
        kinds = ", ".join(REPLACED)
        raise unwritable(path, what, option, f"it is there already, and not as {kinds}")


def check_place(path: Path, what: str, option: str) -> None:
    """Refuse a place in which nothing may be written.

    Parameters
    ----------
    path : Path
        File or folder to write, [-].
    what : str
        What it is, for the message, [-].
    option : str
        The option that names it, [-].

    Raises
    ------
    InputError
        It stands in something that is no folder, or in one that may not be written.
    """
    nearest = next(p for p in path.absolute().parents if p.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        why = f"nothing may be written into {nearest.name or nearest}"
        raise unwritable(path, what, option, why)


def write_file(path: Path, content: str | bytes, what: str, option: str) -> Path:
    """Write a file; an older one is replaced as a whole.

    Parameters
    ----------
    path : Path
        File to write, [-].
    content : str or bytes
        What it holds, [-].
    what : str
        What it is, for the message, [-].
    option : str
        The option that names it, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written, or one of another kind stands there.
    """
    _refuse_foreign(path, what, option)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
        unfinished.replace(path)
    except OSError as error:
        _remove(unfinished)
        raise unwritable(path, what, option, error.strerror) from error
    return path


def _remove(unfinished: Path) -> None:
    """Leave nothing half beside a file, as far as that is possible."""
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)


def unwritable(path: Path, what: str, option: str, why: str | None) -> InputError:
    """Return the error of a file that cannot be written.

    Parameters
    ----------
    path : Path
        The file, [-].
    what : str
        What it is, [-].
    option : str
        The option that names it, [-].
    why : str or None
        The reason, [-].

    Returns
    -------
    InputError
        With what to do, [-].
    """
    return InputError(
        f"{what} {path} cannot be written: {why}.",
        hint=f"Choose another with {option}, or make room.",
    )
