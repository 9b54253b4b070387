"""How well a measured formulation is foretold by the others, over time, and what covers it.

Each measured curve is predicted by the law and a discrepancy that has not seen its formulation. The
ratio of its error to the spread there makes the interval, time by time, because early readings
err by other amounts than late ones. The rest of a curve whose first readings are given has
factors of its own, from the same left-out curves continued from theirs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.profiles import MAX_FRACTION
from models.surrogates.discrepancy import Discrepancy, fit_discrepancy
from models.surrogates.gaps import MIN_MEASURED_GROUPS, NORMAL_90
from models.surrogates.validation import BY_FOLD, BY_GROUP, COVERAGE, CrossValidation, monotone

FOLD_STEPS = 2
"""Steps that the sizes of a fold go on from those of the whole fit, [-]."""

MEASURED_FOLDS = 10
"""Most folds over measured formulations, [-]."""

TIME_BANDS_H = {"until_1h": (0.0, 1.0), "1h_to_6h": (1.0, 6.0), "after_6h": (6.0, np.inf)}
"""Bands of time of which coverage is told apart: above the first, up to the second, [h]."""


@frozen(kw_only=True, eq=False)
class LeftOut:
    """Measured curves, each foretold by the other formulations."""

    found: CrossValidation
    """Each predicted unseen; its target is NaN where it says nothing."""

    continued: FloatArray
    """Error over spread at each time once everything up to another time is given, of shape
    (n_curves, n_times, n_times), [-]; NaN up to that time, or where nothing was read."""


def left_out(
    whole: Discrepancy,
    features: FloatArray,
    curves: FloatArray,
    gaps: FloatArray,
    groups: Sequence[str],
    law: FloatArray,
    law_sd: FloatArray,
) -> LeftOut:
    """Predict every measured curve from a discrepancy without its formulation.

    Parameters
    ----------
    whole : Discrepancy
        The process of all curves; where it learnt its sizes each fold goes on from them, [-].
    features : ndarray of shape (n_curves, n_features)
        Features of what was measured, [-].
    curves : ndarray of shape (n_curves, n_times)
        What was measured, [-].
    gaps : ndarray of shape (n_curves, n_times)
        Measured less law, NaN where a curve says nothing, [-].
    groups : sequence of str
        Formulation of each curve; one stands in one fold only, [-].
    law : ndarray of shape (n_curves, n_times)
        Curves of the law as predictions have them, [-].
    law_sd : ndarray of shape (n_curves, n_times)
        Their spread, [-].

    Returns
    -------
    LeftOut
        Each curve predicted unseen, whole and from its first readings, [-].
    """
    from sklearn.model_selection import GroupKFold

    n_groups = len(set(groups))
    mean, sd = np.empty_like(gaps), np.empty_like(gaps)
    folds = np.zeros(len(gaps), dtype=int)
    continued = np.full((*gaps.shape, gaps.shape[1]), np.nan)
    target = np.where(np.isfinite(gaps), curves, np.nan)
    splits = GroupKFold(min(MEASURED_FOLDS, n_groups)).split(features, groups=groups)
    for k, (train, test) in enumerate(splits):
        fold = fit_discrepancy(
            features[train],
            gaps[train],
            curves[train] - gaps[train],
            [groups[i] for i in train],
            times_h=whole.times_h,
            centre=whole.centre,
            scale=whole.scale,
            start=whole.sizes if n_groups >= MIN_MEASURED_GROUPS else None,
            steps=FOLD_STEPS,
        )
        gap, gap_sd = fold.predict(features[test], law[test])
        folds[test] = k
        mean[test] = monotone(law[test] + gap, MAX_FRACTION)
        sd[test] = np.hypot(law_sd[test], gap_sd)
        for i in test:
            continued[i] = _continued(fold, features[[i]], target[i], law[[i]], law_sd[[i]])
    found = CrossValidation(target=target, mean=mean, sd=sd, folds=folds)
    return LeftOut(found=found, continued=continued)


def _continued(
    process: Discrepancy,
    features: FloatArray,
    target: FloatArray,
    law: FloatArray,
    law_sd: FloatArray,
) -> FloatArray:
    """Return error over spread of one curve continued from each of its readings."""
    times = process.times_h
    ratio = np.full((len(times), len(times)), np.nan)
    for k in range(len(times) - 1):
        known = np.isfinite(target) & (times <= times[k])
        if known.any():
            gap, gap_sd = process.continued(features, law, times[known], target[known])
            mean = monotone(law + gap, MAX_FRACTION)[0]
            spread = np.hypot(law_sd, gap_sd)[0]
            ratio[k, k + 1 :] = (np.abs(target - mean) / spread)[k + 1 :]
    return ratio


def measured_factor(
    ratio: FloatArray, groups: Sequence[str], rows: NDArray[np.bool_] | None = None
) -> FloatArray:
    """Return the factor that covers 90 % of held-out curves at each time.

    Formulations, not curves, are counted, and at each time those that were read there: they set
    the finite-sample correction. Few of them say little of a time, and one that fits by chance
    would make its interval vanish; so where fewer than `MIN_MEASURED_GROUPS` reach a time, it gets
    the widest factor of the other times, or the largest of its own ratios where that is larger.
    Where no time has enough, the largest ratio of all stands for the widest factor.

    Parameters
    ----------
    ratio : ndarray of shape (n_curves, n_times)
        Error over raw spread, NaN where a curve says nothing, [-].
    groups : sequence of str
        Formulation of each curve, [-].
    rows : ndarray of shape (n_curves,), optional
        Curves that the factor is taken from, all without it; whether a time is reached by enough
        formulations is judged of all curves all the same, [-].

    Returns
    -------
    ndarray of shape (n_times,)
        Half-width over raw spread, [-].
    """
    names = np.asarray(groups)
    known = np.isfinite(ratio)
    used = known if rows is None else known & rows[:, None]
    factor = np.full(ratio.shape[1], np.nan)
    for k in range(ratio.shape[1]):
        if len(set(names[known[:, k]])) >= MIN_MEASURED_GROUPS and used[:, k].any():
            level = min(COVERAGE * (1 + 1 / len(set(names[used[:, k]]))), 1.0)
            factor[k] = np.quantile(ratio[used[:, k], k], level, method="higher")
    largest = np.fmax.reduce(np.where(used, ratio, np.nan), axis=0)
    widest = np.fmax.reduce(factor if np.isfinite(factor).any() else largest)
    return np.where(np.isfinite(factor), factor, np.fmax(widest, largest))


def early_factor(continued: FloatArray, whole: FloatArray, groups: Sequence[str]) -> FloatArray:
    """Return the factors that cover the rest of held-out curves.

    Times that few formulations reach are widened as in `measured_factor`. Where too few go on
    after a given time to say anything of any later one, the factors of whole curves stand.

    Parameters
    ----------
    continued : ndarray of shape (n_curves, n_times, n_times)
        Error over spread after the time of each row is given, [-].
    whole : ndarray of shape (n_times,)
        Factors of whole curves, [-].
    groups : sequence of str
        Formulation of each curve, [-].

    Returns
    -------
    ndarray of shape (n_times, n_times)
        Half-width over spread by the last time that was given, and by time, [-].
    """
    names = np.asarray(groups)
    rows = []
    for k in range(len(whole)):
        known = np.isfinite(continued[:, k])
        most = max(len(set(names[column])) for column in known.T)
        enough = most >= MIN_MEASURED_GROUPS
        rows.append(measured_factor(continued[:, k], groups) if enough else whole)
    return np.array(rows)


def last_given(times_h: FloatArray, early_h: FloatArray) -> int:
    """Return up to which common time early points are given; the first at least.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Common times, [h].
    early_h : ndarray of shape (n_early,)
        Times of the early points, [h].

    Returns
    -------
    int
        Row of `early_factor`, [-].
    """
    return max(int(np.searchsorted(times_h, early_h.max(), side="right")) - 1, 0)


def measured_metrics(
    found: CrossValidation, times_h: FloatArray, groups: Sequence[str]
) -> dict[str, Any]:
    """Return errors of unseen formulations, and the coverage of their intervals by time.

    With enough formulations the factor of a fold's interval comes from the other folds, by the rule
    of the factor that is served; with fewer it is that of the posterior.

    Parameters
    ----------
    found : CrossValidation
        Each measured curve predicted unseen, NaN where it says nothing, [-].
    times_h : ndarray of shape (n_times,)
        Times of the curves, [h].
    groups : sequence of str
        Formulation of each curve, [-].

    Returns
    -------
    dict
        MAE, RMSE and width of the label's fraction, R2 and coverage; coverage of each fold and of
        each formulation under `BY_FOLD` and `BY_GROUP`, [-].
    """
    known = np.isfinite(found.target)
    names = np.asarray(groups)
    half = NORMAL_90 * found.sd
    if len(set(groups)) >= MIN_MEASURED_GROUPS:
        for fold in np.unique(found.folds):
            test = found.folds == fold
            factor = measured_factor(found.ratio, groups, ~test)
            half[test] = factor * found.sd[test]
    error = found.target - found.mean
    covered = np.abs(error) <= half + 1e-12
    spread = float(((found.target[known] - found.target[known].mean()) ** 2).sum())
    bands = {}
    for name, (low, high) in TIME_BANDS_H.items():
        inside = known & ((times_h > low) & (times_h <= high))
        if inside.any():
            bands[f"coverage90_{name}"] = float(covered[inside].mean())
    return {
        "mae": float(np.abs(error[known]).mean()),
        "rmse": float(np.sqrt((error[known] ** 2).mean())),
        "r2": 1.0 - float((error[known] ** 2).sum()) / spread if spread > 0 else 0.0,
        "coverage90": float(covered[known].mean()),
        "width90": float(2 * half[known].mean()),
        **bands,
        BY_FOLD: [_share(covered, known, found.folds == k) for k in np.unique(found.folds)],
        BY_GROUP: {name: _share(covered, known, names == name) for name in dict.fromkeys(groups)},
    }


def _share(
    covered: NDArray[np.bool_], known: NDArray[np.bool_], rows: NDArray[np.bool_]
) -> float | None:
    """Return the share of some curves' readings that is covered; None without a reading."""
    inside = covered[rows][known[rows]]
    return float(inside.mean()) if len(inside) else None
