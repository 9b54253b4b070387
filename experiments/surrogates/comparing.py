"""Two versions of a surrogate side by side: rows, data, errors, and what changed between them."""

from collections.abc import Mapping
from typing import Any

from experiments.store import Store
from experiments.surrogates.versions import SHORT, find_model, identity
from experiments.workspace import Workspace
from formulation.errors import InputError
from models.surrogates.card_text import output_title

PARTS = {
    "population": "population",
    "subjects": "subjects",
    "rows": "rows_by_origin",
    "formulations measured": "measured_groups",
    "data": "data",
    "family": "family",
    "protocol": "protocol",
    "intervals": "intervals",
    "model error": "model_error",
    "ranges of features": "features",
    "code of domain and models": "code_sha256",
    "versions of libraries": "versions",
    "seed": "seed",
}
"""What a version was made of, in words, and where its card says so."""


def compare_models(first: str, second: str, workspace: Workspace) -> dict[str, Any]:
    """Compare two versions of the surrogate of one system.

    Parameters
    ----------
    first, second : str
        Name, system or start of the checksum, [-].
    workspace : Workspace
        Where they are kept, [-].

    Returns
    -------
    dict
        Both versions, what differs in what they were made of, and their errors by output, [-].

    Raises
    ------
    InputError
        They are of unlike systems, or one and the same.
    """
    with Store.open(workspace.store_place, create=False) as store:
        records = store.models()
    a, b = find_model(records, first), find_model(records, second)
    if a.id == b.id:
        raise InputError(
            f"{first!r} and {second!r} are the same version, {a.name} {a.sha256[:SHORT]}.",
            hint="Name two by their checksums; `formulation models ls` lists them.",
        )
    if a.card["system"] != b.card["system"]:
        raise InputError(
            f"{a.name} is of {a.card['system']}, {b.name} of {b.card['system']}; their errors are"
            " of different designs and cannot be compared.",
            hint="Name two versions of one system.",
        )
    return {
        "system": a.card["system"],
        "a": {**identity(a), "rows_by_origin": a.card["rows_by_origin"]},
        "b": {**identity(b), "rows_by_origin": b.card["rows_by_origin"]},
        "changed": _changes(a.card, b.card),
        "metrics": _side_by_side(a.card, b.card),
        "notice": _notice(a.card, b.card),
    }


def _changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what differs in what two versions were made of, one line a part."""
    return [
        {"what": what, "a": a.get(key), "b": b.get(key)}
        for what, key in PARTS.items()
        if a.get(key) != b.get(key)
    ]


def _side_by_side(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    outputs = list(dict.fromkeys([*a["metrics"], *b["metrics"]]))
    found = []
    for output in outputs:
        title, unit = output_title(output)
        found.append(
            {
                "output": output,
                "title": title,
                "unit": unit,
                "a": a["metrics"].get(output),
                "b": b["metrics"].get(output),
            }
        )
    return found


def _notice(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """Say how far two tables of errors may be read beside each other."""
    if a["population"] != b["population"]:
        return (
            f"One is of {a['population']}, the other of {b['population']}: endpoints of different"
            " people; only the release curves are of the same thing."
        )
    if a.get("data") != b.get("data") or a["rows_by_origin"] != b["rows_by_origin"]:
        return (
            "Each was judged on its own rows, held out by formulation; since the rows differ, a"
            " small difference of errors may come from them alone."
        )
    return "Both were judged on the same rows, held out by formulation."
