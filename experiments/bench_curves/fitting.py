"""What one measured curve says of itself: moments, kinetic fits, and what it prefers, in words."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
from attrs import frozen

from experiments.bench_curves.reading import find_curve
from formulation.arrays import FloatArray
from formulation.errors import InputError
from models.data.unit_curves import UnitCurveFile, UnitCurves
from models.dissolution.fits import WITHOUT_ERROR, CurveFits, Fit
from models.dissolution.fitting import CLOSE_AICC, ROUNDING_PCT, fit_kinetics
from models.dissolution.kinetics import ALL_TIMES, EARLY_TIMES
from models.dissolution.moments import dissolution_efficiency, mean_dissolution_time

NO_PROOF = (
    "AICc says which equation tells these points best for its number of parameters; it proves no"
    " mechanism."
)

COLUMNS = (
    *("formulation", "times", "n_points", "rank", "model", "equation", "parameter", "value"),
    *("standard_error", "without_error", "unit", "r2", "r2_adjusted", "aic", "aicc", "rss [%^2]"),
    "not_fitted",
)
"""Heads of the table that is written."""


@frozen(kw_only=True, eq=False)
class CurveAccount:
    """One measured curve and what was found of it."""

    product: UnitCurves
    """The curve."""

    mdt_h: float
    """Mean dissolution time of what is released by the last time, [h]."""

    efficiency_pct: float
    """Dissolution efficiency up to the last time, [%]."""

    fits: CurveFits
    """Kinetic fits, and what was not fitted."""

    def words(self, times: str) -> str:
        """Return what the curve prefers among the fits to the same times.

        Parameters
        ----------
        times : str
            Which times, [-].

        Returns
        -------
        str
            One sentence or two, [-].
        """
        exact, ranked = self.fits.exact(times), self.fits.ranked(times)
        if exact:
            return (
                f"Through every point, to {ROUNDING_PCT:.6f} %:"
                f" {', '.join(fit.title for fit in exact)}. That leaves no residuals, so there is"
                " neither a standard error nor a preference; measured points scatter, so ask"
                " whether these were computed."
            )
        if not ranked:
            return "No model could be fitted to these times."
        best = ranked[0]
        close = [fit.title for fit in ranked[1:] if _above(fit, best) <= CLOSE_AICC]
        text = f"By AICc the curve prefers {best.title} ({best.equation})."
        if close:
            text += f" Within {CLOSE_AICC:g} of it, so told about as well: {', '.join(close)}."
        return text


def _above(fit: Fit, best: Fit) -> float:
    """Return how far the AICc of a ranked fit lies above that of the best."""
    return (fit.aicc or 0.0) - (best.aicc or 0.0)


def fit_curves(
    table: UnitCurveFile, *, names: Sequence[str] = (), weighted: bool = False
) -> tuple[CurveAccount, ...]:
    """Fit the kinetic models to curves of a table.

    Parameters
    ----------
    table : UnitCurveFile
        A table without problems, [-].
    names : sequence of str, optional
        Which products; all when empty, [-].
    weighted : bool, optional
        Whether each mean is weighted by its count over its variance, [-].

    Returns
    -------
    tuple of CurveAccount
        In the order of the table, or of the names, [-].

    Raises
    ------
    InputError
        There is no such product, nothing is released, or a weight cannot be told.
    """
    products = [find_curve(table.products, name) for name in names] or table.products
    return tuple(_account(product, weighted) for product in products)


def _account(product: UnitCurves, weighted: bool) -> CurveAccount:
    if not product.mean_pct.max() > 0:
        raise InputError(f"{product.name}: nothing is released, so there is nothing to fit.")
    return CurveAccount(
        product=product,
        mdt_h=mean_dissolution_time(product.times_h, product.rising_pct),
        efficiency_pct=dissolution_efficiency(product.times_h, product.mean_pct),
        fits=fit_kinetics(
            product.times_h,
            product.mean_pct,
            weights=_weights(product) if weighted else None,
        ),
    )


def _weights(product: UnitCurves) -> FloatArray:
    """Return the count over the variance of each mean, or say where there is none."""
    for time, sd, n in zip(product.times_h, product.sd_pct, product.n_units, strict=True):
        if time > 0 and not (sd > 0 and n > 0):
            raise InputError(
                f"{product.name}: no weight at {60 * time:g} min, for its standard deviation or"
                " count is not known, or zero.",
                hint="Fit without --weighted, or give every unit.",
            )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(product.n_units / product.sd_pct**2)


def fit_dict(table: UnitCurveFile, accounts: Sequence[CurveAccount]) -> dict[str, Any]:
    """Return fits as the JSON document has them.

    Parameters
    ----------
    table : UnitCurveFile
        The table they are of, [-].
    accounts : sequence of CurveAccount
        What was found, [-].

    Returns
    -------
    dict
        The document without its schema, [-].
    """
    return {
        "form": table.form,
        "notes": list(table.notes),
        "origin": table.stated,
        "formulations": [_account_dict(account) for account in accounts],
        "remark": NO_PROOF,
    }


def _account_dict(account: CurveAccount) -> dict[str, Any]:
    product = account.product
    return {
        "name": product.name,
        **curve_dict(product),
        "mdt_h": account.mdt_h,
        "efficiency_pct": account.efficiency_pct,
        "up_to_h": float(product.times_h[-1]),
        "weighted": account.fits.weighted,
        "fits": [_fit_dict(fit) for fit in account.fits.fits],
        "not_fitted": [
            {"model": r.name, "title": r.title, "times": r.times, "reason": r.reason}
            for r in account.fits.refused
        ],
        "preferred": {
            "all_times": _preferred(account, ALL_TIMES),
            "early_times": _preferred(account, EARLY_TIMES),
        },
    }


def curve_dict(product: UnitCurves) -> dict[str, Any]:
    """Return a curve as the JSON documents have it.

    Parameters
    ----------
    product : UnitCurves
        The curve, [-].

    Returns
    -------
    dict
        Origin, times, means, standard deviations and counts; null for what is not known, [-].
    """
    return {
        "origin": product.origin or None,
        "times_h": product.times_h.tolist(),
        "mean_pct": product.mean_pct.tolist(),
        "sd_pct": [sd if isfinite(sd) else None for sd in product.sd_pct.tolist()],
        "n_units": [int(n) or None for n in product.n_units.tolist()],
    }


def _fit_dict(fit: Fit) -> dict[str, Any]:
    return {
        "model": fit.name,
        "title": fit.title,
        "equation": fit.equation,
        "times": fit.times,
        "n_points": fit.n_points,
        "parameters": [
            {
                "name": e.name,
                "value": e.value,
                "standard_error": e.standard_error,
                "without_error": e.without_error,
                "unit": e.unit,
            }
            for e in fit.estimates
        ],
        "is_exact": fit.is_exact,
        "rss_pct2": fit.rss,
        "r2": fit.r2,
        "r2_adjusted": fit.r2_adjusted,
        "aic": fit.aic,
        "aicc": fit.aicc,
    }


def _preferred(account: CurveAccount, times: str) -> dict[str, Any] | None:
    exact, ranked = account.fits.exact(times), account.fits.ranked(times)
    if not (exact or ranked):
        return None
    return {"model": None if exact else ranked[0].name, "words": account.words(times)}


def fit_rows(accounts: Sequence[CurveAccount]) -> Iterator[tuple[Any, ...]]:
    """Yield the fits as rows under `COLUMNS`, one parameter a row.

    Parameters
    ----------
    accounts : sequence of CurveAccount
        What was found, [-].

    Yields
    ------
    tuple
        One row, [-].
    """
    for account in accounts:
        name = account.product.name
        for times in (ALL_TIMES, EARLY_TIMES):
            ranked = account.fits.ranked(times)
            ranks = [(None, fit) for fit in account.fits.exact(times)] + [*enumerate(ranked, 1)]
            for rank, fit in ranks:
                head = (name, times, fit.n_points, rank, fit.title, fit.equation)
                tail = (fit.r2, fit.r2_adjusted, fit.aic, fit.aicc, fit.rss, None)
                for e in fit.estimates:
                    unit, why = e.unit.replace("-", "1"), WITHOUT_ERROR.get(e.without_error)
                    yield (*head, e.name, e.value, e.standard_error, why, unit, *tail)
        for refused in account.fits.refused:
            yield (name, refused.times, None, None, refused.title, *[None] * 11, refused.reason)
