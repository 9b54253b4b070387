"""When a search ends: its budget is met, its front no longer grows, or its time is up.

Asked at the end of a batch only. The first two follow from the finished trials alone, so a resumed
study ends where an uninterrupted one does; the third depends on the clock of this machine.
"""

from collections.abc import Sequence
from typing import Any

from attrs import asdict, frozen

from experiments.config.spec import Stagnation
from experiments.search.front import hypervolume, normalised
from experiments.store import TrialRecord
from formulation.targets import Objective

BUDGET, STAGNATION, WALL_TIME = "budget", "stagnation", "wall_time"
"""Why a search ended."""


@frozen(kw_only=True)
class End:
    """Why a search ended, with the numbers."""

    kind: str
    """One of the three reasons."""

    because: str
    """The same in words."""

    trials: int
    """Finished trials, [-]."""

    hypervolume: float
    """Of the feasible ones, between worst acceptable and ideal, [-]."""

    before: float | None = None
    """The same before the trials that stagnation looks at, [-]."""

    wall_time_s: float | None = None
    """How long this run searched, [s]; None where the clock did not decide."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as they are stored."""
        return asdict(self)


@frozen(kw_only=True)
class Ends:
    """What ends a search."""

    budget: int
    """Trials, [-]."""

    objectives: tuple[Objective, ...] = ()
    """What is wanted, between whose values hypervolume is counted."""

    stagnation: Stagnation | None = None
    """When the front no longer grows enough."""

    wall_time_s: float | None = None
    """How long one run may search, [s]."""

    def reached(self, finished: Sequence[TrialRecord], elapsed_s: float) -> End | None:
        """Return why a search ends after these trials; None while it goes on.

        Parameters
        ----------
        finished : sequence of TrialRecord
            Finished trials in the order of their numbers, [-].
        elapsed_s : float
            How long this run has searched, [s].

        Returns
        -------
        End or None
            The first reason that holds, [-].
        """
        n, rule = len(finished), self.stagnation
        if n >= self.budget:
            return self._end(finished, BUDGET, f"its budget of {self.budget} trials is met")
        if rule is not None and n > rule.trials:
            now, before = self._volume(finished), self._volume(finished[: n - rule.trials])
            # Without an acceptable design, both are zero and nothing has stopped growing.
            if now - before < rule.gain_pct / 100 * now:
                gain = 100 * (now - before) / now
                because = (
                    f"the hypervolume rose from {before:.4f} to {now:.4f} over the last"
                    f" {rule.trials} trials, by {gain:.3g} %, less than {rule.gain_pct:g} %"
                )
                return self._end(finished, STAGNATION, because, before=before)
        if self.wall_time_s is not None and elapsed_s >= self.wall_time_s:
            spent, allowed = _time(elapsed_s), _time(self.wall_time_s)
            because = (
                f"this run had searched for {spent}, of {allowed} allowed, after {n} of"
                f" {self.budget} trials"
            )
            return self._end(finished, WALL_TIME, because, wall_time_s=elapsed_s)
        return None

    def _end(self, finished: Sequence[TrialRecord], kind: str, because: str, **more: float) -> End:
        volume = self._volume(finished)
        return End(kind=kind, because=because, trials=len(finished), hypervolume=volume, **more)

    def _volume(self, trials: Sequence[TrialRecord]) -> float:
        feasible = [t.values for t in trials if t.is_feasible]
        return hypervolume(normalised(self.objectives, feasible)) if self.objectives else 0.0


def _time(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
