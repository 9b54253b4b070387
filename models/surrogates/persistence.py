"""Surrogates on disk: a skops file with a fixed allow-list, a checksum, and a card.

The list of types a file may hold stands here and nowhere else; it is never read from a file. The
checksum is kept by the caller's database, not beside the file, so that whoever can write the file
cannot make it pass. No pickle is ever read or written.
"""

import json
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from attrs import asdict

from formulation.errors import DataError
from models.surrogates.discrepancy import Discrepancy
from models.surrogates.emulator import Calibration, SystemSurrogate

TRUSTED_TYPES = (
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
)
"""Types beyond skops' own defaults that a surrogate file may hold."""

FORMAT = 2
MODEL_FILE = "surrogate.skops"
CARD_FILE = "card.json"
_ARRAYS = ("low", "high")
_MODELS = ("curve_model", "endpoint_model")
_AGAIN = "Remove the folder; the next run fits the model again."
_UNREADABLE = (
    *(BadZipFile, zlib.error, EOFError, RuntimeError),
    *(LookupError, ValueError, TypeError, AttributeError, ImportError),
)
"""What skops lets through when the content is no surrogate that this version wrote."""


def save(surrogate: SystemSurrogate, card: Mapping[str, Any], folder: Path) -> str:
    """Write a surrogate and its card, and return the checksum of the file.

    Parameters
    ----------
    surrogate : SystemSurrogate
        What was fitted, [-].
    card : mapping
        Its card, JSON-able, [-].
    folder : Path
        Folder of its own, [-].

    Returns
    -------
    str
        SHA-256 of the model file, to be kept elsewhere, [-].
    """
    from skops.io import dumps

    calibration = asdict(surrogate.calibration)
    content = dumps(
        {
            "format": FORMAT,
            "system": surrogate.system,
            "feature_names": list(surrogate.feature_names),
            **{name: getattr(surrogate, name) for name in _ARRAYS},
            "calibration": calibration,
            **{name: getattr(surrogate, name) for name in _MODELS},
            "discrepancy": surrogate.discrepancy.state(),
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / MODEL_FILE, content)
    _replace(folder / CARD_FILE, json.dumps(card, indent=1, allow_nan=False).encode())
    return sha256(content).hexdigest()


def load(folder: Path, checksum: str) -> SystemSurrogate:
    """Read a surrogate whose checksum is known.

    Parameters
    ----------
    folder : Path
        Folder `save` wrote to, [-].
    checksum : str
        SHA-256 that `save` returned, [-].

    Returns
    -------
    SystemSurrogate
        The same predictions as before, [-].

    Raises
    ------
    DataError
        The file is missing, differs from what was saved, holds a type that is not allowed, or is
        no surrogate of this format.
    """
    path = folder / MODEL_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"Model file {path} cannot be read: {error.strerror}.", hint=_AGAIN
        ) from error
    if sha256(content).hexdigest() != checksum:
        raise DataError(
            f"Model file {path} is not the one that was saved; its checksum differs.",
            hint=_AGAIN,
        )
    return _build(_parse(content, path), path)


def _parse(content: bytes, path: Path) -> dict[str, Any]:
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        state = loads(content, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise DataError(
            f"Model file {path} holds a type that no surrogate has: {error}.",
            hint="Remove it; it was not written by this product.",
        ) from error
    except _UNREADABLE as error:
        raise DataError(
            f"Model file {path} is no readable skops file ({type(error).__name__}: {error}).",
            hint=_AGAIN,
        ) from error
    found = state.get("format") if isinstance(state, dict) else None
    if not isinstance(state, dict) or found != FORMAT:
        raise DataError(f"Model file {path} has format {found}, not {FORMAT}.", hint=_AGAIN)
    return state


def _build(state: dict[str, Any], path: Path) -> SystemSurrogate:
    from sklearn.pipeline import Pipeline

    try:
        foreign = [name for name in _MODELS if not isinstance(state[name], Pipeline)]
        if foreign:
            raise TypeError(f"{' and '.join(foreign)} must be a fitted pipeline")
        return SystemSurrogate(
            system=state["system"],
            feature_names=tuple(state["feature_names"]),
            low=np.asarray(state["low"]),
            high=np.asarray(state["high"]),
            **{name: state[name] for name in _MODELS},
            calibration=Calibration(**state["calibration"]),
            discrepancy=Discrepancy.from_state(state["discrepancy"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"Model file {path} lacks a part of a surrogate ({error}).", hint=_AGAIN
        ) from error


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card beside a saved surrogate.

    Parameters
    ----------
    folder : Path
        Folder `save` wrote to, [-].

    Returns
    -------
    dict
        The card, [-].

    Raises
    ------
    DataError
        There is no card, or it is not JSON.
    """
    path = folder / CARD_FILE
    try:
        card: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DataError(f"Model card {path} cannot be read: {error}.") from error
    return card


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_bytes(content)
    partial.replace(path)
