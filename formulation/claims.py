"""Popular claims: carried with neutral effect, switched on by name, announced where they are used.

A claim says what would follow if it were true: a change of one target of the body model, for the
subjects that meet its condition. Some name nothing a patient's parameter stands for; switching them
on changes nothing, which the announcement says. The verdict is how the evidence stands, and
`Claim.decided_by` is the experiment that would tell. No claim changes a target until it is named.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from typing_extensions import override

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target
from formulation.patients import get_patient_field
from formulation.provenance import Basis, Quantity


class Verdict(StrEnum):
    """How the evidence on a claim stands."""

    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    PARTLY_SUPPORTED = "partly supported"


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
            return f"{self.name} (changes nothing here: {self.note.split(';')[0]})"
        by = f"+ {self.effect.value:g}" if self.target.is_shifted else f"x {self.effect.value:g}"
        where = "" if self.condition is None else f" where {self.condition}"
        return f"{self.name} ({self.target} {by}{where}; {self.verdict})"


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


def announcement(claims: Iterable[Claim]) -> str:
    """Return the line that opens every result a claim was switched on for.

    Parameters
    ----------
    claims : iterable of Claim
        Claims that are switched on, [-].

    Returns
    -------
    str
        One line; empty when there is no claim, [-].
    """
    named = "; ".join(map(str, claims))
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
