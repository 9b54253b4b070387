"""What of a delivery system a study can make and weigh: salts, forms, regimens, components.

A recipe can *surely* be weighed when it stays valid however its amounts are rounded to the balance;
only what can surely be weighed is offered to a search.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from attrs import define, field

from formulation.blends import SaltSource, single
from formulation.choices import Chosen, every_choice, form_regimens
from formulation.composition import ROUNDING_MG, Composition, composition, signature
from formulation.delivery import FORM, DeliverySystem, Form
from formulation.design import BALANCE_MG
from formulation.errors import InputError, UnknownNameError
from formulation.limits import Limits
from formulation.regimen import Regimen
from formulation.rules import invalid_pairs
from formulation.salts import Lot
from formulation.violations import DoseRange

Makes = Mapping[str, frozenset[Chosen]]
"""What can be chosen so that a recipe can surely be weighed, by the regimen as text."""


def _sources(given: tuple[Lot | SaltSource, ...]) -> tuple[SaltSource, ...]:
    return tuple(single(lot) if isinstance(lot, Lot) else lot for lot in given)


@define(kw_only=True)
class Making:
    """What a study can make within one delivery system.

    Raises
    ------
    InputError
        There is no salt or no regimen to choose from.
    """

    system: DeliverySystem
    """The system, with the ranges of the study."""

    sources: tuple[SaltSource, ...] = field(converter=_sources)
    """Salts as delivered, single or mixed."""

    regimens: tuple[Regimen, ...]
    """Ways of taking it."""

    limits: Limits
    """What the jurisdiction allows."""

    dose: DoseRange
    """What the study asks for."""

    _compositions: dict[Any, Composition | None] = field(
        factory=dict, init=False, repr=False, eq=False
    )
    """Compositions computed so far, by what decides them; None where nothing can be made."""

    def __attrs_post_init__(self) -> None:
        for name, given in (("salt", self.sources), ("regimen", self.regimens)):
            if not given:
                raise InputError(f"{self.name}: no {name} is given; a study needs at least one.")

    @property
    def name(self) -> str:
        """Name of the system."""
        return self.system.name

    def as_dict(self) -> dict[str, Any]:
        """Return what distinguishes this space from another, as plain values."""
        return {
            "system": self.name,
            "forms": {
                form.name: {"ranges": form.ranges(), "choices": form.choices()}
                for form in self.system.forms
            },
            "process": [str(parameter) for form in self.system.forms for parameter in form.process],
            "sources": [
                [[[lot.salt.key, lot.mg_pct] for lot in s.lots], s.low_pct, s.high_pct]
                for s in self.sources
            ],
            "regimens": [regimen.as_dict() for regimen in self.regimens],
            "jurisdiction": self.limits.jurisdiction,
            "dose_mg_per_day": [self.dose.low_mg_per_day, self.dose.high_mg_per_day],
        }

    def elemental_range(self, form: Form, regimen: Regimen) -> tuple[float, float]:
        """Return the elemental magnesium one unit may hold under a regimen.

        Parameters
        ----------
        form : Form
            What a unit is, [-].
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most; least exceeds most when nothing is allowed, [mg].
        """
        low, high = form.range_of("elemental_mg_per_unit")
        if form.route.is_supplement:
            allowed = self.limits.max_elemental_mg_per_unit(
                regimen.units_per_intake, regimen.intakes_per_day
            )
            high = min(high, allowed)
        return (
            max(low, self.dose.low_mg_per_day / regimen.units_per_day),
            min(high, self.dose.high_mg_per_day / regimen.units_per_day),
        )

    def salt_range(
        self, source: SaltSource, form: Form, regimen: Regimen, second_pct: float = 0.0
    ) -> tuple[float, float]:
        """Return the salt mass one unit may hold.

        Parameters
        ----------
        source : SaltSource
            The salt as delivered, [-].
        form : Form
            What a unit is, [-].
        regimen : Regimen
            How it is taken, [-].
        second_pct : float, optional
            Share of the second salt of a mixture, [%].

        Returns
        -------
        tuple of float
            Least and most on the balance grid; least exceeds most when no dose is allowed, [mg].
        """
        content = source.mg_pct(second_pct)
        low, high = (100 * mg / content for mg in self.elemental_range(form, regimen))
        # Each salt of a mixture is rounded on its own, which moves the content a little.
        gap = max(lot.mg_pct for lot in source.lots) - min(lot.mg_pct for lot in source.lots)
        spare = BALANCE_MG / 2 * gap / content
        return (
            float(np.ceil((low + spare) / BALANCE_MG - ROUNDING_MG) * BALANCE_MG),
            float(np.floor((high - spare) / BALANCE_MG + ROUNDING_MG) * BALANCE_MG),
        )

    def weighable_range(
        self, source: SaltSource, form: Form, regimen: Regimen, chosen: Chosen, second_pct: float
    ) -> tuple[float, float]:
        """Return the salt mass for which one unit can surely be weighed.

        Parameters
        ----------
        source : SaltSource
            The salt as delivered, [-].
        form : Form
            What a unit is, [-].
        regimen : Regimen
            How it is taken, [-].
        chosen : tuple of tuple of str
            What each selection takes, [-].
        second_pct : float
            Share of the second salt of a mixture, [%].

        Returns
        -------
        tuple of float
            Least and most on the balance grid; least exceeds most when nothing fits, [mg].
        """
        low, high = self.salt_range(source, form, regimen, second_pct)
        part = self.composition(source, form, chosen)
        if part is None:
            return low, 0.0
        least, most = part.salt_range()
        return max(low, least), min(high, most)

    def composition(self, source: SaltSource, form: Form, chosen: Chosen) -> Composition | None:
        """Return what the chosen components can be made into; None when nothing.

        Parameters
        ----------
        source : SaltSource
            The salt as delivered, [-].
        form : Form
            What a unit is, [-].
        chosen : tuple of tuple of str
            What each selection takes, [-].

        Returns
        -------
        Composition or None
            Computed once for all choices with the same bounds, [-].
        """
        names = form.names_of(chosen)
        dissolved = source.per_solvent if form.dissolves_in else None
        key = signature(form, names, dissolved)
        if key not in self._compositions:
            try:
                self._compositions[key] = composition(form, names, dissolved)
            except InputError:
                self._compositions[key] = None
        return self._compositions[key]

    def nearest_miss(self, source: SaltSource) -> tuple[float, float] | None:
        """Return the least salt a unit would need and the most that fits, where they come closest.

        Parameters
        ----------
        source : SaltSource
            The salt as delivered, [-].

        Returns
        -------
        tuple of float or None
            Least needed and most that fits; None when no form takes the salt at all, [mg].
        """
        found = [
            self.weighable_range(source, form, regimen, chosen, source.low_pct)
            for form in self.system.forms
            for chosen in self._choices[form.name]
            if self.composition(source, form, chosen) is not None
            for regimen in form_regimens(form, self.regimens)
        ]
        return max(found, key=lambda ends: ends[1] - ends[0], default=None)

    def why_empty(self) -> str:
        """Return in words what is nearest to fitting where nothing can be made."""
        reasons = [
            f"{source.name} would need at least {best[0]:.1f} mg of salt in one unit, at most"
            f" {best[1]:.1f} mg fit"
            for source in self.sources
            if (best := self.nearest_miss(source)) is not None
        ]
        return f"{self.name}: " + "; ".join(reasons or ["no form can be made of these salts"]) + "."

    def check_composition(self) -> None:
        """Refuse ranges with which one of the forms cannot be made at all.

        Raises
        ------
        InputError
            Why the form cannot be made.
        """
        for form in self.system.forms:
            every = [form.names_of(chosen) for chosen in self._choices[form.name]]
            distinct = {signature(form, names, None): names for names in reversed(every)}
            problem: InputError | None = None
            for names in reversed(distinct.values()):
                try:
                    composition(form, names, None)
                except InputError as error:
                    problem = problem or error
                else:
                    break
            else:
                assert problem is not None
                first = problem.problems[0]
                raise InputError(f"{self.name}.{first.message}", hint=first.hint)

    @cached_property
    def options(self) -> dict[str, dict[str, Makes]]:
        """What can be made and surely weighed, by salt and form."""
        found: dict[str, dict[str, Makes]] = {}
        for source in self.sources:
            for form in self.system.forms:
                if makes := self._makes(source, form):
                    found.setdefault(source.name, {})[form.name] = makes
        return found

    def regimens_for(self, source: str) -> tuple[str, ...]:
        """Return the regimens with which a salt can be made into something.

        Parameters
        ----------
        source : str
            Name of the salt or mixture, [-].

        Returns
        -------
        tuple of str
            Regimens as texts, [-].
        """
        fitting = {text for makes in self.options.get(source, {}).values() for text in makes}
        return tuple(text for text in self._regimens if text in fitting)

    def source(self, name: str) -> SaltSource:
        """Return the salt or mixture of that name.

        Parameters
        ----------
        name : str
            Salt key, or two joined by a plus, [-].

        Returns
        -------
        SaltSource
            As delivered to this study, [-].

        Raises
        ------
        UnknownNameError
            The study does not use it.
        """
        for source in self.sources:
            if source.name == name:
                return source
        raise UnknownNameError(f"{self.name}: salt", name, (s.name for s in self.sources))

    @cached_property
    def _regimens(self) -> dict[str, Regimen]:
        """Every way of taking some form, by its text."""
        every = (r for form in self.system.forms for r in form_regimens(form, self.regimens))
        return {str(regimen): regimen for regimen in every}

    @cached_property
    def _choices(self) -> dict[str, dict[Chosen, int]]:
        """Every combination of the selections with its place in turn, by form."""
        return {
            form.name: {chosen: k for k, chosen in enumerate(every_choice(form))}
            for form in self.system.forms
        }

    def _makes(self, source: SaltSource, form: Form) -> Makes:
        salts = frozenset(lot.salt.key for lot in source.lots)
        regimens = form_regimens(form, self.regimens)
        fitting: dict[Composition | None, list[str]] = {}
        found: dict[str, set[Chosen]] = {}
        for chosen in self._choices[form.name]:
            if any(invalid_pairs(salts, frozenset(form.names_of(chosen)), {FORM: form.name})):
                continue
            part = self.composition(source, form, chosen)
            if part not in fitting:
                fitting[part] = [str(r) for r in regimens if self._fits(source, form, r, chosen)]
            for text in fitting[part]:
                found.setdefault(text, set()).add(chosen)
        return {text: frozenset(chosen) for text, chosen in found.items()}

    def _fits(self, source: SaltSource, form: Form, regimen: Regimen, chosen: Chosen) -> bool:
        """Tell whether a recipe can be weighed at both ends of a mixture's share."""
        ends = (
            self.weighable_range(source, form, regimen, chosen, share)
            for share in {source.low_pct, source.high_pct}
        )
        return all(low <= high for low, high in ends)
