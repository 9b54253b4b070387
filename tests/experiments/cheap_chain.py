"""The small study with a chain that costs nothing, and evaluators that harm their workers.

Workers import this module, so it needs no test tool.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from attrs import frozen

from experiments.config import StudySpec
from experiments.objective import StudyEvaluator
from formulation.provenance import Origin
from models.chain import EndpointTable
from tests.experiments.executor_jobs import PATIENCE_S


@frozen
class CheapChain:
    """Answers from the recipe alone, smoothly and in microseconds."""

    def evaluate(self, designs, population, outputs) -> EndpointTable:
        """Return made-up endpoints of the small study; the others are 1."""
        rows = np.array([[_value(design, key) for key in outputs] for design in designs])
        return EndpointTable(
            keys=tuple(outputs),
            value=rows,
            lo90=rows - 0.1,
            hi90=rows + 0.1,
            origin=Origin.SIMULATED,
            kind="made up",
        )


@frozen(kw_only=True)
class Harmful:
    """Evaluates, but harms its worker when it is given some trials."""

    inner: StudyEvaluator
    harm: Callable[[], None]
    at: tuple[int, ...]
    first_time_only: Path | None = None

    def __call__(self, tasks):
        """Return the outcomes, if the worker is still there."""
        if any(task.number in self.at for task in tasks) and self._is_time():
            self.harm()
        return self.inner(tasks)

    def _is_time(self) -> bool:
        if self.first_time_only is None:
            return True
        try:
            self.first_time_only.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


@frozen(kw_only=True)
class HeldBack:
    """Evaluates, but does not answer for one trial before a file is there."""

    inner: StudyEvaluator
    number: int
    until: Path

    def __call__(self, tasks):
        """Return the outcomes; without the file, the patience of a test ends."""
        give_up_at = time.monotonic() + PATIENCE_S
        while any(task.number == self.number for task in tasks) and not self.until.exists():
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"nobody made {self.until.name}")
            time.sleep(0.01)
        return self.inner(tasks)


def cheap_evaluator(spec: StudySpec) -> StudyEvaluator:
    """Return the evaluator of a study, at no cost."""
    return StudyEvaluator(
        chain=CheapChain(),
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
    )


def _value(design, key: str) -> float:
    name, _, _ = key.partition(".")
    if name == "absorbed_increment":
        return 5.0 + 0.15 * design.elemental_mg_per_day * (design.system == "timed_release")
    if name == "swallowed_mass":
        return design.unit_mass_mg * design.regimen.units_per_day / 1000
    if name == "peak_gut_load":
        return 1.5 * design.mmol_per_intake
    return 1.0
