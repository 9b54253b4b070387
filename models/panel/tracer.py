"""What an isotope study sees: the labelled magnesium of a dose, among all the magnesium there is.

The simulator gives amounts after every step, and so the rate at which each share of a segment's
magnesium is taken up, moves on, dissolves or precipitates. Label is a share of those amounts, so
its equations are linear; they are solved at the middle of each step, where the rates are read, from
the stomach down, and close to rounding. Label that the body secretes again is not followed. An
increment over the diet would be another number: it counts what the dose crowds out.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.panel.people import People
from models.release import ReleaseLaw
from models.simulator.arms import MODEL, NOTHING_TAKEN, Taken
from models.simulator.blocks import Course
from models.simulator.equations import ABSORBING, N_SEGMENTS, SALTS, STOMACH
from models.simulator.numbers import product_numbers
from models.simulator.run import follow

LEAST_MMOL = 1e-9
"""Amount below which nothing is divided by it, [mmol]."""

CLOSES_TO = 1e-9
"""Share of the label that may be unaccounted for, [-]."""


DAYS = 4
"""Days after which a colon of ordinary speed holds hardly any label, [d]."""


def traced_fraction(group: People, law: ReleaseLaw, times_h: Sequence[float]) -> FloatArray:
    """Return the share taken up of a labelled product that was taken on one day.

    Parameters
    ----------
    group : People
        Who takes it, [-].
    law : ReleaseLaw
        Law of what is taken at each time; a solution or a powder, [-].
    times_h : sequence of float
        Clock times of the intakes, [h].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Fraction absorbed, [-].

    Raises
    ------
    InputError
        The form does not let everything go at once, so its label would be misplaced.
    """
    if law.coat is not None or law.mechanism != "dispersed":
        raise InputError(
            f"Isotope study: the form {law.mechanism!r} lets its label go slowly.",
            hint="Use a solution or a powder.",
        )
    units = np.zeros((DAYS, len(times_h)))
    units[0] = 1.0
    taken = Taken(law=law, times_h=tuple(times_h), units=units)
    course = _followed(group, taken)
    at_once = np.zeros(course.path.shape[1] * course.path.shape[2])
    for time_h in times_h:
        at_once[course.grid.step_at(time_h)] = 1.0
    each = np.repeat(at_once[:, None], len(group), axis=1)
    numbers = product_numbers([law])
    label = _Label(
        dissolved=each * numbers["liquid"],
        particles=tuple(each * numbers[f"solid{k}"] for k in SALTS),
    )
    return _absorbed(course, group, taken, label)


def traced_meal_fraction(group: People) -> FloatArray:
    """Return the share taken up of the magnesium of one labelled day of meals.

    Parameters
    ----------
    group : People
        Who eats, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Fraction absorbed, [-].
    """
    course = _followed(group, NOTHING_TAKEN)
    n_days, n_steps = course.path.shape[1:3]
    eaten = np.zeros((n_days, n_steps, len(group)))
    share = course.grid.eating * course.grid.steps_h
    eaten[0] = share[:, None] * group.start.numbers["meal"]
    dissolved = eaten.reshape(n_days * n_steps, -1)
    label = _Label(dissolved=dissolved, particles=tuple(0 * dissolved for _ in SALTS))
    return _absorbed(course, group, NOTHING_TAKEN, label)


def _followed(group: People, taken: Taken) -> Course:
    return follow([taken], group.start, group.subjects, days=DAYS, keep_path=True, adapts=False)


@frozen(kw_only=True, eq=False)
class _Label:
    """Label that enters the stomach, by step, each array of shape (n_steps, n_subjects), [mmol]."""

    dissolved: FloatArray
    particles: tuple[FloatArray, ...]

    @property
    def total(self) -> FloatArray:
        """All of it, of shape (n_subjects,), [mmol]."""
        found: FloatArray = self.dissolved.sum(axis=0) + sum(p.sum(axis=0) for p in self.particles)
        return found


def _absorbed(course: Course, group: People, taken: Taken, label: _Label) -> FloatArray:
    """Return the share of a label that was taken up."""
    shares = _Shares(course, group, taken)
    places = _Places(len(group))
    for step in range(len(shares.hours)):
        places.advance(shares, label, step)
    gap = float(np.abs(places.everything / label.total - 1).max())
    if gap > CLOSES_TO:
        raise InputError(f"Isotope study: {gap:.2g} of the label is unaccounted for.")
    return places.absorbed / label.total


class _Shares:
    """Shares of each amount that leave in an hour, by process, of shape (n_steps, n_subjects)."""

    def __init__(self, course: Course, group: People, taken: Taken) -> None:
        path = course.path[0]
        n_days, n_steps, n_states, n = path.shape
        after = path.reshape(n_days * n_steps, n_states, n).transpose(1, 0, 2)
        before = np.concatenate([group.start.state[:, None], after[:, :-1]], axis=1)
        middle = (before + after) / 2
        self.hours = np.tile(course.grid.steps_h, n_days)
        rates = MODEL.rates(middle, _numbers(course, group, taken, n_days))
        amount = dict(zip(MODEL.state_names, middle, strict=True))
        self._rates = rates
        self._amount = amount
        self.taken_up = {i: self.of(f"D{i}", f"active{i}", f"passive{i}") for i in ABSORBING}
        self.precipitates = {i: self.of(f"D{i}", f"precipitated_{i}") for i in ABSORBING}
        self.redissolves = {i: self.of(f"S{i}", f"redissolved_{i}") for i in ABSORBING}
        self.solid_moves = {i: self.of(f"S{i}", f"solid_moved_{i}") for i in ABSORBING}
        self.moves = {i: self.of(f"D{i}", f"moved_{i}") for i in range(N_SEGMENTS)}
        self.dissolves = {
            (k, i): self.of(f"P{k}_{i}", f"by_water{k}_{i}", f"by_acid{k}_{i}")
            for k in SALTS
            for i in range(N_SEGMENTS)
        }
        self.particles_move = {
            (k, i): self.of(f"P{k}_{i}", f"moved{k}_{i}") for k in SALTS for i in range(N_SEGMENTS)
        }

    def of(self, state: str, *fluxes: str) -> FloatArray:
        """Return the share of a state that some fluxes take in an hour."""
        amount = self._amount[state]
        total = sum(self._rates[name] for name in fluxes)
        share: FloatArray = np.divide(
            total, amount, out=np.zeros_like(amount), where=amount > LEAST_MMOL
        )
        return np.maximum(share, 0.0)


def _numbers(course: Course, group: People, taken: Taken, n_days: int) -> FloatArray:
    """Return parameters and inputs of every step, in the order of the model."""
    shape = (n_days * len(course.grid.fed), len(group))
    made = product_numbers([taken.law])
    # What comes from outside enters with the label itself, so those inputs are nothing here.
    known = {
        **{name: x[0] for name, x in made.items()},
        **group.start.numbers,
        "fed": np.tile(course.grid.fed, n_days)[:, None],
        "adaptation": 1.0,
    }
    return np.array([np.broadcast_to(known.get(name, 0.0), shape) for name in MODEL.number_names])


class _Places:
    """Where the label is."""

    def __init__(self, n: int) -> None:
        self.dissolved = [np.zeros(n) for _ in range(N_SEGMENTS)]
        self.solid = [np.zeros(n) for _ in range(N_SEGMENTS)]
        self.particles = {(k, i): np.zeros(n) for k in SALTS for i in range(N_SEGMENTS)}
        self.absorbed, self.left = np.zeros(n), np.zeros(n)

    @property
    def everything(self) -> FloatArray:
        """All label, of shape (n_subjects,), [mmol]."""
        amounts = [*self.dissolved, *self.solid, *self.particles.values(), self.absorbed, self.left]
        found: FloatArray = np.sum(amounts, axis=0)
        return found

    def advance(self, shares: _Shares, label: _Label, step: int) -> None:
        """Take one step, from the stomach down."""
        h = shares.hours[step]
        came = label.dissolved[step]
        came_solid = np.zeros_like(came)
        came_as = {k: label.particles[k - 1][step] for k in SALTS}
        for i in range(N_SEGMENTS):
            for k in SALTS:
                dissolving = h * shares.dissolves[k, i][step]
                moving = h * shares.particles_move[k, i][step]
                old = self.particles[k, i]
                middle = (old + came_as[k] / 2) / (1 + (dissolving + moving) / 2)
                self.particles[k, i] = 2 * middle - old
                came, came_as[k] = came + dissolving * middle, moving * middle
            came, came_solid = self._dissolved(shares, step, h, i, came, came_solid)
        self.left += came + came_solid + sum(came_as.values())

    def _dissolved(
        self,
        shares: _Shares,
        step: int,
        h: float,
        i: int,
        came: FloatArray,
        came_solid: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Share out the dissolved and precipitated label of a segment; return what moves on."""
        on = h * shares.moves[i][step]
        old = self.dissolved[i]
        if i == STOMACH:
            middle = (old + came / 2) / (1 + on / 2)
            self.dissolved[i] = 2 * middle - old
            return on * middle, came_solid
        up, out = h * shares.taken_up[i][step], h * shares.precipitates[i][step]
        back, solid_on = h * shares.redissolves[i][step], h * shares.solid_moves[i][step]
        # Two equations for the middles of the step: dissolved, and precipitated.
        slower = 1 + (back + solid_on) / 2
        there = old + came / 2 + back / 2 * (self.solid[i] + came_solid / 2) / slower
        middle = there / (1 + (up + on + out) / 2 - back / 2 * (out / 2) / slower)
        solid = (self.solid[i] + came_solid / 2 + out / 2 * middle) / slower
        self.dissolved[i] = 2 * middle - old
        self.solid[i] = 2 * solid - self.solid[i]
        self.absorbed += up * middle
        return on * middle, solid_on * solid
