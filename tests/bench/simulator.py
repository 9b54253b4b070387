"""What the simulator costs, and how far it is off: on B42 beside its peers, and on the product.

CPU seconds of one core in one run, the best of several; every repetition is kept in the JSON, with
commit, versions and load. B42 is a small made-up body on which other simulators were timed
(`tests/bench/b42.py`). libroadrunner runs in the interpreter given by ``--roadrunner``, in which it
is installed with ``pip install libroadrunner``; without it that comparison is left out, and said.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from formulation.patients import named_population
from formulation.regimen import Regimen
from models.population import Subjects, draw_subjects
from models.release import release_law
from models.simulator.arms import Start, taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.bench import b42_peers
from tests.bench.b42 import N_SUBJECTS, people, start
from tests.bench.b42_run import run_any, run_repeating
from tests.bench.record import commit
from tests.families import tablet

REPEATS = 12
DAYS = 42
REGIMEN = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
POPULATION = "healthy_adults"

COLD_START = """
import time
begun = time.perf_counter()
from models.simulator.arms import NOTHING_TAKEN
from models.simulator.run import follow
from models.simulator.settle import settle
from models.population import alike
subjects = alike(1)
follow([NOTHING_TAKEN], settle(subjects), subjects, days=1)
print(time.perf_counter() - begun)
"""

MEMORY = """
from tests.bench.simulator import memory_of_a_run
print(memory_of_a_run())
"""


@frozen
class Figure:
    """A number, and what it must and should be."""

    name: str
    """What was measured."""

    value: float
    """How much."""

    unit: str
    """Its unit."""

    must: float | None = None
    """What it must reach or stay below."""

    aim: float | None = None
    """What it should reach or stay below."""

    more_is_better: bool = True
    """Whether it must reach these rather than stay below."""

    @property
    def verdict(self) -> str:
        """Which of the two it meets."""

        def met(bound: float | None) -> bool:
            if bound is None:
                return False
            return self.value >= bound if self.more_is_better else self.value <= bound

        if self.must is None:
            return ""
        return "aim" if met(self.aim) else "must" if met(self.must) else "MISSED"


def cpu(action: Callable[[], Any]) -> list[float]:
    """Return the CPU seconds of repetitions, after one that warms up."""
    action()
    found = []
    for _ in range(REPEATS):
        begun = time.process_time()
        action()
        found.append(time.process_time() - begun)
    return found


def wall(action: Callable[[], Any]) -> list[float]:
    """Return the seconds on the clock of repetitions, after one that warms up."""
    action()
    found = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        action()
        found.append(time.perf_counter() - begun)
    return found


def b42_runs(roadrunner: Path | None) -> tuple[list[Figure], dict[str, Any]]:
    """Return the figures of B42, and every repetition."""
    best, parameters = b42_peers.exact(), people()
    begin = start(parameters)
    runs: dict[str, Any] = {}
    speed: dict[str, float] = {}
    figures = []
    for name, run, must, aim in (
        ("any schedule", run_any, 5_200, 15_000),
        ("repeating", run_repeating, 16_000, 100_000),
    ):
        outputs, _ = run(parameters, begin)
        seconds = [run(parameters, begin)[1] for _ in range(2 * REPEATS)]
        error = b42_peers.worst_error(outputs, best)
        speed[name] = N_SUBJECTS / min(seconds)
        runs[name] = {"cpu_s": seconds, "worst_error": error}
        figures.append(Figure(f"B42, {name}", speed[name], "subjects/s/core", must, aim))
        figures.append(Figure(f"B42, {name}: worst error", error, "-", 1e-4, 1e-5, False))
    peers = {"LSODA, NumPy": b42_peers.lsoda(4, best)}
    bounds = {("any schedule", "LSODA, NumPy"): (500, 900)}
    bounds[("repeating", "LSODA, NumPy")] = (2_500, 6_000)
    if roadrunner is None:
        print("libroadrunner was not run: give --roadrunner the Python it is installed in.")
    else:
        peers["libroadrunner"] = b42_peers.libroadrunner(roadrunner, 60, best)
        bounds[("any schedule", "libroadrunner")] = (100, 300)
        bounds[("repeating", "libroadrunner")] = (300, 1_900)
    for (ours, theirs), (must, aim) in bounds.items():
        ratio = speed[ours] / peers[theirs]["subjects_per_s"]
        figures.append(Figure(f"B42, {ours} over {theirs}", ratio, "x", must, aim))
    return figures, {**runs, "peers": peers}


def people_of(n: int) -> tuple[Subjects, Start]:
    """Return subjects and where they stand."""
    subjects = draw_subjects(named_population(POPULATION, size=n))
    return subjects, settle(subjects, threads=2)


def product_runs() -> tuple[list[Figure], dict[str, Any]]:
    """Return the figures of the product's own model, and every repetition."""
    subjects, begin = people_of(N_SUBJECTS)
    law = release_law(tablet(15.0))

    def course(days: int, replay: bool, who: Subjects = subjects, stand: Start = begin) -> None:
        follow([taken_daily(law, REGIMEN, days)], stand, who, days=days, replay=replay)

    def trial(replay: bool) -> float:
        taken = taken_daily(release_law(tablet(15.0)), REGIMEN, DAYS)
        found = follow([taken], begin, subjects, days=DAYS, replay=replay, threads=2)
        last_week = found.day("urine")[0, -7:].mean(axis=0)
        return float(last_week.mean())

    many, stand = people_of(16 * N_SUBJECTS)
    runs = {
        "settle": cpu(lambda: settle(subjects)),
        "repeating": cpu(lambda: course(DAYS, True)),
        "any schedule": cpu(lambda: course(DAYS, False)),
        "year": cpu(lambda: course(365, True)),
        "many subjects": cpu(lambda: course(DAYS, True, many, stand)),
        "trial repeating": wall(lambda: trial(True)),
        "trial any schedule": wall(lambda: trial(False)),
    }
    least = {name: min(seconds) for name, seconds in runs.items()}
    for_each = {name: N_SUBJECTS / least[name] for name in ("settle", "repeating", "any schedule")}
    asked = {"repeating": (4_000, 50_000), "any schedule": (1_300, 7_500)}
    figures = [
        Figure(f"product, {n}", rate, "subjects/s/core", *asked.get(n, (None, None)))
        for n, rate in for_each.items()
    ]
    for name, (must, aim) in {"repeating": (150, 40), "any schedule": (480, 120)}.items():
        seconds = 1000 * least[f"trial {name}"]
        figures.append(Figure(f"one trial, {name}, 2 threads", seconds, "ms", must, aim, False))
    scale = least["many subjects"] / least["repeating"] / 16
    figures.append(Figure("16 times the subjects, cost of each", scale, "x", 1.3, 1.0, False))
    days = least["year"] / least["repeating"]
    figures.append(Figure("365 days over 42 days", days, "x", 1.3 * 365 / 42, None, False))
    taken = [taken_daily(law, REGIMEN, DAYS)]
    courses = [follow(taken, begin, subjects, days=DAYS, replay=replay) for replay in (True, False)]
    mass, missed = max(c.mass_error for c in courses), courses[0].replay_error
    figures.append(Figure("product: mass unaccounted for", mass, "-", 1e-10, 1e-13, False))
    figures.append(Figure("product: a day's uptake replay misses", missed, "-", 1e-4, 1e-5, False))
    return figures, {"cpu_s, trials wall_s": runs}


def memory_of_a_run() -> float:
    """Return how far the memory of this process rises above its imports, [MB]."""
    subjects = draw_subjects(named_population(POPULATION, size=16))
    law = release_law(tablet(15.0))
    taken = taken_daily(law, REGIMEN, DAYS)
    # Loads the compiled code, which belongs to the imports.
    for replay in (True, False):
        follow([taken], settle(subjects), subjects, days=DAYS, replay=replay)
    before = _status_mb("VmRSS")
    subjects, begin = people_of(N_SUBJECTS)
    follow([taken], begin, subjects, days=DAYS)
    return _status_mb("VmHWM") - before


def _status_mb(field: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return float(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}.")


def process_runs() -> tuple[list[Figure], dict[str, Any]]:
    """Return memory and cold start, each in processes of their own."""

    def alone(text: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    memory = [alone(MEMORY) for _ in range(2)]
    cold = [alone(COLD_START) for _ in range(4)][1:]
    figures = [
        Figure("memory above imports, 1,200 subjects", min(memory), "MB", 150, 60, False),
        Figure("import and one small run, compiled before", min(cold), "s", 1.0, 0.3, False),
    ]
    return figures, {"memory_mb": memory, "cold_start_s": cold}


def table(figures: list[Figure]) -> str:
    """Return the figures as lines, with must and aim beside."""
    lines = [f"{'':46}{'value':>12} {'unit':16}{'must':>9}{'aim':>9}"]
    for f in figures:
        bounds = "".join(f"{'' if b is None else f'{b:g}':>9}" for b in (f.must, f.aim))
        lines.append(f"{f.name:46}{f.value:12.4g} {f.unit:16}{bounds}  {f.verdict}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and write the document; a bound missed is said, not an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/simulator.json"))
    parser.add_argument("--roadrunner", type=Path, help="Python that has libroadrunner")
    arguments = parser.parse_args()
    parts = [b42_runs(arguments.roadrunner), product_runs(), process_runs()]
    figures = [figure for part, _ in parts for figure in part]
    print(table(figures))
    document = {
        "schema": "simulator-bench",
        "version": 1,
        "commit": commit(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba", "scipy")},
        },
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "figures": [{**asdict(f), "verdict": f.verdict} for f in figures],
        "runs": dict(zip(("b42", "product", "processes"), (r for _, r in parts), strict=True)),
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
