"""Release profiles: fraction of label released against time, in a stated medium."""

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError
from formulation.provenance import Origin

MAX_FRACTION = 1.1
"""Most that may be released of the label: assay up to 110 %, [-]."""


def _array(values: object) -> FloatArray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array


@frozen(kw_only=True, eq=False)
class Medium:
    """A dissolution vessel.

    Raises
    ------
    InputError
        The volume is not above zero, or the acid is negative.
    """

    name: str
    """Name on reports."""

    volume_l: float
    """Volume, [L]."""

    acid_meq: float
    """Acid it holds at the start, [mEq]."""

    apparatus: str = "USP 2 (paddle)"
    """Apparatus; recorded, it does not move the law."""

    rpm: float = 50.0
    """Speed; recorded, it does not move the law, [1/min]."""

    temperature_c: float = 37.0
    """Temperature; recorded, it does not move the law, [degC]."""

    def __attrs_post_init__(self) -> None:
        if not (self.volume_l > 0 and self.acid_meq >= 0):
            raise InputError(
                f"Medium {self.name!r}: volume {self.volume_l:g} L and acid {self.acid_meq:g} mEq"
                " are impossible; volume > 0, acid >= 0."
            )


HCL_01M = Medium(name="0.1 M HCl, 900 mL", volume_l=0.9, acid_meq=90.0)
"""The compendial acid medium; no stomach holds its 90 mEq."""

WATER = Medium(name="water, 900 mL", volume_l=0.9, acid_meq=0.0)
"""The compendial medium without acid."""


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
