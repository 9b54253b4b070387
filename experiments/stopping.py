"""Stop a study that another process drives, from outside."""

import os
import signal
import socket
import time
from typing import Any

from experiments.store import Owner, Store, StudyRecord
from experiments.workspace import Workspace
from formulation.errors import InputError, OwnedError

WAIT_S = 120.0
"""How long the driver may take to keep what is done and let go, [s]."""

POLL_S = 0.2


def cancel_study(ref: str, workspace: Workspace, *, wait_s: float = WAIT_S) -> dict[str, Any]:
    """Ask the process that drives a study to stop, and wait until it has let go.

    It keeps what is done, as at Ctrl-C; ``formulation resume`` goes on.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where the study is kept, [-].
    wait_s : float, optional
        How long to wait, [s].

    Returns
    -------
    dict
        The study, its state, its finished trials and who drove it, [-].

    Raises
    ------
    InputError
        Nobody drives it, or somebody on another host.
    OwnedError
        The driver did not let go in time, or belongs to another user.
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        driver = _driver(study, store.owner(study.id))
        _ask_to_stop(study, driver)
        deadline = time.monotonic() + wait_s
        while _still_owns(store, driver):
            if time.monotonic() > deadline:
                raise OwnedError(
                    f"Study {study.label}: {driver.who} was asked to stop {wait_s:.0f} s ago and"
                    " has not let go.",
                    hint=f"End it with `kill -9 {driver.pid}`; finished trials are kept.",
                )
            time.sleep(POLL_S)
        trials = store.trials(study.id)
        return {
            "study": {"id": study.id, "label": study.label, "name": study.name},
            "state": store.study(study.id).state,
            "done": sum(t.state != "running" for t in trials),
            "budget": study.budget,
            "driver": driver.who,
        }


def _driver(study: StudyRecord, owner: Owner | None) -> Owner:
    if owner is None or not owner.is_at_work:
        raise InputError(
            f"Study {study.label} is {study.state}; nobody is at work on it.",
            hint=""
            if study.state == "complete"
            else f"Go on with it: formulation resume {study.label}",
        )
    if owner.host != socket.gethostname():
        raise InputError(
            f"Study {study.label} is driven by {owner.who}; from here it cannot be stopped.",
            hint=f"Cancel it on {owner.host}.",
        )
    return owner


def _ask_to_stop(study: StudyRecord, driver: Owner) -> None:
    assert driver.pid is not None
    try:
        os.kill(driver.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:
        raise OwnedError(
            f"Study {study.label} is driven by {driver.who}, a process of another user.",
            hint="Cancel it as that user.",
        ) from None


def _still_owns(store: Store, driver: Owner) -> bool:
    owner = store.owner(driver.study_id)
    if owner is None or not owner.is_at_work:
        return False
    return (owner.pid, owner.epoch) == (driver.pid, driver.epoch)
