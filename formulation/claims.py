"""Popular claims: carried with neutral effect, switched on by name, announced where they are used.

A claim says what would follow if it were true: a change of one target of the body model, for the
subjects that meet its condition. One that is about products acts only while such a product is
taken, on all magnesium in the body then, that of the diet included; the control never feels it.
Some name nothing a parameter stands for, and cannot be simulated, which the announcement says. The
verdict is how the evidence stands, and `Claim.decided_by` is the experiment that would tell. No
claim changes a target until it is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache

import numpy as np
from attrs import frozen
from typing_extensions import override

from formulation.arrays import FloatArray
from formulation.claim_conditions import Condition, ProductCondition
from formulation.data import TABLES, find_table, read_rows
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target
from formulation.provenance import Basis, Quantity


class Verdict(StrEnum):
    """How the evidence on a claim stands."""

    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    PARTLY_SUPPORTED = "partly supported"


@frozen(kw_only=True)
class Claim:
    """A popular statement, with what would follow from it.

    Raises
    ------
    InputError
        There is an effect without a target or a target without an effect, or the effect is not
        graded as a claim.
    """

    name: str
    """Name it is switched on by."""

    sentence: str
    """What is claimed."""

    verdict: Verdict
    """How the evidence stands."""

    target: Target | None = None
    """What would change; None when no parameter of a patient stands for it."""

    effect: Quantity | None = None
    """Multiplier or shift of the target when switched on, of basis claim."""

    condition: Condition | None = None
    """Who it is about; None for everybody."""

    product: ProductCondition | None = None
    """Which products it is about; None for a claim about people, whatever they take."""

    decided_by: str
    """The experiment that would decide."""

    source: str
    """Key of ``sources.bib``: who claims it."""

    note: str = ""
    """What speaks for or against it."""

    def __attrs_post_init__(self) -> None:
        if (self.target is None) != (self.effect is None):
            raise InputError(f"Claim {self.name!r}: a target needs an effect, and only a target.")
        if self.effect is not None and self.effect.basis is not Basis.CLAIM:
            raise InputError(f"Claim {self.name!r}: its effect is {self.effect.basis}, no claim.")

    def concerns(self, design: Design | None) -> bool:
        """Tell whether it acts while something is taken.

        Parameters
        ----------
        design : Design or None
            What is taken; None for no product, [-].

        Returns
        -------
        bool
            Always for a claim about people, [-].
        """
        return self.product is None or (design is not None and self.product.holds(design))

    def applied(self, before: FloatArray, values: Mapping[str, FloatArray]) -> FloatArray:
        """Return its target as it would be if the claim were true.

        Parameters
        ----------
        before : ndarray of shape (n_subjects,)
            Multiplier or shift of the target without the claim, [-].
        values : mapping of str to ndarray of shape (n_subjects,)
            Patient fields by name, [-].

        Returns
        -------
        ndarray of shape (n_subjects,)
            Changed for those who meet the condition, the same bits for all others, [-].
        """
        if self.target is None or self.effect is None:
            return before
        effect = self.effect.value
        after = before + effect if self.target.is_shifted else before * effect
        if self.condition is None:
            return after
        return np.where(self.condition.holds(values), after, before)

    @override
    def __str__(self) -> str:
        if self.target is None or self.effect is None:
            why = self.note.split(";")[0]
            return f"{self.name} (cannot be simulated here, so nothing follows from it: {why})"
        by = f"+ {self.effect.value:g}" if self.target.is_shifted else f"x {self.effect.value:g}"
        where = "" if self.condition is None else f" where {self.condition}"
        while_taken = (
            "" if self.product is None else f" with products of {self.product}, on the diet too"
        )
        return f"{self.name} ({self.target} {by}{where}{while_taken}; {self.verdict})"


@cache
def all_claims() -> dict[str, Claim]:
    """Return every claim of the table.

    Returns
    -------
    dict of str to Claim
        By name, in the order of the table, [-].
    """
    return {row["claim"]: _claim(row) for row in read_rows(find_table("claims", TABLES))}


def switch(names: Iterable[str]) -> tuple[Claim, ...]:
    """Return the claims of these names, to be handed to the model as switched on.

    Parameters
    ----------
    names : iterable of str
        Names of the table of claims, [-].

    Returns
    -------
    tuple of Claim
        In the order of the table, whatever the order of the names, [-].

    Raises
    ------
    InputError
        A name stands twice.
    UnknownNameError
        No claim has a name; the message lists the nearest.

    Examples
    --------
    >>> switch(["b6_cellular_uptake"])[0].target.value
    'cell_uptake'
    """
    asked = list(names)
    for name in asked:
        if name not in all_claims():
            raise UnknownNameError("Claim", name, all_claims())
        if asked.count(name) > 1:
            raise InputError(f"Claim {name!r} stands twice.", hint="Name it once.")
    return tuple(claim for name, claim in all_claims().items() if name in asked)


def check_once(*groups: Iterable[Claim]) -> None:
    """Refuse a claim that stands in two groups which act together.

    Parameters
    ----------
    *groups : iterable of Claim
        Claims that are switched on together, [-].

    Raises
    ------
    InputError
        A claim would act twice.
    """
    switch(claim.name for group in groups for claim in group)


def acting(claims: Iterable[Claim], design: Design | None) -> tuple[Claim, ...]:
    """Return the claims that act while something is taken.

    Parameters
    ----------
    claims : iterable of Claim
        Claims that are switched on, [-].
    design : Design or None
        What is taken; None for people without a product, [-].

    Returns
    -------
    tuple of Claim
        Those about people, and those about such a product, in the same order, [-].

    Examples
    --------
    >>> [claim.name for claim in acting(switch(["slow_transit", "delayed_release"]), None)]
    ['slow_transit']
    """
    return tuple(claim for claim in claims if claim.concerns(design))


def announcement(claims: Iterable[Claim], designs: Sequence[Design | None]) -> str:
    """Return the line that opens every result a claim was switched on for.

    Parameters
    ----------
    claims : iterable of Claim
        Claims that are switched on, [-].
    designs : sequence of Design or None
        What is taken; None for an arm without a product, [-].

    Returns
    -------
    str
        One line, which names a claim that concerns nothing here; empty without a claim, [-].
    """
    said = []
    for claim in claims:
        idle = claim.target is not None and not any(map(claim.concerns, designs))
        said.append(f"{claim}{', which concerns no product here and does nothing' * idle}")
    named = "; ".join(said)
    return f"What follows if these claims were true, which nobody has shown: {named}." * bool(named)


def _claim(row: Mapping[str, str]) -> Claim:
    target = Target(row["target"]) if row["target"] else None
    return Claim(
        name=row["claim"],
        sentence=row["sentence"],
        verdict=Verdict(row["verdict"]),
        target=target,
        effect=_effect(row, target),
        condition=_condition(row),
        product=_product(row),
        decided_by=row["decided_by"],
        source=row["source"],
        note=row["note"],
    )


def _effect(row: Mapping[str, str], target: Target | None) -> Quantity | None:
    if not row["effect"]:
        return None
    return Quantity(
        value=float(row["effect"]),
        low=float(row["effect_low"]),
        high=float(row["effect_high"]),
        unit="mmol/d" if target is Target.OSMOTIC_LOAD else "1",
        basis=Basis(row["grade"]),
        source=row["source"],
        note=row["note"],
    )


def _condition(row: Mapping[str, str]) -> Condition | None:
    if not row["condition_field"]:
        return None
    return Condition(
        field=row["condition_field"],
        is_below={"below": True, "above": False}[row["condition_side"]],
        threshold=float(row["condition_value"]),
    )


def _product(row: Mapping[str, str]) -> ProductCondition | None:
    if not row["product_field"]:
        return None
    return ProductCondition(
        field=row["product_field"], values=tuple(row["product_values"].split("; "))
    )
