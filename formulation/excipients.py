"""Excipients, and what must not or should not be put together.

Shares and their bounds belong to the delivery systems; here stand identity, role, grade and the
rules between substances. Viscosity grades of one polymer are separate entries of one family.
"""

from enum import StrEnum
from functools import cache

from attrs import frozen

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import UnknownNameError


class Severity(StrEnum):
    """What follows when two substances meet."""

    INVALID = "invalid"
    WARNING = "warning"


@frozen(kw_only=True)
class Excipient:
    """One excipient with its role and grade."""

    key: str
    """Name used in recipes."""

    label: str
    """Name on a recipe card."""

    role: str
    """What it does in the product."""

    grade: str
    """Commercial grade, empty when it does not matter."""

    viscosity_mpa_s: float | None
    """Nominal viscosity of a 2 % solution at 20 degC, [mPa.s]; None when it has none."""

    is_vegan: bool
    """Whether it is free of animal products."""


@frozen(kw_only=True)
class Incompatibility:
    """A rule between two substances, in words."""

    first: str
    """Salt key, or ``any_salt``."""

    second: str
    """Excipient key, or the family before its first underscore."""

    severity: Severity
    """Whether it makes a design invalid or only deserves a warning."""

    message: str
    """What happens."""

    hint: str
    """What to do."""

    def applies(self, salt: str, excipients: frozenset[str]) -> bool:
        """Tell whether the rule meets this salt and any of these excipients.

        Parameters
        ----------
        salt : str
            Salt key, [-].
        excipients : frozenset of str
            Excipient keys with a non-zero amount, [-].

        Returns
        -------
        bool
            True when both sides are present, [-].
        """
        families = excipients | {key.split("_")[0] for key in excipients}
        return self.first in (salt, "any_salt") and self.second in families


@cache
def excipients() -> dict[str, Excipient]:
    """Return every excipient by key.

    Returns
    -------
    dict of str to Excipient
        In the order of the table, [-].
    """
    return {
        row["key"]: Excipient(
            key=row["key"],
            label=row["label"],
            role=row["role"],
            grade=row["grade"],
            viscosity_mpa_s=float(row["viscosity_mpa_s"]) if row["viscosity_mpa_s"] else None,
            is_vegan=row["vegan"] == "1",
        )
        for row in read_rows(find_table("excipients", TABLES))
    }


def get_excipient(key: str) -> Excipient:
    """Return the excipient of that key.

    Parameters
    ----------
    key : str
        Name used in recipes, [-].

    Returns
    -------
    Excipient
        The excipient, [-].

    Raises
    ------
    UnknownNameError
        No excipient has that key; the message lists the nearest.
    """
    try:
        return excipients()[key]
    except KeyError:
        raise UnknownNameError("Excipient", key, excipients()) from None


@cache
def incompatibilities() -> tuple[Incompatibility, ...]:
    """Return every rule between two substances.

    Returns
    -------
    tuple of Incompatibility
        In the order of the table, [-].
    """
    return tuple(
        Incompatibility(
            first=row["first"],
            second=row["second"],
            severity=Severity(row["severity"]),
            message=row["message"],
            hint=row["hint"],
        )
        for row in read_rows(find_table("incompatibilities", TABLES))
    )
