"""The fast process is scikit-learn's: same likelihood, same predictions, by fewer matrices."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from models.surrogates import process
from models.surrogates.process import BLOCK, fitted_process, kernel_of, predict_process

N_ROWS, N_FEATURES = 60, 4


@pytest.fixture(scope="module")
def rows():
    """Features, and two outputs of which one feature moves neither."""
    x = np.random.default_rng(4).normal(size=(N_ROWS, N_FEATURES))
    return x, np.column_stack([np.sin(2 * x[:, 0]) + x[:, 1], 5 + x[:, 1] * x[:, 2]])


def standard(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


def test_likelihood_and_gradient_are_those_of_scikit_learn(rows) -> None:
    """At a point where no term vanishes, with noise of each row's own."""
    x, y = (standard(part) for part in rows)
    noise = np.linspace(1e-4, 1e-2, N_ROWS)
    theta = np.array([0.4, 0.2, 1.1, 0.7, 2.0, -5.0])
    kernel = ConstantKernel() * Matern(np.ones(N_FEATURES), nu=2.5) + WhiteKernel()
    reference = GaussianProcessRegressor(kernel=kernel, alpha=noise, optimizer=None).fit(x, y)
    value, gradient = reference.log_marginal_likelihood(theta, eval_gradient=True)
    constant = N_ROWS * y.shape[1] * np.log(2 * np.pi) / 2
    ours, ours_gradient = process.negative_log_likelihood(theta, x, y, noise)
    assert ours == pytest.approx(-value - constant, rel=1e-9)
    np.testing.assert_allclose(ours_gradient, -gradient, rtol=1e-6, atol=1e-8)


def test_predictions_are_those_of_scikit_learn(rows) -> None:
    """Means and spreads, near the rows and far from them, over more than one block."""
    model = fitted_process(*rows)
    x = np.random.default_rng(5).normal(size=(BLOCK + 7, N_FEATURES)) * 2
    mean, sd = predict_process(model, x)
    expected, spread = model.predict(x, return_std=True)
    np.testing.assert_allclose(mean, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(sd, spread, rtol=1e-4, atol=1e-5)


def test_a_search_finds_what_scikit_learn_finds(rows) -> None:
    """The likelihood at the end is as good as that of scikit-learn's own search."""
    x, y = rows
    kernel = ConstantKernel(1.0, process.CONSTANT_BOUNDS) * Matern(
        np.full(N_FEATURES, 3.0), process.LENGTH_BOUNDS, nu=2.5
    ) + WhiteKernel(1e-4, process.NOISE_BOUNDS)
    theirs = GaussianProcessRegressor(kernel=kernel, alpha=1e-6, normalize_y=True)
    with pytest.warns(match="The optimal value found for"):
        theirs.fit(standard(x), y)
    ours = fitted_process(x, y)[-1].log_marginal_likelihood_value_
    assert ours >= theirs.log_marginal_likelihood_value_ - 0.5


def test_a_known_kernel_gives_the_same_process_without_a_search(rows, monkeypatch) -> None:
    """What a fit from kept rows rests on, bit for bit."""
    start = kernel_of(fitted_process(*rows))
    first = fitted_process(*rows, start=start, iterations=0)
    monkeypatch.setattr(process, "negative_log_likelihood", None)
    again = fitted_process(*rows, start=start, iterations=0)
    found = (predict_process(model, rows[0]) for model in (first, again))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_feature_that_never_changes_and_an_output_that_is_constant_do_no_harm(rows) -> None:
    """A system without a coat has such features; a patch loosens no stool."""
    x, y = rows
    flat = np.column_stack([x, np.full(N_ROWS, 3.0)])
    mean, sd = predict_process(
        fitted_process(flat, np.column_stack([y, np.full(N_ROWS, 7.0)])), flat
    )
    assert np.isfinite(sd).all()
    np.testing.assert_allclose(mean[:, 2], 7.0, rtol=1e-9)
