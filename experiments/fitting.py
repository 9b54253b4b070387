"""Fit the surrogates of a study, or load the ones that an equal study fitted before.

A fit is named by its content: the space, the population, the training design and the code of domain
and models. The checksum of its file stands in the store; a file without one is fitted again.

The simulated rows are kept beside the models: when only a laboratory's curves are new, they are
read instead of simulated again. Their checksum stands on the card of the fit that simulated them.
"""

import json
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import asdict, evolve, frozen

from experiments.datasets import measured_absorption, measured_curves
from experiments.processors import available_processors, one_thread
from experiments.store import ModelRecord, Store, StudyRecord
from formulation.errors import DataError
from formulation.patients import Population, named_population
from formulation.space import DesignSpace, SystemSpace
from models.surrogates.absorption import (
    MeasuredAbsorption,
    literature_ratios,
    measured_ratios,
)
from models.surrogates.absorption_gap import AbsorptionGap, discrepancies, model_error_of
from models.surrogates.card import make_card
from models.surrogates.chain import SurrogateChain
from models.surrogates.curve_fit import fit_curves
from models.surrogates.emulator import SystemSurrogate, fit
from models.surrogates.endpoint_fit import fit_endpoints
from models.surrogates.persistence import load, save
from models.surrogates.rows import SimulatedRows, keep_rows, read_rows_file, simulate_rows
from models.surrogates.table import (
    MeasuredCurve,
    TrainingTable,
    code_fingerprint,
    with_measured,
)

TRAINING_DESIGNS = 512
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
    absorption: Sequence[MeasuredAbsorption] | None = None,
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
    absorption : sequence of MeasuredAbsorption, optional
        What a laboratory or user measured in people, of any system; the accepted data sets of the
        store when absent, [-].

    Returns
    -------
    FittedModels
        The chain and the versions behind it, [-].

    Raises
    ------
    DataError
        A model file is damaged or foreign, or a measured row must train nothing.
    """
    if absorption is None:
        absorption = measured_absorption(store)
    in_people = tuple(absorption)
    spoken = cache(lambda: _spoken(in_people))
    surrogates: dict[str, SystemSurrogate] = {}
    records = []
    fitted: set[str] = set()
    for system in space.systems:
        part = space.space_of(system)
        measured = measured_curves(store, system)
        key = content_key(part, population, measured, in_people)
        record = next((m for m in reversed(store.models()) if m.card.get("key") == key), None)
        if record is not None and Path(record.path).is_dir() and not again:
            surrogates[system] = load(Path(record.path), record.sha256)
        else:
            rows, kept = _rows(part, population, measured, store, folder, say)
            table = with_measured(rows, population, measured)
            surrogates[system], card = _fit(table, rows, spoken(), key)
            card["rows"] = kept
            record = _keep(surrogates[system], card, store, folder)
            fitted.add(record.id)
        records.append(record)
    return FittedModels(
        chain=SurrogateChain(population=population, surrogates=surrogates),
        records=tuple(records),
        n_fitted=len(fitted),
        fitted=frozenset(fitted),
    )


def refuse_other_models(study: StudyRecord, models: FittedModels) -> None:
    """Keep a study to the models it began with; values of two would stand side by side.

    Parameters
    ----------
    study : StudyRecord
        A study, [-].
    models : FittedModels
        What was fitted or loaded for it now, [-].

    Raises
    ------
    DataError
        They are others.
    """
    before = {m["key"] for m in study.info.get("models", [])}
    now = {m.card["key"] for m in models.records}
    if before and before != now:
        raise DataError(
            f"Study {study.label} was searched with models that this version would fit otherwise.",
            hint="Start it anew, or go on with the version of the program it began with.",
        )


def content_key(
    space: SystemSpace,
    population: Population,
    measured: Sequence[MeasuredCurve] = (),
    absorption: Sequence[MeasuredAbsorption] = (),
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
    absorption : sequence of MeasuredAbsorption, optional
        What was measured in people, [-].

    Returns
    -------
    str
        SHA-256 of everything that decides the training rows, [-].
    """
    content = {
        **_decides_rows(space, population),
        "measured": sorted({curve.source for curve in measured}),
        "absorption": sorted(_row_text(row) for row in absorption),
    }
    return _sha256(content)


def _decides_rows(space: SystemSpace, population: Population) -> dict[str, Any]:
    """Return everything that decides the simulated rows and what is fitted to them alone."""
    return {
        "space": space.as_dict(),
        "population": asdict(population),
        "designs": TRAINING_DESIGNS,
        "seed": TRAINING_SEED,
        "code": code_fingerprint(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "skops")},
    }


def _sha256(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _rows(
    space: SystemSpace,
    population: Population,
    measured: Sequence[MeasuredCurve],
    store: Store,
    folder: Path,
    say: Callable[[str], None],
) -> tuple[SimulatedRows, dict[str, str]]:
    """Return the simulated rows of a system, and where they are kept with which checksum."""
    key = _sha256(_decides_rows(space, population))
    more = f", {len(measured)} measured curves" if measured else ""
    found = (m.card.get("rows") for m in reversed(store.models()))
    kept = next((rows for rows in found if rows and rows["key"] == key), None)
    if kept is not None:
        try:
            rows = read_rows_file(Path(kept["path"]), kept["sha256"])
        except DataError as error:
            say(f"{error} They are simulated again.")
        else:
            say(f"fitting {space.name}: {len(rows.features)} designs simulated before{more}")
            return rows, kept
    say(f"fitting {space.name}: {TRAINING_DESIGNS} designs × {population.size} subjects{more}")
    rows = simulate_rows(
        space,
        population,
        n_designs=TRAINING_DESIGNS,
        seed=TRAINING_SEED,
        threads=available_processors(),
    )
    with one_thread():
        table = with_measured(rows, population, ())
        rows = evolve(rows, endpoint_fit=fit_endpoints(table), curve_fit=fit_curves(table))
    place = folder / "rows" / f"{space.name}-{key[:16]}-{uuid4().hex[:16]}.npz"
    return rows, {"key": key, "path": str(place), "sha256": keep_rows(rows, place)}


def _row_text(row: MeasuredAbsorption) -> str:
    """Return everything of a measured row that a fit reads."""
    who = (row.source, row.design.key, row.population, row.endpoint)
    return json.dumps([*who, row.value, row.sd, row.n])


@frozen(kw_only=True)
class _Spoken:
    """What measured absorption says of the endpoints."""

    gaps: tuple[AbsorptionGap, ...]
    left_out: tuple[str, ...]


def _spoken(absorption: Sequence[MeasuredAbsorption]) -> _Spoken:
    """Return how far measured absorption lies from simulated: published, and the user's own."""
    mine = measured_ratios(absorption, named_population)
    gaps = discrepancies([*literature_ratios(), *mine.ratios])
    return _Spoken(gaps=gaps, left_out=mine.left_out)


def _fit(
    table: TrainingTable, rows: SimulatedRows, spoken: _Spoken, key: str
) -> tuple[SystemSurrogate, dict[str, Any]]:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        with one_thread():
            surrogate, metrics = fit(
                table, rows.endpoint_fit, model_error_of(spoken.gaps), rows.curve_fit
            )
    card = make_card(key, table, surrogate, metrics, TRAINING_SEED, spoken.gaps)
    card["measured_absorption_left_out"] = list(spoken.left_out)
    card["warnings"] = sorted({str(w.message) for w in caught})
    return surrogate, card


def _keep(
    surrogate: SystemSurrogate, card: dict[str, Any], store: Store, folder: Path
) -> ModelRecord:
    unnamed = folder / f".{surrogate.system}-{uuid4().hex}"
    checksum = save(surrogate, card, unnamed)
    # Two runs may fit at once, and their bytes differ: the checksum keeps their folders apart.
    place = folder / f"{surrogate.system}-{card['key'][:16]}-{checksum[:16]}"
    if place.is_dir():  # the same bytes again, as they may come out of a fit that is repeated
        shutil.rmtree(place)
    unnamed.replace(place)
    name = f"{surrogate.system}@{card['population']}"
    return store.put_model(name=name, sha256=checksum, path=str(place), card=card)
