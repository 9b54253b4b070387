"""The qualification as one document of plain values, misses first in every list."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from formulation.errors import UnknownNameError
from models.panel.calibrated import calibrated_parameters
from models.panel.contrasts import Role
from models.panel.controls import Shown, show_controls
from models.panel.experiment import Experiment
from models.panel.prediction import SUBJECTS, Moved, Prediction, Verdict, predict_panel, rows_of
from models.panel.refit import recalibrate
from models.panel.scoring import FOLDS, Model, Score, common_score, scores

SCHEMA, VERSION = "formulation/panel", 1
PARAMETERS_SCHEMA = "formulation/panel-parameters"

INTERVAL = (
    "90 %, for what a trial of the study's size would report: people drawn again from the simulated"
    " ones, noise of the measurement, and the assumptions about the study at the ends of their"
    " ranges, as squares; not the simulator's own error"
)

JUDGED = (
    "by the tolerance of the table; without one, by whether the interval, and 5 % beyond it, holds"
    " what was published"
)

_ORDER = (Verdict.OUTSIDE, Verdict.INSIDE, Verdict.NOT_COMPUTABLE)


def qualify(*, role: str | None = None, drop_role: str | None = None) -> dict[str, Any]:
    """Predict the panel, judge it and score it.

    Parameters
    ----------
    role : str, optional
        The only role wanted, [-].
    drop_role : str, optional
        A role that is left out; every other prediction stays the same, [-].

    Returns
    -------
    dict
        The document of ``formulation panel --json``, [-].

    Raises
    ------
    UnknownNameError
        There is no such role.
    """
    rows = rows_of(keep=_role(role), drop=_role(drop_role))
    predictions = predict_panel(rows)
    controls = show_controls(rows)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "rows": [_row(p) for p in sorted(predictions, key=_misses_first)],
        "controls": [_control(shown) for shown in sorted(controls, key=lambda s: s.passed)],
        "summary": _summary(predictions),
    }


def recalibrated(without: str) -> dict[str, Any]:
    """Refit the calibrated parameters without one row.

    Parameters
    ----------
    without : str
        Number of the row, [-].

    Returns
    -------
    dict
        The document of ``formulation panel --recalibrate --json``; what moved comes first, [-].

    Raises
    ------
    UnknownNameError
        The panel has no such row.
    """
    found = recalibrate(without)
    parameters = [
        {
            "name": p.name,
            "unit": p.unit,
            "rows": list(p.rows),
            "with_all": p.everything,
            "without": p.without,
            "moved": p.moved,
        }
        for p in sorted(found, key=lambda p: not p.moved)
    ]
    return {
        "schema": PARAMETERS_SCHEMA,
        "version": VERSION,
        "without": without,
        "parameters": parameters,
        "moved": sum(p.moved for p in found),
    }


def _role(name: str | None) -> Role | None:
    if name is None:
        return None
    if name not in set(Role):
        raise UnknownNameError("Role of the panel", name, [role.value for role in Role])
    return Role(name)


def _misses_first(p: Prediction) -> tuple[int, float, str]:
    return _ORDER.index(p.verdict), -p.worst_log(), p.contrast.id


def _row(p: Prediction) -> dict[str, Any]:
    c = p.contrast
    return {
        "id": c.id,
        "role": c.role.value,
        "study": c.study,
        "source": c.source,
        "title": c.title,
        "unit": c.unit,
        "use": c.use,
        "observed": c.observed,
        "observed_is_bound": c.is_bound,
        "predicted": p.value,
        "lo": p.lo,
        "hi": p.hi,
        "accept_lo": c.accept_lo,
        "accept_hi": c.accept_hi,
        "passed": p.passed,
        "verdict": p.verdict.value,
        "reason": p.reason,
        "note": c.note,
        "experiment": None if p.experiment is None else _experiment(p.experiment, p),
    }


def _experiment(e: Experiment, p: Prediction) -> dict[str, Any]:
    arms = [{"title": a, "mean": m} for a, m in zip(e.arms, p.arm_means, strict=True)]
    return {
        "statistic": e.statistic.value,
        "outcome": e.outcome,
        "arms": arms,
        "n_people": float(e.n_people),
        "n_people_basis": e.n_people.basis.value,
        "is_crossover": e.is_crossover,
        "noise": None if e.noise is None else float(e.noise),
        "noise_note": "" if e.noise is None else e.noise.note,
        "remark": e.remark,
        "assumptions": [_assumption(m) for m in p.moved],
    }


def _assumption(moved: Moved) -> dict[str, Any]:
    q = moved.quantity
    return {
        "name": moved.name,
        "value": q.value,
        "low": q.low,
        "high": q.high,
        "unit": q.unit,
        "note": q.note,
        "predicted_at_low": moved.at_low,
        "predicted_at_high": moved.at_high,
    }


def _control(shown: Shown) -> dict[str, Any]:
    c = shown.control
    return {
        "negative_control": c.row,
        "title": c.title,
        "must": c.must,
        "predicted": shown.value,
        "passed": shown.passed,
    }


def _summary(predictions: Sequence[Prediction]) -> dict[str, Any]:
    verdicts = Counter(p.verdict for p in predictions)
    roles = {
        role.value: Counter(p.verdict.value for p in predictions if p.contrast.role is role)
        for role in Role
    }
    common = common_score(predictions, Model.NO_EFFECT)
    return {
        "rows": len(predictions),
        "verdicts": {v.value: verdicts[v] for v in _ORDER},
        "by_role": {r: {v.value: n[v.value] for v in _ORDER} for r, n in roles.items() if n},
        "scores": [_score(s) for s in scores(predictions)],
        "simulator_on_the_rows_of_no_effect": None if common is None else _score(common),
        "folds": list(FOLDS),
        "subjects": SUBJECTS,
        "interval": INTERVAL,
        "judged": JUDGED,
        "calibrated": [
            {
                "name": c.name,
                "value": c.quantity.value,
                "unit": c.quantity.unit,
                "source": c.quantity.source,
                "rows": list(c.rows),
            }
            for c in calibrated_parameters()
        ],
    }


def _score(s: Score) -> dict[str, Any]:
    return {
        "study": s.study,
        "model": s.model.value,
        "rows": list(s.rows),
        "log_error": s.log_error,
        "fold_error": s.fold_error,
        "interval_score": s.interval_score,
        "within": list(s.within),
    }
