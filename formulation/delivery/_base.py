"""What every delivery system says of itself: components, process, hard limits, features."""

from collections.abc import Mapping
from typing import Protocol

from attrs import evolve, field, frozen

from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.parameters import ChoiceParameter, Parameter, RealParameter
from formulation.provenance import Quantity
from formulation.salts import get_salt


@frozen(kw_only=True)
class Component:
    """One component of a unit with its role and its bounds.

    Raises
    ------
    InputError
        The bounds are reversed or outside 0 to 100 %.
    """

    name: str
    """Name in recipes; ``salt`` for the magnesium salt."""

    role: str
    """What it does."""

    low_pct: float
    """Smallest share of the unit mass, [% w/w]."""

    high_pct: float
    """Largest share of the unit mass, [% w/w]."""

    source: str
    """Key in ``formulation/sources.bib`` for the bounds."""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.low_pct <= self.high_pct <= 100:
            raise InputError(
                f"Component {self.name!r}: bounds {self.low_pct:g} to {self.high_pct:g} % w/w"
                " are impossible; 0 <= low <= high <= 100."
            )


class FeatureRule(Protocol):
    """Turns a design into the numbers a surrogate may see."""

    def __call__(self, design: Design) -> Mapping[str, float]:
        """Return features by name, the same names for every design of a system."""


@frozen(kw_only=True)
class DeliverySystem:
    """A way to bring magnesium into the body, with everything a study may vary."""

    name: str
    """Name used in study files."""

    title: str
    """Name for people."""

    route: str
    """Way into the body."""

    components: tuple[Component, ...]
    """What one unit is made of; ``salt`` first, the last one balances the sum."""

    process: tuple[Parameter, ...]
    """Process and geometry parameters."""

    unit_mass_mg: Quantity
    """Mass of one unit with the range that can be swallowed, [mg]."""

    elemental_mg_per_unit: Quantity
    """Elemental magnesium of one unit with its range, [mg]."""

    features: FeatureRule = field(repr=False)
    """What surrogates may take as features."""

    def component(self, name: str) -> Component:
        """Return a component by name.

        Parameters
        ----------
        name : str
            Component name, [-].

        Returns
        -------
        Component
            The component, [-].

        Raises
        ------
        UnknownNameError
            The system has no such component.
        """
        for component in self.components:
            if component.name == name:
                return component
        raise UnknownNameError(f"{self.name}: component", name, (c.name for c in self.components))

    def parameter(self, name: str) -> Parameter:
        """Return a process parameter by name.

        Parameters
        ----------
        name : str
            Parameter name, [-].

        Returns
        -------
        RealParameter or ChoiceParameter
            The parameter, [-].

        Raises
        ------
        UnknownNameError
            The system has no such parameter.
        """
        for parameter in self.process:
            if parameter.name == name:
                return parameter
        raise UnknownNameError(f"{self.name}: parameter", name, (p.name for p in self.process))

    def narrowed(self, name: str, low: float, high: float) -> "DeliverySystem":
        """Return the system with a smaller range for one component, parameter or the unit mass.

        Parameters
        ----------
        name : str
            Component, real parameter, ``unit_mass`` or ``elemental_mg_per_unit``, [-].
        low, high : float
            New ends, in the unit of that range, [-].

        Returns
        -------
        DeliverySystem
            The narrower system, [-].

        Raises
        ------
        InputError
            The new range is reversed or wider than the system's own.
        """
        old_low, old_high = self.range_of(name)
        if not low <= high:
            raise InputError(f"{self.name}.{name}: low {low:g} lies above high {high:g}.")
        if low < old_low - 1e-9 or high > old_high + 1e-9:
            raise InputError(
                f"{self.name}.{name}: {low:g} to {high:g} reaches outside {old_low:g} to"
                f" {old_high:g}, which this system can be made with.",
                hint="A study may only narrow a range.",
            )
        if name == "unit_mass":
            return evolve(self, unit_mass_mg=_narrow(self.unit_mass_mg, low, high))
        if name == "elemental_mg_per_unit":
            return evolve(
                self, elemental_mg_per_unit=_narrow(self.elemental_mg_per_unit, low, high)
            )
        if name in {c.name for c in self.components}:
            changed = evolve(self.component(name), low_pct=low, high_pct=high)
            return evolve(
                self,
                components=tuple(changed if c.name == name else c for c in self.components),
            )
        parameter = self.parameter(name)
        assert isinstance(parameter, RealParameter)
        return self._with_parameter(evolve(parameter, low=low, high=high))

    def restricted(self, name: str, choices: tuple[str, ...]) -> "DeliverySystem":
        """Return the system with fewer settings for one choice parameter.

        Parameters
        ----------
        name : str
            Choice parameter, [-].
        choices : tuple of str
            Settings that remain, [-].

        Returns
        -------
        DeliverySystem
            The narrower system, [-].

        Raises
        ------
        InputError
            A setting is unknown, or none remains.
        """
        old = self.parameter(name)
        if not isinstance(old, ChoiceParameter):
            raise InputError(f"{self.name}.{name} is a number; give it low and high.")
        return self._with_parameter(
            evolve(old, choices=tuple(old.check(choice) for choice in choices))
        )

    def _with_parameter(self, new: Parameter) -> "DeliverySystem":
        return evolve(self, process=tuple(new if p.name == new.name else p for p in self.process))

    def range_of(self, name: str) -> tuple[float, float]:
        """Return the range of a component, a real parameter, the unit mass or the content.

        Parameters
        ----------
        name : str
            What the range belongs to, [-].

        Returns
        -------
        tuple of float
            Low and high end, in % w/w, the parameter's unit or mg, [-].

        Raises
        ------
        InputError
            The name is unknown, or belongs to a choice.
        """
        if name in ("unit_mass", "elemental_mg_per_unit"):
            quantity = self.unit_mass_mg if name == "unit_mass" else self.elemental_mg_per_unit
            low = quantity.value if quantity.low is None else quantity.low
            return low, quantity.value if quantity.high is None else quantity.high
        for component in self.components:
            if component.name == name:
                return component.low_pct, component.high_pct
        for parameter in self.process:
            if parameter.name == name and isinstance(parameter, RealParameter):
                return parameter.low, parameter.high
            if parameter.name == name:
                raise InputError(f"{self.name}.{name} is a choice; list its settings.")
        known = [c.name for c in self.components] + [p.name for p in self.process]
        raise UnknownNameError(
            f"{self.name}: range", name, [*known, "unit_mass", "elemental_mg_per_unit"]
        )


def oral_features(design: Design) -> dict[str, float]:
    """Return the features every oral system shares.

    Parameters
    ----------
    design : Design
        The design, [-].

    Returns
    -------
    dict of str to float
        Dose, regimen and salt chemistry by name, unit as suffix, [-].
    """
    from math import log10

    salt = get_salt(design.salt)
    assert salt.solubility is not None
    assert salt.acid_demand is not None
    return {
        "dose_mmol": design.mmol_per_intake,
        "intakes_per_day": float(design.regimen.intakes_per_day),
        "with_meals": float(design.regimen.with_meals),
        "log_solubility_mmol_per_l": log10(salt.solubility.value),
        "acid_demand_meq_per_mmol": salt.acid_demand.value,
        "unit_mass_mg": design.unit_mass_mg,
        "salt_pct": design.share_pct("salt"),
    }


def _narrow(quantity: Quantity, low: float, high: float) -> Quantity:
    return evolve(quantity, value=min(max(quantity.value, low), high), low=low, high=high)
