"""Osmoles beside magnesium that stay in the bowel: of the product, and of what people take anyway.

A counter-ion or an excipient that is neither taken up nor fermented holds water like magnesium
does. The table says how much of each is left; an ion goes with the magnesium of its salt, whether
that dissolves or not. A product on the skin leaves nothing in the bowel. An osmotic agent that
people state, or that a claim switches on, counts in full. Loose stools alone read these osmoles:
that an agent also hurries the colon moves magnesium, not them, and the solutes of a product do not
hurry it here. What belongs to magnesium itself is counted by `formulation.tolerance`.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.claims import Claim
from formulation.data import TABLES, find_table, read_rows
from formulation.delivery import FORM, Route, get_system
from formulation.design import Design
from formulation.modulators import Target, targets_of
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity
from formulation.salts import get_salt
from formulation.units import MG_PER_MMOL

COUNTER_ION, EXCIPIENT = "counter_ion", "excipient"
"""Kinds of solute in the table."""

_MG_PER_G = 1000.0


@frozen(kw_only=True)
class Solute:
    """A substance of a product that may hold water in the bowel."""

    osmoles: float
    """Osmoles of a counter-ion for each magnesium, [mOsm/mmol]; of an excipient, [mOsm/g]."""

    share_left: Quantity
    """Share that is neither taken up nor fermented, [-]."""

    @property
    def left(self) -> float:
        """Osmoles that stay, in the unit of `osmoles`."""
        return self.osmoles * self.share_left.value


@cache
def solutes(kind: str) -> dict[str, Solute]:
    """Return the solutes of one kind.

    Parameters
    ----------
    kind : str
        ``counter_ion`` or ``excipient``, [-].

    Returns
    -------
    dict of str to Solute
        By counter-ion as `Salt.counter_ion` spells it, or by key of the excipient, [-].
    """
    rows = read_rows(find_table("unabsorbed", TABLES))
    return {row["solute"]: _solute(row) for row in rows if row["kind"] == kind}


def unabsorbed_mosm_per_day(design: Design) -> float:
    """Return what a product leaves in the bowel beside magnesium.

    Parameters
    ----------
    design : Design
        Any design of a known system, [-].

    Returns
    -------
    float
        Osmoles; 0 for the skin, [mOsm/d].
    """
    if get_system(design.system).form(str(design.process[FORM])).route is Route.SKIN:
        return 0.0
    ions, excipients = solutes(COUNTER_ION), solutes(EXCIPIENT)
    of_salts = sum(
        part.elemental_mg / MG_PER_MMOL * ions[get_salt(part.salt).counter_ion].left
        for part in design.parts
    )
    of_others = sum(
        mg / _MG_PER_G * excipients[name].left
        for name, mg in design.amounts_mg.items()
        if name in excipients
    )
    return (of_salts + of_others) * design.regimen.units_per_day


def other_solutes(
    designs: Sequence[Design | None], values: Mapping[str, FloatArray], claims: Sequence[Claim] = ()
) -> FloatArray:
    """Return the osmoles beside magnesium that loose stools count.

    Parameters
    ----------
    designs : sequence of Design or None
        What is taken; None for no product, [-].
    values : mapping of str to ndarray of shape (n_subjects,)
        Patient fields by name, with the co-factors, [-].
    claims : sequence of Claim, optional
        Claims that act in these people with what they take, [-].

    Returns
    -------
    ndarray of shape (n_designs, n_subjects)
        Osmoles of the product and of the agents beside it, [mOsm/d].
    """
    products = [0.0 if design is None else unabsorbed_mosm_per_day(design) for design in designs]
    return np.array(products)[:, None] + targets_of(values, claims)[Target.OSMOTIC_LOAD]


def _solute(row: Mapping[str, str]) -> Solute:
    return Solute(
        osmoles=float(row["osmoles"]),
        share_left=Quantity(
            value=float(row["share_left"]),
            low=float(row["share_low"]),
            high=float(row["share_high"]),
            unit="1",
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            source=row["source"],
            note=row["note"],
        ),
    )
