"""Every way to search, over mixtures of 7, 12 and 20 ingredients and 5 of 30: none invalid."""

import numpy as np
import pytest

from experiments.search.evolutionary import offspring
from experiments.search.model_based.candidates import random_candidate, scaler_of
from experiments.search.model_based.mixture_space import MixtureSearchSpace
from experiments.search.model_based.outcomes import Seen
from experiments.search.model_based.proposer import GP, START, Proposer
from experiments.search.parzen import ParzenEstimator
from tests.formulation.test_mixtures import SPACES


def seen_of(space, recipe):
    """Return made-up outcomes: two losses and a limit, smooth in the shares."""
    shares = space.features([recipe])[0] / 100
    n = len(shares)
    losses = (float(((shares - 1.5 / n) ** 2).sum()), float(shares[: n // 2].sum()))
    return Seen(point=recipe, losses=losses, slacks={"limit": 0.6 - float(shares[: n // 3].sum())})


def by_chance(space, seen, rng):
    return [random_candidate(space, rng).point for _ in range(6)]


def by_parzen(space, seen, rng):
    estimator = ParzenEstimator(space, seen, [], [int(rng.integers(2**16))])
    return [estimator.ask() for _ in range(6)]


def by_evolution(space, seen, rng):
    parents = [space.encode(s.point) for s in sorted(seen, key=lambda s: sum(s.losses))[:8]]
    return [space.draw(offspring(parents, rng)) for _ in range(6)]


def by_model(space, seen, rng):
    proposer = Proposer(space=space, scaler=scaler_of(space))
    found = proposer.propose(seen, [], 3, int(rng.integers(2**16)))
    assert {rung for _, rung in found} <= {START, GP}
    return [point for point, _ in found]


WAYS = {
    "random": by_chance,
    "tpe": by_parzen,
    "evolutionary": by_evolution,
    "model_based": by_model,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("mixture", SPACES.values(), ids=SPACES)
def test_no_way_to_search_asks_an_invalid_recipe(mixture, way):
    """Four rounds after twelve random recipes, each weighed to the balance."""
    space, rng = MixtureSearchSpace(mixture=mixture), np.random.default_rng(1)
    seen = [seen_of(space, point) for point in by_chance(space, [], rng) + by_chance(space, [], rng)]  # fmt: skip  # noqa: E501
    for _ in range(4):
        for recipe in way(space, seen, rng):
            assert mixture.violations(recipe) == ()
            assert space.holds(recipe)
            seen.append(seen_of(space, recipe))


def test_the_search_of_a_mixture_finds_more_than_chance():
    """The model of twelve ingredients, fifteen proposals against fifteen random recipes."""
    from moocore import hypervolume

    space, rng = MixtureSearchSpace(mixture=SPACES["12"]), np.random.default_rng(2)
    start = [seen_of(space, random_candidate(space, rng).point) for _ in range(12)]
    found, blind = list(start), list(start)
    for _ in range(5):
        found += [seen_of(space, point) for point in by_model(space, found, rng)]
        blind += [seen_of(space, point) for point in by_chance(space, [], rng)[:3]]
    volumes = [
        hypervolume(np.array([s.losses for s in rows if s.is_feasible]), ref=np.array([0.2, 0.8]))
        for rows in (found, blind)
    ]
    assert volumes[0] > volumes[1]
