"""What is known of a space: rows seen, the outcomes to model, the front and the reference point.

Losses are minimised and stand 0 at the worst acceptable value of an objective where one was
stated. Values far worse than the front are drawn together, and slacks far from their limit too, so
that a few hopeless designs do not decide what the process learns near the front; between ideal and
the worst of the front nothing is changed.
"""

from collections.abc import Mapping, Sequence
from typing import Generic

import numpy as np
from attrs import field, frozen

from experiments.search.front import front_indices
from experiments.search.model_based.spaces import Point
from formulation.arrays import FloatArray

MARGIN = 0.1
"""How far beyond the worst of the front hypervolume counts, in ranges of the front, [-]."""

MADE = "can be evaluated"
"""The limit that a failed trial misses."""


@frozen(kw_only=True)
class Seen(Generic[Point]):
    """One finished trial."""

    point: Point
    """What was evaluated."""

    losses: tuple[float, ...] = ()
    """What is minimised; empty for a failed trial."""

    slacks: Mapping[str, float] = field(factory=dict)
    """Distance to each limit; below zero it is missed."""

    is_trial: bool = True
    """Whether it counts towards the start; what could not be made elsewhere does not."""

    is_lost: bool = False
    """Whether its workers were lost: it counts and is known, but teaches nothing."""

    @property
    def is_feasible(self) -> bool:
        """Whether it has values and keeps to every limit."""
        return bool(self.losses) and all(slack >= 0 for slack in self.slacks.values())


@frozen(kw_only=True, eq=False)
class Outcome:
    """One outcome to model: which rows have it, and what it is there."""

    rows: tuple[int, ...]
    """Positions of the rows that have it."""

    values: FloatArray
    """Its values there, of shape (n_rows,)."""


def loss_matrix(seen: Sequence[Seen[Point]]) -> tuple[list[int], FloatArray]:
    """Return the losses of the rows that have some.

    Parameters
    ----------
    seen : sequence of Seen
        Finished trials, [-].

    Returns
    -------
    tuple of list and ndarray of shape (n_rows, n_objectives)
        Positions among `seen`, and losses, [-].
    """
    rows = [k for k, s in enumerate(seen) if s.losses]
    return rows, np.array([seen[k].losses for k in rows], dtype=float)


def reference_point(
    losses: FloatArray,
    is_feasible: FloatArray,
    worst: Sequence[float] | None,
) -> FloatArray:
    """Return from where hypervolume counts.

    The worst acceptable values are offered, not forced: they count as soon as one feasible design
    beats all of them. Until then, and where none are stated, the reference lies a tenth of the
    front's range beyond its worst values; `Belief.widened` moves it out to where the front is
    expected to end.

    Parameters
    ----------
    losses : ndarray of shape (n, n_objectives)
        What was seen, minimised, [-].
    is_feasible : ndarray of shape (n,)
        Which rows keep to every limit, [-].
    worst : sequence of float or None
        Worst acceptable losses; None where none are stated, [-].

    Returns
    -------
    ndarray of shape (n_objectives,)
        The reference point, [-].
    """
    kept = losses[is_feasible.astype(bool)]
    if worst is not None and len(kept) and (kept < np.array(worst)).all(axis=1).any():
        return np.array(worst, dtype=float)
    among = kept if len(kept) else losses
    front = among[front_indices(-among)]
    nadir, span = front.max(axis=0), np.ptp(front, axis=0)
    span = np.where(span > 0, span, np.ptp(among, axis=0))
    span = np.where(span > 0, span, np.maximum(np.abs(nadir), 1.0))
    reference: FloatArray = nadir + MARGIN * span
    return reference


def calm_losses(losses: FloatArray, pivot: float, best: float) -> FloatArray:
    """Draw values worse than a pivot together; leave better ones as they are.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        Values of one objective, minimised, [-].
    pivot : float
        Up to where nothing changes, [-].
    best : float
        The best value of the front, [-].

    Returns
    -------
    ndarray of shape (n,)
        In the same order, [-].
    """
    scale = pivot - best
    if scale <= 0:
        return losses
    beyond = np.maximum(losses - pivot, 0.0)
    calmed: FloatArray = np.minimum(losses, pivot) + scale * np.log1p(beyond / scale)
    return calmed


def calm_slacks(slacks: FloatArray) -> FloatArray:
    """Draw slacks far from their limit together; zero stays zero.

    Parameters
    ----------
    slacks : ndarray of shape (n,)
        Distances to a limit, [-].

    Returns
    -------
    ndarray of shape (n,)
        In the same order, in units of the median distance, [-].
    """
    scale = float(np.median(np.abs(slacks)))
    if scale <= 0:
        return slacks
    calmed: FloatArray = np.arcsinh(slacks / scale)
    return calmed


def limits_of(seen: Sequence[Seen[Point]]) -> list[Outcome]:
    """Return the unknown limits: one outcome each, and one for trials that failed.

    A limit that every trial met by the same distance tells nothing and is left out.

    Parameters
    ----------
    seen : sequence of Seen
        Finished trials, [-].

    Returns
    -------
    list of Outcome
        In the order of their names, [-].
    """
    found = []
    for name in sorted({name for s in seen for name in s.slacks}):
        rows = [k for k, s in enumerate(seen) if s.losses and name in s.slacks]
        values = np.array([seen[k].slacks[name] for k in rows], dtype=float)
        found.append(Outcome(rows=tuple(rows), values=calm_slacks(values)))
    made = np.array([1.0 if s.losses else -1.0 for s in seen])
    if (made < 0).any():
        found.append(Outcome(rows=tuple(range(len(seen))), values=made))
    return [f for f in found if len(f.rows) and (f.values.min() < 0 or np.ptp(f.values) > 0)]
