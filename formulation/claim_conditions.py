"""Whom and what a claim is about: people by one of their fields, products by what they are."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from typing_extensions import override

from formulation.arrays import FloatArray
from formulation.delivery import DELIVERY_SYSTEMS, FORM, Route, get_system
from formulation.design import Design
from formulation.errors import UnknownNameError
from formulation.patients import get_patient_field
from formulation.salts import salts


@frozen(kw_only=True)
class Condition:
    """Which subjects a claim is about.

    Raises
    ------
    InputError
        The threshold is not possible.
    UnknownNameError
        The field is not known.
    """

    field: str
    """Patient field."""

    is_below: bool
    """Whether it holds below the threshold; else above it."""

    threshold: float
    """Threshold, in the field's unit; the threshold itself does not meet it."""

    def __attrs_post_init__(self) -> None:
        get_patient_field(self.field).check(self.threshold, "threshold")

    def holds(self, values: Mapping[str, FloatArray]) -> NDArray[np.bool_]:
        """Return who meets it.

        Parameters
        ----------
        values : mapping of str to ndarray of shape (n_subjects,)
            Patient fields by name; a field that is left out has its default, [-].

        Returns
        -------
        ndarray of bool
            Shape (n_subjects,), or () when the field is left out, [-].
        """
        value = values.get(self.field, np.array(get_patient_field(self.field).default.value))
        return np.asarray(value < self.threshold if self.is_below else value > self.threshold)

    @override
    def __str__(self) -> str:
        unit = get_patient_field(self.field).default.unit
        side = "below" if self.is_below else "above"
        return f"{self.field} is {side} {self.threshold:g}{'' if unit == '1' else f' {unit}'}"


@frozen(kw_only=True)
class ProductCondition:
    """Which products a claim is about.

    Raises
    ------
    UnknownNameError
        There is no such property of a product, or it never has such a value.
    """

    field: str
    """``salt``, ``system``, ``form`` or ``route``."""

    values: tuple[str, ...]
    """Values of which the product has one; of a mixture one salt is enough."""

    def __attrs_post_init__(self) -> None:
        known = _product_values()
        if self.field not in known:
            raise UnknownNameError("Property of a product", self.field, known)
        for value in self.values:
            if value not in known[self.field]:
                what = f"{self.field.capitalize()} of a claim"
                raise UnknownNameError(what, value, known[self.field])

    def holds(self, design: Design) -> bool:
        """Tell whether a product meets it.

        Parameters
        ----------
        design : Design
            Any design of a known system, [-].

        Returns
        -------
        bool
            Whether the claim is about it, [-].
        """
        form = str(design.process[FORM])
        has = {
            "salt": {part.salt for part in design.parts},
            "system": {design.system},
            "form": {form},
            "route": {get_system(design.system).form(form).route.value},
        }
        return bool(has[self.field] & set(self.values))

    @override
    def __str__(self) -> str:
        return f"{self.field} {' or '.join(self.values)}"


@cache
def _product_values() -> dict[str, tuple[str, ...]]:
    """Return what a product may have, by property."""
    return {
        "salt": tuple(salts()),
        "system": tuple(system.name for system in DELIVERY_SYSTEMS),
        "form": tuple(form.name for system in DELIVERY_SYSTEMS for form in system.forms),
        "route": tuple(route.value for route in Route),
    }
