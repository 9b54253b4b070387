"""The best hypervolume known of the conditional problem, by tens of thousands of evaluations.

Random designs first; then the front is moved and mixed, generation by generation, in all its
answers. It is a lower bound: a better front may exist.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from experiments.search.front import front_indices
from experiments.search.model_based.candidates import moved_candidate, random_candidate
from tests.bench.search_spaces import (
    CONDITIONAL_WORST,
    PROBLEMS,
    conditional_losses_of,
    conditional_space,
    problems_of,
)

FIRST, GENERATIONS, EACH = 6000, 120, 200
SCALES = (0.3, 0.1, 0.03, 0.01)


def best_known(module: Any, generations: int) -> tuple[float, Counter[tuple[str, str]]]:
    """Return the hypervolume, and how often each system and salt stands on the front."""
    space, rng = conditional_space(), np.random.default_rng(0)
    front = [random_candidate(space, rng) for _ in range(FIRST)]
    losses = np.array(conditional_losses_of([c.point for c in front]))
    for generation in range(generations + 1):
        kept = front_indices(-losses)
        front, losses = [front[k] for k in kept], losses[kept]
        volume = float(module.hv2(losses, np.array(CONDITIONAL_WORST)))
        if generation % 10 == 0:
            print(generation, len(front), round(volume, 4), flush=True)
        for _ in range(EACH if generation < generations else 0):
            one, other = (front[int(rng.integers(len(front)))] for _ in range(2))
            mate = other if rng.random() < 0.3 else one
            scale = float(rng.choice(SCALES))
            front.append(moved_candidate(space, one.answers, mate.answers, scale, rng))
        new = [c.point for c in front[len(losses) :]]
        if new:
            losses = np.vstack([losses, conditional_losses_of(new)])
    return volume, Counter((c.point.system, c.point.salt) for c in front)


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=Path, default=PROBLEMS)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    given = parser.parse_args()
    print(*best_known(problems_of(given.problems), given.generations))


if __name__ == "__main__":
    main()
