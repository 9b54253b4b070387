"""Model cards: what a surrogate was made of, how it was judged, and what it is not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np

from formulation.targets import get_endpoint
from models.chain import CURVE_TIMES_H
from models.learning.applicability import FAR_PCT
from models.learning.selection import STANDARD_ERRORS
from models.surrogates.absorption_gap import AbsorptionGap
from models.surrogates.calibration import ENDPOINT_MODEL_ERROR
from models.surrogates.card_text import output_title
from models.surrogates.direct import FAMILIES, HELD, LAW, TRIED, DirectCurve
from models.surrogates.discrepancy import Discrepancy
from models.surrogates.drivers import drivers
from models.surrogates.emulator import SystemSurrogate
from models.surrogates.gaps import CURVE_MODEL_ERROR, MIN_MEASURED_GROUPS
from models.surrogates.scales import SCALES
from models.surrogates.table import ENDPOINT_KEYS, TrainingTable, code_fingerprint
from models.surrogates.validation import BY_FOLD, BY_GROUP, FOLD_ITERATIONS, N_FOLDS

TOLD_APART = (BY_FOLD, BY_GROUP, FAMILIES)
"""Members of metrics that stand elsewhere in the card."""

COVERAGE_OUTPUTS = ("curve", "absorbed_increment.p50")
"""Outputs whose coverage is told by fold."""


def make_card(
    key: str,
    table: TrainingTable,
    surrogate: SystemSurrogate,
    metrics: dict[str, Any],
    seed: int,
    measured_absorption: Sequence[AbsorptionGap] = (),
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
    measured_absorption : sequence of AbsorptionGap, optional
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
        "family": "Gaussian process, Matern 5/2, a length scale for each standardised feature; for"
        f" curves {_of_curves(surrogate)}",
        "scales": {name: scale.value for name, scale in SCALES.items()},
        "population": table.population.name,
        "subjects": table.population.size,
        "rows_by_origin": {"simulated": table.n_simulated, "measured": table.n_measured},
        "measured_groups": table.n_measured_groups,
        "data_sets": list(table.sources),
        "headline": headline(table),
        "families": families_card(metrics["curve"].get(FAMILIES), table.n_measured_groups),
        "against_law": against_law(table, surrogate.discrepancy, surrogate.direct),
        "discrepancy": discrepancy_card(surrogate.discrepancy),
        "protocol": f"{N_FOLDS} folds by formulation; a formulation never stands in two folds; each"
        f" fold's kernel goes {FOLD_ITERATIONS} steps of its own from that of the whole fit",
        "metrics": {
            key: {name: value for name, value in found.items() if name not in TOLD_APART}
            for key, found in metrics.items()
        },
        **coverage(metrics, surrogate.measured_names),
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
                table.feature_names,
                table.features.min(axis=0),
                table.features.max(axis=0),
                strict=True,
            )
        },
        "applicability": {
            "groups": len(surrogate.applicability.group_names),
            "median_distance": float(np.median(surrogate.applicability.own)),
            "far_distance": float(np.quantile(surrogate.applicability.own, FAR_PCT / 100)),
            "far_percentile": FAR_PCT,
        },
        "drivers": drivers(table, surrogate),
        **interface(table),
        "seed": seed,
        "code_sha256": code_fingerprint(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "skops")},
    }


def coverage(
    metrics: Mapping[str, Mapping[str, Any]], measured_names: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Return how often intervals held, by fold of the main outputs and by measured formulation.

    Parameters
    ----------
    metrics : mapping of str to mapping
        What cross-validation found, by output, [-].
    measured_names : mapping of str to str
        What people call each measured formulation, by the key of its design, [-].

    Returns
    -------
    dict
        Shares covered under ``coverage_by_split``, and of measured curves under
        ``coverage_by_group``, each by name; what has no reading is left out, [-].
    """
    by_fold = {
        f"{output_title(key)[0]}, fold {k + 1}": share
        for key in COVERAGE_OUTPUTS
        for k, share in enumerate(metrics[key][BY_FOLD])
    }
    called = Counter(measured_names.values())
    by_group = {
        name if called[name] == 1 else f"{name}, design {group[:8]}": share
        for group, share in metrics["curve"].get(BY_GROUP, {}).items()
        for name in [measured_names[group]]
    }
    parts = {"coverage_by_split": by_fold, "coverage_by_group": by_group}
    return {
        key: {name: share for name, share in found.items() if share is not None}
        for key, found in parts.items()
    }


def interface(table: TrainingTable) -> dict[str, Any]:
    """Return what goes in and comes out of a surrogate, one example, and the data behind it.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].

    Returns
    -------
    dict
        ``outputs`` with units, ``example`` (the first training design's features) and ``data``
        with a hash each, [-].
    """
    rows = (table.features[: table.n_simulated], table.curves[: table.n_simulated], table.endpoints)
    digest = sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in rows)).hexdigest()
    simulated = {"name": f"simulated {table.system}", "origin": "simulated", "digest": digest[:16]}
    measured = [
        {"name": name, "origin": "measured", "digest": digest}
        for name, _, digest in (source.partition("@") for source in table.sources)
    ]
    curve = [{"name": f"released_at_{time:g}_h", "unit": "1"} for time in CURVE_TIMES_H]
    return {
        "outputs": [
            *curve,
            *({"name": key, "unit": get_endpoint(key).unit} for key in ENDPOINT_KEYS),
        ],
        "example": {
            "design_key": table.groups[0],
            "features": dict(zip(table.feature_names, map(float, table.features[0]), strict=True)),
        },
        "data": [{**simulated, "rows": table.n_simulated}, *measured],
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


def discrepancy_card(discrepancy: Discrepancy) -> dict[str, Any]:
    """Return what the discrepancy found, as plain JSON.

    Parameters
    ----------
    discrepancy : Discrepancy
        What measured curves add to the law, [-].

    Returns
    -------
    dict
        Offset of all designs with its 90 % interval, and the sizes, as fractions of the label,
        [-].
    """
    offset, half = discrepancy.offset
    learnt = discrepancy.n_groups >= MIN_MEASURED_GROUPS
    return {
        "formulations": discrepancy.n_groups,
        "offset": offset,
        "offset_lo90": offset - half,
        "offset_hi90": offset + half,
        "shared_sd": discrepancy.sizes.shared,
        "own_sd": discrepancy.sizes.own,
        "length": discrepancy.sizes.length,
        "time_length": discrepancy.sizes.time_length,
        "level_length": discrepancy.sizes.level_length,
        "sizes_from": "marginal likelihood"
        if learnt
        else f"stated: {CURVE_MODEL_ERROR.note}; raised where the curves lie further out",
    }


def families_card(found: Mapping[str, Any] | None, n_groups: int) -> dict[str, Any]:
    """Return what was tried for whole curves, what is kept and why, as plain JSON.

    Parameters
    ----------
    found : mapping or None
        Errors of what was tried and the name of what is kept; None when nothing was, [-].
    n_groups : int
        Formulations measured, [-].

    Returns
    -------
    dict
        ``tried``, mean absolute error on formulations left out by name, as fraction of the label;
        ``kept``; ``note``, [-].
    """
    if found is None:
        note = (
            f"{LAW.capitalize()} was kept untried, since fewer than {MIN_MEASURED_GROUPS}"
            f" formulations were measured ({n_groups})."
        )
        return {"tried": {}, "kept": LAW, "note": note}
    note = (
        f"{LAW.capitalize()} is kept unless one family beats it by {STANDARD_ERRORS:g} standard"
        f" errors of the difference over formulations. Tried by default: {', '.join(TRIED)}; ten"
        " folds of the others take longer than a fit may. A model file can hold"
        f" {', '.join(HELD)}; anything else is shown and not kept."
    )
    if found["kept"] != LAW:
        note += (
            f" {found['kept']} answers for whole curves, with one half-width at each time for every"
            f" design; where early points are given, {LAW} goes on from them."
        )
    return {**found, "note": note}


def _of_curves(surrogate: SystemSurrogate) -> str:
    """Say what answers for release curves."""
    second = "a second one of measured less law, over designs and time"
    if surrogate.direct is None:
        return second
    return f"{surrogate.direct.family} of measured readings; where early points are given, {second}"


def against_law(
    table: TrainingTable, discrepancy: Discrepancy, direct: DirectCurve | None = None
) -> str:
    """Say how far a laboratory's curves lie from the release law, and what follows from it.

    Parameters
    ----------
    table : TrainingTable
        What was learnt from, [-].
    discrepancy : Discrepancy
        What its measured curves add to the law, [-].
    direct : DirectCurve, optional
        The family that answers for whole curves, if one does, [-].

    Returns
    -------
    str
        A sentence; empty without measured curves, [-].
    """
    if not table.n_measured:
        return ""
    points = 100 * table.above_law
    where = "above" if points > 0 else "below"
    lie = (
        f"{table.system}: the measured curves lie on average {abs(points):.0f} points {where} the"
        " release law of their recipes."
    )
    rest = "Absorbed amounts and the confirmation still follow the law."
    if direct is not None:
        return (
            f"{lie} The predicted curve of every design is that of {direct.family}, learnt from"
            f" {discrepancy.n_groups} formulations, which errs less than {LAW}. {rest}"
        )
    offset, half = (100 * part for part in discrepancy.offset)
    return (
        f"{lie} The predicted curve of every design moves by {offset:+.0f}"
        f" points for it ({offset - half:+.0f} to {offset + half:+.0f}, 90 %, from"
        f" {discrepancy.n_groups} formulations), of a design like the measured ones by what they"
        f" showed. {rest}"
    )
