"""Blocks of lanes: the arrays that the engine needs, and what comes back of them.

A block is sixteen subjects with one product. Blocks know nothing of each other, so how they are
spread over threads changes no bit.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.errors import InputError
from models.absorption import _parameters as gut
from models.absorption.skin import passed_in_steps
from models.disposition import _parameters as body
from models.population import Subjects
from models.simulator import engine
from models.simulator.arms import MODEL, NOTHING_TAKEN, Start, Taken
from models.simulator.codegen import LANES as L
from models.simulator.engine import DAILY, RELEASE_STEP_H
from models.simulator.forms import opening
from models.simulator.grid import DayGrid
from models.simulator.numbers import (
    PARAMETERS,
    product_numbers,
)


@frozen(kw_only=True, eq=False)
class Course:
    """What happened, day by day, in every subject."""

    daily: FloatArray
    """Of shape (n_products, n_days, n_daily, n_subjects); columns are `engine.DAILY`."""

    end: FloatArray
    """Every state at the end, of shape (n_products, n_states, n_subjects)."""

    path: FloatArray
    """Every state after every step, (n_products, n_days, n_steps, n_states, n_subjects), or
    nothing."""

    grid: DayGrid
    """The steps."""

    intakes_per_day: int
    """Occasions a day, [1/d]."""

    replay_error: float
    """Greatest share of a day's uptake that replay missed; 0 where nothing was replayed, [-]."""

    mass_error: float
    """Greatest share of all magnesium that is unaccounted for, [-]."""

    def day(self, name: str) -> FloatArray:
        """Return one column.

        Parameters
        ----------
        name : str
            One of `engine.DAILY`, [-].

        Returns
        -------
        ndarray of shape (n_products, n_days, n_subjects)
            Its values, [-].
        """
        return self.daily[:, :, DAILY.index(name)]


Block = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
"""State, numbers, tails, units, skin, serum at the start, red cells made."""


class Job:
    """Arrays of all blocks, and how one block is run."""

    def __init__(
        self,
        products: Sequence[Taken],
        start: Start,
        subjects: Subjects,
        grid: DayGrid,
        days: int,
        keep_path: bool,
        adapts: bool,
        parts: int,
    ) -> None:
        self.products, self.start, self.subjects = products, start, subjects
        self.grid, self.days, self.n = grid, days, len(subjects)
        self.blocks = -(-self.n // L)
        self.product_numbers = product_numbers([taken.law for taken in products])
        shape = (len(products), self.blocks)
        n_states = len(MODEL.state_names)
        self.y = np.empty((*shape, n_states * L))
        self.out = np.empty((*shape, days, engine.N_DAILY * L))
        n_path = days if keep_path else 0
        self.path = np.empty((*shape, n_path, len(grid.fed), n_states * L))
        self.appeared = np.zeros((*shape, L))
        self.coarse = _coarse(grid)
        self.parts = parts
        self.adaptation = ADAPTATION_PER_DAY if adapts else 0.0

    def run(
        self, block: Callable[[int, int], float], rows: Sequence[int], threads: int
    ) -> list[float]:
        """Run every block of some products.

        Parameters
        ----------
        block : callable
            `whole` or `repeating`, [-].
        rows : sequence of int
            Products, [-].
        threads : int
            Threads over which blocks are spread, [-].

        Returns
        -------
        list of float
            Greatest error of each product, [-].
        """
        cells = [(k, b) for k in rows for b in range(self.blocks)]
        if threads == 1:
            errors = [block(k, b) for k, b in cells]
        else:
            with ThreadPoolExecutor(threads) as pool:
                errors = list(pool.map(lambda cell: block(*cell), cells))
        return [max(errors[m * self.blocks : (m + 1) * self.blocks]) for m in range(len(rows))]

    def lanes(self, b: int) -> NDArray[np.int64]:
        """Return the subjects of a block; the last one stands in for what is missing.

        Parameters
        ----------
        b : int
            Block, [-].

        Returns
        -------
        ndarray of shape (16,)
            Subjects, [-].
        """
        return np.minimum(np.arange(b * L, (b + 1) * L), self.n - 1)

    def prepare(self, k: int, b: int) -> Block:
        """Return what the engine takes for a block.

        Parameters
        ----------
        k : int
            Product, [-].
        b : int
            Block, [-].

        Returns
        -------
        tuple of ndarray
            State, numbers, tails, units, skin, serum, cells made, each in its unit, [-].
        """
        taken, lanes = self.products[k], self.lanes(b)
        s = self.start
        numbers = np.empty((len(PARAMETERS), L))
        for row, name in enumerate(PARAMETERS):
            mine = s.numbers.get(name)
            numbers[row] = mine[lanes] if mine is not None else self.product_numbers[name][k]
        p = numbers.ravel()
        y = self.y[k, b]
        y[:] = s.state[:, lanes].ravel()
        tails = self._tails(taken, lanes, p)
        units = taken.units
        if taken is NOTHING_TAKEN:
            units = np.zeros((self.days, 0))
        self._appear(k, b, taken, tails, units)
        skin = self._skin(k, b, taken, lanes)
        red = np.empty((engine.RED_CELL_DAYS + self.days, L))
        red[: engine.RED_CELL_DAYS] = s.state[MODEL.index("R")[0], lanes] / body.RED_CELL_HOURS
        return (y, p, tails, units, skin, s.serum[lanes], red)

    def _tails(self, taken: Taken, lanes: NDArray[np.int64], p: FloatArray) -> FloatArray:
        law, g = taken.law, self.grid
        n_steps = len(g.fed)
        tails = np.zeros((len(taken.times_h), 2 * n_steps, 7 * L))
        if not len(tails) or law.route is Route.SKIN:
            return tails
        v = self.subjects.values
        numbers = {name: x[lanes] for name, x in self.start.numbers.items()}
        times = np.arange(round(48 / RELEASE_STEP_H) + 1, dtype=float) * RELEASE_STEP_H
        let_go = law.liberated(times, in_body=True)
        first = gut.COLON if law.route is Route.RECTAL else gut.STOMACH
        for tail, time_h in zip(tails, taken.times_h, strict=True):
            step = g.step_at(time_h)
            shift, fed = v["bowel_ph_shift"][lanes], bool(g.fed[step])
            how = opening(law.coat, numbers, shift, with_meal=fed)
            engine.expose(
                tail,
                let_go * (1 - how.failure),
                step,
                g.steps_h,
                g.fed,
                p,
                first,
                law.residence_h,
                how.lags_h,
                how.segment,
            )
        return tails

    def _skin(self, k: int, b: int, taken: Taken, lanes: NDArray[np.int64]) -> FloatArray:
        """Return what patches bring through the skin, of shape (n_steps, L), [mmol/h]."""
        if taken.law.route is not Route.SKIN:
            return np.zeros((len(self.grid.fed), L))
        if not taken.repeats:
            raise InputError("Simulator: patches are only followed when worn every day alike.")
        permeability = self.subjects.values["skin_permeability_factor"][lanes]
        steps_h = self.grid.steps_h
        passed = passed_in_steps(taken.law, len(taken.times_h), self.grid.edges_h, permeability)
        brought = taken.units[0, 0] * passed
        self.appeared[k, b] += self.days * brought.sum(axis=0)
        rate: FloatArray = brought / steps_h[:, None]
        return rate

    def _appear(self, k: int, b: int, taken: Taken, tails: FloatArray, units: FloatArray) -> None:
        """Sum what products bring into the gut, [mmol]; a block may be run again."""
        self.appeared[k, b] = 0.0
        n = len(self.grid.fed)
        dose = taken.law.dose_mmol
        for j in range(len(tails)):
            shares = tails[j].reshape(2 * n, 7, L).sum(axis=1)
            first, second = shares[:n].sum(axis=0), shares[n:].sum(axis=0)
            self.appeared[k, b] += dose * (units[:, j].sum() * first + units[:-1, j].sum() * second)

    def whole(self, k: int, b: int) -> float:
        """Integrate every step of a block.

        Parameters
        ----------
        k : int
            Product, [-].
        b : int
            Block, [-].

        Returns
        -------
        float
            0, as nothing is replayed, [-].
        """
        y, p, tails, units, skin, reference, red = self.prepare(k, b)
        g = self.grid
        engine.run_whole(
            y, p, tails, units, g.steps_h, g.fed, g.eating, skin, reference, red,
            self.adaptation, self.out[k, b], self.path[k, b], self.parts,
        )  # fmt: skip
        return 0.0

    def repeating(self, k: int, b: int) -> float:
        """Replay the days of a block.

        Parameters
        ----------
        k : int
            Product, [-].
        b : int
            Block, [-].

        Returns
        -------
        float
            Share of a day's uptake that replay misses, 0 where it was not measured, [-].
        """
        y, p, tails, units, skin, reference, red = self.prepare(k, b)
        g = self.grid
        return float(
            engine.run_repeating(
                y, p, tails, units, g.steps_h, self.coarse, g.fed, g.eating, skin, reference,
                red, self.adaptation, self.out[k, b], b % CHECKED_BLOCKS == 0,
            )
        )  # fmt: skip

    def course(self, replay_error: float) -> Course:
        """Return what happened in all blocks.

        Parameters
        ----------
        replay_error : float
            Greatest share of a day's uptake that replay missed, [-].

        Returns
        -------
        Course
            Daily amounts and the end, [-].
        """
        n_states = len(MODEL.state_names)
        shape = (len(self.products), self.blocks)
        end = self.y.reshape(*shape, n_states, L).transpose(0, 2, 1, 3)
        end = end.reshape(len(self.products), n_states, self.blocks * L)[..., : self.n]
        daily = self.out.reshape(*shape, self.days, engine.N_DAILY, L).transpose(0, 2, 3, 1, 4)
        daily = daily.reshape(len(self.products), self.days, engine.N_DAILY, self.blocks * L)[
            ..., : self.n
        ]
        n_path, n_steps = self.path.shape[2:4]
        path = self.path.reshape(*shape, n_path, n_steps, n_states, L).transpose(0, 2, 3, 4, 1, 5)
        path = path.reshape(len(self.products), n_path, n_steps, n_states, self.blocks * L)[
            ..., : self.n
        ]
        return Course(
            daily=daily,
            end=end,
            path=path,
            grid=self.grid,
            intakes_per_day=max(len(self.products[0].times_h), 1),
            replay_error=replay_error,
            mass_error=self._mass_error(end),
        )

    def _mass_error(self, end: FloatArray) -> float:
        amounts = MODEL.index(*(s.name for s in MODEL.states if s.counts))
        before = self.start.state[amounts].sum(axis=0)
        eaten = self.start.numbers["meal"] * len(self.start.meal_times_h) * self.days
        appeared = self.appeared.reshape(len(self.products), -1)[:, : self.n]
        brought = before + eaten + appeared
        return float(np.abs(end[:, amounts].sum(axis=1) / brought - 1).max())


CHECKED_BLOCKS = 4
"""One block in so many measures what replay misses, [-]."""

ADAPTATION_PER_DAY = float(-np.expm1(-1 / float(gut.ADAPTATION_DAYS)))
"""How far the saturable uptake moves in a day towards what the serum asks for, [-]."""


def _coarse(grid: DayGrid) -> NDArray[np.int64]:
    """Return the steps at which coarser ones begin."""
    found = [0]
    for k in range(1, len(grid.fed) + 1):
        long = grid.edges_h[k] - grid.edges_h[found[-1]] >= COARSE_H - 1e-9
        if long or k == len(grid.fed):
            found.append(k)
    return np.array(found)


COARSE_H = 0.8
"""Shortest step of colon and body on replayed days, [h]."""
