"""One form of a delivery system: components, settings and sizes, and how a study narrows them."""

from collections.abc import Iterable

from attrs import evolve, frozen

from formulation.delivery._parts import Component, Dimension, Relation, Route, Selection
from formulation.errors import InputError, UnknownNameError
from formulation.parameters import ChoiceParameter, Parameter, RealParameter
from formulation.provenance import Quantity
from formulation.units import with_unit

UNIT_RANGES = ("unit_mass", "elemental_mg_per_unit")
"""Ranges every form has besides those of its components and parameters."""


@frozen(kw_only=True)
class Form:
    """One form of a delivery system: what a unit is made of, and how."""

    name: str
    """Name used in study files."""

    title: str
    """Name for people."""

    route: Route
    """Way into the body."""

    components: tuple[Component, ...]
    """What a unit may be made of: ``salt`` first; the last one present balances the sum."""

    unit_mass_mg: Quantity
    """Mass of one unit with its range, [mg]."""

    elemental_mg_per_unit: Quantity
    """Elemental magnesium of one unit with its range, [mg]."""

    process: tuple[Parameter, ...] = ()
    """Process and geometry parameters."""

    selections: tuple[Selection, ...] = ()
    """Roles filled by some of several components; components in none are always present."""

    dimensions: tuple[Dimension, ...] = ()
    """Sizes that are no mass."""

    relations: tuple[Relation, ...] = ()
    """Ratios that must stay within bounds."""

    dissolves_in: str = ""
    """Component in which all salt must be dissolved; empty where it may stay solid."""

    def names_of(self, chosen: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        """Return the components of a unit, in order.

        Parameters
        ----------
        chosen : iterable of tuple of str
            What each selection takes, [-].

        Returns
        -------
        tuple of str
            Components that are always present and those chosen, [-].
        """
        optional = _members(self.selections)
        taken = {name for names in chosen for name in names}
        return tuple(c.name for c in self.components if c.name not in optional or c.name in taken)

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
            The form has no such component.
        """
        for component in self.components:
            if component.name == name:
                return component
        raise UnknownNameError(f"{self.name}: component", name, (c.name for c in self.components))

    def ranges(self) -> dict[str, tuple[float, float, str]]:
        """Return every range a study may narrow.

        Returns
        -------
        dict
            Low, high and unit by name, [-].
        """
        found = {c.name: (c.low_pct, c.high_pct, "percent") for c in self.components}
        for real in (*self.process, *self.dimensions):
            if not isinstance(real, ChoiceParameter):
                low, high, _ = found.get(real.name, (real.low, real.high, ""))
                found[real.name] = (min(low, real.low), max(high, real.high), real.unit)
        for name, quantity in zip(UNIT_RANGES, self._unit_quantities(), strict=True):
            found[name] = (*_ends(quantity), "mg")
        return found

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return the settings of everything a study may choose.

        Returns
        -------
        dict of str to tuple of str
            Settings of choice parameters and selections by name, [-].
        """
        chosen = {p.name: p.choices for p in self.process if isinstance(p, ChoiceParameter)}
        return {**chosen, **{selection.name: selection.texts for selection in self.selections}}

    def range_of(self, name: str) -> tuple[float, float]:
        """Return the range of a component, number, dimension, the unit mass or the content.

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
        if name in self.choices():
            raise InputError(f"{self.name}.{name} is a choice; list its settings.")
        ranges = self.ranges()
        if name not in ranges:
            raise UnknownNameError(f"{self.name}: range", name, ranges)
        low, high, _ = ranges[name]
        return low, high

    def narrowed(self, name: str, low: float | None, high: float | None) -> "Form":
        """Return the form with a smaller range.

        Parameters
        ----------
        name : str
            Component, number, dimension, ``unit_mass`` or ``elemental_mg_per_unit``, [-].
        low, high : float or None
            New ends, in the unit of that range; None keeps one, [-].

        Returns
        -------
        Form
            The narrower form, [-].

        Raises
        ------
        InputError
            The new range is reversed or reaches outside the form's own.
        """
        old_low, old_high = self.range_of(name)
        unit = self.ranges()[name][2]
        low, high = (old_low if low is None else low), (old_high if high is None else high)
        if not low <= high:
            raise InputError(
                f"{self.name}.{name}: low {with_unit(low, unit)} lies above high"
                f" {with_unit(high, unit)}.",
                hint="Swap them, or give one end only; the other is then that of the form.",
            )
        if low < old_low - 1e-9 or high > old_high + 1e-9:
            raise InputError(
                f"{self.name}.{name}: {low:g} to {with_unit(high, unit)} reaches outside"
                f" {old_low:g} to {with_unit(old_high, unit)}, which this form can be made with.",
                hint="A study may only narrow a range.",
            )
        if name == "unit_mass":
            return evolve(self, unit_mass_mg=_narrow(self.unit_mass_mg, low, high))
        if name == "elemental_mg_per_unit":
            content = _narrow(self.elemental_mg_per_unit, low, high)
            return evolve(self, elemental_mg_per_unit=content)
        return evolve(
            self,
            components=tuple(
                evolve(c, low_pct=low, high_pct=high) if c.name == name else c
                for c in self.components
            ),
            process=tuple(_narrow_real(p, name, low, high) for p in self.process),
            dimensions=tuple(
                evolve(d, low=low, high=high) if d.name == name else d for d in self.dimensions
            ),
        )

    def restricted(self, name: str, settings: tuple[str, ...]) -> "Form":
        """Return the form with fewer settings for one choice.

        Parameters
        ----------
        name : str
            Choice parameter or selection, [-].
        settings : tuple of str
            Settings that remain, [-].

        Returns
        -------
        Form
            The narrower form, [-].

        Raises
        ------
        InputError
            A setting is unknown, or none remains.
        """
        if name not in self.choices():
            raise InputError(f"{self.name}.{name} is a number; give it low and high.")
        known = self.choices()[name]
        for setting in settings:
            if setting not in known:
                raise UnknownNameError(f"{name} setting", setting, known)
        if not settings:
            raise InputError(f"Parameter {name!r} has no choices.")
        selections = tuple(
            evolve(s, choices=tuple(s.choices[s.texts.index(text)] for text in settings))
            if s.name == name
            else s
            for s in self.selections
        )
        dropped = _members(self.selections) - _members(selections)
        kept = (p for p in self.process if set(p.when.get(name, settings)) & set(settings))
        return evolve(
            self,
            components=tuple(c for c in self.components if c.name not in dropped),
            process=tuple(
                evolve(p, choices=settings)
                if p.name == name and isinstance(p, ChoiceParameter)
                else p
                for p in kept
            ),
            selections=selections,
        )

    def _unit_quantities(self) -> tuple[Quantity, Quantity]:
        return self.unit_mass_mg, self.elemental_mg_per_unit


def _ends(quantity: Quantity) -> tuple[float, float]:
    low = quantity.value if quantity.low is None else quantity.low
    return low, quantity.value if quantity.high is None else quantity.high


def _narrow(quantity: Quantity, low: float, high: float) -> Quantity:
    return evolve(quantity, value=min(max(quantity.value, low), high), low=low, high=high)


def _members(selections: Iterable[Selection]) -> frozenset[str]:
    return frozenset(name for selection in selections for name in selection.members)


def _narrow_real(parameter: Parameter, name: str, low: float, high: float) -> Parameter:
    """Return a number narrowed to what a study states; another parameter as it is."""
    if parameter.name != name or not isinstance(parameter, RealParameter):
        return parameter
    if max(low, parameter.low) > min(high, parameter.high):
        when = "; ".join(f"{key} {' or '.join(known)}" for key, known in parameter.when.items())
        raise InputError(
            f"{name}: {low:g} to {with_unit(high, parameter.unit)} leaves nothing of"
            f" {parameter.low:g} to {parameter.high:g}, which it has with {when}.",
            hint="Leave those settings out under 'choices', or widen the range.",
        )
    return evolve(parameter, low=max(low, parameter.low), high=min(high, parameter.high))
