"""Stored studies as they are: the document of one, and a line for each."""

from typing import Any

from experiments.candidates import most_desirable
from experiments.config import objectives_of_config
from experiments.config.stops import mode_of_config
from experiments.results import study_document
from experiments.standing import REPEATS, state_of
from experiments.store import Store
from experiments.workspace import Workspace


def read_study(ref: str, workspace: Workspace) -> dict[str, Any]:
    """Return the document of a stored study.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where it is kept, [-].

    Returns
    -------
    dict
        The document; a study whose driver is gone is interrupted, [-].
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        document = study_document(store, study)
        document["study"]["state"] = state_of(store, study.id)
    return document


def namesakes(ref: str, workspace: Workspace) -> tuple[str, ...]:
    """Return the studies that somebody who writes a name may mean.

    Parameters
    ----------
    ref : str
        What was written, [-].
    workspace : Workspace
        Where the studies are kept, [-].

    Returns
    -------
    tuple of str
        Labels of all studies of that name, the one that is taken first; none where what was
        written is no name, or nothing is stored, [-].
    """
    if not workspace.has_store:
        return ()
    with Store.open(workspace.store_place, create=False) as store:
        same = [study for study in store.studies() if study.name == ref]
        if not same:
            return ()
        taken = store.study(ref).label
    return (taken, *sorted(study.label for study in same if study.label != taken))


def list_studies(workspace: Workspace) -> list[dict[str, Any]]:
    """Return one line for each stored study.

    Parameters
    ----------
    workspace : Workspace
        Where they are kept, [-].

    Returns
    -------
    list of dict
        Label, name, state, finished trials, budget, most desirable candidate and time of each, and
        the label of the study it repeats; none without a store, [-].
    """
    if not workspace.has_store:
        return []
    with Store.open(workspace.store_place, create=False) as store:
        found = []
        studies = store.studies()
        labels = {study.id: study.label for study in studies}
        for study in studies:
            trials = store.trials(study.id)
            done = [t for t in trials if t.state != "running"]
            owner = store.owner(study.id)
            found.append(
                {
                    "label": study.label,
                    "id": study.id,
                    "name": study.name,
                    "state": state_of(store, study.id),
                    "done": len(done),
                    "budget": study.budget,
                    "feasible": sum(t.is_feasible for t in done),
                    "best": most_desirable(objectives_of_config(study.config), done),
                    "updated_utc": study.updated_utc,
                    "is_owned": owner is not None and owner.is_at_work,
                    "stopped": study.info.get("stopped"),
                    "mode": mode_of_config(study.config),
                    "repeats": labels.get(study.info.get(REPEATS, "")),
                }
            )
        return found
