"""Spaces of the search benchmark: boxes, the seven-component mixture, and this product's systems.

Each answers the questions of `SearchSpace`, so that every strategy and every peer works in feasible
coordinates of the same space. Points of the first two are dictionaries, as the file of the problems
evaluates them; points of the third are designs.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define

from experiments.config import load_study
from experiments.search.model_based.candidates import random_candidate
from experiments.search.model_based.spaces import Layout, ProductSpace
from formulation.attributes import recipe_attributes, unpriced
from formulation.polytope import Polytope
from models.release import release_law
from models.release.bench import bench_curves

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "configs" / "studies" / "quickstart.yaml"
PROBLEMS = ROOT.parent / "shared" / "bench" / "search_problems.py"

START = 10
"""Points that every competitor starts from, [-]."""

TIMES_H = np.array([1.0, 2.0, 4.0, 6.0, 8.0])
WANTED = 0.1 + 0.8 * TIMES_H / 8.0
"""A straight release over eight hours, [-]."""

CONDITIONAL_WORST = (45.0, 1.6)
"""Worst acceptable values of the conditional problem, stated to whoever can use them."""

CONDITIONAL_BEST = 48.6286
"""Best hypervolume known, of `python -m tests.bench.search_best`."""


def problems_of(path: Path) -> Any:
    """Load the file of the problems."""
    spec = importlib.util.spec_from_file_location("search_problems", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@define(kw_only=True, eq=False)
class BoxSpace:
    """Numbers between two ends each."""

    low: Any
    high: Any

    @cached_property
    def layout(self) -> Layout:
        """One column each."""
        n = len(self.low)
        return Layout(names=tuple(f"x{k}" for k in range(n)), groups=np.arange(n))

    def draw(self, pick: Any) -> dict[str, float]:
        """Ask for every number."""
        u = [float(pick(name, None)) for name in self.layout.names]
        values = self.low + np.array(u) * (self.high - self.low)
        return dict(zip(self.layout.names, values.tolist(), strict=True))

    def encode(self, point: Mapping[str, float]) -> dict[str, float]:
        """Return where the numbers stand between their ends."""
        values = np.array([point[name] for name in self.layout.names])
        u = (values - self.low) / (self.high - self.low)
        return dict(zip(self.layout.names, u.tolist(), strict=True))

    def holds(self, point: Mapping[str, float]) -> bool:
        """Tell whether all numbers lie between their ends."""
        return all(0 <= u <= 1 for u in self.encode(point).values())

    def key(self, point: Mapping[str, float]) -> str:
        """Return the numbers as text."""
        return repr([round(point[name], 9) for name in self.layout.names])

    def features(self, points: Sequence[Mapping[str, float]]) -> Any:
        """Return the numbers."""
        rows = [[point[name] for name in self.layout.names] for point in points]
        return np.array(rows).reshape(len(points), len(self.low))


@define(kw_only=True, eq=False)
class MixtureSpace:
    """Shares that sum to 1 under bounds and inequalities, and a grade."""

    names: tuple[str, ...]
    grades: tuple[str, ...]
    polytope: Polytope
    balance: str

    @classmethod
    def of(cls, problems: Any) -> "MixtureSpace":
        """Build the space of the mixture problem; the balance is no less bounded than the rest."""
        names, balance = tuple(problems.MIX), "lactose"
        k = names.index(balance)
        free = [j for j in range(len(names)) if j != k]
        eye = np.eye(len(names))
        rows = np.vstack([eye, -eye, problems.MIX_A])
        bounds = np.concatenate([problems.MIX_HI, -problems.MIX_LO, problems.MIX_B])
        # The balance is 1 minus the others in every inequality.
        matrix = rows[:, free] - rows[:, [k]]
        return cls(
            names=names,
            grades=tuple(problems.GRADES),
            polytope=Polytope(matrix=matrix, bounds=bounds - rows[:, k]),
            balance=balance,
        )

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Every component but the balance."""
        return tuple(name for name in self.names if name != self.balance)

    @cached_property
    def layout(self) -> Layout:
        """A column for each share, and the grades."""
        n = len(self.names)
        groups = [*range(n), *[n] * len(self.grades)]
        return Layout(names=(*self.names, *self.grades), groups=np.array(groups))

    def draw(self, pick: Any) -> dict[str, Any]:
        """Ask for the grade and for where each share stands in its range."""
        grade = str(pick("grade", self.grades))
        cube = np.array([float(pick(name, None)) for name in self.free])
        shares = self.polytope.from_cube(cube)
        point = dict(zip(self.free, shares.tolist(), strict=True))
        return {**point, self.balance: 1.0 - float(shares.sum()), "grade": grade}

    def encode(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return where the shares stand in their ranges."""
        cube = self.polytope.to_cube(np.array([point[name] for name in self.free]))
        return {"grade": point["grade"], **dict(zip(self.free, cube.tolist(), strict=True))}

    def holds(self, point: Mapping[str, Any]) -> bool:
        """Tell whether the shares obey every inequality."""
        return self.polytope.contains(np.array([point[name] for name in self.free]), 1e-6)

    def key(self, point: Mapping[str, Any]) -> str:
        """Return shares and grade as text."""
        return repr([point["grade"], *(round(point[name], 9) for name in self.names)])

    def features(self, points: Sequence[Mapping[str, Any]]) -> Any:
        """Return the shares, and which grade it is."""
        rows = [
            [*(p[name] for name in self.names), *(float(p["grade"] == g) for g in self.grades)]
            for p in points
        ]
        return np.array(rows, dtype=float).reshape(len(points), len(self.layout.names))


def conditional_space() -> ProductSpace:
    """Return the space of the quickstart: five systems."""
    return ProductSpace(space=load_study(STUDY).space)


def conditional_losses(design: Any) -> tuple[float, float]:
    """Return how far a design is from straight release over 8 h, [%], and what it burdens, [-].

    The curve is that of the design's release law in its own bench medium. The burden adds the
    logarithm of grams a day, the price in EUR a day and the units a day; an unknown price counts as
    0.2 EUR. No body is computed, and neither number means anything beyond this benchmark.
    """
    (found,) = conditional_losses_of([design])
    return found


def conditional_losses_of(designs: Sequence[Any]) -> list[tuple[float, float]]:
    """Return the same for many designs, with their curves computed at once."""
    curves = bench_curves([release_law(design) for design in designs], TIMES_H)
    return [
        (100 * float(np.sqrt(np.mean((curve.fraction - WANTED) ** 2))), _burden(design))
        for design, curve in zip(designs, curves, strict=True)
    ]


def _burden(design: Any) -> float:
    grams = design.unit_mass_mg * design.regimen.units_per_day / 1000
    price = 0.2 if unpriced(design) else recipe_attributes(design)["cost_eur_per_day"]
    return float(np.log10(1 + grams) + 2 * price + 0.1 * design.regimen.units_per_day)


def conditional_start(space: ProductSpace, seed: int) -> list[Any]:
    """Return the ten starting designs of a seed."""
    rng = np.random.default_rng(1000 + seed)
    return [random_candidate(space, rng).point for _ in range(START)]
