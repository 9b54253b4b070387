"""The use case of ``formulation doctor``: whether this installation, machine and workspace will do.

Looking changes nothing: no folder is made, no worker started and no network asked, unless Ray is to
be tried. Opening a store brings one of an older release up to date, as every other command does.
"""

from collections.abc import Callable, Mapping
from functools import partial

from experiments.diagnosis.finding import Finding, Status, failed, warning
from experiments.diagnosis.installation import INSTALLATION_CHECKS
from experiments.diagnosis.machine import MACHINE_CHECKS
from experiments.diagnosis.ray_trial import try_ray
from experiments.diagnosis.stored import STORE_CHECKS
from experiments.diagnosis.workplace import DATABASE, WORKPLACE_CHECKS
from experiments.store import Store
from experiments.workspace import Workspace
from formulation.errors import FormulationError

__all__ = ["Finding", "Status", "diagnose", "exit_code", "overall"]

CHECKS = (*INSTALLATION_CHECKS, *MACHINE_CHECKS, *WORKPLACE_CHECKS)
"""What is looked at in any case, by name and in order."""

LOCK_WAIT_S = 5.0
"""How long a lock on the store is waited for, [s]."""


def diagnose(workspace: Workspace, *, start_ray: bool = False) -> dict[str, Finding]:
    """Look at everything, whatever was found before.

    Parameters
    ----------
    workspace : Workspace
        Where studies would be kept and run, [-].
    start_ray : bool, optional
        Whether Ray is started and stopped once, which takes some ten seconds, [-].

    Returns
    -------
    dict of str to Finding
        What each check found, in order, [-].
    """
    found = {name: _found(partial(check, workspace)) for name, check in CHECKS}
    if found[DATABASE].status is not Status.FAILED:
        found |= _found_in_store(workspace)
    if start_ray:
        found["ray start"] = _found(try_ray)
    return found


def overall(found: Mapping[str, Finding]) -> Status:
    """Return the gravest status.

    Parameters
    ----------
    found : mapping of str to Finding
        What `diagnose` returned, [-].

    Returns
    -------
    Status
        Failed if anything failed, else a warning if there is one, [-].
    """
    order = tuple(Status)
    return max((finding.status for finding in found.values()), key=order.index, default=Status.OK)


def exit_code(found: Mapping[str, Finding]) -> int:
    """Return what the command ends with.

    Parameters
    ----------
    found : mapping of str to Finding
        What `diagnose` returned, [-].

    Returns
    -------
    int
        0 when nothing failed, else the code of what stands most in the way, [-].
    """
    return max((finding.exit_code for finding in found.values()), default=0)


def _found_in_store(workspace: Workspace) -> dict[str, Finding]:
    try:
        if not workspace.has_store:
            return {}
        store = Store.open(workspace.store_place, create=False, timeout_s=LOCK_WAIT_S)
    except FormulationError as error:
        return {STORE_CHECKS[0][0]: failed(error)}
    with store:
        return {name: _found(partial(check, store)) for name, check in STORE_CHECKS}


def _found(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except FormulationError as error:
        return failed(error)
    except OSError as error:
        return warning(
            f"This could not be looked at: {error}.", "See whether this user may read there."
        )
