"""A stored study for other tools."""

from typing import Any

from attrs import asdict

from experiments.config import study_from_config
from experiments.search.optuna_export import export_to_optuna
from experiments.store import Store
from experiments.workspace import Workspace


def export_study_to_optuna(ref: str, workspace: Workspace, url: str) -> dict[str, Any]:
    """Add the finished trials of a study to a storage of Optuna; a later export adds the rest.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where the study is kept, [-].
    url : str
        Address of the storage, such as ``sqlite:///optuna.db``, [-].

    Returns
    -------
    dict
        Study, name in the storage, trials added, in all and infeasible, [-].

    Raises
    ------
    InputError
        The storage cannot be used.
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        spec, trials = study_from_config(study.config), store.trials(study.id)
    done = export_to_optuna(study, spec, trials, url)
    return {"study": {"id": study.id, "label": study.label, "name": study.name}, **asdict(done)}
