"""Studies pooled to one factor: measured over simulated, with an uncertainty of its own.

Random effects on log ratios: one mean, and a spread between studies whose prior has the size of the
stated model error. The posterior is summed over a grid of that spread, with a flat prior on the
mean, so it also stands for one or two studies. Rows of one study share people, and count as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, sqrt
from typing import Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from models.data.studies import plain
from models.surrogates.calibration import ENDPOINT_MODEL_ERROR
from models.surrogates.gaps import NORMAL_90
from models.surrogates.table import ENDPOINT_KEYS, LEARNT

MIN_STUDIES = 3
"""Independent studies from which intervals follow them, [-]."""

TAILS = 4.0
"""Degrees of freedom of the prior on the spread between studies, [-]."""

_GRID = np.linspace(0.0, 12.0, 601)
"""Spreads summed over, in units of the prior's size, [-]."""


@frozen(kw_only=True)
class LogRatio:
    """What one study says of one endpoint."""

    study: str
    """Study."""

    family: str
    """Learnt endpoint it speaks of."""

    value: float
    """Logarithm of measured over simulated, [-]."""

    error: float
    """Its standard error, [-]."""


@frozen(kw_only=True)
class AbsorptionGap:
    """Measured over simulated for one endpoint."""

    family: str
    """Learnt endpoint."""

    factor: float
    """Mean of measured over simulated, [-]."""

    lo90: float
    """Lower end of the mean's 90 % interval, [-]."""

    hi90: float
    """Upper end of the mean's 90 % interval, [-]."""

    product_lo90: float
    """Lower end for one more study or product, [-]."""

    product_hi90: float
    """Upper end for one more study or product, [-]."""

    between: float
    """Standard deviation of the log ratio between studies, [-]."""

    studies: tuple[str, ...]
    """Studies that speak."""

    @property
    def is_applied(self) -> bool:
        """Whether intervals follow it."""
        return len(self.studies) >= MIN_STUDIES

    @property
    def reach(self) -> tuple[float, float]:
        """Ends of what intervals allow for, over the value: they never leave the value out, [-]."""
        return min(self.product_lo90, 1.0), max(self.product_hi90, 1.0)

    def sentence(self) -> str:
        """Say what was found and what was done with it."""
        n = len(self.studies)
        who = f"{n} measured {'study' if n == 1 else 'studies'} ({', '.join(self.studies)})"
        found = (
            f"{self.family}: measured over simulated {self.factor:.2f}"
            f" (90 % {self.lo90:.2f} to {self.hi90:.2f}), {who}."
        )
        if self.is_applied:
            low, high = self.reach
            aside = ""
            if not self.product_lo90 <= 1 <= self.product_hi90:
                aside = (
                    f" One more product is expected at {self.product_lo90:.2f} to"
                    f" {self.product_hi90:.2f} of it; an interval holds its value all the same."
                )
            return (
                f"{found} Values are unchanged; for the model's error intervals reach from"
                f" {low:.2f} to {high:.2f} times the value, in place of the stated one.{aside}"
            )
        return f"{found} Fewer than {MIN_STUDIES}: told, not applied; the stated model error holds."

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "endpoint": self.family,
            "factor": self.factor,
            "lo90": self.lo90,
            "hi90": self.hi90,
            "product_lo90": self.product_lo90,
            "product_hi90": self.product_hi90,
            "between_studies": self.between,
            "studies": list(self.studies),
            "applied": self.is_applied,
            "sentence": self.sentence(),
        }


def discrepancies(ratios: Iterable[LogRatio]) -> tuple[AbsorptionGap, ...]:
    """Pool the studies of each endpoint.

    Parameters
    ----------
    ratios : iterable of LogRatio
        What rows say, several of one study allowed, [-].

    Returns
    -------
    tuple of AbsorptionGap
        Of each endpoint that any study speaks of, [-].
    """
    by_family: dict[str, dict[str, list[LogRatio]]] = {}
    for ratio in ratios:
        by_family.setdefault(ratio.family, {}).setdefault(plain(ratio.study), []).append(ratio)
    return tuple(_pooled(name, by_family[name]) for name in LEARNT if name in by_family)


def model_error_of(found: Iterable[AbsorptionGap]) -> FloatArray:
    """Return the model error that measured studies give, where enough of them speak.

    Parameters
    ----------
    found : iterable of AbsorptionGap
        By endpoint, [-].

    Returns
    -------
    ndarray of shape (n_keys, 2)
        Relative, below and above the value; nan where the stated one stands, [-].
    """
    error = np.full((len(ENDPOINT_KEYS), 2), np.nan)
    for item in found:
        if item.is_applied:
            mine = [k for k, key in enumerate(ENDPOINT_KEYS) if key.split(".")[0] == item.family]
            low, high = item.reach
            error[mine] = 1 - low, high - 1
    return error


def _pooled(family: str, by_study: Mapping[str, Sequence[LogRatio]]) -> AbsorptionGap:
    """Pool studies of one endpoint; rows of one study are taken as fully dependent."""
    values = np.array([np.mean([r.value for r in rows]) for rows in by_study.values()])
    errors = np.array([np.mean([r.error for r in rows]) for rows in by_study.values()])
    # A half-t of this scale has the stated error as its root mean square.
    stated = log(1 + float(ENDPOINT_MODEL_ERROR[family])) / NORMAL_90
    scale = stated * sqrt((TAILS - 2) / TAILS)
    between = scale * _GRID
    precision = 1 / (errors**2 + between[:, None] ** 2)
    total = precision.sum(axis=1)
    mean = (precision * values).sum(axis=1) / total
    scatter = (precision * (values - mean[:, None]) ** 2).sum(axis=1)
    likelihood = 0.5 * (np.log(precision).sum(axis=1) - np.log(total) - scatter)
    prior = -(TAILS + 1) / 2 * np.log1p(_GRID**2 / TAILS)
    weight = np.exp(likelihood + prior - (likelihood + prior).max())
    weight /= weight.sum()
    centre = float(weight @ mean)
    of_mean = float(weight @ (1 / total + (mean - centre) ** 2))
    squared = float(weight @ between**2)
    mine, more = NORMAL_90 * sqrt(of_mean), NORMAL_90 * sqrt(of_mean + squared)
    return AbsorptionGap(
        family=family,
        factor=exp(centre),
        lo90=exp(centre - mine),
        hi90=exp(centre + mine),
        product_lo90=exp(centre - more),
        product_hi90=exp(centre + more),
        between=sqrt(squared),
        studies=tuple(rows[0].study for rows in by_study.values()),
    )
