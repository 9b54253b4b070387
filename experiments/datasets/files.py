"""Files that a user gives, read with care; and files of ours, put in place whole or not at all."""

import os
from pathlib import Path
from stat import S_ISREG
from uuid import uuid4

from formulation.errors import InputError, Problem
from models.data.table_limits import MAX_FILE_BYTES


def read_bytes(path: Path, hint: str = "Name a CSV or .xlsx file.") -> bytes:
    """Return the bytes of a file; how many the parser takes is known before they are read.

    Parameters
    ----------
    path : Path
        A file, [-].
    hint : str, optional
        What to do when it cannot be read, [-].

    Returns
    -------
    bytes
        Its content, [-].

    Raises
    ------
    InputError
        It cannot be read, is no ordinary file, or too large.
    """
    try:
        status = path.stat()
        if S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES:
            return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"the file cannot be read: {reason}.", hint) from None
    if not S_ISREG(status.st_mode):
        raise _unreadable(path, "this is no ordinary file.", hint)
    message = f"the file has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read."
    raise _unreadable(path, message, hint)


def put_in_place(path: Path, content: bytes) -> None:
    """Put a file in place whole and durable, or not at all.

    Parameters
    ----------
    path : Path
        Where it is to lie; its folder is made, [-].
    content : bytes
        Its content, [-].
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        with made.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unreadable(path: Path, message: str, hint: str) -> InputError:
    problem = Problem(code="unreadable_file", message=message, file=str(path), hint=hint)
    return InputError(message, problems=[problem])
