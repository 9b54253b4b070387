"""What a study may make and take within one delivery system.

`SystemSpace.draw` walks the choices of the system once, asking a picker for each; `encode` gives
the answers that draw a design again. Where an answer does not fit what was chosen before, the next
one in turn that fits is taken, so every answer makes a valid design. See `formulation.space` for
the space of a whole study.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import define

from formulation.arrays import FloatArray
from formulation.blends import SECOND_SHARE, SaltSource
from formulation.choices import Chosen, active_parameters, chosen_in, next_in_turn
from formulation.composition import coordinates
from formulation.delivery import FORM, Form, selection_text
from formulation.design import SECOND_SALT, Design, on_grid
from formulation.making import Making
from formulation.parameters import ChoiceParameter, Parameter
from formulation.regimen import Regimen
from formulation.rules import Violation
from formulation.violations import study_violations

Picker = Callable[[str, tuple[str, ...] | None], str | float]
"""Answers one question: a name, and either the choices or None for a number between 0 and 1."""


@define(kw_only=True)
class SystemSpace(Making):
    """What a study may vary within one delivery system: designs to draw, and to judge."""

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

    def _asked(self, form: Form, name: str) -> str:
        return f"{self.name}.{form.name}.{name}"

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
        if tuple(wanted) in fitting:
            return tuple(wanted)
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
