"""Where a dosage form is while it lets its particles go.

The form itself travels like a solid: at each step it is in each segment with a probability that
transit and gastric emptying decide. What it exposes in a step appears there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.regimen import Regimen
from models.absorption import _parameters as gut
from models.release import ReleaseLaw


@frozen(kw_only=True, eq=False)
class Exposure:
    """Particles exposed per step, and where the dosage form is meanwhile."""

    starts: Sequence[Sequence[int]]
    """Steps at which each product is taken."""

    whereabouts: Mapping[int, FloatArray]
    """By start step: probability of each segment, of shape (n_steps, 7, n_subjects)."""

    exposed_mmol: FloatArray
    """Exposed in each step after an intake, of shape (n_products, n_steps), [mmol]."""

    fraction_kept: FloatArray
    """Doses of the day that never appear, of shape (n_products, n_subjects), [-]."""

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
            Particles by place, [mmol].
        """
        found = np.zeros(shape)
        for start, place in self.whereabouts.items():
            if step < start:
                continue
            rows = [k for k, chosen in enumerate(self.starts) if start in chosen]
            fresh = self.exposed_mmol[rows, step - start][None, :, None]
            found[:, rows] += fresh * place[step][:, None]
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
    starts: Sequence[Sequence[int]],
    dose_mmol: FloatArray,
    *,
    emptying: FloatArray,
    transit: FloatArray,
    step_h: float,
) -> Exposure:
    """Return where the particles of each product appear.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Law of one unit of each product, [-].
    starts : sequence of sequence of int
        Steps at which each product is taken, [-].
    dose_mmol : ndarray of shape (n_products, 1)
        Magnesium of one intake, [mmol].
    emptying : ndarray of shape (n_steps, 1, n_subjects)
        Share of the stomach emptied in each step, [-].
    transit : ndarray of shape (7, 1, n_subjects)
        Share of each other segment moved on in a step, [-].
    step_h : float
        Length of a step, [h].

    Returns
    -------
    Exposure
        Particles per step and place, and what never appears, [-].
    """
    n_steps, _, n_subjects = emptying.shape
    whereabouts = {
        start: _whereabouts(start, emptying, transit)
        for start in sorted({start for chosen in starts for start in chosen})
    }
    times = np.arange(n_steps + 1, dtype=float) * step_h
    steps = np.diff(np.array([law.liberated(times) for law in laws]), axis=1)
    kept = np.zeros((len(laws), n_subjects))
    for row, chosen in enumerate(starts):
        for start in chosen:
            inside = whereabouts[start].sum(axis=1)
            released = np.einsum("t,tn->n", steps[row, : n_steps - start], inside[start:])
            kept[row] += 1.0 - released
    return Exposure(
        starts=starts, whereabouts=whereabouts, exposed_mmol=steps * dose_mmol, fraction_kept=kept
    )


def _whereabouts(start: int, emptying: FloatArray, transit: FloatArray) -> FloatArray:
    """Return the probability of the dosage form being in each segment at each step."""
    n_steps, _, n_subjects = emptying.shape
    place = np.zeros((n_steps, gut.N_SEGMENTS, n_subjects))
    place[start, gut.STOMACH] = 1.0
    for step in range(start, n_steps - 1):
        moved = place[step] * transit[:, 0]
        moved[gut.STOMACH] = place[step, gut.STOMACH] * emptying[step, 0]
        place[step + 1] = place[step] - moved
        place[step + 1, 1:] += moved[:-1]
    return place
