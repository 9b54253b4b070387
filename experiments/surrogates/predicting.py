"""What a kept surrogate foretells of one product, whole or from its first readings on."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from experiments.config.product import Product
from experiments.config.quantities import parse_quantity
from experiments.store import ModelRecord, Store
from experiments.surrogates.versions import find_model, identity
from experiments.workspace import Workspace
from formulation.errors import InputError
from models.chain import CURVE_TIMES_H
from models.surrogates.card_text import output_title
from models.surrogates.discrepancy import Early
from models.surrogates.emulator import Prediction
from models.surrogates.persistence import load
from models.surrogates.table import ENDPOINT_KEYS, feature_row

EARLY_HINT = "Write time and share of the label, a comma between readings: '1 h 12 %, 2 h 21 %'."


@frozen(kw_only=True, eq=False)
class Foretold:
    """What a surrogate says of a product."""

    product: Product
    """What was made."""

    record: ModelRecord
    """Version that was asked."""

    prediction: Prediction
    """Of one design."""

    early: Early | None
    """First readings that the curve follows from: times [h] and fractions [-]."""

    outside: tuple[str, ...]
    """In what the product lies outside the training data; none inside."""

    measured_groups: int
    """Measured formulations that the curve rests on, [-]."""

    family: str = ""
    """Family of learners that answers for whole curves; empty where the release law does."""


def foretell(
    product: Product, workspace: Workspace, *, model: str | None = None, early: str | None = None
) -> Foretold:
    """Ask a kept surrogate for the release curve and the endpoints of a product.

    Parameters
    ----------
    product : Product
        What was made, [-].
    workspace : Workspace
        Where surrogates are kept, [-].
    model : str, optional
        Name, system or start of the checksum; the system of the product when absent, [-].
    early : str, optional
        First readings of this product, such as ``"1 h 12 %, 2 h 21 %"``, [-].

    Returns
    -------
    Foretold
        Means and 90 % intervals, [-].

    Raises
    ------
    UnknownNameError, InputError
        No version is meant, or it is of another system; a reading is none.
    DataError
        The model file is lost, damaged or foreign.
    """
    system = product.design.system
    readings = None if early is None else read_early(early)
    with Store.open(workspace.store_place, create=False) as store:
        record = find_model(store.models(), system if model is None else model)
    if record.card["system"] != system:
        raise InputError(
            f"Product {product.name!r} is of {system}, model {record.name!r} of"
            f" {record.card['system']}.",
            hint=f"Name a model of {system}; `formulation models ls` lists them.",
        )
    surrogate = load(Path(record.path), record.sha256)
    row = feature_row(product.design)
    features = np.array([[row[name] for name in surrogate.feature_names]])
    return Foretold(
        product=product,
        record=record,
        prediction=surrogate.predict(features, readings),
        early=readings,
        outside=surrogate.extrapolations(features[0]),
        measured_groups=surrogate.discrepancy.n_groups,
        family=surrogate.direct.family if surrogate.direct is not None else "",
    )


def read_early(text: str) -> Early:
    """Return the readings of a text.

    Parameters
    ----------
    text : str
        Time and share of the label of each, a comma between them, [-].

    Returns
    -------
    tuple of ndarray of shape (n_early,)
        Times [h], rising, and fractions released [-].

    Raises
    ------
    InputError
        A reading is no time with a share, or times do not rise.
    """
    times, shares = [], []
    for part in text.split(","):
        words = part.split()
        # "1 h 12 %", "1 h 12%" and "1h 0.12" alike: the share follows the unit of time.
        cut = 1 if words and words[0][-1:].isalpha() else 2
        try:
            times.append(parse_quantity(" ".join(words[:cut]), "h"))
            shares.append(parse_quantity(" ".join(words[cut:]), "1"))
        except InputError as error:
            message = error.problems[0].message
            raise InputError(f"--early {part.strip()!r}: {message}", hint=EARLY_HINT) from None
    if any(b <= a for a, b in pairwise(times)):
        raise InputError(f"--early {text!r}: times must rise.", hint=EARLY_HINT)
    return np.array(times), np.array(shares)


def foretold_dict(found: Foretold) -> dict[str, Any]:
    """Return what was foretold as plain values.

    Parameters
    ----------
    found : Foretold
        What a surrogate said, [-].

    Returns
    -------
    dict
        Model, curve (fraction of the label over hours), endpoints with units, and limits, [-].
    """
    of = found.prediction
    early = found.early
    return {
        "product": found.product.name,
        "model": identity(found.record),
        "population": found.record.card["population"],
        "origin": "predicted",
        "rests_on": _rests_on(found),
        "early": None
        if early is None
        else {"time_h": early[0].tolist(), "fraction": early[1].tolist()},
        "curve": {
            "time_h": CURVE_TIMES_H.tolist(),
            "unit": "fraction of the label",
            "value": of.curve[0].tolist(),
            "lo90": of.curve_lo90[0].tolist(),
            "hi90": of.curve_hi90[0].tolist(),
        },
        "endpoints_follow": "the recipe; first readings do not move them",
        "endpoints": [_endpoint(of, k, key) for k, key in enumerate(ENDPOINT_KEYS)],
        "outside_training_data": list(found.outside),
    }


def _endpoint(of: Prediction, k: int, key: str) -> Mapping[str, Any]:
    title, unit = output_title(key)
    return {
        "key": key,
        "title": title,
        "unit": unit,
        "value": float(of.endpoints[0, k]),
        "lo90": float(of.endpoints_lo90[0, k]),
        "hi90": float(of.endpoints_hi90[0, k]),
    }


def _rests_on(found: Foretold) -> str:
    n = found.measured_groups
    others = f"{n} measured formulation{'s' if n != 1 else ''}" if n else "no laboratory rows"
    if found.family and found.early is None:
        return f"a {found.family.replace('_', ' ')} model of {others} alone, not the release law"
    base = f"the release law; {others}"
    return base if found.early is None else f"its own first readings and {base} besides"
