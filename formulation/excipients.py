"""Excipients, and what must not or should not be put together.

Shares and their bounds belong to the delivery systems; here stand identity, role, grade, what is
usual, and the rules between substances. Viscosity grades of one polymer are separate entries of
one family, the part of the key before its first underscore.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from math import inf

from attrs import field, frozen, validators

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import DataError, UnknownNameError
from formulation.salts import salts

ANY_SALT, ALKALINE_SALT, DELIQUESCENT_SALT = "any_salt", "alkaline_salt", "deliquescent_salt"

SALT_GROUPS = (ANY_SALT, ALKALINE_SALT, DELIQUESCENT_SALT)
"""What may stand in a rule instead of one salt."""


class Severity(StrEnum):
    """What follows when two substances meet."""

    INVALID = "invalid"
    WARNING = "warning"


@frozen(kw_only=True)
class Excipient:
    """One excipient with its roles and grade.

    Raises
    ------
    DataError
        Its usual range is half given, reversed, or outside 0 to 100 %.
    """

    key: str
    """Name used in recipes."""

    label: str
    """Name on a recipe card."""

    roles: tuple[str, ...] = field(validator=validators.min_len(1))
    """What it may do in the product, the chief role first."""

    grade: str
    """Commercial grade, empty when it does not matter."""

    viscosity_mpa_s: float | None
    """Nominal viscosity of a 2 % solution at 20 degC, [mPa.s]; None when it has none."""

    is_vegan: bool
    """Whether it is free of animal products."""

    allergen: str
    """Allergen to declare, empty when there is none."""

    low_pct: float | None
    """Least share of the unit that is usual in its chief role, [% w/w]."""

    high_pct: float | None
    """Greatest share of the unit that is usual in its chief role, [% w/w]."""

    max_mg_per_day: float | None
    """Acceptable intake or laxative threshold of a 70 kg adult, [mg/d]; None without one."""

    sodium_mg_per_g: float
    """Sodium it brings along, [mg/g]."""

    cost_eur_per_kg: float | None
    """Order of magnitude of its trade price, [EUR/kg]; None when unknown."""

    def __attrs_post_init__(self) -> None:
        if self.low_pct is None and self.high_pct is None:
            return
        low, high = self.low_pct, self.high_pct
        if low is None or high is None or not 0 <= low <= high <= 100:
            raise DataError(
                f"Excipient {self.key!r}: the usual range {low} to {high} % w/w is impossible;"
                " both ends or none, with 0 <= low <= high <= 100."
            )

    @property
    def role(self) -> str:
        """Its chief role."""
        return self.roles[0]


@frozen(kw_only=True)
class Incompatibility:
    """A rule between two substances, in words.

    Raises
    ------
    DataError
        Its bounds are reversed, or stand without the process setting they bound.
    """

    first: str
    """Salt key, ``any_salt``, ``alkaline_salt`` or ``deliquescent_salt``."""

    second: str
    """Excipient key, or the family before its first underscore."""

    severity: Severity
    """Whether it makes a design invalid or only deserves a warning."""

    message: str
    """What happens."""

    hint: str
    """What to do."""

    unless: str = ""
    """Excipient whose presence lifts the rule; empty when nothing does."""

    setting: str = ""
    """Process setting it depends on; empty when it always holds."""

    low: float = -inf
    """Least value of the setting at which it holds, in the unit of the setting."""

    high: float = inf
    """Greatest value of the setting at which it holds, in the unit of the setting."""

    def __attrs_post_init__(self) -> None:
        is_bounded = (self.low, self.high) != (-inf, inf)
        if bool(self.setting) != is_bounded or not self.low <= self.high:
            raise DataError(
                f"Incompatibility of {self.first!r} and {self.second!r}: setting"
                f" {self.setting!r} from {self.low:g} to {self.high:g} is no rule; name a setting"
                " with low <= high, or neither."
            )

    def applies(
        self,
        salts: frozenset[str],
        excipients: frozenset[str],
        process: Mapping[str, float | str],
    ) -> bool:
        """Tell whether the rule holds for what a design is made of and how.

        Parameters
        ----------
        salts : frozenset of str
            Salt keys with a non-zero amount, [-].
        excipients : frozenset of str
            Excipient keys with a non-zero amount, [-].
        process : mapping of str to float or str
            Process settings of the design, each in its own unit, [-].

        Returns
        -------
        bool
            True when both sides are present, nothing lifts the rule, and the setting it depends
            on, if any, is one of the design's and lies in its range, [-].

        Examples
        --------
        >>> rule = next(r for r in incompatibilities() if r.second == "enteric")
        >>> rule.applies(frozenset({"oxide"}), frozenset({"enteric_l100"}), {})
        True
        >>> rule.applies(frozenset({"oxide"}), frozenset({"enteric_l100", "sub_coat"}), {})
        False
        """
        families = excipients | {key.split("_")[0] for key in excipients}
        return (
            self._meets(salts)
            and self.second in families
            and self.unless not in excipients
            and self._holds_at(process)
        )

    def _meets(self, keys: frozenset[str]) -> bool:
        if self.first == ANY_SALT:
            return bool(keys)
        return bool(keys & _salts_meant(self.first))

    def _holds_at(self, process: Mapping[str, float | str]) -> bool:
        if not self.setting:
            return True
        value = process.get(self.setting)
        return isinstance(value, float | int) and self.low <= value <= self.high


@cache
def _salts_meant(first: str) -> frozenset[str]:
    if first == ALKALINE_SALT:
        return frozenset(key for key, salt in salts().items() if salt.is_alkaline)
    if first == DELIQUESCENT_SALT:
        return frozenset(key for key, salt in salts().items() if salt.is_deliquescent)
    return frozenset({first})


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
            roles=tuple(row["role"].split("; ")),
            grade=row["grade"],
            viscosity_mpa_s=_number(row["viscosity_mpa_s"]),
            is_vegan=row["vegan"] == "1",
            allergen=row["allergen"],
            low_pct=_number(row["low_pct"]),
            high_pct=_number(row["high_pct"]),
            max_mg_per_day=_number(row["max_mg_per_day"]),
            sodium_mg_per_g=float(row["sodium_mg_per_g"]),
            cost_eur_per_kg=_number(row["cost_eur_per_kg"]),
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
            unless=row["unless"],
            setting=row["setting"],
            low=float(row["low"] or -inf),
            high=float(row["high"] or inf),
        )
        for row in read_rows(find_table("incompatibilities", TABLES))
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def excipient_of(component: str, process: Mapping[str, float | str]) -> Excipient:
    """Return the excipient behind a component of a recipe, its grade taken from the process.

    Parameters
    ----------
    component : str
        Component of a recipe, such as ``hpmc`` or ``mcc``, [-].
    process : mapping of str to float or str
        Process settings; ``hpmc_grade`` decides the grade of ``hpmc``, [-].

    Returns
    -------
    Excipient
        The excipient, [-].

    Raises
    ------
    UnknownNameError
        No excipient has that key.
    """
    grade = process.get(f"{component}_grade")
    return get_excipient(component if grade is None else f"{component}_{str(grade).lower()}")
