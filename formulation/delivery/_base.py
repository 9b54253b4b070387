"""What every delivery system says of itself: forms, components, process, hard limits, features.

A system comes in one or more *forms* (a tablet or a solution, a matrix of one polymer or another).
A form lists its components with bounds in % of the unit mass, which excipients may be chosen out of
how many (`Selection`), dimensions that are no mass (a patch's area), linear relations between them,
and process parameters, some of which exist only under a choice.
"""

from collections.abc import Mapping
from typing import Protocol

from attrs import evolve, field, frozen

from formulation.delivery._form import Form
from formulation.delivery._parts import (
    Component,
    Dimension,
    Relation,
    Route,
    Selection,
    selection_text,
    some_of,
)
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError

__all__ = [
    "FORM",
    "Component",
    "DeliverySystem",
    "Dimension",
    "FeatureRule",
    "Form",
    "Relation",
    "Route",
    "Selection",
    "selection_text",
    "some_of",
]

FORM = "form"
"""Process setting that names the form of a unit."""


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

    forms: tuple[Form, ...]
    """Its forms."""

    features: FeatureRule = field(repr=False)
    """What surrogates may take as features."""

    def form(self, name: str) -> Form:
        """Return a form by name.

        Parameters
        ----------
        name : str
            Form name, [-].

        Returns
        -------
        Form
            The form, [-].

        Raises
        ------
        UnknownNameError
            The system has no such form.
        """
        for form in self.forms:
            if form.name == name:
                return form
        raise UnknownNameError(f"{self.name}: form", name, (f.name for f in self.forms))

    def form_of(self, design: Design) -> Form:
        """Return the form of a design.

        Parameters
        ----------
        design : Design
            A design of this system, [-].

        Returns
        -------
        Form
            The form its process settings name, [-].

        Raises
        ------
        UnknownNameError
            The settings name none of the forms.
        """
        return self.form(str(design.process.get(FORM, "")))

    def names(self) -> dict[str, str]:
        """Return everything a study may narrow or restrict, with its unit.

        Returns
        -------
        dict of str to str
            Unit by name, with and without the form before a dot; empty for a choice, [-].
        """
        found = {FORM: ""}
        for form in self.forms:
            units = {name: unit for name, (_, _, unit) in form.ranges().items()}
            for name, unit in {**units, **dict.fromkeys(form.choices(), "")}.items():
                found[name] = found[f"{form.name}.{name}"] = unit
        return found

    def settings(self, name: str) -> tuple[str, ...]:
        """Return the settings of a choice in all the forms that have it.

        Parameters
        ----------
        name : str
            ``form``, a choice parameter or a selection, with or without a form before it, [-].

        Returns
        -------
        tuple of str
            Each once; empty for a number, [-].
        """
        if name == FORM:
            return tuple(form.name for form in self.forms)
        mine, bare = self._addressed(name)
        every = (setting for form in mine for setting in form.choices().get(bare, ()))
        return tuple(dict.fromkeys(every))

    def narrowed(self, name: str, low: float | None, high: float | None) -> "DeliverySystem":
        """Return the system with a smaller range, in one form or in all that have it.

        Parameters
        ----------
        name : str
            Name of a range, such as ``hpmc``, or of one form's, such as ``tablet.salt``, [-].
        low, high : float or None
            New ends, in the unit of that range; None keeps one, [-].

        Returns
        -------
        DeliverySystem
            The narrower system, [-].

        Raises
        ------
        InputError
            The new range is reversed or reaches outside that of a form.
        """
        mine, bare = self._addressed(name)
        having = [form for form in mine if bare in form.ranges()]
        if not having:
            return self._refuse(name, mine, bare)
        try:
            narrower = {form.name: form.narrowed(bare, low, high) for form in having}
        except InputError as error:
            raise InputError(
                f"{self.name}.{error.problems[0].message}",
                hint=error.problems[0].hint
                if len(having) == 1
                else f"Name one form, such as '{having[0].name}.{bare}', or list the forms under"
                " 'choices: {form: [...]}'.",
            ) from None
        return evolve(self, forms=tuple(narrower.get(form.name, form) for form in self.forms))

    def restricted(self, name: str, settings: tuple[str, ...]) -> "DeliverySystem":
        """Return the system with fewer forms, or fewer settings for one choice.

        Parameters
        ----------
        name : str
            ``form``, a choice parameter or a selection, with or without a form before it, [-].
        settings : tuple of str
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
        if name == FORM:
            if not settings:
                raise InputError(f"Parameter {name!r} has no choices.")
            return evolve(self, forms=tuple(self.form(setting) for setting in settings))
        mine, bare = self._addressed(name)
        having = {form.name: form for form in mine if bare in form.choices()}
        if not having:
            if any(bare in form.ranges() for form in mine):
                raise InputError(f"{self.name}.{name} is a number; give it low and high.")
            raise UnknownNameError(f"{self.name}: parameter", name, self.names())
        return evolve(
            self,
            forms=tuple(
                form.restricted(bare, settings) if form.name in having else form
                for form in self.forms
            ),
        )

    def _addressed(self, name: str) -> tuple[tuple[Form, ...], str]:
        form, _, bare = name.rpartition(".")
        return ((self.form(form),) if form else self.forms), bare

    def _refuse(self, name: str, forms: tuple[Form, ...], bare: str) -> "DeliverySystem":
        if bare == FORM or any(bare in form.choices() for form in forms):
            raise InputError(f"{self.name}.{name} is a choice; list its settings.")
        raise UnknownNameError(f"{self.name}: range", name, self.names())
