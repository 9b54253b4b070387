"""The surrogate of a delivery system on disk, in the one form that model files have.

`models.keeping` writes, checks and reads the file; what a surrogate is made of stands here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict

from formulation.errors import DataError
from models.keeping.files import AGAIN, MODEL_FILE, load_estimator, save_estimator
from models.learning.applicability import Applicability
from models.surrogates.calibration import Calibration
from models.surrogates.direct import DirectCurve
from models.surrogates.discrepancy import Discrepancy
from models.surrogates.emulator import SystemSurrogate
from models.surrogates.law_features import body_columns

_MODELS = ("curve_model", "endpoint_model")


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
    state = {
        "system": surrogate.system,
        "feature_names": list(surrogate.feature_names),
        "calibration": asdict(surrogate.calibration),
        "applicability": surrogate.applicability.as_dict(),
        "discrepancy": surrogate.discrepancy.state(),
        "direct": None if surrogate.direct is None else surrogate.direct.state(),
        "measured_names": dict(surrogate.measured_names),
        **{name: getattr(surrogate, name) for name in _MODELS},
    }
    return save_estimator(state, folder, card)


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
        The file cannot be read as `models.keeping.files.load_estimator` reads it, or lacks a part
        of a surrogate.
    """
    from sklearn.pipeline import Pipeline

    state = load_estimator(folder, checksum)
    try:
        foreign = [name for name in _MODELS if not isinstance(state[name], Pipeline)]
        if foreign:
            raise TypeError(f"{' and '.join(foreign)} must be a fitted pipeline")
        return SystemSurrogate(
            system=state["system"],
            feature_names=tuple(state["feature_names"]),
            **{name: state[name] for name in _MODELS},
            calibration=Calibration(**state["calibration"]),
            applicability=Applicability.from_dict(state["applicability"]),
            discrepancy=Discrepancy.from_state(state["discrepancy"]),
            direct=_direct(state["direct"], state["feature_names"]),
            measured_names=dict(state["measured_names"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"Model file {folder / MODEL_FILE} lacks a part of a surrogate ({error}).", hint=AGAIN
        ) from error


def _direct(state: Mapping[str, Any] | None, names: Sequence[str]) -> DirectCurve | None:
    """Return the family that answers for whole curves, if one was kept."""
    if state is None:
        return None
    recipe = ~body_columns(names)
    return DirectCurve.from_state(state, [n for n, kept in zip(names, recipe, strict=True) if kept])
