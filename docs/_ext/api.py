"""Pages of the API: every public module of a package, its docstrings as they stand."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


INTERFACES = (
    "experiments.config.study",
    "experiments.executors.distribution",
    "experiments.reports.files",
    "experiments.requirements.measures",
    "experiments.requirements.reading",
    "experiments.search.samplers",
    "experiments.search.strategy",
    "experiments.store.core",
    "experiments.store.records",
)
"""Modules below the first level of the service that others stand on."""

MODELS_SHOWN = ("models.release.", "models.simulator.", "models.surrogates.")
"""Packages of the models whose modules are shown."""


def formulation() -> str:
    """Return the domain, each of its modules."""
    return _pages(public_modules("formulation"))


def models() -> str:
    """Return the models: what the packages stand for, and their laws, equations and chains."""
    return _pages(
        name
        for name in public_modules("models")
        if name.count(".") == 1 or name.startswith(MODELS_SHOWN)
    )


def experiments() -> str:
    """Return the use cases, and what others stand on of the machinery."""
    return _pages(
        name for name in public_modules("experiments") if name.count(".") == 1 or name in INTERFACES
    )


def public_modules(package: str) -> Iterator[str]:
    """Return the modules of a package without underscore that define something public."""
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if any(part.startswith("_") for part in name.split(".")):
            continue
        body = ast.parse(path.read_text(encoding="utf-8")).body
        if any(
            isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
            for node in body
        ):
            yield name


def plain_references(
    _app: Any, _what: str, _name: str, _object: Any, _o: Any, lines: list[str]
) -> None:
    """Write numbered references as a list of keys: numbers of many docstrings meet on one page."""
    for k, line in enumerate(lines):
        line = re.sub(r" ?\[\d+\]_", "", line)
        lines[k] = re.sub(r"^(\s*)\.\. \[\d+\] (\w+)", r"\1* ``\2``", line)


def _pages(modules: Iterable[str]) -> str:
    parts = (f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n" for name in modules)
    return "\n".join(parts)
