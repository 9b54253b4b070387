"""One Gaussian process for several outputs: a fast search for its kernel, and fast predictions.

What is fitted is scikit-learn's own process, Matern 5/2 with a length scale for each standardised
feature, and it is kept as that. Only two steps are done here. The marginal likelihood and its
gradient need matrices of rows by rows; scikit-learn forms one such matrix for each feature. Means
and spreads of many rows are products of matrices made once.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray

CONSTANT_BOUNDS = (1e-2, 1e5)
LENGTH_BOUNDS = (1e-1, 1e3)
NOISE_BOUNDS = (1e-12, 1e-1)
"""Bounds of the search, in standardised features and outputs, [-]."""

FIRST_LENGTH, FIRST_NOISE = 3.0, 1e-4
"""Where the search begins, [-]."""

ITERATIONS = 80
"""Quasi-Newton steps of a search, [-]."""

BLOCK = 1024
"""Rows predicted at once, so that what is between stays in the cache, [-]."""

JITTER = 1e-6
"""Noise variance of rows that carry none, in units of the outputs' spread, squared, [-]."""

_HOPELESS = 1e25
"""Objective where the rows' covariance is no longer positive definite."""


def fitted_process(
    features: FloatArray,
    targets: FloatArray,
    *,
    start: FloatArray | None = None,
    iterations: int = ITERATIONS,
) -> Any:
    """Return a fitted process behind a scaler.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
        Features, [-].
    targets : ndarray of shape (n, n_outputs)
        What is wanted, [-].
    start : ndarray of shape (n_features + 2,), optional
        Logarithms of constant, length scales and noise where the search begins, [-].
    iterations : int, optional
        Steps of the search; 0 takes the start as it is, [-].

    Returns
    -------
    Pipeline
        Scikit-learn's scaler and process, [-].
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    n, n_features = features.shape
    jitter = np.full(n, JITTER)
    if start is None:
        lengths = np.full(n_features, np.log(FIRST_LENGTH))
        start = np.concatenate([[0.0], lengths, [np.log(FIRST_NOISE)]])
    scaled = StandardScaler().fit_transform(features)
    spread = targets.std(axis=0)
    centred = (targets - targets.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    theta = _searched(scaled, centred, jitter, start, iterations)
    constant, lengths, white = np.exp(theta[0]), np.exp(theta[1:-1]), np.exp(theta[-1])
    kernel = ConstantKernel(constant, CONSTANT_BOUNDS) * Matern(
        length_scale=lengths, length_scale_bounds=LENGTH_BOUNDS, nu=2.5
    ) + WhiteKernel(white, NOISE_BOUNDS)
    process = GaussianProcessRegressor(
        kernel=kernel, alpha=jitter, optimizer=None, normalize_y=True, copy_X_train=False
    )
    return make_pipeline(StandardScaler(), process).fit(features, targets)


def kernel_of(model: Any) -> FloatArray:
    """Return where a search for the same kernel may begin.

    Parameters
    ----------
    model : Pipeline
        What `fitted_process` returned, [-].

    Returns
    -------
    ndarray of shape (n_features + 2,)
        Logarithms of constant, length scales and noise, [-].
    """
    theta: FloatArray = model[-1].kernel_.theta
    return theta


def predict_process(model: Any, features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return means and spreads, the same as scikit-learn's.

    Parameters
    ----------
    model : Pipeline
        What `fitted_process` returned, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].

    Returns
    -------
    tuple of ndarray of shape (n, n_outputs)
        Means and spreads, in the outputs' units, [-].
    """
    ready = _READY.get(model)
    if ready is None:
        ready = _READY[model] = _prepared(model)
    blocks = [
        ready.predict(features[first : first + BLOCK]) for first in range(0, len(features), BLOCK)
    ]
    mean, sd = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return mean, sd


@frozen(kw_only=True, eq=False)
class _Prepared:
    """A process with everything computed that does not depend on the rows asked for."""

    shift: FloatArray
    """Means of the features."""

    weight: FloatArray
    """What a shifted feature is multiplied with: scaler and length scale in one."""

    rows: FloatArray
    """Training rows, weighted, of shape (n_features, n_rows)."""

    squares: FloatArray
    """Squared length of each training row."""

    constant: float
    """Variance of the smooth part."""

    total: float
    """Variance of the smooth part and of the noise."""

    dual: FloatArray
    """Means from covariances, of shape (n_rows, n_outputs)."""

    factor: FloatArray
    """Inverse of the lower Cholesky factor."""

    offset: FloatArray
    """Means of the outputs."""

    scale: FloatArray
    """Spreads of the outputs."""

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return means and spreads of a block of rows."""
        from scipy.linalg.blas import dtrmm

        here = (features - self.shift) * self.weight
        squared = -2.0 * (here @ self.rows)
        squared += (here**2).sum(axis=1)[:, None]
        squared += self.squares
        near = matern52(squared)[0]
        near *= self.constant
        mean = near @ self.dual
        explained = dtrmm(1.0, self.factor, near.T, lower=1)
        variance = self.total - np.einsum("ij,ij->j", explained, explained)
        spread = np.sqrt(np.maximum(variance, 0.0))
        return mean * self.scale + self.offset, spread[:, None] * self.scale


_READY: WeakKeyDictionary[Any, _Prepared] = WeakKeyDictionary()
"""Processes that predicted before, for as long as they live."""


def _prepared(model: Any) -> _Prepared:
    from scipy.linalg import solve_triangular

    scaler, process = model[0], model[-1]
    theta = process.kernel_.theta
    constant = float(np.exp(theta[0]))
    weight = 1.0 / (scaler.scale_ * np.exp(theta[1:-1]))
    rows = (process.X_train_ / np.exp(theta[1:-1])).T
    identity = np.eye(len(process.L_))
    return _Prepared(
        shift=scaler.mean_,
        weight=weight,
        rows=np.ascontiguousarray(rows),
        squares=(rows**2).sum(axis=0),
        constant=constant,
        total=constant + float(np.exp(theta[-1])),
        dual=process.alpha_.reshape(len(rows.T), -1),
        factor=np.asfortranarray(solve_triangular(process.L_, identity, lower=True)),
        offset=np.atleast_1d(process._y_train_mean),
        scale=np.atleast_1d(process._y_train_std),
    )


def matern52(squared: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Matern 5/2 correlation at squared distances, and its slope, times -2.

    Parameters
    ----------
    squared : ndarray of shape (n, m)
        Squared distances in units of the length scale, [-].

    Returns
    -------
    tuple of ndarray of shape (n, m)
        Correlation, and minus two times its slope against the squared distance, [-].
    """
    root = np.maximum(squared, 0.0)
    root *= 5.0
    np.sqrt(root, out=root)
    decay = np.exp(-root)
    slope = (1.0 + root) * decay
    root *= root
    root *= 1.0 / 3.0
    root *= decay
    root += slope
    slope *= 5.0 / 3.0
    return root, slope


def _searched(
    features: FloatArray, targets: FloatArray, noise: FloatArray, start: FloatArray, iterations: int
) -> FloatArray:
    """Return the logarithms of the kernel's numbers that make the rows most likely."""
    from scipy.optimize import minimize

    bounds = [CONSTANT_BOUNDS, *[LENGTH_BOUNDS] * features.shape[1], NOISE_BOUNDS]
    limits = np.log(np.array(bounds))
    begin = np.clip(start, limits[:, 0], limits[:, 1])
    if not iterations:
        return begin
    found = minimize(
        negative_log_likelihood,
        begin,
        args=(features, targets, noise),
        method="L-BFGS-B",
        jac=True,
        bounds=limits.tolist(),
        options={"maxiter": iterations},
    )
    theta: FloatArray = found.x
    return theta


def negative_log_likelihood(
    theta: FloatArray,
    features: FloatArray,
    targets: FloatArray,
    noise: FloatArray,
    terms: Sequence[FloatArray] = (),
) -> tuple[float, FloatArray]:
    """Return minus the log likelihood of all outputs but for a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray of shape (n_features + 2 + n_terms,)
        Logarithms of constant, length scales, noise variance and variances of the terms, [-].
    features : ndarray of shape (n, n_features)
        Features, [-].
    targets : ndarray of shape (n, n_outputs)
        Outputs that share the kernel, centred, [-].
    noise : ndarray of shape (n,)
        Noise variance known beforehand, [-].
    terms : sequence of ndarray of shape (n, n), optional
        Covariances added, each times a variance of its own, [-].

    Returns
    -------
    tuple of float and ndarray of shape (n_features + 2 + n_terms,)
        The value, and its gradient against `theta`, [-].

    Notes
    -----
    The sum over rows i and j of ``B_ij (x_i - x_j)^2`` is ``2 x^2 . B 1 - 2 x . B x`` when B is
    symmetric, so no matrix is formed for each feature.
    """
    from scipy.linalg import LinAlgError, cho_solve, cholesky

    last = features.shape[1] + 1
    constant, white, variances = np.exp(theta[0]), np.exp(theta[last]), np.exp(theta[last + 1 :])
    weighted = features / np.exp(theta[1:last])
    squares = (weighted**2).sum(axis=1)
    squared = squares[:, None] + squares - 2.0 * (weighted @ weighted.T)
    near, slope = matern52(squared)
    covariance = constant * near
    covariance[np.diag_indices_from(covariance)] += white + noise
    for variance, term in zip(variances, terms, strict=True):
        covariance += variance * term
    try:
        lower = cholesky(covariance, lower=True, check_finite=False)
    except LinAlgError:
        return _HOPELESS, np.zeros_like(theta)
    dual = cho_solve((lower, True), targets, check_finite=False)
    inverse = cho_solve((lower, True), np.eye(len(lower)), check_finite=False)
    n_outputs = targets.shape[1]
    value = 0.5 * (targets * dual).sum() + n_outputs * np.log(np.diag(lower)).sum()
    push = 0.5 * (n_outputs * inverse - dual @ dual.T)
    moved = push * (constant * slope)
    ends = moved.sum(axis=1)
    lengths = 2.0 * (
        (weighted**2 * ends[:, None]).sum(axis=0) - (weighted * (moved @ weighted)).sum(axis=0)
    )
    of_constant = constant * (push * near).sum()
    of_terms = [v * (push * term).sum() for v, term in zip(variances, terms, strict=True)]
    gradient = np.concatenate([[of_constant], lengths, [white * np.trace(push)], of_terms])
    return float(value), gradient
