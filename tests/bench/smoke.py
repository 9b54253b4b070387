"""How long the smoke study of each delivery system takes in a workspace that has its surrogate.

A run is a process of its own, from the command to its last line, as a build would start it, with
tracking off. The first run of each study fits the surrogate and is not counted. Writes JSON with
commit, versions, seeds, load and every run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from formulation.delivery import DELIVERY_SYSTEMS
from tests.bench.record import ROOT, circumstances, exit_code, figure

STUDIES = ROOT / "configs" / "studies" / "smoke"
MUST_S, AIM_S = 20.0, 15.0
"""Wall time of a run with its surrogate at hand, [s]."""

REPEATS = 3


def one_run(system: str, home: str) -> dict[str, Any]:
    """Return the wall time of one run, and what it found."""
    words = ["-m", "experiments.cli", "run", str(STUDIES / f"{system}.yaml"), "--home", home]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words, "--executor", "inline", "--progress", "none", "--json"],
        cwd=ROOT,
        env={**os.environ, "FORMULATION_TRACKING_URI": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    wall_s = time.perf_counter() - begin
    told = json.loads(done.stdout)
    return {
        "wall_s": wall_s,
        "seed": told["seed"],
        "hypervolume": told["hypervolume"],
        "load": os.getloadavg()[0],
    }


def bounded(system: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the least time of a system with what it must be."""
    least_s = min(run["wall_s"] for run in runs)
    return figure(f"`smoke/{system}.yaml`, surrogate at hand", "s", least_s, MUST_S, AIM_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write the JSON, and end with 1 when a time is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--home", help="workspace to keep, whose surrogates are not fitted again")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    asked = parser.parse_args(arguments)
    began = circumstances("numpy", "scikit-learn", "scipy")
    runs: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for system in (found.name for found in DELIVERY_SYSTEMS):
            first, *timed = (
                one_run(system, asked.home or folder) for _ in range(1 + asked.repeats)
            )
            runs[system] = timed
            print(system, first, timed, flush=True)
    figures = [bounded(system, timed) for system, timed in runs.items()]
    document = {
        "schema": "formulation/bench-smoke",
        "version": 1,
        **began,
        "repeats": asked.repeats,
        "figures": figures,
        "runs": runs,
    }
    asked.out.write_text(json.dumps(document, indent=1) + "\n")
    return exit_code(figures)


if __name__ == "__main__":
    sys.exit(main())
