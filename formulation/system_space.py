"""What a study may make and take within one delivery system.

`SystemSpace.draw` walks the choices of the system once, asking a picker for each; `encode` gives
the answers that draw a design again. Where an answer does not fit what was chosen before, the next
one in turn that fits is taken, so every answer makes a valid design. See `formulation.space` for
the space of a whole study.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from attrs import define, field

from formulation.arrays import FloatArray
from formulation.blends import SECOND_SHARE, SaltSource, single
from formulation.choices import (
    Chosen,
    active_parameters,
    chosen_in,
    every_choice,
    form_regimens,
    next_in_turn,
)
from formulation.composition import ROUNDING_MG, Composition, composition, coordinates, signature
from formulation.delivery import FORM, DeliverySystem, Form, selection_text
from formulation.design import BALANCE_MG, SECOND_SALT, Design, on_grid
from formulation.errors import InputError, UnknownNameError
from formulation.limits import Limits
from formulation.parameters import ChoiceParameter, Parameter
from formulation.regimen import Regimen
from formulation.salts import Lot
from formulation.violations import DoseRange, Violation, invalid_pairs, study_violations

Picker = Callable[[str, tuple[str, ...] | None], str | float]
"""Answers one question: a name, and either the choices or None for a number between 0 and 1."""

Makes = Mapping[str, frozenset[Chosen]]
"""What can be chosen so that a recipe can surely be weighed, by the regimen as text."""


def _sources(given: tuple[Lot | SaltSource, ...]) -> tuple[SaltSource, ...]:
    return tuple(single(lot) if isinstance(lot, Lot) else lot for lot in given)


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
        source = self.source(str(pick(f"{self.name}.salt", tuple(self.options))))
        form = self._pick_form(source, pick)
        makes = self.options[source.name][form.name]
        texts = tuple(self._regimens)
        text = next_in_turn(texts, str(pick(f"{self.name}.regimen", texts)), makes)
        chosen = self._pick_chosen(form, makes[text], pick)
        process = self._pick_process(source, form, chosen, pick)
        names = coordinates(form, form.names_of(chosen))
        cube = np.array([float(pick(self._asked(form, f"amount.{name}"), None)) for name in names])
        regimen = self._regimens[text]
        salt = self.salt_range(source, form, regimen, _share(process))
        part = self.composition(source, form, chosen)
        assert part is not None
        return self._design(source, form, regimen, chosen, process, part.point(cube, salt))

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
        source, form = self.source(design.salt_name), self.system.form_of(design)
        chosen = chosen_in(form, design)
        answers: dict[str, str | float] = {
            f"{self.name}.salt": source.name,
            f"{self.name}.{FORM}": form.name,
            f"{self.name}.regimen": str(design.regimen),
        }
        for selection, taken in zip(form.selections, chosen, strict=True):
            answers[self._asked(form, selection.name)] = selection_text(taken)
        for parameter in active_parameters(form, chosen, design.process):
            answer = _answer(parameter, design.process[parameter.name])
            answers[self._asked(form, parameter.name)] = answer
        if source.is_mixture:
            span, share = source.high_pct - source.low_pct, _share(design.process)
            u = (share - source.low_pct) / span if span else 0.5
            answers[f"{self.name}.{SECOND_SHARE}"] = u
        names = coordinates(form, form.names_of(chosen))
        salt = self.salt_range(source, form, design.regimen, _share(design.process))
        part = self.composition(source, form, chosen)
        assert part is not None
        for name, u in zip(names, part.to_cube(_point(design, names), salt).tolist(), strict=True):
            answers[self._asked(form, f"amount.{name}")] = u
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
        return tuple(
            study_violations(
                self.system, self.sources, self.regimens, self.limits, self.dose, design
            )
        )

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

    def _asked(self, form: Form, name: str) -> str:
        return f"{self.name}.{form.name}.{name}"

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

    def _pick_form(self, source: SaltSource, pick: Picker) -> Form:
        names = tuple(form.name for form in self.system.forms)
        wanted = str(pick(f"{self.name}.{FORM}", names))
        return self.system.form(next_in_turn(names, wanted, self.options[source.name]))

    def _pick_chosen(self, form: Form, fitting: frozenset[Chosen], pick: Picker) -> Chosen:
        """Ask for each selection, and take the next fitting combination in turn."""
        wanted = []
        for selection in form.selections:
            text = str(pick(self._asked(form, selection.name), selection.texts))
            wanted.append(selection.choices[selection.texts.index(text)])
        places = self._choices[form.name]
        start = places[tuple(wanted)]
        return min(fitting, key=lambda chosen: (places[chosen] - start) % len(places))

    def _pick_process(
        self, source: SaltSource, form: Form, chosen: Chosen, pick: Picker
    ) -> dict[str, float | str]:
        process: dict[str, float | str] = {FORM: form.name}
        for parameter in form.process:
            if parameter not in active_parameters(form, chosen, process):
                continue
            asked = self._asked(form, parameter.name)
            if isinstance(parameter, ChoiceParameter):
                process[parameter.name] = str(pick(asked, parameter.choices))
            else:
                span = parameter.high - parameter.low
                process[parameter.name] = parameter.snap(parameter.low + _u(pick, asked) * span)
        if source.is_mixture:
            span = source.high_pct - source.low_pct
            share = source.low_pct + _u(pick, f"{self.name}.{SECOND_SHARE}") * span
            process[SECOND_SHARE] = float(round(share))
        return process

    def _design(
        self,
        source: SaltSource,
        form: Form,
        regimen: Regimen,
        chosen: Chosen,
        process: Mapping[str, float | str],
        point: FloatArray,
    ) -> Design:
        """Return the design of a point on the balance grid."""
        present = form.names_of(chosen)
        amounts = dict(zip(coordinates(form, present), point.tolist(), strict=True))
        sizes = {d.name: amounts.pop(d.name) for d in form.dimensions}
        mass = amounts.pop("unit_mass")
        amounts[present[-1]] = on_grid(mass - sum(amounts.values()))
        second: dict[str, Any] = {}
        if source.is_mixture:
            total = amounts["salt"]
            share = on_grid(total * _share(process) / 100)
            amounts = {**amounts, "salt": on_grid(total - share), SECOND_SALT: share}
            lot = source.lots[1]
            second = {"second_salt": lot.salt.key, "second_mg_pct": lot.mg_pct}
        return Design(
            system=self.name,
            salt=source.lots[0].salt.key,
            salt_mg_pct=source.lots[0].mg_pct,
            amounts_mg=amounts,
            process={**process, **sizes},
            regimen=regimen,
            **second,
        )


def _share(process: Mapping[str, float | str]) -> float:
    return float(process.get(SECOND_SHARE, 0.0))


def _u(pick: Picker, name: str) -> float:
    return float(pick(name, None))


def _answer(parameter: Parameter, value: float | str) -> str | float:
    if isinstance(parameter, ChoiceParameter):
        return value
    span = parameter.high - parameter.low
    return (float(value) - parameter.low) / span if span else 0.5


def _point(design: Design, names: tuple[str, ...]) -> FloatArray:
    values = {**design.process, **design.amounts_mg}
    values.update({"salt": design.salt_mass_mg, "unit_mass": design.unit_mass_mg})
    return np.array([float(values[name]) for name in names])
