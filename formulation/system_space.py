"""What a study may make and take within one delivery system.

`SystemSpace.draw` walks the choices of the system once, asking a picker for each; `encode` gives
the answers that draw a design again. See `formulation.space` for the space of a whole study.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from attrs import define

from formulation.composition import Composition, composition
from formulation.delivery import DeliverySystem
from formulation.design import BALANCE_MG, Design
from formulation.errors import InputError, UnknownNameError
from formulation.limits import Limits
from formulation.parameters import ChoiceParameter
from formulation.regimen import Regimen
from formulation.salts import Lot
from formulation.violations import (
    ROUNDING_MG,
    DoseRange,
    Violation,
    choice_violations,
    component_violations,
    dose_violations,
    incompatibility_violations,
    process_violations,
)

Picker = Callable[[str, tuple[str, ...] | None], str | float]
"""Answers one question: a name, and either the choices or None for a number between 0 and 1."""


@define(kw_only=True)
class SystemSpace:
    """What a study may vary within one delivery system.

    Raises
    ------
    InputError
        There is no salt or no regimen to choose from.
    """

    system: DeliverySystem
    """The system, with the ranges of the study."""

    lots: tuple[Lot, ...]
    """Salts as delivered."""

    regimens: tuple[Regimen, ...]
    """Ways of taking it."""

    limits: Limits
    """What the jurisdiction allows."""

    dose: DoseRange
    """What the study asks for."""

    def __attrs_post_init__(self) -> None:
        for name, given in (("salt", self.lots), ("regimen", self.regimens)):
            if not given:
                raise InputError(f"{self.name}: no {name} is given; a study needs at least one.")

    @property
    def name(self) -> str:
        """Name of the system."""
        return self.system.name

    def as_dict(self) -> dict[str, Any]:
        """Return what distinguishes this space from another, as plain values."""
        names = [c.name for c in self.system.components]
        return {
            "system": self.name,
            "shares_pct": {name: self.system.range_of(name) for name in names},
            "process": [str(parameter) for parameter in self.system.process],
            "unit_mass_mg": self.system.range_of("unit_mass"),
            "elemental_mg_per_unit": self.system.range_of("elemental_mg_per_unit"),
            "lots": [[lot.salt.key, lot.mg_pct] for lot in self.lots],
            "regimens": [regimen.as_dict() for regimen in self.regimens],
            "jurisdiction": self.limits.jurisdiction,
            "dose_mg_per_day": [self.dose.low_mg_per_day, self.dose.high_mg_per_day],
        }

    @cached_property
    def composition(self) -> Composition:
        """What a unit of the system can be made of."""
        return composition(self.system)

    def elemental_range(self, regimen: Regimen) -> tuple[float, float]:
        """Return the elemental magnesium one unit may hold under a regimen.

        Parameters
        ----------
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most; least exceeds most when nothing is allowed, [mg].
        """
        low, high = self.system.range_of("elemental_mg_per_unit")
        allowed = self.limits.max_elemental_mg_per_unit(
            regimen.units_per_intake, regimen.intakes_per_day
        )
        return (
            max(low, self.dose.low_mg_per_day / regimen.units_per_day),
            min(high, allowed, self.dose.high_mg_per_day / regimen.units_per_day),
        )

    def salt_range(self, lot: Lot, regimen: Regimen) -> tuple[float, float]:
        """Return the salt mass one unit may hold.

        Parameters
        ----------
        lot : Lot
            The salt as delivered, [-].
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most on the balance grid; least exceeds most when no dose is allowed, [mg].
        """
        low, high = (100 * mg / lot.mg_pct for mg in self.elemental_range(regimen))
        return (
            float(np.ceil(low / BALANCE_MG - ROUNDING_MG) * BALANCE_MG),
            float(np.floor(high / BALANCE_MG + ROUNDING_MG) * BALANCE_MG),
        )

    def weighable_range(self, lot: Lot, regimen: Regimen) -> tuple[float, float]:
        """Return the salt mass for which one unit can surely be weighed.

        Parameters
        ----------
        lot : Lot
            The salt as delivered, [-].
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most on the balance grid; least exceeds most when nothing fits, [mg].
        """
        low, high = self.salt_range(lot, regimen)
        inner_low, inner_high = self.composition.salt_range()
        return (
            max(low, float(np.ceil(inner_low / BALANCE_MG - ROUNDING_MG) * BALANCE_MG)),
            min(high, float(np.floor(inner_high / BALANCE_MG + ROUNDING_MG) * BALANCE_MG)),
        )

    @cached_property
    def options(self) -> dict[str, dict[str, Regimen]]:
        """Regimens by text, by salt: only those with which something can be made."""
        found: dict[str, dict[str, Regimen]] = {}
        for lot in self.lots:
            for regimen in self.regimens:
                low, high = self.weighable_range(lot, regimen)
                if low <= high:
                    found.setdefault(lot.salt.key, {})[str(regimen)] = regimen
        return found

    def lot(self, salt: str) -> Lot:
        """Return the lot of a salt.

        Parameters
        ----------
        salt : str
            Salt key, [-].

        Returns
        -------
        Lot
            The lot of this study, [-].

        Raises
        ------
        UnknownNameError
            The study does not use that salt.
        """
        for lot in self.lots:
            if lot.salt.key == salt:
                return lot
        raise UnknownNameError(f"{self.name}: salt", salt, (x.salt.key for x in self.lots))

    @cached_property
    def _regimen_texts(self) -> tuple[str, ...]:
        """Every regimen that fits at least one salt."""
        fitting = {text for regimens in self.options.values() for text in regimens}
        return tuple(str(regimen) for regimen in self.regimens if str(regimen) in fitting)

    def _regimen(self, salt: str, wanted: str) -> Regimen:
        """Return the regimen wanted, or the next in turn that fits the salt."""
        start = self._regimen_texts.index(wanted)
        turn = self._regimen_texts[start:] + self._regimen_texts[:start]
        return next(self.options[salt][text] for text in turn if text in self.options[salt])

    def draw(self, pick: Picker) -> Design:
        """Walk the choices of this system and return the design they make.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        salt = str(pick(f"{self.name}.salt", tuple(self.options)))
        regimen = self._regimen(salt, str(pick(f"{self.name}.regimen", self._regimen_texts)))
        cube = np.array([float(pick(name, None)) for name in self._coordinate_names()])
        process: dict[str, float | str] = {}
        for parameter in self.system.process:
            name = f"{self.name}.{parameter.name}"
            if isinstance(parameter, ChoiceParameter):
                process[parameter.name] = str(pick(name, parameter.choices))
            else:
                u = float(pick(name, None))
                process[parameter.name] = parameter.snap(
                    parameter.low + u * (parameter.high - parameter.low)
                )
        lot = self.lot(salt)
        return Design(
            system=self.name,
            salt=salt,
            salt_mg_pct=lot.mg_pct,
            amounts_mg=self.composition.amounts(cube, self.salt_range(lot, regimen)),
            process=process,
            regimen=regimen,
        )

    def encode(self, design: Design) -> dict[str, str | float]:
        """Return the answers that `draw` needs to make this design again.

        Parameters
        ----------
        design : Design
            A valid design of this system, [-].

        Returns
        -------
        dict
            Answers by question, [-].
        """
        lot = self.lot(design.salt)
        salt_range = self.salt_range(lot, design.regimen)
        cube = self.composition.to_cube(design.amounts_mg, salt_range)
        answers: dict[str, str | float] = {
            f"{self.name}.salt": design.salt,
            f"{self.name}.regimen": str(design.regimen),
            **dict(zip(self._coordinate_names(), cube.tolist(), strict=True)),
        }
        for parameter in self.system.process:
            value = design.process[parameter.name]
            if isinstance(parameter, ChoiceParameter):
                answers[f"{self.name}.{parameter.name}"] = value
            else:
                span = parameter.high - parameter.low
                u = (float(value) - parameter.low) / span if span else 0.5
                answers[f"{self.name}.{parameter.name}"] = u
        return answers

    def violations(self, design: Design) -> tuple[Violation, ...]:
        """Return every input rule a design of this system breaks.

        Parameters
        ----------
        design : Design
            Any design of this system, [-].

        Returns
        -------
        tuple of Violation
            Empty for a valid design, [-].
        """
        return (
            *choice_violations(self.lots, self.regimens, design),
            *component_violations(self.system, design),
            *dose_violations(self.system, self.limits, self.dose, design),
            *process_violations(self.system, design),
            *incompatibility_violations(design),
        )

    def _coordinate_names(self) -> list[str]:
        return [f"{self.name}.amount.{name}" for name in self.composition.coordinates]
