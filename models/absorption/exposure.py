"""Where a dosage form is while it lets its particles go.

The form itself travels like a solid: at each step it is in each segment with a probability that
transit and gastric emptying decide. What it exposes in a step appears there. A form that adheres
stays where it was put for an exponential time and then travels on; one in the rectum is then lost.

A coated form opens at a time of the subject's own: a film where the bowel's pH first exceeds its
threshold, after the film has dissolved, or never; a rupturable coat after a lag that differs
between units. Opening and place are joined only so far: an open film is never in a segment above
the one that opened it. A stomach that retains large tablets is not described.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.regimen import Regimen
from models.absorption import _parameters as gut
from models.release import Coat, ReleaseLaw
from models.release._base import LAG_SHIFTS
from models.release.vessel import film_opening_h

RESIDENCE_STEP_H = 0.5
"""Residence of a form that adheres is rounded to this, so that forms can share their way, [h]."""

Way = tuple[int, Route, float, float]
"""What decides a form's whereabouts: step of intake, route, residence, threshold of its film."""


@frozen(kw_only=True, eq=False)
class Exposure:
    """What each product lets go, where and when, as fractions of an intake."""

    starts: Sequence[Sequence[int]]
    """Steps at which each product is taken."""

    ways: Mapping[Way, FloatArray]
    """Probability of each segment, of shape (n_steps, 7, n_subjects)."""

    way_of: Mapping[tuple[int, int], Way]
    """Which way a product takes after an intake, by row and start."""

    increments: FloatArray
    """Fraction let go in each step after opening, of shape (n_products, n_steps), [-]."""

    lags: NDArray[np.int64]
    """Steps to opening, of shape (n_products, n_branches, n_subjects); -1 where it never opens."""

    def at(self, step: int, shape: tuple[int, int, int]) -> FloatArray:
        """Return what is exposed in a step.

        Parameters
        ----------
        step : int
            Step of the day, [-].
        shape : tuple of int
            Segments, products and subjects, [-].

        Returns
        -------
        ndarray of shape (7, n_products, n_subjects)
            Fraction of an intake, by place, [-].
        """
        found = np.zeros(shape)
        for start in sorted({s for chosen in self.starts for s in chosen if s <= step}):
            rows = np.array([k for k, chosen in enumerate(self.starts) if start in chosen])
            fresh = _released(self.increments[rows], self.lags[rows], step - start)
            ways = [self.way_of[int(row), start] for row in rows]
            for way in set(ways):
                mine = np.array([w == way for w in ways])
                found[:, rows[mine]] += fresh[mine][None] * self.ways[way][step][:, None]
        return found


def intake_times_h(regimen: Regimen) -> tuple[float, ...]:
    """Return when the day's intakes happen.

    Parameters
    ----------
    regimen : Regimen
        How the product is taken, [-].

    Returns
    -------
    tuple of float
        Times within the simulated day, [h].
    """
    slots = gut.MEAL_TIMES_H if regimen.with_meals else gut.BETWEEN_MEALS_H
    chosen = {1: (0,), 2: (0, 2), 3: (0, 1, 2)}[regimen.intakes_per_day]
    return tuple(slots[k] for k in chosen)


def expose(
    laws: Sequence[ReleaseLaw],
    regimens: Sequence[Regimen],
    *,
    emptying: FloatArray,
    transit: FloatArray,
    ph_shift: FloatArray,
    step_h: float,
) -> Exposure:
    """Return where the particles of each product appear.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Law of one unit of each product, [-].
    regimens : sequence of Regimen
        How each product is taken, [-].
    emptying : ndarray of shape (n_steps, 1, n_subjects)
        Share of the stomach emptied in each step, [-].
    transit : ndarray of shape (7, 1, n_subjects)
        Share of each other segment moved on in a step, [-].
    ph_shift : ndarray of shape (n_subjects,)
        How much less acid than usual a subject's bowel is, [-] (pH).
    step_h : float
        Length of a step, [h].

    Returns
    -------
    Exposure
        What appears per step and place, [-].
    """
    n_steps = len(emptying)
    starts = [[round(t / step_h) for t in intake_times_h(r)] for r in regimens]
    times = np.arange(n_steps + 1, dtype=float) * step_h
    liberated = np.array([law.liberated(times, in_body=True) for law in laws])
    body = _Body(emptying=emptying, transit=transit, ph_shift=ph_shift, step_h=step_h)
    n_branches = max(len(LAG_SHIFTS) if law.coat else 1 for law in laws)
    lags = np.array([body.lags(law.coat, n_branches) for law in laws])
    failure = np.array([law.coat.failure if law.coat else 0.0 for law in laws])
    way_of = {
        (row, start): _way(start, law) for row, law in enumerate(laws) for start in starts[row]
    }
    ways = {way: body.whereabouts(way) for way in set(way_of.values())}
    increments = np.diff(liberated, axis=1) * (1 - failure[:, None])
    return Exposure(
        starts=starts,
        ways=ways,
        way_of=way_of,
        increments=increments,
        lags=lags,
    )


@frozen(kw_only=True, eq=False)
class _Body:
    """What of the subjects decides where a form is and when it opens."""

    emptying: FloatArray
    transit: FloatArray
    ph_shift: FloatArray
    step_h: float

    @property
    def n_subjects(self) -> int:
        return len(self.ph_shift)

    def opening_segment(self, threshold: float) -> NDArray[np.int64]:
        """Return the first segment where a film dissolves, of shape (n,); 7 when nowhere."""
        ph = gut.BOWEL_PH[:, None] + self.ph_shift[None]
        open_here = ph[1:] >= threshold
        first = np.where(open_here.any(axis=0), open_here.argmax(axis=0) + 1, gut.N_SEGMENTS)
        return np.asarray(first, dtype=np.int64)

    def lags(self, coat: Coat | None, n_branches: int) -> NDArray[np.int64]:
        """Return steps from intake to opening, of shape (n_branches, n); -1 for never."""
        found = np.zeros((n_branches, self.n_subjects), dtype=np.int64)
        if coat is None:
            return found
        if not coat.threshold_ph:
            shifts = np.array(LAG_SHIFTS) * coat.lag_cv * coat.lag_h
            hours = np.maximum(coat.lag_h + shifts, 0.0)
            found[:] = np.round(hours / self.step_h).astype(np.int64)[:, None]
            return found
        segment = self.opening_segment(coat.threshold_ph)
        opens = segment < gut.N_SEGMENTS
        at = np.minimum(segment, gut.COLON)
        ph = np.where(opens, gut.BOWEL_PH[at] + self.ph_shift, coat.threshold_ph)
        hours = self._arrival_h()[at, np.arange(self.n_subjects)] + film_opening_h(coat, ph)
        found[:] = np.where(opens, np.round(hours / self.step_h), -1)
        return found

    def whereabouts(self, way: Way) -> FloatArray:
        """Return the probability of a form being in each segment at each step."""
        start, route, residence_h, threshold = way
        n_steps = len(self.emptying)
        place = np.zeros((n_steps, gut.N_SEGMENTS, self.n_subjects))
        first = gut.COLON if route is Route.RECTAL else gut.STOMACH
        leaves = -np.expm1(-self.step_h / residence_h) if residence_h else 1.0
        stuck, moving = 1.0, np.zeros(place.shape[1:])
        if not residence_h:
            stuck, moving[first] = 0.0, 1.0
        gone = np.zeros(self.n_subjects)
        for step in range(start, n_steps):
            place[step] = moving
            place[step, first] += stuck
            if threshold:
                self._beyond(place[step], gone, threshold)
            moved = moving * self.transit[:, 0]
            moved[gut.STOMACH] = moving[gut.STOMACH] * self.emptying[step, 0]
            moving = moving - moved
            moving[1:] += moved[:-1]
            gone = gone + moved[gut.COLON]
            if route is not Route.RECTAL:
                moving[first] += stuck * leaves
            stuck *= 1 - leaves
        return place

    def _beyond(self, place: FloatArray, gone: FloatArray, threshold: float) -> None:
        """Make a place that of an open film: at or beyond the segment that opened it."""
        segment = self.opening_segment(threshold)
        place *= np.arange(gut.N_SEGMENTS)[:, None] >= segment
        place /= np.maximum(place.sum(axis=0) + gone, 1e-9)

    def _arrival_h(self) -> FloatArray:
        """Return when the middle of a solid reaches each segment, of shape (7, n), [h]."""
        rates = -np.log1p(-self.transit[:, 0]) / self.step_h
        rates[gut.STOMACH] = -np.log1p(-self.emptying[:, 0].min(axis=0)) / self.step_h
        stay = 1 / np.maximum(rates, 1e-9)
        return np.vstack([np.zeros(self.n_subjects), np.cumsum(stay[:-1], axis=0)])


def _way(start: int, law: ReleaseLaw) -> Way:
    steps = round(law.residence_h / RESIDENCE_STEP_H)
    residence = max(steps, 1) * RESIDENCE_STEP_H if law.residence_h else 0.0
    return start, law.route, residence, law.coat.threshold_ph if law.coat else 0.0


def _released(increments: FloatArray, lags: NDArray[np.int64], since: int) -> FloatArray:
    """Return what is let go in a step so long after intake, of shape (n_rows, n), [-]."""
    opened = since - lags
    index = np.clip(opened, 0, increments.shape[1] - 1)
    rows = np.arange(len(increments))[:, None, None]
    fresh = np.where((opened >= 0) & (lags >= 0), increments[rows, index], 0.0)
    mean: FloatArray = fresh.mean(axis=1)
    return mean
