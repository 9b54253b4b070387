"""What a kinetic fit says: parameters, criteria, its curve, and what was not fitted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from models.dissolution.kinetics import KineticModel

ON_EDGE, INSEPARABLE, EXACT = "edge", "inseparable", "exact"

WITHOUT_ERROR: Mapping[str, str] = {
    ON_EDGE: "at an edge",
    INSEPARABLE: "not told apart",
    EXACT: "exact",
}
"""Why a parameter has no standard error, in words."""


@frozen(kw_only=True)
class Estimate:
    """One parameter of a fit."""

    name: str
    """Name in the equation."""

    unit: str
    """Its unit."""

    value: float
    """Its value, in the unit."""

    standard_error: float | None
    """How sure it is, in the unit; None where that cannot be told."""

    without_error: str = ""
    """Why there is none, one of `WITHOUT_ERROR`; empty where there is one."""


@frozen(kw_only=True, eq=False)
class Fit:
    """One model fitted to one curve."""

    model: KineticModel
    """The equation."""

    has_lag: bool
    """Whether nothing is released before a fitted lag."""

    times: str
    """Which times it is fitted to."""

    n_points: int
    """How many these are, [-]."""

    estimates: tuple[Estimate, ...]
    """Its parameters, the lag last."""

    rss: float
    """Sum of squared residuals, each with its weight, [%^2]."""

    r2: float | None
    """Share of the variance that is told, [-]; None of a level curve."""

    r2_adjusted: float | None
    """The same for the parameters it takes, [-]; None of a level curve."""

    aic: float | None
    """Information criterion, [-]; None of an exact fit."""

    aicc: float | None
    """The same, corrected for few points, [-]; None of an exact fit."""

    @property
    def is_exact(self) -> bool:
        """Whether it goes through every point, so that nothing is left to rank it by."""
        return self.aicc is None

    @property
    def name(self) -> str:
        """Stable name, with the lag."""
        return fit_name(self.model, self.has_lag)[0]

    @property
    def title(self) -> str:
        """Name for people, with the lag."""
        return fit_name(self.model, self.has_lag)[1]

    @property
    def equation(self) -> str:
        """The equation in words of text."""
        return f"{self.model.equation}, t from the lag on" if self.has_lag else self.model.equation

    def released_pct(self, times_h: FloatArray) -> FloatArray:
        """Return what the fitted curve has released.

        Parameters
        ----------
        times_h : ndarray of shape (n_times,)
            Times, [h].

        Returns
        -------
        ndarray of shape (n_times,)
            Released by then, [%].
        """
        theta = np.array([e.value for e in self.estimates])
        times = np.asarray(times_h, dtype=float)
        return np.asarray(curve_values(self.model, self.has_lag, times, theta), dtype=float)


@frozen(kw_only=True)
class NotFitted:
    """A model that was not fitted, and why."""

    name: str
    """Stable name, with the lag."""

    title: str
    """Name for people."""

    times: str
    """Which times were meant."""

    reason: str
    """Why, in words."""


@frozen(kw_only=True, eq=False)
class CurveFits:
    """Every model on one curve."""

    fits: tuple[Fit, ...]
    """What was fitted: all times before the early ones; exact fits, then the lowest AICc first."""

    refused: tuple[NotFitted, ...]
    """What was not."""

    weighted: bool
    """Whether the means were weighted."""

    def ranked(self, times: str) -> tuple[Fit, ...]:
        """Return the fits to the same times that are not exact, the lowest AICc first.

        Parameters
        ----------
        times : str
            Which times, one of `kinetics`, [-].

        Returns
        -------
        tuple of Fit
            What may be compared with each other, [-].
        """
        return tuple(fit for fit in self.fits if fit.times == times and not fit.is_exact)

    def exact(self, times: str) -> tuple[Fit, ...]:
        """Return the fits that go through every one of the same times.

        Parameters
        ----------
        times : str
            Which times, one of `kinetics`, [-].

        Returns
        -------
        tuple of Fit
            In the order of the models, [-].
        """
        return tuple(fit for fit in self.fits if fit.times == times and fit.is_exact)


def curve_values(model: KineticModel, has_lag: bool, times_h: FloatArray, theta: Any) -> Any:
    """Return the curve of a model, zero up to the lag.

    Parameters
    ----------
    model : KineticModel
        The model, [-].
    has_lag : bool
        Whether the last parameter is a lag, [-].
    times_h : ndarray of shape (n_times,)
        Times above zero, [h].
    theta : ndarray of shape (n_parameters,)
        Parameters in their units; complex ones give a complex curve, for its slope, [any].

    Returns
    -------
    ndarray of shape (n_times,)
        Released by then, [%].
    """
    elapsed = times_h - theta[-1] if has_lag else times_h + 0 * theta[0]
    flows = np.real(elapsed) > 0
    found = np.zeros(times_h.shape, dtype=np.asarray(elapsed).dtype)
    found[flows] = model.curve(elapsed[flows], theta)
    return found


def fit_name(model: KineticModel, has_lag: bool) -> tuple[str, str]:
    """Return the names of a fit.

    Parameters
    ----------
    model : KineticModel
        The model, [-].
    has_lag : bool
        Whether it has a lag, [-].

    Returns
    -------
    tuple of str
        The stable name and the name for people, [-].
    """
    return (f"{model.name}_lag", f"{model.title}, lag") if has_lag else (model.name, model.title)
