"""Write and read a fitted model: values, arrays and estimators under names, in one skops file.

The checksum is kept by the caller's database, not beside the file, so that whoever can write the
file cannot make it pass. Nothing else of a folder is ever read: neither an ``MLmodel`` with its
lists and paths, nor code. No pickle is ever read or written.
"""

import json
import os
import stat
import struct
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from formulation.errors import DataError
from models.keeping.allowed import TRUSTED_TYPES, foreign_types
from models.keeping.archive import MAX_BYTES, Unsound, read_schema
from models.keeping.soundness import check_built

FORMAT = 3
MODEL_FILE = "surrogate.skops"
CARD_FILE = "card.json"
AGAIN = "Remove the folder; the next run fits the model again."
NOT_OURS = "Remove it; it was not written by this product."

UNREADABLE = (
    *(BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, MemoryError, OSError),
    *(LookupError, ValueError, TypeError, AttributeError, ImportError, ArithmeticError),
)
"""What skops, numpy and scikit-learn let through when the content is not one of ours."""


def save_estimator(
    state: Mapping[str, Any], folder: Path, card: Mapping[str, Any] | None = None
) -> str:
    """Write a fitted model and its card, and return the checksum of the file.

    Parameters
    ----------
    state : mapping of str to Any
        Plain values, arrays and estimators by name, [-].
    folder : Path
        Folder of its own, [-].
    card : mapping, optional
        Its card, JSON-able; none is written without one, [-].

    Returns
    -------
    str
        SHA-256 of the model file, to be kept elsewhere, [-].

    Raises
    ------
    TypeError
        Part of the state is of a type that no model file may hold.
    ValueError
        The model is larger than any that would be read, or the card holds a number that is not
        finite.
    """
    from skops.io import dumps

    content = dumps({**state, "format": FORMAT})
    if len(content) > MAX_BYTES:
        raise ValueError(f"a model of {len(content):,} bytes; at most {MAX_BYTES:,} are read back")
    try:
        foreign = foreign_types(read_schema(content))
    except Unsound as error:
        raise TypeError(f"a model may hold values, arrays and estimators only: {error}") from error
    if foreign:
        raise TypeError(
            f"a model may not hold {_names(foreign)}; models.keeping.allowed lists what it may"
        )
    written = None if card is None else json.dumps(card, indent=1, allow_nan=False).encode()
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / MODEL_FILE, content)
    if written is not None:
        _replace(folder / CARD_FILE, written)
    return sha256(content).hexdigest()


def load_estimator(folder: Path, checksum: str) -> dict[str, Any]:
    """Read a fitted model whose checksum is known.

    Parameters
    ----------
    folder : Path
        Folder `save_estimator` wrote to, [-].
    checksum : str
        SHA-256 that it returned, [-].

    Returns
    -------
    dict of str to Any
        What was saved, [-].

    Raises
    ------
    DataError
        The file is missing, no ordinary file or too large, differs from what was saved, holds a
        type that is not allowed, is none of this format, or would crash when it predicts.
    """
    path = folder / MODEL_FILE
    content = read_model_bytes(path)
    if sha256(content).hexdigest() != checksum:
        raise DataError(
            f"Model file {path} is not the one that was saved; its checksum differs.", hint=AGAIN
        )
    return _parse(content, path)


def read_model_bytes(path: Path) -> bytes:
    """Return the bytes of an ordinary file of a size that a model may have.

    Parameters
    ----------
    path : Path
        The file; a link is not followed, [-].

    Returns
    -------
    bytes
        Its content, [-].

    Raises
    ------
    DataError
        It is missing, a link, no ordinary file, or too large.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else error.strerror
        raise DataError(f"Model file {path} cannot be read: {reason}.", hint=AGAIN) from error
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"Model file {path} is no ordinary file.", hint=NOT_OURS)
        if status.st_size > MAX_BYTES:
            raise DataError(
                f"Model file {path} has {status.st_size:,} bytes; at most {MAX_BYTES:,} are read.",
                hint=NOT_OURS,
            )
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(MAX_BYTES)
    finally:
        os.close(number)


def _parse(content: bytes, path: Path) -> dict[str, Any]:
    """Build what a file holds, and nothing else, after everything that can be known before."""
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        foreign = foreign_types(read_schema(content))
        if foreign:
            raise DataError(
                f"Model file {path} holds a type that no surrogate has: {_names(foreign)}.",
                hint=NOT_OURS,
            )
        state = loads(content, trusted=list(TRUSTED_TYPES))
        check_built(state)
    except UntrustedTypesFoundException as error:
        raise DataError(
            f"Model file {path} holds a type that no surrogate has: {error}.", hint=NOT_OURS
        ) from error
    except Unsound as error:
        raise DataError(f"Model file {path} is no sound model: {error}.", hint=NOT_OURS) from error
    except UNREADABLE as error:
        raise DataError(
            f"Model file {path} is no readable skops file ({type(error).__name__}: {error}).",
            hint=AGAIN,
        ) from error
    found = state.pop("format", None) if isinstance(state, dict) else None
    if not isinstance(state, dict) or found != FORMAT:
        raise DataError(f"Model file {path} has format {found}, not {FORMAT}.", hint=AGAIN)
    return state


def _names(types: list[str]) -> str:
    shown = ", ".join(types[:5])
    return shown + (f" and {len(types) - 5} more" if len(types) > 5 else "")


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_bytes(content)
    partial.replace(path)
