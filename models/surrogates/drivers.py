"""What drives the predictions of a surrogate: absorbed increment, release at 2 h and at 8 h.

Importance is what the surrogate's predictions of the training designs lose when the features of
one question (which salts, which filler and how much) change places between designs. Release
follows from the recipe; what is absorbed, from what the body sees of a product. It speaks of the
surrogate over the study's whole space, not of one design; where a family that learnt measured
curves alone answers for release, of the measured formulations. Partial dependence follows the most
important question that is a single number.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from formulation.arrays import FloatArray
from formulation.feature_words import BODY, feature_words
from formulation.targets import BENCH_TIMES_H, get_endpoint
from models.chain import CURVE_TIMES_H
from models.learning.dependence import INNER, partial_dependence
from models.learning.explanation import Importance, permutation_importance
from models.surrogates.emulator import Prediction, SystemSurrogate
from models.surrogates.law_features import body_columns
from models.surrogates.table import ENDPOINT_KEYS, TrainingTable

ABSORBED = "absorbed_increment.p50"
RELEASED = ("released_2h", "released_8h")
N_REPEATS = 3
"""Times that designs change places for each question, [-]."""

N_POINTS = 11
"""Values at which a partial dependence is told, [-]."""

PROTOCOL = (
    "permutation by formulation: increase of the mean absolute error on the training designs when"
    " the features of a question change places between designs; mean and standard deviation of"
    f" {N_REPEATS} repeats"
)


def drivers(table: TrainingTable, surrogate: SystemSurrogate) -> dict[str, Any]:
    """Return what drives the predictions of a surrogate, as it stands in its card.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].
    surrogate : SystemSurrogate
        What was fitted, [-].

    Returns
    -------
    dict
        Protocol, the features of each question, and for each output importance and partial
        dependence, JSON-able, [-].
    """
    questions = questions_of(table.system, table.feature_names)
    body = body_columns(table.feature_names)
    moving = {
        question: columns
        for question, columns in questions.items()
        if np.ptp(table.features[:, columns], axis=0).any()
    }
    met = {question: columns for question, columns in moving.items() if body[columns[0]]}
    made = {question: columns for question, columns in moving.items() if not body[columns[0]]}
    simulated = slice(0, table.n_simulated)
    learnt = slice(0 if surrogate.direct is None else table.n_simulated, None)
    endpoints_alone = evolve(surrogate, direct=None)
    absorbed = permutation_importance(
        lambda x: _predicted(endpoints_alone, x).endpoints[:, ENDPOINT_KEYS.index(ABSORBED)],
        table.features[simulated],
        table.endpoints[:, ENDPOINT_KEYS.index(ABSORBED)],
        table.groups[simulated],
        parts=met,
        unit=get_endpoint(ABSORBED).unit,
        n_repeats=N_REPEATS,
    )
    released = permutation_importance(
        lambda x: _released(surrogate.predict(x).curve),
        table.features[learnt],
        _released(table.curves[learnt]),
        table.groups[learnt],
        parts=made,
        unit=get_endpoint(RELEASED[0]).unit,
        n_repeats=N_REPEATS,
    )
    found = {
        ABSORBED: (endpoints_alone, slice(None), absorbed, 0),
        **{key: (surrogate, learnt, released, k) for k, key in enumerate(RELEASED)},
    }
    return {
        "protocol": PROTOCOL,
        "questions": {
            question: [feature_words(table.system, table.feature_names[c]).text for c in columns]
            for question, columns in moving.items()
        },
        "outputs": {
            key: {
                "unit": importance.unit,
                "error": float(importance.error[k]),
                "formulations": importance.n_groups,
                "importance": importance.of_output(k),
                "dependence": _dependence(table, asked, rows, key, importance, k, moving),
            }
            for key, (asked, rows, importance, k) in found.items()
        },
    }


def questions_of(system: str, names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return which features answer one question together.

    Parameters
    ----------
    system : str
        Delivery system, [-].
    names : tuple of str
        Features in the surrogate's order, [-].

    Returns
    -------
    dict of str to list of int
        Positions by question, [-].
    """
    found: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        found.setdefault(feature_words(system, name).question, []).append(position)
    return found


def _predicted(surrogate: SystemSurrogate, features: FloatArray) -> Prediction:
    """Predict with the dose of an intake following from that of a day."""
    names = surrogate.feature_names
    day, intake, times = (
        names.index(f"{BODY}{name}")
        for name in ("log_mmol_per_day", "log_mmol_per_intake", "intakes_per_day")
    )
    moved = features.copy()
    moved[:, intake] = moved[:, day] - np.log(moved[:, times])
    return surrogate.predict(moved)


def _released(curves: FloatArray) -> FloatArray:
    """Return what is released at 2 h and at 8 h, [% of label]."""
    times = [BENCH_TIMES_H[key] for key in RELEASED]
    return np.array([100 * np.interp(times, CURVE_TIMES_H, curve) for curve in curves])


def _dependence(
    table: TrainingTable,
    surrogate: SystemSurrogate,
    rows: slice,
    key: str,
    importance: Importance,
    k: int,
    parts: Mapping[str, list[int]],
) -> dict[str, Any] | None:
    """Follow the most important question that is one number; None where there is none."""
    features = table.features[rows]
    column = next(
        (
            parts[row["part"]][0]
            for row in importance.of_output(k)
            if len(parts[row["part"]]) == 1
            and np.ptp(np.quantile(features[:, parts[row["part"]][0]], INNER)) > 0
        ),
        None,
    )
    if column is None:
        return None
    words = feature_words(table.system, table.feature_names[column])

    def told(asked: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value and ends of one output, as the search sees them."""
        found = _predicted(surrogate, asked)
        if key == ABSORBED:
            j = ENDPOINT_KEYS.index(key)
            return found.endpoints[:, j], found.endpoints_lo90[:, j], found.endpoints_hi90[:, j]
        curves = (found.curve, found.curve_lo90, found.curve_hi90)
        value, low, high = (_released(curve)[:, RELEASED.index(key)] for curve in curves)
        return value, low, high

    found = partial_dependence(
        lambda x: told(x)[0],
        features,
        column,
        interval=lambda x: told(x)[1:],
        unit=words.unit,
        target_unit=importance.unit,
        n_points=N_POINTS,
    )
    return {**found.as_dict(), "feature": words.title}
