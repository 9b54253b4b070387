"""Versions of surrogates as the store keeps them: found, listed, shown.

A version is meant by its name (the newest of that name), its system where one population has it, or
the start of its checksum.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from experiments.reports.files import write_file
from experiments.store import ModelRecord, Store
from experiments.workspace import Workspace
from formulation.errors import DataError, InputError, UnknownNameError
from models.keeping.files import MODEL_FILE, read_model_bytes
from models.surrogates.card_text import card_markdown, output_title

SHORT = 12
"""Digits of a checksum that people are shown, [-]."""

LEAST = 6
"""Digits of a checksum that mean a version, [-]."""

CARD_MARK = b"\n## Not for\n"
"""By which a card is known among Markdown files."""

HEADLINE_OUTPUT = "absorbed_increment.p50"
"""Output whose error stands for a version in a list."""


def list_models(workspace: Workspace) -> list[dict[str, Any]]:
    """Return one line for each version of a surrogate, oldest first.

    Parameters
    ----------
    workspace : Workspace
        Where they are kept, [-].

    Returns
    -------
    list of dict
        Name, checksum, time, rows by origin, headline error and coverage, state of the file and
        the studies that used it; none without a store, [-].
    """
    if not workspace.has_store:
        return []
    with Store.open(workspace.store_place, create=False) as store:
        used = _used_by(store)
        return [
            {
                **identity(record),
                "system": record.card["system"],
                "population": record.card["population"],
                "rows_by_origin": record.card["rows_by_origin"],
                "headline": headline(record.card),
                "file": file_state(record),
                "registry": used.get(record.id, {}).get("registry"),
                "studies": used.get(record.id, {}).get("studies", []),
            }
            for record in store.models()
        ]


def show_model(ref: str, workspace: Workspace) -> dict[str, Any]:
    """Return a version with its card.

    Parameters
    ----------
    ref : str
        Name, system or start of the checksum, [-].
    workspace : Workspace
        Where it is kept, [-].

    Returns
    -------
    dict
        Name, checksum, time, state of the file, studies and card, [-].

    Raises
    ------
    UnknownNameError
        No version is meant; the message lists the nearest names.
    InputError
        Several are meant.
    """
    with Store.open(workspace.store_place, create=False) as store:
        record = find_model(store.models(), ref)
        used = _used_by(store).get(record.id, {})
        return {
            **identity(record),
            "file": file_state(record),
            "path": record.path,
            "registry": used.get("registry"),
            "studies": used.get("studies", []),
            "card": record.card,
        }


def model_markdown(shown: Mapping[str, Any]) -> str:
    """Return the card of a version for people.

    Parameters
    ----------
    shown : mapping
        What `show_model` returned, [-].

    Returns
    -------
    str
        Markdown, [-].
    """
    return card_markdown(
        shown["card"],
        name=shown["name"],
        sha256=shown["sha256"],
        created_utc=shown["created_utc"],
    )


def write_card(shown: Mapping[str, Any], path: Path) -> Path:
    """Write the card of a version as Markdown; of older files only a card is replaced.

    Parameters
    ----------
    shown : mapping
        What `show_model` returned, [-].
    path : Path
        File to write, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        It cannot be written, or would replace something else.
    """
    if path.is_file() and not path.is_symlink():
        older = path.read_bytes()
        if older.startswith(b"# ") and CARD_MARK in older:
            path.unlink()
    return write_file(path, model_markdown(shown), "Card", "--output")


def find_model(records: Sequence[ModelRecord], ref: str) -> ModelRecord:
    """Return the version that a person or a program means.

    Parameters
    ----------
    records : sequence of ModelRecord
        All versions, oldest first, [-].
    ref : str
        Name (the newest of it), system where one population has it, or at least six digits of the
        start of the checksum; ``name@checksum`` too, [-].

    Returns
    -------
    ModelRecord
        The version, [-].

    Raises
    ------
    UnknownNameError
        No version is meant.
    InputError
        Several are meant.
    """
    wanted = ref.strip()
    named = [r for r in records if r.name == wanted]
    if named:
        return named[-1]
    of_system = [r for r in records if r.card["system"] == wanted]
    if of_system:
        _refuse_several(ref, {r.name for r in of_system})
        return of_system[-1]
    name, _, digits = wanted.rpartition("@")
    start = digits.casefold()
    if len(start) >= LEAST:
        hits = [r for r in records if r.sha256.startswith(start) and name in ("", r.name)]
        _refuse_several(ref, {f"{r.name}@{r.sha256[:SHORT]}" for r in hits})
        if hits:
            return hits[-1]
    raise UnknownNameError("Model", ref, {r.name for r in records})


def file_state(record: ModelRecord) -> str:
    """Return whether the file of a version can be loaded.

    Parameters
    ----------
    record : ModelRecord
        The version, [-].

    Returns
    -------
    str
        ``there``, ``missing`` or ``changed``, [-].
    """
    path = Path(record.path) / MODEL_FILE
    if not path.exists() and not path.is_symlink():
        return "missing"
    try:
        content = read_model_bytes(path)
    except DataError:
        return "changed"
    return "there" if sha256(content).hexdigest() == record.sha256 else "changed"


def headline(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error that stands for a version: of its curve, and of one endpoint.

    Parameters
    ----------
    card : mapping
        Its card, [-].

    Returns
    -------
    dict
        MAE of the curve (fraction of the label), MAE and unit of the endpoint, coverage of both,
        and what it rests on; None where a card has none, [-].
    """
    curve = card["metrics"].get("curve", {})
    endpoint = card["metrics"].get(HEADLINE_OUTPUT, {})
    return {
        "rests_on": card["headline"],
        "curve_mae": curve.get("mae"),
        "curve_coverage90": curve.get("coverage90"),
        "output": HEADLINE_OUTPUT,
        "unit": output_title(HEADLINE_OUTPUT)[1],
        "mae": endpoint.get("mae"),
        "coverage90": endpoint.get("coverage90"),
    }


def identity(record: ModelRecord) -> dict[str, str]:
    """Return what names a version in every document.

    Parameters
    ----------
    record : ModelRecord
        The version, [-].

    Returns
    -------
    dict of str to str
        Uuid, name, checksum and time, [-].
    """
    return {
        "id": record.id,
        "name": record.name,
        "sha256": record.sha256,
        "created_utc": record.created_utc,
    }


def _refuse_several(ref: str, meant: set[str]) -> None:
    if len(meant) > 1:
        raise InputError(
            f"Model {ref!r} may be {', '.join(sorted(meant))}.", hint="Name one of them in full."
        )


def _used_by(store: Store) -> dict[str, dict[str, Any]]:
    """Return by version which studies used it, and where it is registered."""
    found: dict[str, dict[str, Any]] = {}
    for study in store.studies():
        for model in study.info.get("models", []):
            entry = found.setdefault(model["id"], {"studies": [], "registry": None})
            entry["studies"].append(study.label)
            entry["registry"] = model.get("registry") or entry["registry"]
    return found
