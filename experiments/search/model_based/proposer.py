"""What to try next in any space: a spread start, then Parzen, then the processes.

Which rung of this ladder answers, and how many candidates it looks at, follows from how many rows
there are, the dimension and the size of the batch, and from nothing else; no clock is asked. A
batch is filled one by one: each design taken counts as seen, a little worse than expected.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from experiments.search.front import front_indices
from experiments.search.model_based.belief import Belief, belief_of
from experiments.search.model_based.candidates import (
    Candidate,
    Scaler,
    farthest,
    moved_candidate,
    random_candidate,
    spread_pool,
)
from experiments.search.model_based.outcomes import Seen
from experiments.search.model_based.process import MOST_ROWS
from experiments.search.model_based.spaces import SearchSpace
from experiments.search.parzen import ParzenEstimator
from formulation.arrays import FloatArray

START, TPE, GP, GP_SUBSET = "start", "tpe", "gp", "gp-subset"
"""Rungs: a spread start, Parzen, processes of all rows, length scales of a part of the rows."""

MOST_MODELLED = 2000
"""Rows beyond which Parzen takes over again, [-]."""

SPREAD_TRIES = 24
"""Random points among which the start takes the farthest, [-]."""

NARROW = 10.0
"""Dimension up to which an ask takes more candidates; their points cost less to draw, [-]."""

BATCH_POOL = 1000
"""Candidates of a batch, whatever its size, [-]."""

SMALL_BATCH = 16
"""Batch above which each of its designs is refined less, [-]."""

SCALES = (0.3, 0.1, 0.03)
"""Steps of the first candidates near incumbents, [-]."""

BEST = 4
"""Candidates refined, [-]."""

MOST_REDRAWS = 256
"""Attempts to avoid a point that is known, [-]."""


@frozen(kw_only=True)
class Effort:
    """How many candidates an ask looks at."""

    pool: int
    """First candidates, half of them random, half near incumbents."""

    fine: tuple[float, ...]
    """Steps of each round of the refinement."""

    tries: int
    """Moves of each of the best candidates in a round."""


def effort_of(dimension: float, batch: int) -> Effort:
    """Return the effort of an ask.

    Parameters
    ----------
    dimension : float
        Questions that a point answers on average, [-].
    batch : int
        How many designs are asked for, [-].

    Returns
    -------
    Effort
        The effort, [-].
    """
    if batch > SMALL_BATCH:
        return Effort(pool=BATCH_POOL, fine=(0.05, 0.02), tries=5)
    if batch > 1:
        return Effort(pool=BATCH_POOL, fine=(0.1, 0.05, 0.02, 0.01), tries=10)
    if dimension <= NARROW:
        return Effort(pool=600, fine=(0.2, 0.1, 0.05, 0.02, 0.01, 0.005), tries=20)
    return Effort(pool=260, fine=(0.1, 0.05, 0.02, 0.01), tries=10)


@frozen(kw_only=True)
class Settings:
    """What a model-based search may be told."""

    n_start: int = 10
    """Spread points before anything is modelled, [-]."""

    n_parzen: int = 0
    """Rows after the start until the processes take over, [-]."""


def rung_of(n_rows: int, n_trials: int, settings: Settings) -> str:
    """Return which rung answers.

    Parameters
    ----------
    n_rows : int
        Finished trials with values, [-].
    n_trials : int
        Trials finished or under way, [-].
    settings : Settings
        Ends of the rungs, [-].

    Returns
    -------
    str
        The rung, [-].
    """
    if n_trials < settings.n_start:
        return START
    if n_rows < settings.n_start // 2 or n_rows > MOST_MODELLED:
        return TPE
    if n_trials < settings.n_start + settings.n_parzen:
        return TPE
    return GP if n_rows <= MOST_ROWS else GP_SUBSET


@frozen(kw_only=True, eq=False)
class Proposer:
    """Proposes points of a space. Nothing in it changes."""

    space: SearchSpace[Any]
    """What may be made."""

    scaler: Scaler
    """Of this space."""

    worst: tuple[float, ...] | None = None
    """Worst acceptable losses; None where none are stated."""

    settings: Settings = field(factory=Settings)
    """Ends of the rungs."""

    def propose(
        self, seen: Sequence[Seen[Any]], pending: Sequence[Any], n: int, seed: int
    ) -> list[tuple[Any, str]]:
        """Return n points to try, each with the rung that found it.

        Parameters
        ----------
        seen : sequence of Seen
            Finished trials, of this search or imported, [-].
        pending : sequence of point
            What is under way, [-].
        n : int
            How many, [-].
        seed : int
            Seed of the search, [-].

        Returns
        -------
        list of tuple
            Points and rungs; the same for the same arguments, [-].
        """
        first = sum(s.is_trial for s in seen) + len(pending)
        n_rows = sum(bool(s.losses) for s in seen)
        known = {self.space.key(p) for p in (*(s.point for s in seen), *pending)}
        teaching = [s for s in seen if not s.is_lost]
        rungs = [rung_of(n_rows, first + k, self.settings) for k in range(n)]
        found: list[tuple[Any, str]] = []
        for rung in dict.fromkeys(rungs):
            under_way = [*pending, *(point for point, _ in found)]
            rng = np.random.default_rng([seed, first + len(found)])
            some = self._by(rung, teaching, under_way, rungs.count(rung), known, rng)
            found += [(point, rung) for point in some]
        return found

    def _by(
        self,
        rung: str,
        seen: Sequence[Seen[Any]],
        pending: Sequence[Any],
        n: int,
        known: set[str],
        rng: np.random.Generator,
    ) -> list[Any]:
        if rung == START:
            return self._spread([*(s.point for s in seen), *pending], n, known, rng)
        if rung == TPE:
            seed = rng.integers(2**32, size=2).tolist()
            estimator = ParzenEstimator(self.space, seen, pending, seed)
            return [self._new(lambda: estimator.ask(), known) for _ in range(n)]
        return self._modelled(seen, pending, n, known, rng)

    def _new(self, draw: Any, known: set[str]) -> Any:
        """Draw until the point is new, as far as that can be had."""
        for _ in range(MOST_REDRAWS):
            point = draw()
            if self.space.key(point) not in known:
                break
        known.add(self.space.key(point))
        return point

    def _spread(
        self, points: list[Any], n: int, known: set[str], rng: np.random.Generator
    ) -> list[Any]:
        found = []
        taken = self.scaler(self.space.features(points))
        for _ in range(n):
            pool = [
                self._new(lambda: random_candidate(self.space, rng).point, set(known))
                for _ in range(SPREAD_TRIES)
            ]
            features = self.scaler(self.space.features(pool))
            k = farthest(features, taken)
            taken = np.vstack([taken, features[k]])
            known.add(self.space.key(pool[k]))
            found.append(pool[k])
        return found

    def _modelled(
        self,
        seen: Sequence[Seen[Any]],
        pending: Sequence[Any],
        n: int,
        known: set[str],
        rng: np.random.Generator,
    ) -> list[Any]:
        features = self._features([s.point for s in seen])
        groups = self.space.layout.groups
        belief = belief_of(seen, features, groups, self.scaler.dimension, self.worst)
        for row in self._features(list(pending)):
            belief = belief.having(row)
        incumbents = self._incumbents(seen)
        effort = effort_of(self.scaler.dimension, n)
        half = effort.pool // 2
        pool = spread_pool(self.space, incumbents, half, half, SCALES, rng)
        pool_features = self._features([c.point for c in pool])
        belief = belief.widened(pool_features)
        found = []
        for k in range(n):
            best = self._best(belief, pool, pool_features, effort, known, rng)
            known.add(self.space.key(best.point))
            found.append(best.point)
            if k + 1 < n:
                belief = belief.having(self._features([best.point])[0])
        return found

    def _best(
        self,
        belief: Belief,
        pool: list[Candidate[Any]],
        features: FloatArray,
        effort: Effort,
        known: set[str],
        rng: np.random.Generator,
    ) -> Candidate[Any]:
        """Return the most promising new candidate, after moving the best few in smaller steps."""
        scores = belief.score(features)
        leaders: list[tuple[float, Candidate[Any]]]
        leaders = [(float(scores[k]), pool[k]) for k in np.argsort(-scores)[: 4 * BEST]]
        for scale in effort.fine:
            moved = [
                moved_candidate(self.space, c.answers, c.answers, scale, rng, turns_choices=False)
                for _, c in leaders[:BEST]
                for _ in range(effort.tries)
            ]
            new = belief.score(self._features([c.point for c in moved]))
            leaders += list(zip(new.tolist(), moved, strict=True))
            leaders.sort(key=lambda pair: -pair[0])
        for _, candidate in leaders:
            if self.space.key(candidate.point) not in known:
                return candidate
        drawn: list[Candidate[Any]] = []

        def draw() -> Any:
            drawn.append(random_candidate(self.space, rng))
            return drawn[-1].point

        self._new(draw, set(known))
        return drawn[-1]

    def _incumbents(self, seen: Sequence[Seen[Any]]) -> list[Any]:
        """Return the answers of the front; of the nearest to feasible while there is none."""
        rows = [s for s in seen if s.losses and self.space.holds(s.point)]
        if not rows:
            return []
        feasible = [s for s in rows if s.is_feasible]
        if feasible:
            losses = np.array([s.losses for s in feasible])
            best = [feasible[k] for k in front_indices(-losses)]
        else:
            best = sorted(rows, key=lambda s: -min(s.slacks.values()))[:BEST]
        return [self.space.encode(s.point) for s in best]

    def _features(self, points: list[Any]) -> FloatArray:
        return self.scaler(self.space.features(points))
