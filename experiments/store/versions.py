"""Versions of what lies in files of its own: fitted models, and data sets of a laboratory."""

from typing import Any, Literal

from attrs import field, frozen, validators

from experiments.store._fields import json_object, storable, words

DatasetState = Literal["accepted", "retired"]

DATASET_STATES: tuple[DatasetState, ...] = ("accepted", "retired")


@frozen(kw_only=True)
class ModelRecord:
    """One version of a fitted model."""

    id: str
    """Uuid."""

    name: str
    """Name of the model."""

    sha256: str
    """Hash of its bytes; what is loaded must match it."""

    path: str
    """Where the bytes lie."""

    card: dict[str, Any] = field(converter=json_object)
    """What it was fitted on and how good it is."""

    created_utc: str
    """When it was stored, ISO-8601 in UTC."""


@frozen(kw_only=True)
class DatasetRecord:
    """One version of a laboratory's data set."""

    id: str
    """Uuid."""

    name: str
    """Name of the data set; several versions may share it."""

    sha256: str
    """Hash of its bytes; what is loaded must match it."""

    path: str
    """Where the bytes lie."""

    card: dict[str, Any] = field(converter=json_object)
    """Where it comes from, and what was found when it was checked."""

    created_utc: str
    """When it was first accepted, ISO-8601 in UTC."""

    state: DatasetState = field(validator=validators.in_(DATASET_STATES))
    """Whether models are still fitted on it."""

    systems: tuple[str, ...] = field(converter=words)
    """Delivery systems it holds; empty for a row of schema version 1, which did not say."""

    n_curves: int = field(validator=storable)
    """Release curves it holds; 0 for a row of schema version 1, which did not say."""

    updated_utc: str
    """When its state last changed, ISO-8601 in UTC."""
