"""From an experiment to a predicted number, its interval, and the verdict on it.

The interval is 90 %, for what a trial of the study's size would report. One part is the trial
itself: as many subjects as the study had are drawn again and again from the simulated ones, each
measured once with noise. The other part is what was assumed of the study: each assumption with a
range is moved to its ends, one at a time. Both are added as squares. Not in it: how wrong the
simulator itself may be, and its calibrated and recalled parameters.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from hashlib import sha256

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.provenance import Quantity
from models.panel.contrasts import Contrast, Role, contrasts, get_contrast
from models.panel.experiment import Arms, Experiment, Statistic
from models.panel.rows import NOT_COMPUTABLE, experiments

SUBJECTS = 128
"""Subjects of every experiment, the first points of one Sobol sequence, [-]."""

TRIALS = 2000
"""Trials drawn for an interval, [-]."""

PERCENTILES = (5.0, 95.0)
"""Ends of every interval, [%]."""


class Verdict(StrEnum):
    """How a prediction stands against what was published."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    NOT_COMPUTABLE = "not computable"


@frozen(kw_only=True)
class Moved:
    """An assumption, and what the prediction is at either end of its range."""

    name: str
    """Name of the assumption."""

    quantity: Quantity
    """Value, range and why."""

    at_low: float | None
    """Prediction at the low end; None without a range."""

    at_high: float | None
    """Prediction at the high end; None without a range."""


@frozen(kw_only=True)
class Prediction:
    """What the simulator says of one row."""

    contrast: Contrast
    """What was published."""

    verdict: Verdict
    """How the prediction stands against it."""

    reason: str = ""
    """Why it is not computable."""

    experiment: Experiment | None = None
    """What was simulated."""

    value: float | None = None
    """Prediction, in the unit of the row."""

    lo: float | None = None
    """Lower end of the 90 % interval, in the unit of the row."""

    hi: float | None = None
    """Upper end of the 90 % interval, in the unit of the row."""

    arm_means: tuple[float, ...] = ()
    """Mean of each arm, in the arms' unit."""

    moved: tuple[Moved, ...] = ()
    """The assumptions and what they do."""

    @property
    def is_computable(self) -> bool:
        """Whether there is a number."""
        return self.value is not None

    @property
    def passed(self) -> bool | None:
        """Whether it is inside; None where nothing could be computed."""
        return None if self.value is None else self.verdict is Verdict.INSIDE

    def worst_log(self) -> float:
        """Return how far it is from what was published, to sort by; unpublished sizes count 0."""
        if self.value is None or self.contrast.is_bound:
            return 0.0
        return log_error(self.value, self.contrast.observed)


CLIPPED = 10.0
"""A ratio is scored as at most this far from what was published, either way, [-]."""


def log_error(predicted: float, observed: float) -> float:
    """Return the absolute log ratio of two numbers, clipped to tenfold.

    Parameters
    ----------
    predicted, observed : float
        In one unit; a prediction of another sign is tenfold wrong, [-].

    Returns
    -------
    float
        Natural logarithm, 0 for equal numbers, [-].

    Examples
    --------
    >>> round(log_error(2.0, 1.0), 3), round(log_error(-1.0, 1.0), 3)
    (0.693, 2.303)
    """
    if predicted == observed:
        return 0.0
    if not observed or predicted / observed <= 0:
        return float(np.log(CLIPPED))
    return float(min(abs(np.log(predicted / observed)), np.log(CLIPPED)))


def predict_panel(rows: Iterable[str] | None = None, *, threads: int = 2) -> list[Prediction]:
    """Predict rows of the panel; each is alone, so leaving one out changes no other.

    Parameters
    ----------
    rows : iterable of str, optional
        Numbers of rows; all when left out, [-].
    threads : int, optional
        Rows at a time; the result is the same, [-].

    Returns
    -------
    list of Prediction
        In the order of the rows, [-].

    Raises
    ------
    UnknownNameError
        The panel has no such row.
    """
    wanted = [get_contrast(row) for row in (contrasts() if rows is None else rows)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(predict, wanted))


def rows_of(*, keep: Role | None = None, drop: Role | None = None) -> list[str]:
    """Return the rows of a role, or of all roles but one.

    Parameters
    ----------
    keep : Role, optional
        The only role wanted, [-].
    drop : Role, optional
        A role that is not wanted, [-].

    Returns
    -------
    list of str
        Numbers of rows, in the order of the table, [-].
    """
    return [
        c.id
        for c in contrasts().values()
        if (keep is None or c.role is keep) and (drop is None or c.role is not drop)
    ]


def predict(contrast: Contrast) -> Prediction:
    """Predict one row.

    Parameters
    ----------
    contrast : Contrast
        The row, [-].

    Returns
    -------
    Prediction
        A number with its interval, or why there is none, [-].
    """
    if contrast.id in NOT_COMPUTABLE:
        return _without_number(contrast, NOT_COMPUTABLE[contrast.id])
    experiment = experiments()[contrast.id]
    try:
        arms = experiment.simulate(experiment.base(), SUBJECTS)
        value = statistic(experiment.statistic, arms)
        moved = tuple(_moved(experiment, value))
    except InputError as error:
        # The simulator refuses what it cannot describe; that is a result of the panel.
        return _without_number(contrast, f"the simulator refuses it: {error.message}")
    lo, hi = _interval(experiment, arms, value, moved)
    found = Prediction(
        contrast=contrast,
        verdict=Verdict.OUTSIDE,
        experiment=experiment,
        value=value,
        lo=lo,
        hi=hi,
        arm_means=tuple(float(arm.mean()) for arm in arms),
        moved=moved,
    )
    return evolve(found, verdict=_verdict(found))


def statistic(kind: Statistic, arms: Arms) -> float:
    """Return what is made of the arms' means.

    Parameters
    ----------
    kind : Statistic
        What is made of them, [-].
    arms : tuple of ndarray of shape (n_subjects,)
        One value a subject for each arm, [-].

    Returns
    -------
    float
        The number, [-].
    """
    first, *rest = (float(arm.mean()) for arm in arms)
    if kind is Statistic.MEAN:
        return first
    return first / rest[0] if kind is Statistic.RATIO else first - rest[0]


def _without_number(contrast: Contrast, reason: str) -> Prediction:
    return Prediction(contrast=contrast, verdict=Verdict.NOT_COMPUTABLE, reason=reason)


def _moved(experiment: Experiment, value: float) -> Iterable[Moved]:
    """Yield each assumption with the predictions at the ends of its range."""
    for name, quantity in experiment.assumptions.items():
        low, high = (
            value if end == quantity.value else _at(experiment, name, end)
            for end in (quantity.low, quantity.high)
        )
        yield Moved(name=name, quantity=quantity, at_low=low, at_high=high)


def _at(experiment: Experiment, name: str, end: float | None) -> float | None:
    """Return the prediction with one assumption at an end; None where it has no range."""
    if end is None:
        return None
    values = {**experiment.base(), name: end}
    return statistic(experiment.statistic, experiment.simulate(values, SUBJECTS))


def _interval(
    experiment: Experiment, arms: Arms, value: float, moved: tuple[Moved, ...]
) -> tuple[float, float]:
    """Return the ends of the 90 % interval."""
    low, high = np.percentile(_trials(experiment, arms), PERCENTILES)
    is_log = experiment.is_logarithmic and min(value, low) > 0
    scale, back = (np.log, np.exp) if is_log else (float, float)
    centre = scale(value)
    down, up = [centre - scale(low)], [scale(high) - centre]
    for one in moved:
        given = [x for x in (one.at_low, one.at_high) if x is not None]
        ends = [scale(x) - centre for x in given if x > 0 or not is_log]
        down.append(max([0.0, *(-x for x in ends)]))
        up.append(max([0.0, *ends]))
    below = float(back(centre - np.linalg.norm(np.maximum(down, 0.0))))
    above = float(back(centre + np.linalg.norm(np.maximum(up, 0.0))))
    # There and back on the logarithmic scale may round past the value itself.
    return min(below, value), max(above, value)


def _trials(experiment: Experiment, arms: Arms) -> FloatArray:
    """Return what trials of the study's size would report, of shape (TRIALS,)."""
    n = max(round(float(experiment.n_people)), 1) if len(arms[0]) > 1 else 1
    rng = np.random.default_rng(int(sha256(experiment.row.encode()).hexdigest()[:8], 16))
    shape = (TRIALS, min(n, MOST_PEOPLE))
    # The mean of more people than are drawn scatters less by the root of how many they stand for.
    shrink = np.sqrt(shape[1] / n)
    people = rng.integers(len(arms[0]), size=shape)
    noise = float(experiment.noise) if experiment.noise else 0.0
    means: list[FloatArray] = []
    for arm in arms:
        if not experiment.is_crossover:
            people = rng.integers(len(arm), size=shape)
        drawn = arm[people].mean(axis=1) + rng.normal(0.0, 1.0, TRIALS) * noise / np.sqrt(shape[1])
        means.append(arm.mean() + shrink * (drawn - arm.mean()))
    if experiment.statistic is Statistic.MEAN:
        return means[0]
    if experiment.statistic is Statistic.DIFFERENCE:
        return means[0] - means[1]
    return _clipped_ratio(means[0], means[1], statistic(experiment.statistic, arms))


def _clipped_ratio(first: FloatArray, second: FloatArray, around: float) -> FloatArray:
    """Return ratios at most tenfold from another; noise can make an arm negative."""
    low, high = around / CLIPPED, around * CLIPPED
    ratio = np.divide(first, second, out=np.full_like(first, high), where=second > 0)
    return np.clip(np.where(first > 0, ratio, low), low, high)


MOST_PEOPLE = 200
"""Most people drawn for a trial; larger ones are scaled, [-]."""


BY_CONSTRUCTION = 1.05
"""Fold by which a row without tolerance may miss its interval, which may be a point, [-]."""


def _verdict(found: Prediction) -> Verdict:
    """Judge by the tolerance of the table, and without one by the interval."""
    assert found.value is not None
    assert found.lo is not None
    assert found.hi is not None
    c = found.contrast
    if c.has_tolerance:
        low = -np.inf if c.accept_lo is None else c.accept_lo
        high = np.inf if c.accept_hi is None else c.accept_hi
        is_inside = low <= found.value <= high
    else:
        is_inside = found.lo / BY_CONSTRUCTION <= c.observed <= found.hi * BY_CONSTRUCTION
    return Verdict.INSIDE if is_inside else Verdict.OUTSIDE
