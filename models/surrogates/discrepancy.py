"""What measured release curves add to the release law: their discrepancy, learnt with its interval.

Measured minus law is one Gaussian process over designs, time and the level of the law's curve
(`models.surrogates.gaps`). Its variance has three parts: an
offset that all designs of a system share, so that a systematic gap moves every design; a part of
its own for every design, alike where the standardised features are; and what differs between
batches of one formulation. Readings carry noise.

Without measured curves every size is the stated one. From `MIN_MEASURED_GROUPS` formulations the
sizes and lengths are those of the highest marginal likelihood, held near the stated ones by a
broad normal in their logarithm. Between the two only the size of the whole is raised where the
curves lie further from the law than was stated. Early points of one formulation condition the same
process. Features of one length scale each are not learnt: a laboratory has too few formulations.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import Factory, asdict, field, fields, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.profiles import MAX_FRACTION
from models.surrogates.gaps import (
    BATCH_SD,
    MIN_MEASURED_GROUPS,
    NORMAL_90,
    READING_SD,
    SEARCH_STEPS,
    STATED,
    Sizes,
    components,
    covariance_of,
    likeliest,
    likeness,
    read,
    widened,
)

Early = tuple[FloatArray, FloatArray]
"""Times [h] and fractions released [-] of one formulation."""


def _by_component(process: "Discrepancy") -> FloatArray:
    """Return the weight of each measured curve in each component's mean."""
    found = np.zeros((len(process.inputs), process.basis.shape[1]))
    np.add.at(found, process.owner, process.weights[:, None] * process.basis)
    return found


def _forms(process: "Discrepancy") -> FloatArray:
    """Return by how much measured curves lower the covariance of components, as forms."""
    n, k = len(process.inputs), process.basis.shape[1]
    spread = np.zeros((len(process.owner), k, n))
    spread[np.arange(len(process.owner)), :, process.owner] = process.basis
    flat = spread.reshape(len(process.owner), k * n)
    found: FloatArray = (flat.T @ process.precision @ flat).reshape(k, n, k, n)
    return found.transpose(0, 2, 1, 3)


@frozen(kw_only=True, eq=False)
class Discrepancy:
    """The process of one system after its measured curves, perhaps none."""

    times_h: FloatArray
    """Times of the curves, of shape (n_times,), [h]."""

    centre: FloatArray
    """Middle of each feature, of shape (n_features,)."""

    scale: FloatArray
    """Spread of each feature, of shape (n_features,)."""

    sizes: Sizes
    """Hyperparameters."""

    n_groups: int
    """Formulations behind it, [-]."""

    inputs: FloatArray
    """Standardised features of the measured curves, of shape (n_curves, n_features), [-]."""

    owner: NDArray[np.int64]
    """Curve of each reading, of shape (n_readings,), [-]."""

    basis: FloatArray
    """Components in each reading, of shape (n_readings, n_components), [-]."""

    weights: FloatArray
    """Weight of each reading, of shape (n_readings,), [-]."""

    precision: FloatArray
    """Inverse of their covariance, of shape (n_readings, n_readings), [-]."""

    _means: FloatArray = field(init=False, default=Factory(_by_component, takes_self=True))
    _lowered: FloatArray = field(init=False, default=Factory(_forms, takes_self=True))

    def predict(self, features: FloatArray, law: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what to add to the law, and its spread for a laboratory's reading.

        Parameters
        ----------
        features : ndarray of shape (n, n_features)
            Features of designs, [-].
        law : ndarray of shape (n, n_times)
            Their curves by the law, [-].

        Returns
        -------
        tuple of ndarray of shape (n, n_times)
            Mean and standard deviation, [-].
        """
        mean, covariance = self._components_of(features)
        return self._curves(law, mean, covariance)

    def continued(
        self, features: FloatArray, law: FloatArray, times_h: FloatArray, fraction: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the same for one design of which early readings are known.

        Parameters
        ----------
        features : ndarray of shape (1, n_features)
            Features of the design, [-].
        law : ndarray of shape (1, n_times)
            Its curve by the law, [-].
        times_h : ndarray of shape (n_early,)
            Times of the readings, [h].
        fraction : ndarray of shape (n_early,)
            What was read, [-].

        Returns
        -------
        tuple of ndarray of shape (1, n_times)
            Mean and standard deviation of the whole curve, [-].
        """
        mean, covariance = self._components_of(features)
        by_law = np.interp(times_h, np.insert(self.times_h, 0, 0.0), np.insert(law[0], 0, 0.0))
        early = components(self.times_h, times_h, by_law, self.sizes)
        seen = early @ covariance[0]
        inner = seen @ early.T + READING_SD**2 * np.eye(len(times_h))
        gain = np.linalg.solve(inner, seen).T
        mean = mean + gain @ (fraction - by_law - early @ mean[0])
        return self._curves(law, mean, covariance - gain @ seen)

    @property
    def offset(self) -> tuple[float, float]:
        """Mean over the readings of what every design shares, and its 90 % half-width, [-]."""
        if not self.n_groups:
            return 0.0, NORMAL_90 * self.sizes.shared
        middle = self.basis.mean(axis=0)
        along = self.sizes.shared**2 * self.basis @ middle
        variance = self.sizes.shared**2 * middle @ middle - along @ self.precision @ along
        return float(along @ self.weights), NORMAL_90 * float(np.sqrt(max(variance, 0.0)))

    def state(self) -> dict[str, Any]:
        """Return plain numbers and arrays that `from_state` makes the same process of."""
        kept = {a.name: getattr(self, a.name) for a in fields(Discrepancy) if a.init}
        return {**kept, "sizes": asdict(self.sizes)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Discrepancy":
        """Return the process that `state` was taken from.

        Parameters
        ----------
        state : mapping
            What `state` returned, [-].

        Returns
        -------
        Discrepancy
            The same predictions, [-].
        """
        arrays = {
            a.name: np.asarray(state[a.name], dtype=np.int64 if a.name == "owner" else float)
            for a in fields(Discrepancy)
            if a.init and a.name not in ("sizes", "n_groups")
        }
        sizes = {name: float(value) for name, value in state["sizes"].items()}
        return cls(**arrays, sizes=Sizes(**sizes), n_groups=int(state["n_groups"]))

    def _components_of(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and covariance of the components of designs that were not measured."""
        near = likeness((features - self.centre) / self.scale, self.inputs, self.sizes)
        prior = self.sizes.shared**2 + self.sizes.own**2 + BATCH_SD**2
        k = self.basis.shape[1]
        covariance = np.zeros((len(features), k, k))
        for i in range(k):
            for j in range(i + 1):
                known = ((near @ self._lowered[i, j]) * near).sum(axis=1)
                covariance[:, i, j] = covariance[:, j, i] = prior * (i == j) - known
        return near @ self._means, covariance

    def _curves(
        self, law: FloatArray, mean: FloatArray, covariance: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        at = components(self.times_h, np.tile(self.times_h, len(law)), law.ravel(), self.sizes)
        at = at.reshape(*law.shape, -1)
        variance = ((at @ covariance) * at).sum(axis=2)
        gap = (at @ mean[:, :, None])[:, :, 0]
        return gap, np.sqrt(np.maximum(variance, 0.0) + READING_SD**2)


def fit_discrepancy(
    features: FloatArray,
    gaps: FloatArray,
    law: FloatArray,
    groups: Sequence[str],
    *,
    times_h: FloatArray,
    centre: FloatArray,
    scale: FloatArray,
    start: Sizes | None = None,
    steps: int = SEARCH_STEPS,
) -> Discrepancy:
    """Learn the discrepancy from measured curves, perhaps none.

    Parameters
    ----------
    features : ndarray of shape (n_curves, n_features)
        Features of what was measured, [-].
    gaps : ndarray of shape (n_curves, n_times)
        Measured less law, NaN where a curve says nothing, [-].
    law : ndarray of shape (n_curves, n_times)
        Curves of the law, [-].
    groups : sequence of str
        Formulation of each curve, [-].
    times_h : ndarray of shape (n_times,)
        Times of the curves, [h].
    centre, scale : ndarray of shape (n_features,)
        Middle and spread of each feature over what may be made, [-].
    start : Sizes, optional
        Where the search for hyperparameters begins when it goes on from another fit; it then goes
        on however few the groups are, [-].
    steps : int, optional
        Most steps of that search, [-].

    Returns
    -------
    Discrepancy
        The process given the curves, [-].

    Raises
    ------
    InputError
        A curve says nothing at any of the times.
    """
    if not np.isfinite(gaps).any(axis=1).all():
        raise InputError("Discrepancy: a measured curve has no reading at the common times.")
    inputs = (features - centre) / scale
    readings = read(inputs, gaps, law, times_h)
    n_groups = len(set(groups))
    if start is not None or n_groups >= MIN_MEASURED_GROUPS:
        sizes = likeliest(readings, start or STATED, steps)
    else:
        sizes = widened(readings, n_groups)
    basis = readings.basis(sizes)
    precision = np.linalg.inv(covariance_of(inputs, readings.owner, basis, sizes)).astype(float)
    return Discrepancy(
        times_h=times_h,
        centre=centre,
        scale=scale,
        sizes=sizes,
        n_groups=n_groups,
        inputs=inputs,
        owner=readings.owner,
        basis=basis,
        weights=precision @ readings.gap,
        precision=precision,
    )


def checked_early(features: FloatArray, early: Early) -> Early:
    """Return the early points after the start.

    Parameters
    ----------
    features : ndarray of shape (1, n_features)
        Features of the one design that they belong to, [-].
    early : tuple of ndarray of shape (n_early,)
        Times [h] and fractions released [-].

    Returns
    -------
    tuple of ndarray of shape (n_kept,)
        The same without the start, [-].

    Raises
    ------
    InputError
        They do not match, are not those of one design, or are impossible.
    """
    times_h, fraction = (np.asarray(part, dtype=float) for part in early)
    if len(features) != 1 or times_h.ndim != 1 or times_h.shape != fraction.shape:
        raise InputError(
            f"Early points: {len(features)} designs, times {times_h.shape} and fractions"
            f" {fraction.shape}; they belong to one formulation and must match.",
            hint="Predict one formulation at a time.",
        )
    if not (np.isfinite(times_h).all() and (times_h >= 0).all()):
        raise InputError(f"Early points: times {times_h} must be finite and 0 h or later.")
    if not ((fraction >= 0) & (fraction <= MAX_FRACTION)).all():
        raise InputError(f"Early points: fractions {fraction} must be 0 to {MAX_FRACTION:g}.")
    if not (times_h > 0).any():
        raise InputError(
            "Early points: none lies after the start.", hint="Give at least one, or none at all."
        )
    return times_h[times_h > 0], fraction[times_h > 0]
