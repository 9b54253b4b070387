"""The command line with one thing changed: a protection taken out, or a wait made short.

``python -m tests.experiments.altered NAME words …``. What is changed is changed in that process
alone, before it starts; so a test can be seen to fail without its protection.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from experiments.cli import main


def without_fence() -> None:
    """Let every lease write, whoever holds the study now."""
    from experiments.store import lease

    lease.check = lambda connection, held: None


def without_owner() -> None:
    """Let every driver have a study, whoever is at work on it."""
    from experiments.store import lease

    name = next(name for name in vars(lease) if name.endswith("refuse_held"))
    setattr(lease, name, lambda holder, label, here, *, take_over: None)


def lock_wait_of_1s() -> None:
    """Wait for a lock of another process for one second, not for sixty."""
    _wait_for_locks(1.0)


def without_lock_wait() -> None:
    """Do not wait for locks at all."""
    _wait_for_locks(0.0)


def losing_a_stop() -> None:
    """Ask this process to end while it fits, amid a call that drops what is raised there."""
    _lose_a_stop(lambda: None)


def stumbling_over_a_stop() -> None:
    """Ask it so amid a call that then fails over what it left half done."""
    _lose_a_stop(lambda: [][0])


def _lose_a_stop(afterwards: Callable[[], object]) -> None:
    from experiments import studies

    fit = studies.fit_or_load

    def dropping(*arguments: object) -> object:
        with suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
        afterwards()
        return fit(*arguments)

    studies.fit_or_load = dropping


def _wait_for_locks(seconds: float) -> None:
    from experiments.store.opening import OpenStore

    OpenStore.open.__func__.__kwdefaults__["timeout_s"] = seconds


ALTERATIONS: dict[str, Callable[[], None]] = {
    change.__name__: change
    for change in (
        without_fence,
        without_owner,
        lock_wait_of_1s,
        without_lock_wait,
        losing_a_stop,
        stumbling_over_a_stop,
    )
}

if __name__ == "__main__":
    ALTERATIONS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
