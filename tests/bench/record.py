"""What benchmarks write alike: on what was measured, and how a figure stands to its bounds."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def commit() -> str:
    """Return the commit that is measured; empty outside a repository."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def circumstances(*packages: str) -> dict[str, Any]:
    """Return commit, versions of Python and of some packages, cores, and the load right now."""
    return {
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
    }


def figure(name: str, unit: str, value: float, must: float, aim: float | None) -> dict[str, Any]:
    """Return one figure with what it must and should be; smaller is better."""
    is_aimed = aim is not None and value <= aim
    return {
        "name": name,
        "unit": unit,
        "value": value,
        "must": must,
        "aim": aim,
        "verdict": "aim" if is_aimed else "must" if value <= must else "MISSED",
    }


def exit_code(figures: Iterable[Mapping[str, Any]]) -> int:
    """Return 1 when something that must hold does not."""
    return int(any(figure["verdict"] == "MISSED" for figure in figures))
