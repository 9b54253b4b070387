"""Scores of the held-out rows by study, beside two models that know nothing of products.

"No effect" says that every ratio is 1 and every difference 0; of a fraction it says nothing, so it
is scored on fewer rows and the simulator on the same ones beside it. "Dose curve" knows the
published curve on intake alone. Both are given the simulator's own interval, moved to their value.
Everything is scored as the logarithm of predicted over published, clipped to tenfold: the absolute
error, the share within 1.25-fold and 2-fold, and the interval score of Winkler at 90 %, which is
the width plus a penalty for what lies outside. Rows of a study are averaged, then studies.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import numpy as np
from attrs import frozen

from models.panel.contrasts import Role
from models.panel.experiment import Statistic
from models.panel.prediction import CLIPPED, Prediction

MISS_SHARE = 0.10
"""Share that a 90 % interval may miss, [-]."""

FOLDS = (1.25, 2.0)
"""Folds within which a prediction counts, [-]."""


class Model(StrEnum):
    """Who predicts."""

    SIMULATOR = "simulator"
    NO_EFFECT = "no effect"
    DOSE_CURVE = "dose curve"


@frozen(kw_only=True)
class Score:
    """How one model did on the rows of a study, or on all studies."""

    study: str
    """Study, or `ALL_STUDIES`."""

    model: Model
    """Who predicted."""

    rows: tuple[str, ...]
    """Rows that were scored."""

    log_error: float
    """Mean absolute log ratio, [-]."""

    interval_score: float
    """Mean interval score on the scale of logarithms; less is better, [-]."""

    within: tuple[float, ...]
    """Share within each of `FOLDS`, [-]."""

    @property
    def fold_error(self) -> float:
        """Geometric mean fold error, [-]."""
        return float(np.exp(self.log_error))


ALL_STUDIES = "all studies"


@frozen(kw_only=True)
class _Scored:
    """One row as a model has it: logarithms over what was published."""

    study: str
    row: str
    at: float
    low: float
    high: float


def interval_score(low: float, high: float, observed: float) -> float:
    """Return the interval score of Winkler at 90 %.

    Parameters
    ----------
    low, high : float
        Ends of the interval, in one unit, [-].
    observed : float
        What was seen, in the same unit, [-].

    Returns
    -------
    float
        Width, and twenty times what lies outside, [-].

    Examples
    --------
    >>> interval_score(0.0, 1.0, 0.5), interval_score(0.0, 1.0, 1.5)
    (1.0, 11.0)
    """
    outside = max(low - observed, 0.0) + max(observed - high, 0.0)
    return high - low + 2 / MISS_SHARE * outside


def scores(predictions: Iterable[Prediction]) -> list[Score]:
    """Score the held-out rows that could be computed.

    Parameters
    ----------
    predictions : iterable of Prediction
        Predictions of any roles, [-].

    Returns
    -------
    list of Score
        For each model, its studies and then all of them; where "no effect" covers fewer rows, the
        simulator comes once more on those, [-].
    """
    held_out = [p for p in predictions if _counts(p)]
    found = []
    for model in Model:
        rows = [s for p in held_out if (s := _scored(p, model)) is not None]
        found += _by_study(rows, model)
    return found


def common_score(predictions: Iterable[Prediction], model: Model) -> Score | None:
    """Return the simulator's score on the rows that another model covers.

    Parameters
    ----------
    predictions : iterable of Prediction
        Predictions of any roles, [-].
    model : Model
        The other model, [-].

    Returns
    -------
    Score or None
        Over all studies; None where it covers none, [-].
    """
    both = [p for p in predictions if _counts(p) and _value(p, model) is not None]
    rows = [s for p in both if (s := _scored(p, Model.SIMULATOR)) is not None]
    return _by_study(rows, Model.SIMULATOR)[-1] if rows else None


def _counts(p: Prediction) -> bool:
    return p.contrast.role is Role.HELD_OUT and p.is_computable and not p.contrast.is_bound


def _value(p: Prediction, model: Model) -> float | None:
    """Return what a model says of a row; None where it says nothing."""
    assert p.experiment is not None
    if model is Model.SIMULATOR:
        return p.value
    if model is Model.DOSE_CURVE:
        return p.experiment.dose_curve
    return {Statistic.RATIO: 1.0, Statistic.DIFFERENCE: 0.0}.get(p.experiment.statistic)


def _scored(p: Prediction, model: Model) -> _Scored | None:
    value = _value(p, model)
    if value is None:
        return None
    assert p.value is not None
    assert p.lo is not None
    assert p.hi is not None
    observed = p.contrast.observed
    centre, low, high = (_log_ratio(x, observed) for x in (p.value, p.lo, p.hi))
    at = _log_ratio(value, observed)
    return _Scored(
        study=p.contrast.study,
        row=p.contrast.id,
        at=at,
        low=at - (centre - low),
        high=at + (high - centre),
    )


def _log_ratio(value: float, observed: float) -> float:
    """Return the logarithm of a ratio, between tenfold less and tenfold more."""
    most = float(np.log(CLIPPED))
    if value / observed <= 0:
        return -most
    return float(np.clip(np.log(value / observed), -most, most))


def _by_study(rows: Sequence[_Scored], model: Model) -> list[Score]:
    studies = list(dict.fromkeys(row.study for row in rows))
    found = [_score(study, model, [r for r in rows if r.study == study]) for study in studies]
    if not found:
        return []
    found.sort(key=lambda score: -score.log_error)
    whole = Score(
        study=ALL_STUDIES,
        model=model,
        rows=tuple(row.row for row in rows),
        log_error=_mean(s.log_error for s in found),
        interval_score=_mean(s.interval_score for s in found),
        within=tuple(_mean(s.within[k] for s in found) for k in range(len(FOLDS))),
    )
    return [*found, whole]


def _score(study: str, model: Model, rows: Sequence[_Scored]) -> Score:
    errors = [abs(row.at) for row in rows]
    return Score(
        study=study,
        model=model,
        rows=tuple(row.row for row in rows),
        log_error=_mean(errors),
        interval_score=_mean(interval_score(row.low, row.high, 0.0) for row in rows),
        within=tuple(_mean(float(e <= np.log(fold)) for e in errors) for fold in FOLDS),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
