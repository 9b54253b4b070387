"""Is the program whole: Python, what it requires, its own three packages and its tables."""

import os
import platform
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from experiments import DISTRIBUTION
from experiments.diagnosis.finding import Finding, fine, warning
from experiments.executors.distribution import PACKAGES, check_distributions
from experiments.workspace import Workspace
from formulation.errors import ExecutorError
from models.compiled import HINT, VARIABLE, may_write, place_of_compiled

_REINSTALL = "Install the environment again from requirements.lock: delete .venv and run make."


def _python(_: Workspace) -> Finding:
    """See that Python is one that the distribution names."""
    wanted = _ours().metadata["Requires-Python"]
    running = platform.python_version()
    if not SpecifierSet(wanted).contains(running, prereleases=True):
        raise ExecutorError(
            f"Python {running} is running; {DISTRIBUTION} needs {wanted}.",
            hint="Make the environment with such a Python.",
        )
    return fine(f"Python {running} is within {wanted}.")


def _requirements(_: Workspace) -> Finding:
    """See that whatever the distribution requires is there, in a version it names."""
    wanted = [Requirement(text) for text in _ours().requires or ()]
    needed = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    installed = {r.name: _version_of(r.name) for r in needed}
    missing = [name for name, there in installed.items() if there is None]
    if missing:
        raise ExecutorError(
            f"{DISTRIBUTION} requires {', '.join(missing)}, which {_are(missing)} not installed.",
            hint=_REINSTALL,
        )
    other = [
        f"{r.name} {there} instead of {r.specifier}"
        for r in needed
        if (there := installed[r.name]) and not r.specifier.contains(there, prereleases=True)
    ]
    if other:
        return warning(
            f"Other versions than required are installed: {', '.join(other)}.", _REINSTALL
        )
    return fine(f"All {len(needed)} required distributions are installed as pinned.")


def _packages(_: Workspace) -> Finding:
    """See that no foreign package of the same common name stands in front of ours."""
    check_distributions()
    return fine(f"{', '.join(PACKAGES)} come from one {DISTRIBUTION} {_ours().version}.")


def _tables(_: Workspace) -> Finding:
    """Read every reference table, and the register of sources with them."""
    from formulation.data import TABLES as DOMAIN_TABLES
    from formulation.data import load_sources, read_rows
    from models.data import TABLES as MODEL_TABLES

    tables = (*DOMAIN_TABLES, *MODEL_TABLES)
    rows = sum(len(read_rows(table)) for table in tables)
    return fine(
        f"{len(tables)} reference tables with {rows} rows and {len(load_sources())} sources read."
    )


def _compiled(_: Workspace) -> Finding:
    """Tell where compiled code is kept; without a place every start would compile anew."""
    kept = place_of_compiled(os.environ)
    told = f"Compiled code is kept in {kept.folder}"
    if kept.where == "stated" and not may_write(kept.folder):
        return warning(f"{VARIABLE} names {kept.folder}, where this user may not write.", HINT)
    if kept.where == "temporary":
        return warning(f"{told}, which may be cleared at any time.", HINT)
    return fine(f"{told}.")


INSTALLATION_CHECKS = (
    ("python", _python),
    ("requirements", _requirements),
    ("packages", _packages),
    ("tables", _tables),
    ("compiled code", _compiled),
)
"""Checks of the program itself."""


def _ours() -> Distribution:
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise ExecutorError(
            f"{DISTRIBUTION} is not installed for this Python, so its versions are not known.",
            hint=_REINSTALL,
        ) from None


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
