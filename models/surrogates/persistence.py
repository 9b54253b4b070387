"""Surrogates on disk: a skops file with a fixed allow-list, a checksum, and a card.

The list of types a file may hold stands here and nowhere else; it is never read from a file. The
checksum is kept by the caller's database, not beside the file, so that whoever can write the file
cannot make it pass. No pickle is ever read or written.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from attrs import asdict

from formulation.errors import DataError
from models.surrogates.emulator import Calibration, SystemSurrogate

TRUSTED_TYPES = (
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
)
"""Types beyond skops' own defaults that a surrogate file may hold."""

FORMAT = 1
MODEL_FILE = "surrogate.skops"
CARD_FILE = "card.json"
_ARRAYS = ("low", "high")
_FACTORS = ("curve_factor", "endpoint_factor")


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
            "curve_model": surrogate.curve_model,
            "endpoint_model": surrogate.endpoint_model,
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
        The file is missing, differs from what was saved, or holds a type that is not allowed.
    """
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    path = folder / MODEL_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"Model file {path} cannot be read: {error.strerror}.") from error
    if sha256(content).hexdigest() != checksum:
        raise DataError(
            f"Model file {path} is not the one that was saved; its checksum differs.",
            hint="Remove the folder; the next run fits the model again.",
        )
    try:
        state = loads(content, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise DataError(
            f"Model file {path} holds a type that no surrogate has: {error}.",
            hint="Remove it; it was not written by this product.",
        ) from error
    if state.get("format") != FORMAT:
        raise DataError(f"Model file {path} has format {state.get('format')}, not {FORMAT}.")
    return SystemSurrogate(
        system=state["system"],
        feature_names=tuple(state["feature_names"]),
        **{name: np.asarray(state[name]) for name in _ARRAYS},
        curve_model=state["curve_model"],
        endpoint_model=state["endpoint_model"],
        calibration=Calibration(**state["calibration"]),
    )


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
