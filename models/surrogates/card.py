"""Model cards: what a surrogate was made of, how it was judged, and what it is not."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from models.surrogates.discrepancy import Discrepancy
from models.surrogates.emulator import (
    CURVE_MODEL_ERROR,
    ENDPOINT_MODEL_ERROR,
    MIN_MEASURED_GROUPS,
    SystemSurrogate,
)
from models.surrogates.scales import SCALES
from models.surrogates.table import TrainingTable, code_fingerprint
from models.surrogates.validation import FOLD_ITERATIONS, N_FOLDS


def make_card(
    key: str,
    table: TrainingTable,
    surrogate: SystemSurrogate,
    metrics: dict[str, Any],
    seed: int,
    measured_absorption: Sequence[Discrepancy] = (),
) -> dict[str, Any]:
    """Return the card of a fit as plain JSON.

    Parameters
    ----------
    key : str
        Content key of the training run, [-].
    table : TrainingTable
        What was learnt from, [-].
    surrogate : SystemSurrogate
        What was fitted, [-].
    metrics : dict
        What cross-validation found, by output, [-].
    seed : int
        Seed of the design set, [-].
    measured_absorption : sequence of Discrepancy, optional
        How far measured absorption lies from simulated, [-].

    Returns
    -------
    dict
        The card, [-].
    """
    calibration = surrogate.calibration
    return {
        "schema": "formulation/model-card",
        "version": 1,
        "key": key,
        "system": table.system,
        "family": "Gaussian process, Matern 5/2, a length scale for each standardised feature",
        "scales": {name: scale.value for name, scale in SCALES.items()},
        "population": table.population.name,
        "subjects": table.population.size,
        "rows_by_origin": {"simulated": table.n_simulated, "measured": table.n_measured},
        "measured_groups": table.n_measured_groups,
        "data_sets": list(table.sources),
        "headline": headline(table),
        "against_law": against_law(table),
        "protocol": f"{N_FOLDS} folds by formulation; a formulation never stands in two folds; each"
        f" fold's kernel goes {FOLD_ITERATIONS} steps of its own from that of the whole fit",
        "metrics": metrics,
        "intervals": {
            "curve": calibration.curve_kind,
            "endpoints": calibration.endpoint_kind,
            "measured_groups_needed": MIN_MEASURED_GROUPS,
        },
        "model_error": {
            "curve": calibration.curve_model_error,
            **{name: float(quantity) for name, quantity in ENDPOINT_MODEL_ERROR.items()},
        },
        "model_error_basis": {
            "curve": CURVE_MODEL_ERROR.note,
            **{name: quantity.note for name, quantity in ENDPOINT_MODEL_ERROR.items()},
        },
        "measured_absorption": [found.as_dict() for found in measured_absorption],
        "features": {
            name: [float(low), float(high)]
            for name, low, high in zip(
                table.feature_names, surrogate.low, surrogate.high, strict=True
            )
        },
        "seed": seed,
        "code_sha256": code_fingerprint(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "skops")},
    }


def headline(table: TrainingTable) -> str:
    """Say in one line what the surrogate of a system rests on.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].

    Returns
    -------
    str
        A sentence without full stop, [-].
    """
    if not table.n_measured:
        return "emulator, no laboratory data"
    return (
        f"{table.n_measured} measured curves of {table.n_measured_groups} formulations beside"
        f" {table.n_simulated} simulated ones"
    )


def against_law(table: TrainingTable) -> str:
    """Say how far a laboratory's curves lie from the release law.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].

    Returns
    -------
    str
        A sentence; empty without measured curves, [-].
    """
    if not table.n_measured:
        return ""
    points = 100 * table.above_law
    where = "above" if points > 0 else "below"
    return (
        f"{table.system}: the measured curves lie on average {abs(points):.0f} points {where} the"
        " release law of their recipes. Designs unlike the measured ones still follow the law, and"
        " so do absorbed amounts and the confirmation."
    )
