"""Fit the surrogates of a study without its search, or bring a file back from the registry."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from experiments.config import StudySpec
from experiments.fitting import fit_or_load
from experiments.store import Store
from experiments.surrogates.versions import file_state, find_model, headline, identity
from experiments.tracking import fetch_model
from experiments.workspace import Workspace
from formulation.errors import DataError, UnknownNameError
from formulation.space import DesignSpace
from models.keeping.files import CARD_FILE
from models.keeping.trial import try_in_process


def train_models(
    spec: StudySpec,
    workspace: Workspace,
    say: Callable[[str], None],
    *,
    system: str | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """Fit the surrogates of a study without running its search.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].
    workspace : Workspace
        Where they are kept, [-].
    say : callable
        Told what is being done, in words, [-].
    system : str, optional
        Only this delivery system's, [-].
    again : bool, optional
        Fit also what is there already; the new version then counts, [-].

    Returns
    -------
    dict
        Study, population, and each version with whether it was fitted now, [-].

    Raises
    ------
    UnknownNameError
        The study has no such system.
    """
    space = spec.space
    if system is not None:
        if system not in space.systems:
            raise UnknownNameError(f"System of study {spec.name!r}", system, space.systems)
        space = DesignSpace(spaces=(space.space_of(system),))
    with Store.open(workspace.store_place) as store:
        found = fit_or_load(
            space, spec.population, store, workspace.models_folder, say, again=again
        )
        return {
            "study": spec.name,
            "population": spec.population.name,
            "models": [
                {
                    **identity(record),
                    "system": record.card["system"],
                    "fitted_now": record.id in found.fitted,
                    "rows_by_origin": record.card["rows_by_origin"],
                    "headline": headline(record.card),
                    "path": record.path,
                }
                for record in found.records
            ],
        }


def restore_model(ref: str, workspace: Workspace) -> dict[str, Any]:
    """Bring the file of a version back from the registry, where it is missing here.

    The bytes must have the checksum that the store kept, and load in a process of their own with
    limits, before they lie where surrogates are loaded from.

    Parameters
    ----------
    ref : str
        Name, system or start of the checksum, [-].
    workspace : Workspace
        Where it is to be kept, and whose tracking address has the registry, [-].

    Returns
    -------
    dict
        The version and what was done, [-].

    Raises
    ------
    DataError
        The registry has not the bytes that were fitted, or they do not load.
    """
    with Store.open(workspace.store_place, create=False) as store:
        record = find_model(store.models(), ref)
    state = file_state(record)
    if state == "there":
        return {**identity(record), "path": record.path, "fetched": False}
    place = Path(record.path)
    if not place.resolve().is_relative_to(workspace.models_folder.resolve()):
        raise DataError(
            f"Model {record.name}: its place {place} is outside of this workspace.",
            hint="Fit it here: formulation models train.",
        )
    if state == "changed" or place.exists():
        raise DataError(
            f"Model {record.name}: {place} is there, but not as it was fitted.",
            hint="Move the folder away first; then its file can be fetched.",
        )
    unnamed = workspace.models_folder / f".fetched-{uuid4().hex}"
    unnamed.mkdir(parents=True)
    try:
        fetch_model(workspace, record.name, record.sha256, unnamed)
        try_in_process(unnamed, record.sha256)
        (unnamed / CARD_FILE).write_text(json.dumps(record.card, indent=1, allow_nan=False))
        place.parent.mkdir(parents=True, exist_ok=True)
        unnamed.replace(place)
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)
    return {**identity(record), "path": record.path, "fetched": True}
