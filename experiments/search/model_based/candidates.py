"""Candidates: random points, moved points and mixed points, all drawn through the space itself.

A point is moved in its answers: some numbers by a normal step, cut off at the ends so that faces of
the space are reached, and now and then a choice. What the new branch asks and the old one did not
is answered at random. Nothing needs repair, because any answers make a valid point.
"""

from collections.abc import Sequence
from typing import Generic

import numpy as np
from attrs import field, frozen

from experiments.search.model_based.spaces import Answers, Point, SearchSpace
from formulation.arrays import FloatArray

SCALE_SAMPLE = 256
"""Points from which the ranges of the features are learnt, [-]."""

MOVED = 0.5
"""Share of the numbers of a point that a move changes, at least one, [-]."""


@frozen(kw_only=True, eq=False)
class Candidate(Generic[Point]):
    """A point with the answers that drew it."""

    point: Point
    """A valid point."""

    answers: Answers = field(repr=False)
    """Its answers."""


@frozen(kw_only=True, eq=False)
class Scaler:
    """How raw features come to lie between 0 and 1, and how many questions a point answers."""

    low: FloatArray
    """Least raw feature of a sample of the space."""

    span: FloatArray
    """Range of the raw features; 1 where there is none."""

    dimension: float
    """Questions that a point answers on average, [-]."""

    def __call__(self, raw: FloatArray) -> FloatArray:
        """Return scaled features; those of foreign points may lie outside 0 to 1."""
        scaled: FloatArray = (raw - self.low) / self.span
        return scaled


def scaler_of(space: SearchSpace[Point]) -> Scaler:
    """Return the scaler of a space, learnt from random points of its own.

    Parameters
    ----------
    space : SearchSpace
        The space, [-].

    Returns
    -------
    Scaler
        The same on every call, [-].
    """
    rng = np.random.default_rng(0)
    sample = [random_candidate(space, rng) for _ in range(SCALE_SAMPLE)]
    raw = space.features([c.point for c in sample])
    span = np.ptp(raw, axis=0)
    return Scaler(
        low=raw.min(axis=0),
        span=np.where(span > 0, span, 1.0),
        dimension=float(np.mean([len(c.answers) for c in sample])),
    )


def random_candidate(space: SearchSpace[Point], rng: np.random.Generator) -> Candidate[Point]:
    """Return a point whose every answer is random.

    Parameters
    ----------
    space : SearchSpace
        The space, [-].
    rng : numpy.random.Generator
        Source of randomness, [-].

    Returns
    -------
    Candidate
        A valid point, [-].
    """
    return _drawn(space, {}, rng)


def moved_candidate(
    space: SearchSpace[Point],
    answers: Answers,
    other: Answers,
    scale: float,
    rng: np.random.Generator,
    *,
    turns_choices: bool = True,
) -> Candidate[Point]:
    """Return a point near another.

    Parameters
    ----------
    space : SearchSpace
        The space, [-].
    answers : mapping
        Answers of the point that is moved, [-].
    other : mapping
        Answers of a point from which some numbers are taken; may be the same, [-].
    scale : float
        Standard deviation of a step, between 0 and 1, [-].
    rng : numpy.random.Generator
        Source of randomness, [-].
    turns_choices : bool, optional
        Whether choices may change too, [-].

    Returns
    -------
    Candidate
        A valid point, [-].
    """
    numbers = [name for name, answer in answers.items() if not isinstance(answer, str)]
    steps = scale * rng.standard_normal(len(numbers))
    is_moved = rng.random(len(numbers)) < MOVED
    if numbers and not is_moved.any():
        is_moved[int(rng.integers(len(numbers)))] = True
    new = dict(answers)
    for name, step, moves in zip(numbers, steps.tolist(), is_moved.tolist(), strict=True):
        if moves:
            start = other.get(name, answers[name])
            new[name] = min(max(float(start) + step, 0.0), 1.0)
    texts = [name for name, answer in answers.items() if isinstance(answer, str)]
    if turns_choices and texts:
        for name in np.array(texts)[rng.random(len(texts)) < 0.5 / len(texts)].tolist():
            del new[name]
    return _drawn(space, new, rng)


def _drawn(space: SearchSpace[Point], given: Answers, rng: np.random.Generator) -> Candidate[Point]:
    """Draw a point from given answers; what they do not answer is answered at random."""
    answers: dict[str, str | float] = {}

    def pick(name: str, choices: tuple[str, ...] | None) -> str | float:
        answer = given.get(name)
        if choices is None:
            answer = float(rng.random()) if answer is None else answer
        elif answer not in choices:
            answer = choices[int(rng.integers(len(choices)))]
        assert answer is not None
        answers[name] = answer
        return answer

    return Candidate(point=space.draw(pick), answers=answers)


def farthest(features: FloatArray, known: FloatArray) -> int:
    """Return which row lies farthest from its nearest known neighbour.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
        Scaled features of candidates, [-].
    known : ndarray of shape (n_known, n_features)
        Scaled features of what is known; with none, the first row is taken, [-].

    Returns
    -------
    int
        Position, [-].
    """
    if not len(known):
        return 0
    apart = ((features[:, None, :] - known[None]) ** 2).sum(axis=2).min(axis=1)
    return int(apart.argmax())


def spread_pool(
    space: SearchSpace[Point],
    incumbents: Sequence[Answers],
    n_random: int,
    n_moved: int,
    scales: Sequence[float],
    rng: np.random.Generator,
) -> list[Candidate[Point]]:
    """Return random points, and points near incumbents at several scales.

    Parameters
    ----------
    space : SearchSpace
        The space, [-].
    incumbents : sequence of mapping
        Answers of the best points so far; may be empty, [-].
    n_random, n_moved : int
        How many of each kind, [-].
    scales : sequence of float
        Steps, taken in turn, [-].
    rng : numpy.random.Generator
        Source of randomness, [-].

    Returns
    -------
    list of Candidate
        Valid points, [-].
    """
    pool = [random_candidate(space, rng) for _ in range(n_random)]
    if incumbents:
        for k in range(n_moved):
            one = incumbents[k % len(incumbents)]
            other = incumbents[int(rng.integers(len(incumbents)))] if k % 4 == 3 else one
            scale = scales[int(rng.integers(len(scales)))]
            pool.append(moved_candidate(space, one, other, scale, rng))
    return pool
