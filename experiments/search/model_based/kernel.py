"""The kernel of a process: a quadratic response surface, and what departs from it.

The surface has a slope in each feature and a bend in each number, all with one variance each, as
the response surfaces of designed experiments have, but no products of two features: few rows
already tell it that the middle of a range is best. The departure is Matern 5/2 with a length scale
for each group of features, and readings have noise. A kernel without a surface is searched too, and
the likelier of the two is taken. Priors are log-normal. That of the length scales grows with the
square root of the dimension (Hvarfner 2024), so that a process of many features starts out smooth
instead of flat. The likelihood and its gradient are those of `models.surrogates.process`.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.surrogates.process import negative_log_likelihood

ITERATIONS = 40
"""Quasi-Newton steps of a search, [-]."""

LENGTH_AT_ONE = 0.5
"""Middle of the prior of a length scale in one dimension, in widths of the space, [-]."""

CHOICE_LENGTH = 1.0
"""Middle of the prior for a choice, at most; two settings of one lie 1.4 apart, [-]."""

LENGTH_SPREAD = 1.0
"""Standard deviation of the logarithm of a length scale, [-]."""

CONSTANT_SPREAD = 1.0
"""Standard deviation of the logarithm of the variance, whose middle is 1, [-]."""

NOISE_MIDDLE, NOISE_SPREAD = 1e-4, 3.0
"""Middle of the noise variance, and the standard deviation of its logarithm, [-]."""

FIRST_NOISES = {0: 1e-4, 40: 0.1}
"""Noise variances from which a search begins, by the rows it needs: readings that repeat, and, once
rows are enough to tell, readings that do not."""

SURFACE_MIDDLE, SURFACE_SPREAD = 1.0, 1.5
"""Middle of the variances of slopes and of bends, together over all dimensions, and the standard
deviation of their logarithm, [-]."""

CONSTANT_BOUNDS = (0.05, 50.0)
LENGTH_BOUNDS = (0.02, 100.0)
NOISE_BOUNDS = (1e-6, 1.0)
SURFACE_BOUNDS = (1e-5, 10.0)
"""Ends of the search, [-]."""

JITTER = 1e-8
"""Added to the variance of every row, [-]."""


@frozen(kw_only=True, eq=False)
class Kernel:
    """What a search for the likeliest process found."""

    constant: float
    """Variance of the departure from the surface, of standardised outcomes."""

    lengths: FloatArray
    """Length scale of each feature."""

    noise: float
    """Variance of the noise, of standardised outcomes."""

    surface: FloatArray
    """Standard deviation of the coefficient of each term of the surface; empty where there is no
    surface."""

    is_number: NDArray[np.bool_]
    """Which features are numbers; the others code choices."""

    def terms(self, features: FloatArray) -> FloatArray:
        """Return the terms of the surface, each times the spread of its coefficient."""
        if not len(self.surface):
            return np.empty((len(features), 0))
        slopes, bends = surface_terms(features, self.is_number)
        weighted: FloatArray = np.hstack([slopes, bends]) * self.surface
        return weighted


def likeliest(
    features: FloatArray, standard: FloatArray, groups: FloatArray, dimension: float
) -> Kernel:
    """Return the kernel of greatest likelihood times prior, with a surface where that is greater.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
        Features between 0 and 1, [-].
    standard : ndarray of shape (n,)
        Standardised outcomes, [-].
    groups : ndarray of shape (n_features,)
        Group of each feature, [-].
    dimension : float
        How many questions a design answers on average, [-].

    Returns
    -------
    Kernel
        The kernel, [-].
    """
    is_choice = np.bincount(groups) > 1
    is_number = ~is_choice[groups]
    n_groups = len(is_choice)
    slopes, bends = surface_terms(features, is_number)
    middle, spread = prior(is_choice, dimension)
    data = (features, standard, groups)
    terms = (slopes @ slopes.T, bends @ bends.T)
    found = []
    for noise in (x for rows, x in FIRST_NOISES.items() if len(features) >= rows):
        begin = middle.copy()
        begin[n_groups + 1] = np.log(noise)
        found.append((*_searched(begin, data, middle, spread, terms), noise))
    value, theta, noise = min(found, key=lambda one: one[0])
    # Without a surface, from the noise that served better with one.
    n = n_groups + 2
    begin = middle[:n].copy()
    begin[-1] = np.log(noise)
    plain_value, plain = _searched(begin, data, middle[:n], spread[:n], ())
    best = np.exp(theta if value < plain_value else plain)
    # Without a surface there is no variance to repeat.
    counts = [slopes.shape[1], bends.shape[1]][: len(best) - n_groups - 2]
    return Kernel(
        constant=float(best[0]),
        lengths=best[1 : n_groups + 1][groups],
        noise=float(best[n_groups + 1]),
        surface=np.sqrt(np.repeat(best[n_groups + 2 :], counts)),
        is_number=is_number,
    )


def _searched(
    begin: FloatArray,
    data: tuple[FloatArray, FloatArray, FloatArray],
    middle: FloatArray,
    spread: FloatArray,
    terms: Sequence[FloatArray],
) -> tuple[float, FloatArray]:
    """Return the least minus log posterior found from a beginning, and where it is."""
    from scipy.optimize import minimize

    n_groups = len(begin) - 2 - len(terms)
    bounds = [CONSTANT_BOUNDS, *[LENGTH_BOUNDS] * n_groups, NOISE_BOUNDS]
    ends = np.log(np.array([*bounds, *[SURFACE_BOUNDS] * len(terms)]))
    done = minimize(
        posterior_and_gradient,
        np.clip(begin, ends[:, 0], ends[:, 1]),
        args=(*data, middle, spread, terms),
        method="L-BFGS-B",
        jac=True,
        bounds=ends.tolist(),
        options={"maxiter": ITERATIONS},
    )
    return float(done.fun), done.x


def surface_terms(
    features: FloatArray, is_number: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Return the terms of a quadratic response surface without products of two features.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
        Features between 0 and 1, [-].
    is_number : ndarray of shape (n_features,)
        Which features are numbers; the others code choices and have no bend, [-].

    Returns
    -------
    tuple of ndarray of shape (n, n_features) and (n, n_numbers)
        Legendre polynomials of the first and of the second degree over each range, [-].
    """
    slopes: FloatArray = 2.0 * features - 1.0
    return slopes, 1.5 * slopes[:, is_number] ** 2 - 0.5


def prior(is_choice: NDArray[np.bool_], dimension: float) -> tuple[FloatArray, FloatArray]:
    """Return middle and spread of the logarithms of the numbers of a kernel.

    Parameters
    ----------
    is_choice : ndarray of shape (n_groups,)
        Which groups of features code a choice, [-].
    dimension : float
        How many questions a design answers on average, [-].

    Returns
    -------
    tuple of ndarray of shape (n_groups + 4,)
        Middles and spreads: of constant, length scales, noise, slopes and bends; without a surface
        the last two do not count, [-].
    """
    of_numbers = LENGTH_AT_ONE * np.sqrt(max(dimension, 1.0))
    lengths = np.where(is_choice, min(CHOICE_LENGTH, of_numbers), of_numbers)
    surface = np.log(SURFACE_MIDDLE / max(dimension, 1.0))
    middle = np.concatenate([[0.0], np.log(lengths), [np.log(NOISE_MIDDLE), surface, surface]])
    spread = np.full(len(middle), LENGTH_SPREAD)
    spread[0], spread[-3], spread[-2:] = CONSTANT_SPREAD, NOISE_SPREAD, SURFACE_SPREAD
    return middle, spread


def posterior_and_gradient(
    theta: FloatArray,
    features: FloatArray,
    standard: FloatArray,
    groups: FloatArray,
    middle: FloatArray,
    spread: FloatArray,
    terms: Sequence[FloatArray],
) -> tuple[float, FloatArray]:
    """Return minus the log of likelihood times prior but for a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray of shape (n_groups + 2 + n_terms,)
        Logarithms of constant, length scales, variances of noise and of each term, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].
    standard : ndarray of shape (n,)
        Standardised outcomes, [-].
    groups : ndarray of shape (n_features,)
        Group of each feature, [-].
    middle, spread : ndarray of the shape of `theta`
        The prior of `theta`, [-].
    terms : sequence of ndarray of shape (n, n)
        Covariances of slopes and of bends of variance 1; none without a surface, [-].

    Returns
    -------
    tuple of float and ndarray of the shape of `theta`
        The value and its gradient, [-].
    """
    last = len(theta) - len(terms) - 1
    every = np.concatenate([theta[:1], theta[1:last][groups], theta[last:]])
    jitter = np.full(len(standard), JITTER)
    value, slopes = negative_log_likelihood(every, features, standard[:, None], jitter, terms)
    inner = slopes[1 : len(groups) + 1]
    lengths = np.bincount(groups, weights=inner, minlength=last - 1)
    away = (theta - middle) / spread
    gradient = np.concatenate([slopes[:1], lengths, slopes[len(groups) + 1 :]]) + away / spread
    return value + 0.5 * float(away @ away), gradient
