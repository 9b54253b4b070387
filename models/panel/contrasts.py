"""The rows of the panel as published: what was observed, what is accepted, which role a row has."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from attrs import frozen

from formulation.data import find_table, read_rows
from formulation.errors import UnknownNameError
from models.data import TABLES


class Role(StrEnum):
    """What a row may be used for; every study has one role."""

    KERNEL = "kernel"
    """Identifies the transport of the gut; its prediction holds by construction."""

    CALIBRATION = "calibration"
    """May decide a parameter."""

    HELD_OUT = "held_out"
    """Decides nothing; it is only predicted."""

    NEGATIVE_CONTROL = "negative_control"
    """An effect that was not found, so that the simulator must not find it either."""


@frozen(kw_only=True)
class Contrast:
    """One published contrast."""

    id: str
    """Number of the row, such as ``C02``."""

    title: str
    """What was compared, in words."""

    unit: str
    """What the number is."""

    observed: float
    """What was published, in `unit`; a limit where `is_bound`."""

    is_bound: bool
    """Whether only a direction was published, not a size."""

    accept_lo: float | None
    """Lower end of the proposed tolerance, in `unit`; None where there is none."""

    accept_hi: float | None
    """Upper end of the proposed tolerance, in `unit`; None where there is none."""

    role: Role
    """Role of the row."""

    use: str
    """How the row counts, in the words of the table."""

    study: str
    """Study, as people cite it."""

    source: str
    """Key in ``formulation/sources.bib``."""

    note: str
    """What the table says besides."""

    @property
    def has_tolerance(self) -> bool:
        """Whether the table proposes a tolerance."""
        return self.accept_lo is not None or self.accept_hi is not None


@cache
def contrasts() -> Mapping[str, Contrast]:
    """Return every row of the panel.

    Returns
    -------
    mapping of str to Contrast
        By number, in the order of the table, [-].
    """
    rows = read_rows(find_table("contrasts", TABLES))
    return {row["id"]: _contrast(row) for row in rows}


def get_contrast(row: str) -> Contrast:
    """Return one row.

    Parameters
    ----------
    row : str
        Number, such as ``C02``, [-].

    Returns
    -------
    Contrast
        The row, [-].

    Raises
    ------
    UnknownNameError
        The panel has no such row.
    """
    if row not in contrasts():
        raise UnknownNameError("Row of the panel", row, contrasts())
    return contrasts()[row]


def _contrast(row: Mapping[str, str]) -> Contrast:
    against = row["condition_B_or_reference"]
    return Contrast(
        id=row["id"],
        title=row["condition_A"] + (f" against {against}" if against != "-" else ""),
        unit=row["unit"],
        observed=float(row["observed"]),
        is_bound=bool(row["observed_qualifier"]),
        accept_lo=_number(row["accept_low"]),
        accept_hi=_number(row["accept_high"]),
        role=Role(row["role"]),
        use=row["use"],
        study=row["study"],
        source=row["source"],
        note=row["note"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
