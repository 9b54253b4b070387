"""Release profiles: fraction of label released against time, in a stated medium."""

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Origin

MAX_FRACTION = 1.1
"""Most that may be released of the label: assay up to 110 %, [-]."""


def _array(values: object) -> FloatArray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array


@frozen(kw_only=True)
class Medium:
    """A dissolution vessel, perhaps with a second medium after some time.

    Raises
    ------
    InputError
        The volume or the speed is not above zero, the acid is negative, or the pH impossible.
    """

    name: str
    """Name on reports."""

    volume_l: float
    """Volume, [L]."""

    acid_meq: float
    """Acid it can give: free protons, or what its buffer holds, [mEq]."""

    ph: float = 7.0
    """pH at the start, [-]."""

    apparatus: str = "USP 2 (paddle)"
    """Apparatus, one of `APPARATUS`."""

    rpm: float = 50.0
    """Speed, [1/min]."""

    temperature_c: float = 37.0
    """Temperature; recorded, it does not move the law, [degC]."""

    then: "Medium | None" = None
    """What the medium is changed to."""

    then_at_h: float = 0.0
    """When it is changed, [h]."""

    def __attrs_post_init__(self) -> None:
        if not (self.volume_l > 0 and self.acid_meq >= 0):
            raise InputError(
                f"Medium {self.name!r}: volume {self.volume_l:g} L and acid {self.acid_meq:g} mEq"
                " are impossible; volume > 0, acid >= 0."
            )
        if not (0 < self.rpm <= MAX_RPM and 0 <= self.ph <= 14):
            raise InputError(
                f"Medium {self.name!r}: {self.rpm:g} rpm and pH {self.ph:g} are impossible;"
                f" 0 < rpm <= {MAX_RPM:g}, pH between 0 and 14."
            )
        if self.apparatus not in APPARATUS:
            raise UnknownNameError("Apparatus", self.apparatus, APPARATUS)

    @property
    def stages(self) -> tuple[tuple[float, "Medium"], ...]:
        """When each medium begins, in order, [h]."""
        later = self.then.stages if self.then else ()
        return ((0.0, self), *((self.then_at_h + start, medium) for start, medium in later))

    @property
    def stirring(self) -> float:
        """Rate of dissolution over that of a paddle at 50 rpm, [-].

        The stagnant layer thins with the square root of the speed; see `APPARATUS`.
        """
        return float((self.rpm / APPARATUS[self.apparatus]) ** 0.5)


APPARATUS: Mapping[str, float] = {
    "USP 1 (basket)": 100.0,
    "USP 2 (paddle)": 50.0,
    "Franz cell": 600.0,
}
"""Speed at which an apparatus stirs like a paddle at 50 rpm (assumed), [1/min]."""

MAX_RPM = 2000.0
"""Faster than any apparatus, [1/min]."""

HCL_01M = Medium(name="0.1 M HCl, 900 mL", volume_l=0.9, acid_meq=90.0, ph=1.2)
"""The compendial acid medium; no stomach holds its 90 mEq."""

WATER = Medium(name="water, 900 mL", volume_l=0.9, acid_meq=0.0)
"""The compendial medium without acid."""

ACETATE_45 = Medium(name="acetate buffer pH 4.5, 900 mL", volume_l=0.9, acid_meq=20.0, ph=4.5)
"""50 mM acetate: half of it can give a proton (assumed)."""

PHOSPHATE_68 = Medium(name="phosphate buffer pH 6.8, 900 mL", volume_l=0.9, acid_meq=22.0, ph=6.8)
"""50 mM phosphate: half of it can give a proton (assumed)."""

PHOSPHATE_74 = Medium(name="phosphate buffer pH 7.4, 900 mL", volume_l=0.9, acid_meq=9.0, ph=7.4)
"""50 mM phosphate: a fifth of it can give a proton (assumed)."""

ACID_THEN_BUFFER = Medium(
    name="0.1 M HCl 2 h, then phosphate buffer pH 7.4",
    volume_l=0.9,
    acid_meq=90.0,
    ph=1.2,
    then=PHOSPHATE_74,
    then_at_h=2.0,
)
"""For coated forms: two hours of acid, then a buffer in which every film on offer dissolves."""

FRANZ_CELL = Medium(
    name="Franz cell, buffered saline pH 7.4",
    volume_l=0.012,
    acid_meq=0.0,
    ph=7.4,
    apparatus="Franz cell",
    rpm=600.0,
    temperature_c=32.0,
)
"""Receptor under skin; sink is kept by renewing it."""

MEDIA: Mapping[str, Medium] = {
    "hcl": HCL_01M,
    "water": WATER,
    "acetate-4.5": ACETATE_45,
    "phosphate-6.8": PHOSPHATE_68,
    "phosphate-7.4": PHOSPHATE_74,
    "acid-then-buffer": ACID_THEN_BUFFER,
    "franz": FRANZ_CELL,
}
"""Media by the name the command line knows them by."""


@frozen(kw_only=True, eq=False)
class ReleaseProfile:
    """Fraction of label released against time.

    Raises
    ------
    InputError
        Shapes differ, times do not increase, a value is NaN, falls, or leaves 0 to 1.1.
    """

    times_h: FloatArray = field(converter=_array)
    """Times, of shape (n_times,), [h]."""

    fraction: FloatArray = field(converter=_array)
    """Fraction of label released, of shape (n_times,), [-]."""

    medium: Medium
    """Where it was released."""

    origin: Origin
    """Where the numbers come from."""

    def __attrs_post_init__(self) -> None:
        t, f = self.times_h, self.fraction
        if t.ndim != 1 or t.shape != f.shape or t.size == 0:
            raise InputError(
                f"Release profile: times {t.shape} and fractions {f.shape} must match."
            )
        if not (np.isfinite(t).all() and np.isfinite(f).all()):
            raise InputError("Release profile: a time or fraction is not a finite number.")
        if (np.diff(t) <= 0).any():
            raise InputError("Release profile: times must increase.")
        if (f < -1e-9).any() or (f > MAX_FRACTION + 1e-9).any() or (np.diff(f) < -1e-9).any():
            raise InputError(
                f"Release profile: fractions must rise from 0 to at most {MAX_FRACTION:g} of label."
            )
