"""Writing what a person asked for, as a whole or not at all."""

import os
from pathlib import Path

from formulation.errors import InputError


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file; an older one is replaced as a whole.

    Parameters
    ----------
    path : Path
        File to write, [-].
    content : bytes
        What it holds, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        The file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise InputError(
            f"File {path} cannot be written: {error.strerror}.",
            hint="Name a file in a folder you may write to, or make room.",
        ) from error
    return path
