"""Which parameters of the models rest on which rows of the panel.

A quantity rests on the rows that its note or its place in the source names; if it names none and
its source is a study of the panel, on that study's rows which the table gives to fits, else on all
of them. Chemistry of salts and modulators of patients are read from their tables, everything else
from the files of parameters.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module

from attrs import frozen

from formulation.modulators import modulators
from formulation.provenance import Quantity
from formulation.salts import salts
from models.panel.contrasts import contrasts

PARAMETER_FILES = (
    "models.absorption._parameters",
    "models.absorption.speciation._constants",
    "models.disposition._parameters",
    "models.disposition.kidney",
    "models.release._base",
    "models.release.matrix",
    "models.release.membrane",
    "models.release.tablet",
)
"""Files that hold the models' quantities."""

_ROW = re.compile(r"\bC\d\d\b")


@frozen(kw_only=True)
class Calibrated:
    """A parameter and the rows it rests on."""

    name: str
    """Where it is and what it is called."""

    quantity: Quantity
    """Its value, unit and source."""

    rows: tuple[str, ...]
    """Rows of the panel."""


@cache
def calibrated_parameters() -> tuple[Calibrated, ...]:
    """Return every parameter that rests on a study of the panel.

    Returns
    -------
    tuple of Calibrated
        In the order of the files, without repeats, [-].
    """
    found: dict[tuple[str, float, str], Calibrated] = {}
    for name, quantity in _quantities():
        if rows := _rows_of(quantity):
            # Files hand quantities on to one another under the same name.
            key = (name.rpartition(".")[2], quantity.value, quantity.source)
            found.setdefault(key, Calibrated(name=name, quantity=quantity, rows=rows))
    return tuple(found.values())


def _quantities() -> Iterator[tuple[str, Quantity]]:
    for file in PARAMETER_FILES:
        for name, value in vars(import_module(file)).items():
            yield from ((f"{file}.{path}", q) for path, q in _inside(name, value))
    for salt in salts().values():
        for name in ("solubility", "acid_demand", "osmoles"):
            yield from _inside(f"salts.{salt.key}_{name}", getattr(salt, name))
    for modulator in modulators():
        yield f"modulators.{modulator.name}", modulator.effect


def _inside(name: str, value: object) -> Iterator[tuple[str, Quantity]]:
    """Yield the quantities of a value: itself, or what a table of the file holds."""
    if isinstance(value, Quantity):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _inside(f"{name}[{key}]", part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for k, part in enumerate(value):
            yield from _inside(f"{name}[{k}]", part)


def _rows_of(quantity: Quantity) -> tuple[str, ...]:
    of_source = {c.id: c for c in contrasts().values() if c.source == quantity.source}
    named = _ROW.findall(f"{quantity.where} {quantity.note}")
    fitted = [row for row, c in of_source.items() if c.use in FITTED_USES]
    return tuple(row for row in contrasts() if row in named) or tuple(fitted or of_source)


FITTED_USES = ("kernel", "fit")
"""Words of the table for rows that a fit may see."""
