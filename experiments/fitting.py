"""Fit the surrogates of a study, or load the ones that an equal study fitted before.

A fit is named by its content: the space, the population, the training design and the code of domain
and models. The checksum of its file stands in the store; a file without one is fitted again.
"""

import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from attrs import asdict, frozen

from experiments.datasets import measured_curves
from experiments.store import ModelRecord, Store
from formulation.patients import Population
from formulation.space import DesignSpace, SystemSpace
from models.surrogates.card import make_card
from models.surrogates.chain import SurrogateChain
from models.surrogates.emulator import SystemSurrogate, fit
from models.surrogates.persistence import load, save
from models.surrogates.table import MeasuredCurve, build_table, code_fingerprint

TRAINING_DESIGNS = 192
"""Simulated designs for each delivery system, [-]."""

TRAINING_SEED = 20260101
"""Seed of the training designs, the same for every study, [-]."""


@frozen(kw_only=True, eq=False)
class FittedModels:
    """The surrogates of a study with their versions."""

    chain: SurrogateChain
    """Answers at surrogate fidelity."""

    records: tuple[ModelRecord, ...]
    """Version of each surrogate, with its card."""

    n_fitted: int
    """How many were fitted now rather than loaded, [-]."""

    fitted: frozenset[str] = frozenset()
    """Uuids of those versions."""


def fit_or_load(
    space: DesignSpace,
    population: Population,
    store: Store,
    folder: Path,
    say: Callable[[str], None],
    *,
    again: bool = False,
) -> FittedModels:
    """Return a surrogate for every system of a study.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].
    population : Population
        Who takes the products, [-].
    store : Store
        Keeps the checksums and cards, [-].
    folder : Path
        Where models lie, [-].
    say : callable
        Told what is being done, in words, [-].
    again : bool, optional
        Fit also what was fitted before; the new version is then the one that is loaded, [-].

    Returns
    -------
    FittedModels
        The chain and the versions behind it, [-].

    Raises
    ------
    DataError
        A model file is damaged or foreign.
    """
    surrogates: dict[str, SystemSurrogate] = {}
    records = []
    fitted: set[str] = set()
    for system in space.systems:
        part = space.space_of(system)
        measured = measured_curves(store, system)
        key = content_key(part, population, measured)
        record = next((m for m in reversed(store.models()) if m.card.get("key") == key), None)
        if record is not None and Path(record.path).is_dir() and not again:
            surrogates[system] = load(Path(record.path), record.sha256)
        else:
            rows = f", {len(measured)} measured curves" if measured else ""
            say(f"fitting {system}: {TRAINING_DESIGNS} designs × {population.size} subjects{rows}")
            surrogates[system], record = _fit(part, population, measured, key, store, folder)
            fitted.add(record.id)
        records.append(record)
    return FittedModels(
        chain=SurrogateChain(population=population, surrogates=surrogates),
        records=tuple(records),
        n_fitted=len(fitted),
        fitted=frozenset(fitted),
    )


def content_key(
    space: SystemSpace, population: Population, measured: Sequence[MeasuredCurve] = ()
) -> str:
    """Return the name of the training run of one system.

    Parameters
    ----------
    space : SystemSpace
        One system's space, [-].
    population : Population
        Who takes the products, [-].
    measured : sequence of MeasuredCurve, optional
        A laboratory's curves of the system; their version names them, [-].

    Returns
    -------
    str
        SHA-256 of everything that decides the training rows, [-].
    """
    content = {
        "space": space.as_dict(),
        "population": asdict(population),
        "designs": TRAINING_DESIGNS,
        "seed": TRAINING_SEED,
        "measured": sorted({curve.source for curve in measured}),
        "code": code_fingerprint(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "skops")},
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _fit(
    space: SystemSpace,
    population: Population,
    measured: Sequence[MeasuredCurve],
    key: str,
    store: Store,
    folder: Path,
) -> tuple[SystemSurrogate, ModelRecord]:
    from sklearn.exceptions import ConvergenceWarning

    table = build_table(
        space, population, n_designs=TRAINING_DESIGNS, seed=TRAINING_SEED, measured=measured
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        surrogate, metrics = fit(table, seed=TRAINING_SEED)
    card = make_card(key, table, surrogate, metrics, TRAINING_SEED)
    card["warnings"] = sorted({str(w.message) for w in caught})
    unnamed = folder / f".{space.name}-{uuid4().hex}"
    checksum = save(surrogate, card, unnamed)
    # Two runs may fit at once, and their bytes differ: the checksum keeps their folders apart.
    place = folder / f"{space.name}-{key[:16]}-{checksum[:16]}"
    if place.is_dir():  # the same bytes again, as they may come out of a fit that is repeated
        shutil.rmtree(place)
    unnamed.replace(place)
    return surrogate, store.put_model(
        name=f"{space.name}@{population.name}", sha256=checksum, path=str(place), card=card
    )
