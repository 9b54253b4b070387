"""A design: one point of a design space, in natural amounts.

Composition lives in mg per unit on the balance grid, because then bounds in % w/w, the sum, the
unit mass and the elemental dose are all linear. Its key names it across machines and versions.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from math import isfinite
from typing import Any

from attrs import field, frozen

from formulation.errors import InputError
from formulation.regimen import Regimen
from formulation.units import MG_PER_MMOL

BALANCE_MG = 0.1
"""Readability of the balance: every amount is a multiple of it, [mg]."""


SECOND_SALT = "second_salt"
"""Under this name a recipe holds the second salt of a mixture."""


def on_grid(amount_mg: float) -> float:
    """Return the multiple of the balance's readability nearest to an amount.

    Parameters
    ----------
    amount_mg : float
        Amount per unit, [mg].

    Returns
    -------
    float
        Amount on the grid, [mg].

    Examples
    --------
    >>> on_grid(12.3456)
    12.3
    """
    return round(round(amount_mg / BALANCE_MG) * BALANCE_MG, 6)


def _amounts(values: Mapping[str, float]) -> dict[str, float]:
    return {name: _number(value) for name, value in values.items()}


def _settings(values: Mapping[str, float | str]) -> dict[str, float | str]:
    return {
        name: value if isinstance(value, str) else _number(value) for name, value in values.items()
    }


def _number(value: float) -> float:
    """Return a float without a negative zero, so that equal designs have equal keys."""
    return float(value) + 0.0


@frozen(kw_only=True)
class SaltPart:
    """One salt of a unit."""

    salt: str
    """Salt key."""

    mg_pct: float
    """Elemental magnesium of the lot, [%]."""

    mass_mg: float
    """Mass in one unit, [mg]."""

    @property
    def elemental_mg(self) -> float:
        """Elemental magnesium it brings to one unit, [mg]."""
        return self.mass_mg * self.mg_pct / 100.0


@frozen(kw_only=True)
class Design:
    """One recipe, its process and the way it is taken.

    Raises
    ------
    InputError
        An amount is negative, the salt is missing or its content zero, the unit weighs nothing,
        or a number is not finite.
    """

    system: str
    """Delivery system."""

    salt: str
    """Salt key."""

    salt_mg_pct: float = field(converter=_number)
    """Elemental magnesium of the lot, [%]."""

    amounts_mg: Mapping[str, float] = field(converter=_amounts)
    """Amount of the salt (under ``salt``) and of each excipient in one unit, [mg]."""

    process: Mapping[str, float | str] = field(converter=_settings)
    """Process parameters of the system by name, unit as suffix."""

    regimen: Regimen
    """How it is taken."""

    second_salt: str = ""
    """Key of the second salt of a mixture; empty for a single salt."""

    second_mg_pct: float = field(default=0.0, converter=_number)
    """Elemental magnesium of the second lot, [%]; 0 for a single salt."""

    def __attrs_post_init__(self) -> None:
        for name, mg in self.amounts_mg.items():
            if not (isfinite(mg) and mg >= 0):
                raise InputError(
                    f"Design ({self.system}): {name} {mg:g} mg is impossible; an amount is a"
                    " finite number, zero or more."
                )
        if "salt" not in self.amounts_mg or not sum(self.amounts_mg.values()) > 0:
            raise InputError(
                f"Design ({self.system}): the amounts {self.amounts_mg} give no salt or no mass.",
                hint="Give each component in mg per unit, the magnesium salt as 'salt'.",
            )
        contents = [self.salt_mg_pct, *([self.second_mg_pct] if self.second_salt else [])]
        for content in contents:
            if not (isfinite(content) and content > 0):
                raise InputError(
                    f"Design ({self.system}): a content of {content:g} % magnesium is"
                    " impossible; it must be above 0."
                )
        if (SECOND_SALT in self.amounts_mg) != bool(self.second_salt):
            raise InputError(
                f"Design ({self.system}): the second salt is {self.second_salt or 'not named'!r},"
                f" its amount {self.amounts_mg.get(SECOND_SALT, 'not given')}.",
                hint=f"Name it and give its amount as {SECOND_SALT!r}, or do neither.",
            )
        for name, value in self.process.items():
            if not isinstance(value, str) and not isfinite(value):
                raise InputError(f"Design ({self.system}): {name} is {value}, no finite number.")

    @property
    def unit_mass_mg(self) -> float:
        """Mass of one unit, [mg]."""
        return round(sum(self.amounts_mg.values()), 6)

    @property
    def salt_name(self) -> str:
        """What the magnesium comes from: a salt key, or two joined by a plus."""
        return f"{self.salt}+{self.second_salt}" if self.second_salt else self.salt

    @property
    def parts(self) -> tuple["SaltPart", ...]:
        """The salts of one unit, one or two."""
        first = SaltPart(salt=self.salt, mg_pct=self.salt_mg_pct, mass_mg=self.amounts_mg["salt"])
        if not self.second_salt:
            return (first,)
        mass = self.amounts_mg[SECOND_SALT]
        return first, SaltPart(salt=self.second_salt, mg_pct=self.second_mg_pct, mass_mg=mass)

    @property
    def salt_mass_mg(self) -> float:
        """Mass of all salt in one unit, [mg]."""
        return round(sum(part.mass_mg for part in self.parts), 6)

    @property
    def elemental_mg_per_unit(self) -> float:
        """Elemental magnesium in one unit, [mg]."""
        return sum(part.elemental_mg for part in self.parts)

    @property
    def elemental_mg_per_intake(self) -> float:
        """Elemental magnesium at one occasion, [mg]."""
        return self.elemental_mg_per_unit * self.regimen.units_per_intake

    @property
    def elemental_mg_per_day(self) -> float:
        """Elemental magnesium a day, [mg/d]."""
        return self.elemental_mg_per_unit * self.regimen.units_per_day

    @property
    def mmol_per_intake(self) -> float:
        """Magnesium at one occasion, [mmol]."""
        return self.elemental_mg_per_intake / MG_PER_MMOL

    def share_pct(self, component: str) -> float:
        """Return the share of a component in the unit.

        Parameters
        ----------
        component : str
            Component of the system, ``salt`` for all salt; absent ones have none, [-].

        Returns
        -------
        float
            Share of the unit mass, [% w/w].
        """
        mass = self.salt_mass_mg if component == "salt" else self.amounts_mg.get(component, 0.0)
        return 100.0 * mass / self.unit_mass_mg

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as they are stored; a second salt only where there is one."""
        second = {"second_salt": self.second_salt, "second_mg_pct": self.second_mg_pct}
        return {
            "system": self.system,
            "salt": self.salt,
            "salt_mg_pct": self.salt_mg_pct,
            "amounts_mg": dict(self.amounts_mg),
            "process": dict(self.process),
            "regimen": self.regimen.as_dict(),
            **(second if self.second_salt else {}),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Design":
        """Build a design from plain values.

        Parameters
        ----------
        values : mapping
            What `as_dict` returned, [-].

        Returns
        -------
        Design
            The same design, [-].

        Raises
        ------
        InputError
            A field is missing or foreign.
        """
        try:
            return cls(**{**values, "regimen": Regimen(**values["regimen"])})
        except (TypeError, KeyError) as error:
            raise InputError(
                f"Design {dict(values)!r} has a missing or foreign field: {error}."
            ) from None

    @cached_property
    def key(self) -> str:
        """Hash of the canonical form, equal for equal designs on every machine."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return sha256(text.encode()).hexdigest()
