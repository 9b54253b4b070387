"""Our three packages have common names; a foreign ``models.py`` on the path must not pass for ours.

Ray puts the driver's folder in front of a worker's search path, so every worker looks again.
"""

import os
from importlib import import_module
from types import ModuleType

from formulation.errors import ExecutorError

PACKAGES = ("formulation", "models", "experiments")
"""What the distribution consists of."""


def check_distributions() -> None:
    """Refuse to work when one of the three packages is not ours.

    Raises
    ------
    ExecutorError
        A package carries another `DISTRIBUTION` than ``experiments``, or none; its file is named.
    """
    ours: str = import_module("experiments").DISTRIBUTION
    for name in PACKAGES:
        module = import_module(name)
        if getattr(module, "DISTRIBUTION", None) != ours:
            raise ExecutorError(
                f"Package {name!r} in process {os.getpid()} is {_place(module)}, which is no "
                f"part of {ours!r}: it hides ours.",
                hint="Rename that file or folder, or start from another folder.",
            )


def _place(module: ModuleType) -> str:
    return module.__file__ or ", ".join(module.__path__)
