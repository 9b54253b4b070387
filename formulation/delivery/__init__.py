"""The delivery systems, listed in one explicit tuple."""

from formulation.delivery._base import (
    FORM,
    Component,
    DeliverySystem,
    Dimension,
    Form,
    Relation,
    Route,
    Selection,
    selection_text,
    some_of,
)
from formulation.delivery.immediate_release import IMMEDIATE_RELEASE
from formulation.delivery.lipid_nanoparticle import LIPID_NANOPARTICLE
from formulation.delivery.mucoadhesive_gel import MUCOADHESIVE_GEL
from formulation.delivery.timed_release import TIMED_RELEASE
from formulation.delivery.transdermal import TRANSDERMAL
from formulation.errors import UnknownNameError

__all__ = [
    "DELIVERY_SYSTEMS",
    "FORM",
    "Component",
    "DeliverySystem",
    "Dimension",
    "Form",
    "Relation",
    "Route",
    "Selection",
    "get_system",
    "selection_text",
    "some_of",
]

DELIVERY_SYSTEMS: tuple[DeliverySystem, ...] = (
    IMMEDIATE_RELEASE,
    TIMED_RELEASE,
    LIPID_NANOPARTICLE,
    MUCOADHESIVE_GEL,
    TRANSDERMAL,
)
"""Every delivery system of the product."""


def get_system(name: str) -> DeliverySystem:
    """Return the delivery system of that name.

    Parameters
    ----------
    name : str
        Name used in study files, [-].

    Returns
    -------
    DeliverySystem
        The system, [-].

    Raises
    ------
    UnknownNameError
        No system has that name; the message lists the nearest.
    """
    for system in DELIVERY_SYSTEMS:
        if system.name == name:
            return system
    raise UnknownNameError("Delivery system", name, (s.name for s in DELIVERY_SYSTEMS))
