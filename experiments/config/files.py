"""The text of a file that a person wrote, and where things stand in it."""

from pathlib import Path
from stat import S_ISREG
from typing import NoReturn

from attrs import frozen

from formulation.errors import InputError, Problem

MAX_BYTES = 1_000_000
"""Largest study file, [-] (bytes)."""


ZIP = "a packed file (zip)"
NO_TEXT = {
    b"PK\x03\x04": ZIP,
    b"\xd0\xcf\x11\xe0": "an Excel or Word file of before 2007",
    b"%PDF-": "a PDF file",
}
"""Files that people take for text, by the bytes they begin with."""


@frozen(kw_only=True)
class Place:
    """Where something stands in a file."""

    line: int | None = None
    """Line, from 1; None for what was never written."""

    column: int | None = None
    """Column, from 1."""


NOWHERE = Place()
"""Place of a value that came from no file."""


def read_text(path: Path) -> str:
    """Return the text of a file a person wrote.

    Parameters
    ----------
    path : Path
        The file, [-].

    Returns
    -------
    str
        Its text, [-].

    Raises
    ------
    InputError
        It is missing, a directory, unreadable, larger than 1 MB or no UTF-8 text.
    """
    file = str(path)
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            what = "a directory" if path.is_dir() else "no ordinary file"
            refuse_file(file, "unreadable_file", f"this is {what}.", hint="Name a study file.")
        if status.st_size > MAX_BYTES:
            refuse_size(file, status.st_size)
        data = path.read_bytes()
    except FileNotFoundError:
        refuse_file(file, "unreadable_file", "the file does not exist.", hint="Check the path.")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        refuse_file(file, "unreadable_file", f"the file cannot be read: {reason}.")
    return decode(data, file)


def decode(data: bytes, file: str) -> str:
    """Return bytes as text.

    Parameters
    ----------
    data : bytes
        Content of a file, [-].
    file : str
        Its name, for messages, [-].

    Returns
    -------
    str
        The text, without a byte order mark, [-].

    Raises
    ------
    InputError
        It is too large, or no UTF-8 text.
    """
    if len(data) > MAX_BYTES:
        refuse_size(file, len(data))
    _refuse_known(data, file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is no UTF-8 text; a study file is text."
        refuse_file(file, "not_text", message, Place(line=line, column=1), "Save it as UTF-8.")
    if "\0" in text:
        place = Place(line=text.count("\n", 0, text.index("\0")) + 1, column=1)
        message = "a NUL byte was found; this looks like a binary file, a study file is text."
        refuse_file(file, "not_text", message, place, "Name a YAML file.")
    return text


def _refuse_known(data: bytes, file: str) -> None:
    """Refuse what is no text by what it is, as far as its first bytes tell."""
    what = next((what for mark, what in NO_TEXT.items() if data.startswith(mark)), "")
    if what:
        if what == ZIP and b"xl/" in data:
            what = "an Excel workbook"
        message = f"this is {what}; a study, product or patient is written as text (YAML)."
        hint = "`formulation init` writes a study file to start from."
        refuse_file(file, "not_text", message, Place(line=1, column=1), hint)


def refuse_size(file: str, size: int) -> NoReturn:
    """Raise the error for a file that is too large.

    Parameters
    ----------
    file : str
        Its name, [-].
    size : int
        Its bytes, [-].

    Raises
    ------
    InputError
        Always.
    """
    message = f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read."
    refuse_file(file, "too_large", message, hint="A study file needs a few kilobytes.")


def refuse_file(
    file: str, code: str, message: str, place: Place = NOWHERE, hint: str = ""
) -> NoReturn:
    """Raise the error for a file that cannot be read any further.

    Parameters
    ----------
    file : str
        Its name, [-].
    code : str
        Stable name of the rule's family, [-].
    message : str
        What is wrong, [-].
    place : Place, optional
        Where it is wrong, [-].
    hint : str, optional
        What to do, [-].

    Raises
    ------
    InputError
        Always.
    """
    problem = Problem(
        code=code, message=message, file=file, line=place.line, column=place.column, hint=hint
    )
    raise InputError(message, problems=[problem])
