"""A Gaussian process of one outcome, fitted to rows or given one more.

Features lie between 0 and 1; the columns that code one choice share a length scale. Nothing is
carried over from one fit to the next: equal rows give an equal process.
"""

import numpy as np
from attrs import evolve, field, frozen

from experiments.search.model_based.kernel import JITTER, Kernel, likeliest
from formulation.arrays import FloatArray
from models.surrogates.process import matern52

MOST_ROWS = 150
"""Rows on which length scales are searched; of more, evenly spread ones are taken, [-]."""

TINY_NOISE = 1e-3
"""Share of the variance below which outcomes count as free of noise, [-]."""


@frozen(kw_only=True, eq=False)
class Process:
    """A process that has seen some rows."""

    kernel: Kernel
    """Its kernel."""

    rows: FloatArray = field(repr=False)
    """Rows seen, in length scales, of shape (n, n_features)."""

    terms: FloatArray = field(repr=False)
    """Their terms of the surface, of shape (n, n_terms)."""

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

        terms = self.kernel.terms(features)
        near = self._near(features / self.kernel.lengths, terms)
        halves = solve_triangular(
            self.lower, np.column_stack([near, self.outcomes]), lower=True, check_finite=False
        )
        mean = halves[:, :-1].T @ halves[:, -1]
        own = self.kernel.constant + np.einsum("ij,ij->i", terms, terms)
        variance = own - np.einsum("ij,ij->j", halves[:, :-1], halves[:, :-1])
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

        row, terms = (features / self.kernel.lengths)[None], self.kernel.terms(features[None])
        near = self._near(row, terms)
        side = solve_triangular(self.lower, near, lower=True, check_finite=False)[:, 0]
        n = len(self.rows)
        lower = np.zeros((n + 1, n + 1))
        lower[:n, :n], lower[n, :n] = self.lower, side
        own = self.kernel.constant + float((terms**2).sum()) + self.kernel.noise + JITTER
        lower[n, n] = max(own - float(side @ side), JITTER) ** 0.5
        return evolve(
            self,
            rows=np.vstack([self.rows, row]),
            terms=np.vstack([self.terms, terms]),
            outcomes=np.append(self.outcomes, (outcome - self.offset) / self.scale),
            lower=lower,
        )

    def _near(self, rows: FloatArray, terms: FloatArray) -> FloatArray:
        """Return the covariance of the rows seen with others, of shape (n_seen, n)."""
        return _covariance(self.kernel, self.rows, self.terms, rows, terms)


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
    kernel = likeliest(features[some], standard[some], groups.astype(int), dimension)
    return _seen(kernel, features, standard, offset, scale)


def _seen(
    kernel: Kernel, features: FloatArray, standard: FloatArray, offset: float, scale: float
) -> Process:
    from scipy.linalg import cholesky

    rows, terms = features / kernel.lengths, kernel.terms(features)
    covariance = _covariance(kernel, rows, terms, rows, terms)
    covariance[np.diag_indices_from(covariance)] += kernel.noise + JITTER
    lower = cholesky(covariance, lower=True, check_finite=False)
    return Process(
        kernel=kernel,
        rows=rows,
        terms=terms,
        outcomes=standard,
        lower=lower,
        offset=offset,
        scale=scale,
    )


def _covariance(
    kernel: Kernel,
    rows: FloatArray,
    terms: FloatArray,
    others: FloatArray,
    other_terms: FloatArray,
) -> FloatArray:
    """Return the covariance without noise, of shape (n_rows, n_others)."""
    departure = kernel.constant * matern52(_squared(rows, others))[0]
    covariance: FloatArray = departure + terms @ other_terms.T
    return covariance


def _squared(one: FloatArray, other: FloatArray) -> FloatArray:
    squared: FloatArray = (
        (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2.0 * (one @ other.T)
    )
    return np.maximum(squared, 0.0)
