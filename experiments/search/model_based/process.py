"""A Gaussian process of one outcome: Matern 5/2, a length scale for each group of features, noise.

Features lie between 0 and 1; the columns that code one choice share a length scale. Priors are
log-normal. That of the length scales grows with the square root of the dimension (Hvarfner 2024),
so that a process of many features starts out smooth instead of flat. The likelihood and its
gradient are those of `models.surrogates.process`.

Nothing is carried over from one fit to the next: equal rows give an equal process.
"""

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from models.surrogates.process import matern52, negative_log_likelihood

MOST_ROWS = 150
"""Rows on which length scales are searched; of more, evenly spread ones are taken, [-]."""

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

NOISE_MIDDLE, NOISE_SPREAD = 1e-4, 2.0
"""Middle of the noise variance, and the standard deviation of its logarithm, [-]."""

FIRST_NOISES = {0: 1e-4, 40: 0.1}
"""Noise variances from which a search begins, by the rows it needs: readings that repeat, and, once
rows are enough to tell, readings that do not."""

CONSTANT_BOUNDS = (0.05, 50.0)
LENGTH_BOUNDS = (0.02, 100.0)
NOISE_BOUNDS = (1e-6, 1.0)
"""Ends of the search, [-]."""

JITTER = 1e-8
"""Added to the variance of every row, [-]."""

TINY_NOISE = 1e-3
"""Share of the variance below which outcomes count as free of noise, [-]."""


@frozen(kw_only=True, eq=False)
class Kernel:
    """What a search for the likeliest process found."""

    constant: float
    """Variance of the smooth part, of standardised outcomes."""

    lengths: FloatArray
    """Length scale of each feature."""

    noise: float
    """Variance of the noise, of standardised outcomes."""


@frozen(kw_only=True, eq=False)
class Process:
    """A process that has seen some rows."""

    kernel: Kernel
    """Its kernel."""

    rows: FloatArray = field(repr=False)
    """Rows seen, in length scales, of shape (n, n_features)."""

    outcomes: FloatArray = field(repr=False)
    """Their standardised outcomes, of shape (n,)."""

    lower: FloatArray = field(repr=False)
    """Cholesky factor of their covariance."""

    offset: float
    """Mean of the outcomes."""

    scale: float
    """Spread of the outcomes."""

    @property
    def is_noisy(self) -> bool:
        """Whether the noise is more than rounding."""
        return self.kernel.noise > TINY_NOISE * self.kernel.constant

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and spread of the smooth part, without the noise of a reading.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Where, [-].

        Returns
        -------
        tuple of ndarray of shape (n,)
            Means and spreads in the outcome's unit, [-].
        """
        from scipy.linalg import solve_triangular

        near = self._near(features / self.kernel.lengths)
        halves = solve_triangular(
            self.lower, np.column_stack([near, self.outcomes]), lower=True, check_finite=False
        )
        mean = halves[:, :-1].T @ halves[:, -1]
        variance = self.kernel.constant - np.einsum("ij,ij->j", halves[:, :-1], halves[:, :-1])
        spread = np.sqrt(np.maximum(variance, 1e-12 * self.kernel.constant))
        return self.offset + self.scale * mean, self.scale * spread

    def conditioned(self, features: FloatArray, outcome: float) -> "Process":
        """Return the process that has seen one more row, its kernel as it was.

        Parameters
        ----------
        features : ndarray of shape (n_features,)
            The row, [-].
        outcome : float
            Its outcome, seen or believed, in the outcome's unit, [-].

        Returns
        -------
        Process
            The process with that row, [-].
        """
        from scipy.linalg import solve_triangular

        row = (features / self.kernel.lengths)[None]
        side = solve_triangular(self.lower, self._near(row), lower=True, check_finite=False)[:, 0]
        n = len(self.rows)
        lower = np.zeros((n + 1, n + 1))
        lower[:n, :n], lower[n, :n] = self.lower, side
        own = self.kernel.constant + self.kernel.noise + JITTER - float(side @ side)
        lower[n, n] = max(own, JITTER) ** 0.5
        return evolve(
            self,
            rows=np.vstack([self.rows, row]),
            outcomes=np.append(self.outcomes, (outcome - self.offset) / self.scale),
            lower=lower,
        )

    def _near(self, rows: FloatArray) -> FloatArray:
        """Return the covariance of the rows seen with others, of shape (n_seen, n)."""
        near: FloatArray = self.kernel.constant * matern52(_squared(self.rows, rows))[0]
        return near


def fitted(
    features: FloatArray, outcomes: FloatArray, groups: FloatArray, dimension: float
) -> Process:
    """Return the likeliest process of some rows.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
        Features between 0 and 1, [-].
    outcomes : ndarray of shape (n,)
        Their outcomes, [-].
    groups : ndarray of shape (n_features,)
        Number of each feature's group, from 0; a group shares a length scale, [-].
    dimension : float
        How many questions a design of the space answers on average, [-].

    Returns
    -------
    Process
        The process, [-].
    """
    offset, scale = float(outcomes.mean()), float(outcomes.std())
    scale = scale if scale > 0 else 1.0
    standard = (outcomes - offset) / scale
    some = np.unique(np.linspace(0, len(outcomes) - 1, MOST_ROWS).round().astype(int))
    kernel = _searched(features[some], standard[some], groups.astype(int), dimension)
    return _seen(kernel, features, standard, offset, scale)


def _seen(
    kernel: Kernel, features: FloatArray, standard: FloatArray, offset: float, scale: float
) -> Process:
    from scipy.linalg import cholesky

    rows = features / kernel.lengths
    covariance = kernel.constant * matern52(_squared(rows, rows))[0]
    covariance[np.diag_indices_from(covariance)] += kernel.noise + JITTER
    lower = cholesky(covariance, lower=True, check_finite=False)
    return Process(
        kernel=kernel, rows=rows, outcomes=standard, lower=lower, offset=offset, scale=scale
    )


def _searched(
    features: FloatArray, standard: FloatArray, groups: FloatArray, dimension: float
) -> Kernel:
    """Return the kernel of greatest likelihood times prior."""
    from scipy.optimize import minimize

    n_groups = int(groups.max()) + 1
    is_choice = np.bincount(groups, minlength=n_groups) > 1
    middle, spread = prior(is_choice, dimension)
    ends = np.log(np.array([CONSTANT_BOUNDS, *[LENGTH_BOUNDS] * n_groups, NOISE_BOUNDS]))
    found = []
    for noise in (x for rows, x in FIRST_NOISES.items() if len(features) >= rows):
        begin = np.append(middle[:-1], np.log(noise))
        done = minimize(
            posterior_and_gradient,
            np.clip(begin, ends[:, 0], ends[:, 1]),
            args=(features, standard, groups, middle, spread),
            method="L-BFGS-B",
            jac=True,
            bounds=ends.tolist(),
            options={"maxiter": ITERATIONS},
        )
        found.append((float(done.fun), done.x))
    best = min(found, key=lambda pair: pair[0])[1]
    lengths = np.exp(best[1:-1])[groups]
    return Kernel(constant=float(np.exp(best[0])), lengths=lengths, noise=float(np.exp(best[-1])))


def prior(is_choice: NDArray[np.bool_], dimension: float) -> tuple[FloatArray, FloatArray]:
    """Return middle and spread of the logarithms of constant, length scales and noise.

    Parameters
    ----------
    is_choice : ndarray of shape (n_groups,)
        Which groups of features code a choice, [-].
    dimension : float
        How many questions a design answers on average, [-].

    Returns
    -------
    tuple of ndarray of shape (n_groups + 2,)
        Middles and spreads, [-].
    """
    of_numbers = LENGTH_AT_ONE * np.sqrt(max(dimension, 1.0))
    lengths = np.where(is_choice, min(CHOICE_LENGTH, of_numbers), of_numbers)
    middle = np.concatenate([[0.0], np.log(lengths), [np.log(NOISE_MIDDLE)]])
    spread = np.full(len(middle), LENGTH_SPREAD)
    spread[0], spread[-1] = CONSTANT_SPREAD, NOISE_SPREAD
    return middle, spread


def posterior_and_gradient(
    theta: FloatArray,
    features: FloatArray,
    standard: FloatArray,
    groups: FloatArray,
    middle: FloatArray,
    spread: FloatArray,
) -> tuple[float, FloatArray]:
    """Return minus the log of likelihood times prior but for a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray of shape (n_groups + 2,)
        Logarithms of constant, length scales and noise variance, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].
    standard : ndarray of shape (n,)
        Standardised outcomes, [-].
    groups : ndarray of shape (n_features,)
        Group of each feature, [-].
    middle, spread : ndarray of shape (n_groups + 2,)
        The prior of `theta`, [-].

    Returns
    -------
    tuple of float and ndarray of shape (n_groups + 2,)
        The value and its gradient, [-].
    """
    every = np.concatenate([theta[:1], theta[1:-1][groups], theta[-1:]])
    jitter = np.full(len(standard), JITTER)
    value, slopes = negative_log_likelihood(every, features, standard[:, None], jitter)
    lengths = np.bincount(groups, weights=slopes[1:-1], minlength=len(theta) - 2)
    away = (theta - middle) / spread
    gradient = np.concatenate([slopes[:1], lengths, slopes[-1:]]) + away / spread
    return value + 0.5 * float(away @ away), gradient


def _squared(one: FloatArray, other: FloatArray) -> FloatArray:
    squared: FloatArray = (
        (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2.0 * (one @ other.T)
    )
    return np.maximum(squared, 0.0)
