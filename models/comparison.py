"""Two products in the same virtual subjects, and whether their difference is worth a trial.

Every subject takes both products, so what is compared is each person with themselves. How often
the first one wins is a share of subjects, with the interval that so many subjects allow. What a
trial would see is less: it measures each person once with noise, so the size of a trial follows
from the mean difference, its spread between people and the noise of the measurement (normal data,
t distribution, two-sided 5 %, power 80 %). Not modelled: drop-outs, carry-over, poor compliance,
and how wrong the simulation itself may be; all of them make a trial larger.
"""

from math import ceil, sqrt

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.chain import percentile_interval
from models.measurement import Measurement

WORTH_BELOW = 50
"""A difference that fewer subjects than this cannot detect is not worth a trial, [-]."""

SIGNIFICANCE = 0.05
"""Chance of seeing a difference where there is none, on both sides together, [-]."""

POWER = 0.80
"""Chance of seeing the difference that is there, [-]."""

CONFIDENCE = 0.90
"""Confidence of every interval given here, [-]."""

ROUNDING = 1e-12
"""A mean difference below this share of the values or of the noise is rounding, [-]."""

LARGE_TRIAL = 1_000_000
"""From this size on the t distribution is a normal one, [-]."""


@frozen(kw_only=True)
class Comparison:
    """What can be said of a first product against a second one."""

    endpoint: str
    """Title of the endpoint."""

    unit: str
    """Unit of the differences."""

    n_subjects: int
    """Virtual subjects, [-]."""

    probability_of_superiority: float | None
    """Share of subjects in whom the first exceeds the second, ties half, [-]; None for one."""

    probability_lo90: float | None
    """Lower end of the 90 % interval of that share, [-]; None for one subject."""

    probability_hi90: float | None
    """Upper end of the 90 % interval of that share, [-]; None for one subject."""

    median_difference: float
    """First minus second in the middle subject, in `unit`."""

    lo90: float | None
    """Lower end of the 90 % interval of the median difference, in `unit`; None for one subject.
    Below five subjects it is the least difference, and covers less."""

    hi90: float | None
    """Upper end, as `lo90`."""

    mean_difference: float
    """First minus second on average, which a trial would look for, in `unit`."""

    ratio: float | None
    """First over second in the middle subject, [-]; None where a second value is not clearly
    above 0."""

    trial_size_crossover: int | None
    """Subjects who take both; None without a difference, or where nobody can cross over, [-]."""

    trial_size_parallel: int | None
    """Subjects of each of two arms, [-]; None without a difference."""

    worth_a_trial: bool
    """Whether fewer than 50 subjects would show the difference."""

    sentence: str
    """All this in words."""


def compare(
    a: FloatArray,
    b: FloatArray,
    measurement: Measurement,
    *,
    names: tuple[str, str] = ("A", "B"),
) -> Comparison:
    """Compare two products in the same subjects.

    Parameters
    ----------
    a, b : ndarray of shape (n_subjects,)
        Endpoint of each subject with the first and the second product, in its unit, [-].
    measurement : Measurement
        How a trial would measure it, [-].
    names : tuple of str, optional
        Names of the products in the sentence, [-].

    Returns
    -------
    Comparison
        Share, differences, trial sizes and a sentence; one subject has a difference only, [-].

    Raises
    ------
    InputError
        The arrays are not of the same subjects, are empty, or hold a value that is not finite.

    References
    ----------
    .. [1] Wilson1927
    .. [2] Julious2004
    """
    first, second = _paired(a, b)
    difference = first - second
    median, mean = float(np.median(difference)), float(difference.mean())
    n = difference.size
    alone = n == 1
    share = float(np.mean((difference > 0) + 0.5 * (difference == 0)))
    chance = None if alone else share_interval(share, n)
    low, high = percentile_interval(difference[None, :], 50.0)
    crossover, parallel = _trial_sizes(first, second, measurement)
    return Comparison(
        endpoint=measurement.title,
        unit=measurement.unit,
        n_subjects=n,
        probability_of_superiority=None if alone else share,
        probability_lo90=chance and chance[0],
        probability_hi90=chance and chance[1],
        median_difference=median,
        lo90=None if alone else float(low[0]),
        hi90=None if alone else float(high[0]),
        mean_difference=mean,
        ratio=_median_ratio(first, second),
        trial_size_crossover=crossover,
        trial_size_parallel=parallel,
        worth_a_trial=_is_worth(crossover, parallel),
        sentence=_sentence(names, measurement, n, median, share, (crossover, parallel)),
    )


def share_interval(share: float, n: int) -> tuple[float, float]:
    """Return the interval of a share that so many subjects allow.

    Parameters
    ----------
    share : float
        Share found, [-].
    n : int
        Subjects, [-].

    Returns
    -------
    tuple of float
        Lower and upper end of the 90 % interval by Wilson's score, [-].

    References
    ----------
    .. [1] Wilson1927

    Examples
    --------
    >>> [round(end, 3) for end in share_interval(0.5, 100)]
    [0.419, 0.581]
    """
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + CONFIDENCE / 2))
    shrink = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half = z / shrink * sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def trial_size(effect: float, *, is_paired: bool) -> int:
    """Return how many subjects show a standardised difference.

    The smallest n whose own t quantiles ask for no more than n; power 80 %, two-sided 5 %.

    Parameters
    ----------
    effect : float
        Difference over standard deviation, of either sign: of the paired differences, or of one
        measured value in an arm, [-].
    is_paired : bool
        Whether each subject takes both products, [-].

    Returns
    -------
    int
        Subjects of a crossover, or of each arm of a parallel trial, at least 2, [-].

    Raises
    ------
    InputError
        The effect is zero or not finite; no trial shows it.

    References
    ----------
    .. [1] Julious2004

    Examples
    --------
    >>> trial_size(0.5, is_paired=False), trial_size(0.5, is_paired=True)
    (64, 34)
    """
    from scipy.stats import norm, t

    if not (np.isfinite(effect) and effect):
        raise InputError(
            f"Effect {effect:g} has no trial size; it must be a finite number other than 0."
        )
    arms = 1 if is_paired else 2
    quantiles = (1 - SIGNIFICANCE / 2, POWER)
    n = max(2, ceil(arms * (sum(float(norm.ppf(q)) for q in quantiles) / effect) ** 2))
    while n < LARGE_TRIAL:
        wanted = sum(float(t.ppf(q, arms * (n - 1))) for q in quantiles)
        if n >= arms * (wanted / effect) ** 2:
            break
        n += 1
    return n


def _paired(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    first, second = (np.asarray(values, dtype=np.float64) for values in (a, b))
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise InputError(
            f"Products with values of shape {first.shape} and {second.shape} cannot be compared;"
            " give one value a subject, of the same subjects in the same order."
        )
    for name, values in (("first", first), ("second", second)):
        if not np.isfinite(values).all():
            raise InputError(
                f"The {name} product has a value that is not finite in subject"
                f" {int(np.argmin(np.isfinite(values)))} (counted from 0); none may be missing."
            )
    return first, second


def _median_ratio(first: FloatArray, second: FloatArray) -> float | None:
    """Return the ratio of the middle subject, unless a second value is 0, rounding or negative."""
    smallest = ROUNDING * max(float(np.abs(first).max()), float(np.abs(second).max()))
    if float(second.min()) <= smallest:
        return None
    return float(np.median(first / second))


def _trial_sizes(
    first: FloatArray, second: FloatArray, measurement: Measurement
) -> tuple[int | None, int | None]:
    """Return the sizes of a crossover and of one parallel arm."""
    difference = first - second
    mean, noise = abs(float(difference.mean())), measurement.noise.value
    scale = max(float(np.abs(first).max()), float(np.abs(second).max()), noise)
    if difference.size == 1 or mean <= ROUNDING * scale:
        return None, None
    paired_sd = sqrt(float(difference.var(ddof=1)) + 2 * noise**2)
    arm_variance = (float(first.var(ddof=1)) + float(second.var(ddof=1))) / 2
    occasions = 2 if measurement.is_change else 1
    arm_sd = sqrt(arm_variance + occasions * noise**2)
    parallel = trial_size(mean / arm_sd, is_paired=False)
    if not measurement.can_cross_over:
        return None, parallel
    return trial_size(mean / paired_sd, is_paired=True), parallel


def _is_worth(crossover: int | None, parallel: int | None) -> bool:
    """Tell whether few enough subjects show it: a crossover takes fewest where it is possible."""
    if crossover is not None:
        return crossover < WORTH_BELOW
    return parallel is not None and 2 * parallel < WORTH_BELOW


def _sentence(
    names: tuple[str, str],
    measurement: Measurement,
    n: int,
    median: float,
    share: float,
    sizes: tuple[int | None, int | None],
) -> str:
    first, second = names
    crossover, parallel = sizes
    what = f"{measurement.title}: {first} minus {second} is {median:+.3g} {measurement.unit}"
    if n == 1:
        return f"{what} in this patient; one patient gives no probability and no trial."
    what += f" in the middle subject, and {first} is ahead in {100 * share:.3g} % of {n}"
    if parallel is None:
        return f"{what}. On average they do not differ, so no trial of any size would show it."
    arms = f"{_size(parallel)} in each of two arms"
    told = (
        f"{arms} (people cannot cross over)"
        if crossover is None
        else f"{_size(crossover)} subjects who take both, or {arms}"
    )
    if _is_worth(crossover, parallel):
        return f"{what}. A trial would show it with {told}."
    small = f"it is smaller than a trial of fewer than {WORTH_BELOW} people could detect"
    return f"{what}. No difference worth a trial: {small}; it would take {told} to show it."


def _size(n: int) -> str:
    """Return a trial's size; nobody counts further than a million."""
    return f"{n:,}" if n < LARGE_TRIAL else "more than a million"
