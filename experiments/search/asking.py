"""Asking a strategy within a time: a cheaper one takes over once an ask took too long.

This is asked for, never a default: proposals then depend on the speed of this machine. The rung
that answered stands with every trial, and a rerun follows those rungs instead of the clock.
"""

import time
from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from experiments.search.strategy import Observation, Pending, Proposal, Strategy


@frozen(kw_only=True)
class Ladder:
    """A cheaper strategy and when it is asked."""

    cheaper: Strategy
    """Who is asked then."""

    seconds: float
    """Time for each proposal above which it is asked from the next batch on, [s]."""

    rungs: Mapping[int, str] = field(factory=dict)
    """Rungs of an earlier run by trial number; where they stand, the clock is not asked."""

    cheap_rung: str = ""
    """Rung of the cheaper strategy after its start."""


@define(kw_only=True)
class Asking:
    """Who is asked next in one run of a search."""

    strategy: Strategy
    """Who is asked as long as there is time."""

    ladder: Ladder | None = None
    """What happens when there is none."""

    _is_late: bool = field(default=False, init=False)

    def propose(
        self, history: Sequence[Observation], pending: Pending, n: int, seed: int, number: int
    ) -> list[Proposal]:
        """Return proposals, and note how long they took.

        Parameters
        ----------
        history : sequence of Observation
            What is known, [-].
        pending : sequence of tuple
            Trials under way with their designs, [-].
        n : int
            How many, [-].
        seed : int
            Seed of the study, [-].
        number : int
            Number of the first trial they become, [-].

        Returns
        -------
        list of Proposal
            Valid designs, [-].
        """
        ladder = self.ladder
        if ladder is None:
            return self.strategy.propose(history, pending, n, seed)
        # A batch that straddles the end of the start has more than one rung.
        recorded = [rung for k in range(n) if (rung := ladder.rungs.get(number + k))]
        is_cheap = ladder.cheap_rung in recorded if recorded else self._is_late
        begun = time.monotonic()
        asked = ladder.cheaper if is_cheap else self.strategy
        found = asked.propose(history, pending, n, seed)
        if time.monotonic() - begun > ladder.seconds * n:
            self._is_late = True
        return found
