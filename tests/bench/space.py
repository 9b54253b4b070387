"""Draw 100,000 designs per delivery system, and mixtures: how many are invalid, what one costs.

Every salt that can be designed, two mixtures, every regimen of the EU, every form and choice. Costs
are CPU milliseconds a design, and a ratio to what a linear program for each coordinate would cost
in the same run (the usual way to sample a polytope valid by construction). Writes JSON with commit,
versions, seeds and every system, and ends with 1 when a design is invalid or does not come back.
"""

import argparse
import json
import platform
import sys
import time
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linprog

from formulation.blends import SaltSource
from formulation.choices import chosen_in
from formulation.delivery import DELIVERY_SYSTEMS, DeliverySystem
from formulation.limits import get_limits
from formulation.mixtures import Mixture
from formulation.regimen import Regimen
from formulation.salts import make_lot, salts
from formulation.space import DesignSpace, DoseRange, SystemSpace
from tests.bench.record import commit
from tests.formulation.test_mixtures import SPACES

N_RECIPES = 5000
"""Recipes of each mixture, [-]."""

N_PROGRAMS = 200
"""Linear programs timed for the comparison, [-]."""


def space_of(system: DeliverySystem) -> SystemSpace:
    """Return everything a system can be made with in the EU."""
    lots = [make_lot(key) for key, salt in salts().items() if salt.is_designable]
    pairs = (("citrate", "oxide"), ("chloride", "lactate"))
    mixtures = [
        SaltSource(lots=tuple(map(make_lot, pair)), low_pct=10, high_pct=60) for pair in pairs
    ]
    return SystemSpace(
        system=system,
        sources=(*lots, *mixtures),
        regimens=tuple(
            Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=meals)
            for units, intakes, meals in product((1, 2, 3), (2, 3), (True, False))
        ),
        limits=get_limits("EU"),
        dose=DoseRange(low_mg_per_day=50, high_mg_per_day=250),
    )


def measure(system: DeliverySystem, n: int, seed: int) -> dict[str, Any]:
    """Return what sampling one system costs, and how many designs are wrong."""
    start = time.process_time()
    part = space_of(system)
    space = DesignSpace(spaces=(part,))
    opened = time.process_time() - start
    rng = np.random.default_rng(seed)
    n_invalid = n_changed = 0
    drawn = 0.0
    for first in range(0, n, 1000):
        start = time.process_time()
        designs = space.sample(min(1000, n - first), rng)
        drawn += time.process_time() - start
        n_invalid += sum(bool(space.violations(design)) for design in designs)
        n_changed += sum(space.decode(space.encode(design)) != design for design in designs)
    return {
        "system": system.name,
        "designs": n,
        "invalid": n_invalid,
        "changed_by_decoding": n_changed,
        "salts": len(part.options),
        "opening_ms": 1000 * opened,
        "ms_per_design": 1000 * drawn / n,
        "linear_programs_over_ours": programs_ms(part, rng) / (1000 * drawn / n),
    }


def programs_ms(part: SystemSpace, rng: np.random.Generator) -> float:
    """Return what two linear programs for each coordinate of a design would cost, [ms]."""
    design = DesignSpace(spaces=(part,)).sample(1, rng)[0]
    form = part.system.form_of(design)
    found = part.composition(part.source(design.salt_name), form, chosen_in(form, design))
    assert found is not None
    polytope = found.outer
    start = time.process_time()
    for k in range(N_PROGRAMS):
        aim = np.zeros(polytope.n_variables)
        aim[k % polytope.n_variables] = 1.0
        linprog(aim, A_ub=polytope.matrix, b_ub=polytope.bounds, bounds=(None, None))
    one = 1000 * (time.process_time() - start) / N_PROGRAMS
    return 2 * polytope.n_variables * one


def measure_mixture(name: str, mixture: Mixture, n: int, seed: int) -> dict[str, Any]:
    """Return what recipes of a mixture of any ingredients cost, and how many are wrong."""
    rng = np.random.default_rng(seed)

    def pick(_: str, choices: tuple[str, ...] | None) -> str | float:
        return float(rng.random()) if choices is None else choices[rng.integers(len(choices))]

    start = time.process_time()
    drawn = [mixture.draw(pick) for _ in range(n)]
    middle = time.process_time()
    uniform = mixture.uniform(n, rng)
    end = time.process_time()
    return {
        "mixture": name,
        "recipes": n,
        "invalid": sum(bool(mixture.violations(recipe)) for recipe in (*drawn, *uniform)),
        "ms_per_recipe": 1000 * (middle - start) / n,
        "ms_per_uniform_recipe": 1000 * (end - middle) / n,
    }


def main() -> int:
    """Measure every system and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/space.json"))
    parser.add_argument("--designs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=31)
    arguments = parser.parse_args()
    runs = [measure(system, arguments.designs, arguments.seed) for system in DELIVERY_SYSTEMS]
    some = min(arguments.designs, N_RECIPES)
    mixtures = [
        measure_mixture(name, mixture, some, arguments.seed) for name, mixture in SPACES.items()
    ]
    document = {
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "scipy")},
        "seed": arguments.seed,
        "runs": runs,
        "mixtures": mixtures,
        "invalid": sum(run["invalid"] + run["changed_by_decoding"] for run in runs)
        + sum(run["invalid"] for run in mixtures),
        "slowest_ms_per_design": max(run["ms_per_design"] for run in runs),
        "least_linear_programs_over_ours": min(run["linear_programs_over_ours"] for run in runs),
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 1 if document["invalid"] else 0


if __name__ == "__main__":
    sys.exit(main())
