"""Modulators: how a field of a patient changes a parameter of the body model, as data.

A modulator is one row of the table of modulators: one field acting on one target. With the field's
value x held between two ends, so that nothing is extrapolated,

- ratio: the target is multiplied by ``effect ** ((x - reference) / per)``
- power: the target is multiplied by ``(x / reference) ** effect``
- shift: ``effect * (x - reference) / per`` is added to the target

Multipliers of a target multiply and are then clipped to 0.1 to 3; `clippings` says for how many.
Every field at its default leaves every target neutral. A claim that is switched on acts after them.

One mechanism per effect: phytate, oxalate and fat bind magnesium by molar ratio in the gut, a meal
acts through emptying, volume and acid, so none is a modulator. Fields a model reads itself (eGFR,
transit times, TRPM6 in the gut, ...) act there and stand here only for what else they change. No
study that the panel holds out scales a modulator; a test refuses it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from typing_extensions import override

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError
from formulation.patients import get_patient_field
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity

if TYPE_CHECKING:
    from formulation.claims import Claim

MIN_MULTIPLIER, MAX_MULTIPLIER = 0.1, 3.0
"""Ends a product of multipliers is clipped to, [-]."""


class Target(StrEnum):
    """A parameter of the body model that fields may change."""

    ACID_OUTPUT = "acid_output"
    """Gastric acid, at rest and secreted."""

    GASTRIC_EMPTYING = "gastric_emptying"
    """Rate of gastric emptying."""

    SMALL_BOWEL_TRANSIT = "small_bowel_transit"
    """Transit time of the small bowel."""

    COLON_TRANSIT = "colon_transit"
    """Transit time of the colon."""

    SATURABLE_UPTAKE = "saturable_uptake"
    """Capacity of the saturable route."""

    SATURABLE_KM = "saturable_km"
    """Half-saturation of the saturable route."""

    PARACELLULAR_UPTAKE = "paracellular_uptake"
    """Rate of the passive route."""

    ILEAL_UPTAKE = "ileal_uptake"
    """Both routes, in the ileum."""

    COLONIC_UPTAKE = "colonic_uptake"
    """Both routes, in the colon."""

    COLON_PH = "colon_ph"
    """pH of the colon; shifted, [pH]."""

    COLON_ACID = "colon_acid"
    """Acid that fermentation gives to undissolved magnesium."""

    TUBULAR_MAXIMUM = "tubular_maximum"
    """Magnesium the kidney can keep back per filtrate."""

    CELL_UPTAKE = "cell_uptake"
    """Rate from extracellular fluid into cells."""

    BONE_UPTAKE = "bone_uptake"
    """Rate from extracellular fluid into bone."""

    ENDOGENOUS_SECRETION = "endogenous_secretion"
    """Magnesium secreted into the gut."""

    OSMOTIC_LOAD = "osmotic_load_mmol_per_day"
    """Osmoles in the bowel beside those of magnesium; shifted, [mmol/d]."""

    CRAMPS = "cramps"
    """Cramps a week against the placebo arm: an endpoint of claims, which no flux reads."""

    @property
    def is_shifted(self) -> bool:
        """Whether something is added to it; the others are multiplied."""
        return self in (Target.COLON_PH, Target.OSMOTIC_LOAD)

    @property
    def neutral(self) -> float:
        """What changes nothing."""
        return 0.0 if self.is_shifted else 1.0


class Kind(StrEnum):
    """How a modulator acts."""

    RATIO = "ratio"
    POWER = "power"
    SHIFT = "shift"


@frozen(kw_only=True)
class Modulator:
    """One patient field acting on one target.

    Raises
    ------
    InputError
        A shift acts on a target that is multiplied, or the other way; a factor is not positive, or
        a ratio or shift has no step.
    UnknownNameError
        The field is not known.
    """

    name: str
    """Name for people."""

    field: str
    """Patient field."""

    target: Target
    """What it changes."""

    kind: Kind
    """How it acts."""

    effect: Quantity
    """Multiplier or shift for one step away from the reference; exponent of a power."""

    reference: float
    """Value of the field at which nothing changes, in its unit."""

    per: float
    """Step of the field, in its unit; 0 for a power."""

    held_low: float
    """Least value of the field that acts, in its unit."""

    held_high: float
    """Largest value of the field that acts, in its unit."""

    def __attrs_post_init__(self) -> None:
        known, what = get_patient_field(self.field), f"Modulator {self.name!r}"
        if (self.kind is Kind.SHIFT) != self.target.is_shifted:
            raise InputError(f"{what}: a {self.kind} cannot act on {self.target}.")
        if self.kind is Kind.RATIO and self.effect.value <= 0:
            raise InputError(f"{what}: a ratio of {self.effect.value:g} is not above 0.")
        if (self.per == 0) != (self.kind is Kind.POWER):
            raise InputError(f"{what}: a step of {self.per:g} does not fit a {self.kind}.")
        if self.kind is Kind.POWER and not self.reference > 0:
            raise InputError(f"{what}: a power needs a reference above 0, not {self.reference:g}.")
        if not self.held_low <= self.reference <= self.held_high:
            raise InputError(
                f"{what}: the reference {self.reference:g} lies outside {self.held_low:g} to"
                f" {self.held_high:g}, where it acts."
            )
        known.check(self.held_low, "held_low")
        known.check(self.held_high, "held_high")

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing for anybody."""
        return self.effect.value == (1.0 if self.kind is Kind.RATIO else 0.0)

    def of(self, value: FloatArray) -> FloatArray:
        """Return what it does to the target.

        Parameters
        ----------
        value : ndarray of shape (n_subjects,)
            The field's values, in its unit, [-].

        Returns
        -------
        ndarray of shape (n_subjects,)
            Multiplier, or shift in the target's unit, [-].
        """
        held = np.clip(value, self.held_low, self.held_high)
        if self.kind is Kind.POWER:
            power: FloatArray = (held / self.reference) ** self.effect.value
            return power
        steps = (held - self.reference) / self.per
        changed: FloatArray = (
            self.effect.value * steps if self.kind is Kind.SHIFT else self.effect.value**steps
        )
        return changed


@frozen(kw_only=True)
class Clipping:
    """Subjects whose multiplier was held at an end."""

    target: Target
    """What was multiplied."""

    limit: float
    """End it was held at, [-]."""

    n_subjects: int
    """Subjects, [-]."""

    @override
    def __str__(self) -> str:
        return f"{self.target} held at {self.limit:g} in {self.n_subjects} subjects"


@cache
def modulators() -> tuple[Modulator, ...]:
    """Return every modulator of the table.

    Returns
    -------
    tuple of Modulator
        In the order of the table, [-].
    """
    return tuple(_modulator(row) for row in read_rows(find_table("modulators", TABLES)))


def targets_of(
    values: Mapping[str, FloatArray], claims: Sequence["Claim"] = ()
) -> Mapping[Target, FloatArray]:
    """Return what the fields of each subject do to every target.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (n_subjects,)
        Patient fields by name; a field that is left out is neutral, as its default is, [-].
    claims : sequence of Claim, optional
        Claims that are switched on, [-].

    Returns
    -------
    mapping of Target to ndarray of shape (n_subjects,)
        Multiplier between 0.1 and 3, or shift in the target's unit, of every target, [-].

    Raises
    ------
    InputError
        Nothing is stated, shapes differ, or a value is not possible.
    UnknownNameError
        A field is not known.

    Examples
    --------
    >>> targets_of({"ppi": np.array([0.0, 1.0])})[Target.ACID_OUTPUT]
    array([1. , 0.1])
    """
    return {
        target: change if target.is_shifted else np.clip(change, MIN_MULTIPLIER, MAX_MULTIPLIER)
        for target, change in _unclipped(values, claims).items()
    }


def clippings(
    values: Mapping[str, FloatArray], claims: Sequence["Claim"] = ()
) -> tuple[Clipping, ...]:
    """Return which multipliers `targets_of` held at an end, and in how many subjects.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (n_subjects,)
        Patient fields by name, [-].
    claims : sequence of Claim, optional
        Claims that are switched on, [-].

    Returns
    -------
    tuple of Clipping
        Empty when nothing was held, [-].
    """
    found = []
    for target, change in _unclipped(values, claims).items():
        if target.is_shifted:
            continue
        too_low = change < MIN_MULTIPLIER * (1 - 1e-9)
        too_high = change > MAX_MULTIPLIER * (1 + 1e-9)
        for limit, beyond in ((MIN_MULTIPLIER, too_low), (MAX_MULTIPLIER, too_high)):
            if n := int(np.count_nonzero(beyond)):
                found.append(Clipping(target=target, limit=limit, n_subjects=n))
    return tuple(found)


def _unclipped(
    values: Mapping[str, FloatArray], claims: Sequence["Claim"]
) -> dict[Target, FloatArray]:
    checked = _checked(values)
    shape = next(iter(checked.values())).shape
    changes = {target: np.full(shape, target.neutral) for target in Target}
    for modulator in modulators():
        if modulator.field in checked:
            change = modulator.of(checked[modulator.field])
            before = changes[modulator.target]
            is_shifted = modulator.target.is_shifted
            changes[modulator.target] = before + change if is_shifted else before * change
    for claim in claims:
        if claim.target is not None:
            changes[claim.target] = claim.applied(changes[claim.target], checked)
    return changes


def _checked(values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    if not values:
        raise InputError("Nothing is stated of these subjects; give one field at least.")
    found = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    shapes = {value.shape for value in found.values()}
    if len(shapes) > 1 or len(next(iter(shapes))) != 1:
        raise InputError(
            f"Fields of subjects have the shapes {sorted(shapes)}; all must be (n_subjects,)."
        )
    for name, value in found.items():
        known = get_patient_field(name)
        # min and max carry NaN on, so two values stand for all.
        for end in (value.min(), value.max()) if value.size else ():
            known.check(float(end))
    return found


def _modulator(row: Mapping[str, str]) -> Modulator:
    target = Target(row["target"])
    return Modulator(
        name=row["modulator"],
        field=row["field"],
        target=target,
        kind=Kind(row["kind"]),
        effect=Quantity(
            value=float(row["effect"]),
            low=float(row["effect_low"]),
            high=float(row["effect_high"]),
            unit={Target.COLON_PH: "pH", Target.OSMOTIC_LOAD: "mmol/d"}.get(target, "1"),
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            source=row["source"],
            note=row["note"],
        ),
        reference=float(row["reference"]),
        per=float(row["per"] or 0),
        held_low=float(row["held_low"]),
        held_high=float(row["held_high"]),
    )
