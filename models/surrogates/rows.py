"""The simulated rows of a surrogate, kept so that a later fit need not simulate them again.

They are what a fit pays for: every design followed in every subject. They depend on the space, the
population, the number and seed of the designs and the code, and on nothing that a laboratory
brings. What the fits of endpoints and of the law's curves found is kept with them, since they rest
on them alone. The file
holds arrays of numbers and texts, never objects; its checksum stands elsewhere.
"""

import zlib
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import DataError
from formulation.patients import Population
from formulation.space import SystemSpace
from models.chain import CURVE_TIMES_H, PERCENTILES
from models.population import draw_subjects
from models.release import release_law
from models.release.bench import bench_curves
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, feature_row, space_filling
from models.surrogates.validation import CrossValidation

FORMAT = 2
_UNREADABLE = (BadZipFile, zlib.error, EOFError, LookupError, ValueError, TypeError, OSError)
"""What numpy lets through when the content is no file of rows that this version wrote."""


@frozen(kw_only=True, eq=False)
class ProcessFit:
    """What the fit of a process found: enough to have it again without a search."""

    kernel: FloatArray
    """Logarithms of the kernel's numbers, of shape (n_numbers,)."""

    held_out: CrossValidation
    """Each row predicted by a fit without its fold, on the scales that are learnt."""


@frozen(kw_only=True, eq=False)
class SimulatedRows:
    """Simulated rows of one system in one population."""

    system: str
    """Delivery system."""

    feature_names: tuple[str, ...]
    """Columns of the features."""

    features: FloatArray
    """Of shape (n_rows, n_features), units in the names."""

    curves: FloatArray
    """Fraction released at `CURVE_TIMES_H`, of shape (n_rows, n_times), [-]."""

    endpoints: FloatArray
    """Learnt endpoints, of shape (n_rows, n_keys)."""

    groups: tuple[str, ...]
    """Design key of each row."""

    endpoint_fit: ProcessFit | None = field(default=None)
    """What the fit of the endpoints found; None before it."""

    curve_fit: ProcessFit | None = field(default=None)
    """What the fit of the curves found; None before it."""


def simulate_rows(
    space: SystemSpace, population: Population, *, n_designs: int, seed: int, threads: int = 1
) -> SimulatedRows:
    """Simulate a space-filling set of designs.

    Parameters
    ----------
    space : SystemSpace
        One system's space, [-].
    population : Population
        Who takes the products, [-].
    n_designs : int
        Simulated designs, [-].
    seed : int
        Seed of the design set, [-].
    threads : int, optional
        Threads; the rows are the same, [-].

    Returns
    -------
    SimulatedRows
        One row a design, [-].
    """
    from models.responses import simulate_responses

    designs = space_filling(space, n_designs, seed)
    subjects = draw_subjects(population)
    responses = simulate_responses(designs, subjects, threads=threads).values
    rows = [feature_row(design) for design in designs]
    curves = bench_curves([release_law(design) for design in designs], CURVE_TIMES_H)
    return SimulatedRows(
        system=space.name,
        feature_names=tuple(rows[0]),
        features=np.array([list(row.values()) for row in rows]),
        curves=np.array([curve.fraction for curve in curves]),
        endpoints=np.column_stack(
            [
                np.percentile(responses[name], percent, axis=1)
                for name in LEARNT
                for percent in PERCENTILES.values()
            ]
        ),
        groups=tuple(design.key for design in designs),
    )


def keep_rows(rows: SimulatedRows, path: Path) -> str:
    """Write rows to a file, whole or not at all, and return its checksum.

    Parameters
    ----------
    rows : SimulatedRows
        What was simulated, with what their fits found, [-].
    path : Path
        File, [-].

    Returns
    -------
    str
        SHA-256 of the file, to be kept elsewhere, [-].
    """
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "system": np.array(rows.system),
        "feature_names": np.array(rows.feature_names),
        "endpoint_keys": np.array(ENDPOINT_KEYS),
        "features": rows.features,
        "curves": rows.curves,
        "endpoints": rows.endpoints,
        "groups": np.array(rows.groups),
    }
    for prefix in _FITS:
        fit = getattr(rows, f"{prefix}_fit")
        if fit is not None:
            arrays[f"{prefix}_kernel"] = fit.kernel
            arrays |= {f"{prefix}_{name}": getattr(fit.held_out, name) for name in _HELD_OUT}
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content.getvalue())
    partial.replace(path)
    return sha256(content.getvalue()).hexdigest()


def read_rows_file(path: Path, checksum: str) -> SimulatedRows:
    """Read rows whose checksum is known.

    Parameters
    ----------
    path : Path
        File that `keep_rows` wrote, [-].
    checksum : str
        SHA-256 that `keep_rows` returned, [-].

    Returns
    -------
    SimulatedRows
        The same numbers as before, bit for bit, [-].

    Raises
    ------
    DataError
        The file is missing, differs from what was kept, or holds no rows of this format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"Kept rows {path} cannot be read: {error.strerror}.") from error
    if sha256(content).hexdigest() != checksum:
        raise DataError(f"Kept rows {path} are not those that were saved; their checksum differs.")
    try:
        with np.load(BytesIO(content), allow_pickle=False) as found:
            return _rows(found)
    except _UNREADABLE as error:
        raise DataError(
            f"Kept rows {path} hold no rows of format {FORMAT} ({type(error).__name__}: {error})."
        ) from error


_FITS = ("endpoint", "curve")
_HELD_OUT = ("target", "mean", "sd", "folds")


def _rows(found: Any) -> SimulatedRows:
    if int(found["format"]) != FORMAT or tuple(found["endpoint_keys"].tolist()) != ENDPOINT_KEYS:
        raise ValueError("another format or other endpoints")
    return SimulatedRows(
        system=str(found["system"]),
        feature_names=tuple(found["feature_names"].tolist()),
        features=found["features"],
        curves=found["curves"],
        endpoints=found["endpoints"],
        groups=tuple(found["groups"].tolist()),
        **{f"{prefix}_fit": _fit(found, prefix) for prefix in _FITS},
    )


def _fit(found: Any, prefix: str) -> ProcessFit | None:
    if f"{prefix}_kernel" not in found:
        return None
    held_out = CrossValidation(**{name: found[f"{prefix}_{name}"] for name in _HELD_OUT})
    return ProcessFit(kernel=found[f"{prefix}_kernel"], held_out=held_out)
