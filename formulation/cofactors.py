"""Co-factors of a product: what is taken, or left out, beside it from its first day on.

Fibre, vitamin B6, an osmotic agent, less sodium: each shifts one patient field that is there
already, by its amount, and acts through whatever reads that field; so nothing is counted twice.
An osmotic agent fills the colon, which then hurries; inulin raises the uptake of the colon; sodium
acts on the kidney. Vitamin B6 does nothing unless its claim is switched on, which is about cells.

A design and its key know nothing of co-factors: the same tablet may be taken with and without.
Not modelled: what a co-factor does by itself (glucose, stool, blood pressure), and habituation.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.claims import Claim
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.patients import get_patient_field
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity


@frozen(kw_only=True)
class Cofactor:
    """One thing that may be taken, or left out, beside a product."""

    name: str
    """Name it is asked for by."""

    title: str
    """Name for people."""

    unit: str
    """Unit of its amount."""

    field: str
    """Patient field it shifts."""

    per_unit: Quantity
    """Shift of the field for one unit of the amount; its unit is field over amount."""

    low: float
    """Least amount, in `unit`."""

    high: float
    """Largest amount, in `unit`."""

    claim: str
    """Claim that acts only where it is taken; empty for none."""


@frozen(kw_only=True)
class Dose:
    """So much of a co-factor.

    Raises
    ------
    InputError
        The amount lies outside what the table allows.
    """

    cofactor: Cofactor
    """Which one."""

    amount: float
    """How much, in its unit."""

    def __attrs_post_init__(self) -> None:
        known = self.cofactor
        if not known.low < self.amount <= known.high:
            raise InputError(
                f"Co-factor {known.name!r}: {self.amount:g} {known.unit} is not possible; it must"
                f" lie above {known.low:g} and be at most {known.high:g} {known.unit}."
            )

    @property
    def shift(self) -> float:
        """What is added to its field, in the field's unit."""
        return self.amount * self.cofactor.per_unit.value

    @property
    def text(self) -> str:
        """Amount and name for people."""
        return f"{self.amount:g} {self.cofactor.unit} {self.cofactor.title}"


@cache
def cofactors() -> dict[str, Cofactor]:
    """Return every co-factor of the table.

    Returns
    -------
    dict of str to Cofactor
        By name, in the order of the table, [-].
    """
    return {row["cofactor"]: _cofactor(row) for row in read_rows(find_table("cofactors", TABLES))}


def get_cofactor(name: str) -> Cofactor:
    """Return the co-factor of that name.

    Parameters
    ----------
    name : str
        Such as ``inulin``, [-].

    Returns
    -------
    Cofactor
        The co-factor, [-].

    Raises
    ------
    UnknownNameError
        No co-factor has that name; the message lists the nearest.
    """
    try:
        return cofactors()[name]
    except KeyError:
        raise UnknownNameError("Co-factor", name, cofactors()) from None


def shifted(
    values: Mapping[str, FloatArray], doses: Iterable[Dose]
) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Return the fields of people who take co-factors.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (n_subjects,)
        Patient fields before, [-].
    doses : iterable of Dose
        What they take, [-].

    Returns
    -------
    tuple of dict and tuple of str
        Fields with them, the very same arrays where nothing is shifted; and a sentence for each
        field that was held at the end of what a patient can have, [-].

    Examples
    --------
    >>> dose = Dose(cofactor=get_cofactor("less_sodium"), amount=60.0)
    >>> shifted({"sodium_mmol_per_day": np.array([150.0])}, [dose])[0]
    {'sodium_mmol_per_day': array([90.])}
    """
    found, held = dict(values), []
    for dose in doses:
        known = get_patient_field(dose.cofactor.field)
        low, high = known.default.low or 0.0, known.default.high or 0.0
        wanted = found[known.name] + dose.shift
        found[known.name] = np.clip(wanted, low, high)
        if n := int(np.count_nonzero(found[known.name] != wanted)):
            held.append(
                f"{known.title.lower()} at {low if dose.shift < 0 else high:g}"
                f" {known.default.unit} in {n} of {len(wanted)} subjects"
            )
    return found, tuple(held)


def check_claims(claims: Iterable[Claim], doses: Iterable[Dose]) -> None:
    """Refuse a claim about a co-factor that nobody takes.

    Parameters
    ----------
    claims : iterable of Claim
        Claims that are switched on for what is taken, [-].
    doses : iterable of Dose
        The co-factors, [-].

    Raises
    ------
    InputError
        A claim is about a co-factor that is not among them.
    """
    taken = {dose.cofactor.name for dose in doses}
    about = {known.claim: known for known in cofactors().values() if known.claim}
    for claim in claims:
        if claim.name in about and about[claim.name].name not in taken:
            needed = about[claim.name].name
            raise InputError(
                f"Claim {claim.name!r} is about {needed}, which is not taken here.",
                hint=f"Add '{needed}: ... {about[claim.name].unit}' or leave the claim out.",
            )


def _cofactor(row: Mapping[str, str]) -> Cofactor:
    unit = get_patient_field(row["field"]).default.unit
    return Cofactor(
        name=row["cofactor"],
        title=row["title"],
        unit=row["unit"],
        field=row["field"],
        per_unit=Quantity(
            value=float(row["per_unit"]),
            unit="1" if unit == row["unit"] else f"({unit})/({row['unit']})",
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            source=row["source"],
            note=row["note"],
        ),
        low=float(row["low"]),
        high=float(row["high"]),
        claim=row["claim"],
    )
